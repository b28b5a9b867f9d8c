//! The real window with the bundled sidecar: the same chart, and no sidecar outlives the app.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{net::TcpListener, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use empmix_tests::{
    GUARD_OF_THE_APP,
    desk::{Bus, Desk, Setup},
    sidecar::Sidecar,
    spawn::{built, is_alive, wait_for},
};
use serde_json::{Value, json};

/// Runs each test in a session with a bus, in one without, and in one whose bus is silent.
macro_rules! in_each_session {
    ($($test:ident),+ $(,)?) => {
        in_each_session!(@ with_a_bus, Own, $($test),+);
        in_each_session!(@ without_a_bus, None, $($test),+);
        in_each_session!(@ with_a_silent_bus, Silent, $($test),+);
    };
    (@ $session:ident, $bus:ident, $($test:ident),+) => {
        mod $session {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(super::Bus::$bus).await;
                }
            )+
        }
    };
}

in_each_session!(
    the_window_shows_the_sample_and_outlives_its_sidecar_but_not_the_reverse,
    a_folder_in_use_is_reported_and_used_when_it_is_free,
    a_window_keeps_to_itself,
    an_error_in_the_window_is_logged_and_the_page_loads_again,
    frames_that_do_not_come_are_noticed,
);

async fn the_window_shows_the_sample_and_outlives_its_sidecar_but_not_the_reverse(bus: Bus) {
    let desk = Desk::open(bus).await;
    let window = &desk.window;
    window.click("button", "Load sample data").await;
    window.says("12 months to 22 Aug 2026").await;
    window.says("unique users: total 658,").await;
    let picture = window.picture("desktop").await;
    assert!(
        picture.len() > 20_000,
        "a window that shows something, not a blank of {} bytes",
        picture.len()
    );
    let (sidecar, _) = desk.running().unwrap();
    let app = parent_of(sidecar);
    assert!(is_alive(sidecar) && is_alive(app));
    let arguments = std::fs::read_to_string(format!("/proc/{sidecar}/cmdline")).unwrap();
    assert!(
        arguments.contains("--lease") && !arguments.contains("token"),
        "{arguments}"
    );
    let sidecar = it_is_started_again_and_the_window_goes_on(&desk, sidecar).await;
    kill9(app);
    wait_for("end of the sidecar", Duration::from_secs(12), || {
        (!is_alive(sidecar)).then_some(())
    });
}

/// Kills the sidecar; the process of the next one.
async fn it_is_started_again_and_the_window_goes_on(desk: &Desk, first: u32) -> u32 {
    let window = &desk.window;
    window.click("button", "Live").await;
    window.says("Pause").await;
    let (_, url) = desk.running().unwrap();
    kill9(first);
    let second = wait_for("another sidecar", Duration::from_secs(20), || {
        let (pid, again) = desk.running()?;
        (pid != first && again == url).then_some(pid)
    });
    let (_, key) = project(desk).await;
    let event = json!({"apiKey": key, "event": "After the fall", "distinct_id": "ada"});
    track(&url, &event).await;
    window.says("After the fall").await;
    second
}

async fn a_folder_in_use_is_reported_and_used_when_it_is_free(bus: Bus) {
    let other = tokio::task::spawn_blocking(Sidecar::start).await.unwrap();
    let data = other.data_dir();
    let desk = Desk::start(Setup::new(bus).data(|_| data.clone())).await;
    let words = format!("Another Emp-Mix uses {}", data.display());
    desk.window.says(&words).await;
    let other = tokio::task::spawn_blocking(move || {
        let mut other = other;
        other.terminate();
        other
    })
    .await
    .unwrap();
    desk.window.says("Send your first event").await;
    drop(desk);
    tokio::task::spawn_blocking(move || drop(other))
        .await
        .unwrap();
}

/// What can be asked of one window, in one start.
async fn a_window_keeps_to_itself(bus: Bus) {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let busy = taken.local_addr().unwrap().port();
    let setup = Setup::new(bus).sidecar(listing_sidecar).data(|home| {
        let data = home.join("data");
        std::fs::write(data.join("port.json"), format!(r#"{{"port":{busy}}}"#)).unwrap();
        data
    });
    let desk = Desk::start(setup).await;
    desk.window.says("Send your first event").await;
    the_taken_port_is_replaced_by_another_that_is_shown_and_remembered(&desk, busy).await;
    the_sidecar_inherits_three_descriptors(&desk);
    the_log_says_what_the_app_set(&desk, bus);
    what_is_copied_can_be_pasted(&desk).await;
    the_window_reaches_nothing_but_its_own_shell(&desk).await;
    reload_keys_leave_the_window_as_it_is(&desk).await;
}

async fn the_taken_port_is_replaced_by_another_that_is_shown_and_remembered(
    desk: &Desk,
    busy: u16,
) {
    let (_, url) = desk.running().unwrap();
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    assert_ne!(port, busy);
    desk.window.says(&format!("Local sidecar · {port}")).await;
    desk.window
        .says(&format!("http://127.0.0.1:{port}/sdk/empmix.js"))
        .await;
    let kept = std::fs::read_to_string(desk.data.join("port.json")).unwrap();
    assert_eq!(kept, format!(r#"{{"port":{port}}}"#));
}

async fn the_window_reaches_nothing_but_its_own_shell(desk: &Desk) {
    let (_, url) = desk.running().unwrap();
    let fetched =
        format!("fetch('{url}/healthz').then(() => done('reached'), () => done('refused'));");
    assert_eq!(
        desk.window.script_async(&fetched).await,
        "refused",
        "by the CSP"
    );
    let evaluated = script(
        desk,
        "const s = document.createElement('script'); s.textContent = 'globalThis.ran = 1';\n\
                 document.head.append(s); return globalThis.ran ?? 'refused';",
    )
    .await;
    assert_eq!(evaluated, "refused", "inline scripts do not run");
    for command in [
        "plugin:fs|read_file",
        "plugin:webview|create_webview_window",
        "anything",
    ] {
        let invoked = format!(
            "__TAURI_INTERNALS__.invoke('{command}', {{}})\n\
             .then(() => done('done'), (error) => done('refused: ' + error));"
        );
        let answer = desk.window.script_async(&invoked).await;
        assert!(
            answer.as_str().unwrap().starts_with("refused"),
            "{command}: {answer}"
        );
    }
    for (method, path) in [
        ("GET", "/healthz"),
        ("GET", "/api/v1/projects/../../../healthz"),
        ("DELETE", "/api/v1/status"),
    ] {
        let request = format!("{{request: {{method: '{method}', path: '{path}'}}}}");
        let invoked = format!(
            "__TAURI_INTERNALS__.invoke('call', {request})\n\
             .then(() => done('done'), (error) => done(error.not_sent.type));"
        );
        let answer = desk.window.script_async(&invoked).await;
        assert_eq!(answer, "not_found", "{method} {path}");
    }
    let here = script(desk, "return location.href").await;
    let opened = script(desk, &format!("return window.open('{url}/demo') === null")).await;
    assert_eq!(opened, true);
    let _ = script(desk, &format!("location.href = '{url}/demo'")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(script(desk, "return location.href").await, here);
    assert_eq!(desk.window.tabs().await, 1);
}

async fn what_is_copied_can_be_pasted(desk: &Desk) {
    desk.window.click("button", "Copy").await;
    desk.window.says("Copied the snippet").await;
    let pasted = "navigator.clipboard.readText().then(done, (error) => done('no: ' + error));";
    let pasted = desk.window.script_async(pasted).await;
    let (_, url) = desk.running().unwrap();
    let expected = format!("<script src=\"{url}/sdk/empmix.js\">");
    assert!(pasted.as_str().unwrap().starts_with(&expected), "{pasted}");
}

async fn reload_keys_leave_the_window_as_it_is(desk: &Desk) {
    desk.window.click("button", "Live").await;
    desk.window.says("Events appear here as they arrive").await;
    let prevented = script(
        desk,
        "globalThis.here = 1;\n\
             const press = (key, ctrlKey) => !document.querySelector('canvas').dispatchEvent(\n\
               new KeyboardEvent('keydown', {key, ctrlKey, bubbles: true, cancelable: true}));\n\
             return [press('r', true), press('F5', false), press('k', true)];",
    )
    .await;
    assert_eq!(prevented, json!([true, true, true]));
    assert_eq!(script(desk, "return globalThis.here").await, 1);
}

/// The app's libraries open descriptors without close-on-exec; none may reach the sidecar.
fn the_sidecar_inherits_three_descriptors(desk: &Desk) {
    let listed = std::fs::read_to_string(desk.home().join("descriptors")).unwrap();
    let is_script = |target: &&str| target.ends_with("/listing-sidecar");
    let listed: Vec<&str> = listed.lines().filter(|line| !is_script(line)).collect();
    assert_eq!(listed.len(), 3, "{listed:?}");
}

/// A program that lists where its descriptors lead, then becomes the sidecar. The shell reads it from
/// a descriptor of its own, and the list's own file stands for its output.
fn listing_sidecar(home: &Path) -> std::path::PathBuf {
    let program = home.join("listing-sidecar");
    let sidecar = built("EMPMIX_SIDECAR_BIN", "empmix-sidecar");
    let script = format!(
        "#!/bin/sh\nreadlink /proc/$$/fd/* > {home}/descriptors\nexec {sidecar} \"$@\"\n",
        home = home.display(),
        sidecar = sidecar.display(),
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    program
}

fn the_log_says_what_the_app_set(desk: &Desk, bus: Bus) {
    let log = desk.log();
    let (name, value) = GUARD_OF_THE_APP;
    assert!(log.contains(&format!("{name}={value}: WebKitGTK")), "{log}");
    let disabled = log.contains("DBUS_SESSION_BUS_ADDRESS=disabled:");
    assert_eq!(disabled, bus != Bus::Own, "{log}");
}

async fn an_error_in_the_window_is_logged_and_the_page_loads_again(bus: Bus) {
    let desk = Desk::open(bus).await;
    desk.window.says("Send your first event").await;
    let fail = "globalThis.old = 1; setTimeout(() => { throw new Error('the clock broke'); }, 0);";
    script(&desk, fail).await;
    desk.window.find("button", "Reload").await;
    loads_again(&desk).await;
    let log = desk.log();
    assert!(log.contains("the clock broke"), "{log}");
    // Once: the next failure waits for the button.
    script(&desk, fail).await;
    desk.window.find("button", "Reload").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(script(&desk, "return globalThis.old").await, 1);
    desk.window.click("button", "Reload").await;
    loads_again(&desk).await;
}

async fn frames_that_do_not_come_are_noticed(bus: Bus) {
    let desk = Desk::open(bus).await;
    desk.window.says("Send your first event").await;
    let stop =
        "globalThis.old = 1; window.requestAnimationFrame = () => 0; window.empmixFrameIn(0);";
    script(&desk, stop).await;
    loads_again(&desk).await;
    let log = desk.log();
    assert!(log.contains("The console does not draw"), "{log}");
}

/// Waits until the page is another one than that which was marked, and works.
async fn loads_again(desk: &Desk) {
    let began = std::time::Instant::now();
    while script(desk, "return globalThis.old ?? null").await == 1 {
        assert!(began.elapsed() < Duration::from_secs(20), "the page stays");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    desk.window.says("Send your first event").await;
}

/// A script's answer.
async fn script(desk: &Desk, script: &str) -> Value {
    desk.window.script(script, vec![]).await
}

/// The first project: its id and public key, asked of the shell as the window does, which asks again
/// while the sidecar starts.
async fn project(desk: &Desk) -> (String, String) {
    let ask = "__TAURI_INTERNALS__.invoke('call', {request: {method: 'GET', path: '/api/v1/projects'}})\n\
               .then((bytes) => done(JSON.parse(new TextDecoder().decode(bytes))),\n\
                     (error) => done({error: JSON.stringify(error)}));";
    let began = std::time::Instant::now();
    loop {
        let answer = desk.window.script_async(ask).await;
        let first = &answer["projects"][0];
        let text = |name: &str| first[name].as_str().map(str::to_owned);
        if let Some(found) = text("id").zip(text("public_key")) {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{answer}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn track(url: &str, event: &Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client
        .post(format!("{url}/public/track"))
        .json(event)
        .send();
    assert!(sent.await.unwrap().status().is_success());
}

fn parent_of(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))
        .unwrap();
    line.trim().parse().unwrap()
}

fn kill9(pid: u32) {
    let killed = empmix_child::command("kill")
        .args(["-9", &pid.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

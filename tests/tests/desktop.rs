//! The real window with the bundled sidecar: the same chart, and no sidecar outlives the app.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use empmix_tests::{
    browser::Browser,
    sidecar::Sidecar,
    spawn::{built, is_alive, wait_for},
};
use serde_json::{Value, json};

/// The app in a window, with a home of its own.
struct Desk {
    window: Browser,
    data: PathBuf,
    _home: tempfile::TempDir,
}

impl Desk {
    /// On an empty folder.
    async fn open() -> Self {
        Self::open_on(|home| home.join("data")).await
    }

    /// On the folder that `prepare` names, given the home.
    async fn open_on(prepare: impl FnOnce(&Path) -> PathBuf) -> Self {
        let home = tempfile::tempdir().unwrap();
        let data = prepare(home.path());
        let app = built("EMPMIX_APP_BIN", "empmix");
        let sidecar = built("EMPMIX_SIDECAR_BIN", "empmix-sidecar");
        let environment = [
            ("EMPMIX_DATA_DIR", data.as_path()),
            ("EMPMIX_SIDECAR", sidecar.as_path()),
            ("XDG_DATA_HOME", home.path()),
            ("XDG_CONFIG_HOME", home.path()),
            ("XDG_CACHE_HOME", home.path()),
        ];
        Self {
            window: Browser::desktop(&app, &environment).await,
            data,
            _home: home,
        }
    }

    /// What the sidecar says of itself, if it runs.
    fn running(&self) -> Option<(u32, String)> {
        let file = std::fs::read(self.data.join("sidecar.json")).ok()?;
        let running: Value = serde_json::from_slice(&file).ok()?;
        let pid = u32::try_from(running["pid"].as_u64()?).ok()?;
        Some((pid, running["url"].as_str()?.to_owned()))
    }

    /// A script's answer.
    async fn script(&self, script: &str) -> Value {
        self.window.client.execute(script, vec![]).await.unwrap()
    }

    /// The answer of a script that calls `done`.
    async fn script_async(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        let answer = self.window.client.execute_async(&script, vec![]);
        answer.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_shows_the_sample_and_takes_its_sidecar_along() {
    let desk = Desk::open().await;
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
    kill9(app);
    wait_for("end of the sidecar", Duration::from_secs(12), || {
        (!is_alive(sidecar)).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_is_started_again_and_the_window_goes_on() {
    let desk = Desk::open().await;
    let window = &desk.window;
    window.says("Send your first event").await;
    window.click("button", "Live").await;
    window.says("Events appear here as they arrive").await;
    let (first, url) = desk.running().unwrap();
    kill9(first);
    wait_for("another sidecar", Duration::from_secs(20), || {
        let (pid, again) = desk.running()?;
        (pid != first && again == url).then_some(())
    });
    let (_, key) = project(&desk).await;
    let event = json!({"apiKey": key, "event": "After the fall", "distinct_id": "ada"});
    track(&url, &event).await;
    window.says("After the fall").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_replaced_by_another_that_is_shown_and_remembered() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let busy = taken.local_addr().unwrap().port();
    let desk = Desk::open_on(|home| {
        let data = home.join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("port.json"), format!(r#"{{"port":{busy}}}"#)).unwrap();
        data
    })
    .await;
    desk.window.says("Send your first event").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_another_sidecar_has_is_said_so_and_taken_when_it_is_free() {
    let other = tokio::task::spawn_blocking(Sidecar::start).await.unwrap();
    let data = other.data_dir();
    let desk = Desk::open_on(|_| data.clone()).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn the_window_reaches_nothing_but_its_own_shell() {
    let desk = Desk::open().await;
    desk.window.says("Send your first event").await;
    let (_, url) = desk.running().unwrap();
    let fetched =
        format!("fetch('{url}/healthz').then(() => done('reached'), () => done('refused'));");
    assert_eq!(desk.script_async(&fetched).await, "refused", "by the CSP");
    let evaluated = desk
        .script(
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
        let answer = desk.script_async(&invoked).await;
        assert!(
            answer.as_str().unwrap().starts_with("refused"),
            "{command}: {answer}"
        );
    }
    let here = desk.script("return location.href").await;
    let opened = desk
        .script(&format!("return window.open('{url}/demo') === null"))
        .await;
    assert_eq!(opened, true);
    let _ = desk.script(&format!("location.href = '{url}/demo'")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(desk.script("return location.href").await, here);
    assert_eq!(desk.window.client.windows().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_copied_can_be_pasted() {
    let desk = Desk::open().await;
    desk.window.click("button", "Copy").await;
    desk.window.says("Copied the snippet").await;
    let pasted = "navigator.clipboard.readText().then(done, (error) => done('no: ' + error));";
    let pasted = desk.script_async(pasted).await;
    let (_, url) = desk.running().unwrap();
    let expected = format!("<script src=\"{url}/sdk/empmix.js\">");
    assert!(pasted.as_str().unwrap().starts_with(&expected), "{pasted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_keys_leave_the_window_as_it_is() {
    let desk = Desk::open().await;
    desk.window.click("button", "Live").await;
    desk.window.says("Events appear here as they arrive").await;
    let prevented = desk
        .script(
            "globalThis.here = 1;\n\
             const press = (key, ctrlKey) => !document.querySelector('canvas').dispatchEvent(\n\
               new KeyboardEvent('keydown', {key, ctrlKey, bubbles: true, cancelable: true}));\n\
             return [press('r', true), press('F5', false), press('k', true)];",
        )
        .await;
    assert_eq!(prevented, json!([true, true, true]));
    assert_eq!(desk.script("return globalThis.here").await, 1);
}

/// The first project: its id and public key, asked of the shell as the window does.
async fn project(desk: &Desk) -> (String, String) {
    let ask = "__TAURI_INTERNALS__.invoke('call', {call: {call: 'projects'}})\n\
               .then(done, (error) => done({error: JSON.stringify(error)}));";
    let answer = desk.script_async(ask).await;
    let first = &answer["projects"][0];
    let text = |name: &str| first[name].as_str().map(str::to_owned);
    text("id")
        .zip(text("public_key"))
        .unwrap_or_else(|| panic!("{answer}"))
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
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

//! A real browser and the real desktop window, driven through WebDriver.
//!
//! Controls are found by role and name: on the console in the accessibility mirror over its canvas
//! and in its notice, on other pages among all elements.

use std::{
    future::Future,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, elements::Element, wd::WindowHandle};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

use crate::{
    evidence::Evidence,
    session_bus::{Bus, SessionBus},
    spawn::{Process, free_port},
};

/// How long a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a driver may take to answer one call.
const CALL: Duration = Duration::from_secs(60);

/// The flags under which a headless Chromium paints WebGL without a graphics card.
const CHROMIUM_FLAGS: [&str; 15] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--window-size=1280,800",
    "--touch-events=enabled",
];

/// Finds an element by role and name: an exact name first, else one that begins with it.
const FIND: &str = r"
const [role, name] = arguments;
const mirrored = document.querySelector('#a11y');
const within = mirrored ? '#a11y *, #notice:not([hidden]) *' : 'body *';
const nodes = [...document.querySelectorAll(within)];
const implied = {BUTTON: 'button', INPUT: 'textbox', TEXTAREA: 'textbox', A: 'link'};
const roleOf = n => n.getAttribute('role') || implied[n.tagName] || (n.tagName === 'SPAN' ? 'text' : '');
const nameOf = n => (n.getAttribute('aria-label') || n.textContent || '').trim();
const shown = n => { const r = n.getBoundingClientRect(); return r.width > 0 && r.height > 0; };
const fit = nodes.filter(n => (role === '' || roleOf(n) === role) && shown(n));
return fit.find(n => nameOf(n) === name) || fit.find(n => nameOf(n).startsWith(name)) || null;
";

/// All that assistive technology could read of the page, one element a line.
const READ: &str = r"
const mirrored = document.querySelector('#a11y');
const within = mirrored ? '#a11y *, #notice:not([hidden]) *' : 'body *';
return [...document.querySelectorAll(within)].map(n =>
  [n.getAttribute('role') || n.tagName.toLowerCase(), n.getAttribute('aria-label') || n.textContent,
   n.getAttribute('aria-description') || n.value || ''].join('\t')).join('\n');
";

/// A browser or a window; it ends when this is dropped. When a test that has one fails, what it showed
/// is kept ([`Evidence`]).
pub struct Browser {
    pub(crate) client: Client,
    evidence: Evidence,
    _driver: Process,
    _display: Option<Process>,
    _bus: SessionBus,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A headless Chromium of 1280×800.
    pub async fn chromium() -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        let driver = Process::start("chromedriver", |command| {
            command
                .arg(format!("--port={port}"))
                .env("HOME", profile.path())
                // Chromium would wait for a session bus that does not answer.
                .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
                .stdout(Stdio::null())
                .stderr(Stdio::null());
        });
        let binary =
            std::env::var("EMPMIX_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
        let user_data = format!(
            "--user-data-dir={}",
            profile.path().join("profile").display()
        );
        let flags: Vec<&str> = CHROMIUM_FLAGS
            .into_iter()
            .chain([user_data.as_str()])
            .collect();
        let options = json!({"goog:chromeOptions": {"binary": binary, "args": flags}});
        let evidence = Evidence::default();
        let client = connect(port, options, &evidence).await;
        let browser = Self {
            client,
            evidence,
            _driver: driver,
            _display: None,
            _bus: SessionBus::default(),
            _profile: profile,
        };
        browser.fit_viewport().await;
        browser
    }

    /// The desktop app in a window of its own display, in a session with this bus. The environment is
    /// added to the app's; its log is below `home`.
    pub async fn desktop(app: &Path, bus: Bus, home: &Path, environment: &[(&str, &Path)]) -> Self {
        let mut environment = environment.to_vec();
        let automated = ["TAURI_AUTOMATION", "TAURI_WEBVIEW_AUTOMATION"];
        environment.extend(automated.map(|name| (name, Path::new("true"))));
        Self::in_webkit(
            json!({"binary": app, "args": []}),
            bus,
            Some(home),
            &environment,
        )
        .await
    }

    /// WebKitGTK's own small browser, with these variables in its environment.
    pub async fn webkit(environment: &[(&str, &str)]) -> Self {
        let binary = mini_browser();
        let options = json!({"binary": binary, "args": ["--automation"]});
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (*name, Path::new(value)))
            .collect();
        Self::in_webkit(options, Bus::None, None, &environment).await
    }

    async fn in_webkit(
        options: Value,
        bus: Bus,
        home: Option<&Path>,
        environment: &[(&str, &Path)],
    ) -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        let (display, name) = start_display(profile.path());
        let bus = SessionBus::start(bus, profile.path());
        let port = free_port();
        let driver = Process::start("WebKitWebDriver", |command| {
            command
                .arg(format!("--port={port}"))
                .env("DISPLAY", &name)
                .env("HOME", profile.path())
                .env("XDG_RUNTIME_DIR", profile.path())
                .env_remove("WAYLAND_DISPLAY");
            bus.describe(command);
            command.envs(environment.iter().map(|(name, value)| (*name, *value)));
            command.stdout(Stdio::null()).stderr(Stdio::null());
        });
        let evidence = Evidence::of_window(home, &profile.path().join(FRAMEBUFFER));
        let options = json!({"webkitgtk:browserOptions": options});
        let client = connect(port, options, &evidence).await;
        Self {
            client,
            evidence,
            _driver: driver,
            _display: Some(display),
            _bus: bus,
            _profile: profile,
        }
    }

    /// Waits for a call of the driver, but not for ever.
    pub(crate) async fn within<T>(&self, what: &str, call: impl Future<Output = T>) -> T {
        let answer = tokio::time::timeout(CALL, call).await;
        answer.unwrap_or_else(|_| panic!("{what}: the driver did not answer within {CALL:?}"))
    }

    /// Makes the page itself 1280×800, whatever the browser keeps for itself.
    async fn fit_viewport(&self) {
        let inner = self
            .script("return [innerWidth, innerHeight]", vec![])
            .await;
        let of = |index: usize| {
            u32::try_from(inner[index].as_u64().unwrap_or_default()).unwrap_or_default()
        };
        let (width, height) = (1280 + 1280 - of(0), 800 + 800 - of(1));
        let resized = self.client.set_window_size(width, height);
        let resized = self.within("resize", resized).await;
        resized.expect("a resized window");
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        let gone = self.within("goto", self.client.goto(url)).await;
        gone.expect("a page");
    }

    /// What a script returns.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.client.execute(script, arguments);
        let answer = self.within("script", answer).await;
        answer.unwrap_or_else(|error| panic!("{error}: {script}"))
    }

    /// What a script gives to `done`.
    pub async fn script_async(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        let answer = self.client.execute_async(&script, vec![]);
        let answer = self.within("script", answer).await;
        answer.unwrap_or_else(|error| panic!("{error}: {script}"))
    }

    /// The tab or window that calls go to.
    pub async fn tab(&self) -> WindowHandle {
        let tab = self.within("tab", self.client.window()).await;
        tab.expect("a tab")
    }

    /// How many tabs or windows there are.
    pub async fn tabs(&self) -> usize {
        let tabs = self.within("tabs", self.client.windows()).await;
        tabs.expect("tabs").len()
    }

    /// Opens another tab and goes to it.
    pub async fn open_tab(&self) {
        let made = self.within("new tab", self.client.new_window(true)).await;
        self.switch_to(made.expect("a tab").handle).await;
    }

    /// Goes to a tab.
    pub async fn switch_to(&self, tab: WindowHandle) {
        let switched = self.client.switch_to_window(tab);
        let switched = self.within("switch", switched).await;
        switched.expect("the tab is there");
    }

    /// The control with this role and name, once it is there.
    pub async fn find(&self, role: &str, name: &str) -> Element {
        let began = tokio::time::Instant::now();
        loop {
            if let Some(element) = self.look(role, name).await {
                return element;
            }
            assert!(began.elapsed() < PATIENCE, "no {role} '{name}' on the page");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The control with this role and name, if it is there now.
    pub async fn look(&self, role: &str, name: &str) -> Option<Element> {
        let found = self.client.execute(FIND, vec![json!(role), json!(name)]);
        let found = self.within("find", found).await.ok()?;
        if found.is_null() {
            return None;
        }
        let reference = found.as_object()?.values().next()?.as_str()?.to_owned();
        Some(Element::from_element_id(
            self.client.clone(),
            reference.into(),
        ))
    }

    /// Waits until there is no control with this role and name.
    pub async fn gone(&self, role: &str, name: &str) {
        let began = tokio::time::Instant::now();
        while self.look(role, name).await.is_some() {
            assert!(began.elapsed() < PATIENCE, "{role} '{name}' stays");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Clicks the control with this role and name.
    pub async fn click(&self, role: &str, name: &str) {
        let began = tokio::time::Instant::now();
        loop {
            let element = self.find(role, name).await;
            let clicked = self.within("click", element.click()).await;
            let Err(error) = clicked else { return };
            assert!(
                began.elapsed() < PATIENCE,
                "{role} '{name}' cannot be clicked: {error}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// All that can be read of the page.
    pub async fn read(&self) -> String {
        let text = self.client.execute(READ, vec![]);
        let text = self.within("read", text).await.unwrap_or(Value::Null);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page can be read to say something.
    pub async fn says(&self, what: &str) {
        let began = tokio::time::Instant::now();
        while !self.read().await.contains(what) {
            assert!(began.elapsed() < PATIENCE, "the page does not say '{what}'");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A picture of the page, as PNG. With `EMPMIX_PICTURES` it is kept in that folder.
    pub async fn picture(&self, name: &str) -> Vec<u8> {
        // What moves comes to rest.
        tokio::time::sleep(Duration::from_millis(400)).await;
        let png = self.within("picture", self.client.screenshot()).await;
        let png = png.expect("a picture");
        if let Some(folder) = std::env::var_os("EMPMIX_PICTURES") {
            let path = PathBuf::from(folder).join(format!("{name}.png"));
            std::fs::write(&path, &png)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        png
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.evidence.keep(&self.client, READ);
        }
    }
}

async fn connect(port: u16, options: Value, evidence: &Evidence) -> Client {
    match tokio::time::timeout(PATIENCE, try_connect(port, options)).await {
        Ok(client) => client,
        Err(_) => {
            evidence.keep_without_page();
            panic!("no window or browser after {PATIENCE:?}")
        }
    }
}

async fn try_connect(port: u16, options: Value) -> Client {
    let mut capabilities = Map::new();
    if let Value::Object(options) = options {
        capabilities.extend(options);
    }
    let url = format!("http://127.0.0.1:{port}");
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let made = builder.capabilities(capabilities.clone()).connect(&url);
        if let Ok(client) = made.await {
            return client;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// WebKitGTK's own browser lies beside its processes.
fn mini_browser() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten();
    let browsers = folders.map(|folder| folder.path().join("webkit2gtk-4.1/MiniBrowser"));
    let mut found = browsers.into_iter().filter(|path| path.is_file());
    found.next().expect("MiniBrowser of libwebkit2gtk-4.1-0")
}

/// Where the X server keeps its picture, in the folder that it is given.
const FRAMEBUFFER: &str = "Xvfb_screen0";

/// An X server of its own, which keeps its picture in the folder, and its name. The server chooses a
/// free number itself and prints it when it is ready: two tests that start at once never share one.
fn start_display(folder: &Path) -> (Process, String) {
    let mut display = Process::start("Xvfb", |command: &mut Command| {
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24"]);
        command.args(["-nolisten", "tcp", "-fbdir"]).arg(folder);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
    });
    let stdout = display.child().stdout.take().expect("it is piped");
    let mut number = String::new();
    let read = BufReader::new(stdout).read_line(&mut number);
    assert!(read.is_ok_and(|bytes| bytes > 0), "Xvfb does not start");
    (display, format!(":{}", number.trim()))
}

//! A real browser and the real desktop window, driven through WebDriver.
//!
//! Controls are found by role and name: on the console in the accessibility mirror that it lays
//! over its canvas, on other pages among their elements.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

use crate::spawn::{Process, free_port, wait_for};

/// How long a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(90);

/// The flags under which a headless Chromium paints WebGL without a graphics card.
const CHROMIUM_FLAGS: [&str; 14] = [
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
];

/// Finds an element by role and name: an exact name first, else one that begins with it.
const FIND: &str = r"
const [role, name] = arguments;
const mirror = document.querySelector('#a11y');
const nodes = [...(mirror ? mirror.querySelectorAll('*') : document.querySelectorAll('body *'))];
const implied = {BUTTON: 'button', INPUT: 'textbox', TEXTAREA: 'textbox', A: 'link'};
const roleOf = n => n.getAttribute('role') || implied[n.tagName] || (n.tagName === 'SPAN' ? 'text' : '');
const nameOf = n => (n.getAttribute('aria-label') || n.textContent || '').trim();
const shown = n => { const r = n.getBoundingClientRect(); return r.width > 0 && r.height > 0; };
const fit = nodes.filter(n => (role === '' || roleOf(n) === role) && shown(n));
return fit.find(n => nameOf(n) === name) || fit.find(n => nameOf(n).startsWith(name)) || null;
";

/// All that assistive technology could read of the page, one element a line.
const READ: &str = r"
const mirror = document.querySelector('#a11y') || document.body;
return [...mirror.querySelectorAll('*')].map(n =>
  [n.getAttribute('role') || n.tagName.toLowerCase(), n.getAttribute('aria-label') || n.textContent,
   n.getAttribute('aria-description') || n.value || ''].join('\t')).join('\n');
";

/// A browser or a window; it dies when this is dropped.
pub struct Browser {
    /// The driver's client, for what is not here.
    pub client: Client,
    _driver: Process,
    _display: Option<Process>,
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
        let client = connect(port, options).await;
        let browser = Self {
            client,
            _driver: driver,
            _display: None,
            _profile: profile,
        };
        browser.fit_viewport().await;
        browser
    }

    /// The desktop app in a window of its own display. `describe` sets the app's environment.
    pub async fn desktop(app: &Path, environment: &[(&str, &Path)]) -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        let (display, name) = start_display();
        let port = free_port();
        let driver = Process::start("WebKitWebDriver", |command| {
            command
                .arg(format!("--port={port}"))
                .env("DISPLAY", &name)
                .env("HOME", profile.path());
            command
                .env("TAURI_AUTOMATION", "true")
                .env("TAURI_WEBVIEW_AUTOMATION", "true");
            command
                .env("XDG_RUNTIME_DIR", profile.path())
                .env_remove("WAYLAND_DISPLAY");
            command.envs(environment.iter().map(|(name, value)| (*name, *value)));
            command.stdout(Stdio::null()).stderr(Stdio::null());
        });
        let options = json!({"webkitgtk:browserOptions": {"binary": app, "args": []}});
        let client = connect(port, options).await;
        Self {
            client,
            _driver: driver,
            _display: Some(display),
            _profile: profile,
        }
    }

    /// Makes the page itself 1280×800, whatever the browser keeps for itself.
    async fn fit_viewport(&self) {
        let inner = self
            .client
            .execute("return [innerWidth, innerHeight]", vec![])
            .await
            .expect("a size");
        let of = |index: usize| {
            u32::try_from(inner[index].as_u64().unwrap_or_default()).unwrap_or_default()
        };
        let (width, height) = (1280 + 1280 - of(0), 800 + 800 - of(1));
        self.client
            .set_window_size(width, height)
            .await
            .expect("a resized window");
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// The control with this role and name, once it is there.
    pub async fn find(&self, role: &str, name: &str) -> Element {
        let began = tokio::time::Instant::now();
        loop {
            if let Some(element) = self.look(role, name).await {
                return element;
            }
            if began.elapsed() > PATIENCE {
                panic!("no {role} '{name}' on the page:\n{}", self.read().await);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The control with this role and name, if it is there now.
    pub async fn look(&self, role: &str, name: &str) -> Option<Element> {
        let found = self
            .client
            .execute(FIND, vec![json!(role), json!(name)])
            .await
            .ok()?;
        if found.is_null() {
            return None;
        }
        let reference = found.as_object()?.values().next()?.as_str()?.to_owned();
        Some(Element::from_element_id(
            self.client.clone(),
            reference.into(),
        ))
    }

    /// Clicks the control with this role and name.
    pub async fn click(&self, role: &str, name: &str) {
        let began = tokio::time::Instant::now();
        loop {
            let clicked = self.find(role, name).await.click().await;
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
        let text = self
            .client
            .execute(READ, vec![])
            .await
            .unwrap_or(Value::Null);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page can be read to say something.
    pub async fn says(&self, what: &str) {
        let began = tokio::time::Instant::now();
        while !self.read().await.contains(what) {
            if began.elapsed() > PATIENCE {
                panic!("the page does not say '{what}':\n{}", self.read().await);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A picture of the page. With `EMPMIX_PICTURES` it is kept in that folder.
    pub async fn picture(&self, name: &str) -> Vec<u8> {
        // What moves comes to rest.
        tokio::time::sleep(Duration::from_millis(400)).await;
        let png = self.client.screenshot().await.expect("a picture");
        if let Some(folder) = std::env::var_os("EMPMIX_PICTURES") {
            let path = PathBuf::from(folder).join(format!("{name}.png"));
            std::fs::write(&path, &png)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        png
    }
}

async fn connect(port: u16, options: Value) -> Client {
    let mut capabilities = Map::new();
    if let Value::Object(options) = options {
        capabilities.extend(options);
    }
    let url = format!("http://127.0.0.1:{port}");
    let began = tokio::time::Instant::now();
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        match builder
            .capabilities(capabilities.clone())
            .connect(&url)
            .await
        {
            Ok(client) => return client,
            Err(error) => assert!(began.elapsed() < PATIENCE, "no session: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// An X server of its own, and its name.
fn start_display() -> (Process, String) {
    let free = |number: &u32| !Path::new(&format!("/tmp/.X11-unix/X{number}")).exists();
    let first = 90 + std::process::id() % 400;
    let number = (first..first + 100).find(free).expect("a free display");
    let name = format!(":{number}");
    let display = Process::start("Xvfb", |command: &mut Command| {
        command.args([&name, "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
    });
    wait_for("display", Duration::from_secs(10), || {
        Path::new(&format!("/tmp/.X11-unix/X{number}"))
            .exists()
            .then_some(())
    });
    (display, name)
}

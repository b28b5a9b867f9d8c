//! The desktop app in a window, with a home of its own.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

pub use crate::session_bus::Bus;
use crate::{
    browser::Browser,
    spawn::{built, free_port},
};

/// The app and its window; both end when this is dropped, and the home goes with them.
pub struct Desk {
    /// The window.
    pub window: Browser,
    /// The data directory.
    pub data: PathBuf,
    home: TempDir,
}

/// How the app is started.
pub struct Setup {
    bus: Bus,
    app: PathBuf,
    home: TempDir,
    data: PathBuf,
    sidecar: PathBuf,
    environment: Vec<(String, String)>,
}

impl Setup {
    /// The app that was built, on an empty data directory, in a session with this bus.
    pub fn new(bus: Bus) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let data = home.path().join("data");
        remember_port(&data);
        Self {
            bus,
            app: built("EMPMIX_APP_BIN", "empmix"),
            data,
            home,
            sidecar: built("EMPMIX_SIDECAR_BIN", "empmix-sidecar"),
            environment: Vec::new(),
        }
    }

    /// On the data directory that `prepare` names, given the home.
    pub fn data(mut self, prepare: impl FnOnce(&Path) -> PathBuf) -> Self {
        self.data = prepare(self.home.path());
        self
    }

    /// With the program that `make` names, given the home, in place of the sidecar.
    pub fn sidecar(mut self, make: impl FnOnce(&Path) -> PathBuf) -> Self {
        self.sidecar = make(self.home.path());
        self
    }

    /// Another build of the app.
    pub fn app(mut self, app: PathBuf) -> Self {
        self.app = app;
        self
    }

    /// With a variable in the app's environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Gives the app a port of its own: apps that run at once would compete for the default one, also
/// while one of them starts its sidecar again.
fn remember_port(data: &Path) {
    let port = free_port();
    std::fs::create_dir(data).expect("the home is empty");
    let file = data.join("port.json");
    std::fs::write(file, format!(r#"{{"port":{port}}}"#)).expect("the folder is writable");
}

impl Desk {
    /// On an empty data directory.
    pub async fn open(bus: Bus) -> Self {
        Self::start(Setup::new(bus)).await
    }

    /// As the setup says.
    pub async fn start(setup: Setup) -> Self {
        let Setup { home, data, .. } = setup;
        let mut environment = vec![
            ("EMPMIX_DATA_DIR", data.as_path()),
            ("EMPMIX_SIDECAR", setup.sidecar.as_path()),
            ("XDG_DATA_HOME", home.path()),
            ("XDG_CONFIG_HOME", home.path()),
            ("XDG_CACHE_HOME", home.path()),
        ];
        let added = setup.environment.iter();
        environment.extend(added.map(|(name, value)| (name.as_str(), Path::new(value))));
        let window = Browser::desktop(&setup.app, setup.bus, home.path(), &environment).await;
        Self { window, data, home }
    }

    /// The folder that the app takes for the user's.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Process id and address of the sidecar, if it runs.
    pub fn running(&self) -> Option<(u32, String)> {
        let file = std::fs::read(self.data.join("sidecar.json")).ok()?;
        let running: Value = serde_json::from_slice(&file).ok()?;
        let pid = u32::try_from(running["pid"].as_u64()?).ok()?;
        Some((pid, running["url"].as_str()?.to_owned()))
    }

    /// The app's log so far.
    pub fn log(&self) -> String {
        let files = std::fs::read_dir(self.home.path().join("io.empmix.console/logs"));
        let files = files.into_iter().flatten().flatten();
        let texts = files.map(|entry| std::fs::read_to_string(entry.path()).unwrap_or_default());
        texts.collect()
    }
}

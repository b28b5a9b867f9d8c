//! The desktop app in a window, with a home of its own.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

pub use crate::session_bus::Bus;
use crate::{browser::Browser, spawn::built};

/// The app and its window; both end when this is dropped, and the home goes with them.
pub struct Desk {
    /// The window.
    pub window: Browser,
    /// The data directory.
    pub data: PathBuf,
    home: TempDir,
}

impl Desk {
    /// On an empty data directory.
    pub async fn open(bus: Bus) -> Self {
        Self::open_on(bus, |home| home.join("data")).await
    }

    /// On the data directory that `prepare` names, given the home.
    pub async fn open_on(bus: Bus, prepare: impl FnOnce(&Path) -> PathBuf) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let data = prepare(home.path());
        let sidecar = built("EMPMIX_SIDECAR_BIN", "empmix-sidecar");
        Self::start(bus, home, data, &sidecar).await
    }

    /// With another program in place of the sidecar.
    pub async fn with_sidecar(bus: Bus, program: impl FnOnce(&Path) -> PathBuf) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let (data, sidecar) = (home.path().join("data"), program(home.path()));
        Self::start(bus, home, data, &sidecar).await
    }

    async fn start(bus: Bus, home: TempDir, data: PathBuf, sidecar: &Path) -> Self {
        let app = built("EMPMIX_APP_BIN", "empmix");
        let environment = [
            ("EMPMIX_DATA_DIR", data.as_path()),
            ("EMPMIX_SIDECAR", sidecar),
            ("XDG_DATA_HOME", home.path()),
            ("XDG_CONFIG_HOME", home.path()),
            ("XDG_CACHE_HOME", home.path()),
        ];
        Self {
            window: Browser::desktop(&app, bus, home.path(), &environment).await,
            data,
            home,
        }
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

//! What a failed test leaves behind: a picture of the page and of the display, the page's accessible
//! text, the app's log.
//!
//! It lies in a folder of its own below `EMPMIX_EVIDENCE` (default: `empmix-evidence` in the system's
//! folder for temporary files); text and log are printed too, since a machine of CI keeps no files.

#![allow(
    clippy::print_stdout,
    reason = "the output of a failed test is where its reader looks"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use fantoccini::Client;
use serde_json::Value;

use crate::picture::Picture;

/// How long a page that may hang is asked for text or picture.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the evidence of one browser or window is.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    home: Option<PathBuf>,
    framebuffer: Option<PathBuf>,
}

impl Evidence {
    /// A window whose app has its log below `home`, on an X server that keeps its picture in a file.
    pub(crate) fn of_window(home: Option<&Path>, framebuffer: &Path) -> Self {
        Self {
            home: home.map(Path::to_owned),
            framebuffer: Some(framebuffer.to_owned()),
        }
    }

    /// Keeps everything. Called while a test panics, on whatever thread that is.
    pub(crate) fn keep(&self, client: &Client, read: &'static str) {
        let folder = self.keep_without_page();
        let client = client.clone();
        let page = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().ok()?;
            Some(runtime.block_on(async {
                let text = tokio::time::timeout(PATIENCE, client.execute(read, vec![])).await;
                let picture = tokio::time::timeout(PATIENCE, client.screenshot()).await;
                (text, picture)
            }))
        });
        let Ok(Some((text, picture))) = page.join() else {
            return;
        };
        match text {
            Ok(Ok(Value::String(text))) => show("the page reads", &folder.join("page.txt"), &text),
            other => show(
                "the page cannot be read",
                &folder.join("page.txt"),
                &format!("{other:?}"),
            ),
        }
        if let Ok(Ok(png)) = picture {
            let _ = fs::write(folder.join("page.png"), png);
        }
    }

    /// Keeps what there is without an answer of the page; returns the folder.
    pub(crate) fn keep_without_page(&self) -> PathBuf {
        let folder = folder();
        println!("evidence of this failure: {}", folder.display());
        for log in self.logs() {
            let text = fs::read_to_string(&log).unwrap_or_default();
            show("the app's log", &folder.join("app.log"), &text);
        }
        if let Some(framebuffer) = &self.framebuffer
            && let Ok(bytes) = fs::read(framebuffer)
            && let Some(picture) = Picture::from_xwd(&bytes)
        {
            let _ = picture.write_png(&folder.join("display.png"));
        }
        folder
    }

    fn logs(&self) -> Vec<PathBuf> {
        let Some(home) = &self.home else {
            return Vec::new();
        };
        let files = fs::read_dir(home.join("io.empmix.console/logs"));
        let files = files.into_iter().flatten().flatten();
        files.map(|entry| entry.path()).collect()
    }
}

/// A folder named after the test, which libtest gives its thread.
pub(crate) fn folder() -> PathBuf {
    let base = std::env::var_os("EMPMIX_EVIDENCE").map_or_else(
        || std::env::temp_dir().join("empmix-evidence"),
        PathBuf::from,
    );
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("test").replace("::", "-");
    let folder = base.join(format!("{test}-{}", std::process::id()));
    let _ = fs::create_dir_all(&folder);
    folder
}

fn show(what: &str, path: &Path, text: &str) {
    let _ = fs::write(path, text);
    println!("{what}:\n{text}");
}

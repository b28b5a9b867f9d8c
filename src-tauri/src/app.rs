//! The window, start and end.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tauri::{
    Manager, RunEvent, Url, WebviewUrl, WebviewWindowBuilder,
    webview::{Color, NewWindowResponse},
};

use crate::{
    commands::{self, Shell},
    environment::{self, Setting},
    failures::{self, Failures},
    live::LiveStreams,
    log,
    port::PortMemory,
    supervisor::Supervisor,
};

/// The window's ground before the console paints: the dark theme's background.
const GROUND: Color = Color(0x0f, 0x11, 0x15, 0xff);

/// Runs the app until its window closes.
pub fn run() {
    let settings = environment::prepare();
    let built = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::call,
            commands::live_start,
            commands::live_stop,
            failures::report_failure,
            commands::shell_state
        ])
        .setup(move |app| Ok(start(app, &settings)?))
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => return say(&format!("the window cannot be opened: {error}")),
    };
    app.run(|app, event| {
        if let RunEvent::Exit = event
            && let Some(shell) = app.try_state::<Shell>()
        {
            shell.supervisor.stop();
        }
    });
}

#[allow(clippy::print_stderr, reason = "there is no window to say it in")]
fn say(message: &str) {
    eprintln!("{message}");
}

fn start(app: &mut tauri::App, settings: &[Setting]) -> anyhow::Result<()> {
    let data_dir = data_dir()?;
    make_private(&data_dir).with_context(|| format!("{} cannot be made", data_dir.display()))?;
    if let Some(guard) = log::start(&app.path().app_log_dir()?) {
        app.manage(guard);
    }
    for Setting {
        name,
        value,
        reason,
    } in settings
    {
        tracing::info!("{name}={value}: {reason}");
    }
    app.manage(Failures::default());
    let supervisor = Supervisor::start(
        data_dir.clone(),
        PortMemory::new(data_dir.join("port.json")),
    );
    let http = reqwest::Client::builder().no_proxy().build()?;
    app.manage(Shell {
        supervisor,
        http,
        live: LiveStreams::default(),
    });
    WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Emp-Mix")
        .inner_size(1280.0, 800.0)
        .min_inner_size(960.0, 600.0)
        .background_color(GROUND)
        // The console copies snippets, keys and tables.
        .enable_clipboard_access()
        .on_navigation(is_own)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Whether the window may go there: only to the console that the app carries.
fn is_own(url: &Url) -> bool {
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
}

/// Others on this machine see nothing of the folder.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The folder that a sidecar started by hand uses too; `EMPMIX_DATA_DIR` names another.
fn data_dir() -> anyhow::Result<PathBuf> {
    if let Some(dir) = std::env::var_os("EMPMIX_DATA_DIR") {
        return Ok(dir.into());
    }
    let base = dirs::data_dir().context("this system names no folder for application data")?;
    Ok(base.join("io.empmix.console"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_window_goes_nowhere_but_to_its_own_pages() {
        let goes = |url: &str| is_own(&url.parse().unwrap());
        assert!(goes("tauri://localhost/index.html") && goes("http://tauri.localhost/"));
        for foreign in [
            "https://example.org/",
            "http://127.0.0.1:7070/demo",
            "file:///etc/passwd",
        ] {
            assert!(!goes(foreign), "{foreign}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_data_folder_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("share/io.empmix.console");
        make_private(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    fn json(path: &str) -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn the_window_may_ask_five_things_and_load_nothing_foreign() {
        let config = json("tauri.conf.json");
        assert_eq!(config["app"]["withGlobalTauri"], false);
        let security = &config["app"]["security"];
        assert_eq!(security["freezePrototype"], true);
        assert_eq!(security["assetProtocol"]["enable"], false);
        let csp = security["csp"].as_str().unwrap();
        assert!(csp.starts_with("default-src 'none'") && !csp.contains('*'));
        assert!(
            !csp.replace("'wasm-unsafe-eval'", "")
                .contains("unsafe-eval")
        );
        let capability = json("src-tauri/capabilities/console.json");
        let allowed = [
            "allow-call",
            "allow-live-start",
            "allow-live-stop",
            "allow-report-failure",
            "allow-shell-state",
        ];
        assert_eq!(capability["permissions"], serde_json::json!(allowed));
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
        assert_eq!(capability["remote"], Value::Null);
    }
}

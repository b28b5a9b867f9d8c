//! The real window with the bundled sidecar: the same chart, and no sidecar outlives the app.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::time::Duration;

use empmix_tests::{
    browser::Browser,
    spawn::{built, is_alive, wait_for},
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_window_shows_the_sample_and_takes_its_sidecar_along() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let app = built("EMPMIX_APP_BIN", "empmix");
    let sidecar = built("EMPMIX_SIDECAR_BIN", "empmix-sidecar");
    let environment = [
        ("EMPMIX_DATA_DIR", data.as_path()),
        ("EMPMIX_SIDECAR", sidecar.as_path()),
        ("XDG_DATA_HOME", home.path()),
        ("XDG_CONFIG_HOME", home.path()),
        ("XDG_CACHE_HOME", home.path()),
    ];
    let window = Browser::desktop(&app, &environment).await;
    window.click("button", "Load sample data").await;
    window.says("12 months to 22 Aug 2026").await;
    window.says("unique users: total 658,").await;
    let picture = window.picture("desktop").await;
    assert!(
        picture.len() > 20_000,
        "a window that shows something, not a blank of {} bytes",
        picture.len()
    );
    let running: Value =
        serde_json::from_slice(&std::fs::read(data.join("sidecar.json")).unwrap()).unwrap();
    let sidecar_pid = u32::try_from(running["pid"].as_u64().unwrap()).unwrap();
    let app_pid = parent_of(sidecar_pid);
    assert!(is_alive(sidecar_pid) && is_alive(app_pid));
    let arguments = std::fs::read_to_string(format!("/proc/{sidecar_pid}/cmdline")).unwrap();
    assert!(
        arguments.contains("--lease") && !arguments.contains("token"),
        "{arguments}"
    );
    kill9(app_pid);
    wait_for("end of the sidecar", Duration::from_secs(12), || {
        (!is_alive(sidecar_pid)).then_some(())
    });
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

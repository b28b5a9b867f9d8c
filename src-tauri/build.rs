//! Declares the app's commands, so that a window may call only those that its capability grants.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&[
        "call",
        "live_start",
        "live_stop",
        "report_failure",
        "shell_state",
    ]);
    let attributes = tauri_build::Attributes::new()
        .app_manifest(commands)
        .capabilities_path_pattern("./src-tauri/capabilities/**/*");
    println!("cargo::rerun-if-changed=src-tauri/capabilities");
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}

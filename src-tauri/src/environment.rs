//! What the libraries of the window must find in the environment before they start.
//!
//! On Linux they need settings, each of which the user may override by setting the variable:
//!
//! | variable | value | when |
//! | --- | --- | --- |
//! | `DBUS_SESSION_BUS_ADDRESS` | `disabled:` | no session bus answers ([`session_bus`](crate::session_bus)) |
//! | `JSC_useBBQJIT` | `0` | WebKitGTK from 2.40 on: compiled WebAssembly may compute wrong values (docs/decisions/0006-wasm-compiler.md) |
//! | `WEBKIT_DISABLE_DMABUF_RENDERER` | `1` | NVIDIA's own driver is loaded: with it WebKitGTK's buffers may stay empty or end the web process |
//!
//! They are read once, by libdbus, and by WebKit and JavaScriptCore in the web process, which inherits
//! the environment of this one. macOS and Windows need nothing.

/// One variable, and why it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) reason: String,
}

/// Sets the variables and returns them for the log. Must be called before the first thread starts.
pub(crate) fn prepare() -> Vec<Setting> {
    #[cfg(target_os = "linux")]
    let settings = linux::settings();
    #[cfg(not(target_os = "linux"))]
    let settings: Vec<Setting> = Vec::new();
    for setting in &settings {
        set(setting);
    }
    settings
}

#[allow(
    unsafe_code,
    clippy::disallowed_methods,
    reason = "GTK, libdbus and WebKit take these settings from the environment only"
)]
fn set(setting: &Setting) {
    // SAFETY: no other thread runs yet, so none reads the environment meanwhile.
    unsafe { std::env::set_var(setting.name, &setting.value) };
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;

    use super::Setting;
    use crate::session_bus;

    /// The options of JavaScriptCore that guard against the fault; one that the user set wins.
    const GUARDS: [&str; 3] = ["JSC_useBBQJIT", "JSC_useConcurrentJIT", "JSC_useJIT"];
    /// The first WebKitGTK that the fault is known of.
    const FIRST_AFFECTED: (u32, u32) = (2, 40);

    /// Keeps WebKitGTK from sharing buffers with the graphics driver.
    const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    /// There while NVIDIA's own driver is loaded.
    const NVIDIA: &str = "/proc/driver/nvidia/version";

    pub(super) fn settings() -> Vec<Setting> {
        let is_set = |name: &str| std::env::var_os(name).is_some();
        let version = tauri::webview_version().unwrap_or_default();
        let bus = session_bus::replacement(
            std::env::var("DBUS_SESSION_BUS_ADDRESS").ok(),
            std::env::var_os("XDG_RUNTIME_DIR").map(Into::into),
        );
        let guarded = GUARDS.into_iter().any(is_set);
        bus.into_iter()
            .chain(wasm_guard(&version, guarded))
            .chain(buffer_guard(Path::new(NVIDIA).exists(), is_set(NO_DMABUF)))
            .collect()
    }

    fn wasm_guard(version: &str, set_by_user: bool) -> Option<Setting> {
        (!set_by_user && is_affected(version)).then(|| Setting {
            name: GUARDS[0],
            value: "0".to_owned(),
            reason: format!("WebKitGTK {version} may compute wrong values in WebAssembly"),
        })
    }

    fn buffer_guard(has_nvidia: bool, set_by_user: bool) -> Option<Setting> {
        (has_nvidia && !set_by_user).then(|| Setting {
            name: NO_DMABUF,
            value: "1".to_owned(),
            reason: "NVIDIA's driver is loaded".to_owned(),
        })
    }

    /// A version that cannot be read is taken as affected: the guard costs little.
    fn is_affected(version: &str) -> bool {
        let mut numbers = version.split('.').map_while(|part| part.parse().ok());
        let Some(version) = numbers.next().zip(numbers.next()) else {
            return true;
        };
        version >= FIRST_AFFECTED
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn buffers_are_not_shared_with_nvidias_driver_unless_the_user_chose() {
            let guard = buffer_guard(true, false).unwrap();
            assert_eq!((guard.name, &*guard.value), (NO_DMABUF, "1"));
            assert_eq!(buffer_guard(true, true), None);
            assert_eq!(buffer_guard(false, false), None);
        }

        #[test]
        fn the_guard_is_set_for_affected_versions_unless_the_user_chose() {
            let guard = wasm_guard("2.50.6", false).unwrap();
            assert_eq!((guard.name, &*guard.value), ("JSC_useBBQJIT", "0"));
            assert_eq!(wasm_guard("2.50.6", true), None);
            assert_eq!(wasm_guard("2.38.5", false), None);
            for affected in ["2.40.0", "2.51.1", "3.0.0", "", "unknown"] {
                assert!(is_affected(affected), "{affected}");
            }
        }
    }
}

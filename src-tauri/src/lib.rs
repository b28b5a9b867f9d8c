//! The desktop's shell: a window, and a sidecar that lives and dies with it.
//!
//! Thin: it forwards the console's calls to its sidecar and opens no store.
//!
//! | module | does |
//! | --- | --- |
//! | [`environment`] | what GTK, libdbus and WebKit must find in the environment |
//! | [`session_bus`] | whether the D-Bus session bus answers (Linux) |
//! | [`app`] | the window, start and end |
//! | [`commands`] | what the window may ask |
//! | [`failures`] | what breaks in the window, in the log |
//! | [`live`] | live items from the sidecar into a channel |
//! | [`supervisor`] | keeps the sidecar running |
//! | [`launch`] | one sidecar process: its lease, its first line |
//! | [`port`] | remembers the port that SDKs were told of |
//! | [`log`] | a rolling file |

mod app;
mod commands;
mod environment;
mod failures;
mod launch;
mod live;
mod log;
mod port;
#[cfg(target_os = "linux")]
mod session_bus;
mod supervisor;

pub use app::run;

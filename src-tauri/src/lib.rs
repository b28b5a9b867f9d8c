//! The desktop's shell: a window, and a sidecar that lives and dies with it.
//!
//! Thin: it forwards the console's calls to its sidecar and opens no store.
//!
//! | module | does |
//! | --- | --- |
//! | [`app`] | the window, start and end |
//! | [`commands`] | what the window may ask |
//! | [`live`] | live items from the sidecar into a channel |
//! | [`supervisor`] | keeps the sidecar running |
//! | [`launch`] | one sidecar process: its lease, its first line |
//! | [`port`] | remembers the port that SDKs were told of |
//! | [`log`] | a rolling file |

mod app;
mod commands;
mod launch;
mod live;
mod log;
mod port;
mod supervisor;

pub use app::run;

//! The sidecar: one binary that ingests events, moves them to the store and answers questions.
//!
//! It connects the crates; the rules are in the crates that it calls.
//!
//! | module | does |
//! | --- | --- |
//! | [`cli`] | the command line, a file per subcommand |
//! | [`config`] | flags, environment, file, defaults: resolved once |
//! | [`data_dir`] | the folder: lock, token, `sidecar.json` |
//! | [`runtime`] | broker, store, roles; start and stop in order |
//! | [`keys`] | the keys of projects, in memory |
//! | [`tokens`] | bearer tokens and one-time codes |
//! | [`http`] | the public API, the private API, the console |
//! | [`client`] | how subcommands speak to a running sidecar |

pub mod cli;
pub mod client;
pub mod config;
pub mod data_dir;
pub mod http;
pub mod keys;
pub mod machine;
pub mod runtime;
pub mod tokens;

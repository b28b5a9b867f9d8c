//! The console: the user interface for analysts, in the desktop's web view and in a browser.
//!
//! A view reads state and sends [`command::Command`]s; commands are applied in one place, once per
//! frame ([`app`]); answers come back as [`async_value::AsyncValue`]s, which keep the previous answer
//! while the next one is pending. Two traits connect it to its surroundings: [`backend::Backend`]
//! (desktop, HTTP, fake) and [`host::Host`] (clock, time zone, small settings), so that it runs
//! without a network. It must not know stores, brokers or HTTP routes.
//!
//! | module | holds |
//! | --- | --- |
//! | [`app`] | the frame: poll, apply, show |
//! | [`address`] | the state of a page as a link |
//! | [`command`] | all actions of a user; the palette, the shortcuts |
//! | [`session`] | the state that every module reads: project, schema, connection, clock |
//! | [`backend`], [`host`] | the two traits, and the backends |
//! | [`chrome`] | top bar, navigation, palette, banners |
//! | [`module`] | the modules: a row each, and the trait that their states have |
//! | [`report`] | what every report shares |
//! | [`insights`], [`live`], [`settings`], [`about`] | the modules; [`first_run`] stands in for a report without events |
//! | [`mirror`] | the accessibility tree as plain data |
//! | [`texts`] | all texts, by key |
//! | [`theme`], [`widgets`] | design tokens; controls |
//! | [`snippet`], [`clock`] | code to copy; formatted times |
//! | `retry` | when to ask again what did not answer |
//! | `web` | the host for web view and browser (wasm only) |

pub mod about;
pub mod address;
pub mod app;
pub mod async_value;
pub mod backend;
pub mod chrome;
pub mod clock;
pub mod command;
pub mod first_run;
pub mod host;
pub mod insights;
pub mod live;
pub mod mirror;
pub mod module;
pub mod report;
mod retry;
pub mod session;
pub mod settings;
pub mod snippet;
pub mod texts;
pub mod theme;
pub mod widgets;

#[cfg(test)]
mod accessibility_tests;
#[cfg(test)]
mod address_tests;
#[cfg(test)]
mod console_tests;
#[cfg(test)]
mod testing;
#[cfg(target_arch = "wasm32")]
mod web;

pub use app::Console;

//! Colours, spacing and type: the design tokens.
//!
//! `assets/tokens.json` is the one place with raw values; everything else asks [`tokens`]. Call
//! [`install`] once, before the first frame; it gives egui the fonts and a style for each theme.
//! Which theme shows follows the system until `Context::set_theme` says otherwise.

mod contrast;
mod fonts;
mod style;
mod tokens;

pub use contrast::contrast;
pub use fonts::Type;
pub use style::install;
pub use tokens::{Palette, Radius, Size, Space, Tokens, TypeScale, tokens};

//! Colours, spacing and type: the design tokens.
//!
//! `assets/tokens.json` is the only place with raw values; all code uses [`tokens`]. Call [`install`]
//! once, before the first frame; it gives egui the fonts and a style for each theme. The theme
//! follows the system until `Context::set_theme` sets it.

mod contrast;
mod fonts;
mod style;
mod tokens;

pub use contrast::contrast;
pub use fonts::Type;
pub use style::install;
pub use tokens::{Palette, Radius, Size, Space, Tokens, TypeScale, tokens};

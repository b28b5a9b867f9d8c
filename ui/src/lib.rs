//! The console.

pub mod insights;
pub mod theme;
pub mod widgets;

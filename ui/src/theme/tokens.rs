//! The tokens as types.

use std::sync::LazyLock;

use egui::{Color32, Context, Theme};
use serde::{Deserialize, Deserializer, de::Error as _};

/// The tokens of one theme.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Colours.
    pub color: Palette,
    /// Distances, in points.
    pub space: Space,
    /// Corner radii, in points.
    pub radius: Radius,
    /// Sizes of controls and panels, in points.
    pub size: Size,
    /// Font sizes, in points.
    pub text: TypeScale,
    /// Duration of an animation, in seconds.
    pub motion_s: f32,
}

/// Colours of one theme.
#[derive(Debug, Clone, Deserialize)]
pub struct Palette {
    /// The background of the window.
    #[serde(deserialize_with = "hex")]
    pub background: Color32,
    /// Bars, cards, panels.
    #[serde(deserialize_with = "hex")]
    pub surface: Color32,
    /// Controls on a surface, selected rows, tooltips.
    #[serde(deserialize_with = "hex")]
    pub raised: Color32,
    /// One-pixel borders and grid lines.
    #[serde(deserialize_with = "hex")]
    pub border: Color32,
    /// Text.
    #[serde(deserialize_with = "hex")]
    pub text: Color32,
    /// Labels, units, hints.
    #[serde(deserialize_with = "hex")]
    pub muted: Color32,
    /// Primary buttons, links, focus.
    #[serde(deserialize_with = "hex")]
    pub accent: Color32,
    /// Text on `accent`, `good`, `warn` and `bad`.
    #[serde(deserialize_with = "hex")]
    pub on_accent: Color32,
    /// A good state.
    #[serde(deserialize_with = "hex")]
    pub good: Color32,
    /// A state that needs attention.
    #[serde(deserialize_with = "hex")]
    pub warn: Color32,
    /// A failure, or a destructive action.
    #[serde(deserialize_with = "hex")]
    pub bad: Color32,
    /// Lines of a chart, in order; chosen to be distinguishable for colour-blind people.
    #[serde(deserialize_with = "hexes")]
    pub series: Vec<Color32>,
}

impl Palette {
    /// The colour of the `index`-th line of a chart; they repeat after the last.
    pub fn series(&self, index: usize) -> Color32 {
        let count = self.series.len().max(1);
        self.series
            .get(index % count)
            .copied()
            .unwrap_or(self.accent)
    }

    /// A control's fill under the pointer: `fill` moved a little towards the text.
    pub fn hovered(&self, fill: Color32) -> Color32 {
        mix(fill, self.text, 0.05)
    }

    /// A control's fill while it is pressed.
    pub fn pressed(&self, fill: Color32) -> Color32 {
        mix(fill, self.text, 0.09)
    }

    /// The fill behind what is chosen on `fill`: moved a little towards the accent.
    pub fn chosen(&self, fill: Color32) -> Color32 {
        mix(fill, self.accent, 0.1)
    }
}

/// `from` moved `share` (0..=1) of the way to `to`.
fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    from.lerp_to_gamma(to, share)
}

/// Distances, in points.
#[derive(Debug, Clone, Copy, Deserialize)]
#[allow(missing_docs, reason = "sizes of one scale")]
pub struct Space {
    pub xs: f32,
    pub s: f32,
    pub m: f32,
    pub l: f32,
    pub xl: f32,
    pub xxl: f32,
}

/// Corner radii, in points.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Radius {
    /// Buttons, fields, tooltips.
    pub control: f32,
    /// Cards.
    pub card: f32,
}

/// Sizes of controls and panels, in points.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Size {
    /// Height of a control.
    pub control: f32,
    /// Height of a table's row.
    pub row: f32,
    /// Side of an icon's square.
    pub icon: f32,
    /// Height of the top bar.
    pub top_bar: f32,
    /// Width of the navigation.
    pub nav: f32,
    /// Width of the navigation when it shows icons only.
    pub nav_folded: f32,
    /// Width of the query panel.
    pub query: f32,
    /// Smallest height of a chart.
    pub chart_min: f32,
}

/// Font sizes, in points.
#[derive(Debug, Clone, Copy, Deserialize)]
#[allow(missing_docs, reason = "sizes of one scale")]
pub struct TypeScale {
    pub small: f32,
    pub body: f32,
    pub title: f32,
    pub large: f32,
    pub headline: f32,
}

/// The format of `tokens.json`.
#[derive(Deserialize)]
struct File {
    space: Space,
    radius: Radius,
    #[serde(rename = "type")]
    text: TypeScale,
    size: Size,
    motion_ms: f32,
    dark: Palette,
    light: Palette,
}

/// Both themes.
pub(super) struct Design {
    dark: Tokens,
    light: Tokens,
}

impl Design {
    fn parse(json: &str) -> serde_json::Result<Self> {
        let file: File = serde_json::from_str(json)?;
        let theme = |color: &Palette| Tokens {
            color: color.clone(),
            space: file.space,
            radius: file.radius,
            size: file.size,
            text: file.text,
            motion_s: file.motion_ms / 1000.0,
        };
        Ok(Self {
            dark: theme(&file.dark),
            light: theme(&file.light),
        })
    }

    pub(super) fn of(theme: Theme) -> &'static Tokens {
        match theme {
            Theme::Dark => &DESIGN.dark,
            Theme::Light => &DESIGN.light,
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the program, and a test parses it"
)]
static DESIGN: LazyLock<Design> = LazyLock::new(|| {
    Design::parse(include_str!("../../assets/tokens.json")).expect("tokens.json is well-formed")
});

/// The tokens of the current theme.
pub fn tokens(ctx: &Context) -> &'static Tokens {
    Design::of(ctx.theme())
}

fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Color32, D::Error> {
    let text = String::deserialize(deserializer)?;
    color(&text).ok_or_else(|| D::Error::custom(format!("not a colour: {text}")))
}

fn hexes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Color32>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| color(text).ok_or_else(|| D::Error::custom(format!("not a colour: {text}"))))
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the only place that reads raw colours"
)]
fn color(text: &str) -> Option<Color32> {
    Color32::from_hex(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_have_ten_different_series_colours() {
        for theme in [Theme::Dark, Theme::Light] {
            let series = &Design::of(theme).color.series;
            let different: std::collections::HashSet<_> = series.iter().collect();
            assert_eq!(different.len(), 10);
        }
    }

    #[test]
    fn series_colours_repeat() {
        let color = &Design::of(Theme::Dark).color;
        assert_eq!(color.series(0), color.accent);
        assert_eq!(color.series(11), color.series(1));
    }

    #[test]
    fn an_invalid_colour_is_refused() {
        let broken = include_str!("../../assets/tokens.json").replacen("#0F1115", "teal", 1);
        assert!(Design::parse(&broken).is_err());
    }
}

//! The contrast of two colours.

use egui::{Color32, Rgba};

/// The contrast of two opaque colours as WCAG 2 defines it, 1..=21. Text needs 4.5.
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: Color32) -> f32 {
    let linear = Rgba::from(color);
    0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
}

#[cfg(test)]
mod tests {
    use egui::Theme;

    use super::*;
    use crate::theme::tokens::Design;

    #[test]
    fn black_on_white_is_21() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
    }

    #[test]
    fn every_text_is_readable_on_every_background() {
        for theme in [Theme::Dark, Theme::Light] {
            let color = &Design::of(theme).color;
            let backgrounds = [
                ("background", color.background),
                ("surface", color.surface),
                ("raised", color.raised),
            ];
            let texts = [
                ("text", color.text),
                ("muted", color.muted),
                ("accent", color.accent),
                ("good", color.good),
                ("warn", color.warn),
                ("bad", color.bad),
            ];
            for (background_name, background) in backgrounds {
                for (text_name, text) in texts {
                    let ratio = contrast(text, background);
                    assert!(
                        ratio >= 4.5,
                        "{theme:?}: {text_name} on {background_name} is {ratio:.2}"
                    );
                }
            }
            let chosen = color.chosen(color.raised);
            for (name, text) in [("text", color.text), ("muted", color.muted)] {
                let ratio = contrast(text, chosen);
                assert!(ratio >= 4.5, "{theme:?}: {name} on chosen is {ratio:.2}");
            }
            for (name, fill) in [("accent", color.accent), ("bad", color.bad)] {
                let ratio = contrast(color.on_accent, fill);
                assert!(ratio >= 4.5, "{theme:?}: text on {name} is {ratio:.2}");
            }
        }
    }

    #[test]
    fn every_line_stands_out_from_its_card() {
        for theme in [Theme::Dark, Theme::Light] {
            let color = &Design::of(theme).color;
            for (index, line) in color.series.iter().enumerate() {
                let ratio = contrast(*line, color.surface);
                assert!(ratio >= 3.0, "{theme:?}: line {index} is {ratio:.2}");
            }
        }
    }
}

//! The bundled fonts and the type scale.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId};

use super::tokens::Design;

const REGULAR: &str = "Inter";
const SEMIBOLD: &str = "Inter SemiBold";
const MONO: &str = "JetBrains Mono";

/// A step of the type scale. Figures are tabular in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// 12: hints, axis labels, table headers.
    Small,
    /// 12 semibold: section labels.
    SmallStrong,
    /// 13: text.
    Body,
    /// 13 semibold: primary buttons, selected items.
    Strong,
    /// 15 semibold: titles.
    Title,
    /// 20 semibold: the title of an empty page.
    Large,
    /// 28 semibold: the headline number.
    Headline,
    /// 12 monospaced: ids, JSON.
    Mono,
}

impl Type {
    /// The font and its size.
    pub fn font(self) -> FontId {
        let size = Design::of(egui::Theme::Dark).text;
        match self {
            Self::Small => FontId::new(size.small, FontFamily::Proportional),
            Self::SmallStrong => FontId::new(size.small, semibold()),
            Self::Body => FontId::new(size.body, FontFamily::Proportional),
            Self::Strong => FontId::new(size.body, semibold()),
            Self::Title => FontId::new(size.title, semibold()),
            Self::Large => FontId::new(size.large, semibold()),
            Self::Headline => FontId::new(size.headline, semibold()),
            Self::Mono => FontId::new(size.small, FontFamily::Monospace),
        }
    }
}

/// The family of the semibold weight.
pub(super) fn semibold() -> FontFamily {
    FontFamily::Name(SEMIBOLD.into())
}

/// The fonts; each family has a second font for characters that the first one lacks.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let files: [(&str, &'static [u8]); 3] = [
        (
            REGULAR,
            include_bytes!("../../assets/fonts/Inter-Regular.otf"),
        ),
        (
            SEMIBOLD,
            include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
        ),
        (
            MONO,
            include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf"),
        ),
    ];
    for (name, bytes) in files {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let chain = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    fonts
        .families
        .insert(FontFamily::Proportional, chain([REGULAR, MONO]));
    fonts.families.insert(semibold(), chain([SEMIBOLD, MONO]));
    fonts
        .families
        .insert(FontFamily::Monospace, chain([MONO, REGULAR]));
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_stay_below_the_size_limit() {
        let bytes: usize = definitions()
            .font_data
            .values()
            .map(|font| font.bytes().len())
            .sum();
        assert!(bytes <= 250 * 1024, "{bytes} bytes");
    }
}

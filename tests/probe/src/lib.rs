//! Lays out and draws the same text again and again, and returns a hash of the result.
//!
//! Every call must return the same number. Under WebKitGTK 2.50.6 about one page load in ten does not,
//! or traps: the baseline compiler of JavaScriptCore replaces functions while they run, and values
//! change (docs/decisions/0006-wasm-compiler.md). The text engine of egui shows it where smaller
//! programs did not: many functions, deep calls, floats. `tests/tests/wasm_probe.rs` loads it in pages.

use std::hash::{DefaultHasher, Hash, Hasher};

use egui::{
    FontData, FontDefinitions, FontFamily, ImageData, Pos2, RawInput, Rect, RichText, Ui,
    epaint::Primitive, vec2,
};

const FONT: &[u8] = include_bytes!("../../../ui/assets/fonts/Inter-Regular.otf");
const TEXTS: [&str; 2] = [
    "Unique users 658: week of 17 Aug 2026, Ünïcödé äöü ßẞ €—“” 0123456789",
    "The quick brown fox jumps over the lazy dog",
];

/// The hash of two frames, drawn from nothing.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "a page calls it by this name")]
pub extern "C" fn round() -> u64 {
    let context = egui::Context::default();
    context.set_fonts(fonts());
    let mut hash = DefaultHasher::new();
    for frame in 0..2 {
        draw_frame(&context, f64::from(frame) * 0.1, &mut hash);
    }
    hash.finish()
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let data = FontData::from_static(FONT).into();
    fonts.font_data.insert("Inter".to_owned(), data);
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["Inter".to_owned()]);
    }
    fonts
}

fn draw_frame(context: &egui::Context, time: f64, hash: &mut DefaultHasher) {
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0))),
        time: Some(time),
        ..RawInput::default()
    };
    let mut output = context.run_ui(input, page);
    for delta in output.textures_delta.set.values().flatten() {
        let ImageData::Color(image) = &delta.image;
        image
            .pixels
            .iter()
            .for_each(|pixel| pixel.to_array().hash(hash));
    }
    output.textures_delta.clear();
    for primitive in context.tessellate(output.shapes, 1.0) {
        let Primitive::Mesh(mesh) = primitive.primitive else {
            continue;
        };
        mesh.indices.hash(hash);
        for vertex in &mesh.vertices {
            let place = [vertex.pos.x, vertex.pos.y, vertex.uv.x, vertex.uv.y];
            place.map(f32::to_bits).hash(hash);
        }
    }
}

fn page(ui: &mut Ui) {
    for size in [9.0, 11.5, 13.0, 15.0, 20.0, 27.0] {
        for text in TEXTS {
            ui.label(RichText::new(text).size(size));
        }
    }
    egui::Grid::new("numbers").show(ui, |ui| {
        for row in 0..8 {
            for column in 0..6 {
                ui.label(format!("{:.3}", f64::from(row * column) / 7.0));
            }
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_round_is_alike() {
        assert_eq!(super::round(), super::round());
    }
}

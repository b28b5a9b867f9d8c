//! Code snippets that send events: the text to copy, and the block that shows it.

use egui::{
    CornerRadius, FontId, Frame, Margin, Response, Stroke, Ui,
    text::{LayoutJob, TextFormat},
};

use crate::{
    texts::Key,
    theme::{Type, tokens},
};

/// Where the app runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Platform {
    /// A web page.
    #[default]
    Browser,
    /// A server in JavaScript.
    Node,
    /// A command line.
    Curl,
}

impl Platform {
    /// All of them with their names.
    pub const ALL: [(Self, Key); 3] = [
        (Self::Browser, Key("snippet-browser")),
        (Self::Node, Key("snippet-node")),
        (Self::Curl, Key("snippet-curl")),
    ];
}

/// The code that an app needs to send its first event.
pub fn snippet(platform: Platform, url: &str, key: &str) -> String {
    match platform {
        Platform::Browser => format!(
            "<script src=\"{url}/sdk/empmix.js\"></script>\n\
             <script>\n  \
               EmpMix.init(\"{key}\", {{ apiHost: \"{url}\" }})\n  \
               EmpMix.track(\"Page Viewed\")\n\
             </script>"
        ),
        Platform::Node => format!(
            "await fetch(\"{url}/public/track\", {{\n  \
               method: \"POST\",\n  \
               headers: {{ \"x-api-key\": \"{key}\", \"content-type\": \"application/json\" }},\n  \
               body: JSON.stringify({{ event: \"Order Shipped\", distinct_id: \"user-1\" }}),\n\
             }})"
        ),
        Platform::Curl => format!(
            "curl {url}/public/track \\\n  \
               -H 'x-api-key: {key}' \\\n  \
               -H 'content-type: application/json' \\\n  \
               -d '{{\"event\": \"Page Viewed\", \"distinct_id\": \"user-1\"}}'"
        ),
    }
}

/// The shortened form of a key, for display only: `pk_7f3c…e19a`.
pub fn short_key(key: &str) -> String {
    match (
        key.get(..7),
        key.len().checked_sub(4).and_then(|at| key.get(at..)),
    ) {
        (Some(head), Some(tail)) if key.len() > 16 => format!("{head}…{tail}"),
        _ => key.to_owned(),
    }
}

/// Shows a block of code; long lines are wrapped.
pub fn code_block(ui: &mut Ui, name: &str, code: &str) -> Response {
    let tokens = tokens(ui);
    let frame = Frame::new()
        .fill(tokens.color.raised)
        .stroke(Stroke::new(1.0, tokens.color.border))
        .corner_radius(CornerRadius::same(6))
        .inner_margin(Margin::symmetric(14, 12));
    let shown = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let mut job = layout(code, Type::Mono.font(), tokens.color.text);
        job.wrap.max_width = ui.available_width();
        job.wrap.break_anywhere = true;
        ui.add(egui::Label::new(job).selectable(true).wrap())
    });
    let response = shown.inner;
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::Code, true, name);
        info.current_text_value = Some(code.to_owned());
        info
    });
    response
}

/// Lays out code in one colour, with lines of 20 points.
fn layout(code: &str, font: FontId, color: egui::Color32) -> LayoutJob {
    let format = TextFormat {
        line_height: Some(20.0),
        ..TextFormat::simple(font, color)
    };
    LayoutJob::single_section(code.to_owned(), format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_snippet_contains_host_and_key() {
        for (platform, name) in Platform::ALL {
            let code = snippet(platform, "http://127.0.0.1:7070", "pk_1");
            assert!(
                code.contains("http://127.0.0.1:7070") && code.contains("pk_1"),
                "{name:?}"
            );
        }
    }

    #[test]
    fn the_page_snippet_reads_as_documented() {
        let code = snippet(Platform::Browser, "http://h:1", "pk_1");
        assert_eq!(
            code,
            "<script src=\"http://h:1/sdk/empmix.js\"></script>\n<script>\n  \
             EmpMix.init(\"pk_1\", { apiHost: \"http://h:1\" })\n  \
             EmpMix.track(\"Page Viewed\")\n</script>"
        );
    }

    #[test]
    fn a_long_key_is_shortened_and_a_short_one_is_not() {
        assert_eq!(short_key("pk_7f3c000000000000e19a"), "pk_7f3c…e19a");
        assert_eq!(short_key("pk_1"), "pk_1");
    }
}

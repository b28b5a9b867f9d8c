//! The tokens as an egui style, so that egui's own widgets match the console's.

use std::collections::BTreeMap;

use egui::{
    Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme,
    Vec2, Visuals,
    epaint::FontColorTransferFunction,
    style::{ScrollStyle, Selection, WidgetVisuals, Widgets},
};

use super::{
    fonts::{self, Type},
    tokens::{Design, Tokens},
};

/// Gives a context the fonts and both themes. Call it once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts::definitions());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.set_style_of(theme, style(Design::of(theme), theme));
    }
}

fn style(tokens: &Tokens, theme: Theme) -> Style {
    let mut style = Style {
        visuals: visuals(tokens, theme),
        text_styles: text_styles(tokens),
        animation_time: tokens.motion_s,
        ..Style::default()
    };
    let space = &tokens.space;
    style.spacing.item_spacing = Vec2::splat(space.s);
    style.spacing.button_padding = egui::vec2(space.m - 1.0, space.xs);
    style.spacing.interact_size.y = tokens.size.control;
    style.spacing.window_margin = Margin::same(points(space.l));
    style.spacing.menu_margin = Margin::same(points(space.xs));
    style.spacing.icon_width = tokens.size.icon;
    style.spacing.tooltip_width = 360.0;
    style.spacing.scroll = scroll();
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style.scroll_animation = egui::style::ScrollAnimation::duration(tokens.motion_s);
    #[cfg(debug_assertions)]
    {
        // Centred text may lie between pixels, which egui would mark in red.
        style.debug.show_unaligned = false;
    }
    style
}

/// A scroll bar that floats over the content, visible while scrolling or under the pointer.
fn scroll() -> ScrollStyle {
    let mut scroll = ScrollStyle::floating();
    scroll.bar_width = 8.0;
    scroll.floating_width = 4.0;
    scroll.bar_inner_margin = 0.0;
    scroll.bar_outer_margin = 2.0;
    scroll.foreground_color = true;
    scroll.active_background_opacity = 0.0;
    scroll.interact_background_opacity = 0.0;
    scroll.dormant_handle_opacity = 0.0;
    scroll.active_handle_opacity = 0.35;
    scroll.interact_handle_opacity = 0.6;
    scroll.fade.strength = 0.0;
    scroll
}

fn text_styles(tokens: &Tokens) -> BTreeMap<TextStyle, FontId> {
    let mono = FontId::new(tokens.text.small, FontFamily::Monospace);
    [
        (TextStyle::Small, Type::Small.font()),
        (TextStyle::Body, Type::Body.font()),
        (TextStyle::Button, Type::Body.font()),
        (TextStyle::Heading, Type::Title.font()),
        (TextStyle::Monospace, mono),
    ]
    .into()
}

fn visuals(tokens: &Tokens, theme: Theme) -> Visuals {
    let color = &tokens.color;
    let control = CornerRadius::same(tokens.radius.control as u8);
    let border = Stroke::new(1.0, color.border);
    let mut visuals = match theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    visuals.widgets = widgets(tokens);
    visuals.weak_text_color = Some(color.muted);
    visuals.selection = Selection {
        bg_fill: color.accent.gamma_multiply(0.35),
        stroke: Stroke::new(1.0, color.text),
    };
    visuals.text_cursor.stroke = Stroke::new(1.5, color.accent);
    visuals.hyperlink_color = color.accent;
    visuals.faint_bg_color = color.surface;
    visuals.extreme_bg_color = color.raised;
    visuals.text_edit_bg_color = Some(color.raised);
    visuals.code_bg_color = color.raised;
    visuals.warn_fg_color = color.warn;
    visuals.error_fg_color = color.bad;
    visuals.window_fill = color.surface;
    visuals.window_stroke = border;
    visuals.window_corner_radius = CornerRadius::same(tokens.radius.card as u8);
    visuals.window_shadow = shadow(theme, 8, 24);
    visuals.popup_shadow = shadow(theme, 4, 12);
    visuals.menu_corner_radius = control;
    visuals.panel_fill = color.background;
    visuals.text_options.font_hinting = false;
    if theme == Theme::Dark {
        // egui thickens light text on a dark background; a weaker correction keeps the regular weight.
        visuals.text_options.color_transfer_function = FontColorTransferFunction::Gamma(0.75);
    }
    visuals
}

/// The shadow of a popup; cards have only a border.
fn shadow(theme: Theme, down: i8, blur: u8) -> Shadow {
    let alpha = match theme {
        Theme::Dark => 110,
        Theme::Light => 28,
    };
    Shadow {
        offset: [0, down],
        blur,
        spread: 0,
        color: egui::Color32::from_black_alpha(alpha),
    }
}

fn widgets(tokens: &Tokens) -> Widgets {
    let color = &tokens.color;
    let visual = |fill, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, color.border),
        corner_radius: CornerRadius::same(tokens.radius.control as u8),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut focused = visual(color.pressed(color.raised), color.text);
    focused.bg_stroke = Stroke::new(1.0, color.accent);
    Widgets {
        noninteractive: visual(color.surface, color.text),
        inactive: visual(color.raised, color.text),
        hovered: visual(color.hovered(color.raised), color.text),
        active: focused,
        open: visual(color.hovered(color.raised), color.text),
    }
}

/// Converts to whole points for egui's integer margins; the token values have no fractions.
fn points(length: f32) -> i8 {
    length as i8
}

//! The top bar: logo, project, connection, search, theme.

use egui::{
    Align, Align2, Layout, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use empmix_model::ids::ProjectId;

use crate::{
    backend::BackendKind,
    command::{Command, Overlay, shortcuts},
    module::Module,
    session::{Connection, Session, View},
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, ButtonKind, Choice, Icon, Picker, dot, focus_ring, paint_text},
};

/// The left edge of the controls, aligned with the content when the navigation is unfolded.
const CONTROLS_LEFT: f32 = 212.0;
const SEARCH_WIDTH: f32 = 260.0;
/// The default port, which is not shown.
const DEFAULT_PORT: &str = "7070";

/// Shows the top bar.
pub(super) fn show(ui: &mut Ui, view: View<'_>) {
    let tokens = tokens(ui);
    let bar = ui.max_rect();
    let line = Stroke::new(1.0, tokens.color.border);
    ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, line);
    brand(ui, bar);
    let row = bar.shrink2(vec2(tokens.space.l, tokens.space.s));
    let left = Rect::from_min_max(pos2(CONTROLS_LEFT, row.top()), row.max);
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(left).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = tokens.space.m;
        project(ui, view);
        connection(ui, view.session);
    });
    let layout = Layout::right_to_left(Align::Center);
    let right = row.translate(vec2(tokens.space.s, 0.0));
    ui.scope_builder(UiBuilder::new().max_rect(right).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let theme = text!("chrome-theme");
        if ui.add(Button::icon_only(Icon::Theme, &theme)).clicked() {
            view.commands.send(Command::ToggleTheme);
        }
        if search(ui).clicked() {
            view.commands.send(Command::Open(Overlay::Palette));
        }
    });
}

fn brand(ui: &Ui, bar: Rect) {
    let tokens = tokens(ui);
    let left = bar.left() + tokens.space.l;
    let mark = Rect::from_center_size(pos2(left + 8.0, bar.center().y), vec2(16.0, 16.0));
    ui.painter().rect_filled(mark, 4.0, tokens.color.accent);
    let at = pos2(left + 24.0, bar.center().y);
    let color = tokens.color.text;
    paint_text(
        ui.painter(),
        at,
        Align2::LEFT_CENTER,
        &text!("chrome-product"),
        Type::Title,
        color,
    );
}

/// The action of an entry in the list of projects.
#[derive(Clone, Copy)]
enum Pick {
    Open(ProjectId),
    Create,
}

fn project(ui: &mut Ui, view: View<'_>) {
    let Some(project) = view.session.project() else {
        return;
    };
    let name = text!("chrome-project");
    let picker = Picker::new(&name, &project.name)
        .kind(ButtonKind::Secondary)
        .max_width(260.0)
        .search()
        .empty(Key("chrome-project-none"));
    let picked = picker.show(ui, || {
        let projects = view.session.projects.latest();
        let all = projects.iter().flat_map(|all| &all.projects);
        all.map(|project| Choice::new(Pick::Open(project.id), &project.name))
            .chain([Choice::new(Pick::Create, text!("chrome-project-new"))])
            .collect()
    });
    match picked {
        Some(Pick::Open(id)) => view.commands.send(Command::SelectProject(id)),
        Some(Pick::Create) => view.commands.send(Command::Go(Module::Settings)),
        None => {}
    }
}

fn connection(ui: &mut Ui, session: &Session) {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let (ink, text) = match &session.connection {
        Connection::Connecting => (color.muted, text!("chrome-connecting")),
        Connection::Connected => (health(session, color), connection_name(session)),
        Connection::Disconnected { .. } => (color.bad, text!("chrome-not-connected")),
    };
    let font = Type::Body.font();
    let galley = ui.painter().layout_no_wrap(text.clone(), font, color.text);
    let size = vec2(
        galley.size().x + 3.0 * (tokens.space.m - 1.0) + 4.0,
        tokens.size.control,
    );
    let (rect, response) = ui.allocate_exact_size(size, Sense::HOVER);
    let border = Stroke::new(1.0, color.border);
    ui.painter()
        .rect_stroke(rect, tokens.radius.control, border, StrokeKind::Inside);
    dot(ui, pos2(rect.left() + 15.0, rect.center().y), ink);
    let at = pos2(rect.left() + 26.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &text));
    if let Some(status) = session.status.latest() {
        response.on_hover_ui(|ui| {
            let (version, address) = (&status.version, session.sdk_url());
            ui.label(text!(
                "chrome-sidecar",
                version = version,
                address = address
            ));
            let (store, broker) = (status.engine.to_string(), &status.broker);
            ui.label(text!(
                "chrome-sidecar-parts",
                store = store,
                broker = broker
            ));
            ui.label(&status.durability);
            for warning in &status.warnings {
                ui.colored_label(color.warn, warning);
            }
        });
    }
}

fn health(session: &Session, color: &crate::theme::Palette) -> egui::Color32 {
    match session.status.latest() {
        Some(status) if !status.ready || !status.warnings.is_empty() => color.warn,
        _ => color.good,
    }
}

/// *Local sidecar*, with the port when it is not the default one; the host for a remote sidecar.
fn connection_name(session: &Session) -> String {
    let url = session.sdk_url();
    let host = url.split("://").last().unwrap_or_default();
    let local = ["127.0.0.1", "localhost", "[::1]"];
    let is_local = local.iter().any(|name| host.starts_with(name));
    if session.backend == BackendKind::Http && !is_local {
        return host.to_owned();
    }
    match host.rsplit_once(':') {
        Some((_, port)) if port != DEFAULT_PORT => text!("chrome-local-port", port = port),
        _ => text!("chrome-local"),
    }
}

fn search(ui: &mut Ui) -> egui::Response {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let size = vec2(SEARCH_WIDTH, tokens.size.control);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let fill = if response.hovered() {
        color.hovered(color.raised)
    } else {
        color.raised
    };
    let border = Stroke::new(1.0, color.border);
    ui.painter().rect(
        rect,
        tokens.radius.control,
        fill,
        border,
        StrokeKind::Inside,
    );
    let text = text!("chrome-search");
    let keys = shortcuts::with_command(ui.ctx().os(), egui::Key::K);
    let inner = rect.shrink2(vec2(tokens.space.m - 1.0, 0.0));
    let put = |at, anchor, text: &str| {
        paint_text(ui.painter(), at, anchor, text, Type::Body, color.muted);
    };
    put(inner.left_center(), Align2::LEFT_CENTER, &text);
    put(inner.right_center(), Align2::RIGHT_CENTER, &keys);
    focus_ring(ui, &response, rect, tokens.radius.control);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    response
}

//! The view of the empty state.

use egui::{
    Align, Color32, Layout, Margin, Rect, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use super::{FirstRunCommand, FirstRunState, Progress};
use crate::{
    backend::BackendKind,
    command::Command,
    session::View,
    snippet::{Platform, code_block, short_key, snippet},
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, card_frame, dot, label, segmented},
};

const WIDTH: f32 = 640.0;
/// Height of the title, the tabs, the longest snippet, the waiting card and the buttons.
const HEIGHT: f32 = 336.0;
const BAR_WIDTH: f32 = 160.0;

impl FirstRunState {
    /// Shows the empty state in the middle of the available area.
    pub fn show(&self, ui: &mut Ui, view: View<'_>) {
        let tokens = tokens(ui);
        let area = ui.max_rect();
        let width = WIDTH.min(area.width() - 2.0 * tokens.space.xl);
        let left = (area.center().x - width / 2.0).round();
        let top = (area.center().y - HEIGHT / 2.0)
            .round()
            .max(area.top() + tokens.space.l);
        let page = Rect::from_min_size(pos2(left, top), vec2(width, HEIGHT));
        ui.scope_builder(UiBuilder::new().max_rect(page), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let color = &tokens.color;
            label(ui, &text!("first-run-title"), Type::Large, color.text);
            ui.add_space(tokens.space.xs);
            label(ui, &text!("first-run-hint"), Type::Body, color.muted);
            ui.add_space(tokens.space.l);
            self.snippet(ui, view);
            ui.add_space(tokens.space.l);
            self.waiting(ui, view);
            ui.add_space(tokens.space.l);
            self.actions(ui, view);
        });
    }

    fn snippet(&self, ui: &mut Ui, view: View<'_>) {
        let url = view.session.sdk_url();
        let key = view
            .session
            .project()
            .map(|project| project.public_key.to_string());
        let key = key.unwrap_or_default();
        ui.horizontal(|ui| {
            let name = text!("first-run-platform");
            if let Some(platform) = segmented(ui, &name, &Platform::ALL, self.platform) {
                view.commands.send(FirstRunCommand::Platform(platform));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let copy = text!("first-run-copy");
                if ui.add(Button::secondary(&copy)).clicked() {
                    view.commands.send(Command::Copy {
                        text: snippet(self.platform, &url, &key),
                        what: Key("copied-snippet"),
                    });
                }
            });
        });
        ui.add_space(tokens(ui).space.l);
        let shown = snippet(self.platform, &url, &short_key(&key));
        code_block(ui, &text!("first-run-snippet"), &shown);
    }

    fn waiting(&self, ui: &mut Ui, view: View<'_>) {
        let tokens = tokens(ui);
        let color = &tokens.color;
        let frame = card_frame(tokens).inner_margin(Margin::symmetric(16, 8));
        frame.show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal(|ui| match self.progress() {
                None => {
                    state_dot(ui, color.warn);
                    let url = view.session.sdk_url();
                    let host = url.split("://").last().unwrap_or_default();
                    ui.spacing_mut().item_spacing.x = 4.0;
                    label(ui, &text!("first-run-waiting"), Type::Body, color.text);
                    label(ui, host, Type::Mono, color.text);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let count = view.session.event_count().unwrap_or(0);
                        let count = text!("first-run-received", count = count);
                        label(ui, &count, Type::Body, color.muted);
                    });
                }
                Some(Progress::Failed(why)) => {
                    state_dot(ui, color.bad);
                    label(ui, &why, Type::Body, color.text);
                }
                Some(progress) => {
                    let share = match progress {
                        Progress::Loading(share) => share,
                        _ => 0.0,
                    };
                    state_dot(ui, color.accent);
                    label(ui, &text!("first-run-loading"), Type::Body, color.text);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let cancel = text!("first-run-cancel");
                        if ui.add(Button::link(&cancel)).clicked() {
                            view.commands.send(FirstRunCommand::CancelSample);
                        }
                        let percent = f64::from(share * 100.0).round_ties_even();
                        let percent = text!("first-run-percent", percent = percent);
                        label(ui, &percent, Type::Body, color.muted);
                        progress_bar(ui, share);
                    });
                }
            });
        });
    }

    fn actions(&self, ui: &mut Ui, view: View<'_>) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = tokens(ui).space.m;
            let load = text!("first-run-load");
            let load = Button::primary(&load).enabled(!self.is_loading());
            if ui.add(load).clicked() {
                view.commands.send(FirstRunCommand::LoadSample);
            }
            // The desktop's web view cannot open tabs.
            let tabs = view.session.backend != BackendKind::Desktop;
            let demo = text!("first-run-demo");
            if tabs && ui.add(Button::secondary(&demo)).clicked() {
                view.commands.send(FirstRunCommand::OpenDemo);
            }
        });
    }
}

fn state_dot(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(8.0, 20.0), Sense::HOVER);
    dot(ui, rect.center(), color);
}

fn progress_bar(ui: &mut Ui, share: f32) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(BAR_WIDTH, 4.0), Sense::HOVER);
    ui.painter().rect_filled(rect, 2.0, tokens.color.border);
    let done = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    ui.painter().rect_filled(done, 2.0, tokens.color.accent);
    response.widget_info(|| {
        let name = text!("first-run-loading");
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = Some(f64::from(share * 100.0).round());
        info
    });
}

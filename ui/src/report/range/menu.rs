//! The button that shows the range, and its menu.

use egui::{Id, InnerResponse, Key, Popup, PopupCloseBehavior, ScrollArea, Ui};

use super::{
    RangeChoice, calendar, day_of,
    draft::{Days, Draft, parse},
};
use crate::{
    report::{ReportCommand, ReportEdit},
    session::View,
    text,
    theme::{Type, tokens},
    widgets::{Button, Icon, TextField, label, popup_frame, separator},
};

const WIDTH: f32 = 248.0;
/// How a date is typed: as ISO 8601 writes it, in any language.
const FROM_HINT: &str = "2026-01-31";
const TO_HINT: &str = "2026-12-31";

/// Shows the range; a click opens the menu.
pub(crate) fn show(ui: &mut Ui, range: RangeChoice, max_width: f32, view: View<'_>) {
    let (name, current) = (text!("report-range"), range.label());
    let chip = Button::secondary(&current)
        .name(&name)
        .value(&current)
        .caret()
        .max_width(max_width)
        .role(egui::accesskit::Role::ComboBox);
    let response = ui.add(chip);
    let tokens = tokens(ui);
    let id = response.id.with("draft");
    let shown = Popup::from_toggle_button_response(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .gap(tokens.space.xs)
        .width(WIDTH)
        .frame(popup_frame(ui).inner_margin(0.0))
        .accessible_name(&name)
        .show(|ui| {
            // In a low window, or a large zoom, the menu scrolls.
            let area = ScrollArea::vertical().content_margin(tokens.space.xs);
            let most = ui.ctx().content_rect().height() - 2.0 * tokens.space.s;
            let area = area.max_height(most).min_scrolled_height(most);
            let chosen = area.show(ui, |ui| {
                ui.set_width(WIDTH);
                menu(ui, id, range, view)
            });
            if chosen.inner.is_some() {
                ui.close();
            }
            chosen.inner
        });
    let is_open = |popup: &InnerResponse<_>| !popup.response.should_close();
    if !shown.as_ref().is_some_and(is_open) {
        ui.data_mut(|data| data.remove::<Draft>(id));
    }
    if shown.as_ref().is_some_and(|popup| !is_open(popup)) && is_key_pressed(ui) {
        response.request_focus();
    }
    if let Some(range) = shown.and_then(|shown| shown.inner) {
        let edit = ReportEdit::Range(range);
        view.commands.send(ReportCommand::Edit(edit));
    }
}

/// Whether a key was pressed that closes the menu.
fn is_key_pressed(ui: &Ui) -> bool {
    let keys = [Key::Escape, Key::Enter, Key::Space];
    ui.input(|input| keys.into_iter().any(|key| input.key_pressed(key)))
}

fn menu(ui: &mut Ui, id: Id, current: RangeChoice, view: View<'_>) -> Option<RangeChoice> {
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut chosen = None;
    for range in offered(view) {
        let name = range.label();
        let entry = Button::ghost(&name).width(WIDTH).selected(range == current);
        if ui.add(entry).clicked() {
            chosen = Some(range);
        }
    }
    if let Some(range) = all_time(view) {
        let selected = range == current;
        let name = text!("report-range-all");
        let entry = Button::ghost(&name).width(WIDTH).selected(selected);
        if ui.add(entry).clicked() {
            chosen = Some(range);
        }
    }
    let space = tokens(ui).space;
    ui.add_space(space.xs);
    separator(ui);
    ui.add_space(space.xs);
    let today = view.session.today();
    let days = current.days(today);
    let before = ui.data(|data| data.get_temp::<Draft>(id));
    let before = before.filter(|draft| draft.is_of(days));
    let mut draft = before.unwrap_or_else(|| Draft::new(days, today));
    let picked = calendar::show(ui, id, &mut draft, view);
    ui.add_space(space.s);
    let typed = dates(ui, &mut draft);
    ui.data_mut(|data| data.insert_temp(id, draft));
    let of_days = |(from, to)| RangeChoice::Dates { from, to };
    chosen.or(picked.or(typed).map(of_days))
}

fn offered(view: View<'_>) -> Vec<RangeChoice> {
    let newest = view.session.oldest_and_newest_ms();
    let ending =
        newest.map(|(_, time)| RangeChoice::TwelveMonthsTo(day_of(time, &view.session.zone())));
    RangeChoice::PRESETS.into_iter().chain(ending).collect()
}

fn all_time(view: View<'_>) -> Option<RangeChoice> {
    let (oldest, newest) = view.session.oldest_and_newest_ms()?;
    let zone = view.session.zone();
    Some(RangeChoice::Dates {
        from: day_of(oldest, &zone),
        to: day_of(newest, &zone),
    })
}

/// The fields for the first and the last day.
fn dates(ui: &mut Ui, draft: &mut Draft) -> Option<Days> {
    let mut entered = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens(ui).space.s;
        let field = (WIDTH - 2.0 * 8.0 - 16.0) / 2.0;
        ui.add_space(tokens(ui).space.xs);
        let day = |ui: &mut Ui, name: &str, hint, typed: &mut String| {
            let field = TextField::new(name).hint(hint).width(field).limit(10);
            field.error(parse(typed).is_none()).show(ui, typed)
        };
        let first = day(ui, &text!("report-range-from"), FROM_HINT, &mut draft.from);
        label(
            ui,
            &text!("report-range-between"),
            Type::Body,
            tokens(ui).color.muted,
        );
        let last = day(ui, &text!("report-range-to"), TO_HINT, &mut draft.to);
        if first.changed() {
            draft.typed(&draft.from.clone());
        }
        if last.changed() {
            draft.typed(&draft.to.clone());
        }
        let enter = ui.input(|input| input.key_pressed(Key::Enter));
        entered = enter && (first.lost_focus() || last.lost_focus());
    });
    ui.add_space(tokens(ui).space.s);
    let days = draft.days();
    let applied = ui.horizontal(|ui| {
        ui.add_space(tokens(ui).space.xs);
        let apply = text!("report-range-apply");
        let apply = Button::secondary(&apply).icon(Icon::Calendar);
        ui.add(apply.enabled(days.is_some())).clicked()
    });
    ui.add_space(tokens(ui).space.xs);
    days.filter(|_| applied.inner || entered)
}

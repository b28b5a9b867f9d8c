//! The button that shows the range, and its menu.

use egui::{Popup, PopupCloseBehavior, Response, Ui};
use jiff::civil::Date;

use super::{RangeChoice, day_of};
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

/// The dates in the two fields, as typed.
#[derive(Clone, Default)]
struct TypedDates {
    from: String,
    to: String,
}

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
    let frame = popup_frame(ui).inner_margin(tokens.space.xs);
    let chosen = Popup::from_toggle_button_response(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .gap(tokens.space.xs)
        .width(WIDTH)
        .frame(frame)
        .accessible_name(&name)
        .show(|ui| {
            ui.set_width(WIDTH);
            let chosen = menu(ui, &response, range, view);
            if chosen.is_some() {
                ui.close();
            }
            chosen
        });
    if let Some(range) = chosen.and_then(|shown| shown.inner) {
        let edit = ReportEdit::Range(range);
        view.commands.send(ReportCommand::Edit(edit));
    }
}

fn menu(ui: &mut Ui, chip: &Response, current: RangeChoice, view: View<'_>) -> Option<RangeChoice> {
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
    ui.add_space(tokens(ui).space.xs);
    separator(ui);
    ui.add_space(tokens(ui).space.s);
    chosen.or_else(|| dates(ui, chip, current, view))
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
fn dates(
    ui: &mut Ui,
    chip: &Response,
    current: RangeChoice,
    view: View<'_>,
) -> Option<RangeChoice> {
    let id = chip.id.with("dates");
    let (from, to) = current.days(view.session.today());
    let mut typed = ui
        .data(|data| data.get_temp::<(Date, Date, TypedDates)>(id))
        .map_or_else(
            || TypedDates {
                from: from.to_string(),
                to: to.to_string(),
            },
            |(of_from, of_to, typed)| {
                let same = (of_from, of_to) == (from, to);
                if same {
                    typed
                } else {
                    TypedDates {
                        from: from.to_string(),
                        to: to.to_string(),
                    }
                }
            },
        );
    let range = parse_dates(&typed);
    let mut entered = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens(ui).space.s;
        let field = (WIDTH - 2.0 * 8.0 - 16.0) / 2.0;
        ui.add_space(tokens(ui).space.xs);
        let wrong = |text: &str| text.parse::<Date>().is_err();
        let day = |ui: &mut Ui, name: &str, hint, typed: &mut String| {
            let field = TextField::new(name).hint(hint).width(field).limit(10);
            field.error(wrong(typed)).show(ui, typed)
        };
        let first = day(ui, &text!("report-range-from"), FROM_HINT, &mut typed.from);
        label(
            ui,
            &text!("report-range-between"),
            Type::Body,
            tokens(ui).color.muted,
        );
        let last = day(ui, &text!("report-range-to"), TO_HINT, &mut typed.to);
        let enter = ui.input(|input| input.key_pressed(egui::Key::Enter));
        entered = enter && (first.lost_focus() || last.lost_focus());
    });
    ui.add_space(tokens(ui).space.s);
    let applied = ui.horizontal(|ui| {
        ui.add_space(tokens(ui).space.xs);
        let apply = text!("report-range-apply");
        let apply = Button::secondary(&apply).icon(Icon::Calendar);
        ui.add(apply.enabled(range.is_some())).clicked()
    });
    ui.add_space(tokens(ui).space.xs);
    ui.data_mut(|data| data.insert_temp(id, (from, to, typed)));
    range.filter(|_| applied.inner || entered)
}

fn parse_dates(typed: &TypedDates) -> Option<RangeChoice> {
    let (from, to) = (
        typed.from.trim().parse().ok()?,
        typed.to.trim().parse().ok()?,
    );
    (from <= to).then_some(RangeChoice::Dates { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_dates_must_be_dates_in_order() {
        let typed = |from: &str, to: &str| {
            parse_dates(&TypedDates {
                from: from.to_owned(),
                to: to.to_owned(),
            })
        };
        assert!(typed("2026-01-01", " 2026-01-01").is_some());
        assert!(typed("2026-01-02", "2026-01-01").is_none());
        assert!(typed("2026-02-30", "2026-03-01").is_none());
    }
}

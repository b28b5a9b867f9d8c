//! A filter in the query panel: property, comparison, values.

use egui::{Align, Id, Layout, Ui, vec2};
use empmix_query::report::{Operator, OperatorValues};
use serde_json::Value;

use super::{FilterDraft, FilterEdit, FilterScope, operator_label, operators, value_from_text};
use crate::{
    report::{Catalog, PropertyInfo, ReportCommand, ReportEdit, full, names},
    session::View,
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, ButtonKind, Choice, Icon, Picker, label_wrapped, layout},
};

const REMOVE: f32 = 20.0;

/// Shows the link that opens the list of properties to filter by. `part` names what the filter is
/// for, such as *series A*, where it is not for the whole report.
pub(crate) fn add(
    ui: &mut Ui,
    catalog: &Catalog,
    text: &str,
    (scope, part): (FilterScope, &str),
    view: View<'_>,
) {
    let name = match scope {
        FilterScope::Report => text!("report-filter-add"),
        FilterScope::Part(_) => text!("report-filter-add-to", part = part),
    };
    let open_requested = scope == FilterScope::Report
        && ui.data_mut(|data| data.remove_temp::<bool>(open_requested_id()).is_some());
    let picked = property_list(&name, text, ButtonKind::Link)
        .opened(open_requested)
        .show(ui, || properties(catalog));
    if let Some(property) = picked {
        let frame = ui.ctx().cumulative_pass_nr();
        ui.data_mut(|data| data.insert_temp(added_id(scope), frame));
        send(view, scope, FilterEdit::Add(property));
    }
}

/// Opens the list of properties to filter the report by, in the next frame.
pub(crate) fn open_add_filter(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(open_requested_id(), true));
}

fn open_requested_id() -> Id {
    Id::unique("filter asked")
}

/// Where the frame is stored in which a filter was added; its list of values opens next.
fn added_id(scope: FilterScope) -> Id {
    Id::unique(("filter added", scope))
}

/// Whether a filter was added in an earlier frame and is shown for the first time now.
fn was_added(ui: &Ui, scope: FilterScope) -> bool {
    let now = ui.ctx().cumulative_pass_nr();
    ui.data_mut(|data| {
        let added: Option<u64> = data.get_temp(added_id(scope));
        let earlier = added.is_some_and(|frame| frame < now);
        if earlier {
            data.remove::<u64>(added_id(scope));
        }
        earlier
    })
}

/// Shows every filter of a scope, one below the other.
pub(crate) fn show_all(
    ui: &mut Ui,
    catalog: &Catalog,
    filters: &[FilterDraft],
    scope: FilterScope,
    view: View<'_>,
) {
    ui.spacing_mut().item_spacing.y = tokens(ui).space.s;
    let added = !filters.is_empty() && was_added(ui, scope);
    for (index, filter) in filters.iter().enumerate() {
        ui.push_id((scope, index), |ui| {
            let row = FilterRow {
                catalog,
                filter,
                scope,
                index,
                added: added && index + 1 == filters.len() && filter.values.is_empty(),
                view,
            };
            row.show(ui);
        });
    }
}

struct FilterRow<'a> {
    catalog: &'a Catalog,
    filter: &'a FilterDraft,
    scope: FilterScope,
    index: usize,
    /// Whether it was just added.
    added: bool,
    view: View<'a>,
}

impl FilterRow<'_> {
    fn show(&self, ui: &mut Ui) {
        let compared = self.filter.operator.values() != OperatorValues::None;
        let one_line = !compared || self.fits_one_line(ui);
        ui.spacing_mut().item_spacing = vec2(tokens(ui).space.xs, tokens(ui).space.s);
        ui.horizontal(|ui| {
            let room = ui.available_width() - REMOVE;
            self.property(ui, room * 0.55);
            self.operator(ui);
            if one_line && compared {
                let room = ui.available_width() - REMOVE - tokens(ui).space.xs;
                self.values(ui, room, false);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| self.remove(ui));
        });
        if !one_line {
            let room = ui.available_width();
            self.values(ui, room, true);
        }
        if matches_missing(self.filter.operator) {
            let hint = text!("report-filter-missing", property = &self.filter.property);
            label_wrapped(ui, &hint, Type::Small, tokens(ui).color.muted);
        }
    }

    /// Whether property, comparison and values fit in one line.
    fn fits_one_line(&self, ui: &Ui) -> bool {
        let color = tokens(ui).color.text;
        let width = |text: &str| {
            layout(ui.painter(), text, Type::Body, color, 400.0)
                .size()
                .x
        };
        let texts = [
            self.filter.property.as_str(),
            &operator_label(self.filter.operator).text(),
            &self.filter.values_label(),
        ];
        let text_width: f32 = texts.into_iter().map(width).sum();
        let padding = 3.0 * 22.0 + 2.0 * 13.0 + 3.0 * tokens(ui).space.xs + REMOVE;
        text_width + padding <= ui.available_width()
    }

    fn property(&self, ui: &mut Ui, max_width: f32) {
        let name = text!("report-filter-property", number = self.index + 1);
        let picked = property_list(&name, &self.filter.property, ButtonKind::Field)
            .no_caret()
            .max_width(max_width)
            .show(ui, || properties(self.catalog));
        if let Some(property) = picked {
            self.send(FilterEdit::Property(self.index, property));
        }
    }

    fn operator(&self, ui: &mut Ui) {
        let name = text!("report-filter-comparison", number = self.index + 1);
        let known = self.catalog.property(&self.filter.property);
        let chosen = operator_label(self.filter.operator).text();
        let picked = Picker::new(&name, &chosen)
            .kind(ButtonKind::Ghost)
            .list_width(140.0)
            .show(ui, || {
                let choice =
                    |operator: &_| Choice::new(*operator, operator_label(*operator).text());
                operators(known).iter().map(choice).collect()
            });
        if let Some(operator) = picked {
            self.send(FilterEdit::Operator(self.index, operator));
        }
    }

    fn values(&self, ui: &mut Ui, room: f32, wide: bool) {
        let name = text!("report-filter-value", number = self.index + 1);
        let text = self.filter.values_label();
        let known = self.catalog.property(&self.filter.property);
        let operator = self.filter.operator;
        let mut picker = Picker::new(&name, &text)
            .chosen("")
            .empty(self.empty_text())
            .typed_first(self.prefers_typed())
            .opened(self.added);
        picker = if wide {
            picker.width(room)
        } else {
            picker.max_width(room)
        };
        let picked = picker.show_custom(
            ui,
            || self.suggestions(),
            |typed| value_from_text(typed, operator, known),
        );
        if let Some(value) = picked {
            self.send(FilterEdit::Value(self.index, value));
        }
    }

    /// Whether the filter takes numbers only.
    fn takes_numbers(&self) -> bool {
        let known = self.catalog.property(&self.filter.property);
        let numeric = known.and_then(PropertyInfo::only_type) == Some("number");
        match self.filter.operator.values() {
            OperatorValues::Numbers => true,
            OperatorValues::Scalars => numeric,
            OperatorValues::Texts | OperatorValues::None => false,
        }
    }

    /// Whether Enter takes the typed text itself: for numbers and for parts of a text. For whole texts
    /// it picks the first suggestion that contains the typed part.
    fn prefers_typed(&self) -> bool {
        self.takes_numbers() || self.filter.operator.values() == OperatorValues::Texts
    }

    fn empty_text(&self) -> Key {
        if self.takes_numbers() {
            Key("report-filter-type-number")
        } else {
            Key("report-filter-type-value")
        }
    }

    /// The chosen values, then the most frequent values of a suitable type; chosen ones are marked.
    fn suggestions(&self) -> Vec<Choice<Value>> {
        let kind = self.filter.operator.values();
        let fits = |value: &Value| kind.admit(value);
        let seen = self.catalog.property(&self.filter.property);
        let seen = seen
            .map(|property| property.top_values.as_slice())
            .unwrap_or_default();
        let chosen = |value: &Value| self.filter.values.contains(value);
        let unseen = self.filter.values.iter();
        let unseen = unseen.filter(|value| seen.iter().all(|(other, _)| other != *value));
        let unseen = unseen.map(|value| (value, None));
        let seen = seen.iter().filter(|(value, _)| fits(value));
        let seen = seen.map(|(value, count)| (value, Some(*count)));
        let (values, counts): (Vec<&Value>, Vec<Option<u64>>) = unseen.chain(seen).unzip();
        let names = names::of_values(values.iter().copied());
        let choices = values.into_iter().zip(names).zip(counts);
        choices
            .map(|((value, name), count)| {
                let choice = Choice::new(value.clone(), name).chosen(chosen(value));
                match count {
                    Some(count) => choice.detail(full(Some(count as f64))),
                    None => choice,
                }
            })
            .collect()
    }

    fn remove(&self, ui: &mut Ui) {
        let name = text!("report-filter-remove", number = self.index + 1);
        if ui
            .add(Button::icon_only(Icon::Close, &name).width(REMOVE))
            .clicked()
        {
            self.send(FilterEdit::Remove(self.index));
        }
    }

    fn send(&self, edit: FilterEdit) {
        send(self.view, self.scope, edit);
    }
}

fn send(view: View<'_>, scope: FilterScope, edit: FilterEdit) {
    let edit = ReportEdit::Filter(scope, edit);
    view.commands.send(ReportCommand::Edit(edit));
}

/// Whether a comparison also matches events that lack the property.
fn matches_missing(operator: Operator) -> bool {
    operator == Operator::IsNot
}

pub(crate) fn property_list<'a>(name: &'a str, text: &'a str, kind: ButtonKind) -> Picker<'a> {
    Picker::new(name, text)
        .kind(kind)
        .list_width(280.0)
        .search()
        .empty(Key("report-no-property"))
}

/// Every property with its types.
pub(crate) fn properties(catalog: &Catalog) -> Vec<Choice<String>> {
    catalog
        .properties
        .iter()
        .map(|property| {
            Choice::new(property.name.clone(), &property.name).detail(names::list(&property.types))
        })
        .collect()
}

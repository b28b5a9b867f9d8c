//! The card of one series: event, measure, filters.

use egui::{Align2, Rect, Sense, Ui, vec2};

use crate::{
    insights::{
        InsightsCommand,
        question::{Builder, Edit, MAX_SERIES, MeasureDraft, SeriesDraft, series_id},
    },
    report::{Catalog, FilterScope, filters, full},
    session::View,
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, ButtonKind, Choice, Icon, Picker, card, paint_text},
};

const BADGE: f32 = 20.0;
const MENU: f32 = 20.0;

pub(super) fn show(
    ui: &mut Ui,
    catalog: &Catalog,
    builder: &Builder,
    index: usize,
    view: View<'_>,
) {
    let Some(series) = builder.series.get(index) else {
        return;
    };
    let tokens = tokens(ui);
    let scope = FilterScope::Part(index);
    let part = text!("insights-part", series = series_id(index));
    let add = text!("insights-add-filter-to-series");
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(tokens.space.s, tokens.space.s);
        ui.horizontal(|ui| {
            badge(ui, index);
            let width = ui.available_width() - MENU - tokens.space.s;
            event_picker(ui, catalog, series, index, width, view);
            menu(ui, builder, index, view);
        });
        ui.horizontal(|ui| {
            ui.add_space(BADGE + tokens.space.s);
            measure_picker(ui, series, index, view);
            if !series.measure.takes_property() {
                filters::add(ui, catalog, &add, (scope, &part), view);
            }
        });
        if series.measure.takes_property() {
            ui.horizontal(|ui| {
                ui.add_space(BADGE + tokens.space.s);
                property_picker(ui, catalog, series, index, view);
                filters::add(ui, catalog, &add, (scope, &part), view);
            });
        }
        filters::show_all(ui, catalog, &series.filters, scope, view);
    });
}

fn badge(ui: &mut Ui, index: usize) {
    let tokens = tokens(ui);
    let size = vec2(BADGE, tokens.size.control);
    let (rect, _) = ui.allocate_exact_size(size, Sense::HOVER);
    let square = Rect::from_center_size(rect.center(), vec2(BADGE, BADGE));
    let painter = ui.painter();
    painter.rect_filled(square, tokens.radius.control - 1.0, tokens.color.accent);
    let ink = tokens.color.on_accent;
    paint_text(
        painter,
        square.center(),
        Align2::CENTER_CENTER,
        &series_id(index),
        Type::SmallStrong,
        ink,
    );
}

fn event_picker(
    ui: &mut Ui,
    catalog: &Catalog,
    series: &SeriesDraft,
    index: usize,
    width: f32,
    view: View<'_>,
) {
    let name = text!("insights-event-of", series = series_id(index));
    let every = text!("insights-all-events");
    let current = series.event.as_ref().unwrap_or(&every);
    let picked = Picker::new(&name, current)
        .width(width)
        .list_width(280.0)
        .search()
        .empty(Key("insights-no-event"))
        .show(ui, || {
            let all: u64 = catalog.events.iter().map(|(_, count)| count).sum();
            let every = Choice::new(None, &every).detail(full(Some(all as f64)));
            let named = catalog.events.iter().map(|(name, count)| {
                Choice::new(Some(name.clone()), name).detail(full(Some(*count as f64)))
            });
            std::iter::once(every).chain(named).collect()
        });
    if let Some(event) = picked {
        view.commands
            .send(InsightsCommand::Edit(Edit::Event(index, event)));
    }
}

fn menu(ui: &mut Ui, builder: &Builder, index: usize, view: View<'_>) {
    let id = series_id(index);
    let name = text!("insights-actions-of", series = &id);
    let button = Button::icon_only(Icon::More, &name).width(MENU);
    let response = ui.add(button);
    let tokens = tokens(ui);
    let frame = crate::widgets::popup_frame(ui).inner_margin(tokens.space.xs);
    egui::Popup::menu(&response)
        .gap(tokens.space.xs)
        .frame(frame)
        .show(|ui| {
            ui.set_width(160.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            let many = builder.series.len();
            let entries = [
                (
                    text!("insights-duplicate"),
                    text!("insights-duplicate-series", series = &id),
                    many < MAX_SERIES,
                    Edit::DuplicateSeries(index),
                ),
                (
                    text!("insights-remove"),
                    text!("insights-remove-series", series = &id),
                    many > 1,
                    Edit::RemoveSeries(index),
                ),
            ];
            for (label, name, enabled, edit) in entries {
                let entry = Button::ghost(&label)
                    .name(&name)
                    .role(egui::accesskit::Role::MenuItem)
                    .width(160.0)
                    .enabled(enabled);
                if ui.add(entry).clicked() {
                    view.commands.send(InsightsCommand::Edit(edit));
                }
            }
        });
}

/// The name of a measure in the list and on the button.
fn measure_name(measure: &MeasureDraft) -> String {
    match measure {
        MeasureDraft::Total => text!("insights-measure-total"),
        MeasureDraft::Unique => text!("insights-measure-unique"),
        MeasureDraft::Sum(_) => text!("insights-measure-sum"),
        MeasureDraft::Average(_) => text!("insights-measure-average"),
    }
}

fn measure_picker(ui: &mut Ui, series: &SeriesDraft, index: usize, view: View<'_>) {
    let name = text!("insights-measure-of", series = series_id(index));
    let chosen = measure_name(&series.measure);
    let kept = series.measure.property().map(str::to_owned);
    let picked = Picker::new(&name, &chosen).list_width(180.0).show(ui, || {
        [
            MeasureDraft::Total,
            MeasureDraft::Unique,
            MeasureDraft::Sum(kept.clone()),
            MeasureDraft::Average(kept),
        ]
        .into_iter()
        .map(|measure| {
            let name = measure_name(&measure);
            Choice::new(measure, name)
        })
        .collect()
    });
    if let Some(measure) = picked {
        view.commands
            .send(InsightsCommand::Edit(Edit::Measure(index, measure)));
    }
}

fn property_picker(
    ui: &mut Ui,
    catalog: &Catalog,
    series: &SeriesDraft,
    index: usize,
    view: View<'_>,
) {
    let name = text!("insights-property-of", series = series_id(index));
    let choose = text!("insights-choose-property");
    let current = series.measure.property().unwrap_or(&choose);
    let picked = Picker::new(&name, current)
        .kind(ButtonKind::Field)
        .max_width(ui.available_width() - 64.0)
        .search()
        .empty(Key("insights-no-numeric"))
        .show(ui, || {
            let count = |count: u64| full(Some(count as f64));
            let named = catalog.numeric().map(|property| {
                Choice::new(property.name.clone(), &property.name).detail(count(property.count))
            });
            named.collect()
        });
    if let Some(property) = picked {
        let measure = match series.measure {
            MeasureDraft::Average(_) => MeasureDraft::Average(Some(property)),
            _ => MeasureDraft::Sum(Some(property)),
        };
        view.commands
            .send(InsightsCommand::Edit(Edit::Measure(index, measure)));
    }
}

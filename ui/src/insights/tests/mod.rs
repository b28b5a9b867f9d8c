//! *Insights* as a whole: the console on canned answers, used through its controls.

mod calendar;

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use empmix_protocol::{ApiError, Call, ErrorCode};
use empmix_query::report::{Granularity, Operator};
use serde_json::{Value, json};

use super::{
    InsightsState,
    question::{Builder, MeasureDraft},
};
use crate::{
    backend::fake::Fake,
    command::Commands,
    mirror::{Mirror, MirrorPlugin},
    module::Module,
    report::ReportCommand,
    session::UpdateCtx,
    testing::Window,
};

fn open() -> Window {
    let mut window = Window::open(Fake::loaded());
    window.steps(4);
    window
}

fn state(window: &Window) -> &InsightsState {
    window.console().pages.get().expect("it is a module")
}

fn builder(window: &Window) -> &Builder {
    state(window).question().expect("the schema has arrived")
}

/// The reports that were sent so far.
fn sent_reports(window: &Window) -> Vec<Value> {
    let calls = window.fake.calls().into_iter();
    calls
        .filter_map(|call| match call {
            Call::Query { report, .. } => Some(report),
            _ => None,
        })
        .collect()
}

/// Applies commands within one frame.
fn apply(window: &mut Window, commands: &[ReportCommand]) {
    let ctx = window.harness.ctx.clone();
    let console = window.harness.state_mut().as_mut().expect("it is open");
    let sent = Commands::default();
    let cx = UpdateCtx {
        session: &console.session,
        backend: &window.fake,
        commands: &sent,
        egui: &ctx,
    };
    let page = console.pages.of_mut(Module::Insights);
    commands
        .iter()
        .for_each(|command| page.apply_to_report(command, cx));
}

/// Opens a list, types, and picks the marked entry.
fn pick(window: &mut Window, list: &str, typed: &str) {
    window.click(list);
    window.harness.event(egui::Event::Text(typed.to_owned()));
    window.steps(2);
    window.harness.key_press(Key::Enter);
    window.steps(8);
}

#[test]
fn the_first_screen_shows_unique_users_over_all_events() {
    let window = open();
    let report = &sent_reports(&window)[0];
    assert_eq!(
        report["series"],
        json!([{"id": "A", "event": null, "measure": {"type": "unique"}}])
    );
    assert_eq!(report["range"], json!({"last": 30, "unit": "day"}));
    assert_eq!(report["granularity"], "day");
    assert_eq!(sent_reports(&window).len(), 1);
    assert_eq!(
        state(&window).chart().map(|model| model.lines.len()),
        Some(1)
    );
    assert!(window.shows("Range"));
}

#[test]
fn the_chart_has_a_text_summary() {
    let window = open();
    let summary = window
        .harness
        .query_all_by_label_contains("Chart of unique users, ");
    assert_eq!(summary.count(), 1);
}

#[test]
fn a_change_is_sent_after_a_pause_and_its_answer_has_the_headline() {
    let mut window = open();
    pick(&mut window, "Add breakdown", "repo");
    let reports = sent_reports(&window);
    assert_eq!(reports.len(), 2, "one question, one request");
    assert_eq!(reports[1]["breakdown"], json!([{"property": "repo"}]));
    let model = state(&window).chart().expect("an answer");
    assert_eq!(model.breakdown.as_deref(), Some("repo"));
    assert!(model.lines.len() > 1);
    let whole = model.headline.expect("a headline");
    assert!(whole < model.lines.iter().filter_map(|line| line.total).sum());
}

#[test]
fn undo_and_redo_in_quick_succession_send_no_query() {
    let mut window = open();
    window.click("+ Add series");
    window.steps(4);
    let before = sent_reports(&window).len();
    assert_eq!(before, 2);
    apply(&mut window, &[ReportCommand::Undo, ReportCommand::Redo]);
    window.steps(8);
    assert_eq!(builder(&window).series.len(), 2);
    assert_eq!(sent_reports(&window).len(), before);
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.steps(8);
    assert_eq!(builder(&window).series.len(), 1);
    assert_eq!(sent_reports(&window).len(), before + 1);
}

#[test]
fn a_filter_can_be_built_with_the_keyboard_only() {
    let mut window = open();
    pick(&mut window, "Add filter", "bot");
    assert_eq!(
        sent_reports(&window).len(),
        1,
        "a filter without a value is not sent"
    );
    window.keys(Modifiers::NONE, &[Key::Escape]);
    window.click("Comparison of filter 1");
    window.harness.key_press(Key::ArrowDown);
    window.steps(2);
    window.harness.key_press(Key::Enter);
    window.steps(4);
    assert_eq!(builder(&window).shared.filters[0].operator, Operator::IsNot);
    assert!(window.shows("Also matches events without bot"));
    pick(&mut window, "Value of filter 1", "true");
    let filter = &sent_reports(&window).pop().expect("a report")["filter"];
    assert_eq!(
        filter,
        &json!({"and": [{"property": "bot", "op": "is_not", "values": [true]}]})
    );
}

#[test]
fn a_value_that_was_never_seen_can_be_typed() {
    let mut window = open();
    pick(&mut window, "Add filter", "lines_added");
    // The list of values opens at once.
    window.harness.event(egui::Event::Text("25".to_owned()));
    window.steps(2);
    window.harness.key_press(Key::Enter);
    window.steps(8);
    let filter = &sent_reports(&window).pop().expect("a report")["filter"]["and"][0];
    assert_eq!(
        filter,
        &json!({"property": "lines_added", "op": "eq", "values": [25]})
    );
}

#[test]
fn a_sum_waits_for_its_property() {
    let mut window = open();
    window.click("Measure of series A");
    window.click("Sum of…");
    window.steps(8);
    assert_eq!(sent_reports(&window).len(), 1);
    pick(&mut window, "Property of series A", "lines_added");
    let expected = MeasureDraft::Sum(Some("lines_added".to_owned()));
    assert_eq!(builder(&window).series[0].measure, expected);
    let measure = &sent_reports(&window)[1]["series"][0]["measure"];
    assert_eq!(measure, &json!({"type": "sum", "property": "lines_added"}));
}

#[test]
fn a_change_can_be_undone_and_redone() {
    let mut window = open();
    pick(&mut window, "Add breakdown", "kind");
    window.click("Undo");
    assert_eq!(builder(&window).shared.breakdown, None);
    window.click("Redo");
    assert_eq!(builder(&window).shared.breakdown.as_deref(), Some("kind"));
}

#[test]
fn a_range_sets_the_bucket_width_and_another_can_be_chosen() {
    let mut window = open();
    window.click("Range");
    window.click("Last 12 months");
    window.steps(6);
    assert_eq!(builder(&window).shared.granularity, Granularity::Week);
    window.click("Width of a bucket");
    window.click("Month");
    window.steps(6);
    assert_eq!(
        sent_reports(&window).pop().expect("a report")["granularity"],
        "month"
    );
}

#[test]
fn a_slow_query_keeps_the_previous_answer_and_can_be_cancelled() {
    let mut window = open();
    window.fake.hold();
    pick(&mut window, "Add breakdown", "repo");
    assert!(state(&window).request().is_pending());
    assert_eq!(
        state(&window).chart().map(|model| model.lines.len()),
        Some(1)
    );
    assert!(!window.shows("Cancel"));
    window.wait_s(3);
    window.click("Cancel");
    assert!(!state(&window).request().is_pending());
    assert_eq!(
        state(&window).chart().map(|model| model.lines.len()),
        Some(1)
    );
}

#[test]
fn a_failure_shows_advice_and_can_be_retried() {
    let mut window = open();
    let error = ApiError::new(ErrorCode::InvalidQuery, "breakdown[0]: not in this version");
    window.fake.set_broken(Some(error));
    pick(&mut window, "Add breakdown", "repo");
    assert!(window.shows("This query cannot be answered"));
    assert!(window.shows("breakdown[0]: not in this version"));
    window.fake.set_broken(None);
    window.click("Try again");
    window.steps(6);
    assert!(!window.shows("This query cannot be answered"));
    assert!(
        state(&window)
            .chart()
            .is_some_and(|model| model.breakdown.is_some())
    );
}

#[test]
fn display_changes_send_no_query() {
    let mut window = open();
    pick(&mut window, "Add breakdown", "repo");
    let before = sent_reports(&window).len();
    window.click("Bar");
    window.click("Table");
    window.click("Weekly avg".replace("Weekly", "Daily").as_str());
    window.steps(8);
    assert_eq!(sent_reports(&window).len(), before);
    window.click("Line");
    let legend = window
        .harness
        .get_by_role_and_label(Role::CheckBox, "emilk/egui");
    legend.click();
    window.steps(4);
    assert!(!state(&window).display().is_shown(1));
}

#[test]
fn the_table_stays_where_it_is_when_lines_become_bars() {
    let mut window = open();
    pick(&mut window, "Add breakdown", "repo");
    let top = |window: &Window| {
        let header = window
            .harness
            .get_by_role_and_label(Role::ColumnHeader, "repo");
        header.rect().top()
    };
    let below_lines = top(&window);
    window.click("Bar");
    window.steps(4);
    assert_eq!(top(&window), below_lines);
}

#[test]
fn the_table_follows_the_order_the_answer_and_the_width() {
    let mut window = open();
    pick(&mut window, "Add breakdown", "repo");
    window.keys(Modifiers::NONE, &[Key::Escape]);
    assert!(window.first_row().starts_with("rerun-io/rerun: "));
    let header = |window: &Window, name: &str| {
        let harness = &window.harness;
        harness
            .get_by_role_and_label(Role::ColumnHeader, name)
            .click();
    };
    header(&window, "repo");
    window.steps(4);
    let month = window.first_row();
    assert!(month.starts_with("emilk/egui: "), "{month}");
    window.click("Range");
    window.click("Last 90 days");
    window.steps(6);
    let quarter = window.first_row();
    assert!(quarter.starts_with("emilk/egui: "), "{quarter}");
    assert_ne!(quarter, month);
    window.resize(1000.0, 800.0);
    let narrow = window.first_row();
    let cells = |row: &str| row.split(", ").count();
    assert!(cells(&narrow) < cells(&quarter), "{narrow}, {quarter}");
    header(&window, "repo");
    window.steps(4);
    assert!(window.first_row().starts_with("umami-software/umami: "));
}

#[test]
fn of_very_many_bars_only_the_largest_are_described() {
    let fake = Fake::loaded();
    fake.set_segments(300);
    let mut window = Window::open(fake);
    window.steps(4);
    pick(&mut window, "Add breakdown", "repo");
    window.click("Bar");
    assert!(window.shows_containing("280 more lines are in the table"));
}

#[test]
fn a_drag_over_the_chart_zooms_in() {
    let mut window = open();
    let chart = window
        .harness
        .get_by_label_contains("Chart of unique users, ")
        .rect();
    let at = |share: f32| {
        egui::pos2(
            chart.lerp_inside(egui::vec2(share, 0.5)).x,
            chart.center().y,
        )
    };
    window.harness.drag_at(at(0.25));
    window.steps(2);
    window.harness.hover_at(at(0.5));
    window.steps(2);
    window.harness.drop_at(at(0.75));
    window.steps(4);
    let (from, to) = state(&window).display().zoom.expect("zoomed in");
    assert!(from > 4 && to < 26 && to - from > 10, "{from}..{to}");
    window.click("Reset zoom");
    assert_eq!(state(&window).display().zoom, None);
}

#[test]
fn the_pipeline_is_shown_beside_the_answer() {
    let mut window = open();
    window.click("Show pipeline");
    window.steps(2);
    let explained = window
        .fake
        .calls()
        .into_iter()
        .any(|call| matches!(call, Call::Explain { .. }));
    assert!(explained);
    window.click("Close the pipeline");
    assert!(!window.shows("Close the pipeline"));
}

#[test]
fn the_query_panel_can_be_folded() {
    let mut window = open();
    window.click("Fold the query");
    assert!(!window.shows("+ Add series"));
    window.click("Unfold the query");
    assert!(window.shows("+ Add series"));
}

#[test]
fn table_rows_do_not_overlap_the_footer() {
    let mut window = open();
    let mirror = Mirror::default();
    let plugin = MirrorPlugin::new(mirror.clone());
    window.harness.ctx.add_plugin(plugin);
    window.harness.set_size(egui::vec2(1280.0, 520.0));
    pick(&mut window, "Add breakdown", "repo");
    window.keys(Modifiers::NONE, &[Key::Escape]);
    window.steps(8);
    let state = mirror.lock();
    let top_of = |name: &str| {
        let found = state.elements.iter().find(|one| one.name == name);
        found.map(|one| one.bounds[1]).expect(name)
    };
    let footer = top_of("Copy CSV");
    let right = state.elements.iter().filter(|one| one.bounds[0] > 560.0);
    let over: Vec<_> = right
        .filter(|one| one.bounds[1] < footer && one.bounds[1] + one.bounds[3] > footer + 1.0)
        .collect();
    assert!(over.is_empty(), "{over:#?}");
    let rows = |one: &&crate::mirror::Element| matches!(one.role, Some("row" | "columnheader"));
    let lowest = state.elements.iter().filter(rows);
    let lowest = lowest.map(|one| one.bounds[1] + one.bounds[3]);
    assert!(lowest.fold(0.0, f32::max) <= footer);
}

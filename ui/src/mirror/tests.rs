//! What the mirror says of a frame, and what it does to the next one.

use super::*;
use crate::widgets::{HeaderCell, Sort};

/// Runs a frame, which fills the mirror.
fn frame(ctx: &egui::Context, add: impl FnMut(&mut egui::Ui)) {
    let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(400.0, 300.0));
    let input = egui::RawInput {
        screen_rect: Some(screen),
        ..egui::RawInput::default()
    };
    ctx.run_ui(input, add).textures_delta.clear();
}

fn context() -> (egui::Context, Mirror) {
    let (ctx, mirror) = (egui::Context::default(), Mirror::default());
    crate::theme::install(&ctx);
    ctx.add_plugin(MirrorPlugin::new(mirror.clone()));
    (ctx, mirror)
}

fn find(mirror: &Mirror, name: &str) -> Element {
    let state = mirror.lock();
    let mut all = state.elements.iter();
    all.find(|element| element.name == name).cloned().unwrap()
}

#[test]
fn controls_have_role_name_value_and_bounds() {
    let (ctx, mirror) = context();
    let (mut name, mut on) = ("Ada".to_owned(), true);
    frame(&ctx, |ui| {
        let label = ui.label("Your name");
        ui.text_edit_singleline(&mut name).labelled_by(label.id);
        ui.checkbox(&mut on, "Remember");
        ui.add_enabled(false, egui::Button::new("Save"));
    });
    let save = find(&mirror, "Save");
    assert_eq!((save.tag, save.disabled), (Tag::Button, true));
    assert!(save.bounds[2] > 20.0 && save.bounds[3] > 10.0, "{save:?}");
    let remember = find(&mirror, "Remember");
    assert_eq!((remember.role, remember.on), (Some("checkbox"), Some(true)));
    let state = mirror.lock();
    let field = state
        .elements
        .iter()
        .find(|one| one.tag == Tag::Input)
        .unwrap();
    assert_eq!(
        (field.name.as_str(), field.value.as_deref()),
        ("Your name", Some("Ada"))
    );
}

#[test]
fn a_click_on_an_element_presses_the_control() {
    let (ctx, mirror) = context();
    let mut pressed = 0;
    for _ in 0..3 {
        frame(&ctx, |ui| {
            pressed += u32::from(ui.button("Press").clicked());
        });
        if pressed == 0 {
            mirror.click(find(&mirror, "Press").id);
        }
    }
    assert_eq!(pressed, 1);
}

#[test]
fn setting_the_value_of_an_element_replaces_the_fields_text() {
    let (ctx, mirror) = context();
    let mut text = "old".to_owned();
    let show = |text: &mut String| {
        frame(&ctx, |ui| {
            ui.text_edit_singleline(text).accessible_name("Filter");
        });
    };
    show(&mut text);
    mirror.set_value(find(&mirror, "Filter").id, "new");
    show(&mut text);
    assert_eq!(text, "new");
}

#[test]
fn elements_outside_the_visible_area_are_left_out() {
    let (ctx, mirror) = context();
    let show = || {
        frame(&ctx, |ui| {
            let area = egui::ScrollArea::vertical().max_height(100.0);
            area.show(ui, |ui| {
                for index in 0..20 {
                    ui.add_sized([80.0, 30.0], egui::Button::new(format!("Row {index}")));
                }
            });
        });
    };
    (0..3).for_each(|_| show());
    let state = mirror.lock();
    let rows: Vec<_> = state.elements.iter().map(|one| one.bounds).collect();
    assert!((2..=4).contains(&rows.len()), "{rows:?}");
    let lowest = rows.iter().map(|[_, top, _, height]| top + height);
    assert!(lowest.fold(0.0, f32::max) <= 110.0, "{rows:?}");
}

#[test]
fn the_rows_of_a_table_are_in_it_and_its_cells_in_them() {
    let (ctx, mirror) = context();
    let group = |role, name: &str| {
        let builder = egui::UiBuilder::new().id_salt(name);
        builder.accessibility_role(role).accessibility_label(name)
    };
    for _ in 0..3 {
        frame(&ctx, |ui| {
            ui.scope_builder(group(Role::Table, "Sales"), |ui| {
                for row in ["first", "second"] {
                    ui.scope_builder(group(Role::Row, row), |ui| {
                        let (_, cell) =
                            ui.allocate_exact_size(egui::vec2(40.0, 20.0), egui::Sense::HOVER);
                        let name = format!("{row} cell");
                        cell.widget_info(|| egui::WidgetInfo::labeled(Role::Cell, true, &name));
                    });
                }
            });
            drop(ui.button("Beside"));
        });
    }
    let parent = |name: &str| find(&mirror, name).parent;
    let id = |name: &str| Some(find(&mirror, name).id);
    assert_eq!(parent("Sales"), None);
    assert_eq!(
        (parent("first"), parent("second")),
        (id("Sales"), id("Sales"))
    );
    assert_eq!(parent("second cell"), id("second"));
    assert_eq!(parent("Beside"), None);
}

#[test]
fn the_column_that_sorts_a_table_is_marked() {
    let (ctx, mirror) = context();
    for _ in 0..3 {
        frame(&ctx, |ui| {
            for (name, sort) in [("Total", Some(Sort::Descending)), ("Mean", None)] {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(80.0, 20.0), egui::Sense::HOVER);
                HeaderCell::new(name).sortable(sort).show(ui, rect);
            }
        });
    }
    assert_eq!(find(&mirror, "Total").sort, Some("descending"));
    assert_eq!(find(&mirror, "Mean").sort, None);
}

#[test]
fn popups_come_after_the_page() {
    let (ctx, mirror) = context();
    let show = || {
        frame(&ctx, |ui| {
            let opener = ui.button("Open");
            egui::Popup::from_response(&opener)
                .open(true)
                .show(|ui| drop(ui.button("Over")));
            drop(ui.button("Under"));
        });
    };
    (0..3).for_each(|_| show());
    let state = mirror.lock();
    let names: Vec<_> = state.elements.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Open", "Under", "Over"]);
}

#[test]
fn an_unchanged_frame_changes_nothing() {
    let (ctx, mirror) = context();
    let show = || frame(&ctx, |ui| drop(ui.button("Press")));
    (0..3).for_each(|_| show());
    let version = mirror.lock().version;
    show();
    assert_eq!(mirror.lock().version, version);
}

//! The calendar in the menu of the range, with the pointer and with the keyboard.

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use serde_json::json;

use super::{open, sent_reports};
use crate::testing::Window;

/// Presses Tab until the control with this label has the focus.
fn tab_to(window: &mut Window, label: &str) {
    let is_there = |window: &Window| {
        let found = window.harness.query_by_label(label);
        found.is_some_and(|node| node.is_focused())
    };
    for _ in 0..200 {
        if is_there(window) {
            return;
        }
        window.keys(Modifiers::NONE, &[Key::Tab]);
    }
    panic!("Tab does not lead to {label}");
}

#[test]
fn a_range_is_picked_in_the_calendar_with_two_clicks_in_either_order() {
    let (early, late) = ("Mon 11 May 2026", "Fri 5 Jun 2026");
    for (first, turn, second) in [(early, "Month after", late), (late, "Month before", early)] {
        let mut window = open();
        window.click("Range");
        for button in ["Year before", "Year after", "Month before", "Month before"] {
            window.click(button);
        }
        if !window.shows(first) {
            window.click("Month before");
        }
        window.click(first);
        window.click(turn);
        assert_eq!(sent_reports(&window).len(), 1, "nothing before the second");
        window.click(second);
        window.steps(6);
        let report = sent_reports(&window).pop().expect("a report");
        let expected = json!({"from": "2026-05-11", "to": "2026-06-05"});
        assert_eq!(report["range"], expected);
        assert!(!window.shows(second), "the menu is closed");
    }
}

#[test]
fn a_range_can_be_picked_in_the_calendar_with_the_keyboard_only() {
    let mut window = open();
    tab_to(&mut window, "Range");
    window.keys(Modifiers::NONE, &[Key::Enter]);
    tab_to(&mut window, "Sat 22 Aug 2026");
    window.keys(Modifiers::NONE, &[Key::PageUp, Key::PageUp, Key::PageUp]);
    window.keys(Modifiers::SHIFT, &[Key::PageUp, Key::PageDown]);
    window.keys(Modifiers::NONE, &[Key::Home, Key::ArrowUp]);
    tab_to(&mut window, "From");
    tab_to(&mut window, "Mon 11 May 2026");
    window.keys(Modifiers::NONE, &[Key::Enter]);
    assert_eq!(sent_reports(&window).len(), 1, "nothing before the second");
    let keys = [Key::ArrowDown, Key::End, Key::ArrowRight, Key::ArrowLeft];
    window.keys(Modifiers::NONE, &keys);
    window.keys(Modifiers::NONE, &[Key::Space]);
    window.steps(6);
    let report = sent_reports(&window).pop().expect("a report");
    let expected = json!({"from": "2026-05-11", "to": "2026-05-24"});
    assert_eq!(report["range"], expected);
    assert!(window.harness.get_by_label("Range").is_focused());
}

#[test]
fn keys_of_one_frame_move_the_cursor_and_not_the_focus() {
    let mut window = open();
    window.click("Range");
    tab_to(&mut window, "Sat 22 Aug 2026");
    for key in [Key::ArrowRight, Key::ArrowRight, Key::ArrowDown, Key::Home] {
        window.harness.key_press(key);
    }
    // Without a frame between them, as a key that is held repeats.
    window.harness.step();
    window.harness.key_press(Key::ArrowUp);
    window.harness.step();
    window.harness.key_press(Key::ArrowLeft);
    window.steps(2);
    // Two days on, a week down to 31 Aug, a week up, a day back.
    assert!(window.harness.get_by_label("Sun 23 Aug 2026").is_focused());
}

#[test]
fn the_calendar_and_the_fields_of_the_range_say_the_same() {
    let mut window = open();
    let value = |window: &Window, field: &str| {
        let harness = &window.harness;
        let node = harness.get_by_role_and_label(Role::TextInput, field);
        node.value().expect("a text")
    };
    window.click("Range");
    assert_eq!(value(&window, "To"), "2026-08-22");
    window.click("Mon 10 Aug 2026");
    let both = ["From", "To"].map(|field| value(&window, field));
    assert_eq!(both, ["2026-08-10", "2026-08-10"]);
    let from = window
        .harness
        .get_by_role_and_label(Role::TextInput, "From");
    from.set_text_value_accesskit("2024-02-29");
    window.steps(3);
    assert!(window.shows("Thu 29 Feb 2024"), "the month that was typed");
    window.click("Show these days");
    window.steps(6);
    let report = sent_reports(&window).pop().expect("a report");
    let expected = json!({"from": "2024-02-29", "to": "2026-08-10"});
    assert_eq!(report["range"], expected);
}

#[test]
fn the_menu_of_the_range_has_one_size_for_all_months() {
    let mut window = open();
    window.click("Range");
    let place = |window: &Window| window.harness.get_by_label("Show these days").rect();
    let first = place(&window);
    for _ in 0..12 {
        window.click("Month before");
        assert_eq!(place(&window), first);
    }
}

#[test]
fn the_menu_of_the_range_scrolls_in_a_low_window_and_is_whole_in_a_higher_one() {
    let mut window = open();
    window.resize(1280.0, 360.0);
    window.click("Range");
    tab_to(&mut window, "Show these days");
    window.steps(8);
    let shown = window.harness.get_by_label("Show these days").rect();
    assert!(shown.bottom() < 360.0, "{shown:?}");
    window.keys(Modifiers::NONE, &[Key::Escape]);
    window.resize(1280.0, 800.0);
    window.click("Range");
    for (first, last) in [("Last 7 days", 360.0), ("Show these days", 800.0)] {
        let shown = window.harness.get_by_label(first).rect();
        assert!(shown.top() > 60.0 && shown.bottom() < last, "{shown:?}");
    }
}

//! *Live* as a whole: the console on canned answers, used through its controls.

use egui::{Key, Modifiers};
use empmix_model::{ids::ItemHash, stored::LiveItem};
use empmix_protocol::{ApiError, Call, ErrorCode, shell::LiveMessage};

use crate::{
    backend::fake::{Fake, live_items},
    testing::Window,
};

#[test]
fn live_starts_with_stored_events_and_then_streams() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    let before = window.rows();
    assert!(before > 10, "stored events are shown first: {before}");
    for item in live_items(3) {
        window.fake.arrive(&item);
    }
    window.steps(4);
    let newest = window.first_row();
    assert!(
        newest.contains("21:51:47 Commit") || newest.contains("21:51:48"),
        "{newest}"
    );
    assert!(window.shows("1 refused"));
    window.click("Show what was refused");
    assert!(window.shows("The 'distinct_id' parameter is required."));
}

#[test]
fn a_paused_live_view_does_not_change_until_it_is_resumed() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    window.click("Pause");
    let still = window.first_row();
    for item in live_items(2) {
        window.fake.arrive(&item);
    }
    window.steps(4);
    assert_eq!(window.first_row(), still);
    assert!(window.shows("Paused · 3 new"));
    window.click("Resume");
    assert_ne!(window.first_row(), still);
}

#[test]
fn live_shows_the_number_of_missed_events_and_reopens_a_broken_stream() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.fake.live_message(&LiveMessage::Lagged(7));
    window.steps(3);
    assert!(window.shows_containing("7 events are not shown here"));
    let gone = ApiError::new(ErrorCode::Disconnected, "The sidecar ended the live stream");
    window.fake.live_message(&LiveMessage::Closed(gone));
    window.steps(3);
    assert!(window.shows("The sidecar ended the live stream"));
    assert_eq!(window.fake.open_streams(), 0);
    window.wait_s(3);
    assert_eq!(window.fake.open_streams(), 1);
    window.click("Settings");
    assert_eq!(window.fake.open_streams(), 0, "a hidden view has no stream");
}

#[test]
fn a_row_opens_beside_the_table_and_its_json_is_copied() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    let first = window.first_row();
    window.click(&first);
    window.click("JSON");
    window.click("Copy");
    let copied = window.copied().unwrap();
    let event: serde_json::Value = serde_json::from_str(&copied).unwrap();
    assert!(first.contains(event["event"].as_str().unwrap()));
    window.click("Close");
    assert!(!window.shows("JSON"));
}

#[test]
fn escape_closes_the_event_beside_the_table() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    let first = window.first_row();
    window.click(&first);
    assert!(window.shows("JSON"));
    window.keys(Modifiers::NONE, &[Key::Escape]);
    window.steps(3);
    assert!(!window.shows("JSON"));
}

#[test]
fn live_shows_the_day_where_it_changes() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    let mut items = live_items(3);
    for (item, days) in items.iter_mut().zip([0, 1, 1, 2]) {
        if let LiveItem::Event(event) = item {
            event.time -= days * 86_400_000;
        }
        window.fake.arrive(item);
    }
    window.steps(4);
    assert!(
        window.shows_containing("21 Aug 21:51"),
        "another day than the row above"
    );
    assert!(
        window.first_row().contains(" Aug "),
        "another day than today"
    );
}

#[test]
fn a_hidden_tab_lets_go_of_its_stream_and_catches_up() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    let asked = |window: &Window| {
        let calls = window.fake.calls().into_iter();
        calls
            .filter(|call| matches!(call, Call::Events { .. }))
            .count()
    };
    let before = asked(&window);
    let hide_while_stored = |window: &mut Window, name: &str| {
        window.fake.hide();
        assert_eq!(window.fake.open_streams(), 0);
        let LiveItem::Event(mut event) = live_items(1).swap_remove(0) else {
            panic!("the first item is an event");
        };
        event.event = name.to_owned();
        event.id = ItemHash([name.len() as u8; 16]);
        window.fake.store(event);
        // Frames run again once the tab is shown.
        window.steps(4);
        assert_eq!(window.fake.open_streams(), 1);
    };
    hide_while_stored(&mut window, "While hidden");
    assert_eq!(asked(&window), before + 1, "what came meanwhile");
    assert!(window.shows("While hidden"));
    assert!(!window.shows("The sidecar ended the live stream"));
    // What is paused stays as it is until it goes on.
    window.click("Pause");
    hide_while_stored(&mut window, "While hidden and paused");
    assert!(!window.shows("While hidden and paused"));
    window.click("Resume");
    assert!(window.shows("While hidden and paused"));
}

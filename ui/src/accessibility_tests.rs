//! Accessibility: every control has a name, can be reached with the keyboard, and is visible while
//! it has the focus.

use std::collections::BTreeSet;

use egui::{Key, Modifiers};

use crate::{
    backend::fake::Fake,
    mirror::{Element, Mirror, Tag},
    testing::Window,
};

/// The supported window sizes, smallest first.
const SIZES: [(f32, f32); 3] = [(960.0, 600.0), (1280.0, 800.0), (1600.0, 1000.0)];
/// An upper bound of the controls of one screen.
const MAX_CONTROLS: usize = 400;

/// The name of a screen and a function that opens it.
type Screen = (&'static str, fn() -> Window);

const SCREENS: [Screen; 10] = [
    ("first run", || Window::open(Fake::empty())),
    ("insights", insights),
    ("insights with series, breakdown and filter", crowded),
    ("insights as a table", || {
        let mut window = insights();
        window.click("Table");
        window
    }),
    ("insights with the menu of the range", || {
        let mut window = insights();
        window.click("Range");
        window
    }),
    ("live", || opened("Live")),
    ("live with the details of an event", || {
        let mut window = opened("Live");
        let first = window.first_row();
        window.click(&first);
        window
    }),
    ("about", || opened("About")),
    ("settings", || opened("Settings")),
    ("settings with the confirmation of a key", || {
        let mut window = opened("Settings");
        window.click("Make a secret key");
        window.click("Replace the public key…");
        window
    }),
];

fn insights() -> Window {
    let mut window = Window::open(Fake::loaded());
    window.steps(8);
    window
}

fn opened(module: &str) -> Window {
    let mut window = Window::open(Fake::loaded());
    window.click(module);
    window.steps(8);
    window
}

/// Two series, a breakdown and a filter.
fn crowded() -> Window {
    let mut window = insights();
    window.click("+ Add series");
    for (list, typed) in [("Add breakdown", "repo"), ("Add filter", "bot")] {
        window.click(list);
        window.harness.event(egui::Event::Text(typed.to_owned()));
        window.steps(2);
        window.keys(Modifiers::NONE, &[Key::Enter]);
        window.steps(8);
    }
    window.keys(Modifiers::NONE, &[Key::Escape]);
    window.steps(8);
    window
}

fn is_control(element: &Element) -> bool {
    let pressed = element.clickable || matches!(element.tag, Tag::Input | Tag::TextArea);
    pressed && !element.disabled
}

/// What the Tab key is to reach: each control, and of a grid's cells one, from which arrow keys lead to
/// the others.
fn stops(mirror: &Mirror) -> BTreeSet<(u64, String)> {
    let state = mirror.lock();
    let controls = state.elements.iter().filter(|one| is_control(one));
    controls.map(|one| stop(&state.elements, one)).collect()
}

fn focused(mirror: &Mirror) -> Option<(u64, String)> {
    let state = mirror.lock();
    let focused = state.elements.iter().find(|one| one.focused);
    focused.map(|one| stop(&state.elements, one))
}

fn stop(all: &[Element], one: &Element) -> (u64, String) {
    let stop = match one.role {
        Some("gridcell") => group(all, one, "grid").expect("a cell is in a grid"),
        _ => one,
    };
    (stop.id, stop.name.clone())
}

/// The group of a role that an element is in.
fn group<'a>(all: &'a [Element], one: &Element, role: &str) -> Option<&'a Element> {
    let outer = all.iter().find(|outer| Some(outer.id) == one.parent)?;
    match outer.role == Some(role) {
        true => Some(outer),
        false => group(all, outer, role),
    }
}

#[test]
fn every_control_has_a_name_a_role_and_bounds_inside_the_window() {
    for (name, open) in SCREENS {
        for (width, height) in SIZES {
            let mut window = open();
            window.resize(width, height);
            let mirror = window.mirror();
            let state = mirror.lock();
            assert!(state.elements.len() > 8, "{name}");
            for element in state.elements.iter().filter(|one| is_control(one)) {
                let around = format!("{name} at {width}×{height}: {element:?}");
                assert!(!element.name.is_empty(), "a name: {around}");
                let has_role = element.role.is_some() || element.tag != Tag::Div;
                assert!(has_role, "a role: {around}");
                let [left, top, wide, high] = element.bounds;
                // A control at the edge of a scroll area may be clipped in height.
                assert!(wide >= 8.0, "wide enough: {around}");
                assert!(
                    left >= 0.0 && top >= 0.0 && left + wide <= width && top + high <= height,
                    "in the window: {around}"
                );
            }
        }
    }
}

#[test]
fn controls_do_not_overlap() {
    for (name, open) in SCREENS {
        for (width, height) in SIZES {
            let mut window = open();
            window.resize(width, height);
            let mirror = window.mirror();
            let state = mirror.lock();
            let all: Vec<_> = state
                .elements
                .iter()
                .filter(|one| is_control(one))
                .collect();
            for (index, one) in all.iter().enumerate() {
                for other in &all[index + 1..] {
                    // An open menu lies over the page.
                    let menu = |one| group(&state.elements, one, "dialog").map(|menu| menu.id);
                    if menu(one) != menu(other) {
                        continue;
                    }
                    let common = overlap(one.bounds, other.bounds);
                    assert!(
                        common <= 1.0 || holds(one.bounds, other.bounds),
                        "{name} at {width}×{height}: {one:?} and {other:?}"
                    );
                }
            }
        }
    }
}

/// The shorter side of the intersection of two rectangles.
fn overlap(a: [f32; 4], b: [f32; 4]) -> f32 {
    let side = |at: usize| (a[at] + a[at + 2]).min(b[at] + b[at + 2]) - a[at].max(b[at]);
    side(0).min(side(1))
}

/// Whether one rectangle contains the other, such as a row and its button.
fn holds(a: [f32; 4], b: [f32; 4]) -> bool {
    let inside = |inner: [f32; 4], outer: [f32; 4]| {
        (0..2).all(|at| {
            inner[at] >= outer[at] - 0.5
                && inner[at] + inner[at + 2] <= outer[at] + outer[at + 2] + 0.5
        })
    };
    inside(a, b) || inside(b, a)
}

#[test]
fn the_tab_key_reaches_every_control_and_scrolls_it_into_view() {
    for (name, open) in SCREENS {
        for (width, height) in [SIZES[0], SIZES[1]] {
            let mut window = open();
            window.resize(width, height);
            let mirror = window.mirror();
            let there = stops(&mirror);
            let mut reached = BTreeSet::new();
            for step in 0..MAX_CONTROLS {
                window.keys(Modifiers::NONE, &[Key::Tab]);
                let at = focused(&mirror);
                let at = at.unwrap_or_else(|| {
                    panic!("{name} at {width}×{height}: no visible focus after {step} steps, {reached:?}")
                });
                if !reached.insert(at) && step > there.len() {
                    break;
                }
            }
            let missed: Vec<_> = there.difference(&reached).collect();
            assert!(missed.is_empty(), "{name} at {width}×{height}: {missed:?}");
        }
    }
}

#[test]
fn the_arrow_keys_reach_every_day_of_the_calendar() {
    let mut window = insights();
    window.click("Range");
    let mirror = window.mirror();
    let days = || -> BTreeSet<String> {
        let state = mirror.lock();
        let cells = state.elements.iter();
        let cells = cells.filter(|one| one.role == Some("gridcell"));
        cells.map(|one| one.name.clone()).collect()
    };
    let day = || {
        let state = mirror.lock();
        let focused = state.elements.iter().find(|one| one.focused);
        focused.map_or_else(String::new, |one| one.name.clone())
    };
    let there = days();
    assert_eq!(there.len(), 31);
    while !there.contains(&day()) {
        window.keys(Modifiers::NONE, &[Key::Tab]);
    }
    let mut reached = BTreeSet::from([day()]);
    for key in [Key::ArrowRight, Key::ArrowLeft] {
        while there == days() {
            window.keys(Modifiers::NONE, &[key]);
            reached.insert(day());
        }
        // Back from the month beside it.
        let back = match key {
            Key::ArrowRight => Key::ArrowLeft,
            _ => Key::ArrowRight,
        };
        window.keys(Modifiers::NONE, &[back]);
    }
    let missed: Vec<_> = there.difference(&reached).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

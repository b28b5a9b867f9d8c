//! Addresses: what is shown is in the page's address, and an address shows it again.

use egui::{Key, Modifiers};
use empmix_protocol::Call;

use crate::{
    address::{self, Address},
    backend::fake::Fake,
    insights::InsightsState,
    live::LiveState,
    module::{Module, ROWS},
    testing::{TestHost, Window},
};

fn open_on(host: &TestHost) -> Window {
    let mut window = Window::open_on(Fake::loaded(), host);
    window.steps(4);
    window
}

/// A page that is opened with this address.
fn open_at(address: &str) -> (Window, TestHost) {
    let host = TestHost::default();
    host.addresses.borrow_mut().push(address.to_owned());
    (open_on(&host), host)
}

fn address(host: &TestHost) -> Address {
    let addresses = host.addresses.borrow();
    let last = addresses.last().expect("an address");
    last.parse().unwrap_or_else(|_| panic!("{last}"))
}

fn insights(window: &Window) -> &InsightsState {
    window.console().pages.get().expect("it is a module")
}

/// Adds a breakdown by a property, with the keyboard.
fn break_down_by(window: &mut Window, property: &str) {
    window.click("Add breakdown");
    window.harness.event(egui::Event::Text(property.to_owned()));
    window.steps(2);
    window.harness.key_press(Key::Enter);
    window.steps(8);
}

#[test]
fn a_copied_link_opens_the_same_page() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    break_down_by(&mut window, "repo");
    window.click("Bar");
    window.click("Copy link");
    let link = window.copied().expect("a link");
    let (origin, fragment) = link.split_once('#').expect("an address");
    assert_eq!(origin, "http://127.0.0.1:7070/");
    let (other, _) = open_at(fragment);
    assert_eq!(insights(&other).question(), insights(&window).question());
    assert_eq!(
        insights(&other).display().kind,
        insights(&window).display().kind
    );
    assert!(other.shows("Break down by"));
}

#[test]
fn every_module_has_an_address_that_opens_it() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    for row in &ROWS {
        window.keys(Modifiers::NONE, &[Key::G, row.key]);
        let now = address(&host);
        assert_eq!(now.module, row.module, "{}", row.name);
        let (other, _) = open_at(&now.to_string());
        assert_eq!(other.console().chrome.module, row.module, "{}", row.name);
    }
}

#[test]
fn back_leads_to_the_question_and_the_module_before() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    assert_eq!(
        host.addresses.borrow().len(),
        1,
        "the first page is one entry"
    );
    break_down_by(&mut window, "repo");
    window.click("Live");
    assert_eq!(host.addresses.borrow().len(), 3);
    host.addresses.borrow_mut().pop();
    window.steps(4);
    assert_eq!(window.console().chrome.module, Module::Insights);
    assert!(
        insights(&window)
            .question()
            .is_some_and(|question| question.shared.breakdown.is_some())
    );
    host.addresses.borrow_mut().pop();
    window.steps(8);
    assert!(
        insights(&window)
            .question()
            .is_some_and(|question| question.shared.breakdown.is_none())
    );
    assert_eq!(
        host.addresses.borrow().len(),
        1,
        "going back makes no entry"
    );
}

#[test]
fn how_an_answer_is_displayed_is_kept_and_makes_no_entry() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    window.click("Table");
    window.click("Fold the query");
    assert_eq!(host.addresses.borrow().len(), 1);
    let again = open_on(&host);
    assert!(again.shows("Unfold the query"), "reloading keeps it");
    assert_eq!(host.addresses.borrow().len(), 1, "reloading makes no entry");
    assert_eq!(again.console().chrome.module, Module::Insights);
}

#[test]
fn a_page_without_an_address_begins_where_the_last_one_was() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    window.click("Live");
    host.addresses.borrow_mut().clear();
    assert_eq!(open_on(&host).console().chrome.module, Module::Live);
}

#[test]
fn the_filter_of_live_is_in_the_address() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    window.click("Live");
    window.type_into("Filter", "a=b & ü");
    let (other, _) = open_at(&address(&host).to_string());
    let live = other
        .console()
        .pages
        .get::<LiveState>()
        .expect("it is a module");
    assert_eq!(
        crate::module::Page::address(live).get("filter"),
        Some("a=b & ü")
    );
}

#[test]
fn a_link_that_this_release_does_not_know_is_reported() {
    let host = TestHost::default();
    let window = open_on(&host);
    let mut known = address(&host);
    let report = insights(&window)
        .question()
        .and_then(crate::report::Question::report);
    let newer = address::encode(&report.expect("a report")).replacen('1', "7", 1);
    known.state = address::Parameters::default().with(address::REPORT, newer);
    let (other, _) = open_at(&known.to_string());
    assert!(other.shows_containing("which this release does not know. Update Emp-Mix"));
    assert!(other.shows("Range"), "the first screen is shown");
}

#[test]
fn a_link_to_a_project_that_is_not_here_is_reported() {
    let (window, host) = open_at("/p/ffffffffffffffff/live");
    assert!(window.shows_containing("The project of this link does not exist on this sidecar"));
    assert_eq!(address(&host).module, Module::Live);
    assert_ne!(address(&host).project.to_string(), "ffffffffffffffff");
}

#[test]
fn a_user_who_signs_in_first_gets_to_the_page_of_the_link() {
    let host = TestHost::default();
    let (_, other) = open_at("");
    let link = format!("/p/{}/live", address(&other).project);
    host.addresses.borrow_mut().push(link);
    let fake = Fake::loaded();
    let out = empmix_protocol::ApiError::new(
        empmix_protocol::ErrorCode::Unauthorized,
        "This page is not signed in",
    );
    fake.set_broken(Some(out));
    let window = Window::open_on(fake, &host);
    assert!(window.shows("Sign in with a link"));
    // The sign-in link has no address of a page.
    host.addresses.borrow_mut().clear();
    assert_eq!(open_on(&host).console().chrome.module, Module::Live);
}

#[test]
fn a_project_that_is_gone_is_reported_for_a_link_only() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    window.click("Live");
    let gone = format!("/p/{}/live", "f".repeat(16));
    host.addresses.borrow_mut().clear();
    crate::host::Host::save(&host, "empmix.address", &gone);
    let again = open_on(&host);
    assert!(!again.shows_containing("The project of this link"));
    assert_eq!(again.console().chrome.module, Module::Live);
}

#[test]
fn back_leads_to_the_question_before_a_sum() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    let before = address(&host);
    window.click("Measure of series A");
    window.click("Sum of…");
    window.steps(8);
    assert_eq!(address(&host), before, "the sum has no property yet");
    window.click("Property of series A");
    window
        .harness
        .event(egui::Event::Text("lines_added".to_owned()));
    window.steps(2);
    window.harness.key_press(Key::Enter);
    window.steps(8);
    assert_ne!(address(&host), before);
    host.addresses.borrow_mut().pop();
    assert_eq!(address(&host), before);
}

#[test]
fn a_link_to_an_unknown_page_is_reported() {
    let (window, _) = open_at("/p/0101010101010101/horoscopes?r=1.x");
    assert!(window.shows_containing("a page that this release does not have"));
    assert!(window.shows("Range"), "the first screen is shown");
}

#[test]
fn a_link_opens_the_pipeline() {
    let host = TestHost::default();
    let mut window = open_on(&host);
    window.click("Show pipeline");
    window.steps(4);
    let link = address(&host);
    assert_eq!(link.state.get("open"), Some("pipeline"));
    let (mut other, host) = open_at(&link.to_string());
    assert!(other.shows("Close the pipeline"));
    other.click("Close the pipeline");
    other.steps(4);
    assert_eq!(address(&host).state.get("open"), None);
}

#[test]
fn a_start_asks_for_what_it_needs_at_once() {
    let host = TestHost::default();
    drop(open_on(&host));
    let fake = Fake::loaded();
    fake.hold();
    let window = Window::open_on(fake, &host);
    let asked = window.fake.calls();
    let is = |wanted: fn(&Call) -> bool| asked.iter().filter(|call| wanted(call)).count();
    assert_eq!(is(|call| matches!(call, Call::Status)), 1);
    assert_eq!(is(|call| matches!(call, Call::Projects)), 1);
    assert_eq!(is(|call| matches!(call, Call::Schema { .. })), 1);
    window.fake.release();
    let mut window = window;
    window.steps(8);
    let again = window.fake.calls();
    let schemas = again
        .iter()
        .filter(|call| matches!(call, Call::Schema { .. }));
    assert_eq!(schemas.count(), 1, "its answer is used");
    assert!(window.shows("Range"));
}

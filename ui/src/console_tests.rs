//! The whole console on a fake backend; the tests find controls by their labels, as a user does.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use empmix_model::stored::LiveItem;
use empmix_protocol::{ApiError, Call, ErrorCode, PROTOCOL_VERSION, call::KeyKind};

use crate::{
    backend::fake::{Fake, live_items},
    insights::InsightsState,
    module::Module,
    testing::{TestHost, Window},
};

#[test]
fn a_first_run_loads_the_sample_and_then_shows_insights() {
    let mut window = Window::open(Fake::empty());
    assert!(window.shows("Send your first event"));
    assert!(window.shows("0 received"));
    window.click("Load sample data");
    window.wait_s(1);
    assert!(window.shows("Loading sample data"), "progress is shown");
    window.wait_s(5);
    assert!(!window.shows("Send your first event"));
    assert!(window.shows("Range"), "the default question");
    let asked = window.fake.calls();
    assert!(
        asked
            .iter()
            .any(|call| matches!(call, Call::LoadSample { .. }))
    );
    assert!(asked.iter().any(|call| matches!(call, Call::Query { .. })));
}

#[test]
fn the_snippet_follows_the_platform_and_is_copied_whole() {
    let mut window = Window::open(Fake::empty());
    window.click("curl");
    window.click("Copy");
    let key = window
        .console()
        .session
        .project()
        .unwrap()
        .public_key
        .to_string();
    let copied = window.copied().unwrap();
    assert!(
        copied.starts_with("curl http://127.0.0.1:7070/public/track"),
        "{copied}"
    );
    assert!(
        copied.contains(&key),
        "the key is not shortened in what is copied"
    );
    assert!(window.shows("Copied the snippet"));
}

#[test]
fn settings_copies_the_public_key_and_replaces_it_only_when_confirmed() {
    let mut window = Window::open(Fake::loaded());
    window.click("Settings");
    window.click("Copy the public key");
    let old = window
        .console()
        .session
        .project()
        .unwrap()
        .public_key
        .to_string();
    assert_eq!(window.copied().as_deref(), Some(old.as_str()));
    window.click("Replace the public key…");
    window.click("Keep it");
    window.click("Replace the public key…");
    assert_eq!(window.rotations(KeyKind::Public), 0);
    window.click("Replace the public key");
    window.steps(6);
    assert_eq!(window.rotations(KeyKind::Public), 1);
    let new = window
        .console()
        .session
        .project()
        .unwrap()
        .public_key
        .to_string();
    assert_ne!(new, old);
}

#[test]
fn a_secret_key_is_shown_once() {
    let mut window = Window::open(Fake::loaded());
    window.click("Settings");
    window.click("Make a secret key");
    window.steps(6);
    window.click("Copy the secret key");
    assert!(window.copied().unwrap().starts_with("sk_"));
    window.click("Hide the secret key");
    assert!(!window.shows("Copy the secret key"));
    assert!(window.shows("Replace the secret key…"));
}

#[test]
fn a_new_project_gets_the_machines_zone_and_opens() {
    let mut window = Window::open(Fake::loaded());
    window.click("Settings");
    window.type_into("Project name", "Shop");
    window.press("Create project");
    window.wait_s(1);
    let project = window.console().session.project().unwrap();
    assert_eq!(
        (project.name.as_str(), project.timezone.as_str()),
        ("Shop", "Europe/Berlin")
    );
    assert!(window.shows("Copy the secret key"), "both keys are shown");
}

#[test]
fn an_unreachable_backend_is_reported_and_reconnected() {
    let mut window = Window::open(Fake::loaded());
    let gone = ApiError::new(ErrorCode::Disconnected, "The sidecar cannot be reached");
    window.fake.set_broken(Some(gone));
    window.wait_s(12);
    assert!(window.shows("Not connected") && window.shows("Try again now"));
    assert!(window.shows("Insights"), "the content stays");
    window.fake.set_broken(None);
    window.wait_s(16);
    assert!(window.shows("Local sidecar") && !window.shows("Try again now"));
}

#[test]
fn a_sidecar_of_another_protocol_is_named_with_what_to_update() {
    let mut window = Window::open(Fake::loaded());
    for (version, advice) in [
        (PROTOCOL_VERSION + 1, "update this console"),
        (PROTOCOL_VERSION - 2, "update the sidecar"),
    ] {
        window.fake.set_protocol(version);
        window.wait_s(16);
        assert!(window.shows_containing(advice), "{version}: {advice}");
        assert!(window.shows("Not connected"));
    }
    window.fake.set_protocol(PROTOCOL_VERSION - 1);
    window.wait_s(16);
    assert!(window.shows("Local sidecar"), "the release before works");
}

#[test]
fn a_browser_without_a_token_is_shown_the_command_that_prints_a_link() {
    let fake = Fake::loaded();
    let out = ApiError::new(ErrorCode::Unauthorized, "This page is not signed in");
    fake.set_broken(Some(out));
    let mut window = Window::open(fake);
    assert!(window.shows("Sign in with a link"));
    window.click("Copy the command");
    assert_eq!(
        window.copied().as_deref(),
        Some("empmix-sidecar token --link")
    );
}

#[test]
fn keys_open_modules_and_the_palette_runs_the_typed_command() {
    let mut window = Window::open(Fake::loaded());
    window.keys(Modifiers::NONE, &[Key::G, Key::L]);
    assert_eq!(window.console().chrome.module, Module::Live);
    window.keys(Modifiers::NONE, &[Key::G, Key::S]);
    assert_eq!(window.console().chrome.module, Module::Settings);
    window.keys(Modifiers::COMMAND, &[Key::K]);
    window.type_into("Search or run a command", "go to ins");
    window.keys(Modifiers::NONE, &[Key::Enter]);
    assert_eq!(window.console().chrome.module, Module::Insights);
    assert!(window.console().chrome.overlay.is_none());
    window.keys(Modifiers::COMMAND, &[Key::K]);
    window.keys(Modifiers::NONE, &[Key::Escape]);
    assert!(window.console().chrome.overlay.is_none());
}

#[test]
fn theme_and_project_are_remembered() {
    let host = TestHost::default();
    let mut window = Window::open_on(Fake::loaded(), &host);
    window.click("Switch between dark and light");
    let again = Window::open_on(Fake::loaded(), &host);
    let theme = again
        .harness
        .ctx
        .options(|options| options.theme_preference);
    assert_eq!(theme, egui::ThemePreference::Light);
}

#[test]
fn a_warning_alone_does_not_count_as_an_event() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    let newest = window.first_row();
    let warning = live_items(0);
    assert!(matches!(warning[..], [LiveItem::Warning(_)]));
    window.fake.arrive(&warning[0]);
    window.steps(3);
    assert!(window.shows("1 refused"));
    assert_eq!(window.first_row(), newest);
    assert!(window.shows("0 / s"));
}

#[test]
fn the_question_mark_shows_every_shortcut() {
    let mut window = Window::open(Fake::loaded());
    window.harness.event(egui::Event::Text("?".to_owned()));
    window.steps(8);
    assert!(window.shows("Shortcuts") && window.shows("Go to Live"));
    window.click("Close");
    assert!(!window.shows("Shortcuts"));
}

#[test]
fn a_folded_navigation_keeps_its_labels_for_assistive_technology() {
    let mut window = Window::open(Fake::loaded());
    window.click("Fold the navigation");
    window.click("Live");
    assert_eq!(window.console().chrome.module, Module::Live);
    window.click("Unfold the navigation");
    assert!(window.shows("Fold the navigation"));
}

#[test]
fn a_slash_moves_the_focus_to_the_filter() {
    let mut window = Window::open(Fake::loaded());
    window.click("Live");
    window.steps(4);
    let all = window.rows();
    window.harness.event(egui::Event::Text("/".to_owned()));
    window.steps(3);
    window
        .harness
        .event(egui::Event::Text("release".to_owned()));
    window.steps(3);
    assert!(window.rows() < all, "the slash is not typed");
    window.keys(Modifiers::NONE, &[Key::Escape]);
    window.keys(Modifiers::NONE, &[Key::G, Key::I]);
    window.harness.event(egui::Event::Text("/".to_owned()));
    window.steps(4);
    assert!(window.shows("Search add filter"), "the list is open");
}

#[test]
fn a_query_that_could_not_reach_the_sidecar_is_sent_again_after_it_is_back() {
    let mut window = Window::open(Fake::loaded());
    let gone = ApiError::new(ErrorCode::Disconnected, "The sidecar cannot be reached");
    window.fake.set_broken(Some(gone));
    window.click("+ Add series");
    window.steps(8);
    assert!(window.shows("The sidecar does not answer"));
    assert!(
        window.shows("Try again now"),
        "the banner does not wait for the next status request"
    );
    window.fake.set_broken(None);
    window.wait_s(16);
    assert!(!window.shows("The sidecar does not answer"));
    let model = window
        .console()
        .pages
        .get::<InsightsState>()
        .unwrap()
        .chart();
    assert_eq!(model.map(|model| model.lines.len()), Some(2));
}

#[test]
fn the_copied_json_holds_the_report_and_its_answer() {
    let mut window = Window::open(Fake::loaded());
    window.steps(4);
    window.click("Copy JSON");
    let copied: serde_json::Value = serde_json::from_str(&window.copied().unwrap()).unwrap();
    assert_eq!(copied["report"]["series"][0]["measure"]["type"], "unique");
    assert_eq!(copied["answer"]["kind"], "insights");
    let points = &copied["answer"]["result"]["series"][0]["points"];
    assert!(points.as_array().is_some_and(|points| !points.is_empty()));
}

#[test]
fn a_browser_that_forbids_copying_gets_a_failure_notice() {
    let host = TestHost::default();
    host.denies_clipboard.set(true);
    let mut window = Window::open_on(Fake::empty(), &host);
    window.click("Copy");
    assert!(window.shows("This browser does not let the console copy the snippet"));
}

#[test]
fn a_sidecar_without_a_project_is_polled_until_it_has_one() {
    let fake = Fake::without_project();
    let mut window = Window::open(fake.clone());
    assert!(window.console().session.project_id.is_none());
    fake.make_first_project();
    window.wait_s(3);
    assert!(window.shows("Send your first event"));
}

#[test]
fn an_unavailable_store_is_reported_until_it_is_back() {
    let fake = Fake::loaded();
    let unavailable = ApiError::new(ErrorCode::Unavailable, "The store cannot be reached");
    fake.set_store_away(Some(unavailable));
    let mut window = Window::open(fake.clone());
    assert!(window.shows("The store cannot be reached"));
    fake.set_store_away(None);
    window.wait_s(3);
    assert!(!window.shows("The store cannot be reached"));
    assert!(window.shows("Range"));
}

#[test]
fn a_sidecar_that_hangs_is_reported_until_it_answers() {
    let mut window = Window::open(Fake::loaded());
    window.fake.hold();
    window.wait_s(25);
    assert!(window.shows("The sidecar does not answer"));
    window.fake.release();
    window.wait_s(35);
    assert!(window.shows("Local sidecar") && !window.shows("The sidecar does not answer"));
}

#[test]
fn two_keys_in_one_frame_open_a_module() {
    let mut window = Window::open(Fake::loaded());
    for key in [Key::G, Key::L] {
        window.harness.key_press(key);
    }
    window.steps(4);
    assert_eq!(window.console().chrome.module, Module::Live);
}

#[test]
fn about_says_what_runs_and_copies_it() {
    let mut window = Window::open(Fake::loaded());
    window.keys(Modifiers::NONE, &[Key::G, Key::A]);
    assert!(window.shows("Emp-Mix console") && window.shows("Durability"));
    window.click("Copy these details");
    let copied = window.copied().unwrap();
    assert!(
        copied.contains(concat!("Version: ", env!("CARGO_PKG_VERSION"))),
        "{copied}"
    );
    assert!(copied.contains("Store: local"), "{copied}");
}

#[test]
fn the_zoom_is_kept() {
    let host = TestHost::default();
    let mut window = Window::open_on(Fake::loaded(), &host);
    window.keys(Modifiers::COMMAND, &[Key::Plus, Key::Plus]);
    let zoom = window.harness.ctx.zoom_factor();
    assert!(zoom > 1.1, "{zoom}");
    let again = Window::open_on(Fake::loaded(), &host);
    assert_eq!(again.harness.ctx.zoom_factor(), zoom);
}

#[test]
fn the_palette_offers_what_can_be_done_here_and_scrolls_to_the_rest() {
    let mut window = Window::open(Fake::loaded());
    let keys = Modifiers::COMMAND;
    window.keys(keys, &[Key::K]);
    window.steps(4);
    assert!(window.shows("Undo the last change"));
    // The last entry, one above the first.
    window.keys(Modifiers::NONE, &[Key::ArrowUp]);
    window.steps(8);
    let last = window.harness.get_by_label("All shortcuts").rect();
    assert!(last.bottom() < 600.0, "{last:?}");
    window.keys(Modifiers::NONE, &[Key::Escape]);
    window.steps(4);
    window.click("Settings");
    window.keys(keys, &[Key::K]);
    window.steps(4);
    assert!(!window.shows("Undo the last change"));
    assert!(window.shows("All shortcuts") || window.shows("Copy the public key"));
}

#[test]
fn the_sheet_shows_every_shortcut_and_scrolls_in_a_low_window() {
    let mut window = Window::open(Fake::loaded());
    for (height, fits) in [(660.0, true), (360.0, false)] {
        window.resize(1280.0, height);
        window.harness.event(egui::Event::Text("?".to_owned()));
        window.steps(6);
        let last = window.harness.get_by_label("All shortcuts").rect();
        assert_eq!(last.bottom() < height - 40.0, fits, "{last:?}");
        window.keys(Modifiers::NONE, &[Key::Escape]);
        window.steps(4);
    }
}

#[test]
fn a_project_is_found_by_typing_its_name() {
    let fake = Fake::loaded();
    for number in 2..60 {
        fake.add_project(number, &format!("Shop {number}"));
    }
    let mut window = Window::open(fake);
    let pick = |window: &mut Window, typed: &str| {
        window.click("Project");
        window.harness.event(egui::Event::Text(typed.to_owned()));
        window.steps(3);
        window.keys(Modifiers::NONE, &[Key::Enter]);
        window.steps(3);
    };
    pick(&mut window, "shop 43");
    let project = window.console().session.project().expect("it is open");
    assert_eq!(project.name, "Shop 43");
    pick(&mut window, "new");
    assert_eq!(window.console().chrome.module, Module::Settings);
}

//! The test harness: the whole console on a fake backend; controls are found by label.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use egui::{Key, Modifiers, Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use empmix_model::EpochMs;
use empmix_protocol::{Call, call::KeyKind};

use crate::{
    Console,
    backend::{
        Inbox,
        fake::{Fake, NOW_MS},
        mailbox,
    },
    host::{HistoryEntry, Host},
    mirror::{Mirror, MirrorPlugin},
};

/// Time between two frames of a test.
const FRAME_MS: EpochMs = 50;

/// A machine whose clock advances by one frame each time it is read.
#[derive(Clone, Default)]
pub(crate) struct TestHost {
    saved: Rc<RefCell<HashMap<String, String>>>,
    clock_reads: Rc<Cell<EpochMs>>,
    /// The addresses of the page, the current one last.
    pub(crate) addresses: Rc<RefCell<Vec<String>>>,
    /// Whether copying fails.
    pub(crate) denies_clipboard: Rc<Cell<bool>>,
}

impl Host for TestHost {
    fn now_ms(&self) -> EpochMs {
        self.clock_reads.set(self.clock_reads.get() + 1);
        NOW_MS + 60_000 + self.clock_reads.get() * FRAME_MS
    }

    fn timezone(&self) -> String {
        "Europe/Berlin".to_owned()
    }

    fn load(&self, key: &str) -> Option<String> {
        self.saved.borrow().get(key).cloned()
    }

    fn save(&self, key: &str, value: &str) {
        self.saved
            .borrow_mut()
            .insert(key.to_owned(), value.to_owned());
    }

    fn origin(&self) -> Option<String> {
        None
    }

    fn address(&self) -> String {
        self.addresses.borrow().last().cloned().unwrap_or_default()
    }

    fn set_address(&self, address: &str, entry: HistoryEntry) {
        let mut addresses = self.addresses.borrow_mut();
        if entry == HistoryEntry::Replaced {
            addresses.pop();
        }
        addresses.push(address.to_owned());
    }

    fn copy(&self, ctx: &egui::Context, text: String) -> Inbox<bool> {
        ctx.copy_text(text);
        let (outbox, inbox) = mailbox(1, || {});
        outbox.send(!self.denies_clipboard.get());
        inbox
    }
}

/// The console in a window, 1280×800 points by default.
pub(crate) struct Window {
    /// The window.
    pub(crate) harness: Harness<'static, Option<Console>>,
    /// The backend.
    pub(crate) fake: Fake,
    copied: Option<String>,
}

impl Window {
    /// Opens the console and lets it send its first requests.
    pub(crate) fn open(fake: Fake) -> Self {
        Self::open_on(fake, &TestHost::default())
    }

    /// Like `open`, on a machine that may have saved settings.
    pub(crate) fn open_on(fake: Fake, host: &TestHost) -> Self {
        let (backend, machine) = (fake.clone(), host.clone());
        let harness = Harness::builder()
            .with_size(egui::vec2(1280.0, 800.0))
            .with_max_steps(64)
            .with_step_dt(FRAME_MS as f32 / 1000.0)
            .build_ui_state(
                move |ui, console: &mut Option<Console>| {
                    let console = console.get_or_insert_with(|| {
                        let ctx = ui.ctx();
                        Console::new(ctx, Rc::new(backend.clone()), Box::new(machine.clone()))
                    });
                    console.logic(&ui.ctx().clone());
                    console.ui(ui);
                },
                None,
            );
        let mut window = Self {
            harness,
            fake,
            copied: None,
        };
        window.steps(8);
        window
    }

    /// Changes the size of the window.
    pub(crate) fn resize(&mut self, width: f32, height: f32) {
        self.harness.set_size(egui::vec2(width, height));
        self.steps(8);
    }

    /// A mirror of the accessibility tree, filled from the next frame on.
    pub(crate) fn mirror(&mut self) -> Mirror {
        let mirror = Mirror::default();
        let plugin = MirrorPlugin::new(mirror.clone());
        self.harness.ctx.add_plugin(plugin);
        self.steps(2);
        mirror
    }

    /// Runs `count` frames.
    pub(crate) fn steps(&mut self, count: usize) {
        for _ in 0..count {
            self.harness.step();
            let commands = &self.harness.output().platform_output.commands;
            self.copied =
                commands
                    .iter()
                    .fold(self.copied.take(), |copied, command| match command {
                        egui::OutputCommand::CopyText(text) => Some(text.clone()),
                        _ => copied,
                    });
        }
    }

    /// Runs frames for this many seconds.
    pub(crate) fn wait_s(&mut self, seconds: usize) {
        self.steps(seconds * 1000 / FRAME_MS as usize + 1);
    }

    /// Clicks the control with this label.
    pub(crate) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.steps(4);
    }

    /// Presses the control with this label as assistive technology does, even if it is not visible.
    pub(crate) fn press(&mut self, label: &str) {
        self.harness.get_by_label(label).click_accesskit();
        self.steps(4);
    }

    /// Whether a node with this label exists.
    pub(crate) fn shows(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    /// Whether a node exists whose label contains this text.
    pub(crate) fn shows_containing(&self, label: &str) -> bool {
        let found = self.harness.query_all_by_label_contains(label);
        found.into_iter().next().is_some()
    }

    /// Types into the field with this name.
    pub(crate) fn type_into(&mut self, field: &str, text: &str) {
        self.harness
            .get_by_role_and_label(Role::TextInput, field)
            .focus();
        self.steps(2);
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.steps(3);
    }

    /// Presses keys one after the other.
    pub(crate) fn keys(&mut self, modifiers: Modifiers, keys: &[Key]) {
        for key in keys {
            self.harness.key_press_modifiers(modifiers, *key);
            self.steps(3);
        }
    }

    /// The text that was copied last.
    pub(crate) fn copied(&self) -> Option<String> {
        self.copied.clone()
    }

    /// The names of the visible table rows; a header has none.
    fn row_names(&self) -> Vec<String> {
        let rows = self.harness.query_all_by_role(Role::Row);
        rows.filter_map(|row| row.accesskit_node().label())
            .collect()
    }

    /// The number of visible table rows.
    pub(crate) fn rows(&self) -> usize {
        self.row_names().len()
    }

    /// The name of the first row.
    pub(crate) fn first_row(&self) -> String {
        let mut names = self.row_names().into_iter();
        names.next().expect("there is a row")
    }

    /// How often a key of this kind was replaced.
    pub(crate) fn rotations(&self, kind: KeyKind) -> usize {
        let calls = self.fake.calls();
        let rotated = |call: &&Call| matches!(call, Call::RotateKey { key, .. } if *key == kind);
        calls.iter().filter(rotated).count()
    }

    /// The console itself.
    pub(crate) fn console(&self) -> &Console {
        self.harness
            .state()
            .as_ref()
            .expect("the first frame made it")
    }
}

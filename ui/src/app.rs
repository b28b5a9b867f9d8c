//! The console's frame: take answers, apply commands, show the window.

use std::rc::Rc;

use empmix_model::{EpochMs, ids::ProjectId};
use empmix_protocol::Call;

use crate::{
    async_value::AsyncValue,
    backend::{Backend, Inbox, Reply},
    chrome::Chrome,
    command::{Command, Commands, shortcuts},
    first_run::FirstRunState,
    host::Host,
    module::Pages,
    session::{Connection, Session, UpdateCtx, View},
    text,
    texts::Key,
    widgets::ToastKind,
};

mod connection;
mod navigation;

/// The key of the saved theme.
const THEME_KEY: &str = "empmix.theme";
/// The key of the saved zoom, where the window has none of its own.
const ZOOM_KEY: &str = "empmix.zoom";
/// The smallest and the largest zoom.
const ZOOM: (f32, f32) = (0.5, 3.0);
/// The key of the saved project.
const PROJECT_KEY: &str = "empmix.project";

/// The console. A host calls [`Console::logic`] and then [`Console::ui`] each frame.
pub struct Console {
    host: Box<dyn Host>,
    backend: Rc<dyn Backend>,
    commands: Commands,
    keys: shortcuts::KeySequence,
    /// The state that every module reads.
    pub session: Session,
    /// Top bar, navigation, overlays.
    pub chrome: Chrome,
    /// The empty state.
    pub first_run: FirstRunState,
    /// The modules.
    pub pages: Pages,
    schedule: connection::PollSchedule,
    navigation: navigation::Navigation,
    /// The zoom that was saved last.
    zoom: f32,
    opened_ms: EpochMs,
    /// A project that was just made, until the list of projects contains it.
    project_to_open: Option<ProjectId>,
    /// A copy that is under way, and what is copied, for the notice.
    copying: Option<(Inbox<bool>, Key)>,
}

impl Console {
    /// A console that has not sent a request yet.
    pub fn new(ctx: &egui::Context, backend: Rc<dyn Backend>, host: Box<dyn Host>) -> Self {
        crate::theme::install(ctx);
        ctx.set_theme(theme_from(host.load(THEME_KEY).as_deref()));
        let zoom = host.load(ZOOM_KEY).and_then(|zoom| zoom.parse().ok());
        if let Some(zoom) = zoom.filter(|_: &f32| zooms_itself(ctx)) {
            ctx.set_zoom_factor(zoom.clamp(ZOOM.0, ZOOM.1));
        }
        let session = Session {
            now_ms: host.now_ms(),
            time_s: 0.0,
            backend: backend.kind(),
            origin: host.origin(),
            timezone: host.timezone(),
            connection: Connection::Connecting,
            status: AsyncValue::NotAsked,
            projects: AsyncValue::NotAsked,
            project_id: None,
            schema: AsyncValue::NotAsked,
            data_error: None,
        };
        Self {
            opened_ms: session.now_ms,
            host,
            backend,
            commands: Commands::default(),
            keys: shortcuts::KeySequence::default(),
            session,
            chrome: Chrome::default(),
            first_run: FirstRunState::default(),
            pages: Pages::default(),
            navigation: navigation::Navigation::default(),
            zoom: 1.0,
            project_to_open: None,
            schedule: connection::PollSchedule::default(),
            copying: None,
        }
    }

    /// Takes the answers that have arrived and applies the commands of the last frame. Also runs for
    /// a hidden window.
    pub fn logic(&mut self, ctx: &egui::Context) {
        self.session.now_ms = self.host.now_ms();
        self.session.time_s = (self.session.now_ms - self.opened_ms) as f64 / 1000.0;
        self.keep_zoom(ctx);
        self.follow_address();
        self.poll_backend(ctx);
        self.update_modules(ctx);
        self.poll_copying();
        for command in self.commands.drain() {
            self.apply(ctx, command);
        }
        self.write_address();
    }

    /// Shows the window.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let commands = &self.commands;
        let empty = !self.has_events();
        for command in self.keys.pressed(ui.ctx(), &self.chrome, &self.session) {
            commands.send(command);
        }
        let view = View {
            session: &self.session,
            commands,
        };
        let Self {
            chrome,
            first_run,
            pages,
            ..
        } = self;
        chrome.show(ui, view, |ui, module| {
            if empty && module.row().is_report {
                first_run.show(ui, view);
            } else {
                pages.of(module).show(ui, view);
            }
        });
        chrome.show_overlays(ui, view);
        if !self.commands.is_empty() {
            ui.ctx().request_repaint();
        }
    }

    /// Whether the project is known to have no events.
    pub fn is_empty(&self) -> bool {
        self.session.event_count() == Some(0)
    }

    /// Whether reports have something to show: events, and no sample that is still being loaded.
    fn has_events(&self) -> bool {
        !self.is_empty() && !self.first_run.is_loading()
    }

    fn update_modules(&mut self, ctx: &egui::Context) {
        let may_report = self.has_events() && self.session.schema.latest().is_some();
        let shown = self.chrome.module;
        let cx = UpdateCtx {
            session: &self.session,
            backend: &*self.backend,
            commands: &self.commands,
            egui: ctx,
        };
        self.first_run.update(cx);
        for (module, page) in self.pages.iter_mut() {
            let is_shown = module == shown && (may_report || !module.row().is_report);
            page.update(cx, is_shown);
        }
    }

    fn apply(&mut self, ctx: &egui::Context, command: Command) {
        match command {
            Command::SelectProject(id) => self.select_project(id),
            Command::SetTheme(theme) => self.set_theme(ctx, theme),
            Command::ToggleTheme => {
                let theme = match ctx.theme() {
                    egui::Theme::Dark => egui::ThemePreference::Light,
                    egui::Theme::Light => egui::ThemePreference::Dark,
                };
                self.set_theme(ctx, theme);
            }
            Command::Go(_)
            | Command::ToggleNavigation
            | Command::Open(_)
            | Command::CloseOverlay => {
                self.chrome.apply(&command);
            }
            Command::Reconnect => self.schedule.poll_now(),
            Command::ReloadProjects(to_open) => {
                self.project_to_open = to_open.or(self.project_to_open);
                self.ask_projects();
            }
            Command::ReloadSchema => {
                if let Some(project) = self.session.project_id {
                    self.ask_schema(project);
                }
            }
            Command::CopyLink => {
                if let Some(address) = self.address() {
                    let text = format!("{}/#{address}", self.session.sdk_url());
                    self.copying = Some((self.host.copy(ctx, text), Key("copied-link")));
                    self.poll_copying();
                }
            }
            Command::Copy { text, what } => {
                self.copying = Some((self.host.copy(ctx, text), what));
                self.poll_copying();
            }
            command => self.apply_to_modules(ctx, &command),
        }
    }

    /// Shows a notice when the copy has finished.
    fn poll_copying(&mut self) {
        let done = self.copying.as_mut();
        let Some((done, what)) = done.and_then(|(inbox, what)| Some((inbox.take()?, *what))) else {
            return;
        };
        self.copying = None;
        let (kind, text) = match done {
            true => (ToastKind::Done, text!("copied", what = what)),
            false => (ToastKind::Failed, text!("copied-not", what = what)),
        };
        self.chrome.notice(kind, text, self.session.time_s);
    }

    fn apply_to_modules(&mut self, ctx: &egui::Context, command: &Command) {
        let cx = UpdateCtx {
            session: &self.session,
            backend: &*self.backend,
            commands: &self.commands,
            egui: ctx,
        };
        match command {
            Command::FirstRun(command) => self.first_run.apply(*command, cx),
            Command::Report(command) => {
                let shown = self.chrome.module;
                self.pages.of_mut(shown).apply_to_report(command, cx);
            }
            command => {
                for (_, page) in self.pages.iter_mut() {
                    page.apply(command, cx);
                }
            }
        }
    }

    /// Saves the zoom when it changes.
    fn keep_zoom(&mut self, ctx: &egui::Context) {
        let zoom = ctx.zoom_factor();
        if zooms_itself(ctx) && zoom != self.zoom {
            self.zoom = zoom;
            self.host.save(ZOOM_KEY, &zoom.to_string());
        }
    }

    fn set_theme(&self, ctx: &egui::Context, theme: egui::ThemePreference) {
        ctx.set_theme(theme);
        self.host.save(THEME_KEY, theme_name(theme));
    }

    fn select_project(&mut self, id: ProjectId) {
        let schema = self.backend.call(Call::Schema { project: id });
        self.select_project_with(id, schema);
    }

    /// Opens a project whose schema was asked for.
    fn select_project_with(&mut self, id: ProjectId, schema: Reply) {
        self.host.save(PROJECT_KEY, &id.to_string());
        self.session.project_id = Some(id);
        self.session.schema = AsyncValue::NotAsked;
        self.session.schema.ask(schema, self.session.time_s);
        self.first_run.project_changed();
        for (_, page) in self.pages.iter_mut() {
            page.project_changed();
        }
    }
}

/// Whether Ctrl + and − are for the console; a browser has a zoom of its own.
fn zooms_itself(ctx: &egui::Context) -> bool {
    ctx.options(|options| options.zoom_with_keyboard)
}

fn theme_from(name: Option<&str>) -> egui::ThemePreference {
    match name {
        Some("dark") => egui::ThemePreference::Dark,
        Some("light") => egui::ThemePreference::Light,
        _ => egui::ThemePreference::System,
    }
}

fn theme_name(theme: egui::ThemePreference) -> &'static str {
    match theme {
        egui::ThemePreference::Dark => "dark",
        egui::ThemePreference::Light => "light",
        egui::ThemePreference::System => "system",
    }
}

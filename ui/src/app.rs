//! The console's frame: take answers, apply commands, show the window.

use std::rc::Rc;

use empmix_model::{EpochMs, ids::ProjectId};

use crate::{
    async_value::AsyncValue,
    backend::{Backend, Inbox},
    chrome::Chrome,
    command::{Command, Commands, Module, shortcuts},
    first_run::FirstRunState,
    host::Host,
    insights::InsightsState,
    live::LiveState,
    session::{Connection, Session, UpdateCtx, View},
    settings::SettingsState,
    widgets::ToastKind,
};

mod connection;

/// The key of the saved theme.
const THEME_KEY: &str = "empmix.theme";
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
    /// *Insights*.
    pub insights: InsightsState,
    /// *Live*.
    pub live: LiveState,
    /// *Settings*.
    pub settings: SettingsState,
    schedule: connection::PollSchedule,
    opened_ms: EpochMs,
    /// A copy that is under way, and the name of the text for the notice.
    copying: Option<(Inbox<bool>, &'static str)>,
}

impl Console {
    /// A console that has not sent a request yet.
    pub fn new(ctx: &egui::Context, backend: Rc<dyn Backend>, host: Box<dyn Host>) -> Self {
        crate::theme::install(ctx);
        ctx.set_theme(theme_from(host.load(THEME_KEY).as_deref()));
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
            insights: InsightsState::default(),
            live: LiveState::default(),
            settings: SettingsState::default(),
            schedule: connection::PollSchedule::default(),
            copying: None,
        }
    }

    /// Takes the answers that have arrived and applies the commands of the last frame. Also runs for
    /// a hidden window.
    pub fn logic(&mut self, ctx: &egui::Context) {
        self.session.now_ms = self.host.now_ms();
        self.session.time_s = (self.session.now_ms - self.opened_ms) as f64 / 1000.0;
        self.poll_backend(ctx);
        self.update_modules(ctx);
        self.poll_copying();
        for command in self.commands.drain() {
            self.apply(ctx, command);
        }
    }

    /// Shows the window.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let commands = &self.commands;
        let empty = self.is_empty() || self.first_run.is_loading();
        for command in self.keys.pressed(ui.ctx(), &self.chrome) {
            commands.send(command);
        }
        let view = View {
            session: &self.session,
            commands,
        };
        let Self {
            chrome,
            first_run,
            insights,
            live,
            settings,
            ..
        } = self;
        chrome.show(ui, view, |ui, module| match module {
            Module::Insights if empty => first_run.show(ui, view),
            Module::Insights => insights.show(ui, view),
            Module::Live => live.show(ui, view),
            Module::Settings => settings.show(ui, view),
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

    fn update_modules(&mut self, ctx: &egui::Context) {
        let cx = UpdateCtx {
            session: &self.session,
            backend: &*self.backend,
            egui: ctx,
        };
        let visible = self.chrome.module;
        self.first_run.update(cx);
        if let Some(project) = self.session.project_id
            && self.first_run.take_schema_wanted()
        {
            self.ask_schema(project);
        }
        let cx = UpdateCtx {
            session: &self.session,
            backend: &*self.backend,
            egui: ctx,
        };
        self.live.update(cx, visible == Module::Live);
        self.settings.update(cx);
        let shown = !self.is_empty() && !self.first_run.is_loading();
        if shown && self.session.schema.latest().is_some() {
            self.insights.update(cx);
        }
        // A module may notice first that the backend is unreachable; then its status is checked now.
        if self.live.take_connection_lost() | self.insights.take_connection_lost() {
            self.schedule.poll_now();
        }
    }

    fn apply(&mut self, ctx: &egui::Context, command: Command) {
        match command {
            Command::SelectProject(id) => self.select_project(ctx, id),
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
            Command::Copy { text, what } => {
                self.copying = Some((self.host.copy(ctx, text), what));
                self.poll_copying();
            }
            Command::FirstRun(_)
            | Command::Insights(_)
            | Command::Live(_)
            | Command::Settings(_) => {
                self.apply_to_module(ctx, command);
            }
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
            true => (ToastKind::Done, format!("Copied {what}")),
            false => (
                ToastKind::Failed,
                format!("This browser does not let the console copy {what}"),
            ),
        };
        self.chrome.notice(kind, text, self.session.time_s);
    }

    fn apply_to_module(&mut self, ctx: &egui::Context, command: Command) {
        let cx = UpdateCtx {
            session: &self.session,
            backend: &*self.backend,
            egui: ctx,
        };
        match command {
            Command::FirstRun(command) => self.first_run.apply(command, cx),
            Command::Insights(command) => self.insights.apply(command, cx),
            Command::Live(command) => self.live.apply(command, cx),
            Command::Settings(command) => self.settings.apply(command, cx),
            _ => {}
        }
    }

    fn set_theme(&self, ctx: &egui::Context, theme: egui::ThemePreference) {
        ctx.set_theme(theme);
        self.host.save(THEME_KEY, theme_name(theme));
    }

    fn select_project(&mut self, ctx: &egui::Context, id: ProjectId) {
        self.host.save(PROJECT_KEY, &id.to_string());
        self.session.project_id = Some(id);
        self.session.schema = AsyncValue::NotAsked;
        self.ask_schema(id);
        let cx = UpdateCtx {
            session: &self.session,
            backend: &*self.backend,
            egui: ctx,
        };
        self.first_run.project_changed();
        self.insights.project_changed(cx);
        self.live.project_changed();
        self.settings.project_changed();
    }
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

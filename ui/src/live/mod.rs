//! *Live*: the newest stored events, then events as they arrive.

mod details;
mod ring;
mod table;
#[cfg(test)]
mod tests;
mod view;

use empmix_model::{
    ids::ItemHash,
    stored::{LiveItem, StoredEvent},
};
use empmix_protocol::{ApiError, Call, EventsQuery, reply::EventList, shell::LiveMessage};

use crate::{
    address::Parameters,
    async_value::AsyncValue,
    backend::LiveStream,
    command::Command,
    module::Page,
    retry::Retry,
    session::{UpdateCtx, View},
};
use ring::Ring;

/// The number of stored events that are shown at first.
const START_WITH: usize = 100;

/// What an address calls the tab of an event's JSON.
const JSON: &str = "json";
/// What an address calls the list of refused events.
const REFUSED: &str = "refused";

/// An action of a user in *Live*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveCommand {
    /// Pauses or resumes.
    TogglePause,
    /// Shows only rows that contain this text.
    Filter(String),
    /// Moves the keyboard focus to the filter.
    AskFilter,
    /// Shows only events with this name.
    Event(Option<String>),
    /// Opens an event in the side panel.
    Select(ItemHash),
    /// Opens the list of refused events in the side panel.
    ShowRefused,
    /// Closes the side panel.
    CloseDetails,
    /// Shows the event's properties or its JSON.
    Tab(Tab),
}

/// The tab of an event in the side panel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    /// Its properties.
    #[default]
    Properties,
    /// The event as JSON.
    Json,
}

/// The content of the side panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Details {
    Event(ItemHash),
    Refused,
}

/// The state of the stream.
#[derive(Debug, Default)]
enum Stream {
    /// Closed, because *Live* is not visible.
    #[default]
    Off,
    /// Opened; items arrive once it is `open`.
    On { stream: LiveStream, open: bool },
    /// Interrupted; opened again at `retry_at_s`.
    Broken { error: ApiError, retry_at_s: f64 },
}

/// What is shown when a paused view goes on.
#[derive(Debug, Default)]
struct Paused {
    /// The items that arrived, oldest first.
    items: Vec<LiveItem>,
    /// The newest stored events, where they were asked for meanwhile.
    stored: Vec<StoredEvent>,
}

/// The state of *Live*.
#[derive(Debug, Default)]
pub struct LiveState {
    ring: Ring,
    stored: AsyncValue<EventList>,
    stream: Stream,
    retry: Retry,
    /// What came while the view is paused; `None` when it is not paused.
    paused: Option<Paused>,
    filter: String,
    event: Option<String>,
    details: Option<Details>,
    tab: Tab,
}

/// The stream is open only while *Live* is shown.
impl Page for LiveState {
    fn project_changed(&mut self) {
        *self = Self::default();
    }

    fn update(&mut self, cx: UpdateCtx<'_>, is_shown: bool) {
        let now_s = cx.session.time_s;
        self.ring.forget_arrivals(now_s);
        if !is_shown {
            self.stream = Stream::Off;
            return;
        }
        if self.stored.poll()
            && let AsyncValue::Done(page) = std::mem::take(&mut self.stored)
        {
            match &mut self.paused {
                Some(held) => held.stored = page.events.clone(),
                None => self.ring.stored(page.events.clone()),
            }
            self.stored = AsyncValue::Done(page);
        }
        self.open_when_due(cx);
        self.read_stream(cx);
        if self.ring.rate(now_s) > 0.0 {
            cx.egui.request_repaint_after_secs(0.5);
        }
    }

    fn show(&self, ui: &mut egui::Ui, view: View<'_>) {
        self.paint(ui, view);
    }

    fn address(&self) -> Parameters {
        let open = self.details.map(|details| match details {
            Details::Event(id) => id.to_string(),
            Details::Refused => REFUSED.to_owned(),
        });
        let filter = (!self.filter.is_empty()).then_some(&*self.filter);
        let tab = (self.tab == Tab::Json).then_some(JSON);
        Parameters::default()
            .with_some("tab", tab)
            .with_some("filter", filter)
            .with_some("event", self.event.as_deref())
            .with_some("open", open)
    }

    fn open(&mut self, state: &Parameters) -> Result<(), String> {
        self.filter = state.get("filter").unwrap_or_default().to_owned();
        self.event = state.get("event").map(str::to_owned);
        self.tab = match state.get("tab") {
            Some(JSON) => Tab::Json,
            _ => Tab::Properties,
        };
        self.details = state.get("open").and_then(|open| match open {
            REFUSED => Some(Details::Refused),
            id => id.parse().ok().map(Details::Event),
        });
        Ok(())
    }

    fn apply(&mut self, command: &Command, cx: UpdateCtx<'_>) {
        let Command::Live(command) = command else {
            return;
        };
        match command.clone() {
            LiveCommand::TogglePause => match self.paused.take() {
                Some(held) => {
                    held.items.into_iter().for_each(|item| self.show_item(item));
                    self.ring.stored(held.stored);
                }
                None => self.paused = Some(Paused::default()),
            },
            LiveCommand::Filter(text) => self.filter = text,
            LiveCommand::AskFilter => cx
                .egui
                .memory_mut(|memory| memory.request_focus(view::filter_id())),
            LiveCommand::Event(event) => self.event = event,
            LiveCommand::Select(id) => {
                let selected = Some(Details::Event(id));
                self.details = (self.details != selected).then_some(Details::Event(id));
            }
            LiveCommand::ShowRefused => self.details = Some(Details::Refused),
            LiveCommand::CloseDetails => self.details = None,
            LiveCommand::Tab(tab) => self.tab = tab,
        }
    }
}

impl LiveState {
    fn open_when_due(&mut self, cx: UpdateCtx<'_>) {
        let Some(project) = cx.session.project_id else {
            return;
        };
        let due = match &self.stream {
            Stream::Off => true,
            Stream::On { .. } => false,
            Stream::Broken { retry_at_s, .. } => cx.session.time_s >= *retry_at_s,
        };
        if due {
            self.stream = Stream::On {
                stream: cx.backend.live(project),
                open: false,
            };
        }
    }

    fn read_stream(&mut self, cx: UpdateCtx<'_>) {
        if matches!(self.stream, Stream::Broken { .. }) {
            cx.egui.request_repaint_after_secs(1.0);
            return;
        }
        // Taken out while it is read, so that its items can change the rest of the state.
        let Stream::On {
            mut stream,
            mut open,
        } = std::mem::take(&mut self.stream)
        else {
            return;
        };
        while let Some(message) = stream.take() {
            match message {
                LiveMessage::Open => {
                    open = true;
                    self.retry.reset();
                    self.ring.reopened();
                    self.ask_stored(cx);
                }
                LiveMessage::Item(item) => self.take_item(item, cx.session.time_s),
                LiveMessage::Lagged(count) => self.ring.lagged += count,
                LiveMessage::Closed(error) => {
                    self.broke(error, cx);
                    return;
                }
            }
        }
        self.ring.lagged += stream.take_dropped();
        if stream.is_cut() {
            // The tab was hidden. What came meanwhile is asked for when the next stream is open.
            cx.egui.request_repaint();
            return;
        }
        self.stream = Stream::On { stream, open };
    }

    /// Requests the stored events. Called after the stream is open, so that no event is missed in
    /// between.
    fn ask_stored(&mut self, cx: UpdateCtx<'_>) {
        let Some(project) = cx.session.project_id else {
            return;
        };
        // Again after a pause of the stream: as many as there may be rows, so that none is missing.
        let limit = if self.ring.rows().is_empty() {
            START_WITH
        } else {
            ring::ROWS
        };
        let query = EventsQuery {
            limit: Some(limit),
            ..EventsQuery::default()
        };
        let reply = cx.backend.call(Call::Events { project, query });
        self.stored.ask(reply, cx.session.time_s);
    }

    fn broke(&mut self, error: ApiError, cx: UpdateCtx<'_>) {
        cx.commands.send(Command::Reconnect);
        let wait_s = self.retry.wait_s();
        self.stream = Stream::Broken {
            error,
            retry_at_s: cx.session.time_s + wait_s,
        };
        cx.egui.request_repaint_after_secs(wait_s as f32);
    }

    fn take_item(&mut self, item: LiveItem, now_s: f64) {
        if let LiveItem::Event(_) = item {
            self.ring.count(now_s);
        }
        match &mut self.paused {
            Some(held) => {
                if held.items.len() == ring::ROWS {
                    held.items.remove(0);
                }
                held.items.push(item);
            }
            None => self.show_item(item),
        }
    }

    fn show_item(&mut self, item: LiveItem) {
        match item {
            LiveItem::Event(event) => self.ring.arrived(event),
            LiveItem::Warning(warning) => self.ring.warned(warning),
        }
    }
}

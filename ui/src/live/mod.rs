//! Events as they arrive: the newest stored ones first, then the stream.

mod details;
mod ring;
mod table;
mod view;

use empmix_model::{ids::ItemHash, stored::LiveItem};
use empmix_protocol::{ApiError, Call, EventsQuery, reply::EventsPage, shell::LiveMessage};

use crate::{async_value::AsyncValue, backend::LiveStream, session::Work};
use ring::Ring;

/// Stored events that it starts with.
const START_WITH: usize = 100;
/// The longest wait before a stream that broke is opened again.
const MAX_BACKOFF_S: f64 = 15.0;

/// What a user does in *Live*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveCommand {
    /// Pauses or resumes.
    TogglePause,
    /// Shows what contains this text.
    Filter(String),
    /// Gives the keyboard to the filter.
    AskFilter,
    /// Shows only this event.
    Event(Option<String>),
    /// Opens an event in the side panel.
    Select(ItemHash),
    /// Opens what was refused in the side panel.
    ShowRefused,
    /// Closes the side panel.
    CloseDetails,
    /// Shows the event's properties or its JSON.
    Tab(Tab),
}

/// What the side panel shows of an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    /// Its properties.
    #[default]
    Properties,
    /// All of it as JSON.
    Json,
}

/// What the side panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Details {
    Event(ItemHash),
    Refused,
}

/// The stream.
#[derive(Debug, Default)]
enum Stream {
    /// It is not wanted now.
    #[default]
    Off,
    /// Items arrive, or will once it is `open`.
    On { stream: LiveStream, open: bool },
    /// It broke.
    Broken { error: ApiError, retry_at_s: f64 },
}

/// Events as they arrive.
#[derive(Debug, Default)]
pub struct LiveState {
    ring: Ring,
    stored: AsyncValue<EventsPage>,
    stream: Stream,
    failures: u32,
    /// The stream broke since this was asked.
    lost: bool,
    /// What arrives while it is paused waits here, oldest first.
    paused: Option<Vec<LiveItem>>,
    filter: String,
    event: Option<String>,
    details: Option<Details>,
    tab: Tab,
}

impl LiveState {
    /// Another project was chosen.
    pub fn project_changed(&mut self) {
        *self = Self::default();
    }

    /// Each frame before it is shown. The stream is open only while somebody looks.
    pub fn update(&mut self, work: Work<'_>, visible: bool) {
        let now_s = work.session.time_s;
        self.ring.forget_arrivals(now_s);
        if !visible {
            self.stream = Stream::Off;
            return;
        }
        if self.stored.poll()
            && let AsyncValue::Done(page) = std::mem::take(&mut self.stored)
        {
            self.ring.stored(page.events.clone());
            self.stored = AsyncValue::Done(page);
        }
        self.open_when_due(work);
        self.read_stream(work);
        if self.ring.rate(now_s) > 0.0 {
            work.ctx.request_repaint_after_secs(0.5);
        }
    }

    fn open_when_due(&mut self, work: Work<'_>) {
        let Some(project) = work.session.project_id else {
            return;
        };
        let due = match &self.stream {
            Stream::Off => true,
            Stream::On { .. } => false,
            Stream::Broken { retry_at_s, .. } => work.session.time_s >= *retry_at_s,
        };
        if due {
            self.stream = Stream::On {
                stream: work.backend.live(project),
                open: false,
            };
        }
    }

    fn read_stream(&mut self, work: Work<'_>) {
        if matches!(self.stream, Stream::Broken { .. }) {
            work.ctx.request_repaint_after_secs(1.0);
            return;
        }
        // Taken out while it is read, so that what it brings can change the rest.
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
                    self.failures = 0;
                    self.ask_stored(work);
                }
                LiveMessage::Item(item) => self.take_item(item, work.session.time_s),
                LiveMessage::Lagged(count) => self.ring.lagged += count,
                LiveMessage::Closed(error) => {
                    self.broke(error, work);
                    return;
                }
            }
        }
        self.ring.lagged += stream.take_dropped();
        self.stream = Stream::On { stream, open };
    }

    /// The stream is open: what was stored before it is asked for after, so that nothing falls
    /// between.
    fn ask_stored(&mut self, work: Work<'_>) {
        let Some(project) = work.session.project_id else {
            return;
        };
        let query = EventsQuery {
            limit: Some(START_WITH),
            ..EventsQuery::default()
        };
        let reply = work.backend.call(Call::Events { project, query });
        self.stored.ask(reply, work.session.time_s);
    }

    /// Whether the stream broke; says so once.
    pub fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    fn broke(&mut self, error: ApiError, work: Work<'_>) {
        self.failures += 1;
        self.lost = true;
        let wait_s = f64::from(1_u32 << (self.failures - 1).min(4)).min(MAX_BACKOFF_S);
        self.stream = Stream::Broken {
            error,
            retry_at_s: work.session.time_s + wait_s,
        };
        work.ctx.request_repaint_after_secs(wait_s as f32);
    }

    fn take_item(&mut self, item: LiveItem, now_s: f64) {
        if let LiveItem::Event(_) = item {
            self.ring.count(now_s);
        }
        match &mut self.paused {
            Some(held) => {
                if held.len() == ring::ROWS {
                    held.remove(0);
                }
                held.push(item);
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

    /// Applies a command.
    pub fn apply(&mut self, command: LiveCommand, work: Work<'_>) {
        match command {
            LiveCommand::TogglePause => match self.paused.take() {
                Some(held) => held.into_iter().for_each(|item| self.show_item(item)),
                None => self.paused = Some(Vec::new()),
            },
            LiveCommand::Filter(text) => self.filter = text,
            LiveCommand::AskFilter => work
                .ctx
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

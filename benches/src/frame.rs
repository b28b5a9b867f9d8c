//! The time of a frame of the console, and how many frames it asks for while it is idle.
//!
//! The whole console runs on canned answers, with the accessibility mirror that its pages have. There
//! is no window: a frame ends with the triangles that a graphics card would get.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use egui::{
    Event, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, Rect, TouchPhase, ViewportId, pos2,
    vec2,
};
use empmix_ui::{
    Console,
    address::{self, Address, Parameters},
    backend::{
        Inbox,
        fake::{Fake, NOW_MS},
        mailbox,
    },
    command::Commands,
    host::{HistoryEntry, Host},
    insights::InsightsState,
    mirror::{Mirror, MirrorPlugin},
    module::Module,
    report::{ChartKind, DisplayCommand, ReportCommand},
    session::UpdateCtx,
};
use rustix::time::{ClockId, clock_gettime};

use crate::table::Table;

/// The size of the window, in points.
const WINDOW: egui::Vec2 = vec2(1280.0, 800.0);
/// Time between two frames while something moves.
const FRAME: Duration = Duration::from_nanos(16_666_667);
/// Frames that are not measured: fonts and caches fill.
const WARM_UP: usize = 30;
/// Frames that are measured.
const FRAMES: usize = 600;
/// How long the idle console is watched.
const IDLE: Duration = Duration::from_secs(10);
/// What a frame may take.
const PROMISED: Duration = Duration::from_millis(8);

pub(crate) fn measure() -> Result<Table> {
    let idle = idle_frames()?;
    let note = format!(
        "The whole console at 1280×800 on canned answers, with its accessibility tree, up to the triangles that the \
         graphics card gets: CPU time of each of {FRAMES} frames{}. A frame may take {} ms. An idle console asks for \
         {idle} frames in {} s.",
        if cfg!(debug_assertions) {
            ", in a debug build"
        } else {
            ""
        },
        PROMISED.as_millis(),
        IDLE.as_secs(),
    );
    let mut table = Table::new(
        "A frame of the console",
        note,
        &["", "median", "p95", "slowest"],
    );
    let mut chart = Window::open(10, 1000)?;
    chart.show_lines(6..10)?;
    let name = "10 lines of 1,000 points, the pointer over the chart";
    table.row(row(name, chart.moves_over_chart()?));
    chart.display(DisplayCommand::Kind(ChartKind::Bar));
    let name = "the same as bars";
    table.row(row(name, chart.moves_over_chart()?));
    let mut rows = Window::open(10_000, 30)?;
    let name = "a table of 10,000 rows, the pointer over the chart";
    table.row(row(name, rows.moves_over_chart()?));
    let name = "the same, scrolled";
    table.row(row(name, rows.scrolls_table()?));
    Ok(table)
}

/// The cells of a row: a name, and the times in milliseconds.
fn row(name: &str, mut times: Vec<Duration>) -> [String; 4] {
    times.sort_unstable();
    let at = |share: usize| {
        let time = times.get((times.len() * share / 100).min(times.len() - 1));
        let time = time.copied().unwrap_or_default();
        format!("{:.1} ms", time.as_secs_f64() * 1000.0)
    };
    [name.to_owned(), at(50), at(95), at(100)]
}

/// The number of frames that a console asks for in [`IDLE`], with answers that arrive at once.
fn idle_frames() -> Result<usize> {
    let mut window = Window::open(6, 30)?;
    window.frame(vec![Event::PointerGone]);
    window.rests_for(IDLE);
    Ok(window.rests_for(IDLE))
}

/// A machine whose clock the benchmark sets.
#[derive(Clone)]
struct Machine {
    now: Rc<Cell<Duration>>,
    address: Rc<RefCell<String>>,
}

impl Host for Machine {
    fn now_ms(&self) -> i64 {
        NOW_MS + i64::try_from(self.now.get().as_millis()).unwrap_or(0)
    }

    fn timezone(&self) -> String {
        "UTC".to_owned()
    }

    fn load(&self, _key: &str) -> Option<String> {
        None
    }

    fn save(&self, _key: &str, _value: &str) {}

    fn origin(&self) -> Option<String> {
        None
    }

    fn address(&self) -> String {
        self.address.borrow().clone()
    }

    fn set_address(&self, address: &str, _entry: HistoryEntry) {
        self.address.replace(address.to_owned());
    }

    fn copy(&self, _ctx: &egui::Context, _text: String) -> Inbox<bool> {
        mailbox(1, || {}).1
    }
}

/// The console in a window without a screen.
struct Window {
    ctx: egui::Context,
    console: Console,
    fake: Fake,
    machine: Machine,
    mirror: Mirror,
}

impl Window {
    /// Opens a report with so many lines and buckets, and waits for its answer.
    fn open(lines: usize, buckets: usize) -> Result<Self> {
        let fake = Fake::loaded();
        fake.set_segments(lines);
        let machine = Machine {
            now: Rc::default(),
            address: Rc::new(RefCell::new(report_address(buckets)?)),
        };
        let (ctx, mirror) = (egui::Context::default(), Mirror::default());
        ctx.add_plugin(MirrorPlugin::new(mirror.clone()));
        let backend = Rc::new(fake.clone());
        let console = Console::new(&ctx, backend, Box::new(machine.clone()));
        let mut window = Self {
            ctx,
            console,
            fake,
            machine,
            mirror,
        };
        for _ in 0..WARM_UP {
            window.frame(Vec::new());
        }
        let state = window.console.pages.get::<InsightsState>();
        let model = state.and_then(|state| state.chart());
        let model = model.context("the console shows no answer")?;
        let size = (model.lines.len(), model.buckets.len());
        ensure!(size == (lines, buckets), "the answer has the size {size:?}");
        Ok(window)
    }

    /// Changes how the answer is displayed.
    fn display(&mut self, command: DisplayCommand) {
        let cx = UpdateCtx {
            session: &self.console.session,
            backend: &self.fake,
            commands: &Commands::default(),
            egui: &self.ctx,
        };
        let page = self.console.pages.of_mut(Module::Insights);
        page.apply_to_report(&ReportCommand::Display(command), cx);
    }

    /// Shows lines that are hidden at first.
    fn show_lines(&mut self, lines: std::ops::Range<usize>) -> Result<()> {
        let count = lines.end;
        lines.for_each(|line| self.display(DisplayCommand::Toggle(line)));
        let state = self.console.pages.get::<InsightsState>();
        let state = state.context("there is a report")?;
        let hidden = (0..count).find(|line| !state.display().is_shown(*line));
        ensure!(hidden.is_none(), "line {hidden:?} is hidden");
        Ok(())
    }

    /// Frames with the pointer at another place over the chart in each.
    fn moves_over_chart(&mut self) -> Result<Vec<Duration>> {
        self.frame(Vec::new());
        let chart = self.place_of("img")?;
        let place = |frame: usize| {
            let share = (frame % FRAMES) as f32 / FRAMES as f32;
            let x = chart.left() + share * chart.width();
            Event::PointerMoved(pos2(x, chart.center().y))
        };
        let mut times = Vec::new();
        for frame in 0..WARM_UP + FRAMES {
            times.push(self.frame(vec![place(frame)]));
        }
        Ok(times.split_off(WARM_UP))
    }

    /// Frames in which the wheel turns over the table.
    fn scrolls_table(&mut self) -> Result<Vec<Duration>> {
        let place = Event::PointerMoved(self.place_of("table")?.center());
        let turn = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -40.0),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        };
        let before = self.rows();
        let mut times = Vec::new();
        for _ in 0..WARM_UP + FRAMES {
            times.push(self.frame(vec![place.clone(), turn.clone()]));
        }
        ensure!(before != self.rows(), "the wheel does not scroll the table");
        Ok(times.split_off(WARM_UP))
    }

    /// The names of the visible rows.
    fn rows(&self) -> Vec<String> {
        let state = self.mirror.lock();
        let rows = state.elements.iter();
        let rows = rows.filter(|one| one.role == Some("row"));
        rows.map(|row| row.name.clone()).collect()
    }

    /// The place of the first element with this role.
    fn place_of(&self, role: &str) -> Result<Rect> {
        let state = self.mirror.lock();
        let found = state.elements.iter().find(|one| one.role == Some(role));
        let [left, top, width, height] = found.with_context(|| format!("no {role}"))?.bounds;
        Ok(Rect::from_min_size(pos2(left, top), vec2(width, height)))
    }

    /// Draws a frame when the console asks for one, and returns how many it asked for.
    fn rests_for(&mut self, time: Duration) -> usize {
        let end = self.machine.now.get() + time;
        let mut frames = 0;
        loop {
            let calls = self.fake.calls().len();
            let (_, wait) = self.draw(Vec::new());
            frames += 1;
            // A backend wakes the console with each answer.
            let answered = self.fake.calls().len() > calls;
            let wait = if answered { FRAME } else { wait.max(FRAME) };
            let next = self.machine.now.get() + wait;
            if next >= end {
                self.machine.now.set(end);
                return frames;
            }
            self.machine.now.set(next);
        }
    }

    /// Draws a frame and lets the clock go on; returns its CPU time.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let (took, _) = self.draw(events);
        self.machine.now.set(self.machine.now.get() + FRAME);
        took
    }

    /// Draws a frame; returns its CPU time and when the console wants the next one.
    fn draw(&mut self, events: Vec<Event>) -> (Duration, Duration) {
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, WINDOW)),
            time: Some(self.machine.now.get().as_secs_f64()),
            events,
            ..egui::RawInput::default()
        };
        let before = cpu_time();
        let console = &mut self.console;
        let mut output = self.ctx.run_ui(input, |ui| {
            console.logic(&ui.ctx().clone());
            console.ui(ui);
        });
        let triangles = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        std::hint::black_box(triangles);
        let took = cpu_time().saturating_sub(before);
        output.textures_delta.clear();
        let root = output.viewport_output.get(&ViewportId::ROOT);
        let wait = root.map_or(Duration::MAX, |root| root.repaint_delay);
        (took, wait.min(Duration::from_secs(3600)))
    }
}

/// The address of a report over this many days up to the newest canned event.
fn report_address(days: usize) -> Result<String> {
    let report = empmix_query::parse(&serde_json::json!({
        "kind": "insights",
        "series": [{"id": "A", "event": null, "measure": {"type": "total"}}],
        "range": {"last": days, "unit": "day"},
        "granularity": "day",
        "breakdown": [{"property": "repo"}],
    }))?;
    let address = Address {
        project: empmix_model::ids::ProjectId([1; 8]),
        module: Module::Insights,
        state: Parameters::default().with(address::REPORT, address::encode(&report)),
    };
    Ok(address.to_string())
}

/// The time that this thread spent on a processor.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
        + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0))
}

//! How the answer is displayed. A change here sends no query.

use super::{ChartModel, SortBy, table::TableCache};
use crate::{address::Parameters, widgets::Sort};

/// A change of how the answer is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayCommand {
    /// Line, bar or table.
    Kind(ChartKind),
    /// Shows or hides a line.
    Toggle(usize),
    /// Shows one line only; the second time it shows the others again.
    Solo(usize),
    /// Shows only these buckets (start included, end excluded), or all.
    Zoom(Option<(usize, usize)>),
    /// Sorts the table; the same column again reverses the order.
    Sort(SortBy),
    /// Folds or unfolds the query panel.
    ToggleQuery,
}

/// The kind of chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChartKind {
    /// A line per segment.
    #[default]
    Line,
    /// Bars per bucket.
    Bar,
    /// The table only.
    Table,
}

/// How the answer is displayed.
#[derive(Debug)]
pub struct Display {
    /// The kind of chart.
    pub kind: ChartKind,
    /// The column and direction that the table is sorted by.
    pub sort: (SortBy, Sort),
    /// The buckets that are shown; `None` for all.
    pub zoom: Option<(usize, usize)>,
    /// Whether the query panel is folded away.
    pub query_folded: bool,
    /// Whether each line is visible; `None` until the user chose.
    chosen: Vec<Option<bool>>,
    /// Whether each line is visible in a chart of lines until the user chose.
    at_first: Vec<bool>,
    /// The names of the lines that these belong to.
    names: Vec<String>,
    buckets: Vec<String>,
    /// What an address says of buckets; it is applied to the next answer.
    to_open: Option<ToOpen>,
    /// The parts of the table that stay until the next answer.
    pub(super) table: TableCache,
}

/// What an address says of the buckets of an answer.
#[derive(Debug, Clone, Copy)]
struct ToOpen {
    zoom: Option<(usize, usize)>,
    sort: Option<(SortBy, Sort)>,
}

impl Default for Display {
    fn default() -> Self {
        Self {
            kind: ChartKind::Line,
            sort: (SortBy::Total, Sort::Descending),
            zoom: None,
            query_folded: false,
            chosen: Vec::new(),
            at_first: Vec::new(),
            names: Vec::new(),
            buckets: Vec::new(),
            to_open: None,
            table: TableCache::default(),
        }
    }
}

impl Display {
    /// Whether a line is visible. Bars have room for all of them; a chart of lines begins with a few.
    pub fn is_shown(&self, line: usize) -> bool {
        let at_first = || self.kind == ChartKind::Bar || self.at_first.get(line) == Some(&true);
        let chosen = self.chosen.get(line).copied();
        chosen.is_some_and(|chosen| chosen.unwrap_or_else(at_first))
    }

    /// Takes over a new answer: resets visibility, zoom and sorting where they no longer apply.
    pub fn adopt(&mut self, model: Option<&ChartModel>) {
        let Some(model) = model else { return };
        self.table = TableCache::default();
        let names = || model.lines.iter().map(|line| &line.name.text);
        if !names().eq(&self.names) {
            self.names = names().cloned().collect();
            self.chosen = vec![None; model.lines.len()];
            self.at_first = model.lines.iter().map(|line| line.shown_at_first).collect();
        }
        if self.buckets != model.buckets {
            self.buckets.clone_from(&model.buckets);
            self.zoom = None;
            if matches!(self.sort.0, SortBy::Bucket(_)) {
                self.sort = (SortBy::Total, Sort::Descending);
            }
        }
        if let Some(to_open) = self.to_open.take() {
            self.zoom_to(to_open.zoom);
            self.sort = to_open.sort.unwrap_or(self.sort);
        }
    }

    /// Adds what belongs into an address, where it is not as at first.
    pub fn add_to(&self, parameters: Parameters) -> Parameters {
        let view = KINDS.iter().find(|(kind, _)| *kind == self.kind);
        let view = view.filter(|_| self.kind != ChartKind::default());
        let zoom = self.zoom.map(|(from, to)| format!("{from}-{to}"));
        let first = Self::default();
        let sort = (self.sort != first.sort).then(|| sort_text(self.sort));
        parameters
            .with_some("view", view.map(|(_, name)| *name))
            .with_some("zoom", zoom)
            .with_some("sort", sort)
            .with_some("query", self.query_folded.then_some("folded"))
    }

    /// Takes over what an address says.
    pub fn open(&mut self, parameters: &Parameters) {
        let view = |name: &str| KINDS.iter().find(|(_, known)| *known == name);
        let view = parameters.get("view").and_then(view);
        self.kind = view.map_or_else(ChartKind::default, |(kind, _)| *kind);
        self.query_folded = parameters.get("query") == Some("folded");
        let zoom = |text: &str| {
            let (from, to) = text.split_once('-')?;
            Some((from.parse().ok()?, to.parse().ok()?))
        };
        let to_open = ToOpen {
            zoom: parameters.get("zoom").and_then(zoom),
            sort: parameters.get("sort").and_then(sort_of_text),
        };
        if self.buckets.is_empty() {
            self.to_open = Some(to_open);
        } else {
            self.zoom_to(to_open.zoom);
            self.sort = to_open.sort.unwrap_or(Self::default().sort);
        }
    }

    /// Applies a change.
    pub fn apply(&mut self, command: DisplayCommand) {
        match command {
            DisplayCommand::Kind(kind) => self.kind = kind,
            DisplayCommand::ToggleQuery => self.query_folded = !self.query_folded,
            DisplayCommand::Toggle(line) => {
                let shown = self.is_shown(line);
                if let Some(chosen) = self.chosen.get_mut(line) {
                    *chosen = Some(!shown);
                }
            }
            DisplayCommand::Solo(line) => self.solo(line),
            DisplayCommand::Zoom(zoom) => self.zoom_to(zoom),
            DisplayCommand::Sort(by) => self.sort_by(by),
        }
    }

    fn zoom_to(&mut self, zoom: Option<(usize, usize)>) {
        let count = self.buckets.len();
        let zoom = zoom.map(|(from, to)| (from, to.min(count)));
        self.zoom = zoom.filter(|(from, to)| from + 1 < *to);
    }

    fn solo(&mut self, line: usize) {
        let lines = 0..self.chosen.len();
        let is_alone = lines
            .clone()
            .all(|other| self.is_shown(other) == (other == line));
        let chosen = |other| (!is_alone).then_some(other == line);
        self.chosen = lines.map(chosen).collect();
    }

    fn sort_by(&mut self, by: SortBy) {
        let first = if by == SortBy::Name {
            Sort::Ascending
        } else {
            Sort::Descending
        };
        let turned = match self.sort.1 {
            Sort::Ascending => Sort::Descending,
            Sort::Descending => Sort::Ascending,
        };
        self.sort = (by, if self.sort.0 == by { turned } else { first });
    }
}

/// The kinds of chart with their names in an address.
const KINDS: [(ChartKind, &str); 3] = [
    (ChartKind::Line, "line"),
    (ChartKind::Bar, "bar"),
    (ChartKind::Table, "table"),
];

/// `total`, `-total` for descending, a number for a bucket.
fn sort_text((by, direction): (SortBy, Sort)) -> String {
    let sign = if direction == Sort::Descending {
        "-"
    } else {
        ""
    };
    match by {
        SortBy::Name => format!("{sign}name"),
        SortBy::Total => format!("{sign}total"),
        SortBy::Average => format!("{sign}average"),
        SortBy::Bucket(bucket) => format!("{sign}{bucket}"),
    }
}

fn sort_of_text(text: &str) -> Option<(SortBy, Sort)> {
    let (direction, by) = match text.strip_prefix('-') {
        Some(by) => (Sort::Descending, by),
        None => (Sort::Ascending, text),
    };
    let by = match by {
        "name" => SortBy::Name,
        "total" => SortBy::Total,
        "average" => SortBy::Average,
        bucket => SortBy::Bucket(bucket.parse().ok()?),
    };
    Some((by, direction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    fn shown(count: usize) -> Display {
        let points = vec![Some(1.0); count];
        let lines: [(&str, &[Option<f64>]); 2] = [("a", &points), ("b", &points)];
        let mut display = Display::default();
        display.adopt(Some(&example(Some("p"), &lines)));
        display
    }

    #[test]
    fn an_address_opens_the_same_display() {
        let mut display = shown(12);
        for command in [
            DisplayCommand::Kind(ChartKind::Bar),
            DisplayCommand::Zoom(Some((2, 7))),
            DisplayCommand::Sort(SortBy::Bucket(3)),
            DisplayCommand::ToggleQuery,
        ] {
            display.apply(command);
        }
        let address = display.add_to(Parameters::default());
        // One that waits for its first answer, and one that has an answer.
        for answered_before in [false, true] {
            let mut opened = if answered_before {
                shown(12)
            } else {
                Display::default()
            };
            opened.open(&address);
            let points = [Some(1.0); 12];
            opened.adopt(Some(&example(Some("p"), &[("a", &points), ("b", &points)])));
            assert_eq!(opened.add_to(Parameters::default()), address);
            assert_eq!((opened.kind, opened.zoom), (ChartKind::Bar, Some((2, 7))));
        }
    }

    #[test]
    fn an_address_with_nonsense_shows_all() {
        let mut display = shown(4);
        let nonsense = Parameters::default()
            .with("zoom", "9-1")
            .with("view", "pie")
            .with("sort", "-");
        display.open(&nonsense);
        assert_eq!(display.add_to(Parameters::default()), Parameters::default());
    }

    #[test]
    fn one_line_is_shown_alone_and_then_all_again() {
        let mut display = shown(3);
        display.apply(DisplayCommand::Solo(1));
        assert!(!display.is_shown(0) && display.is_shown(1));
        display.apply(DisplayCommand::Solo(1));
        assert!(display.is_shown(0) && display.is_shown(1));
    }
}

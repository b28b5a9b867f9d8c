//! How the answer is displayed. A change here sends no query.

use super::{ChartModel, SortBy};
use crate::widgets::Sort;

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
            DisplayCommand::Zoom(zoom) => {
                let count = self.buckets.len();
                self.zoom = zoom
                    .map(|(from, to)| (from, to.min(count)))
                    .filter(|(from, to)| from + 1 < *to);
            }
            DisplayCommand::Sort(by) => self.sort_by(by),
        }
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

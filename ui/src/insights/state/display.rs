//! How the answer is displayed. A change here sends no query.

use super::InsightsCommand;
use crate::{
    insights::answer::{ChartModel, SortBy},
    widgets::Sort,
};

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
pub(in crate::insights) struct Display {
    /// The kind of chart.
    pub kind: ChartKind,
    /// The column and direction that the table is sorted by.
    pub sort: (SortBy, Sort),
    /// The buckets that are shown; `None` for all.
    pub zoom: Option<(usize, usize)>,
    /// Whether the query panel is folded away.
    pub query_folded: bool,
    /// Whether each line is visible.
    shown: Vec<bool>,
    /// The names of the lines that `shown` belongs to.
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
            shown: Vec::new(),
            names: Vec::new(),
            buckets: Vec::new(),
        }
    }
}

impl Display {
    /// Whether a line is visible.
    pub(in crate::insights) fn is_shown(&self, line: usize) -> bool {
        self.shown.get(line).copied().unwrap_or(false)
    }

    /// Takes over a new answer: resets visibility, zoom and sorting where they no longer apply.
    pub(super) fn adopt(&mut self, model: Option<&ChartModel>) {
        let Some(model) = model else { return };
        let names = || model.lines.iter().map(|line| &line.name.text);
        if !names().eq(&self.names) {
            self.names = names().cloned().collect();
            self.shown = model.lines.iter().map(|line| line.shown_at_first).collect();
        }
        if self.buckets != model.buckets {
            self.buckets.clone_from(&model.buckets);
            self.zoom = None;
            if matches!(self.sort.0, SortBy::Bucket(_)) {
                self.sort = (SortBy::Total, Sort::Descending);
            }
        }
    }

    pub(super) fn apply(&mut self, command: &InsightsCommand, model: Option<&ChartModel>) {
        match *command {
            InsightsCommand::Kind(kind) => self.kind = kind,
            InsightsCommand::ToggleQuery => self.query_folded = !self.query_folded,
            InsightsCommand::Toggle(line) => {
                if let Some(shown) = self.shown.get_mut(line) {
                    *shown = !*shown;
                }
            }
            InsightsCommand::Solo(line) => self.solo(line, model),
            InsightsCommand::Zoom(zoom) => {
                let count = self.buckets.len();
                self.zoom = zoom
                    .map(|(from, to)| (from, to.min(count)))
                    .filter(|(from, to)| from + 1 < *to);
            }
            InsightsCommand::Sort(by) => self.sort_by(by),
            _ => {}
        }
    }

    fn solo(&mut self, line: usize, model: Option<&ChartModel>) {
        let alone = (0..self.shown.len()).all(|index| self.shown[index] == (index == line));
        for (index, shown) in self.shown.iter_mut().enumerate() {
            *shown = if alone {
                model.is_none_or(|a| a.lines.get(index).is_some_and(|l| l.shown_at_first))
            } else {
                index == line
            };
        }
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

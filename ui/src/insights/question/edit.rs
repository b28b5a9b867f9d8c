//! The changes that the query panel makes.

use super::builder::{Builder, MAX_SERIES, MeasureDraft, SeriesDraft};

/// A change of the question.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Adds a series.
    AddSeries,
    /// Removes a series.
    RemoveSeries(usize),
    /// Adds a copy of a series after it.
    DuplicateSeries(usize),
    /// Sets the event of a series; `None` is every event.
    Event(usize, Option<String>),
    /// Sets the measure of a series.
    Measure(usize, MeasureDraft),
}

/// Applies a change.
pub fn apply(builder: &mut Builder, edit: Edit) {
    match edit {
        Edit::AddSeries if builder.series.len() < MAX_SERIES => {
            builder.series.push(SeriesDraft::default());
        }
        Edit::DuplicateSeries(index) if builder.series.len() < MAX_SERIES => {
            if let Some(series) = builder.series.get(index).cloned() {
                builder.series.insert(index + 1, series);
            }
        }
        Edit::AddSeries | Edit::DuplicateSeries(_) => {}
        Edit::RemoveSeries(index) => {
            if builder.series.len() > 1 && index < builder.series.len() {
                builder.series.remove(index);
            }
        }
        Edit::Event(index, event) => {
            if let Some(series) = builder.series.get_mut(index) {
                series.event = event;
            }
        }
        Edit::Measure(index, measure) => {
            if let Some(series) = builder.series.get_mut(index) {
                series.measure = measure;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insights::answer::tests::builder;

    fn edited(edits: Vec<Edit>) -> Builder {
        let mut builder = builder();
        edits.into_iter().for_each(|edit| apply(&mut builder, edit));
        builder
    }

    #[test]
    fn the_last_series_stays_and_there_are_at_most_ten() {
        let builder = edited(vec![Edit::RemoveSeries(0)]);
        assert_eq!(builder.series.len(), 1);
        let builder = edited(vec![Edit::AddSeries; 20]);
        assert_eq!(builder.series.len(), MAX_SERIES);
    }

    #[test]
    fn a_copy_comes_after_its_series() {
        let event = Some("Commit".to_owned());
        let builder = edited(vec![
            Edit::AddSeries,
            Edit::Event(0, event.clone()),
            Edit::DuplicateSeries(0),
        ]);
        let events: Vec<_> = builder.series.iter().map(|series| &series.event).collect();
        assert_eq!(events, [&event, &event, &None]);
    }
}

//! Rows on their way from the catalogue and from old parts to new ones.
//!
//! Their properties are kept in columns: as values they would take several times the memory.

use std::{iter::Peekable, vec::IntoIter};

use empmix_engine::{EngineError, MISSING};
use empmix_model::{DAY_MS, ids::ItemHash};

use super::sealed::SealedPart;
use crate::{
    memory::chunk::NumberedRow,
    memory::properties::{PropertyColumns, PropertyColumnsBuilder},
};

/// Days are joined up to so many times the rows that make a part.
pub(crate) const JOINED: usize = 4;

/// Rows in the order in which they came.
#[derive(Default)]
pub(crate) struct Gathered {
    /// Without their properties.
    rows: Vec<NumberedRow>,
    properties: PropertyColumnsBuilder,
}

/// Rows of one part, sorted by (id index, time, item hash).
pub(crate) struct Run {
    /// Without their properties.
    pub(crate) rows: Vec<NumberedRow>,
    pub(crate) properties: PropertyColumns,
}

/// A row and its place in `Gathered`.
type Placed = (u32, NumberedRow);

impl Gathered {
    /// Adds a row.
    pub(crate) fn add(&mut self, mut row: NumberedRow) {
        let place = place(self.rows.len());
        for (name, value) in std::mem::take(&mut row.row.properties) {
            self.properties.push(&name, place, &value);
        }
        self.rows.push(row);
    }

    /// Adds every row of a part.
    pub(crate) fn add_part(&mut self, part: &SealedPart) -> Result<(), EngineError> {
        let rows = part.bare_rows()?;
        let places: Vec<u32> = (place(self.rows.len())..).take(rows.len()).collect();
        part.append_properties(&mut self.properties, &places)?;
        self.rows.extend(rows);
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows' item hashes.
    pub(crate) fn hashes(&self) -> Vec<ItemHash> {
        self.rows.iter().map(|row| row.row.hash).collect()
    }

    /// Runs of whole days, the oldest first: a day of its own from `seal_rows` rows on, else days are joined
    /// up to [`JOINED`] times that.
    pub(crate) fn into_runs(self, seal_rows: usize) -> impl Iterator<Item = Run> {
        let count = self.rows.len();
        let properties = self.properties.finish(count);
        let mut rows: Vec<Placed> = (0_u32..).zip(self.rows).collect();
        rows.sort_by_key(day);
        let mut days = Days(rows.into_iter().peekable()).peekable();
        let mut next = move || {
            let mut run = days.next()?;
            if run.len() < seal_rows {
                while let Some(more) = days.next_if(|more| {
                    more.len() < seal_rows && run.len() + more.len() <= JOINED * seal_rows
                }) {
                    run.extend(more);
                }
            }
            Some(run)
        };
        std::iter::from_fn(move || Some(Run::of(next()?, &properties, count)))
    }
}

impl Run {
    fn of(mut rows: Vec<Placed>, all: &PropertyColumns, count: usize) -> Self {
        rows.sort_unstable_by_key(|(_, row)| (row.id, row.row.time, row.row.hash));
        let mut new_row = vec![MISSING; count];
        for (new, (old, _)) in (0_u32..).zip(&rows) {
            new_row[*old as usize] = new;
        }
        let mut properties = PropertyColumnsBuilder::default();
        for (name, column) in all.iter() {
            properties.append(name, column, &new_row);
        }
        Self {
            properties: properties.finish(rows.len()),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        }
    }
}

/// Rows that are sorted by day, a day at a time.
struct Days(Peekable<IntoIter<Placed>>);

impl Iterator for Days {
    type Item = Vec<Placed>;

    fn next(&mut self) -> Option<Vec<Placed>> {
        let first = self.0.next()?;
        let today = day(&first);
        let mut rows = vec![first];
        while let Some(row) = self.0.next_if(|row| day(row) == today) {
            rows.push(row);
        }
        Some(rows)
    }
}

fn day((_, row): &Placed) -> i64 {
    row.row.time.div_euclid(DAY_MS)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(MISSING)
}

#[cfg(test)]
mod tests {
    use empmix_model::Properties;
    use serde_json::json;

    use super::*;
    use crate::memory::row::EventRow;

    fn gathered(days: &[(i64, usize)]) -> Gathered {
        let row = |day: i64, id: u32| NumberedRow {
            id,
            code: 0,
            row: EventRow {
                hash: ItemHash([0; 16]),
                event: "view".into(),
                distinct_id: "ann".into(),
                time: day * DAY_MS + 5,
                client_time: None,
                received_at: 0,
                insert_id: "i".into(),
                session_id: None,
                message_id: [0; 16],
                content: 0,
                properties: Properties::from_iter([(format!("day {day}"), json!(id))]),
                id_day: None,
            },
        };
        let mut gathered = Gathered::default();
        for (day, count) in days {
            // The last id comes first.
            (0..place(*count))
                .rev()
                .for_each(|id| gathered.add(row(*day, id)));
        }
        gathered
    }

    #[test]
    fn a_large_day_stands_alone_and_small_ones_are_joined() {
        let days = [
            (3, 2),
            (1, 3),
            (2, 10),
            (5, 9),
            (4, 9),
            (6, 9),
            (7, 9),
            (8, 9),
        ];
        let runs = gathered(&days).into_runs(10);
        let sizes: Vec<usize> = runs.map(|run| run.rows.len()).collect();
        assert_eq!(sizes, [3, 10, 38, 9]);
    }

    #[test]
    fn a_run_has_the_properties_of_its_rows_and_no_others() {
        let runs: Vec<Run> = gathered(&[(1, 10), (2, 11)]).into_runs(10).collect();
        assert_eq!(runs.len(), 2);
        for (day, run) in (1..).zip(&runs) {
            let names: Vec<&str> = run.properties.iter().map(|(name, _)| name).collect();
            assert_eq!(names, [format!("day {day}")]);
            for (at, row) in (0..).zip(&run.rows) {
                assert_eq!(row.id, at, "sorted");
                let properties = run.properties.row(at);
                assert_eq!(json!(properties), json!({format!("day {day}"): row.id}));
            }
        }
    }
}

//! What the schema page shows: event names, properties, types, frequent values.
//!
//! Names, times and properties are streamed and counted here: on the server the same count takes
//! ten times as long. What was counted is kept in memory by *slice* of time, so that only slices in
//! which something was stored since are streamed again. Slices are UTC days, and [`DAYS`] days
//! together where they are older than the newest two such runs.
//!
//! Whether something was stored is told by the collection `days`, `{_id: {p, day}, v}`: a writer
//! counts up `v` of each day that it stored events of, after the insert and before it answers. A
//! reader reads `v` first: what it counts may then hold more than `v` says, never less, and is
//! counted again the next time.

mod count;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use empmix_model::{DAY_MS, ids::ProjectId, stored::EventSchema};
use mongodb::{
    bson::{Bson, Document, RawDocumentBuf, doc},
    error::Error,
};

use super::{
    MongoStore,
    calls::{listed, within},
    documents::{project_id, time},
    facts::broken,
};
use count::Counted;
use empmix_store::StoreError;

/// Days that old slices cover.
const DAYS: i64 = 32;
/// Slices that are kept over all projects.
const SLICES: usize = 2_000;
/// Events of one answer of the server.
const BATCH: u32 = 5_000;

/// The slices that were counted.
#[derive(Debug, Default)]
pub(super) struct Slices(Mutex<HashMap<(ProjectId, Slice), Counting>>);

/// Days from the first (since 1970), included, to the last, excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Slice {
    from: i64,
    to: i64,
}

/// What a slice held when its days had been written so many times.
#[derive(Debug, Clone)]
struct Counting {
    writes: i64,
    counted: Arc<Counted>,
}

impl MongoStore {
    pub(super) async fn names_and_properties(
        &self,
        project: ProjectId,
    ) -> Result<Vec<EventSchema>, StoreError> {
        let mut all = Counted::default();
        for (slice, writes) in self.slices(project).await? {
            let counted = match self.schemas.kept(project, slice, writes) {
                Some(counted) => counted,
                None => {
                    let counted = Arc::new(self.count(project, slice).await?);
                    let counting = Counting {
                        writes,
                        counted: Arc::clone(&counted),
                    };
                    self.schemas.keep(project, slice, counting);
                    counted
                }
            };
            all.merge(&counted);
        }
        Ok(all.schema())
    }

    /// Says that events of these days were stored.
    pub(super) async fn mark_days(
        &self,
        project: ProjectId,
        days: BTreeSet<i64>,
    ) -> Result<(), StoreError> {
        let statements = days.into_iter().map(|day| {
            let id = doc! {"p": project_id(project), "day": day};
            doc! {"q": {"_id": id}, "u": {"$inc": {"v": 1_i64}}, "upsert": true}
        });
        self.update_all("days", statements.collect()).await
    }

    /// The slices that hold events, each with how often its days were written.
    async fn slices(&self, project: ProjectId) -> Result<BTreeMap<Slice, i64>, StoreError> {
        let (first, last) = (doc! {"p": project_id(project)}, Bson::MaxKey);
        let of_project = doc! {"$gte": first, "$lt": {"p": project_id(project), "day": last}};
        let days = self.newest("days");
        let found = listed(
            self.options.call_deadline,
            days.find(doc! {"_id": of_project}).sort(doc! {"_id": 1}),
        )
        .await?;
        let read = |day: &Document| {
            let number = day.get_document("_id").ok()?.get_i64("day").ok()?;
            Some((number, day.get_i64("v").ok()?))
        };
        let days = found
            .iter()
            .map(|day| read(day).ok_or_else(|| broken("a day")))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(cut(&days))
    }

    /// Streams and counts the events of a slice.
    async fn count(&self, project: ProjectId, slice: Slice) -> Result<Counted, StoreError> {
        let deadline = self.options.query_deadline;
        let times = doc! {"$gte": time(slice.from * DAY_MS), "$lt": time(slice.to * DAY_MS)};
        let events = self.unmoving::<RawDocumentBuf>("events");
        let call = events
            .find(doc! {"p": project_id(project), "t": times})
            .projection(doc! {"_id": 0, "e": 1, "t": 1, "props": 1})
            .batch_size(BATCH)
            .max_time(deadline);
        let read = async {
            let mut session = self.session_at(None).await?;
            let mut rows = call.session(&mut session).await?;
            let mut counted = Counted::default();
            while rows.advance(&mut session).await? {
                let added = counted.add(rows.current());
                added.ok_or_else(|| Error::custom(broken("an event")))?;
            }
            Ok(counted.finish())
        };
        within(deadline, read).await
    }
}

/// Days with their writes, ascending, as slices.
fn cut(days: &[(i64, i64)]) -> BTreeMap<Slice, i64> {
    let newest = days.last().map_or(0, |(day, _)| day.div_euclid(DAYS));
    let mut slices = BTreeMap::new();
    for (day, writes) in days {
        let run = day.div_euclid(DAYS);
        let slice = if run + 1 >= newest {
            Slice {
                from: *day,
                to: day + 1,
            }
        } else {
            Slice {
                from: run * DAYS,
                to: (run + 1) * DAYS,
            }
        };
        *slices.entry(slice).or_default() += writes;
    }
    slices
}

impl Slices {
    fn kept(&self, project: ProjectId, slice: Slice, writes: i64) -> Option<Arc<Counted>> {
        let slices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counting = slices.get(&(project, slice))?;
        (counting.writes == writes).then(|| Arc::clone(&counting.counted))
    }

    fn keep(&self, project: ProjectId, slice: Slice, counting: Counting) {
        let mut slices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slices.len() >= SLICES {
            // Rare, and only a matter of time: everything is counted again.
            slices.clear();
        }
        slices.insert((project, slice), counting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_days_stand_alone_and_old_ones_together() {
        let newest = 100 * DAYS;
        let days = [
            (5, 1),
            (7, 2),
            (newest - DAYS - 1, 3),
            (newest - DAYS, 4),
            (newest - 1, 5),
            (newest + 3, 6),
        ];
        let day = |day| Slice {
            from: day,
            to: day + 1,
        };
        let run = |run| Slice {
            from: run * DAYS,
            to: (run + 1) * DAYS,
        };
        let expected = [
            (run(0), 3),
            (run(98), 3),
            (day(newest - DAYS), 4),
            (day(newest - 1), 5),
            (day(newest + 3), 6),
        ];
        assert_eq!(cut(&days), BTreeMap::from(expected));
        assert_eq!(cut(&[]), BTreeMap::new());
    }
}

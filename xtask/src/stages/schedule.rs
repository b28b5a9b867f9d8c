//! Which tests of a program run now, and until when: from the order in which libtest starts them.
//!
//! libtest runs the tests in the order of its list on a fixed number of threads, and prints a line
//! when one ends. So the tests that run are always the first unfinished ones of the list, and each
//! has run since the line that freed its place. That gives every test a deadline without a line of
//! code in it, and a program that hangs is killed with the names of the tests that hung.

use std::time::{Duration, Instant};

/// A test that was started.
struct Started {
    name: String,
    at: Instant,
}

/// The tests of one run of a program.
pub(super) struct Schedule {
    waiting: std::vec::IntoIter<String>,
    running: Vec<Started>,
    limit: Duration,
}

impl Schedule {
    /// The tests in libtest's order, on this many threads, each with this limit.
    pub(super) fn new(tests: Vec<String>, threads: usize, limit: Duration, now: Instant) -> Self {
        let mut schedule = Self {
            waiting: tests.into_iter(),
            running: Vec::new(),
            limit,
        };
        (0..threads).for_each(|_| schedule.start_next(now));
        schedule
    }

    fn start_next(&mut self, now: Instant) {
        let next = self.waiting.next();
        self.running
            .extend(next.map(|name| Started { name, at: now }));
    }

    /// A test has ended; the next one has started.
    pub(super) fn ended(&mut self, name: &str, now: Instant) {
        if let Some(index) = self.running.iter().position(|test| test.name == name) {
            self.running.swap_remove(index);
            self.start_next(now);
        }
    }

    /// How long until the next deadline; after the last test, the limit for the end of the program.
    pub(super) fn time_left(&self, now: Instant) -> Duration {
        let deadlines = self.running.iter().map(|test| test.at + self.limit);
        deadlines.min().map_or(self.limit, |deadline| {
            deadline.saturating_duration_since(now)
        })
    }

    /// The tests that run: those past their deadline, or all of them where none is; and all others
    /// that have not ended.
    pub(super) fn split(self, now: Instant) -> (Vec<String>, Vec<String>) {
        let any_late = self.running.iter().any(|test| test.at + self.limit <= now);
        let (late, others): (Vec<_>, Vec<_>) = self
            .running
            .into_iter()
            .partition(|test| !any_late || test.at + self.limit <= now);
        let names = |tests: Vec<Started>| tests.into_iter().map(|test| test.name);
        (
            names(late).collect(),
            names(others).chain(self.waiting).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn schedule(now: Instant) -> Schedule {
        let tests = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        Schedule::new(tests, 2, LIMIT, now)
    }

    #[test]
    fn a_test_has_its_time_from_its_own_start() {
        let start = Instant::now();
        let mut schedule = schedule(start);
        assert_eq!(schedule.time_left(start), LIMIT);
        let later = start + Duration::from_secs(4);
        schedule.ended("a", later);
        schedule.ended("b", later);
        assert_eq!(schedule.time_left(later), LIMIT, "c and d began just now");
        schedule.ended("c", later);
        schedule.ended("d", later);
        assert_eq!(
            schedule.time_left(later),
            LIMIT,
            "the program may take its time to end"
        );
    }

    #[test]
    fn the_test_that_hangs_is_named_and_the_others_are_run_again() {
        let start = Instant::now();
        let mut schedule = schedule(start);
        let late = start + LIMIT;
        schedule.ended("a", start + Duration::from_secs(1));
        let (hung, others) = schedule.split(late);
        assert_eq!(
            (hung, others),
            (vec!["b".to_owned()], vec!["c".to_owned(), "d".to_owned()])
        );
    }

    #[test]
    fn where_the_program_ended_by_itself_all_that_ran_are_named() {
        let start = Instant::now();
        let (hung, others) = schedule(start).split(start);
        assert_eq!(hung, ["a", "b"]);
        assert_eq!(others, ["c", "d"]);
    }
}

//! Threads and tasks that must not end unnoticed.
//!
//! Each holds a [`Guard`] while it runs. One that is dropped without [`Guard::done`], by a panic or a
//! forgotten return, raises the alarm with its name: the process answers that it is not ready and ends,
//! and its supervisor starts it again.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use tokio::sync::Notify;

/// Says once why the process must end. Clones are the same alarm.
#[derive(Clone, Default)]
pub struct Alarm(Arc<State>);

#[derive(Default)]
struct State {
    reason: OnceLock<String>,
    raised: Notify,
    sabotaged: Option<String>,
}

/// The mark of a thread or task that runs.
#[derive(Debug)]
pub struct Guard {
    alarm: Alarm,
    name: &'static str,
    is_done: bool,
}

impl Alarm {
    /// An alarm under which the thread or task with this name panics, or a promise with this name is
    /// not kept: a test sees what follows.
    pub fn sabotaging(name: String) -> Self {
        Self(Arc::new(State {
            sabotaged: Some(name),
            ..State::default()
        }))
    }

    /// Whether the promise with this name is not kept.
    pub fn is_sabotaged(&self, promise: &str) -> bool {
        self.0.sabotaged.as_deref() == Some(promise)
    }

    /// Raises the alarm; the first reason stays.
    pub fn raise(&self, reason: impl Into<String>) {
        if self.0.reason.set(reason.into()).is_ok() {
            self.0.raised.notify_waiters();
        }
    }

    /// Why the process must end, once it must.
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.get().map(String::as_str)
    }

    /// Waits until it is raised.
    pub async fn raised(&self) -> &str {
        loop {
            let raised = self.0.raised.notified();
            if let Some(reason) = self.reason() {
                return reason;
            }
            raised.await;
        }
    }

    /// Marks a thread or task as running; the name is shown to people.
    pub fn guard(&self, name: &'static str) -> Guard {
        Guard {
            alarm: self.clone(),
            name,
            is_done: false,
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarm").field(&self.reason()).finish()
    }
}

impl Guard {
    /// Called in each turn of the loop that it guards: where a sabotaged one panics.
    ///
    /// # Panics
    /// It is sabotaged.
    pub fn turn(&self) {
        assert!(!self.alarm.is_sabotaged(self.name), "sabotaged");
    }

    /// The thread or task ends as it should.
    pub fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.is_done {
            let how = if std::thread::panicking() {
                "panicked"
            } else {
                "ended"
            };
            self.alarm.raise(format!("the {} {how}", self.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_end_that_was_not_announced_raises_the_alarm() {
        let alarm = Alarm::default();
        alarm.guard("writer").done();
        assert_eq!(alarm.reason(), None);
        drop(alarm.guard("reader"));
        drop(alarm.guard("sealer"));
        assert_eq!(alarm.reason(), Some("the reader ended"));
    }

    #[tokio::test]
    async fn a_panic_is_waited_for() {
        let alarm = Alarm::sabotaging("writer".to_owned());
        let others = alarm.clone();
        let thread = std::thread::spawn(move || {
            let guard = others.guard("reader");
            guard.turn();
            guard.done();
            others.guard("writer").turn();
        });
        assert_eq!(alarm.raised().await, "the writer panicked");
        assert!(thread.join().is_err());
    }
}

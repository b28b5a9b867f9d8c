//! Projects that are set aside: their batches keep failing while the store takes those of others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use empmix_backoff::Backoff;
use empmix_model::ids::ProjectId;
use tokio::time::Instant;

/// The shortest and the longest time for which a project is set aside.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The projects that are set aside, and why. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct SetAside(Arc<Mutex<BTreeMap<ProjectId, Circuit>>>);

#[derive(Debug)]
struct Circuit {
    reason: String,
    backoff: Backoff,
    until: Instant,
}

impl SetAside {
    /// The projects, and why each is set aside.
    pub fn reasons(&self) -> Vec<(ProjectId, String)> {
        let circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reasons = circuits.iter();
        reasons
            .map(|(project, circuit)| (*project, circuit.reason.clone()))
            .collect()
    }

    /// How long the project is still set aside; `None` when its batches are to be tried.
    pub(crate) fn wait(&self, project: ProjectId) -> Option<Duration> {
        let circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let circuit = circuits.get(&project)?;
        let left = circuit.until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// A batch of the project failed, again.
    pub(crate) fn open(&self, project: ProjectId, reason: String) {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let circuit = circuits.entry(project).or_insert_with(|| Circuit {
            reason: String::new(),
            backoff: Backoff::new(PAUSES.0, PAUSES.1),
            until: Instant::now(),
        });
        circuit.until = Instant::now() + circuit.backoff.next_delay();
        circuit.reason = reason;
    }

    /// A batch of the project was written.
    pub(crate) fn close(&self, project: ProjectId) {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.remove(&project);
    }
}

//! Jobs: what is accepted, what is stored, and when they end.

use empmix_model::{
    envelope::{Envelope, JobPart},
    ids::JobId,
    job::{Job, JobKind, JobState},
};

use super::{
    Harness,
    fixtures::{Fixture, NOON, event, items},
};
use crate::StoreError;

const JOB: JobId = JobId([3; 8]);

async fn open(fixture: &Fixture) -> Job {
    let kind = JobKind::Import;
    let job = fixture
        .store
        .open_job(JOB, fixture.project, kind, NOON)
        .await;
    job.unwrap()
}

async fn store_part(fixture: &Fixture, part: u64) {
    let number = u32::try_from(part).unwrap();
    let message = Envelope {
        job: Some(JobPart { job: JOB, part }),
        ..fixture.message(
            number,
            items([event(&part.to_string(), "ann", "view", NOON)]),
        )
    };
    fixture.write(vec![message]).await;
}

/// Closing becomes done by itself once every accepted part is stored.
pub async fn a_job_ends_when_every_part_is_stored(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let job = open(&fixture).await;
    let expected = Job {
        id: JOB,
        project: fixture.project,
        kind: JobKind::Import,
        state: JobState::Running,
        done: 0,
        total: 0,
        error: None,
        created_at: NOON,
    };
    assert_eq!(job, expected);
    let job = async || fixture.store.job(JOB).await.unwrap();
    // A part may be stored before its acceptance was noted.
    store_part(&fixture, 500).await;
    fixture.store.accept_parts(JOB, &[1, 500]).await.unwrap();
    let state = job().await;
    assert_eq!(
        (state.state, state.done, state.total),
        (JobState::Running, 1, 2)
    );
    let close = fixture.store.set_job_state(JOB, JobState::Closing, None);
    close.await.unwrap();
    assert_eq!(job().await.state, JobState::Closing);
    store_part(&fixture, 1).await;
    let state = job().await;
    assert_eq!(
        (state.state, state.done, state.total),
        (JobState::Done, 2, 2)
    );
    let fixture = fixture.reopen(harness).await;
    assert_eq!(fixture.store.job(JOB).await.unwrap().state, JobState::Done);
    let unknown = fixture.store.job(JobId([4; 8])).await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound(_))),
        "{unknown:?}"
    );
}

/// Accepting and storing a part twice counts once; opening a job again returns it.
pub async fn parts_of_a_job_are_a_set(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    open(&fixture).await;
    for _ in 0..2 {
        fixture
            .store
            .accept_parts(JOB, &[1, 2, 3, 2])
            .await
            .unwrap();
        store_part(&fixture, 2).await;
    }
    let again = fixture
        .store
        .open_job(JOB, fixture.project, JobKind::Import, NOON + 5)
        .await
        .unwrap();
    assert_eq!((again.done, again.total, again.created_at), (1, 3, NOON));
}

/// What a job says is stored is in every answer: a caller that waits for its end asks at once.
pub async fn what_a_job_says_is_stored_is_seen(harness: &impl Harness) {
    const ITEMS: u32 = 3_000;
    let fixture = Fixture::new(harness).await;
    open(&fixture).await;
    for part in 1..=8 {
        let events = (0..ITEMS).map(|n| event(&format!("{part}-{n}"), "ann", "view", NOON));
        let message = Envelope {
            job: Some(JobPart {
                job: JOB,
                part: part.into(),
            }),
            ..fixture.message(part, items(events))
        };
        let parts = [part.into()];
        fixture.store.accept_parts(JOB, &parts).await.unwrap();
        let seen = async {
            while fixture.store.job(JOB).await.unwrap().done < part.into() {}
            fixture.totals(None).await.0
        };
        let (_, total) = futures::join!(fixture.write(vec![message]), seen);
        assert_eq!(total, f64::from(part * ITEMS));
    }
}

/// A job that was stopped, or could not go on, stays so.
pub async fn a_job_is_stopped(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    open(&fixture).await;
    fixture.store.accept_parts(JOB, &[1]).await.unwrap();
    let cancel = fixture.store.set_job_state(JOB, JobState::Cancelled, None);
    cancel.await.unwrap();
    store_part(&fixture, 1).await;
    assert_eq!(
        fixture.store.job(JOB).await.unwrap().state,
        JobState::Cancelled
    );
    // Its sender, which does not know it yet, goes on and closes it.
    let accepted = fixture.store.accept_parts(JOB, &[2]).await;
    assert_eq!(accepted, Ok(JobState::Cancelled));
    for late in [JobState::Closing, JobState::Failed] {
        let error = Some("late".to_owned());
        fixture.store.set_job_state(JOB, late, error).await.unwrap();
        let job = fixture.store.job(JOB).await.unwrap();
        assert_eq!((job.state, job.error), (JobState::Cancelled, None));
    }
    let unknown = fixture
        .store
        .set_job_state(JobId([4; 8]), JobState::Done, None)
        .await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound(_))),
        "{unknown:?}"
    );
}

/// A job that could not go on says why, whatever comes later.
pub async fn a_job_fails_with_its_reason(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    open(&fixture).await;
    let accepted = fixture.store.accept_parts(JOB, &[1]).await;
    assert_eq!(accepted, Ok(JobState::Running));
    let error = Some("the disk is full".to_owned());
    let states = [
        (JobState::Failed, error.clone()),
        (JobState::Cancelled, None),
    ];
    for (state, error) in states {
        let moved = fixture.store.set_job_state(JOB, state, error);
        moved.await.unwrap();
    }
    let job = fixture.store.job(JOB).await.unwrap();
    assert_eq!((job.state, job.error), (JobState::Failed, error));
    let unknown = fixture.store.accept_parts(JobId([4; 8]), &[1]).await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound(_))),
        "{unknown:?}"
    );
}

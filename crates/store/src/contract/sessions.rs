//! Session metrics under every order.

use empmix_model::{item::Event, stored::SessionMetrics};

use super::{
    Harness,
    fixtures::{Fixture, NOON, event, new_project},
};

fn visit(insert_id: &str, name: &str, session: &str, time: i64) -> Event {
    Event {
        session_id: Some(session.into()),
        ..event(insert_id, "ann", name, time)
    }
}

/// Metrics are the same for every order of arrival, and a replay adds nothing.
pub async fn session_metrics_are_a_fold(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let visits = [
        visit("a", "open", "s1", NOON),
        visit("b", "view", "s1", NOON + 5_000),
        visit("c", "buy", "s1", NOON + 9_000),
        visit("d", "view", "s2", NOON + 7_000),
    ];
    for (number, at) in (1..).zip([2, 1, 3, 0]) {
        fixture.write_events(number, vec![visits[at].clone()]).await;
    }
    // Again in other messages, and two at once that are the same.
    fixture.write_events(10, visits.to_vec()).await;
    let metrics = fixture.store.session(fixture.project, "s1").await.unwrap();
    let expected = SessionMetrics {
        session_id: "s1".into(),
        started_at: NOON,
        last_active_at: NOON + 9_000,
        events: 3,
        first_event: "open".into(),
        last_event: "buy".into(),
    };
    assert_eq!(metrics, Some(expected.clone()));
    assert_eq!(expected.duration_ms(), 9_000);
    // Equal times: the item hash decides who is first and last.
    let ties = ["e", "f", "g"].map(|id| visit(id, id, "s3", NOON));
    let mut by_hash = ties.clone();
    by_hash.sort_by_key(|event| event.id);
    fixture.write_events(11, vec![ties[1].clone()]).await;
    fixture
        .write_events(12, vec![ties[2].clone(), ties[0].clone()])
        .await;
    let tied = fixture
        .store
        .session(fixture.project, "s3")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (tied.first_event, tied.last_event),
        (by_hash[0].event.clone(), by_hash[2].event.clone())
    );
    let fixture = fixture.reopen(harness).await;
    let metrics = fixture.store.session(fixture.project, "s1").await.unwrap();
    assert_eq!(metrics, Some(expected));
}

/// One session id in two projects is two sessions; an unknown one is none.
pub async fn a_session_is_known_by_its_project(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let two = fixture
        .store
        .create_project(new_project(2, "two"))
        .await
        .unwrap();
    fixture
        .write_events(1, vec![visit("a", "open", "s1", NOON)])
        .await;
    let elsewhere = fixture.store.session(two.id, "s1").await.unwrap();
    assert_eq!(elsewhere, None);
    let unknown = fixture.store.session(fixture.project, "s9").await.unwrap();
    assert_eq!(unknown, None);
}

//! Dead letters, and the tries of items that may end the process.

use empmix_model::{
    dead::{DEAD_LETTER_VERSION, DeadLetter, DeadReason, LetterId},
    ids::ProjectId,
    item::Item,
};

use super::{
    Harness,
    fixtures::{Fixture, NOON, event, message_id},
};

fn letter(number: u32, project: Option<ProjectId>) -> DeadLetter {
    DeadLetter {
        v: DEAD_LETTER_VERSION,
        reason: DeadReason::UnknownProject,
        project,
        message_id: message_id(number),
        index: project.map(|_| number),
        received_at: Some(NOON),
        attempts: number,
        original: format!("bytes{number}"),
    }
}

/// Letters are kept once, the last kept first, also after a reopening.
pub async fn letters_are_kept_once(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    // The same item in two projects is two letters.
    let letters = [
        letter(1, None),
        letter(2, Some(fixture.project)),
        letter(2, Some(ProjectId([9; 8]))),
        letter(3, Some(ProjectId([9; 8]))),
    ];
    for letter in &letters {
        fixture
            .store
            .keep_letters(std::slice::from_ref(letter))
            .await
            .unwrap();
        // The server's clock has milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let mut again = letter(1, None);
    again.attempts = 9;
    fixture.store.keep_letters(&[again]).await.unwrap();
    fixture.store.keep_letters(&[]).await.unwrap();
    let fixture = fixture.reopen(harness).await;
    let kept = fixture.store.dead_letters(10).await.unwrap();
    let newest: Vec<_> = letters.iter().rev().cloned().collect();
    assert_eq!(kept, newest);
    assert_eq!(fixture.store.dead_letters(1).await.unwrap(), newest[..1]);
    assert_eq!(fixture.store.dead_letters(0).await.unwrap(), []);
}

/// Tries are counted across reopenings, until they end.
pub async fn tries_are_counted_until_they_end(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let id = |name: &str| {
        let item = Item::Event(event(name, "u", "view", NOON));
        LetterId::of_item(fixture.project, &item)
    };
    let (one, other) = (id("one"), id("other"));
    assert_eq!(fixture.store.begin_try(one).await, Ok(0));
    assert_eq!(fixture.store.begin_try(one).await, Ok(1));
    assert_eq!(fixture.store.begin_try(other).await, Ok(0));
    let fixture = fixture.reopen(harness).await;
    assert_eq!(fixture.store.begin_try(one).await, Ok(2));
    fixture.store.end_tries(&[one]).await.unwrap();
    assert_eq!(fixture.store.begin_try(one).await, Ok(0));
    assert_eq!(fixture.store.begin_try(other).await, Ok(1));
}

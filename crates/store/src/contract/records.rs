//! Records: versions, order, and what belongs to whom.

use empmix_model::ids::ProjectId;
use futures::future::{join, join_all};
use serde_json::json;

use super::{
    Harness,
    fixtures::{NOON, new_project},
};
use crate::{Record, RecordKey, RecordKind, Store, StoreError};

const PROJECT: ProjectId = ProjectId([1; 8]);

fn key(project: u8, kind: RecordKind, id: &str) -> RecordKey {
    RecordKey {
        project: ProjectId([project; 8]),
        kind,
        id: id.into(),
    }
}

async fn two_projects(store: &dyn Store) {
    for (number, name) in [(1, "one"), (2, "two")] {
        store
            .create_project(new_project(number, name))
            .await
            .unwrap();
    }
}

fn ids(records: &[Record]) -> Vec<&str> {
    records
        .iter()
        .map(|record| record.key.id.as_str())
        .collect()
}

/// A record is made, replaced and removed; each write names the version before it. Everything is
/// there after a reopening.
pub async fn a_record_has_versions(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    let report = key(1, RecordKind::Report, "weekly é");
    let missing = store.record(&report).await;
    assert!(
        matches!(missing, Err(StoreError::NotFound(_))),
        "{missing:?}"
    );
    let body = json!({"$set": {"a.b": [1, 2.5, null]}, "": "\u{0}"});
    let made = store
        .create_record(report.clone(), body.clone(), NOON)
        .await
        .unwrap();
    assert_eq!(
        (made.version, made.updated_at, &made.body),
        (1, NOON, &body)
    );
    let again = store.create_record(report.clone(), json!(1), NOON).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let second = store
        .update_record(report.clone(), 1, json!({}), NOON + 1)
        .await
        .unwrap();
    assert_eq!((second.version, second.updated_at), (2, NOON + 1));
    store.close().await;
    drop(store);
    let store = harness.open().await;
    assert_eq!(store.record(&report).await.unwrap(), second);
    store.delete_record(report.clone(), 2).await.unwrap();
    let gone = store.update_record(report.clone(), 2, json!(1), NOON).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    let gone = store.delete_record(report, 2).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
}

/// A write that names an older version is a conflict and changes nothing.
pub async fn a_stale_write_changes_nothing(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    let board = key(1, RecordKind::Board, "b");
    store
        .create_record(board.clone(), json!(1), NOON)
        .await
        .unwrap();
    let second = store
        .update_record(board.clone(), 1, json!(2), NOON)
        .await
        .unwrap();
    for version in [0, 1, 3] {
        let stale = store
            .update_record(board.clone(), version, json!(3), NOON + 9)
            .await;
        assert!(matches!(stale, Err(StoreError::Conflict(_))), "{stale:?}");
        let stale = store.delete_record(board.clone(), version).await;
        assert!(matches!(stale, Err(StoreError::Conflict(_))), "{stale:?}");
    }
    assert_eq!(store.record(&board).await.unwrap(), second);
}

/// Of writers at one time that replace one version exactly one wins; of those that make one id, too.
pub async fn one_of_many_writers_wins(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    let plan = key(1, RecordKind::Plan, "p");
    let makers = (0..8).map(|n| store.create_record(plan.clone(), json!(n), NOON));
    let made = join_all(makers).await;
    assert_eq!(
        made.iter().filter(|made| made.is_ok()).count(),
        1,
        "{made:?}"
    );
    let writers = (0..8).map(|n| store.update_record(plan.clone(), 1, json!(n), NOON));
    let written = join_all(writers).await;
    let winners: Vec<_> = written.into_iter().filter_map(Result::ok).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.record(&plan).await.unwrap(), winners[0]);
}

/// A list is in the order of ids, in pages, and holds one kind of one project.
pub async fn records_are_listed_by_id(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    for id in ["b", "a", "ä", "c", "B"] {
        let made = store.create_record(key(1, RecordKind::Cohort, id), json!(id), NOON);
        made.await.unwrap();
    }
    // The same ids in another project and of another kind.
    for other in [
        key(2, RecordKind::Cohort, "a"),
        key(1, RecordKind::Alert, "b"),
    ] {
        store.create_record(other, json!(null), NOON).await.unwrap();
    }
    let list = |after: Option<&'static str>, limit| {
        let store = &store;
        async move {
            let page = store.records(PROJECT, RecordKind::Cohort, after, limit);
            page.await.unwrap()
        }
    };
    assert_eq!(ids(&list(None, 100).await), ["B", "a", "b", "c", "ä"]);
    assert_eq!(ids(&list(None, 2).await), ["B", "a"]);
    assert_eq!(ids(&list(Some("a"), 2).await), ["b", "c"]);
    assert_eq!(ids(&list(Some("ä"), 2).await), [""; 0]);
    let tokens = store.records(PROJECT, RecordKind::Token, None, 10).await;
    assert_eq!(tokens.unwrap(), []);
}

/// Ids and bodies have a bound; a project must be there.
pub async fn records_are_bounded(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    let long = "x".repeat(65);
    for id in ["", long.as_str()] {
        let made = store
            .create_record(key(1, RecordKind::Report, id), json!(1), NOON)
            .await;
        assert!(matches!(made, Err(StoreError::Invalid(_))), "{made:?}");
    }
    let large = json!("x".repeat(256 * 1024));
    let made = store
        .create_record(key(1, RecordKind::Report, "r"), large, NOON)
        .await;
    assert!(matches!(made, Err(StoreError::Invalid(_))), "{made:?}");
    let made = store
        .create_record(key(9, RecordKind::Report, "r"), json!(1), NOON)
        .await;
    assert!(matches!(made, Err(StoreError::NotFound(_))), "{made:?}");
    // The largest that are taken, and an update beyond.
    let longest = key(1, RecordKind::Report, &"é".repeat(32));
    let largest = json!("x".repeat(256 * 1024 - 2));
    let made = store.create_record(longest.clone(), largest.clone(), NOON);
    let made = made.await.unwrap();
    let beyond = json!("x".repeat(256 * 1024 - 1));
    let written = store.update_record(longest.clone(), 1, beyond, NOON).await;
    assert!(
        matches!(written, Err(StoreError::Invalid(_))),
        "{written:?}"
    );
    assert_eq!(store.record(&longest).await.unwrap(), made);
    assert_eq!(made.body, largest);
}

/// A page holds at least one record and at most a thousand, whatever is asked for.
pub async fn pages_of_records_are_bounded(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    for hundred in 0..11 {
        let made = join_all((0..100).map(|number| {
            let id = format!("{:04}", hundred * 100 + number);
            store.create_record(key(1, RecordKind::Report, &id), json!(1), NOON)
        }));
        assert!(made.await.iter().all(Result::is_ok));
    }
    for (asked, given) in [(0, 1), (1, 1), (1_000, 1_000), (1_001, 1_000)] {
        let page = store.records(PROJECT, RecordKind::Report, None, asked);
        assert_eq!(page.await.unwrap().len(), given, "{asked}");
    }
}

/// A walk through the pages meets every record that stays, once, also while others come and go.
pub async fn pages_of_records_are_walked_while_they_change(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    let report = |number: u32| key(1, RecordKind::Report, &format!("{number:03}"));
    for number in 0..60 {
        let made = store.create_record(report(number), json!(number), NOON);
        made.await.unwrap();
    }
    let (mut seen, mut after, mut change) = (Vec::new(), None::<String>, 1);
    loop {
        let page = store.records(PROJECT, RecordKind::Report, after.as_deref(), 7);
        let page = page.await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key.id.clone());
        seen.extend(page.into_iter().map(|record| record.key.id));
        // Before the walk and behind it some go, unless they changed or are gone; some come, some
        // change.
        let gone = store.delete_record(report(change * 3 % 60), 1).await;
        let stays = matches!(gone, Err(StoreError::NotFound(_) | StoreError::Conflict(_)));
        assert!(gone.is_ok() || stays, "{gone:?}");
        let fresh = format!("{:03}x{change}", change * 5 % 60);
        let fresh = key(1, RecordKind::Report, &fresh);
        store.create_record(fresh, json!(0), NOON).await.unwrap();
        let changed = report((change * 7 + 1) % 60);
        let _ = store.update_record(changed, 1, json!(0), NOON + 1).await;
        change += 1;
    }
    let mut ascending = seen.clone();
    ascending.sort();
    ascending.dedup();
    assert_eq!(seen, ascending, "in order, and none twice");
    let stayed = store.records(PROJECT, RecordKind::Report, None, 1_000);
    for record in stayed.await.unwrap() {
        let is_fresh = record.key.id.contains('x');
        assert!(
            is_fresh || seen.contains(&record.key.id),
            "{:?}",
            record.key
        );
    }
}

/// Of an update and a removal of one version at one time exactly one wins.
pub async fn an_update_and_a_removal_do_not_both_win(harness: &impl Harness) {
    let store = harness.open().await;
    two_projects(store.as_ref()).await;
    for number in 0..20 {
        let board = key(1, RecordKind::Board, &format!("b{number}"));
        let made = store.create_record(board.clone(), json!(1), NOON);
        made.await.unwrap();
        let (updated, removed) = join(
            store.update_record(board.clone(), 1, json!(2), NOON),
            store.delete_record(board.clone(), 1),
        )
        .await;
        assert_ne!(updated.is_ok(), removed.is_ok(), "{updated:?} {removed:?}");
        match store.record(&board).await {
            Ok(record) => assert_eq!(Some(record), updated.ok()),
            Err(error) => assert!(matches!(error, StoreError::NotFound(_)), "{error:?}"),
        }
        if let Err(lost) = removed {
            assert!(matches!(lost, StoreError::Conflict(_)), "{lost:?}");
        }
    }
}

//! Idempotence and bounds of warnings.

use empmix_model::{
    envelope::Envelope,
    limits::{ALTERATION_SAMPLES, REFUSED_KEPT},
    warning::{Alteration, Refused, WarningKind},
};

use super::{
    Harness,
    fixtures::{Fixture, NOON, event, event_with, items},
};
use crate::ItemOutcome;

fn refused(index: u32) -> Refused {
    Refused {
        index,
        kind: "invalid_request_error".into(),
        message: "The 'distinct_id' parameter is required.".into(),
        bytes: format!("{{\"event\":\"view\",\"n\":{index}}}"),
    }
}

fn altered(index: u32) -> Alteration {
    Alteration {
        item: event(&index.to_string(), "ann", "view", NOON).id,
        kind: WarningKind::StringCut,
        detail: format!("The string in 'text' was cut ({index})."),
    }
}

/// Refusals and alterations travel in the message and are added once, however often it comes;
/// also from a message that holds nothing else.
pub async fn warnings_are_added_once(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let first = Envelope {
        refused: vec![refused(0), refused(1)],
        altered: vec![altered(2)],
        ..fixture.message(1, items([event("2", "ann", "view", NOON)]))
    };
    let second = Envelope {
        refused: vec![refused(0)],
        ..fixture.message(2, Vec::new())
    };
    fixture
        .write(vec![first.clone(), second.clone(), first.clone()])
        .await;
    let written = fixture.write(vec![second, first]).await;
    assert_eq!(written.outcomes, [vec![], vec![ItemOutcome::Redelivered]]);
    let fixture = fixture.reopen(harness).await;
    let warnings = fixture.store.warnings(fixture.project, 100).await.unwrap();
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert_eq!(warnings[0].received_at, NOON + 2, "newest first");
    let bytes: Vec<_> = warnings
        .iter()
        .filter_map(|warning| warning.bytes.as_deref())
        .collect();
    assert!(bytes.contains(&"{\"event\":\"view\",\"n\":1}"), "{bytes:?}");
    let cut = warnings
        .iter()
        .find(|warning| warning.kind == WarningKind::StringCut);
    assert_eq!(cut.unwrap().message, "The string in 'text' was cut (2).");
    let one = fixture.store.warnings(fixture.project, 1).await.unwrap();
    assert_eq!(one, warnings[..1]);
}

/// Of refused bodies the newest ones are kept, and a tenth more at most.
pub async fn refused_bodies_are_bounded(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let count = u32::try_from(REFUSED_KEPT).unwrap() + 2500;
    for number in 0..13_u32 {
        let share = (number * 1000)..((number + 1) * 1000).min(count);
        let message = Envelope {
            refused: share.map(refused).collect(),
            ..fixture.message(number, Vec::new())
        };
        fixture.write(vec![message]).await;
    }
    let warnings = fixture
        .store
        .warnings(fixture.project, 20_000)
        .await
        .unwrap();
    let bound = REFUSED_KEPT..=REFUSED_KEPT + REFUSED_KEPT / 10;
    assert!(bound.contains(&warnings.len()), "{}", warnings.len());
    let mut kept: Vec<_> = warnings.iter().map(|warning| &warning.bytes).collect();
    kept.sort();
    let newest = count - u32::try_from(warnings.len()).unwrap()..count;
    let mut expected: Vec<_> = newest.map(|number| Some(refused(number).bytes)).collect();
    expected.sort();
    assert!(kept.into_iter().eq(&expected), "the newest are kept");
}

/// Of each type of alteration a bounded number of samples is kept per day.
pub async fn alterations_are_sampled(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let message = Envelope {
        altered: (0..300).map(altered).collect(),
        ..fixture.message(1, Vec::new())
    };
    let tomorrow = Envelope {
        received_at: NOON + empmix_model::DAY_MS,
        altered: (0..3).map(altered).collect(),
        ..fixture.message(2, Vec::new())
    };
    fixture.write(vec![message, tomorrow]).await;
    let warnings = fixture.store.warnings(fixture.project, 1000).await.unwrap();
    assert_eq!(warnings.len(), ALTERATION_SAMPLES + 3);
}

/// A conflict is a warning, once.
pub async fn a_conflict_is_a_warning(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let with = |plan: &str| event_with("i1", "ann", NOON, serde_json::json!({"plan": plan}));
    fixture.write_events(1, vec![with("pro")]).await;
    for _ in 0..3 {
        let outcomes = fixture.write_events(2, vec![with("free")]).await;
        assert_eq!(outcomes, [ItemOutcome::Conflict]);
    }
    let warnings = fixture.store.warnings(fixture.project, 100).await.unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].kind, WarningKind::IdConflict);
    assert_eq!(warnings[0].received_at, NOON + 2);
}

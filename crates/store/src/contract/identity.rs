//! The fold of facts, in every order of arrival.

use std::{collections::HashSet, sync::Arc};

use empmix_model::{
    identity::{LinkRefusal, facts_of, fold},
    item::{Authority, Item},
    limits::PAGE_ROWS,
    warning::WarningKind,
};

use super::{
    Harness,
    fixtures::{Fixture, NOON, event, link, new_project},
};

/// The documented example: facts 1..=5 as (source, destination, authority).
const EXAMPLE: [(&str, &str, Authority); 5] = [
    ("d1", "A", Authority::Client),
    ("d1", "B", Authority::Client),
    ("A", "B", Authority::Client),
    ("A", "B", Authority::Server),
    ("B", "A", Authority::Server),
];

const RESULTS: [Option<LinkRefusal>; 5] = [
    None,
    Some(LinkRefusal::SourceLinked),
    Some(LinkRefusal::SourceIdentified),
    None,
    Some(LinkRefusal::SameUser),
];

/// Writes fact `number` of the example as a message of its own.
async fn write_fact(fixture: &Fixture, number: u32) {
    let (source, destination, authority) = EXAMPLE[number as usize - 1];
    let fact = link(&format!("fact{number}"), source, destination, authority);
    let message = fixture.message(number, vec![Item::Instruction(fact)]);
    fixture.write(vec![message]).await;
}

async fn results(fixture: &Fixture) -> Vec<Option<LinkRefusal>> {
    let links = fixture.store.links(fixture.project).await.unwrap();
    links.into_iter().map(|folded| folded.refusal).collect()
}

async fn write_visits(fixture: &Fixture) {
    let visits = ["d1", "A", "B", "C"].map(|id| event(id, id, "view", NOON));
    fixture.write_events(900, visits.to_vec()).await;
}

/// User ids of the events by distinct id, ascending.
async fn users(fixture: &Fixture) -> Vec<(String, String)> {
    let events = fixture.events().await;
    let mut users: Vec<_> = events
        .into_iter()
        .map(|event| (event.distinct_id, event.user_id))
        .collect();
    users.sort();
    users
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(id, user)| ((*id).to_owned(), (*user).to_owned()))
        .collect()
}

fn permutations(of: &[u32]) -> Vec<Vec<u32>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    (0..of.len())
        .flat_map(|first| {
            let mut rest = of.to_vec();
            let head = rest.remove(first);
            permutations(&rest)
                .into_iter()
                .map(move |tail| [vec![head], tail].concat())
        })
        .collect()
}

/// All 120 orders of arrival of the example, each fact its own message, give the same users.
pub async fn the_example_in_every_order_of_arrival(harness: &impl Harness) {
    let first = Fixture::new(harness).await;
    let orders = permutations(&[1, 2, 3, 4, 5]);
    assert_eq!(orders.len(), 120);
    for (number, order) in (2_u8..).zip(orders) {
        let project = new_project(number, &format!("order {order:?}"));
        let fixture = Fixture {
            store: first.store.clone(),
            project: first.store.create_project(project).await.unwrap().id,
        };
        write_visits(&fixture).await;
        for fact in &order {
            write_fact(&fixture, *fact).await;
        }
        assert_eq!(results(&fixture).await, RESULTS, "{order:?}");
        let expected = pairs(&[("A", "B"), ("B", "B"), ("C", "C"), ("d1", "B")]);
        assert_eq!(users(&fixture).await, expected, "{order:?}");
        assert_eq!(fixture.totals(None).await, (4.0, 2.0), "{order:?}");
    }
}

/// A fact that comes late with an early key takes back what was decided without it.
pub async fn a_late_fact_undoes_a_link(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    write_visits(&fixture).await;
    for fact in [1, 2, 3, 5] {
        write_fact(&fixture, fact).await;
    }
    let without = pairs(&[("A", "A"), ("B", "A"), ("C", "C"), ("d1", "A")]);
    assert_eq!(users(&fixture).await, without);
    let refused = |warnings: Vec<empmix_model::warning::Warning>| {
        let links = warnings
            .iter()
            .filter(|w| w.kind == WarningKind::LinkRefused);
        links.count()
    };
    let warnings = fixture.store.warnings(fixture.project, 100).await.unwrap();
    assert_eq!(refused(warnings), 2);
    write_fact(&fixture, 4).await;
    let with = pairs(&[("A", "B"), ("B", "B"), ("C", "C"), ("d1", "B")]);
    assert_eq!(users(&fixture).await, with);
    let warnings = fixture.store.warnings(fixture.project, 100).await.unwrap();
    assert_eq!(refused(warnings), 3, "fact 5 is refused now");
}

/// Events that came before the link count for its user from the next query on.
pub async fn a_link_works_backwards(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    write_visits(&fixture).await;
    assert_eq!(fixture.totals(None).await, (4.0, 4.0));
    write_fact(&fixture, 1).await;
    assert_eq!(fixture.totals(None).await, (4.0, 3.0));
    let unknown = link("x", "never seen", "C", Authority::Client);
    fixture
        .write(vec![fixture.message(800, vec![Item::Instruction(unknown)])])
        .await;
    fixture
        .write_events(801, vec![event("late", "never seen", "view", NOON)])
        .await;
    assert_eq!(
        fixture.totals(None).await,
        (5.0, 3.0),
        "the link was there first"
    );
}

/// Of equal links the earliest key counts, also when that copy comes last.
pub async fn an_early_copy_of_a_link_counts(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    write_visits(&fixture).await;
    let say = async |number: u32, source: &str, destination: &str| {
        let id = format!("{source}{destination}");
        let fact = link(&id, source, destination, Authority::Client);
        let message = fixture.message(number, vec![Item::Instruction(fact)]);
        fixture.write(vec![message]).await;
    };
    say(20, "d1", "B").await;
    say(30, "d1", "A").await;
    let later = pairs(&[("A", "A"), ("B", "B"), ("C", "C"), ("d1", "B")]);
    assert_eq!(users(&fixture).await, later);
    // The same item in a message that was received first, but arrives last.
    say(10, "d1", "A").await;
    let earlier = pairs(&[("A", "A"), ("B", "B"), ("C", "C"), ("d1", "A")]);
    assert_eq!(users(&fixture).await, earlier);
    assert_eq!(
        results(&fixture).await,
        [None, Some(LinkRefusal::SourceLinked)]
    );
}

/// Links come in key order with their results, whatever the order of arrival.
pub async fn links_are_listed_with_their_results(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    for fact in [4, 2, 5, 1, 3, 4] {
        write_fact(&fixture, fact).await;
    }
    let links = fixture.store.links(fixture.project).await.unwrap();
    let said: Vec<_> = links
        .iter()
        .map(|folded| {
            let link = &folded.link;
            (&*link.source, &*link.destination, link.authority)
        })
        .collect();
    assert_eq!(said, EXAMPLE);
    assert_eq!(results(&fixture).await, RESULTS);
    let fixture = fixture.reopen(harness).await;
    assert_eq!(fixture.store.links(fixture.project).await.unwrap(), links);
}

/// A refused link is one warning, however often it is delivered or folded.
pub async fn a_refused_link_is_one_warning(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    for fact in [1, 2, 2, 1, 2] {
        write_fact(&fixture, fact).await;
    }
    let warnings = fixture.store.warnings(fixture.project, 100).await.unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].kind, WarningKind::LinkRefused);
    assert_eq!(warnings[0].received_at, NOON + 2);
    assert!(
        warnings[0]
            .message
            .contains(LinkRefusal::SourceLinked.message())
    );
}

/// Of the links that clients state for one source, those with the smallest keys are kept, whatever the
/// order in which they arrive. The others are refused; they identify their destinations all the same.
pub async fn the_links_of_a_source_are_bounded(harness: &impl Harness) {
    const LINKS: u32 = 130;
    let fixture = Fixture::new(harness).await;
    let say = |number: u32, source: &str, destination: &str| {
        let id = format!("l{number}");
        let fact = link(&id, source, destination, Authority::Client);
        fixture.message(number, vec![Item::Instruction(fact)])
    };
    let messages: Vec<_> = (0..LINKS)
        .map(|at| 1 + at * 37 % LINKS)
        .map(|number| say(number, "kiosk", &format!("u{number}")))
        .collect();
    for messages in messages.chunks(7) {
        fixture.write(messages.to_vec()).await;
    }
    let kept = fixture.store.links(fixture.project).await.unwrap();
    let keys: Vec<_> = kept
        .iter()
        .map(|folded| folded.link.key.received_at)
        .collect();
    let first: Vec<_> = (1..=100).map(|number| NOON + number).collect();
    assert_eq!(keys, first);
    assert!(
        kept.iter()
            .skip(1)
            .all(|folded| folded.refusal == Some(LinkRefusal::SourceLinked))
    );
    fixture
        .write_events(900, vec![event("k", "kiosk", "view", NOON)])
        .await;
    assert_eq!(users(&fixture).await, pairs(&[("kiosk", "u1")]));

    fixture.write(vec![say(800, "u130", "x")]).await;
    let links = fixture.store.links(fixture.project).await.unwrap();
    let last = links.last().unwrap();
    assert_eq!(
        last.refusal,
        Some(LinkRefusal::SourceIdentified),
        "{last:?}"
    );
    for messages in messages.chunks(50) {
        fixture.write(messages.to_vec()).await;
    }
    assert_eq!(fixture.store.links(fixture.project).await.unwrap(), links);
    let warnings = fixture.store.warnings(fixture.project, 1000).await.unwrap();
    let beyond = warnings
        .iter()
        .filter(|warning| warning.message.contains("only these links"));
    assert_eq!(beyond.count(), 30, "each once");
}

/// A report or a page that is asked while events change their users has each event once, and the users
/// of one moment.
pub async fn each_event_is_read_once_while_its_user_changes(harness: &impl Harness) {
    const IDS: u32 = 100;
    const EVENTS: u32 = 20_000;
    let fixture = Arc::new(Fixture::new(harness).await);
    for batch in 0..EVENTS / 2_000 {
        let events = (0..2_000).map(|at| {
            let number = batch * 2_000 + at;
            let (id, user) = (format!("i{number}"), format!("d{}", number % IDS));
            event(&id, &user, "view", NOON + i64::from(number))
        });
        fixture.write_events(batch + 1, events.collect()).await;
    }
    // Each id becomes the user of another one that has no events: as many users have events as before.
    let writer = tokio::spawn({
        let fixture = Arc::clone(&fixture);
        async move {
            for id in 0..IDS {
                let (source, destination) = (format!("d{id}"), format!("p{id}"));
                let fact = link(&format!("l{id}"), &source, &destination, Authority::Server);
                let message = fixture.message(100 + id, vec![Item::Instruction(fact)]);
                fixture.write(vec![message]).await;
            }
        }
    });
    let mut reports = 0;
    while !writer.is_finished() || reports < 20 {
        let expected = (f64::from(EVENTS), f64::from(IDS));
        assert_eq!(fixture.totals(None).await, expected, "report {reports}");
        let page = fixture.events().await;
        let distinct: HashSet<_> = page.iter().map(|event| event.id).collect();
        assert_eq!(distinct.len(), PAGE_ROWS, "page {reports}");
        reports += 1;
    }
    writer.await.unwrap();
}

/// Facts in any order and in any batches give the fold of all of them.
pub async fn facts_in_any_order_are_the_fold(harness: &impl Harness) {
    let first = Fixture::new(harness).await;
    let mut random = super::seed();
    let mut next = move |below: u32| {
        // PCG's multiplier; the high bits are good enough.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        u32::try_from(random >> 33).unwrap() % below
    };
    for case in 2_u8..12 {
        let project = new_project(case, &format!("case {case}"));
        let project = first.store.create_project(project).await.unwrap().id;
        let fixture = Fixture {
            store: first.store.clone(),
            project,
        };
        let mut messages: Vec<_> = (1..60)
            .map(|number| {
                let authority = if next(5) == 0 {
                    Authority::Server
                } else {
                    Authority::Client
                };
                let (source, destination) = (format!("i{}", next(12)), format!("i{}", next(12)));
                let fact = link(&format!("l{number}"), &source, &destination, authority);
                fixture.message(number, vec![Item::Instruction(fact)])
            })
            .collect();
        let facts = messages.iter().flat_map(|message| match &message.items[0] {
            Item::Instruction(instruction) => facts_of(instruction, message.fact_key(0)),
            Item::Event(_) => Vec::new(),
        });
        let expected = fold(facts);
        for _ in 0..30 {
            let at = usize::try_from(next(59)).unwrap();
            let to = usize::try_from(next(59)).unwrap();
            messages.swap(at, to);
        }
        while !messages.is_empty() {
            let size = usize::try_from(1 + next(6)).unwrap().min(messages.len());
            fixture.write(messages.drain(..size).collect()).await;
        }
        let links = fixture.store.links(project).await.unwrap();
        assert_eq!(links, expected.links, "case {case}");
        let views = (0..12).map(|n| event("v", &format!("i{n}"), "view", NOON));
        fixture.write_events(900, views.collect()).await;
        for (id, user) in users(&fixture).await {
            assert_eq!(user, expected.user_of(&id), "{id} of case {case}");
        }
    }
}

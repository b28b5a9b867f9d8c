//! The fold of facts, in every order of arrival.

use empmix_model::{
    identity::LinkRefusal,
    item::{Authority, Item},
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

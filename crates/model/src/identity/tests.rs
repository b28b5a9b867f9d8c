use std::collections::BTreeMap;

use uuid::Uuid;

use super::*;

fn key(at: i64) -> FactKey {
    FactKey {
        received_at: at,
        message_id: Uuid::nil(),
        index: 0,
    }
}

fn link(at: i64, source: &str, destination: &str, authority: Authority) -> Fact {
    Fact::Link(Link {
        item: ItemHash([u8::try_from(at).unwrap(); 16]),
        source: source.into(),
        destination: destination.into(),
        authority,
        key: key(at),
    })
}

/// The documented example: five facts, one user B = {d1, A, B}.
fn example() -> Vec<Fact> {
    use Authority::{Client, Server};
    vec![
        link(1, "d1", "A", Client),
        link(2, "d1", "B", Client),
        link(3, "A", "B", Client),
        link(4, "A", "B", Server),
        link(5, "B", "A", Server),
    ]
}

fn permutations<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    (0..of.len())
        .flat_map(|first| {
            let mut rest = of.to_vec();
            let head = rest.remove(first);
            permutations(&rest)
                .into_iter()
                .map(move |tail| [vec![head.clone()], tail].concat())
        })
        .collect()
}

#[test]
fn every_order_of_arrival_gives_the_same_user() {
    let orders = permutations(&example());
    assert_eq!(orders.len(), 120);
    for order in orders {
        let identities = fold(order);
        assert_eq!(["d1", "A", "B"].map(|id| identities.user_of(id)), ["B"; 3]);
        let refusals: Vec<_> = identities.links.iter().map(|link| link.refusal).collect();
        let expected = [
            None,
            Some(LinkRefusal::SourceLinked),
            Some(LinkRefusal::SourceIdentified),
            None,
            Some(LinkRefusal::SameUser),
        ];
        assert_eq!(refusals, expected);
    }
}

#[test]
fn a_late_fact_with_an_early_key_undoes_a_link() {
    let without: Vec<_> = example()
        .into_iter()
        .filter(|fact| fact.key() != key(4))
        .collect();
    assert_eq!(
        fold(without.clone()).user_of("B"),
        "A",
        "link 5 is accepted as long as link 4 is missing"
    );
    let with = without
        .into_iter()
        .chain([link(4, "A", "B", Authority::Server)]);
    assert_eq!(fold(with).user_of("A"), "B");
}

#[test]
fn a_chain_of_server_links_is_one_user() {
    let identities = fold([
        link(1, "a", "b", Authority::Server),
        link(2, "b", "c", Authority::Server),
    ]);
    assert_eq!(identities.users(), BTreeMap::from([("a", "c"), ("b", "c")]));
}

#[test]
fn a_copy_of_a_link_adds_neither_a_link_nor_a_refusal() {
    let again = link(9, "d1", "A", Authority::Client);
    let identities = fold([again, link(1, "d1", "A", Authority::Client)]);
    assert_eq!(identities.links.len(), 1);
    assert_eq!(identities.links[0].link.key, key(1));
}

#[test]
fn a_client_cannot_link_an_identified_id() {
    let identified = Fact::Identification {
        id: "A".into(),
        key: key(1),
    };
    let identities = fold([link(2, "A", "B", Authority::Client), identified]);
    assert_eq!(
        identities.links[0].refusal,
        Some(LinkRefusal::SourceIdentified)
    );
}

#[test]
fn a_user_has_at_most_a_thousand_ids() {
    let facts = (0..1001).map(|n| {
        Fact::Link(Link {
            item: ItemHash([0; 16]),
            source: format!("d{n}"),
            destination: "A".into(),
            authority: Authority::Server,
            key: key(n),
        })
    });
    let identities = fold(facts);
    let refused = identities
        .links
        .iter()
        .filter(|link| link.refusal.is_some())
        .count();
    assert_eq!(refused, 2, "A itself counts as one of the 1000 ids");
}

#[test]
fn operations_alone_state_no_fact() {
    let instruction =
        |properties: Option<crate::Properties>, anonymous_id: Option<&str>| Instruction {
            id: ItemHash([0; 16]),
            distinct_id: "A".into(),
            time: 0,
            client_time: None,
            insert_id: "i".into(),
            authority: Authority::Client,
            action: Action::Identify {
                anonymous_id: anonymous_id.map(Into::into),
                properties,
                operations: Some(crate::Properties::new()),
            },
        };
    assert_eq!(facts_of(&instruction(None, None), key(1)), []);
    assert_eq!(
        facts_of(&instruction(Some(crate::Properties::new()), None), key(1)).len(),
        1
    );
    assert_eq!(facts_of(&instruction(None, Some("d")), key(1)).len(), 2);
    assert_eq!(
        facts_of(&instruction(None, Some("A")), key(1)).len(),
        1,
        "an id is not linked to itself"
    );
}

#[test]
fn an_identify_has_a_clients_authority_even_with_a_secret_key() {
    let instruction = Instruction {
        id: ItemHash([0; 16]),
        distinct_id: "A".into(),
        time: 0,
        client_time: None,
        insert_id: "i".into(),
        authority: Authority::Server,
        action: Action::Identify {
            anonymous_id: Some("d".into()),
            properties: None,
            operations: None,
        },
    };
    let Fact::Link(link) = &facts_of(&instruction, key(1))[0] else {
        panic!("expected a link")
    };
    assert_eq!(link.authority, Authority::Client);
}

//! The indexes. Uniqueness of items is `_id`'s; `{p,t}` also carries `_id`, the order of lists;
//! `{p,t}` and `{p,e,t}` also `u`, so that counting events and users reads no document.

use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};

/// Collections and the indexes that each has beside `_id`.
pub(super) fn all() -> Vec<(&'static str, Vec<IndexModel>)> {
    let plain = |keys: Document| IndexModel::builder().keys(keys).build();
    let unique = |keys: Document| {
        let options = IndexOptions::builder().unique(true).build();
        IndexModel::builder().keys(keys).options(options).build()
    };
    // Only events with a session are in a session.
    let in_session = IndexOptions::builder()
        .partial_filter_expression(doc! {"s": {"$gt": ""}})
        .build();
    let by_session = IndexModel::builder()
        .keys(doc! {"p": 1, "s": 1, "t": 1, "_id": 1, "e": 1})
        .options(in_session)
        .build();
    vec![
        (
            "events",
            vec![
                plain(doc! {"p": 1, "e": 1, "t": 1, "u": 1}),
                plain(doc! {"p": 1, "u": 1, "t": 1}),
                plain(doc! {"p": 1, "d": 1, "t": 1}),
                plain(doc! {"p": 1, "t": 1, "_id": 1, "u": 1}),
                by_session,
            ],
        ),
        ("instructions", vec![plain(doc! {"p": 1, "d": 1, "t": 1})]),
        (
            "links",
            vec![
                plain(doc! {"p": 1, "s": 1, "_id.a": 1}),
                plain(doc! {"p": 1, "d": 1}),
                plain(doc! {"p": 1, "k": 1}),
            ],
        ),
        ("ids", vec![plain(doc! {"p": 1, "u": 1})]),
        ("days", vec![]),
        ("projects", vec![unique(doc! {"name": 1})]),
        ("keys", vec![]),
        (
            "warnings",
            vec![
                plain(doc! {"p": 1, "r": 1, "_id": 1}),
                plain(doc! {"p": 1, "k": 1, "r": 1, "n": 1}),
            ],
        ),
        ("warned", vec![]),
        ("dead_letters", vec![plain(doc! {"at": 1, "_id": 1})]),
        ("tries", vec![]),
        ("warning_counts", vec![]),
        ("jobs", vec![plain(doc! {"p": 1, "kind": 1})]),
        ("job_parts", vec![]),
        ("records", vec![]),
        ("layout", vec![]),
    ]
}

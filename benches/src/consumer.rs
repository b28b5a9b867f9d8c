//! Moving events from the broker to the store: how many a second, and at what cost.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use empmix_tests::{
    mongod::Mongod,
    rabbitmq::RabbitMq,
    sidecar::{Sidecar, TestProject},
    spawn::wait_for,
};
use futures::{StreamExt, TryStreamExt, stream};
use mongodb::{Client, Collection, IndexModel, bson::RawDocumentBuf};
use serde_json::{Value, json};

use crate::{process::Cpu, table::Table};

const EVENTS: usize = 200_000;
/// Events of a request, which are one message.
const BATCH: usize = 50;
/// Requests under way while the queue is filled.
const CONNECTIONS: usize = 16;
/// Documents of one insert into MongoDB, and inserts under way, as the store has them.
const INSERT: (usize, usize) = (2_000, 2);

pub(crate) fn measure() -> Result<Table> {
    let note = format!(
        "{EVENTS} events in messages of {BATCH} wait in the broker; a process that only consumes is started, and \
        moves them into the store. CPU is of that process. For comparison, the same documents are inserted into \
        MongoDB again by its driver alone, into a collection with the same indexes and into one without."
    );
    let head = &["broker and store", "events/s", "CPU per event"];
    let mut table = Table::new("Consumer", note, head);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    row(&mut table, &runtime, "embedded, local", &[])?;
    let (rabbit, mongod) = (RabbitMq::start(), Mongod::start());
    let (broker, store) = (rabbit.uri(), mongod.fresh_uri());
    let pair = ["--broker", &broker, "--store", &store];
    row(&mut table, &runtime, "RabbitMQ, MongoDB", &pair)?;
    for (name, indexed) in [("the same indexes", true), ("no index", false)] {
        let rate = runtime.block_on(insert_again(&store, indexed))?;
        let name = format!("MongoDB's driver, {name}");
        table.row([name, format!("{rate:.0}"), String::new()]);
    }
    Ok(table)
}

fn row(
    table: &mut Table,
    runtime: &tokio::runtime::Runtime,
    name: &str,
    pair: &[&str],
) -> Result<()> {
    let with_roles = |roles| [pair, &["--roles", roles]].concat();
    let mut sidecar = Sidecar::with_pair(&with_roles("api,console"));
    let project = sidecar.default_project();
    wait_for("ready sidecar", Duration::from_secs(30), || {
        let ready = sidecar.get("/readyz").send().ok()?;
        ready.status().is_success().then_some(())
    });
    runtime.block_on(fill(&sidecar.url, &project))?;
    sidecar.terminate();
    let began = Instant::now();
    sidecar.restart_with(&with_roles("consumer,console"));
    let before = Cpu::of(sidecar.pid())?;
    // The last event is of its own name; messages are consumed in order.
    wait_for("the last event", Duration::from_secs(600), || {
        let path = format!("/api/v1/projects/{}/events?event=last", project.id);
        let page: Value = sidecar.get(&path).send().ok()?.json().ok()?;
        (page["events"].as_array()?.len() == 1).then_some(())
    });
    let (took, cpu) = (began.elapsed(), Cpu::of(sidecar.pid())?.since(before));
    #[allow(clippy::cast_precision_loss, reason = "a rate needs few digits")]
    let events = (EVENTS + 1) as f64;
    wait_for("every event", Duration::from_secs(60), || {
        (sidecar.total(&project) == events).then_some(())
    });
    table.row([
        name.to_owned(),
        format!("{:.0}", events / took.as_secs_f64()),
        format!("{:.1} µs", cpu.as_secs_f64() * 1e6 / events),
    ]);
    Ok(())
}

/// Sends the events, and then the last one.
async fn fill(url: &str, project: &TestProject) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let send = |events: Vec<Value>| {
        let body = json!({"apiKey": project.public_key, "events": events});
        let request = http.post(format!("{url}/public/track")).json(&body);
        async move {
            let status = request.send().await?.status();
            ensure!(status.is_success(), "{status}");
            Ok(())
        }
    };
    let event = |number: usize| {
        json!({"event": "Product Viewed", "distinct_id": format!("u{}", number % 5000),
            "insert_id": format!("{number}"), "timestamp": 1_767_225_600_000_u64 + number as u64,
            "properties": {"product": "Sencha tin", "price": 12.5, "country": "DE", "browser": "Firefox"}})
    };
    stream::iter(0..EVENTS / BATCH)
        .map(|request| {
            send(
                (request * BATCH..(request + 1) * BATCH)
                    .map(event)
                    .collect(),
            )
        })
        .buffer_unordered(CONNECTIONS)
        .try_collect::<()>()
        .await?;
    let mut last = event(EVENTS);
    last["event"] = json!("last");
    send(vec![last]).await
}

/// Inserts the stored events into another collection; events per second.
async fn insert_again(uri: &str, indexed: bool) -> Result<f64> {
    let client = Client::with_uri_str(uri).await?;
    let database = client
        .default_database()
        .context("the URI names a database")?;
    let events: Collection<RawDocumentBuf> = database.collection("events");
    let documents: Vec<RawDocumentBuf> =
        events.find(Default::default()).await?.try_collect().await?;
    let peer: Collection<RawDocumentBuf> = database.collection("peer");
    peer.drop().await?;
    if indexed {
        let of_events: Vec<IndexModel> = events.list_indexes().await?.try_collect().await?;
        let others = of_events
            .into_iter()
            .filter(|index| !index.keys.contains_key("_id"));
        peer.create_indexes(others).await?;
    }
    let count = documents.len();
    let began = Instant::now();
    stream::iter(documents.chunks(INSERT.0))
        .map(|chunk| {
            let insert = peer.insert_many(chunk).ordered(false);
            async move { insert.await.map(drop) }
        })
        .buffer_unordered(INSERT.1)
        .try_collect::<()>()
        .await?;
    #[allow(clippy::cast_precision_loss, reason = "a rate needs few digits")]
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

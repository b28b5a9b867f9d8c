//! Durable ingest: how many events a second, and how long an acknowledgement takes.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use empmix_tests::{
    rabbitmq::RabbitMq,
    sidecar::{Project, Sidecar},
    spawn::wait_for,
};
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::table::Table;

/// What one measurement came to.
struct Measured {
    events_per_second: f64,
    p50: Duration,
    p99: Duration,
}

pub(crate) fn measure(seconds: u64) -> Result<Table> {
    let note = "`POST /public/track`, answered `200` only when the broker has the events on disk. Closed loop: each \
        connection sends its next request when it has the answer to the last.";
    let head = &[
        "broker",
        "connections",
        "events a request",
        "events/s",
        "p50 ack",
        "p99 ack",
    ];
    let mut table = Table::new("Durable ingest", note, head);
    let embedded = Sidecar::start();
    rows(&mut table, "embedded", &embedded, seconds)?;
    drop(embedded);
    let rabbit = RabbitMq::start();
    let through_rabbit = Sidecar::with_pair(&["--broker", &rabbit.uri()]);
    rows(&mut table, "RabbitMQ", &through_rabbit, seconds)?;
    Ok(table)
}

fn rows(table: &mut Table, broker: &str, sidecar: &Sidecar, seconds: u64) -> Result<()> {
    let project = sidecar.default_project();
    wait_for("ready sidecar", Duration::from_secs(30), || {
        let ready = sidecar.get("/readyz").send().ok()?;
        ready.status().is_success().then_some(())
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    for batch in [1, 50] {
        for connections in [1, 16, 64] {
            let load = load(
                &sidecar.url,
                &project,
                connections,
                batch,
                Duration::from_secs(seconds),
            );
            let measured = runtime.block_on(load)?;
            let ms = |duration: Duration| format!("{:.2} ms", duration.as_secs_f64() * 1e3);
            table.row([
                broker.to_owned(),
                connections.to_string(),
                batch.to_string(),
                format!("{:.0}", measured.events_per_second),
                ms(measured.p50),
                ms(measured.p99),
            ]);
        }
    }
    Ok(())
}

async fn load(
    url: &str,
    project: &Project,
    connections: usize,
    batch: usize,
    during: Duration,
) -> Result<Measured> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(connections)
        .build()?;
    let began = Instant::now();
    let senders =
        (0..connections).map(|sender| send(&http, url, project, sender, batch, began + during));
    let mut acks: Vec<Duration> = try_join_all(senders).await?.concat();
    let elapsed = began.elapsed().as_secs_f64();
    acks.sort_unstable();
    let at = |share: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index = ((acks.len() - 1) as f64 * share) as usize;
        acks[index]
    };
    #[allow(clippy::cast_precision_loss, reason = "a rate")]
    let events_per_second = (acks.len() * batch) as f64 / elapsed;
    Ok(Measured {
        events_per_second,
        p50: at(0.5),
        p99: at(0.99),
    })
}

async fn send(
    http: &reqwest::Client,
    url: &str,
    project: &Project,
    sender: usize,
    batch: usize,
    until: Instant,
) -> Result<Vec<Duration>> {
    let mut acks = Vec::new();
    while Instant::now() < until {
        let body = body(project, sender, acks.len(), batch);
        let sent = Instant::now();
        let response = http
            .post(format!("{url}/public/track"))
            .json(&body)
            .send()
            .await?;
        ensure!(
            response.status().is_success(),
            "{}: {}",
            response.status(),
            response.text().await?
        );
        acks.push(sent.elapsed());
    }
    ensure!(!acks.is_empty(), "no request was answered in time");
    Ok(acks)
}

fn body(project: &Project, sender: usize, request: usize, batch: usize) -> Value {
    let event = |index: usize| {
        json!({"event": "Product Viewed", "distinct_id": format!("u{}", (request + index) % 5000),
            "insert_id": format!("{sender}-{request}-{index}-{batch}"),
            "properties": {"product": "Sencha tin", "price": 12.5, "country": "DE", "browser": "Firefox"}})
    };
    json!({"apiKey": project.public_key, "events": (0..batch).map(event).collect::<Vec<_>>()})
}

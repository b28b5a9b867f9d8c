//! Durable ingest: events per second, and the latency of acknowledgements.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use empmix_tests::{
    rabbitmq::RabbitMq,
    sidecar::{Sidecar, TestProject},
    spawn::wait_for,
};
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::table::Table;

/// The result of one measurement.
struct Measured {
    events_per_second: f64,
    p50: Duration,
    p99: Duration,
}

impl Measured {
    /// Computes the result from the latencies of the acknowledgements, of which there is at least one.
    fn of(mut acks: Vec<Duration>, batch: usize, elapsed: Duration) -> Self {
        acks.sort_unstable();
        let at = |percent: usize| acks[(acks.len() - 1) * percent / 100];
        #[allow(clippy::cast_precision_loss, reason = "a rate needs few digits")]
        let events = (acks.len() * batch) as f64;
        Self {
            events_per_second: events / elapsed.as_secs_f64(),
            p50: at(50),
            p99: at(99),
        }
    }

    fn row(&self, table: &mut Table, broker: &str, connections: usize, batch: usize) {
        let ms = |duration: Duration| format!("{:.2} ms", duration.as_secs_f64() * 1e3);
        table.row([
            broker.to_owned(),
            connections.to_string(),
            batch.to_string(),
            format!("{:.0}", self.events_per_second),
            ms(self.p50),
            ms(self.p99),
        ]);
    }
}

pub(crate) fn measure(seconds: u64) -> Result<Table> {
    let note = "`POST /public/track`; a `200` means that the broker has written the events to disk. Closed loop: each \
        connection sends its next request after the answer to the previous one. The first row is the limit of the \
        disk: 512 bytes are appended to a file and synced, repeatedly.";
    let head = &[
        "broker",
        "connections",
        "events per request",
        "events/s",
        "p50 ack",
        "p99 ack",
    ];
    let mut table = Table::new("Durable ingest", note, head);
    append_and_sync(&mut table, Duration::from_secs(seconds))?;
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
            runtime
                .block_on(load)?
                .row(table, broker, connections, batch);
        }
    }
    Ok(())
}

/// Measures appending and syncing a file, the lower limit of a durable acknowledgement on this disk.
fn append_and_sync(table: &mut Table, during: Duration) -> Result<()> {
    let mut file = tempfile::tempfile()?;
    let (began, mut acks) = (Instant::now(), Vec::new());
    while began.elapsed() < during {
        let sent = Instant::now();
        file.write_all(&[0x20; 512])?;
        file.sync_data()?;
        acks.push(sent.elapsed());
    }
    Measured::of(acks, 1, began.elapsed()).row(table, "append and sync", 1, 1);
    Ok(())
}

async fn load(
    url: &str,
    project: &TestProject,
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
    let acks = try_join_all(senders).await?.concat();
    Ok(Measured::of(acks, batch, began.elapsed()))
}

async fn send(
    http: &reqwest::Client,
    url: &str,
    project: &TestProject,
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

fn body(project: &TestProject, sender: usize, request: usize, batch: usize) -> Value {
    let event = |index: usize| {
        json!({"event": "Product Viewed", "distinct_id": format!("u{}", (request + index) % 5000),
            "insert_id": format!("{sender}-{request}-{index}-{batch}"),
            "properties": {"product": "Sencha tin", "price": 12.5, "country": "DE", "browser": "Firefox"}})
    };
    json!({"apiKey": project.public_key, "events": (0..batch).map(event).collect::<Vec<_>>()})
}

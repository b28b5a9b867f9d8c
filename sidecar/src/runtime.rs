//! A running sidecar: broker, store and roles, started and stopped in order.
//!
//! Stop: no new connections → requests under way finish → the consumer finishes its batch and acks
//! → broker and store close. What was not consumed stays in the broker. A store or broker that hangs
//! is left behind: what it did not confirm was not acked, and comes again.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use empmix_alarm::Alarm;
use empmix_backoff::Backoff;
use empmix_broker::{
    Broker,
    amqp::{AmqpBroker, AmqpOptions},
    embedded::{EmbeddedBroker, EmbeddedOptions},
};
use empmix_consumer::{Consumer, LetterMover, SetAside};
use empmix_service::Service;
use empmix_store::Store;
use empmix_store_local::{LocalOptions, LocalStore};
use empmix_store_mongo::{MongoOptions, MongoStore};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle, time::timeout_at};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    data_dir::{self, DataDir, Running},
    http::{self, App, Hosts},
    keys::Keys,
    machine,
    tokens::AccessTokens,
};

/// How long a stop may take.
const STOP: Duration = Duration::from_secs(9);

/// A sidecar that answers.
pub struct Runtime {
    /// Its address.
    pub url: String,
    /// What its handlers share.
    pub app: Arc<App>,
    data: DataDir,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    consuming: Option<JoinHandle<()>>,
}

impl Runtime {
    /// Starts everything. It listens when this returns, also while broker or store are unreachable.
    pub async fn start(config: &Config, data: DataDir, lease_token: Option<&str>) -> Result<Self> {
        let alarm = sabotaged_alarm();
        let token = data_dir::token(data.path())?;
        let listener = TcpListener::bind(config.serve.listen)
            .await
            .with_context(|| format!("{} cannot be listened on", config.serve.listen))?;
        let address = listener.local_addr()?;
        let service = Service {
            store: open_store(config, &data, &alarm).await?,
            broker: open_broker(config, &data, &alarm)?,
            clock: machine::now,
            random: machine::random_16,
        };
        let keys = Arc::new(Keys::load(data.path()));
        let stop = CancellationToken::new();
        let app = Arc::new(App {
            keys: keys.clone(),
            tokens: AccessTokens::new(token, lease_token),
            roles: config.serve.roles,
            url: url_of(address),
            hosts: Hosts::new(address.port(), &config.serve.public_url),
            inflight: Arc::new(Semaphore::new(
                config.serve.max_inflight.min(Semaphore::MAX_PERMITS),
            )),
            strangers: Arc::new(Semaphore::new(http::STRANGERS)),
            console_dir: config.serve.console_dir.clone(),
            started: Instant::now(),
            alarm: alarm.clone(),
            set_aside: SetAside::default(),
            stop_serving: CancellationToken::new(),
            service,
        });
        tokio::spawn(first_project(app.clone(), stop.clone()));
        tokio::spawn(keep_keys_fresh(app.clone(), stop.clone()));
        let consuming = config
            .serve
            .roles
            .consumer
            .then(|| tokio::spawn(consume(app.clone(), stop.clone())));
        let serving = tokio::spawn(http::serve(
            listener,
            http::app(app.clone()),
            app.stop_serving.clone(),
        ));
        let url = app.url.clone();
        data.announce(&Running {
            url: url.clone(),
            pid: std::process::id(),
        })?;
        Ok(Self {
            url,
            app,
            data,
            stop,
            serving,
            consuming,
        })
    }

    /// Waits for a failure that only a restart fixes, and returns its reason.
    pub async fn failed(&self) -> String {
        self.app.alarm.raised().await.to_owned()
    }

    /// Stops in order, and in bounded time whatever broker and store do.
    pub async fn stop(self) {
        let deadline = tokio::time::Instant::now() + STOP;
        self.data.withdraw();
        self.app.stop_serving.cancel();
        ended("serving", self.serving, deadline).await;
        self.stop.cancel();
        if let Some(consuming) = self.consuming {
            ended("consuming", consuming, deadline).await;
        }
        let closing = async {
            self.app.service.broker.close().await;
            self.app.service.store.close().await;
        };
        if timeout_at(deadline, closing).await.is_err() {
            tracing::warn!("broker and store were left before they closed");
        }
    }
}

async fn ended(what: &str, mut task: JoinHandle<()>, deadline: tokio::time::Instant) {
    match timeout_at(deadline, &mut task).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "{what} failed"),
        Err(_) => {
            tracing::warn!("{what} took too long and was cut off");
            task.abort();
        }
    }
}

fn url_of(address: SocketAddr) -> String {
    match address.ip() {
        ip if ip.is_unspecified() => format!("http://127.0.0.1:{}", address.port()),
        _ => format!("http://{address}"),
    }
}

async fn open_store(config: &Config, data: &DataDir, alarm: &Alarm) -> Result<Arc<dyn Store>> {
    let alarm = alarm.clone();
    match &config.store {
        None => {
            let folder = data.folder("store")?;
            let seal_rows = config.serve.seal_rows;
            let store = tokio::task::spawn_blocking(move || {
                let options = LocalOptions {
                    seal_rows,
                    alarm,
                    ..LocalOptions::default()
                };
                LocalStore::open(&folder, &options)
            })
            .await?;
            Ok(Arc::new(store.context("the local store cannot be opened")?))
        }
        Some(uri) => {
            let options = MongoOptions {
                app_name: "empmix-sidecar".to_owned(),
                alarm,
                ..MongoOptions::default()
            };
            Ok(Arc::new(
                MongoStore::connect(uri, options)
                    .await
                    .context("--store is not valid")?,
            ))
        }
    }
}

fn open_broker(config: &Config, data: &DataDir, alarm: &Alarm) -> Result<Arc<dyn Broker>> {
    match &config.broker {
        None => {
            let folder = data.folder("queue")?;
            let probed = folder.clone();
            let options = EmbeddedOptions {
                queue_max_bytes: config.serve.queue_max_bytes,
                free_space: Some(Arc::new(move || machine::free_bytes(&probed))),
                alarm: alarm.clone(),
                ..EmbeddedOptions::default()
            };
            let broker = EmbeddedBroker::open(&folder.join("queue.sqlite"), options);
            Ok(Arc::new(
                broker.context("the embedded queue cannot be opened")?,
            ))
        }
        Some(uri) => Ok(Arc::new(
            AmqpBroker::connect(uri, AmqpOptions::default()).context("--broker is not valid")?,
        )),
    }
}

/// Gives a fresh store its first project, as soon as the store answers.
async fn first_project(app: Arc<App>, stop: CancellationToken) {
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));
    loop {
        match app.service.ensure_a_project().await {
            Ok(project) => {
                tracing::info!(project = %project.id, name = project.name, public_key = %project.public_key, "ready for events");
                if let Err(error) = app.keys.refresh(app.service.store.as_ref()).await {
                    tracing::debug!(%error, "the keys could not be read");
                }
                return;
            }
            Err(error) => tracing::warn!(%error, "could not look up the first project"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
}

/// Reads the keys again and again until it is stopped.
async fn keep_keys_fresh(app: Arc<App>, stop: CancellationToken) {
    let guard = app.alarm.guard("refresh of keys");
    let keys = app.keys.clone();
    keys.keep_fresh(app.service.store.clone(), stop, &guard)
        .await;
    guard.done();
}

/// Moves messages and dead letters until it is stopped.
async fn consume(app: Arc<App>, stop: CancellationToken) {
    let (broker, store) = (app.service.broker.clone(), app.service.store.clone());
    let consumer = Consumer {
        broker: broker.clone(),
        store: store.clone(),
        stop: stop.clone(),
        set_aside: app.set_aside.clone(),
        alarm: app.alarm.clone(),
    };
    let letters = LetterMover {
        broker,
        store,
        stop,
        alarm: app.alarm.clone(),
    };
    // Each raises the alarm by itself.
    let (consumed, moved) = tokio::join!(consumer.run(), letters.run());
    for error in [consumed.err(), moved.err()].into_iter().flatten() {
        tracing::error!(%error, "consuming failed for good");
    }
}

/// The alarm of the process. In development builds the environment may name a thread or task that
/// panics, so that tests see what follows.
fn sabotaged_alarm() -> Alarm {
    match std::env::var("EMPMIX_SABOTAGE") {
        Ok(name) if cfg!(debug_assertions) => Alarm::sabotaging(name),
        _ => Alarm::default(),
    }
}

//! One connection and its supervisor.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::StreamExt;
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep, timeout};

use super::error::translate;
use super::options::AmqpOptions;
use super::topology;
use super::uri::RedactedUri;
use crate::{BrokerError, BrokerState};

/// The state's reason before the first connection.
pub const CONNECTING: &str = "connecting";
/// The state's reason while the server has an alarm and takes nothing.
pub const BLOCKED: &str = "broker_blocked";
/// The state's reason after `close`.
pub const CLOSED: &str = "closed";

/// How often a connection is looked at, beside its events.
const LOOK: Duration = Duration::from_millis(250);

/// A connection that is up.
#[derive(Debug, Clone)]
pub(super) struct Up {
    /// Which connection of this link it is.
    pub(super) generation: u64,
    pub(super) connection: Arc<Connection>,
}

/// What a link is doing.
#[derive(Debug, Clone)]
enum Phase {
    Down(BrokerError),
    Blocked,
    Up(Up),
}

/// One connection, made again whenever it is lost.
#[derive(Debug)]
pub(super) struct Link {
    phase: watch::Receiver<Phase>,
    again: Arc<Notify>,
    supervisor: JoinHandle<()>,
    patience: Duration,
}

impl Link {
    /// Begins to connect, in the background; `role` names the connection at the server.
    pub(super) fn begin(uri: RedactedUri, options: AmqpOptions, role: &'static str) -> Self {
        let down = BrokerError::Unavailable(CONNECTING.to_owned());
        let (sender, phase) = watch::channel(Phase::Down(down));
        let again = Arc::new(Notify::new());
        let patience = options.confirm_deadline;
        let supervisor = Supervisor {
            uri,
            options,
            role,
            phase: sender,
            again: again.clone(),
        };
        Self {
            phase,
            again,
            supervisor: tokio::spawn(supervisor.run()),
            patience,
        }
    }

    /// The connection, or why there is none.
    pub(super) fn up(&self) -> Result<Up, BrokerError> {
        match &*self.phase.borrow() {
            Phase::Down(error) => Err(error.clone()),
            Phase::Blocked => Err(blocked()),
            Phase::Up(up) if up.connection.status().blocked() => Err(blocked()),
            Phase::Up(up) => Ok(up.clone()),
        }
    }

    /// A new channel.
    pub(super) async fn channel(&self) -> Result<(u64, Channel), BrokerError> {
        let up = self.up()?;
        let channel = timeout(self.patience, up.connection.create_channel())
            .await
            .map_err(|_| BrokerError::Deadline)?
            .map_err(|error| translate(&error))?;
        Ok((up.generation, channel))
    }

    /// Waits until the connection is there, or until the patience ends.
    pub(super) async fn settled(&self) {
        let mut phase = self.phase.clone();
        let usable = phase.wait_for(|phase| {
            !matches!(
                phase,
                Phase::Blocked | Phase::Down(BrokerError::Unavailable(_))
            )
        });
        let _ = timeout(self.patience, usable).await;
    }

    /// Waits until the connection of this generation can no longer be used, and says why.
    pub(super) async fn lost(&self, generation: u64) -> BrokerError {
        let mut phase = self.phase.clone();
        let lost = phase
            .wait_for(|phase| !matches!(phase, Phase::Up(up) if up.generation == generation))
            .await;
        match lost.as_deref() {
            Ok(Phase::Down(error)) => error.clone(),
            Ok(Phase::Blocked) => blocked(),
            Ok(Phase::Up(_)) | Err(_) => BrokerError::Unavailable("disconnected".to_owned()),
        }
    }

    /// Declares everything again: something that we declared is gone.
    pub(super) fn declare_again(&self) {
        self.again.notify_one();
    }

    pub(super) fn state(&self) -> BrokerState {
        match self.up() {
            Ok(_) => BrokerState::Ready,
            Err(BrokerError::Unavailable(reason)) => BrokerState::Unavailable(reason),
            Err(error) => BrokerState::Unavailable(error.to_string()),
        }
    }

    /// Closes the connection and stops supervising.
    pub(super) async fn close(&self) {
        self.supervisor.abort();
        let connection = match &*self.phase.borrow() {
            Phase::Up(up) => Some(up.connection.clone()),
            Phase::Down(_) | Phase::Blocked => None,
        };
        if let Some(connection) = connection {
            // A server that does not answer is left behind.
            let _ = timeout(self.patience, connection.close(200, "closing".into())).await;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

fn blocked() -> BrokerError {
    BrokerError::Unavailable(BLOCKED.to_owned())
}

struct Supervisor {
    uri: RedactedUri,
    options: AmqpOptions,
    role: &'static str,
    phase: watch::Sender<Phase>,
    again: Arc<Notify>,
}

impl Supervisor {
    async fn run(self) {
        let (shortest, longest) = self.options.backoff;
        let backoff = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(shortest)
            .with_max_delay(longest)
            .without_max_times();
        let mut generation = 0;
        let mut delays = backoff.build();
        loop {
            let error = match self.connect().await {
                Ok(connection) => {
                    generation += 1;
                    delays = backoff.build();
                    self.supervise(generation, Arc::new(connection)).await
                }
                Err(error) => error,
            };
            let error = self.scrubbed(error);
            tracing::warn!(broker = %self.uri, role = self.role, %error, "not connected");
            self.phase.send_replace(Phase::Down(error));
            sleep(delays.next().unwrap_or(longest)).await;
        }
    }

    async fn connect(&self) -> Result<Connection, BrokerError> {
        let name = format!("{}/{}", self.options.connection_name, self.role);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = async {
            let uri = self.uri.resolved(&self.options);
            let connection = Connection::connect_uri(uri, properties).await?;
            declare(&connection).await?;
            Ok(connection)
        };
        timeout(self.options.connect_timeout, connecting)
            .await
            .map_err(|_| BrokerError::Unavailable("connecting took too long".to_owned()))?
            .map_err(|error: lapin::Error| translate(&error))
    }

    /// Watches a connection until it is lost.
    async fn supervise(&self, generation: u64, connection: Arc<Connection>) -> BrokerError {
        tracing::info!(broker = %self.uri, role = self.role, "connected");
        let mut events = connection.events_listener();
        let mut look = interval(LOOK);
        let up = Up {
            generation,
            connection: connection.clone(),
        };
        self.phase.send_replace(Phase::Up(up.clone()));
        loop {
            tokio::select! {
                _ = events.next() => {}
                _ = look.tick() => {}
                () = self.again.notified() => {
                    if let Err(error) = self.declare_again(&connection).await {
                        let _ = timeout(LOOK, connection.close(200, "declaring again".into())).await;
                        return error;
                    }
                }
            }
            if !connection.status().connected() {
                return BrokerError::Unavailable("disconnected".to_owned());
            }
            self.show(&up);
        }
    }

    /// Shows whether the server takes anything.
    fn show(&self, up: &Up) {
        let is_blocked = up.connection.status().blocked();
        self.phase.send_if_modified(|phase| {
            let changed = matches!(phase, Phase::Blocked) != is_blocked;
            if changed {
                tracing::warn!(broker = %self.uri, role = self.role, is_blocked, "alarm at the broker");
                *phase = if is_blocked {
                    Phase::Blocked
                } else {
                    Phase::Up(up.clone())
                };
            }
            changed
        });
    }

    async fn declare_again(&self, connection: &Connection) -> Result<(), BrokerError> {
        timeout(self.options.connect_timeout, declare(connection))
            .await
            .map_err(|_| BrokerError::Deadline)?
            .map_err(|error| translate(&error))
    }

    fn scrubbed(&self, error: BrokerError) -> BrokerError {
        match error {
            BrokerError::Unavailable(text) => BrokerError::Unavailable(self.uri.scrub(&text)),
            BrokerError::Topology(text) => BrokerError::Topology(self.uri.scrub(&text)),
            other => other,
        }
    }
}

async fn declare(connection: &Connection) -> lapin::Result<()> {
    let channel = connection.create_channel().await?;
    topology::declare(&channel).await
}

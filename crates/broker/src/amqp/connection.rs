//! A connection and its supervisor.

use std::sync::Arc;
use std::time::Duration;

use empmix_backoff::Backoff;
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
/// The state's reason while the server has an alarm and accepts no messages.
pub const BLOCKED: &str = "broker_blocked";
/// The state's reason after `close`.
pub const CLOSED: &str = "closed";

/// How often the status of a connection is polled, in addition to its events.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// An established connection.
#[derive(Debug, Clone)]
pub(super) struct ActiveConnection {
    /// The number of the connection; it increases with each reconnect.
    pub(super) generation: u64,
    pub(super) connection: Arc<Connection>,
}

/// The state of a supervised connection.
#[derive(Debug, Clone)]
enum Phase {
    Down(BrokerError),
    Blocked,
    Up(ActiveConnection),
}

/// A connection that is re-established when it is lost.
#[derive(Debug)]
pub(super) struct SupervisedConnection {
    phase: watch::Receiver<Phase>,
    declare_requested: Arc<Notify>,
    supervisor: JoinHandle<()>,
    request_timeout: Duration,
}

impl SupervisedConnection {
    /// Starts to connect in the background. `role` is part of the connection's name at the server.
    pub(super) fn start(uri: RedactedUri, options: AmqpOptions, role: &'static str) -> Self {
        let down = BrokerError::Unavailable(CONNECTING.to_owned());
        let (sender, phase) = watch::channel(Phase::Down(down));
        let declare_requested = Arc::new(Notify::new());
        let request_timeout = options.confirm_deadline;
        let supervisor = Supervisor {
            uri,
            options,
            role,
            phase: sender,
            declare_requested: declare_requested.clone(),
        };
        Self {
            phase,
            declare_requested,
            supervisor: tokio::spawn(supervisor.run()),
            request_timeout,
        }
    }

    /// The current connection, or the reason why there is none.
    pub(super) fn active(&self) -> Result<ActiveConnection, BrokerError> {
        match &*self.phase.borrow() {
            Phase::Down(error) => Err(error.clone()),
            Phase::Blocked => Err(blocked()),
            Phase::Up(active) if active.connection.status().blocked() => Err(blocked()),
            Phase::Up(active) => Ok(active.clone()),
        }
    }

    /// Opens a new channel.
    pub(super) async fn channel(&self) -> Result<(u64, Channel), BrokerError> {
        let active = self.active()?;
        let channel = timeout(self.request_timeout, active.connection.create_channel())
            .await
            .map_err(|_| BrokerError::Deadline)?
            .map_err(|error| translate(&error))?;
        Ok((active.generation, channel))
    }

    /// Waits until the connection is established, but not longer than the request timeout.
    pub(super) async fn wait_until_usable(&self) {
        let mut phase = self.phase.clone();
        let usable = phase.wait_for(|phase| {
            !matches!(
                phase,
                Phase::Blocked | Phase::Down(BrokerError::Unavailable(_))
            )
        });
        let _ = timeout(self.request_timeout, usable).await;
    }

    /// Waits until the connection of this generation can no longer be used, and returns the reason.
    pub(super) async fn wait_until_lost(&self, generation: u64) -> BrokerError {
        let mut phase = self.phase.clone();
        let lost = phase
            .wait_for(
                |phase| !matches!(phase, Phase::Up(active) if active.generation == generation),
            )
            .await;
        match lost.as_deref() {
            Ok(Phase::Down(error)) => error.clone(),
            Ok(Phase::Blocked) => blocked(),
            Ok(Phase::Up(_)) | Err(_) => BrokerError::Unavailable("disconnected".to_owned()),
        }
    }

    /// Requests that the topology is declared again, after a declared object was deleted.
    pub(super) fn request_declaration(&self) {
        self.declare_requested.notify_one();
    }

    pub(super) fn state(&self) -> BrokerState {
        match self.active() {
            Ok(_) => BrokerState::Ready,
            Err(BrokerError::Unavailable(reason)) => BrokerState::Unavailable(reason),
            Err(error) => BrokerState::Unavailable(error.to_string()),
        }
    }

    /// Closes the connection and stops supervising.
    pub(super) async fn close(&self) {
        self.supervisor.abort();
        let connection = match &*self.phase.borrow() {
            Phase::Up(active) => Some(active.connection.clone()),
            Phase::Down(_) | Phase::Blocked => None,
        };
        if let Some(connection) = connection {
            // Closing does not wait longer for a server that does not answer.
            let _ = timeout(
                self.request_timeout,
                connection.close(200, "closing".into()),
            )
            .await;
        }
    }
}

impl Drop for SupervisedConnection {
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
    declare_requested: Arc<Notify>,
}

impl Supervisor {
    async fn run(self) {
        let (shortest, longest) = self.options.backoff;
        let mut backoff = Backoff::new(shortest, longest);
        let mut generation = 0;
        loop {
            let error = match self.connect().await {
                Ok(connection) => {
                    generation += 1;
                    backoff.reset();
                    self.supervise(generation, Arc::new(connection)).await
                }
                Err(error) => error,
            };
            let error = self.scrubbed(error);
            tracing::warn!(broker = %self.uri, role = self.role, %error, "not connected to the broker; trying again");
            self.phase.send_replace(Phase::Down(error));
            sleep(backoff.next_delay()).await;
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
            .map_err(|_| BrokerError::Unavailable("connecting timed out".to_owned()))?
            .map_err(|error: lapin::Error| translate(&error))
    }

    /// Monitors a connection until it is lost.
    async fn supervise(&self, generation: u64, connection: Arc<Connection>) -> BrokerError {
        tracing::info!(broker = %self.uri, role = self.role, "connected to the broker");
        let mut events = connection.events_listener();
        let mut poll = interval(POLL_INTERVAL);
        let active = ActiveConnection {
            generation,
            connection: connection.clone(),
        };
        self.phase.send_replace(Phase::Up(active.clone()));
        loop {
            tokio::select! {
                _ = events.next() => {}
                _ = poll.tick() => {}
                () = self.declare_requested.notified() => {
                    if let Err(error) = self.declare_again(&connection).await {
                        let _ = timeout(POLL_INTERVAL, connection.close(200, "topology could not be declared".into())).await;
                        return error;
                    }
                }
            }
            if !connection.status().connected() {
                return BrokerError::Unavailable("disconnected".to_owned());
            }
            self.update_phase(&active);
        }
    }

    /// Updates the phase when the server blocks or unblocks the connection.
    fn update_phase(&self, active: &ActiveConnection) {
        let is_blocked = active.connection.status().blocked();
        self.phase.send_if_modified(|phase| {
            let changed = matches!(phase, Phase::Blocked) != is_blocked;
            if changed {
                tracing::warn!(broker = %self.uri, role = self.role, is_blocked, "the broker's resource alarm changed");
                *phase = if is_blocked {
                    Phase::Blocked
                } else {
                    Phase::Up(active.clone())
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

//! HTTP: the public API, the private API, the console's files.
//!
//! Three routers with three sets of rules. What carries its authority in body or header
//! (`/public/*`, `/track`, `/sdk/*`, health) answers any Host and any Origin. The private API and
//! the console answer only the hosts that they were told of, which keeps a rebinding DNS name out,
//! and never send a CORS header.

mod assets;
mod body;
mod cors;
mod decompress;
mod guard;
mod health;
mod import;
mod json;
mod live;
mod private;
mod public;
mod public_error;
mod routes;
mod serve;

/// Lines that an import takes as one request, and bytes of a line that it reads.
pub use import::{LINE_BYTES, REQUEST_LINES};
pub use serve::serve;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, middleware, routing::get};
use empmix_alarm::Alarm;
use empmix_broker::BrokerState;
use empmix_consumer::SetAside;
use empmix_service::Service;
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{config::Roles, keys::Keys, tokens::AccessTokens};

/// How long a store may take to say that it is there: the probe does not wait longer.
const STORE_PATIENCE: Duration = Duration::from_secs(1);

/// What the handlers share.
pub struct App {
    /// The console's operations.
    pub service: Service,
    /// Keys of projects.
    pub keys: Arc<Keys>,
    /// Tokens of the private API.
    pub tokens: AccessTokens,
    /// What this process does.
    pub roles: Roles,
    /// Where it listens, as a URL.
    pub url: String,
    /// The hosts that private API and console answer to.
    pub hosts: guard::Hosts,
    /// Bytes of bodies that may still come in.
    pub inflight: Arc<Semaphore>,
    /// Bodies whose key is not known yet that may still come in.
    pub strangers: Arc<Semaphore>,
    /// A console in a folder.
    pub console_dir: Option<PathBuf>,
    /// When the process started.
    pub started: Instant,
    /// Says why the process must end, once it must.
    pub alarm: Alarm,
    /// The projects whose messages wait, because their batches keep failing.
    pub set_aside: SetAside,
    /// Cancelled when the listener stops: what streams without end must end then.
    pub stop_serving: CancellationToken,
}

pub use body::STRANGERS;
pub use guard::Hosts;

/// The handlers' view of what they share.
pub type Shared = Arc<App>;

/// Every route that the process's roles bring.
pub fn app(app: Shared) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    if app.roles.api {
        router = router.merge(public::router()).merge(assets::for_apps());
    }
    if app.roles.console {
        let inner = private::router(app.clone()).merge(assets::console());
        router = router.merge(inner.layer(middleware::from_fn_with_state(
            app.clone(),
            guard::known_host,
        )));
    }
    router.with_state(app)
}

impl App {
    /// What stands in the way of keeping the promise now; nothing when it can be kept.
    pub async fn missing(&self) -> Vec<String> {
        let broker = match self.service.broker.state() {
            BrokerState::Ready => None,
            BrokerState::Unavailable(reason) => Some(format!("broker: {reason}")),
        };
        let store = match timeout(STORE_PATIENCE, self.service.store.check()).await {
            Ok(checked) => checked.err().map(|error| error.to_string()),
            Err(_) => Some(
                self.keys
                    .store_away()
                    .unwrap_or_else(|| "no answer".to_owned()),
            ),
        };
        let store = store.map(|reason| format!("store: {reason}"));
        let ended = self.alarm.reason().map(str::to_owned);
        ended.into_iter().chain(broker).chain(store).collect()
    }
}

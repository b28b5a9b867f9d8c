//! Keeps the sidecar running: another port when one is taken, again when it ends, with backoff.

use std::{
    path::{Path, PathBuf},
    process::ChildStdin,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use empmix_backoff::Backoff;
use empmix_protocol::shell::{ShellState, SidecarState};
use tokio::sync::Notify;

use crate::{
    launch::{self, Launched, Outcome},
    port::PortMemory,
};

/// How long the sidecar may take to drain when the app ends.
const DRAIN: Duration = Duration::from_secs(10);
/// The shortest and the longest wait between launches.
const DELAYS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// How long a call waits for a sidecar that starts.
const START_UP: Duration = Duration::from_secs(5);

/// A sidecar that ran this long did not fail at its start.
const STEADY: Duration = Duration::from_secs(30);

/// The message for a sidecar that stops soon after each start.
const STOPS_AGAIN: &str =
    "The sidecar stops shortly after starting and is being restarted. The app's log says why";

/// How to call the sidecar.
#[derive(Clone)]
pub(crate) struct SidecarAddress {
    pub(crate) url: String,
    pub(crate) token: String,
}

/// The sidecar's keeper.
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    now: Mutex<Now>,
    changed: Condvar,
    /// A sidecar became ready, or failed.
    decided: Notify,
    stopping: AtomicBool,
}

struct Now {
    state: ShellState,
    address: Option<SidecarAddress>,
    lease: Option<ChildStdin>,
    ended: bool,
}

impl Supervisor {
    /// Starts a thread that keeps a sidecar for `data_dir`.
    pub(crate) fn start(data_dir: PathBuf, ports: PortMemory) -> Self {
        let state = ShellState {
            sidecar: SidecarState::Starting,
            url: None,
        };
        let shared = Arc::new(Shared {
            now: Mutex::new(Now {
                state,
                address: None,
                lease: None,
                ended: false,
            }),
            changed: Condvar::new(),
            decided: Notify::new(),
            stopping: AtomicBool::new(false),
        });
        let keeper = Keeper {
            shared: shared.clone(),
            data_dir,
            ports,
        };
        let thread = std::thread::spawn(move || keeper.run());
        Self {
            shared,
            thread: Mutex::new(Some(thread)),
        }
    }

    /// How the sidecar is.
    pub(crate) fn state(&self) -> ShellState {
        self.shared.now().state.clone()
    }

    /// How to call it, once it has started; why not, if it does not run.
    pub(crate) async fn address(&self) -> Result<SidecarAddress, String> {
        let started = async {
            loop {
                let decided = self.shared.decided.notified();
                match self.address_now() {
                    (None, SidecarState::Failed(message)) => return Err(message),
                    (Some(address), _) => return Ok(address),
                    (None, SidecarState::Starting | SidecarState::Running) => decided.await,
                }
            }
        };
        let started = tokio::time::timeout(START_UP, started).await;
        started.unwrap_or_else(|_| Err("The sidecar is starting.".to_owned()))
    }

    fn address_now(&self) -> (Option<SidecarAddress>, SidecarState) {
        let now = self.shared.now();
        (now.address.clone(), now.state.sidecar.clone())
    }

    /// Ends the lease and waits until the sidecar has drained.
    pub(crate) fn stop(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let mut now = self.shared.now();
        now.lease = None;
        self.shared.changed.notify_all();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(now, DRAIN, |now| !now.ended);
        let drained = waited.is_ok_and(|(_, timeout)| !timeout.timed_out());
        tracing::info!(drained, "the sidecar was told to end");
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread.filter(|_| drained) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

fn in_use(data_dir: &Path) -> String {
    let dir = data_dir.display();
    format!("Another Emp-Mix uses {dir}; close it; this app then continues")
}

struct Keeper {
    shared: Arc<Shared>,
    data_dir: PathBuf,
    ports: PortMemory,
}

impl Keeper {
    fn run(self) {
        let mut backoff = Backoff::new(DELAYS.0, DELAYS.1);
        let mut is_retry = false;
        while !self.shared.is_stopping() {
            match self.launch() {
                Ok(launched) => {
                    let began = Instant::now();
                    self.keep(*launched);
                    if began.elapsed() >= STEADY {
                        backoff.reset();
                    } else if is_retry {
                        self.say_failed(STOPS_AGAIN.to_owned());
                    }
                }
                Err(message) => self.say_failed(message),
            }
            self.pause(backoff.next_delay());
            is_retry = true;
        }
        self.shared.now().ended = true;
        self.shared.changed.notify_all();
    }

    /// On the remembered port, or on any when that one is taken.
    fn launch(&self) -> Result<Box<Launched>, String> {
        let program = launch::program().map_err(|error| format!("{error:#}"))?;
        for port in [self.ports.preferred(), 0] {
            match launch::launch(&program, &self.data_dir, port) {
                Ok(Outcome::Ready(launched)) => return Ok(launched),
                Ok(Outcome::Failed { reason, .. }) if reason == "address_in_use" && port != 0 => {}
                Ok(Outcome::Failed { reason, .. }) if reason == "data_dir_in_use" => {
                    return Err(in_use(&self.data_dir));
                }
                Ok(Outcome::Failed { message, .. }) => return Err(message),
                Err(error) => return Err(format!("{error:#}")),
            }
        }
        Err("no port is free for the sidecar".to_owned())
    }

    /// Until the sidecar ends.
    fn keep(&self, launched: Launched) {
        let Launched {
            mut child,
            lease,
            url,
            token,
        } = launched;
        if let Some(port) = url.rsplit(':').next().and_then(|port| port.parse().ok()) {
            self.ports.keep(port);
        }
        tracing::info!(url, pid = child.id(), "the sidecar is ready");
        {
            let mut now = self.shared.now();
            now.lease = (!self.shared.is_stopping()).then_some(lease);
            now.state = ShellState {
                sidecar: SidecarState::Running,
                url: Some(url.clone()),
            };
            now.address = Some(SidecarAddress { url, token });
        }
        self.shared.decided.notify_waiters();
        let ended = child.wait();
        tracing::info!(?ended, "the sidecar ended");
        let mut now = self.shared.now();
        now.address = None;
        now.lease = None;
        now.state.sidecar = SidecarState::Starting;
    }

    fn say_failed(&self, message: String) {
        tracing::warn!(message, "the sidecar does not run");
        self.shared.now().state.sidecar = SidecarState::Failed(message);
        self.shared.decided.notify_waiters();
    }

    fn pause(&self, delay: Duration) {
        let now = self.shared.now();
        let _ = self
            .shared
            .changed
            .wait_timeout_while(now, delay, |_| !self.shared.is_stopping());
    }
}

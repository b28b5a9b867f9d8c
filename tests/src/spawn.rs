//! Processes that die with the test that started them.

use empmix_child::{EndSignal, end_with_parent};
use std::{
    ffi::OsStr,
    fmt::Display,
    io,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
        mpsc::{Sender, channel},
    },
    time::{Duration, Instant},
};

/// A process; killed when this is dropped, and by the kernel when the test program ends.
pub struct Process(Child);

/// A command, and where its child goes.
type Order = (Command, Sender<io::Result<Child>>);

/// The thread that starts every process. A parent-death signal comes when the *thread* that
/// started the child ends, and the threads of tests and of their runtimes come and go.
static SPAWNER: LazyLock<Sender<Order>> = LazyLock::new(|| {
    let (orders, received) = channel::<Order>();
    std::thread::spawn(move || {
        for (mut command, reply) in received {
            // A reply that cannot be sent has no receiver; the child is dropped then.
            drop(reply.send(command.spawn()));
        }
    });
    orders
});

fn spawn(command: Command) -> io::Result<Child> {
    let (reply, child) = channel();
    SPAWNER.send((command, reply)).map_err(io::Error::other)?;
    child.recv().map_err(io::Error::other)?
}

impl Process {
    /// Starts a program that the caller has finished describing with `describe`.
    pub fn start(program: impl AsRef<OsStr>, describe: impl FnOnce(&mut Command)) -> Self {
        let mut command = empmix_child::command(program.as_ref());
        end_with_parent(&mut command, EndSignal::Kill);
        command.stdin(Stdio::null());
        describe(&mut command);
        Self(spawn(command).unwrap_or_else(|error| panic!("{:?}: {error}", program.as_ref())))
    }

    /// The child, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Ends it at once.
    pub fn kill9(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = empmix_child::command("kill")
            .args(["-s", name, &pid])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "SIG{name} to {pid}"
        );
    }

    /// Waits for its end, at most so long.
    pub fn wait(&mut self, at_most: Duration) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < at_most {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status.code().unwrap_or(-1));
            }
            pause();
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// A program that `cargo xtask` named, or one that lies where this was built.
pub fn built(variable: &str, name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let own = std::env::current_exe().expect("this program has a path");
    // A program lies beside others, a test one folder below them.
    let beside = own.ancestors().skip(1).take(2).map(|dir| dir.join(name));
    let mut found = beside.filter(|path| path.is_file());
    found
        .next()
        .unwrap_or_else(|| panic!("{name} is not built: cargo build --workspace"))
}

/// Whether a process with this id is there (a zombie is not).
pub fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// An unused port, below those that the system gives to outgoing connections: one of these could take the
/// port of a server that is down and is to be started again.
pub fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const PORTS: u32 = 12_000;
    // Programs that run at a time begin at different places.
    static NEXT: LazyLock<AtomicU32> =
        LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(97)));
    let free = (0..PORTS).find_map(|_| {
        let port = FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % PORTS;
        let port = u16::try_from(port).ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        Some(port)
    });
    free.expect("a free port")
}

/// Waits until something is there, or fails saying what was not.
pub fn wait_for<T>(
    what: impl Display,
    at_most: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < at_most, "after {at_most:?}: no {what}");
        pause();
    }
}

#[allow(clippy::disallowed_methods, reason = "a test's own thread waits here")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

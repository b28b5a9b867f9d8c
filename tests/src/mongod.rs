//! A real MongoDB: a replica set of one, on a private port, in a directory of its own.
//!
//! The server is looked for in `$EMPMIX_MONGOD`, `$MONGOD`, on `PATH`, and where
//! `cargo xtask test` keeps it (`~/.cache/empmix/mongod/mongod`). Without one the tests fail and
//! say what to do.
//!
//! A small shell guards the server: it waits for the end of its input, which comes when the test
//! ends, is killed, or drops the server; then it kills the server and removes the directory.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Document, doc},
    options::ClientOptions,
};

/// Starts the server, prints its pid, and waits; "keep" leaves the directory for a restart.
const GUARD: &str = r#"dir=$1; shift
"$@" </dev/null >/dev/null 2>&1 &
echo $!
word=; read -r word
kill -9 $! 2>/dev/null; wait $! 2>/dev/null
[ "$word" = keep ] || rm -rf "$dir""#;

const START: Duration = Duration::from_secs(60);

/// A running server; it dies when this is dropped.
pub struct Mongod {
    dir: PathBuf,
    port: u16,
    replica_set: bool,
    guard: Option<Guard>,
}

struct Guard {
    shell: Child,
    pid: u32,
}

impl Mongod {
    /// Starts a replica set of one and waits until it has a primary.
    pub fn start() -> Self {
        let server = Self::spawn(true);
        server.ask(doc! {"replSetInitiate": {
            "_id": "rs0",
            "members": [{"_id": 0, "host": server.address()}],
        }});
        server.wait_for_primary();
        server
    }

    /// Starts a server that is no member of any replica set.
    pub fn start_standalone() -> Self {
        let server = Self::spawn(false);
        server.wait_for_primary();
        server
    }

    /// One server for all tests of a process. Each takes a database of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Mongod> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The URI of a database of this name.
    pub fn uri(&self, database: &str) -> String {
        format!("mongodb://{}/{database}", self.address())
    }

    /// The URI of a database that nobody used yet.
    pub fn fresh_uri(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.uri(&format!("t{}_{number}", std::process::id()))
    }

    /// Kills the server as a power cut would.
    pub fn kill9(&mut self) {
        if let Some(guard) = self.guard.take() {
            guard.end(true);
        }
    }

    /// Starts the server again on its data, and waits until it has a primary.
    pub fn restart(&mut self) {
        self.kill9();
        self.guard = Some(self.launch());
        self.wait_for_primary();
    }

    /// Stops the process where it is: connections stay open and nobody answers.
    pub fn stop(&self) {
        self.signal("STOP");
    }

    /// Lets a stopped process go on.
    pub fn cont(&self) {
        self.signal("CONT");
    }

    fn spawn(replica_set: bool) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("empmix-mongod-")
            .tempdir()
            .expect("a temporary directory");
        let mut server = Self {
            dir: dir.keep(),
            port: free_port(),
            replica_set,
            guard: None,
        };
        server.guard = Some(server.launch());
        server
    }

    fn launch(&self) -> Guard {
        let mut command = Command::new("sh");
        command
            .args(["-c", GUARD, "guard"])
            .arg(&self.dir)
            .arg(binary());
        command.arg("--dbpath").arg(&self.dir);
        command
            .arg("--logpath")
            .arg(self.dir.join("log"))
            .arg("--logappend");
        command.arg("--unixSocketPrefix").arg(&self.dir);
        command.args(["--port", &self.port.to_string(), "--bind_ip", "127.0.0.1"]);
        command.args(["--wiredTigerCacheSizeGB", "0.5", "--noscripting"]);
        command.args(["--setParameter", "enableTestCommands=1"]);
        // Two cores are not for hundreds of idle threads, and nobody reads the diagnostics.
        command.args(["--setParameter", "diagnosticDataCollectionEnabled=false"]);
        if self.replica_set {
            command.args(["--replSet", "rs0"]);
        }
        let mut shell = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let mut line = String::new();
        let stdout = shell.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the server's pid");
        let pid = line.trim().parse().expect("the server's pid");
        let guard = Guard { shell, pid };
        self.wait_for_port();
        guard
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn wait_for_port(&self) {
        let since = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(
                since.elapsed() < START,
                "mongod did not start: {}",
                self.log()
            );
            pause();
        }
    }

    fn wait_for_primary(&self) {
        let since = Instant::now();
        while self.ask(doc! {"hello": 1}).get_bool("isWritablePrimary") != Ok(true) {
            assert!(
                since.elapsed() < START,
                "mongod has no primary: {}",
                self.log()
            );
            pause();
        }
    }

    /// Runs one command on exactly this server. Has a runtime of its own, so that it can be called
    /// from any test.
    fn ask(&self, command: Document) -> Document {
        let uri = format!("mongodb://{}/?directConnection=true", self.address());
        let asked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let options = ClientOptions::parse(uri).await?;
                Client::with_options(options)?
                    .database("admin")
                    .run_command(command)
                    .await
            })
        });
        let answer = asked.join().expect("the thread ends");
        answer.expect("mongod answers")
    }

    fn signal(&self, name: &str) {
        let guard = self.guard.as_ref().expect("the server runs");
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &guard.pid.to_string()])
            .status();
        assert!(sent.expect("kill runs").success(), "SIG{name} was not sent");
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(5).collect();
        lines.join("\n")
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        match self.guard.take() {
            Some(guard) => guard.end(false),
            None => drop(std::fs::remove_dir_all(&self.dir)),
        }
    }
}

impl Guard {
    fn end(mut self, keep: bool) {
        let stdin = self.shell.stdin.take();
        if let Some(mut stdin) = stdin.filter(|_| keep) {
            // A guard that is gone has done its work.
            drop(stdin.write_all(b"keep\n"));
        }
        drop(self.shell.wait());
    }
}

/// Where mongod is.
fn binary() -> PathBuf {
    let named = ["EMPMIX_MONGOD", "MONGOD"]
        .into_iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = std::env::split_paths(&path)
        .map(|dir| dir.join("mongod"))
        .collect();
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let kept = home.join(".cache/empmix/mongod/mongod");
    named
        .chain(on_path)
        .chain([kept])
        .find(|binary| is_file(binary))
        .expect("mongod is needed: run `cargo xtask test`, which fetches it, or set EMPMIX_MONGOD to one of version 6.0 or later")
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test that waits for another process"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

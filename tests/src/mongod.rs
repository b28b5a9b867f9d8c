//! A real MongoDB: a replica set of one, on a private port, in a directory of its own.
//!
//! The server is searched in `$EMPMIX_MONGOD`, `$MONGOD`, on `PATH`, and where
//! `cargo xtask test` keeps it (`~/.cache/empmix/mongod/mongod`). Without one the tests fail and
//! say what to do.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{
    fmt,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use mongodb::{
    Client,
    bson::{Document, doc},
    options::ClientOptions,
};

use crate::{
    guard::Guard,
    spawn::{free_port, wait_for},
};

const START: Duration = Duration::from_secs(60);

/// A running server; it dies when this is dropped.
pub struct Mongod {
    dir: PathBuf,
    port: u16,
    replica_set: bool,
    guard: Option<Guard>,
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

    /// Starts servers of one replica set, the first of which becomes its primary whenever it can.
    pub fn start_set(size: usize) -> Vec<Self> {
        let servers: Vec<Self> = (0..size).map(|_| Self::spawn(true)).collect();
        let member = |(number, server): (usize, &Self)| {
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            let priority = if number == 0 { 2 } else { 1 };
            doc! {"_id": number, "host": server.address(), "priority": priority}
        };
        let members: Vec<Document> = servers.iter().enumerate().map(member).collect();
        servers[0].ask(doc! {"replSetInitiate": {
            "_id": "rs0",
            "members": members,
            "settings": {"electionTimeoutMillis": 3000, "heartbeatIntervalMillis": 500},
        }});
        servers[0].wait_for_primary();
        servers
    }

    /// The URI of a database of a set.
    pub fn uri_of_set(servers: &[Self], database: &str) -> String {
        let hosts: Vec<String> = servers.iter().map(Self::address).collect();
        format!("mongodb://{}/{database}?replicaSet=rs0", hosts.join(","))
    }

    /// Starts a server that is not a member of a replica set.
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

    /// The URI of an unused database.
    pub fn fresh_uri(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.uri(&format!("t{}_{number}", std::process::id()))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.guard.as_ref().expect("the server runs").pid()
    }

    /// Kills the server as a power cut would.
    pub fn kill9(&mut self) {
        if let Some(guard) = self.guard.take() {
            guard.kill9();
        }
    }

    /// Starts the server again on its data, and waits until it is the primary.
    pub fn restart(&mut self) {
        self.restart_as_member();
        self.wait_for_primary();
    }

    /// Starts the server again on its data, whatever it becomes.
    pub fn restart_as_member(&mut self) {
        self.kill9();
        self.guard = Some(self.launch());
    }

    /// Waits until it is the primary, or follows one.
    pub fn wait_for_member(&self) {
        self.wait_until(|| {
            let hello = self.ask(doc! {"hello": 1});
            ["isWritablePrimary", "secondary"]
                .iter()
                .any(|state| hello.get_bool(state) == Ok(true))
        });
    }

    /// Waits until this many members have everything that this primary has written.
    pub fn wait_for_replication(&self, members: i32) {
        let note = doc! {"appendOplogNote": 1, "data": {}, "writeConcern": {"w": members}};
        self.ask(note);
    }

    /// Asks a primary to let another member become one.
    pub fn step_down(&self) {
        self.ask(doc! {"replSetStepDown": 5, "force": true});
    }

    /// From now on a query that no index serves fails, instead of slowing down as a project grows. One
    /// without a condition, which asks for everything, does not.
    pub fn refuse_scans(&self) {
        self.ask(doc! {"setParameter": 1, "notablescan": true});
    }

    /// Stops the process where it is: connections stay open without an answer.
    pub fn stop(&self) {
        self.guard.as_ref().expect("the server runs").stop();
    }

    /// Lets a stopped process go on.
    pub fn cont(&self) {
        self.guard.as_ref().expect("the server runs").cont();
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
        let dir = &self.dir;
        let guard = Guard::start(dir, |command| {
            command.arg(binary());
            command.arg("--dbpath").arg(dir);
            command
                .arg("--logpath")
                .arg(dir.join("log"))
                .arg("--logappend");
            command.arg("--unixSocketPrefix").arg(dir);
            command.args(["--port", &self.port.to_string(), "--bind_ip", "127.0.0.1"]);
            command.args(["--wiredTigerCacheSizeGB", "0.5", "--noscripting"]);
            command.args(["--setParameter", "enableTestCommands=1"]);
            // Two cores are not for hundreds of idle threads, and the diagnostics are not read.
            command.args(["--setParameter", "diagnosticDataCollectionEnabled=false"]);
            if self.replica_set {
                command.args(["--replSet", "rs0"]);
            }
        });
        self.wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok());
        guard
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn wait_for_primary(&self) {
        self.wait_until(|| self.is_primary());
    }

    /// Whether it is the primary.
    pub fn is_primary(&self) -> bool {
        self.ask(doc! {"hello": 1}).get_bool("isWritablePrimary") == Ok(true)
    }

    fn wait_until(&self, ready: impl Fn() -> bool) {
        let what = fmt::from_fn(|f| write!(f, "mongod that is ready: {}", self.log()));
        wait_for(what, START, || ready().then_some(()));
    }

    /// What stages over the whole server find; at most one batch.
    pub fn aggregate_admin(&self, stages: Vec<Document>) -> Vec<Document> {
        let reply =
            self.ask(doc! {"aggregate": 1, "pipeline": stages, "cursor": {"batchSize": 1000}});
        let batch = reply
            .get_document("cursor")
            .and_then(|cursor| cursor.get_array("firstBatch"));
        let documents = batch.expect("a batch").iter();
        documents
            .filter_map(|document| document.as_document().cloned())
            .collect()
    }

    /// The server's counts of what it has done.
    pub fn metrics(&self) -> Document {
        let status = self.ask(doc! {"serverStatus": 1});
        status.get_document("metrics").expect("counts").clone()
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

    /// Everything that it logged: one JSON object a line.
    pub fn read_log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).expect("a log")
    }

    /// The last that it said; before it has a log, what kept it from starting.
    fn log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        let text = read("out") + &read("log");
        let lines: Vec<_> = text.lines().rev().take(5).collect();
        lines.join("\n")
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        // The guard of a running server removes the directory itself.
        if self.guard.take().is_none() {
            drop(std::fs::remove_dir_all(&self.dir));
        }
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

//! A real RabbitMQ on private ports, in a directory of its own, with its own epmd.
//!
//! Without one the tests fail and say what to install.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{
    fmt, fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use crate::{
    guard::Guard,
    spawn::{free_port, wait_for},
};

/// The server with an epmd of its own; both are of one process group.
const SERVER: &str = r#"epmd & exec "$0""#;
const BIN: &str = "/usr/lib/rabbitmq/bin";
const START: Duration = Duration::from_secs(120);
/// How many virtual hosts a server begins with: one for a test that has a server of its own, and one
/// for each test that shares a server. Every one makes the start longer.
const OWN: u32 = 1;
const SHARED: u32 = 32;
/// Two cores are not for schedulers that spin while they wait.
const ERLANG: &str =
    "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}";
const USER: &str = "empmix";
/// The password; tests look for it where it must not be.
pub const PASSWORD: &str = "CANARY-rabbit";

/// A running server; it dies when this is dropped.
pub struct RabbitMq {
    dir: PathBuf,
    port: u16,
    dist_port: u16,
    epmd_port: u16,
    vhosts: u32,
    taken: AtomicU32,
    guard: Option<Guard>,
}

impl RabbitMq {
    /// Starts a server with one virtual host, and waits until it takes connections.
    pub fn start() -> Self {
        Self::with_vhosts(OWN)
    }

    fn with_vhosts(vhosts: u32) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("empmix-rabbitmq-")
            .tempdir()
            .expect("a temporary directory");
        let mut server = Self {
            dir: dir.keep(),
            port: free_port(),
            dist_port: free_port(),
            epmd_port: free_port(),
            vhosts,
            taken: AtomicU32::new(0),
            guard: None,
        };
        server.write_configuration();
        server.guard = Some(server.launch());
        server
    }

    /// One server for all tests of a process. Each takes a virtual host of its own.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<RabbitMq> = OnceLock::new();
        SERVER.get_or_init(|| Self::with_vhosts(SHARED))
    }

    /// The URI of an unused virtual host.
    pub fn uri(&self) -> String {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let vhosts = self.vhosts;
        assert!(number < vhosts, "the server has {vhosts} virtual hosts");
        self.uri_of(&format!("t{number}"))
    }

    /// The URI of the virtual host of this name.
    pub fn uri_of(&self, vhost: &str) -> String {
        format!("amqp://{USER}:{PASSWORD}@127.0.0.1:{}/{vhost}", self.port)
    }

    /// Kills the server as a power cut would.
    pub fn kill9(&mut self) {
        if let Some(guard) = self.guard.take() {
            guard.kill9();
        }
    }

    /// Starts the server again on its data.
    pub fn restart(&mut self) {
        self.kill9();
        self.guard = Some(self.launch());
    }

    /// Stops the process where it is: connections stay open without an answer.
    pub fn stop(&self) {
        self.guard.as_ref().expect("the server runs").stop();
    }

    /// Lets a stopped process go on.
    pub fn cont(&self) {
        self.guard.as_ref().expect("the server runs").cont();
    }

    /// Runs `rabbitmqctl` and returns what it prints.
    pub fn ctl(&self, arguments: &[&str]) -> String {
        let mut command = empmix_child::command(format!("{BIN}/rabbitmqctl"));
        self.set_environment(&mut command);
        let output = command.args(["-q", "-n", &self.node()]).args(arguments);
        let output = output.output().expect("rabbitmqctl runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}{problem}");
        text
    }

    fn write_configuration(&self) {
        let vhosts: Vec<_> = (0..self.vhosts).map(|n| format!("t{n}")).collect();
        let permission = |vhost: &String| json!({"user": USER, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"});
        let definitions = json!({
            "users": [{"name": USER, "password": PASSWORD, "tags": ""}],
            "vhosts": vhosts.iter().map(|vhost| json!({"name": vhost})).collect::<Vec<_>>(),
            "permissions": vhosts.iter().map(permission).collect::<Vec<_>>(),
        });
        let path = self.dir.join("definitions.json");
        fs::write(&path, definitions.to_string()).expect("definitions");
        let configuration = format!(
            "load_definitions = {}\ndisk_free_limit.absolute = 50MB\nlog.file.level = warning\n",
            path.display()
        );
        fs::write(self.dir.join("rabbitmq.conf"), configuration).expect("a configuration");
        fs::write(self.dir.join("enabled_plugins"), "[].").expect("no plugins");
    }

    fn launch(&self) -> Guard {
        let server = PathBuf::from(BIN).join("rabbitmq-server");
        assert!(
            server.is_file(),
            "RabbitMQ is needed: run `cargo xtask test`, which installs it, or `apt-get install rabbitmq-server` ({} is missing)",
            server.display()
        );
        let guard = Guard::start(&self.dir, |command| {
            self.set_environment(command);
            command.args(["sh", "-c", SERVER]).arg(&server);
        });
        self.wait_until_it_answers();
        guard
    }

    fn set_environment(&self, command: &mut Command) {
        let dir = |name: &str| self.dir.join(name);
        command
            .env("HOME", &self.dir)
            .env("ERL_CRASH_DUMP", dir("erl_crash.dump"))
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_DIST_PORT", self.dist_port.to_string())
            .env("RABBITMQ_NODENAME", self.node())
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", dir("rabbitmq.conf"))
            .env("RABBITMQ_MNESIA_BASE", dir("mnesia"))
            .env("RABBITMQ_LOG_BASE", dir("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", dir("enabled_plugins"))
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ERLANG);
    }

    fn node(&self) -> String {
        format!("t{}@localhost", self.port)
    }

    /// A server answers a header of a protocol that it does not speak with the one that it does.
    fn wait_until_it_answers(&self) {
        let out = self.dir.join("out");
        let what = fmt::from_fn(|f| write!(f, "RabbitMQ that answers: {}", tail(&out)));
        wait_for(what, START, || self.answers().then_some(()));
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else {
            return false;
        };
        let mut answer = [0; 4];
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .and_then(|()| stream.write_all(b"AMQP\0\0\0\0"))
            .and_then(|()| stream.read_exact(&mut answer))
            .is_ok_and(|()| &answer == b"AMQP")
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // The guard of a running server removes the directory itself.
        if self.guard.take().is_none() {
            drop(fs::remove_dir_all(&self.dir));
        }
    }
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(10).collect();
    lines.join("\n")
}

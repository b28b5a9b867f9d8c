//! `doctor`: what is reachable, what is missing, what to do.

use std::{net::TcpListener, process::ExitCode, time::Duration};

use anyhow::Result;
use empmix_protocol::{
    endpoint::{self, Nothing},
    reply::Status,
};

use super::say;
use crate::{
    client::Client,
    config::{Config, Roles},
    data_dir::{DataDir, DirectoryLock},
    machine,
};

/// Bytes below which the embedded queue takes nothing more.
const LOW_DISK: u64 = 512 << 20;
/// How long broker and store may take to be reached.
const PATIENCE: Duration = Duration::from_secs(8);
/// A sidecar of our own answers questions and moves nothing.
const LOOKING_ONLY: Roles = Roles {
    api: false,
    consumer: false,
    console: true,
};

pub(super) async fn run(config: Config) -> Result<ExitCode> {
    let mut findings = Findings::default();
    let in_use = match DataDir::take(&config.data_dir) {
        Ok(DirectoryLock::InUse) => true,
        Ok(DirectoryLock::Ours(_)) => {
            findings.good(&format!(
                "data directory {} is writable",
                config.data_dir.display()
            ));
            false
        }
        Err(error) => {
            findings.bad(
                &format!("{error:#}"),
                "give another --data-dir, or fix its permissions",
            );
            return Ok(findings.outcome());
        }
    };
    findings.disk(&config);
    if in_use {
        findings.good("a sidecar runs on this data directory");
    } else {
        findings.port(&config);
    }
    findings.sidecar(&config).await;
    Ok(findings.outcome())
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    missing: usize,
}

impl Findings {
    fn good(&self, what: &str) {
        say(&format!("ok       {what}"));
    }

    fn bad(&mut self, what: &str, remedy: &str) {
        self.missing += 1;
        say(&format!("missing  {what}"));
        say(&format!("         → {remedy}"));
    }

    fn disk(&mut self, config: &Config) {
        match machine::free_bytes(&config.data_dir) {
            Some(free) if free < LOW_DISK => {
                self.bad(
                    &format!("{} MiB free on its disk", free >> 20),
                    "free at least 512 MiB: below that ingest answers 503",
                );
            }
            Some(free) => self.good(&format!("{} MiB free on its disk", free >> 20)),
            None => {}
        }
    }

    fn port(&mut self, config: &Config) {
        match TcpListener::bind(config.serve.listen) {
            Ok(_) => self.good(&format!("{} is free to listen on", config.serve.listen)),
            Err(error) => {
                self.bad(
                    &format!("{} cannot be listened on: {error}", config.serve.listen),
                    "stop the other program, or give --listen",
                );
            }
        }
    }

    /// Broker and store, as a sidecar sees them: the running one, or one of our own.
    async fn sidecar(&mut self, config: &Config) {
        let client = match Client::reach(config, LOOKING_ONLY).await {
            Ok(client) => client,
            Err(error) => {
                let remedy = "the message says which file or address is wrong; nothing was changed";
                return self.bad(&format!("{error:#}"), remedy);
            }
        };
        match wait_until_ready(&client).await {
            Ok(status) if status.ready => {
                self.good(&format!("broker ({}) is ready", status.broker));
                self.good(&format!("store ({}) is ready", status.engine));
            }
            Ok(status) => {
                for warning in status.warnings {
                    self.bad(
                        &warning,
                        "see that the server runs and can be reached from here",
                    );
                }
            }
            Err(error) => self.bad(&format!("{error:#}"), "look at the sidecar's log"),
        }
        client.close().await;
    }

    fn outcome(&self) -> ExitCode {
        if self.missing == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

async fn wait_until_ready(client: &Client) -> Result<Status> {
    let began = std::time::Instant::now();
    loop {
        let status: Result<Status> = client.call(&endpoint::STATUS, &[], &Nothing {}).await;
        if status.as_ref().is_ok_and(|status| status.ready) || began.elapsed() > PATIENCE {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

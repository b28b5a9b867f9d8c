//! `serve`: one JSON line on stdout when it listens, or one that says why it cannot.

use std::{io::IsTerminal, process::ExitCode};

use anyhow::{Context, Result};
use clap::{ArgMatches, Args};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Stdin};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{RESTART, block_on, note, say, say_error};
use crate::{
    config::{Config, ServeOptions},
    data_dir::{DataDir, DirectoryLock},
    runtime::Runtime,
};

/// The options of `serve`, and whether a parent process holds a lease.
#[derive(Args)]
pub(super) struct LeasedArgs {
    #[command(flatten)]
    _options: ServeOptions,
    /// The parent process holds a lease: reads one line {"token":…}, ends when stdin closes
    #[arg(long, value_parser = ["stdin"])]
    lease: Option<String>,
}

/// The first line from the holder of the lease.
#[derive(Deserialize)]
struct Lease {
    token: String,
}

pub(super) fn run(given: &ArgMatches, args: &LeasedArgs) -> ExitCode {
    let outcome =
        Config::resolve(given).and_then(|config| block_on(serve(&config, args.lease.is_some())));
    outcome.unwrap_or_else(|error| {
        say(
            &json!({"event": "failed", "reason": reason(&error), "message": format!("{error:#}")})
                .to_string(),
        );
        say_error(&error);
        ExitCode::FAILURE
    })
}

/// The directory belongs to another process.
#[derive(Debug, thiserror::Error)]
#[error(
    "the data directory {0} is in use by another sidecar; stop that one or give another --data-dir"
)]
struct InUse(String);

/// A word for the shell that started us.
fn reason(error: &anyhow::Error) -> &'static str {
    let is_address = |kind| {
        matches!(
            kind,
            std::io::ErrorKind::AddrInUse | std::io::ErrorKind::AddrNotAvailable
        )
    };
    if error.is::<InUse>() {
        "data_dir_in_use"
    } else if error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|io| is_address(io.kind()))
    {
        "address_in_use"
    } else {
        "failed"
    }
}

async fn serve(config: &Config, leased: bool) -> Result<ExitCode> {
    let told_to_stop = ToldToStop::listen()?;
    let mut stdin = leased.then(|| BufReader::new(tokio::io::stdin()));
    let lease = match &mut stdin {
        Some(stdin) => Some(read_lease(stdin).await?),
        None => None,
    };
    let DirectoryLock::Ours(data) = DataDir::take(&config.data_dir)? else {
        return Err(InUse(config.data_dir.display().to_string()).into());
    };
    let token = lease.as_ref().map(|lease| lease.token.as_str());
    let running = Runtime::start(config, data, token).await?;
    let (url, pid) = (&running.url, std::process::id());
    say(
        &json!({"event": "ready", "url": url, "pid": pid, "version": env!("CARGO_PKG_VERSION")})
            .to_string(),
    );
    if config.serve.roles.console && std::io::stderr().is_terminal() {
        note(&format!(
            "console: {}/#t={}",
            running.url,
            running.app.tokens.issue_code()
        ));
    }
    let failure = tokio::select! {
        reason = running.failed() => Some(reason),
        () = told_to_stop.wait() => None,
        () = lease_ended(stdin) => None,
    };
    tracing::info!(?failure, "stopping");
    running.stop().await;
    Ok(if failure.is_some() {
        ExitCode::from(RESTART)
    } else {
        ExitCode::SUCCESS
    })
}

async fn read_lease(stdin: &mut BufReader<Stdin>) -> Result<Lease> {
    let mut line = String::new();
    let mut bounded = stdin.take(4096);
    bounded
        .read_line(&mut line)
        .await
        .context("the lease cannot be read")?;
    serde_json::from_str(&line).context("with --lease stdin the first line must be {\"token\":…}")
}

/// The holder of the lease closed its end, or died.
async fn lease_ended(stdin: Option<BufReader<Stdin>>) {
    let Some(mut stdin) = stdin else {
        return std::future::pending().await;
    };
    let mut ignored = [0; 256];
    while stdin.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}

/// What a person or a supervisor says. It is listened for from before the process says that it is
/// ready, so that a signal never finds it unprepared.
#[cfg(unix)]
struct ToldToStop {
    terminate: Signal,
    interrupt: Signal,
}

#[cfg(unix)]
impl ToldToStop {
    fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What a person says.
#[cfg(not(unix))]
struct ToldToStop;

#[cfg(not(unix))]
impl ToldToStop {
    fn listen() -> Result<Self> {
        Ok(Self)
    }

    async fn wait(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

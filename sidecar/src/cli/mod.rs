//! The command line. What is printed as JSON is one line, the last on stdout; logs go to stderr.

mod doctor;
mod import;
mod project;
mod serve;
mod token;

use std::{future::Future, io::Write, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{CommonOptions, Config, ServeOptions};

/// Emp-Mix: ingests events, answers questions, serves the console
#[derive(Parser)]
#[command(name = "empmix-sidecar", version)]
pub struct Cli {
    #[command(flatten)]
    _common: CommonOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the sidecar: takes events, stores them, answers reports
    Serve(serve::LeasedArgs),
    /// Creates and lists projects, replaces their keys
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Prints the bearer token of the private API
    Token(token::TokenArgs),
    /// Reads events from files
    Import(import::ImportArgs),
    /// Checks broker, store, disk and port, and says what to do
    Doctor(ServeOptions),
}

/// The exit code that asks a supervisor to start the process again (`EX_TEMPFAIL`).
pub const RESTART: u8 = 75;

/// Runs the subcommand of this process's command line.
pub fn run() -> ExitCode {
    let given = Cli::command().get_matches();
    let command = match Cli::from_arg_matches(&given) {
        Ok(cli) => cli.command,
        Err(error) => error.exit(),
    };
    start_log(match &command {
        Command::Serve(_) => "info",
        _ => "warn",
    });
    match command {
        Command::Serve(args) => serve::run(&given, &args),
        Command::Project(command) => with_config(&given, |config| project::run(config, command)),
        Command::Token(args) => with_config(&given, |config| token::run(config, args)),
        Command::Import(args) => with_config(&given, |config| import::run(config, args)),
        Command::Doctor(_) => with_config(&given, doctor::run),
    }
}

fn with_config<F: Future<Output = Result<ExitCode>>>(
    given: &ArgMatches,
    command: impl FnOnce(Config) -> F,
) -> ExitCode {
    let outcome = Config::resolve(given).and_then(|config| block_on(command(config)));
    outcome.unwrap_or_else(|error| {
        say_error(&error);
        ExitCode::FAILURE
    })
}

/// Runs a future to its end. What still blocks a thread then (a read of stdin, which nothing
/// interrupts) does not keep the process.
fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(future);
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}

/// An error and its causes on one line of stderr.
#[allow(clippy::print_stderr, reason = "this is the command line")]
fn say_error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// One line on stdout. A closed stdout is ignored.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// A line for the person who watches.
#[allow(clippy::print_stderr, reason = "this is the command line")]
fn note(line: &str) {
    eprintln!("{line}");
}

/// Logs to stderr, at this level unless `EMPMIX_LOG` says otherwise.
fn start_log(own_level: &str) {
    // lapin logs returned messages with their bodies, which are personal data.
    let filter = EnvFilter::try_from_env("EMPMIX_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,lapin=error,empmix={own_level}")));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}

//! The command line. What is printed as JSON is one line, the last on stdout; logs go to stderr.

mod doctor;
mod import;
mod project;
mod serve;
mod token;

use std::{future::Future, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{CommonArgs, Config, ServeArgs};

/// Emp-Mix: ingests events, answers questions, serves the console
#[derive(Parser)]
#[command(name = "empmix-sidecar", version)]
pub struct Cli {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Listens, ingests, answers
    Serve(ServeArgs),
    /// Makes, lists and re-keys projects
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Prints the bearer token of the private API
    Token(token::TokenArgs),
    /// Reads events from files
    Import(import::ImportArgs),
    /// Says what is reachable, what is missing, and what to do
    Doctor,
}

/// The exit code that asks a supervisor to start the process again (`EX_TEMPFAIL`).
pub const RESTART: u8 = 75;

/// Runs a subcommand.
pub fn run(cli: Cli) -> ExitCode {
    start_log();
    let Cli { common, command } = cli;
    let plain = ServeArgs::default();
    match command {
        Command::Serve(args) => serve::run(&common, &args),
        Command::Project(command) => {
            with_config(&common, &plain, |config| project::run(config, command))
        }
        Command::Token(args) => with_config(&common, &plain, |config| token::run(config, args)),
        Command::Import(args) => with_config(&common, &plain, |config| import::run(config, args)),
        Command::Doctor => with_config(&common, &plain, doctor::run),
    }
}

fn with_config<F: Future<Output = Result<ExitCode>>>(
    common: &CommonArgs,
    serve: &ServeArgs,
    command: impl FnOnce(Config) -> F,
) -> ExitCode {
    let outcome =
        Config::resolve(common, serve).and_then(|config| runtime()?.block_on(command(config)));
    outcome.unwrap_or_else(|error| {
        say_error(&error);
        ExitCode::FAILURE
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

/// An error and its causes on one line of stderr.
#[allow(clippy::print_stderr, reason = "this is the command line")]
fn say_error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// One line on stdout.
#[allow(clippy::print_stdout, reason = "this is the command line")]
fn say(line: &str) {
    println!("{line}");
}

/// A line for the person who watches.
#[allow(clippy::print_stderr, reason = "this is the command line")]
fn note(line: &str) {
    eprintln!("{line}");
}

fn start_log() {
    // lapin logs returned messages with their bodies, which are personal data.
    let filter = EnvFilter::try_from_env("EMPMIX_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,lapin=error,empmix=info"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}

//! The figures of `docs/BENCHMARKS.md`, measured on this machine by real processes.
//!
//! Each benchmark prints its table; `--write FILE` writes all tables to a file. DuckDB is measured in
//! the same run for comparison, through Python.

mod beside;
mod compiler;
mod consumer;
mod events;
mod frame;
mod identity;
mod import;
mod ingest;
mod launch;
mod memory;
mod process;
mod size;
mod table;
mod unique;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use table::Table;

/// Measures Emp-Mix on this machine
#[derive(Parser)]
struct Args {
    /// The benchmarks to run [default: all]
    #[arg(value_enum)]
    only: Vec<Benchmark>,
    /// Also writes the tables to this file
    #[arg(long)]
    write: Option<PathBuf>,
    /// Duration of each ingest measurement, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Number of generated events for the queries
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// Durable ingest, embedded and through RabbitMQ
    Ingest,
    /// From the broker to the store, both pairs
    Consumer,
    /// Import of the real data set into both stores
    Import,
    /// Imports of links into both stores, and a project of a million links
    Links,
    /// Unique users per day over generated events, both stores and DuckDB
    Unique,
    /// A report at rest and beside ingest, in a project of a million ids
    Beside,
    /// The memory of a sidecar that does nothing
    Memory,
    /// A frame of the console, and its frames while it is idle
    Frame,
    /// The console's wasm
    Size,
    /// Launch to first chart, and memory
    Launch,
    /// The options of JavaScriptCore's WebAssembly compiler
    Compiler,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut tables = vec![table::machine()];
    for (benchmark, run) in BENCHMARKS {
        if args.only.is_empty() || args.only.contains(benchmark) {
            let measured = run(&args)?;
            measured.print();
            tables.push(measured);
        }
    }
    if let Some(path) = &args.write {
        table::write(path, &tables)?;
    }
    Ok(())
}

type BenchmarkFn = fn(&Args) -> Result<Table>;

const BENCHMARKS: &[(Benchmark, BenchmarkFn)] = &[
    (Benchmark::Ingest, |args| ingest::measure(args.seconds)),
    (Benchmark::Consumer, |_| consumer::measure()),
    (Benchmark::Import, |_| import::measure()),
    (Benchmark::Unique, |args| unique::measure(args.events)),
    (Benchmark::Links, |_| identity::measure()),
    (Benchmark::Beside, |_| beside::measure()),
    (Benchmark::Memory, |_| memory::measure()),
    (Benchmark::Frame, |_| frame::measure()),
    (Benchmark::Size, |_| size::measure()),
    (Benchmark::Launch, |_| launch::measure()),
    (Benchmark::Compiler, |_| compiler::measure()),
];

//! `import`: files through the ingest path, with a progress bar.
//!
//! A file is sent in blocks of lines, cut at the same places each time, one after the other. A block
//! that fails is sent again for a minute, to whatever sidecar has the directory by then; item ids
//! and part numbers are the same each time, so re-running the command is safe (idempotent). Events
//! with a time and without an id get one here, from their content and the number of equal lines
//! before them in the file: a file counts each of its lines once, however often it is imported, and a
//! longer version of it adds its new lines.

mod lines;
mod members;
mod occurrences;
mod rejects;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use empmix_backoff::Backoff;
use empmix_model::{
    ids::{JobId, ProjectId},
    job::JobState,
};
use empmix_protocol::{
    call::ImportQuery,
    endpoint::{self, Nothing},
    reply::Imported,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use self::{occurrences::Occurrences, rejects::Rejects};
use super::say;
use crate::{
    client::{self, Client, RefusedCall},
    config::Config,
    machine,
};

/// The shortest and the longest pause before a block is sent again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How long a sidecar that does not answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Args)]
pub(super) struct ImportArgs {
    /// Newline-delimited JSON, also gzipped (.gz)
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The project's id
    #[arg(long)]
    project: ProjectId,
    /// Ends when everything is accepted, not when it is stored
    #[arg(long)]
    no_wait: bool,
    /// Where refused lines go, with reasons [default: beside the input]
    #[arg(long)]
    rejects: Option<PathBuf>,
}

/// Lines so far.
#[derive(Default)]
struct Counts {
    read: u64,
    accepted: u64,
    rejected: u64,
}

pub(super) async fn run(config: Config, args: ImportArgs) -> Result<ExitCode> {
    args.files.iter().try_for_each(|file| lines::check(file))?;
    if args
        .files
        .iter()
        .any(|file| Some(file) == args.rejects.as_ref())
    {
        bail!("--rejects names a file that is to be read");
    }
    let client = Client::open(&config).await?;
    let outcome = import(&client, &args).await;
    client.close().await;
    let counts = outcome?;
    say(
        &json!({"read": counts.read, "accepted": counts.accepted, "rejected": counts.rejected})
            .to_string(),
    );
    Ok(ExitCode::SUCCESS)
}

async fn import(client: &Client, args: &ImportArgs) -> Result<Counts> {
    let project = args.project.to_string();
    client
        .call(&endpoint::PROJECT, &[&project], &Nothing {})
        .await
        .context("--project")?;
    let mut counts = Counts::default();
    let mut shared = args.rejects.as_deref().map(Rejects::at);
    for file in &args.files {
        let sender = Sender::new(client, args.project, file)?;
        let mut own = Rejects::beside(file);
        let rejects = shared.as_mut().unwrap_or(&mut own);
        sender.send_all(&mut counts, rejects).await?;
        if !args.no_wait {
            sender.wait_until_stored().await?;
        }
        sender.bar.finish_and_clear();
    }
    Ok(counts)
}

/// One file on its way.
struct Sender<'a> {
    client: &'a Client,
    file: &'a Path,
    project: ProjectId,
    job: JobId,
    bar: ProgressBar,
}

impl<'a> Sender<'a> {
    fn new(client: &'a Client, project: ProjectId, file: &'a Path) -> Result<Self> {
        let meta = file
            .metadata()
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let (bar, style) = if meta.is_file() {
            let bar = ProgressBar::new(meta.len());
            (bar, "{msg} {wide_bar} {bytes}/{total_bytes} {eta}")
        } else {
            // A pipe: its length is not known.
            (ProgressBar::new_spinner(), "{msg} {spinner} {bytes}")
        };
        bar.set_style(ProgressStyle::with_template(style)?);
        bar.set_message(file.display().to_string());
        Ok(Self {
            client,
            file,
            project,
            job: JobId(machine::random()),
            bar,
        })
    }

    async fn send_all(&self, counts: &mut Counts, rejects: &mut Rejects) -> Result<()> {
        let mut lines = lines::open(self.file, &self.bar)?;
        let mut occurrences = Occurrences::new();
        let mut first_line = 1;
        loop {
            let block = lines::next_block(lines.as_mut())
                .with_context(|| format!("{} is damaged", self.file.display()))?;
            let last = block.is_empty();
            let sent = lines::with_insert_ids(&block, &mut occurrences)?;
            let imported = self.send(&sent, first_line, last).await?;
            counts.read += imported.read;
            counts.accepted += imported.accepted;
            counts.rejected += imported.read - imported.accepted;
            rejects.write(self.file, &imported, &block, first_line)?;
            if last {
                return Ok(());
            }
            first_line += block.len() as u64;
        }
    }

    /// Sends a block until it is accepted; an unreachable sidecar is tried again.
    async fn send(&self, block: &[Vec<u8>], first_line: u64, last: bool) -> Result<Imported> {
        let began = Instant::now();
        let mut backoff = Backoff::new(PAUSES.0, PAUSES.1);
        loop {
            let error = match self.try_send(block, first_line, last).await {
                Ok(imported) => return Ok(imported),
                Err(error) => error,
            };
            let is_final = error
                .downcast_ref::<RefusedCall>()
                .is_some_and(|refused| (400..500).contains(&refused.status));
            if is_final || began.elapsed() > PATIENCE {
                let file = self.file.display();
                return Err(error.context(format!(
                    "{file} stopped before line {first_line}; run the command again to resume"
                )));
            }
            tracing::debug!(%error, first_line, "a block was not taken; trying again");
            self.bar
                .set_message(format!("{} (waiting for the sidecar)", self.file.display()));
            tokio::time::sleep(backoff.next_delay()).await;
        }
    }

    async fn try_send(&self, block: &[Vec<u8>], first_line: u64, last: bool) -> Result<Imported> {
        let route = endpoint::IMPORT.route;
        let query = ImportQuery {
            job: Some(self.job),
            first_line: Some(first_line),
            close: last,
        };
        let path = route.with_ids(&[&self.project.to_string()]);
        let body = block.concat();
        let response = self
            .client
            .request(route.method, &path)?
            .query(&query)
            .body(body)
            .send()
            .await?;
        let imported = client::read(response).await?;
        self.bar.set_message(self.file.display().to_string());
        Ok(imported)
    }

    async fn wait_until_stored(&self) -> Result<()> {
        self.bar
            .set_message(format!("{} (storing)", self.file.display()));
        let job = self.job.to_string();
        let mut last_seen = Instant::now();
        loop {
            match self.client.call(&endpoint::JOB, &[&job], &Nothing {}).await {
                Ok(job) => {
                    last_seen = Instant::now();
                    match job.state {
                        JobState::Done => return Ok(()),
                        JobState::Cancelled => bail!("the import was cancelled"),
                        JobState::Failed => {
                            bail!("the import failed: {}", job.error.unwrap_or_default())
                        }
                        JobState::Running | JobState::Closing => {}
                    }
                }
                Err(error) if last_seen.elapsed() > PATIENCE => {
                    return Err(error.context("every line was accepted, but the sidecar stopped before it confirmed that everything is stored"));
                }
                Err(error) => tracing::debug!(%error, "the sidecar does not answer"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

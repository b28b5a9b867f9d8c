//! `import`: files through the ordinary way in, with a progress bar.
//!
//! A file is sent in blocks of a fixed number of lines, one after the other. A block that fails is
//! sent again for a minute, to whatever sidecar has the directory by then; item ids and part
//! numbers are the same each time, so running the command again is always right.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use empmix_model::{
    ids::{JobId, ProjectId},
    job::{Job, JobState},
};
use empmix_protocol::reply::Imported;
use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::json;

use super::say;
use crate::{
    client::{self, Client, Refused},
    config::Config,
    machine,
};

/// Lines of one block: a multiple of the lines that the server takes as one request.
const BLOCK_LINES: usize = 5 * crate::http::REQUEST_LINES;
/// How long a sidecar that went away is waited for.
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
    let mut counts = Counts::default();
    for file in &args.files {
        let mut sender = Sender::new(client, args, file)?;
        sender.send_all(&mut counts).await?;
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
    rejects: Rejects,
}

impl<'a> Sender<'a> {
    fn new(client: &'a Client, args: &'a ImportArgs, file: &'a Path) -> Result<Self> {
        let bytes = file
            .metadata()
            .with_context(|| format!("{} cannot be read", file.display()))?
            .len();
        let bar = ProgressBar::new(bytes);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}")?;
        bar.set_style(style);
        bar.set_message(file.display().to_string());
        let rejects = Rejects::new(args.rejects.as_deref(), file);
        Ok(Self {
            client,
            file,
            project: args.project,
            job: JobId(machine::random()),
            bar,
            rejects,
        })
    }

    async fn send_all(&mut self, counts: &mut Counts) -> Result<()> {
        let mut lines = open(self.file, &self.bar)?;
        let mut first_line = 1;
        loop {
            let block = read_block(&mut lines)
                .with_context(|| format!("{} is damaged", self.file.display()))?;
            let last = block.len() < BLOCK_LINES;
            let imported = self.send(&block, first_line, last).await?;
            let rejected = imported.read - imported.accepted;
            counts.read += imported.read;
            counts.accepted += imported.accepted;
            counts.rejected += rejected;
            self.rejects.write(&imported, &block, first_line)?;
            if last {
                return Ok(());
            }
            first_line += block.len() as u64;
        }
    }

    /// Sends a block until it is accepted; a sidecar that is away is waited for.
    async fn send(&self, block: &[Vec<u8>], first_line: u64, last: bool) -> Result<Imported> {
        let began = Instant::now();
        loop {
            let error = match self.try_send(block, first_line, last).await {
                Ok(imported) => return Ok(imported),
                Err(error) => error,
            };
            let is_final = error
                .downcast_ref::<Refused>()
                .is_some_and(|refused| (400..500).contains(&refused.status));
            if is_final || began.elapsed() > PATIENCE {
                let file = self.file.display();
                return Err(error.context(format!(
                    "{file} stopped before line {first_line}; run the command again to go on"
                )));
            }
            tracing::debug!(%error, first_line, "a block was not taken; trying again");
            self.bar
                .set_message(format!("{} (waiting for the sidecar)", self.file.display()));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn try_send(&self, block: &[Vec<u8>], first_line: u64, last: bool) -> Result<Imported> {
        let path = format!(
            "/api/v1/projects/{}/import?job={}&first_line={first_line}&close={last}",
            self.project, self.job
        );
        let body = block.concat();
        let response = self
            .client
            .request(Method::POST, &path)?
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
        let path = format!("/api/v1/jobs/{}", self.job);
        let mut last_seen = Instant::now();
        loop {
            match self.client.get::<Job>(&path).await {
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
                    return Err(error.context("every line was accepted, but the sidecar went away before it said that all is stored"));
                }
                Err(error) => tracing::debug!(%error, "the sidecar does not answer"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn open(file: &Path, bar: &ProgressBar) -> Result<Box<dyn BufRead + Send>> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let counted: Box<dyn Read + Send> = Box::new(bar.wrap_read(opened));
    let is_gzip = file
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    Ok(if is_gzip {
        Box::new(BufReader::with_capacity(
            1 << 18,
            MultiGzDecoder::new(counted),
        ))
    } else {
        Box::new(BufReader::with_capacity(1 << 18, counted))
    })
}

/// The next lines with their ends; fewer than a block at the end of the file.
fn read_block(lines: &mut dyn BufRead) -> std::io::Result<Vec<Vec<u8>>> {
    let mut block = Vec::with_capacity(BLOCK_LINES);
    while block.len() < BLOCK_LINES {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        block.push(line);
    }
    Ok(block)
}

/// The file of refused lines, made when the first one is.
struct Rejects {
    path: PathBuf,
    file: Option<File>,
}

impl Rejects {
    fn new(given: Option<&Path>, input: &Path) -> Self {
        let beside = input.with_file_name(format!(
            "{}.rejects.ndjson",
            input
                .file_name()
                .map(|name| name.to_string_lossy())
                .unwrap_or_default()
        ));
        Self {
            path: given.map_or(beside, Path::to_owned),
            file: None,
        }
    }

    fn write(&mut self, imported: &Imported, block: &[Vec<u8>], first_line: u64) -> Result<()> {
        for rejected in &imported.rejected {
            let place =
                usize::try_from(rejected.line.saturating_sub(first_line)).unwrap_or(usize::MAX);
            let text = block
                .get(place)
                .map(|line| String::from_utf8_lossy(line.trim_ascii_end()));
            let row = json!({"line": rejected.line, "message": rejected.message, "text": text});
            writeln!(self.open()?, "{row}")?;
        }
        Ok(())
    }

    /// Beside the input, else in the working directory.
    fn open(&mut self) -> Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => match File::create(&self.path) {
                Ok(file) => file,
                Err(_) => {
                    let name = self
                        .path
                        .file_name()
                        .context("the rejects file has no name")?;
                    self.path = PathBuf::from(name);
                    File::create(&self.path)
                        .with_context(|| format!("{} cannot be written", self.path.display()))?
                }
            },
        };
        Ok(self.file.insert(file))
    }
}

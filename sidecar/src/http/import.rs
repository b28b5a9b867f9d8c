//! Imports: newline-delimited JSON through the ingest path.
//!
//! `POST …/import?job=…&first_line=…&close=…` takes any number of lines and answers when the broker
//! has them: `{"job","read","accepted","rejected":[{"line","message"}]}`. Requests with one `job`
//! belong together; `close=true` says that no more come, and the job is done when all is stored.
//!
//! The lines are cut into requests of [`REQUEST_LINES`], counted from the body's first line, so a
//! sender that begins its bodies at multiples of it gets the same ids each time. Events of such a
//! request travel at once; instructions one message after the other, in the file's order, so that
//! their facts keep it. A message's part number is made from the line that its request begins at
//! and its place there: a body that is sent again brings the same parts.

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
};
use empmix_ingest::{EnvelopeUnit, RequestContext, lines, pack, pack::EnvelopeHeader};
use empmix_model::{
    EpochMs,
    envelope::{Envelope, JobPart, Source},
    ids::{JobId, ProjectId},
    item::{Authority, Item},
    job::Job,
    limits,
};
use empmix_protocol::{
    ApiError, ErrorCode,
    call::ImportQuery,
    reply::{Imported, RejectedLine},
};
use futures::TryStreamExt;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};
use tokio_util::io::StreamReader;

use super::{
    Shared, body,
    json::Failure,
    private::ProjectPath,
    public,
    routes::{Reply, ReplyWith},
};
use crate::machine;

/// Lines of one request.
pub const REQUEST_LINES: usize = 1000;
/// Bytes of one line: an event and room for its escapes.
pub const LINE_BYTES: u64 = 2 * limits::EVENT_BYTES as u64;
/// Bytes of lines that are read before they are published.
const REQUEST_BYTES: usize = limits::BODY_BYTES;
/// Refused lines that a reply lists.
const LISTED: usize = 10_000;
/// Bits of a part number that count the messages of one request.
const PART_BITS: u32 = 12;

/// The sample data that the binary carries.
static SAMPLE: &[u8] = include_bytes!("../../assets/sample.ndjson.gz");

pub(super) async fn take(
    State(app): State<Shared>,
    Path(project): Path<ProjectPath>,
    query: Result<Query<ImportQuery>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Reply<Imported> {
    let Query(query) =
        query.map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.body_text()))?;
    if let Some(coding) = request.headers().get(header::CONTENT_ENCODING) {
        let message =
            format!("The encoding {coding:?} is not supported; use gzip, deflate, br or zstd.");
        return Err(ApiError::new(ErrorCode::InvalidRequest, message).into());
    }
    let project = project.id()?;
    app.service.project(project).await?;
    let job = app.service.open_import(project, query.job).await?.id;
    let mut import = Import::new(&app, project, job);
    let first_line = query.first_line.unwrap_or(1).max(1);
    import.read(reader(request.into_body()), first_line).await?;
    if query.close {
        app.service.close_import(job).await?;
    }
    Ok(Json(import.result))
}

/// Loads the sample data; the reply comes at once, the job tells how far it is.
pub(super) async fn load_sample(
    State(app): State<Shared>,
    Path(project): Path<ProjectPath>,
) -> ReplyWith<Job> {
    let project = project.id()?;
    app.service.project(project).await?;
    let job = app.service.open_import(project, None).await?;
    let id = job.id;
    tokio::spawn(async move {
        let mut import = Import::new(&app, project, id);
        if let Err(Failure(error)) = import.load_sample().await {
            tracing::warn!(%error, "the sample data could not be loaded");
            if let Err(error) = app.service.fail_import(id, &error.message).await {
                tracing::warn!(%error, "and the job could not be marked as failed");
            }
        }
    });
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// One body on its way to the broker.
struct Import<'a> {
    app: &'a Shared,
    project: ProjectId,
    job: JobId,
    result: Imported,
}

impl<'a> Import<'a> {
    fn new(app: &'a Shared, project: ProjectId, job: JobId) -> Self {
        let result = Imported {
            job,
            read: 0,
            accepted: 0,
            rejected: Vec::new(),
        };
        Self {
            app,
            project,
            job,
            result,
        }
    }

    async fn load_sample(&mut self) -> Result<(), Failure> {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(SAMPLE), &mut text)
            .map_err(broken)?;
        self.read(text.as_slice(), 1).await?;
        Ok(self.app.service.close_import(self.job).await?)
    }

    async fn read(
        &mut self,
        mut from: impl AsyncBufRead + Unpin,
        first_line: u64,
    ) -> Result<(), Failure> {
        let mut next_line = first_line;
        loop {
            let lines = read_lines(&mut from).await.map_err(broken)?;
            if lines.is_empty() {
                return Ok(());
            }
            let count = lines.len() as u64;
            self.publish(lines, next_line).await?;
            next_line += count;
        }
    }

    /// Publishes one request of lines and says which parts it was.
    async fn publish(&mut self, lines: Vec<Vec<u8>>, first_line: u64) -> Result<(), Failure> {
        let received_at = machine::now();
        let bytes = lines.iter().map(Vec::len).sum();
        let read = body::work_on(bytes, move || decode(&lines, first_line, received_at)).await;
        let is_instruction = |unit: &EnvelopeUnit| {
            matches!(
                unit,
                EnvelopeUnit::Item {
                    item: Item::Instruction(_),
                    ..
                }
            )
        };
        let (instructions, events): (Vec<_>, Vec<_>) =
            read.decoded.units.into_iter().partition(is_instruction);
        let header = EnvelopeHeader {
            project: self.project,
            received_at,
            source: Source::Import,
            job: None,
        };
        let instructions = pack(header, instructions, uuid::Uuid::now_v7);
        let events = pack(header, events, uuid::Uuid::now_v7);
        let (instructions, events) = self.numbered(first_line, instructions, events);
        for instruction in &instructions {
            self.send(std::slice::from_ref(instruction)).await?;
        }
        self.send(&events).await?;
        let parts: Vec<u64> = instructions
            .iter()
            .chain(&events)
            .filter_map(|e| e.job)
            .map(|job| job.part)
            .collect();
        self.app.service.accept_parts(self.job, &parts).await?;
        self.result.read += read.read;
        self.result.accepted += read.decoded.accepted as u64;
        let room = LISTED.saturating_sub(self.result.rejected.len());
        let listed = read.decoded.rejected.into_iter().take(room);
        self.result.rejected.extend(listed.map(|r| RejectedLine {
            line: u64::from(r.index),
            message: r.refusal.message,
        }));
        Ok(())
    }

    fn numbered(
        &self,
        first_line: u64,
        mut instructions: Vec<Envelope>,
        mut events: Vec<Envelope>,
    ) -> (Vec<Envelope>, Vec<Envelope>) {
        for (envelope, place) in instructions.iter_mut().chain(&mut events).zip(0..) {
            envelope.job = Some(JobPart {
                job: self.job,
                part: (first_line << PART_BITS) | place,
            });
        }
        (instructions, events)
    }

    async fn send(&self, envelopes: &[Envelope]) -> Result<(), Failure> {
        if let Some(reason) = self.app.alarm.reason() {
            let message = format!("The lines could not be stored now: {reason}.");
            return Err(ApiError::new(ErrorCode::Unavailable, message).into());
        }
        let sent = public::publish_all(self.app.service.broker.as_ref(), envelopes).await;
        sent.map_err(|error| {
            public::broker_failed(self.app, &error);
            Failure(ApiError::new(
                ErrorCode::Unavailable,
                format!("The lines could not be stored now: {error}."),
            ))
        })
    }
}

fn decode(lines: &[Vec<u8>], first_line: u64, received_at: EpochMs) -> lines::DecodedLines {
    let mut random_id = machine::random_hex::<16>;
    let mut context = RequestContext {
        received_at,
        authority: Authority::Server,
        source: Source::Import,
        random_id: &mut random_id,
    };
    lines::decode(lines.iter().map(Vec::as_slice), first_line, &mut context)
}

/// The lines of the next request; none at the end. A line beyond its limit keeps its place, cut.
async fn read_lines(from: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Vec<Vec<u8>>> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < REQUEST_LINES && bytes < REQUEST_BYTES {
        let mut line = Vec::new();
        let read = from.take(LINE_BYTES).read_until(b'\n', &mut line).await?;
        if read == 0 {
            break;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if read as u64 == LINE_BYTES {
            skip_line(from).await?;
        }
        bytes += line.len();
        lines.push(line);
    }
    Ok(lines)
}

async fn skip_line(from: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<()> {
    loop {
        let waiting = from.fill_buf().await?;
        let end = waiting.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(waiting.len(), |end| end + 1);
        let done = end.is_some() || waiting.is_empty();
        from.consume(used);
        if done {
            return Ok(());
        }
    }
}

fn reader(body: Body) -> impl AsyncBufRead + Unpin {
    StreamReader::new(body.into_data_stream().map_err(std::io::Error::other))
}

fn broken(error: std::io::Error) -> Failure {
    Failure(ApiError::new(
        ErrorCode::InvalidRequest,
        format!("The request body is incomplete or damaged: {error}."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_cut_at_fixed_lines_and_a_huge_line_keeps_its_place() {
        let huge = usize::try_from(LINE_BYTES).unwrap() + 10;
        let text = [
            b"a\n".repeat(REQUEST_LINES - 1),
            b"x".repeat(huge),
            b"\nlast".to_vec(),
        ]
        .concat();
        let mut from = text.as_slice();
        let first = read_lines(&mut from).await.unwrap();
        assert_eq!(first.len(), REQUEST_LINES);
        assert_eq!(first[REQUEST_LINES - 1].len() as u64, LINE_BYTES);
        assert_eq!(read_lines(&mut from).await.unwrap(), [b"last".to_vec()]);
        assert!(read_lines(&mut from).await.unwrap().is_empty());
    }
}

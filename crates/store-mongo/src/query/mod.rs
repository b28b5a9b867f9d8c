//! Reports as aggregation pipelines.
//!
//! Every pipeline begins with a match on the prefix of an index (project, names, instants), reads
//! only what the report names, and never sees a zone: buckets are
//! arithmetic on the plan's instants. With a breakdown a first pipeline finds the candidates, the
//! ranking that both engines share picks those that are shown, and each series is measured over
//! them and the rest. Rows come back as `{g, b, n, k, x}`: segment and bucket by position (no
//! bucket: the whole range), rows, numbers, their sum.

mod buckets;
mod cells;
mod conditions;
mod pipelines;
mod run;
mod values;

use std::{
    collections::{BTreeMap, HashSet},
    time::Instant,
};

use empmix_model::{EpochMs, ids::ProjectId};
use empmix_query::{
    Calendar, Plan,
    answer::{Answer, Engine, ReportResult},
    plan,
    report::{Insights, Report},
    segment::{Segment, ShownSegments, rank},
};
use futures::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, Timestamp, doc};
use serde_json::{Value, json};

use super::{MongoStore, calls::within, documents::project_id, facts::broken};
use cells::Cells;
use empmix_store::{ReadError, StoreError};
use pipelines::Pipelines;

/// Pipelines of one report under way at once.
const AT_ONCE: usize = 2;
/// Candidates held before those that cannot be shown are dropped.
const CANDIDATES: usize = 50_000;

/// What a report is answered from.
struct Question<'a> {
    project: ProjectId,
    report: &'a Insights,
    plan: Plan,
    /// Ids whose events may carry another user, with their user.
    unstamped: BTreeMap<String, String>,
    /// When they may: the events are read as of then.
    moment: Option<Timestamp>,
}

impl MongoStore {
    pub(super) async fn answer(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Answer, ReadError> {
        let began = Instant::now();
        let question = self.question(project, report, now).await?;
        let pipelines = Pipelines::new(&question);
        let shown = match question.report.breakdown.first() {
            Some(_) => Some(self.choose(&question, &pipelines).await?),
            None => None,
        };
        let mut cells = Cells::new(question.report, &question.plan, shown.as_ref())?;
        let asked = measures(&question, &pipelines, shown.as_ref());
        let moment = question.moment;
        let mut answers = stream::iter(asked)
            .map(|(series, pipeline)| async move {
                Ok::<_, StoreError>((series, self.rows(moment, pipeline).await?))
            })
            .buffer_unordered(AT_ONCE);
        while let Some((series, rows)) = answers.try_next().await? {
            for row in &rows {
                cells.add(series, row).ok_or_else(|| broken("an answer"))?;
            }
        }
        let rows_scanned = cells.rows();
        let result = cells.finish(question.report, &question.plan, shown);
        Ok(Answer {
            result: ReportResult::Insights(result),
            headline: None,
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
            rows_scanned,
            computed_at: question.plan.now,
            engine: Engine::Mongodb,
        })
    }

    pub(super) async fn pipelines(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Value, ReadError> {
        let question = self.question(project, report, now).await?;
        let pipelines = Pipelines::new(&question);
        let mut shown_as = Vec::new();
        let shown = match question.report.breakdown.first() {
            Some(_) => {
                shown_as
                    .push(json!({"finds": "segments", "pipeline": text(pipelines.candidates())}));
                Some(self.choose(&question, &pipelines).await?)
            }
            None => None,
        };
        for (series, pipeline) in measures(&question, &pipelines, shown.as_ref()) {
            let id = &question.report.series[series].id;
            shown_as.push(json!({"finds": "series", "id": id, "pipeline": text(pipeline)}));
        }
        Ok(json!({
            "engine": Engine::Mongodb,
            "now": question.plan.now,
            "from": question.plan.start,
            "to": question.plan.end,
            "buckets": question.plan.buckets(),
            "collection": "events",
            "pipelines": shown_as,
        }))
    }

    async fn question<'a>(
        &self,
        project: ProjectId,
        report: &'a Report,
        now: EpochMs,
    ) -> Result<Question<'a>, ReadError> {
        let Report::Insights(report) = report;
        let calendar = self.calendar(project).await?;
        let plan = plan(report, &calendar, now)?;
        let (unstamped, snapshot) = self.unstamped(project).await?;
        Ok(Question {
            project,
            report,
            plan,
            unstamped,
            moment: snapshot.moment(),
        })
    }

    async fn calendar(&self, project: ProjectId) -> Result<Calendar, StoreError> {
        let projects = self.newest("projects");
        let call = projects.find_one(doc! {"_id": project_id(project)});
        let found = within(self.options.call_deadline, call).await?;
        let found = found.ok_or(StoreError::NotFound("the project"))?;
        let week_start = found
            .get("week_start")
            .and_then(|day| mongodb::bson::from_bson(day.clone()).ok())
            .ok_or_else(|| broken("a project"))?;
        let zone = found.get_str("timezone").map_err(|_| broken("a project"))?;
        Calendar::new(zone, week_start).map_err(|error| StoreError::Storage(error.to_string()))
    }

    async fn rows(
        &self,
        moment: Option<Timestamp>,
        pipeline: Vec<Document>,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let mut rows = Vec::new();
        let keep = |row: &RawDocument| {
            rows.push(row.to_owned());
            Ok(())
        };
        self.each_row(moment, pipeline, keep).await?;
        Ok(rows)
    }

    /// Finds the segments and ranks them.
    async fn choose(
        &self,
        question: &Question<'_>,
        pipelines: &Pipelines<'_>,
    ) -> Result<ShownSegments, StoreError> {
        if question.plan.start >= question.plan.end {
            return Ok(ShownSegments::default());
        }
        let limit = question.report.limit;
        let measure = &question.report.series[0].measure;
        let (mut candidates, mut dropped) = (Vec::new(), false);
        let collect = |row: &RawDocument| {
            let candidate = cells::candidate(measure, row);
            candidates.push(candidate.ok_or_else(|| broken("a segment"))?);
            if candidates.len() >= CANDIDATES.max(limit * 2) {
                let best = rank(candidates.clone(), limit).segments;
                let best: HashSet<Segment> = best.into_iter().collect();
                candidates.retain(|(segment, _)| best.contains(segment));
                dropped = true;
            }
            Ok(())
        };
        self.each_row(question.moment, pipelines.candidates(), collect)
            .await?;
        let shown = rank(candidates, limit);
        Ok(ShownSegments {
            rest: shown.rest || dropped,
            ..shown
        })
    }
}

/// The pipelines that measure the series, each with its series' position; none for no time.
fn measures(
    question: &Question<'_>,
    pipelines: &Pipelines<'_>,
    shown: Option<&ShownSegments>,
) -> Vec<(usize, Vec<Document>)> {
    if question.plan.start >= question.plan.end {
        return Vec::new();
    }
    let series = 0..question.report.series.len();
    series
        .flat_map(|at| {
            pipelines
                .measure(at, shown)
                .into_iter()
                .map(move |one| (at, one))
        })
        .collect()
}

fn text(pipeline: Vec<Document>) -> Value {
    Bson::from(pipeline).into_relaxed_extjson()
}

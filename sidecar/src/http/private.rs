//! The private API: what the console, the desktop and scripts call.

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::StatusCode,
    middleware,
};
use empmix_model::{
    ids::{JobId, ProjectId},
    job::Job,
    project::Project,
};
use empmix_protocol::{
    ApiError, ErrorCode, EventsQuery, PROTOCOL_VERSION,
    call::{KeyKind, LiveQuery, NewProjectRequest},
    endpoint,
    reply::{Code, CreatedProject, EventList, Login, Projects, RotatedKey, Schema, Status},
    shell::LiveMessage,
};
use empmix_query::answer::{Answer, Engine};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Shared, decompress, guard, import, json,
    json::Failure,
    live,
    routes::{Reply, ReplyWith, Routes, StreamOf},
};

pub(super) fn router(app: Shared) -> Router<Shared> {
    let (open, _) = open_routes().into_parts();
    let (private, _) = private_routes().into_parts();
    let private = private
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(
            app.clone(),
            guard::good_token,
        ));
    let api = Router::new().merge(open).merge(private);
    Router::new().nest(
        endpoint::BASE,
        api.layer(middleware::from_fn_with_state(
            app,
            guard::no_foreign_origin,
        )),
    )
}

/// What is open to a caller without a token.
fn open_routes() -> Routes {
    Routes::default().on(&endpoint::LOGIN, login)
}

fn private_routes() -> Routes {
    Routes::default()
        .on(&endpoint::LOGIN_CODE, new_code)
        .on(&endpoint::STATUS, status)
        .on(&endpoint::PROJECTS, list_projects)
        .on(&endpoint::CREATE_PROJECT, create_project)
        .on(&endpoint::PROJECT, project)
        .on(&endpoint::ROTATE_KEY, rotate_key)
        .on(&endpoint::QUERY, query)
        .on(&endpoint::EXPLAIN, explain)
        .on(&endpoint::SCHEMA, schema)
        .on(&endpoint::EVENTS, events)
        .on(&endpoint::LIVE, follow)
        .on(&endpoint::LOAD_SAMPLE, import::load_sample)
        .on_layered(&endpoint::IMPORT, import::take, |route| {
            route.layer(middleware::from_fn(decompress::body))
        })
        .on(&endpoint::JOB, job)
        .on(&endpoint::CANCEL_JOB, cancel_job)
}

async fn unknown() -> Failure {
    Failure(ApiError::new(
        ErrorCode::NotFound,
        "There is no such route.",
    ))
}

async fn wrong_method() -> Failure {
    Failure(ApiError::new(
        ErrorCode::MethodNotAllowed,
        "This route does not take this method.",
    ))
}

async fn login(State(app): State<Shared>, request: Request) -> Reply<Login> {
    let Code { code } = json::read(request).await?;
    let message = "This link was already used or has expired; `empmix-sidecar token --link` prints a new one.";
    let token = app
        .tokens
        .redeem(&code)
        .ok_or_else(|| ApiError::new(ErrorCode::Unauthorized, message))?;
    Ok(Json(Login { token }))
}

async fn new_code(State(app): State<Shared>) -> Json<Code> {
    let code = app.tokens.issue_code();
    Json(Code { code })
}

async fn status(State(app): State<Shared>) -> Json<Status> {
    let missing = app.missing().await;
    let set_aside = app
        .set_aside
        .reasons()
        .into_iter()
        .map(|(project, reason)| {
            format!("Events of project {project} are delayed: they could not be stored ({reason}).")
        });
    let broker = app.service.broker.as_ref();
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL_VERSION,
        roles: app.roles.names(),
        engine: app.service.store.engine(),
        broker: broker.kind().to_owned(),
        url: app.url.clone(),
        uptime_s: app.started.elapsed().as_secs(),
        durability: format!("A 200 means that {}.", broker.durability()),
        ready: missing.is_empty(),
        warnings: missing.into_iter().chain(set_aside).collect(),
    })
}

async fn list_projects(State(app): State<Shared>) -> Reply<Projects> {
    Ok(Json(app.service.projects().await?))
}

async fn create_project(State(app): State<Shared>, request: Request) -> ReplyWith<CreatedProject> {
    let new: NewProjectRequest = json::read(request).await?;
    let made = app
        .service
        .create_project(&new.name, &new.timezone, new.week_start)
        .await?;
    know_new_keys(&app).await;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn project(State(app): State<Shared>, Path(project): Path<ProjectPath>) -> Reply<Project> {
    Ok(Json(app.service.project(project.id()?).await?))
}

async fn rotate_key(
    State(app): State<Shared>,
    Path((project, kind)): Path<(String, String)>,
) -> Reply<RotatedKey> {
    let Ok(kind) = kind.parse::<KeyKind>() else {
        return Err(unknown().await);
    };
    let rotated = app
        .service
        .rotate_key(read_id(&project, "project")?, kind)
        .await?;
    know_new_keys(&app).await;
    Ok(Json(rotated))
}

/// A key that was just made opens at once.
async fn know_new_keys(app: &Shared) {
    if let Err(error) = app.keys.refresh(app.service.store.as_ref()).await {
        tracing::warn!(%error, "a new key is not known here yet");
    }
}

/// Which engine must answer, if the caller requests one.
#[derive(Deserialize)]
struct Forced {
    engine: Option<Engine>,
}

impl Forced {
    fn check(forced: Forcing, app: &Shared) -> Result<(), Failure> {
        let Query(forced) = forced.map_err(|error| ApiError {
            path: Some("engine".to_owned()),
            ..ApiError::new(ErrorCode::InvalidRequest, error.body_text())
        })?;
        Ok(app.service.insist_on(forced.engine)?)
    }
}

type Forcing = Result<Query<Forced>, axum::extract::rejection::QueryRejection>;

async fn query(
    State(app): State<Shared>,
    Path(project): Path<ProjectPath>,
    forced: Forcing,
    request: Request,
) -> Reply<Answer> {
    Forced::check(forced, &app)?;
    let report: Value = json::read(request).await?;
    Ok(Json(app.service.query(project.id()?, &report).await?))
}

async fn explain(
    State(app): State<Shared>,
    Path(project): Path<ProjectPath>,
    forced: Forcing,
    request: Request,
) -> Reply<Value> {
    Forced::check(forced, &app)?;
    let report: Value = json::read(request).await?;
    Ok(Json(app.service.explain(project.id()?, &report).await?))
}

async fn schema(State(app): State<Shared>, Path(project): Path<ProjectPath>) -> Reply<Schema> {
    let id = project.id()?;
    app.service.project(id).await?;
    Ok(Json(app.service.schema(id).await?))
}

async fn events(
    State(app): State<Shared>,
    Path(project): Path<ProjectPath>,
    query: Result<Query<EventsQuery>, QueryRejection>,
) -> Reply<EventList> {
    let Query(query) =
        query.map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.body_text()))?;
    let id = project.id()?;
    app.service.project(id).await?;
    Ok(Json(app.service.events(id, &query).await?))
}

async fn follow(
    State(app): State<Shared>,
    Path(project): Path<ProjectPath>,
    query: Result<Query<LiveQuery>, QueryRejection>,
) -> Result<StreamOf<LiveMessage>, Failure> {
    let Query(query) =
        query.map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.body_text()))?;
    let id = project.id()?;
    app.service.project(id).await?;
    let items = app.service.live(id).await?;
    let messages = live::respond(items, query, app.stop_serving.clone());
    Ok(StreamOf::new(messages))
}

async fn job(State(app): State<Shared>, Path(job): Path<String>) -> Reply<Job> {
    Ok(Json(app.service.job(read_job(&job)?).await?))
}

async fn cancel_job(State(app): State<Shared>, Path(job): Path<String>) -> Reply<Job> {
    Ok(Json(app.service.cancel_job(read_job(&job)?).await?))
}

fn read_job(text: &str) -> Result<JobId, Failure> {
    text.parse()
        .map_err(|_| Failure(ApiError::new(ErrorCode::NotFound, "There is no such job.")))
}

fn read_id(text: &str, what: &str) -> Result<ProjectId, Failure> {
    text.parse().map_err(|_| {
        Failure(ApiError::new(
            ErrorCode::NotFound,
            format!("There is no such {what}."),
        ))
    })
}

/// The project of a route.
#[derive(Deserialize)]
pub(super) struct ProjectPath {
    project: String,
}

impl ProjectPath {
    pub(super) fn id(&self) -> Result<ProjectId, Failure> {
        read_id(&self.project, "project")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_endpoint_is_served() {
        let (_, mut served) = open_routes().into_parts();
        served.extend(private_routes().into_parts().1);
        for route in endpoint::ALL {
            let times = served.iter().filter(|other| *other == route).count();
            assert_eq!(times, 1, "{route:?}");
        }
        assert_eq!(served.len(), endpoint::ALL.len());
    }
}

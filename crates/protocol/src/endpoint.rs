//! Every endpoint of the private API, one row each.
//!
//! A row says method, path, what the call sends, what it is answered with, and whether it changes
//! something. The sidecar's router, the console, the desktop's shell and the subcommands' client all
//! read it here. What a call sends is the query of a `GET` or `DELETE` and the JSON body of any other method;
//! an answer with an error status is an [`ErrorBody`](crate::ErrorBody).

use std::marker::PhantomData;

use empmix_model::{job::Job, project::Project};
use empmix_query::answer::Answer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    call::{EventsQuery, KeyKind, LiveQuery, NewProjectRequest},
    reply::{
        Code, CreatedProject, EventList, Imported, Login, Projects, RotatedKey, Schema, Status,
    },
    shell::LiveMessage,
};

/// What every path begins with.
pub const BASE: &str = "/api/v1";

/// The methods of the private API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names of HTTP methods")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// As the HTTP libraries name it.
    pub fn as_http(self) -> http::Method {
        match self {
            Self::Get => http::Method::GET,
            Self::Post => http::Method::POST,
            Self::Put => http::Method::PUT,
            Self::Patch => http::Method::PATCH,
            Self::Delete => http::Method::DELETE,
        }
    }

    /// Whether a call sends a body; else it sends a query.
    fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

/// Whether a call changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It changes what the sidecar or its stores hold.
    Changes,
}

/// Method, path and effect of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path after [`BASE`]; `{name}` stands for an id.
    pub path: &'static str,
    /// Whether it changes something.
    pub effect: Effect,
}

/// An endpoint that takes `Q` and answers with `R`.
#[derive(Debug)]
pub struct Endpoint<Q, R> {
    /// Its route.
    pub route: Route,
    types: PhantomData<fn(Q) -> R>,
}

/// What a call sends that needs no more than its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// One HTTP request of the private API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, from [`BASE`] on.
    pub path: String,
    /// The body, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident = $method:ident $path:literal $effect:ident $sends:ty => $reply:ty;)*) => {
        $(
            $(#[$doc])*
            pub const $name: Endpoint<$sends, $reply> = Endpoint {
                route: Route {
                    method: Method::$method,
                    path: $path,
                    effect: Effect::$effect,
                },
                types: PhantomData,
            };
        )*

        /// Every route.
        pub const ALL: &[Route] = &[$($name.route),*];
    };
}

endpoints! {
    /// Exchanges a one-time code for the bearer token; the only call without a token.
    LOGIN = Post "/login" Changes Code => Login;
    /// Makes a one-time code.
    LOGIN_CODE = Post "/login/code" Changes Nothing => Code;
    /// How the sidecar is.
    STATUS = Get "/status" Reads Nothing => Status;
    /// All projects.
    PROJECTS = Get "/projects" Reads Nothing => Projects;
    /// Makes a project.
    CREATE_PROJECT = Post "/projects" Changes NewProjectRequest => CreatedProject;
    /// One project.
    PROJECT = Get "/projects/{project}" Reads Nothing => Project;
    /// Replaces a key; `{kind}` is a [`KeyKind`].
    ROTATE_KEY = Post "/projects/{project}/keys/{kind}/rotate" Changes Nothing => RotatedKey;
    /// Answers a report.
    QUERY = Post "/projects/{project}/query" Reads Value => Answer;
    /// How a report would be answered: the pipeline or the plan.
    EXPLAIN = Post "/projects/{project}/query/explain" Reads Value => Value;
    /// Event names and properties.
    SCHEMA = Get "/projects/{project}/schema" Reads Nothing => Schema;
    /// Events, newest first.
    EVENTS = Get "/projects/{project}/events" Reads EventsQuery => EventList;
    /// What arrives, as server-sent events.
    LIVE = Get "/projects/{project}/live" Reads LiveQuery => LiveMessage;
    /// Loads the sample data.
    LOAD_SAMPLE = Post "/projects/{project}/sample" Changes Nothing => Job;
    /// Takes lines of an import (NDJSON, plain or compressed), with an [`ImportQuery`](crate::call::ImportQuery).
    IMPORT = Post "/projects/{project}/import" Changes Nothing => Imported;
    /// One job.
    JOB = Get "/jobs/{job}" Reads Nothing => Job;
    /// Cancels a job.
    CANCEL_JOB = Delete "/jobs/{job}" Changes Nothing => Job;
}

impl<Q: Serialize, R> Endpoint<Q, R> {
    /// The request of a call: the ids of the path in order, and what it sends.
    #[allow(
        clippy::expect_used,
        reason = "what the rows name are plain structs with text keys"
    )]
    pub fn request(&self, ids: &[&str], sends: &Q) -> Request {
        let mut path = self.route.with_ids(ids);
        let body = if self.route.method.has_body() {
            Some(serde_json::to_string(sends).expect("JSON"))
        } else {
            let query = serde_urlencoded::to_string(sends).expect("a flat struct");
            if !query.is_empty() {
                path = format!("{path}?{query}");
            }
            None
        };
        Request {
            method: self.route.method,
            path,
            body,
        }
    }
}

impl Route {
    /// The route of a request, if there is one. Ids hold letters, digits, `-`, `_` and `:` only, so
    /// that no path leads elsewhere once it is normalised.
    pub fn find(method: Method, path: &str) -> Option<&'static Self> {
        let path = path.split('?').next()?.strip_prefix(BASE)?;
        ALL.iter()
            .find(|route| route.method == method && route.has_path(path))
    }

    /// Its path with the ids in their places.
    pub fn with_ids(&self, ids: &[&str]) -> String {
        let mut ids = ids.iter();
        let filled = self.path.split('/').map(|part| {
            let id = part.starts_with('{').then(|| ids.next()).flatten();
            id.copied().unwrap_or(part)
        });
        BASE.to_owned() + &filled.collect::<Vec<_>>().join("/")
    }

    fn has_path(&self, path: &str) -> bool {
        let (mut own, mut asked) = (self.path.split('/'), path.split('/'));
        own.by_ref().zip(asked.by_ref()).all(|(own, asked)| {
            if own.starts_with('{') {
                is_id(asked)
            } else {
                own == asked
            }
        }) && self.path.split('/').count() == path.split('/').count()
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte))
}

impl KeyKind {
    /// As it stands in a path.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_in_a_query() {
        let query = EventsQuery {
            limit: Some(5),
            event: Some("a b&c=é".into()),
            ..EventsQuery::default()
        };
        assert_eq!(
            EVENTS.request(&["1"], &query).path,
            "/api/v1/projects/1/events?limit=5&event=a+b%26c%3D%C3%A9"
        );
        let plain = EVENTS.request(&["1"], &EventsQuery::default());
        assert_eq!(plain.path, "/api/v1/projects/1/events");
        assert_eq!(plain.body, None);
    }

    #[test]
    fn a_request_is_found_again_and_others_are_not() {
        for route in ALL {
            let ids = vec!["ab-1"; route.path.matches('{').count()];
            let path = route.with_ids(&ids);
            assert_eq!(Route::find(route.method, &path), Some(route), "{path}");
            assert_eq!(
                Route::find(route.method, &format!("{path}?a=/../b")),
                Some(route)
            );
        }
        for path in [
            "/api/v1/projects/..",
            "/api/v1/projects/%2e%2e",
            "/api/v1/projects/a/",
            "/api/v1/projects/",
            "/api/v1/status/x",
            "/public/track",
            "//elsewhere/api/v1/status",
            "",
        ] {
            assert_eq!(Route::find(Method::Get, path), None, "{path}");
        }
        assert_eq!(Route::find(Method::Delete, "/api/v1/status"), None);
    }

    #[test]
    fn no_two_routes_are_alike() {
        for (index, route) in ALL.iter().enumerate() {
            let same = |other: &&Route| other.method == route.method && other.path == route.path;
            assert_eq!(ALL.iter().position(|other| same(&other)), Some(index));
        }
    }
}

//! Every call of the console, and the HTTP request that it is.

use empmix_model::{
    EpochMs,
    ids::{JobId, ProjectId},
    project::WeekStart,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A call of the private API. Its reply's type stands behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// `GET status` → [`Status`](crate::reply::Status).
    Status,
    /// `GET projects` → [`Projects`](crate::reply::Projects).
    Projects,
    /// `POST projects` → [`NewProject`](crate::reply::NewProject).
    CreateProject {
        /// Its name.
        name: String,
        /// IANA name of its zone.
        timezone: String,
        /// The day that its weeks begin on.
        #[serde(default)]
        week_start: WeekStart,
    },
    /// `GET projects/{p}` → [`Project`](empmix_model::project::Project).
    Project {
        /// The project.
        project: ProjectId,
    },
    /// `POST projects/{p}/keys/{kind}/rotate` → [`RotatedKey`](crate::reply::RotatedKey).
    RotateKey {
        /// The project.
        project: ProjectId,
        /// Which key.
        key: KeyKind,
    },
    /// `POST projects/{p}/query` → [`Answer`](empmix_query::answer::Answer).
    Query {
        /// The project.
        project: ProjectId,
        /// The report as JSON.
        report: Value,
    },
    /// `POST projects/{p}/query/explain` → JSON: the pipeline or the plan.
    Explain {
        /// The project.
        project: ProjectId,
        /// The report as JSON.
        report: Value,
    },
    /// `GET projects/{p}/schema` → [`Schema`](crate::reply::Schema).
    Schema {
        /// The project.
        project: ProjectId,
    },
    /// `GET projects/{p}/events` → [`EventsPage`](crate::reply::EventsPage).
    Events {
        /// The project.
        project: ProjectId,
        /// Which events.
        query: EventsQuery,
    },
    /// `POST projects/{p}/sample` → [`Job`](empmix_model::job::Job): loads the sample data.
    LoadSample {
        /// The project.
        project: ProjectId,
    },
    /// `GET jobs/{id}` → [`Job`](empmix_model::job::Job).
    Job {
        /// The job.
        job: JobId,
    },
    /// `DELETE jobs/{id}` → [`Job`](empmix_model::job::Job): cancels it.
    CancelJob {
        /// The job.
        job: JobId,
    },
}

/// One of a project's two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// The write-only key.
    Public,
    /// The key with full access.
    Secret,
}

/// Which events a page shows; newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsQuery {
    /// Rows, 1..=1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Earliest time, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<EpochMs>,
    /// Latest time, excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<EpochMs>,
    /// Only this event name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Only this distinct id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_id: Option<String>,
    /// Only this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// The HTTP request that a call is.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, from `/api/v1/` on.
    pub path: String,
    /// The JSON body, for a POST.
    pub body: Option<Value>,
}

/// The methods of the private API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of HTTP methods")]
pub enum Method {
    Get,
    Post,
    Delete,
}

impl Call {
    /// The HTTP request that this call is.
    pub fn request(&self) -> Request {
        let get = |path: String| Request {
            method: Method::Get,
            path,
            body: None,
        };
        let post = |path: String, body: Value| Request {
            method: Method::Post,
            path,
            body: Some(body),
        };
        match self {
            Self::Status => get("/api/v1/status".into()),
            Self::Projects => get("/api/v1/projects".into()),
            Self::CreateProject {
                name,
                timezone,
                week_start,
            } => post(
                "/api/v1/projects".into(),
                json!({"name": name, "timezone": timezone, "week_start": week_start}),
            ),
            Self::Project { project } => get(format!("/api/v1/projects/{project}")),
            Self::RotateKey { project, key } => {
                let key = match key {
                    KeyKind::Public => "public",
                    KeyKind::Secret => "secret",
                };
                post(
                    format!("/api/v1/projects/{project}/keys/{key}/rotate"),
                    json!({}),
                )
            }
            Self::Query { project, report } => {
                post(format!("/api/v1/projects/{project}/query"), report.clone())
            }
            Self::Explain { project, report } => post(
                format!("/api/v1/projects/{project}/query/explain"),
                report.clone(),
            ),
            Self::Schema { project } => get(format!("/api/v1/projects/{project}/schema")),
            Self::Events { project, query } => get(format!(
                "/api/v1/projects/{project}/events{}",
                query.query_string()
            )),
            Self::LoadSample { project } => {
                post(format!("/api/v1/projects/{project}/sample"), json!({}))
            }
            Self::Job { job } => get(format!("/api/v1/jobs/{job}")),
            Self::CancelJob { job } => Request {
                method: Method::Delete,
                path: format!("/api/v1/jobs/{job}"),
                body: None,
            },
        }
    }
}

/// The path of a project's live stream (server-sent events).
pub fn live_path(project: ProjectId) -> String {
    format!("/api/v1/projects/{project}/live")
}

impl EventsQuery {
    /// `?…`, or nothing when every field is absent.
    pub fn query_string(&self) -> String {
        let pairs = [
            ("limit", self.limit.map(|n| n.to_string())),
            ("cursor", self.cursor.clone()),
            ("from", self.from.map(|n| n.to_string())),
            ("to", self.to.map(|n| n.to_string())),
            ("event", self.event.clone()),
            ("distinct_id", self.distinct_id.clone()),
            ("user_id", self.user_id.clone()),
        ];
        let mut out = String::new();
        for (name, value) in pairs {
            let Some(value) = value else { continue };
            out.push(if out.is_empty() { '?' } else { '&' });
            out.push_str(name);
            out.push('=');
            percent_encode(&value, &mut out);
        }
        out
    }
}

fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
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
        assert_eq!(query.query_string(), "?limit=5&event=a%20b%26c%3D%C3%A9");
        assert_eq!(EventsQuery::default().query_string(), "");
    }
}

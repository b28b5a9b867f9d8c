//! A real sidecar with a data directory of its own.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    repository,
    spawn::{Process, built, free_port, wait_for},
};

/// A running sidecar.
pub struct Sidecar {
    dir: tempfile::TempDir,
    /// Where its data is, if not in `dir`.
    data: Option<PathBuf>,
    options: Vec<String>,
    env: Vec<(&'static str, OsString)>,
    port: u16,
    process: Option<Process>,
    http: Client,
    /// Its address.
    pub url: String,
}

/// What a project has.
#[derive(Debug, Clone)]
pub struct TestProject {
    /// Its id.
    pub id: String,
    /// The key that apps carry.
    pub public_key: String,
}

impl Sidecar {
    /// The embedded broker and the local store.
    pub fn start() -> Self {
        Self::with_pair(&[])
    }

    /// A pair given by `--broker` and `--store` options.
    pub fn with_pair(options: &[&str]) -> Self {
        let mut sidecar = Self::described(options);
        sidecar.launch();
        sidecar
    }

    /// With options and an environment, on a folder that the caller has.
    ///
    /// # Errors
    /// It ended before it was ready; what it logged.
    pub fn on(
        folder: &Path,
        options: &[&str],
        env: &[(&'static str, OsString)],
    ) -> Result<Self, String> {
        let mut sidecar = Self::described(options);
        sidecar.data = Some(folder.join("data"));
        sidecar.env = env.to_vec();
        match sidecar.try_launch() {
            Ok(()) => Ok(sidecar),
            Err(line) => Err(line + &sidecar.read_log()),
        }
    }

    fn described(options: &[&str]) -> Self {
        Self {
            dir: tempfile::Builder::new()
                .prefix("empmix-data-")
                .tempdir()
                .expect("a temporary directory"),
            data: None,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            env: Vec::new(),
            port: free_port(),
            process: None,
            http: Client::builder()
                .timeout(Duration::from_secs(120))
                .no_proxy()
                .build()
                .expect("a client"),
            url: String::new(),
        }
    }

    fn launch(&mut self) {
        if let Err(line) = self.try_launch() {
            panic!("{line:?}; {}", self.read_log());
        }
    }

    /// Starts it; an error is what it said instead of being ready.
    fn try_launch(&mut self) -> Result<(), String> {
        let listen = format!("127.0.0.1:{}", self.port);
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log");
        let mut process =
            Process::start(built("EMPMIX_SIDECAR_BIN", "empmix-sidecar"), |command| {
                command
                    .args(["serve", "--listen", &listen, "--data-dir"])
                    .arg(self.data_dir());
                command.args(&self.options).envs(self.env.clone());
                command.stdout(Stdio::piped()).stderr(log);
            });
        let stdout = process.child().stdout.take().expect("a pipe");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a first line");
        let ready = serde_json::from_str::<Value>(&line).unwrap_or_default();
        if ready["event"] != "ready" {
            return Err(line);
        }
        self.url = ready["url"].as_str().expect("a url").to_owned();
        self.port = self
            .url
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port");
        self.process = Some(process);
        Ok(())
    }

    /// Where its data is.
    pub fn data_dir(&self) -> PathBuf {
        let own = || self.dir.path().join("data");
        self.data.clone().unwrap_or_else(own)
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// What it logged.
    pub fn read_log(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Ends it at once.
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill9();
        }
    }

    /// Starts it again on the same directory and port, with other options.
    pub fn restart_with(&mut self, options: &[&str]) {
        self.options = options.iter().map(|option| (*option).to_owned()).collect();
        self.restart();
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").pid()
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        self.process.as_ref().expect("it runs").signal(name);
    }

    /// Asks it to end, and gives its exit code.
    pub fn terminate(&mut self) -> i32 {
        let mut process = self.process.take().expect("it runs");
        process.signal("TERM");
        process
            .wait(Duration::from_secs(15))
            .expect("it ends within 15 s")
    }

    /// Starts it again on the same directory and port.
    pub fn restart(&mut self) {
        self.kill9();
        self.launch();
    }

    /// A subcommand on its data directory, described further by the caller.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = empmix_child::command(built("EMPMIX_SIDECAR_BIN", "empmix-sidecar"));
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(&self.options);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A subcommand that must succeed; the last line of its stdout.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("it starts");
        last_line(&output)
    }

    /// `import` of a file; the JSON it ends with.
    pub fn import(&self, file: &Path, project: &TestProject) -> Value {
        let file = file.to_string_lossy();
        let line = self.cli(&["import", &file, "--project", &project.id]);
        serde_json::from_str(&line).expect("JSON")
    }

    /// The project of a fresh directory.
    pub fn default_project(&self) -> TestProject {
        wait_for("project", Duration::from_secs(20), || {
            let listed = self
                .get("/api/v1/projects")
                .send()
                .ok()?
                .json::<Value>()
                .ok()?;
            let first = listed["projects"].get(0)?;
            Some(TestProject {
                id: first["id"].as_str()?.to_owned(),
                public_key: first["public_key"].as_str()?.to_owned(),
            })
        })
    }

    /// The bearer token of the private API.
    pub fn token(&self) -> String {
        std::fs::read_to_string(self.data_dir().join("token")).expect("a token")
    }

    /// `GET` of the private API.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http
            .get(format!("{}{path}", self.url))
            .bearer_auth(self.token())
    }

    /// `POST` of the private API.
    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http
            .post(format!("{}{path}", self.url))
            .bearer_auth(self.token())
            .json(body)
    }

    /// `DELETE` of the private API.
    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.http
            .delete(format!("{}{path}", self.url))
            .bearer_auth(self.token())
    }

    /// A request without a token.
    pub fn open_post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    /// The answer to a report.
    pub fn query(&self, project: &TestProject, report: &Value) -> Value {
        let response = self
            .post(&format!("/api/v1/projects/{}/query", project.id), report)
            .send()
            .expect("an answer");
        let status = response.status();
        let answer: Value = response.json().expect("JSON");
        assert!(status.is_success(), "{status} {answer}");
        answer
    }

    /// One event of the public API.
    pub fn track(&self, project: &TestProject, event: &Value) -> Response {
        self.try_track(project, event).expect("a reply")
    }

    /// One event of the public API, while it may end.
    ///
    /// # Errors
    /// No reply came.
    pub fn try_track(&self, project: &TestProject, event: &Value) -> reqwest::Result<Response> {
        let mut body = event.clone();
        body["apiKey"] = json!(project.public_key);
        self.open_post("/public/track").json(&body).send()
    }

    /// Waits until this many events are stored.
    pub fn wait_for_total(&self, project: &TestProject, expected: f64) {
        wait_for(
            format!("total of {expected}"),
            Duration::from_secs(10),
            || (self.total(project) == expected).then_some(()),
        );
    }

    /// The total of every event over ten years.
    pub fn total(&self, project: &TestProject) -> f64 {
        let answer = self.query(project, &every_event(&["total"]));
        answer["result"]["series"][0]["total"]
            .as_f64()
            .expect("a total")
    }
}

/// A reply's status and JSON body; `null` where there is none.
pub fn status_and_body(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().unwrap_or(Value::Null))
}

/// A report over every event, 2016 to 2026, by year, a series for each measure.
pub fn every_event(measures: &[&str]) -> Value {
    insights(&Value::Null, measures)
}

/// A report over some events, 2016 to 2026, by year, a series for each measure.
pub fn insights(event: &Value, measures: &[&str]) -> Value {
    let series: Vec<Value> = measures
        .iter()
        .map(|measure| json!({"id": measure, "event": event, "measure": {"type": measure}}))
        .collect();
    json!({"kind": "insights", "range": {"from": "2016-01-01", "to": "2026-12-31"}, "granularity": "year",
        "series": series})
}

/// The last line of a command that must have succeeded.
pub fn last_line(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "{}: {stdout} {stderr}",
        output.status
    );
    stdout.lines().last().unwrap_or_default().to_owned()
}

/// The file of real events that the repository carries.
pub fn real_events() -> PathBuf {
    repository().join("tests/data/oss-contributions.ndjson.gz")
}

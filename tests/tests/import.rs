//! The real data set through the whole system, with processes killed on the way.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{
    io::Read,
    process::{Child, Command},
    time::Duration,
};

use empmix_tests::{
    mongod::Mongod,
    rabbitmq::RabbitMq,
    sidecar::{Sidecar, TestProject, every_event, insights, last_line, real_events},
    spawn::wait_for,
};
use serde_json::{Value, json};

/// Commits and their authors, by year from 2016 on.
const COMMITS: [(u32, u32); 11] = [
    (445, 50),
    (647, 91),
    (523, 85),
    (720, 63),
    (3039, 197),
    (3486, 332),
    (5175, 535),
    (11_687, 619),
    (13_834, 805),
    (12_876, 557),
    (12_961, 406),
];

/// What the data set comes to, however often and through whatever faults it was imported.
fn check_numbers(sidecar: &Sidecar, project: &TestProject) {
    let all = sidecar.query(project, &every_event(&["total", "unique"]));
    let total = |answer: &Value, series: usize| answer["result"]["series"][series]["total"].clone();
    assert_eq!(
        (total(&all, 0), total(&all, 1)),
        (json!(122_004), json!(3_253))
    );
    let commits = sidecar.query(project, &insights(&json!("Commit"), &["total", "unique"]));
    let points = |series: usize| commits["result"]["series"][series]["points"].clone();
    assert_eq!(points(0), json!(COMMITS.map(|(events, _)| events)));
    assert_eq!(points(1), json!(COMMITS.map(|(_, users)| users)));
}

fn accepted() -> Value {
    json!({"read": 124_368, "accepted": 124_368, "rejected": 0})
}

/// An import that runs beside the test.
fn start_import(sidecar: &Sidecar, project: &TestProject) -> Child {
    let file = real_events();
    let mut command: Command =
        sidecar.command(&["import", &file.to_string_lossy(), "--project", &project.id]);
    command.spawn().expect("it starts")
}

/// Waits until some of the events are stored, so that what is killed now is in the middle.
fn wait_for_the_middle(sidecar: &Sidecar, project: &TestProject, at_least: f64) {
    wait_for("first events", Duration::from_secs(60), || {
        (sidecar.total(project) >= at_least).then_some(())
    });
}

fn finish(import: Child) -> Value {
    let output = import.wait_with_output().expect("it ends");
    serde_json::from_str(&last_line(&output)).expect("JSON")
}

#[test]
fn on_the_embedded_pair() {
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let mut first = start_import(&sidecar, &project);
    wait_for_the_middle(&sidecar, &project, 1_000.0);
    sidecar.kill9();
    let _ = first.kill();
    let _ = first.wait();
    sidecar.restart();
    assert_eq!(sidecar.import(&real_events(), &project), accepted());
    check_numbers(&sidecar, &project);
    assert_eq!(sidecar.import(&real_events(), &project), accepted());
    check_numbers(&sidecar, &project);
    assert!(!sidecar.read_log().contains("panicked"));
}

#[test]
fn a_restarted_sidecar_is_waited_for() {
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let import = start_import(&sidecar, &project);
    wait_for_the_middle(&sidecar, &project, 1_000.0);
    sidecar.kill9();
    sidecar.restart();
    assert_eq!(finish(import), accepted());
    check_numbers(&sidecar, &project);
}

#[test]
fn on_rabbitmq_and_mongodb() {
    let mut rabbit = RabbitMq::start();
    let mut mongod = Mongod::start();
    let (broker, store) = (rabbit.uri(), mongod.fresh_uri());
    let mut sidecar = Sidecar::with_pair(&["--broker", &broker, "--store", &store]);
    let project = sidecar.default_project();
    let import = start_import(&sidecar, &project);
    wait_for_the_middle(&sidecar, &project, 1_000.0);
    sidecar.kill9();
    sidecar.restart();
    wait_for_the_middle(&sidecar, &project, 10_000.0);
    rabbit.kill9();
    rabbit.restart();
    wait_for_the_middle(&sidecar, &project, 20_000.0);
    mongod.kill9();
    mongod.restart();
    assert_eq!(finish(import), accepted());
    check_numbers(&sidecar, &project);
    assert_eq!(sidecar.import(&real_events(), &project), accepted());
    check_numbers(&sidecar, &project);
}

#[test]
fn lines_that_are_refused_are_listed_with_reasons() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mixed.ndjson");
    let lines = "{\"event\":\"a\",\"distinct_id\":\"u\",\"timestamp\":1760000000000}\n\n{broken\n{\"event\":\"a\"}\n";
    std::fs::write(&file, lines).unwrap();
    let counts = sidecar.import(&file, &project);
    assert_eq!(counts, json!({"read": 3, "accepted": 1, "rejected": 2}));
    let mut rejects = String::new();
    let path = dir.path().join("mixed.ndjson.rejects.ndjson");
    std::fs::File::open(path)
        .unwrap()
        .read_to_string(&mut rejects)
        .unwrap();
    let rows: Vec<Value> = rejects
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (rows[0]["line"].clone(), rows[0]["text"].clone()),
        (json!(3), json!("{broken"))
    );
    assert_eq!(
        rows[1]["message"],
        "The 'distinct_id' parameter is required."
    );
}

#[test]
fn a_command_works_without_a_running_sidecar() {
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    assert_eq!(sidecar.terminate(), 0);
    assert_eq!(sidecar.import(&real_events(), &project), accepted());
    sidecar.restart();
    check_numbers(&sidecar, &project);
    assert!(sidecar.cli(&["doctor"]).contains("store (local) is ready"));
}

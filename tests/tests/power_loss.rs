//! Power is lost: what got a `200` is there afterwards. Each way to sync too little is tried too, and
//! must lose something here: the test can fail.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use empmix_tests::{
    power::Powered,
    sidecar::{Sidecar, TestProject},
    spawn::wait_for,
};
use serde_json::{Value, json};

/// Clients that send at the same time.
const CLIENTS: usize = 4;
/// Events that are acked before each loss, at least.
const EVENTS: usize = 150;

fn event(number: u64) -> Value {
    json!({
        "event": "paid", "distinct_id": format!("user {}", number % 40),
        "insert_id": format!("{number:08}"), "time": 1_767_225_600_000_i64 + i64::from(number as u32),
    })
}

/// Everything that got a `200`, over several losses of power.
struct Sent {
    next: AtomicU64,
    acked: Mutex<Vec<u64>>,
}

impl Sent {
    /// Sends until this many more are acked, and then until the machine is off.
    fn send(&self, sidecar: &Sidecar, project: &TestProject, off: &AtomicBool) {
        let send = || {
            while !off.load(Ordering::Relaxed) {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let reply = sidecar.try_track(project, &event(number));
                if reply.is_ok_and(|reply| reply.status() == 200) {
                    self.acked.lock().unwrap().push(number);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(send);
            }
        });
    }

    fn acked(&self) -> usize {
        self.acked.lock().unwrap().len()
    }
}

fn start(power: &Powered, forget: &str) -> Result<Sidecar, String> {
    Sidecar::on(power.path(), &["--seal-rows", "100"], &power.env(forget))
}

/// Loses power twice while events are sent. Returns how many acked events are missing afterwards; all of
/// them if it does not start any more.
fn lost(forget: &str) -> usize {
    let mut power = Powered::new();
    let sent = Sent {
        next: AtomicU64::new(0),
        acked: Mutex::default(),
    };
    let project = start(&power, "").unwrap().default_project();
    power = power.cut();
    for round in 1..=2 {
        let mut sidecar = match start(&power, forget) {
            Ok(sidecar) => sidecar,
            Err(_) if round > 1 => return sent.acked(),
            Err(why) => panic!("nothing was sent yet: {why}"),
        };
        let off = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| sent.send(&sidecar, &project, &off));
            wait_for("acks", Duration::from_secs(60), || {
                (sent.acked() >= round * EVENTS).then_some(())
            });
            sidecar.signal("KILL");
            off.store(true, Ordering::Relaxed);
        });
        sidecar.kill9();
        power = power.cut();
    }
    let acked = sent.acked.into_inner().unwrap();
    match start(&power, "") {
        Ok(sidecar) => missing(&sidecar, &project, &acked),
        Err(why) if forget.is_empty() => panic!("it does not start: {why}"),
        Err(_) => acked.len(),
    }
}

/// Whether what is forgotten is missed. The consumer may have moved everything on just before the power was
/// lost, so it is tried more than once.
fn loses(forget: &str) -> bool {
    const TRIES: usize = 5;
    (0..TRIES).any(|_| lost(forget) > 0)
}

/// How many of the events are stored only once they are sent again.
fn missing(sidecar: &Sidecar, project: &TestProject, acked: &[u64]) -> usize {
    let before = settled(sidecar, project);
    for number in acked {
        let status = sidecar.track(project, &event(*number)).status();
        assert_eq!(status, 200);
    }
    let after = settled(sidecar, project);
    (after - before) as usize
}

/// The number of events once it does not change any more.
fn settled(sidecar: &Sidecar, project: &TestProject) -> f64 {
    let mut last = (f64::NAN, Instant::now());
    wait_for("a total that stays", Duration::from_secs(60), || {
        let total = sidecar.total(project);
        if total != last.0 {
            last = (total, Instant::now());
        }
        (last.1.elapsed() > Duration::from_secs(1)).then_some(total)
    })
}

#[test]
fn what_got_a_200_survives_a_loss_of_power() {
    assert_eq!(lost(""), 0);
}

#[test]
fn an_unsynced_queue_loses_events() {
    assert!(loses("queue.sqlite-wal"));
}

#[test]
fn an_unsynced_catalogue_loses_events() {
    assert!(loses("catalogue.sqlite-wal"));
}

#[test]
fn an_unsynced_folder_of_parts_loses_events() {
    assert!(loses("store/parts"));
}

#[test]
fn an_unsynced_part_loses_events() {
    assert!(loses(".parquet.tmp"));
}

#[test]
fn an_ack_before_the_commit_loses_events() {
    assert!(loses("late"));
}

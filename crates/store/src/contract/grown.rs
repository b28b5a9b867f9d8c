//! A project that has grown, and the batches whose cost must not depend on that.
//!
//! Each store counts work in its own way (statements, commands, rows, keys), and has its own way to make a
//! million links of one; what is written and measured is the same.

use empmix_model::item::{Authority, Item};

use super::fixtures::{NOON, event, link};

/// How much a project holds.
#[derive(Clone, Copy)]
pub struct Size {
    /// Links between two ids each.
    pub links: u32,
    /// Links to one id.
    pub hub: u32,
    /// Links of clients from one id to different users.
    pub kiosk: u32,
    /// Events of one session.
    pub session: u32,
}

impl Size {
    /// All of it, as the nightly tests have it.
    pub const GROWN: Self = Self {
        links: 1_000_000,
        hub: 100_000,
        kiosk: 10_000,
        session: 2_000_000,
    };

    /// What a grown project is compared with; `items` are those of a probe.
    pub fn small(items: u32) -> Self {
        Self {
            links: 1_000,
            hub: items,
            kiosk: items,
            session: 1_000,
        }
    }

    /// A tenth, but for the refusals: they are many only where they are beyond their cap.
    pub fn tenth(self) -> Self {
        Self {
            links: self.links / 10,
            hub: self.hub / 10,
            kiosk: self.kiosk,
            session: self.session / 10,
        }
    }

    /// The links to the hub and from the kiosk, which are written as any others.
    pub fn crowds(self) -> Vec<Item> {
        let to_hub = |n| (format!("follower {n}"), "hub".into());
        let from_kiosk = |n| ("kiosk".into(), format!("visitor {n}"));
        let mut crowds = links(self.hub, Authority::Server, to_hub);
        crowds.extend(links(self.kiosk, Authority::Client, from_kiosk));
        crowds
    }
}

/// A link and an event of a long session: the store's own test makes many of them, in which the number
/// that ends a text differs.
pub fn first() -> [Item; 2] {
    let two = |n| (format!("device {n}"), format!("user {n}"));
    let mut long = event("first", "ann", "view", NOON);
    long.session_id = Some("s".into());
    let mut link = links(1, Authority::Server, two);
    [link.remove(0), Item::Event(long)]
}

/// Batches that may read what is stored, each with its name, of so many items.
pub fn probes(items: u32) -> Vec<(&'static str, Vec<Item>)> {
    let server = |ends: fn(u32) -> (String, String)| links(items, Authority::Server, ends);
    let client = |ends: fn(u32) -> (String, String)| links(items, Authority::Client, ends);
    let in_session = |n| {
        let mut event = event(&format!("e{n}"), &format!("user {n}"), "view", NOON);
        event.session_id = Some("s".into());
        Item::Event(event)
    };
    let of_guest = |n| Item::Event(event(&format!("n{n}"), &format!("guest {n}"), "view", NOON));
    vec![
        (
            "links of new ids",
            server(|n| (format!("new device {n}"), format!("new user {n}"))),
        ),
        (
            "links to users with a device",
            server(|n| (format!("second device {n}"), format!("user {n}"))),
        ),
        (
            "links of users with devices",
            server(|n| (format!("user {n}"), format!("owner {n}"))),
        ),
        (
            "links to the hub",
            server(|n| (format!("late follower {n}"), "hub".into())),
        ),
        (
            "links from the kiosk",
            client(|n| ("kiosk".into(), format!("late visitor {n}"))),
        ),
        (
            "events of the long session",
            (0..items).map(in_session).collect(),
        ),
        ("events of new ids", (0..items).map(of_guest).collect()),
    ]
}

fn links(count: u32, authority: Authority, ends: impl Fn(u32) -> (String, String)) -> Vec<Item> {
    let one = |n| {
        let (source, destination) = ends(n);
        let id = format!("{source} {destination}");
        Item::Instruction(link(&id, &source, &destination, authority))
    };
    (0..count).map(one).collect()
}

//! Generated events: deterministic for a given count, with a skew like that of real events.
//!
//! One user per 50 events, few of them with many events; ten event names with fixed shares; 90 days.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Result;

const NAMES: [(&str, u64); 10] = [
    ("page_view", 35),
    ("session_start", 12),
    ("search", 10),
    ("product_view", 16),
    ("add_to_cart", 8),
    ("checkout", 5),
    ("purchase", 3),
    ("signup", 2),
    ("login", 6),
    ("share", 3),
];
const COUNTRIES: [&str; 12] = [
    "US", "DE", "IN", "BR", "GB", "FR", "JP", "CN", "CA", "NG", "MX", "IT",
];
/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000;
const DAYS: u64 = 90;

/// Writes `count` events as newline-delimited JSON, ordered by time.
pub(crate) fn write(path: &Path, count: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let (count, mut random) = (count as u64, SplitMix(7));
    let users = (count / 50).max(1);
    for index in 0..count {
        let timestamp = START + index * DAYS * 86_400_000 / count;
        let user = random.below(users).min(random.below(users));
        let name = pick_name(random.below(100));
        let country = COUNTRIES[usize::try_from(user % 12)?];
        writeln!(
            out,
            r#"{{"event":"{name}","distinct_id":"u{user}","timestamp":{timestamp},"insert_id":"{index}","properties":{{"country":"{country}","price":{}}}}}"#,
            random.below(10_000)
        )?;
    }
    Ok(out.flush()?)
}

fn pick_name(mut share: u64) -> &'static str {
    for (name, of) in NAMES {
        if share < of {
            return name;
        }
        share -= of;
    }
    NAMES[0].0
}

/// The splitmix64 generator of Steele, Lea and Flood, which is good enough for the skew of users.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

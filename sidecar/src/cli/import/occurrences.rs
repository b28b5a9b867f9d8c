//! How often each content occurred so far, in bounded memory.
//!
//! Up to [`IN_MEMORY`] contents are counted in a map. Beyond, they are in a temporary database, which
//! SQLite keeps in a file without a name: it goes with the process.

use std::collections::HashMap;

use anyhow::{Context, Result};
use rusqlite::{Connection, params};

/// Contents that are counted in memory: about 100 MB.
const IN_MEMORY: usize = 2_000_000;

/// The first half of a content's digest.
type Content = [u8; 16];

/// Counts of contents.
pub(super) struct Occurrences {
    memory: HashMap<Content, u32>,
    limit: usize,
    spilled: Option<Connection>,
}

impl Occurrences {
    pub(super) fn new() -> Self {
        Self::with_limit(IN_MEMORY)
    }

    fn with_limit(limit: usize) -> Self {
        Self {
            memory: HashMap::new(),
            limit,
            spilled: None,
        }
    }

    /// Says how often a content occurred before, and counts this time.
    pub(super) fn count(&mut self, digest: [u8; 32]) -> Result<u32> {
        let mut content = Content::default();
        content.copy_from_slice(&digest[..16]);
        if let Some(spilled) = &self.spilled {
            return count_in(spilled, content, 1);
        }
        let counted = self.memory.entry(content).or_default();
        *counted += 1;
        let before = *counted - 1;
        if self.memory.len() > self.limit {
            self.spill()?;
        }
        Ok(before)
    }

    fn spill(&mut self) -> Result<()> {
        let file = Connection::open("").context("a temporary file cannot be made")?;
        file.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA cache_size = -65536;
             CREATE TABLE counts (content BLOB PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
             BEGIN",
        )?;
        for (content, n) in std::mem::take(&mut self.memory) {
            count_in(&file, content, n)?;
        }
        self.spilled = Some(file);
        Ok(())
    }
}

fn count_in(file: &Connection, content: Content, n: u32) -> Result<u32> {
    let counted: u32 = file
        .prepare_cached(
            "INSERT INTO counts (content, n) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET n = n + excluded.n RETURNING n",
        )?
        .query_row(params![content, n], |row| row.get(0))
        .context("the counts of equal lines cannot be kept in a temporary file")?;
    Ok(counted - n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_go_on_in_a_file() {
        let mut occurrences = Occurrences::with_limit(10);
        let digest = |n: u32| {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&(n % 25).to_be_bytes());
            digest
        };
        for n in 0..100 {
            assert_eq!(occurrences.count(digest(n)).unwrap(), n / 25, "{n}");
        }
        assert!(occurrences.spilled.is_some() && occurrences.memory.is_empty());
    }
}

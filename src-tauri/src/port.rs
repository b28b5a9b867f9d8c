//! The port of the sidecar, remembered: the snippet that was pasted into an app must stay true.

use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};

/// The port that the documentation names.
pub(crate) const DEFAULT_PORT: u16 = 7070;

/// `port.json` in the data directory: `{"port":7070}`.
pub(crate) struct PortMemory {
    file: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    port: u16,
}

impl PortMemory {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The port to ask for first.
    pub(crate) fn preferred(&self) -> u16 {
        let saved = fs::read(&self.file)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Saved>(&bytes).ok());
        saved.map_or(DEFAULT_PORT, |saved| saved.port)
    }

    /// Keeps the port that was got.
    pub(crate) fn keep(&self, port: u16) {
        if port == self.preferred() {
            return;
        }
        let saved = serde_json::to_vec(&Saved { port }).map_err(std::io::Error::other);
        if let Err(error) = saved.and_then(|json| fs::write(&self.file, json)) {
            tracing::warn!(%error, "the port could not be remembered");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_remembered_and_a_damaged_memory_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let memory = PortMemory::new(dir.path().join("port.json"));
        assert_eq!(memory.preferred(), DEFAULT_PORT);
        memory.keep(41_234);
        assert_eq!(memory.preferred(), 41_234);
        fs::write(dir.path().join("port.json"), "{").unwrap();
        assert_eq!(memory.preferred(), DEFAULT_PORT);
    }
}

//! The file of refused lines.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use empmix_protocol::reply::Imported;
use serde_json::json;

/// A file of refused lines, made when the first one is: one JSON object a line, with the name of
/// the input, the line's number, why it was refused, and the line itself.
pub(super) struct Rejects {
    path: PathBuf,
    file: Option<File>,
    /// Where the path cannot be written, the working directory is tried.
    elsewhere: bool,
}

impl Rejects {
    /// The file that was asked for, for all inputs.
    pub(super) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            elsewhere: false,
        }
    }

    /// A file of its own for an input: beside it, else in the working directory.
    pub(super) fn beside(input: &Path) -> Self {
        let name = input.file_name().unwrap_or_default().to_string_lossy();
        Self {
            path: input.with_file_name(format!("{name}.rejects.ndjson")),
            file: None,
            elsewhere: true,
        }
    }

    /// Writes what was refused of a block.
    pub(super) fn write(
        &mut self,
        input: &Path,
        imported: &Imported,
        block: &[Vec<u8>],
        first_line: u64,
    ) -> Result<()> {
        for rejected in &imported.rejected {
            let place = rejected.line.saturating_sub(first_line);
            let text = usize::try_from(place)
                .ok()
                .and_then(|place| block.get(place))
                .map(|line| String::from_utf8_lossy(line.trim_ascii_end()));
            let row = json!({"file": input.to_string_lossy(), "line": rejected.line,
                "message": rejected.message, "text": text});
            writeln!(self.open()?, "{row}")
                .with_context(|| "the file of refused lines cannot be written")?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.create()?,
        };
        Ok(self.file.insert(file))
    }

    fn create(&mut self) -> Result<File> {
        let made = File::create(&self.path);
        match self.path.file_name().map(PathBuf::from) {
            Some(name) if made.is_err() && self.elsewhere => self.path = name,
            _ => return made.with_context(|| format!("{} cannot be written", self.path.display())),
        }
        File::create(&self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use empmix_model::ids::JobId;
    use empmix_protocol::reply::RejectedLine;

    use super::*;

    #[test]
    fn one_file_takes_the_refused_lines_of_all_inputs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rejects");
        let mut rejects = Rejects::at(&path);
        let imported = Imported {
            job: JobId([0; 8]),
            read: 1,
            accepted: 0,
            rejected: vec![RejectedLine {
                line: 7,
                message: "no".into(),
            }],
        };
        for input in ["a", "b"] {
            rejects
                .write(Path::new(input), &imported, &[b"{x\n".to_vec()], 7)
                .unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            "{\"file\":\"a\",\"line\":7,\"message\":\"no\",\"text\":\"{x\"}\n\
             {\"file\":\"b\",\"line\":7,\"message\":\"no\",\"text\":\"{x\"}\n"
        );
    }
}

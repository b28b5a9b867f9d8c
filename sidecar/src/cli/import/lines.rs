//! A file as blocks of lines.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, Result, bail};
use empmix_ingest::lines::with_insert_id;
use empmix_model::limits;
use indicatif::ProgressBar;

use super::{members::Members, occurrences::Occurrences};

/// Bytes that are read of a file at a time.
const BUFFER: usize = 1 << 18;

/// Lines of one block: a multiple of the lines that the server takes as one request.
const BLOCK_LINES: usize = 5 * crate::http::REQUEST_LINES;
/// Bytes from which a block takes no further line. Where a file is cut depends on the file alone,
/// so that its lines get the same ids each time.
const BLOCK_BYTES: usize = limits::BODY_BYTES;

/// Formats that are planned and not read yet, by what a file's name ends in.
const NOT_YET: [&str; 3] = ["csv", "parquet", "zst"];

/// Says at once what cannot be read, before anything is sent.
pub(super) fn check(file: &Path) -> Result<()> {
    let name = file.display();
    let meta = file
        .metadata()
        .with_context(|| format!("{name} cannot be read"))?;
    if meta.is_dir() {
        bail!("{name} is a folder; give the files in it");
    }
    if let Some(format) = NOT_YET.iter().find(|format| ends_in(file, format)) {
        bail!(
            "{name}: .{format} is not read in this version; give newline-delimited JSON, plain or gzipped (.gz)"
        );
    }
    // A pipe may be opened once only: its writer sees each reader that goes away.
    if meta.is_file() {
        File::open(file).with_context(|| format!("{name} cannot be read"))?;
    }
    Ok(())
}

/// Opens a file; the bar counts what is read of it.
pub(super) fn open(file: &Path, bar: &ProgressBar) -> Result<Box<dyn BufRead + Send>> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut bytes = BufReader::with_capacity(BUFFER, bar.wrap_read(opened));
    let begins = bytes
        .fill_buf()
        .with_context(|| format!("{} cannot be read", file.display()))?;
    // The first byte of gzip, which no JSON begins with.
    if begins.first() == Some(&0x1f) {
        return Ok(Box::new(BufReader::with_capacity(
            BUFFER,
            Members::new(bytes),
        )));
    }
    Ok(Box::new(bytes))
}

/// A block as it is sent: with the insert ids that the content of its lines gives them.
pub(super) fn with_insert_ids(
    block: &[Vec<u8>],
    occurrences: &mut Occurrences,
) -> Result<Vec<Vec<u8>>> {
    let mut failed = None;
    let sent = block.iter().map(|line| {
        let count = |digest| match occurrences.count(digest) {
            Ok(before) => before,
            Err(error) => {
                failed = Some(error);
                0
            }
        };
        with_insert_id(line, Box::new(count)).unwrap_or_else(|| line.clone())
    });
    let sent = sent.collect();
    match failed {
        None => Ok(sent),
        Some(error) => Err(error),
    }
}

fn ends_in(file: &Path, extension: &str) -> bool {
    file.extension()
        .is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

/// The next lines with their ends; none at the end of the file. Of a line beyond the server's
/// limit only its beginning is kept, which the server refuses.
pub(super) fn next_block(lines: &mut dyn BufRead) -> io::Result<Vec<Vec<u8>>> {
    let (mut block, mut bytes) = (Vec::new(), 0);
    while block.len() < BLOCK_LINES && bytes < BLOCK_BYTES {
        let mut line = Vec::new();
        if (&mut *lines)
            .take(crate::http::LINE_BYTES)
            .read_until(b'\n', &mut line)?
            == 0
        {
            break;
        }
        if line.len() as u64 == crate::http::LINE_BYTES && line.last() != Some(&b'\n') {
            lines.skip_until(b'\n')?;
            line.push(b'\n');
        }
        bytes += line.len();
        block.push(line);
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_bounded_in_lines_and_in_bytes() {
        let many = b"a\n".repeat(BLOCK_LINES + 1);
        let mut lines = many.as_slice();
        assert_eq!(next_block(&mut lines).unwrap().len(), BLOCK_LINES);
        assert_eq!(next_block(&mut lines).unwrap(), [b"a\n".to_vec()]);
        assert!(next_block(&mut lines).unwrap().is_empty());

        let long = [vec![b'x'; 1 << 20], b"\n".to_vec()].concat().repeat(30);
        let first = next_block(&mut long.as_slice()).unwrap();
        assert_eq!(first.len(), 20, "20 MiB and a few bytes");
    }

    #[test]
    fn a_line_without_end_takes_no_memory_and_keeps_its_place() {
        let limit = usize::try_from(crate::http::LINE_BYTES).unwrap();
        let text = [vec![b'x'; 3 * limit], b"\nlast".to_vec()].concat();
        let block = next_block(&mut text.as_slice()).unwrap();
        assert_eq!(block[0].len(), limit + 1);
        assert_eq!(block[1], b"last");
    }
}

//! A gzip file that may have several members (RFC 1952, section 2.2), as `cat a.gz b.gz` makes it.
//!
//! The members are one text. Zeros after the last one are padding; anything else is an error.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The text of all members.
pub(super) struct Members<R> {
    current: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            current: Some(GzDecoder::new(file)),
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.current {
            let read = member.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            let file = self.current.take().map(GzDecoder::into_inner);
            self.current = file.map(next).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// The member after one that has ended, if there is one.
fn next<R: BufRead>(mut file: R) -> io::Result<Option<GzDecoder<R>>> {
    loop {
        let waiting = file.fill_buf()?;
        let zeros = waiting.iter().take_while(|byte| **byte == 0).count();
        if waiting.is_empty() {
            return Ok(None);
        }
        if zeros == 0 {
            return Ok(Some(GzDecoder::new(file)));
        }
        file.consume(zeros);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(file: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        Members::new(io::BufReader::with_capacity(5, file)).read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn members_are_one_text_and_zeros_are_padding() {
        let file = [gzip(b"a\nb\n"), gzip(b""), gzip(b"c\n"), vec![0; 1000]].concat();
        assert_eq!(read(&file).unwrap(), b"a\nb\nc\n");
    }

    #[test]
    fn other_bytes_after_a_member_are_an_error() {
        for rest in [&b"junk"[..], b"\0\0junk", b"\x1f\x8b"] {
            assert!(read(&[&gzip(b"a\n")[..], rest].concat()).is_err());
        }
        let whole = gzip(b"some text that is cut");
        assert!(read(&whole[..whole.len() - 3]).is_err());
    }
}

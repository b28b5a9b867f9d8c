//! Compressed bodies: gzip, deflate, br, zstd (RFC 9110, section 8.4).
//!
//! A gzip body may have several members (RFC 1952, section 2.2), as `cat a.gz b.gz` makes them, and a
//! zstd body several frames; they are one text. Zeros after the last gzip member are padding. Anything
//! else after the end is an error, so that no bytes are dropped unseen.

use std::{io, pin::Pin};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use bytes::{Bytes, BytesMut};
use futures::{Stream, TryStreamExt, stream};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

/// Bytes that are decompressed at a time.
const CHUNK: usize = 64 << 10;

type Source = Pin<Box<dyn AsyncBufRead + Send>>;

/// A coding that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// Reads its name: in any case, `x-gzip` is gzip.
    fn of(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            "br" => Some(Self::Brotli),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    fn member(self, source: Source) -> Member {
        match self {
            Self::Gzip => Member::Gzip(GzipDecoder::new(source)),
            Self::Deflate => Member::Deflate(ZlibDecoder::new(source)),
            Self::Brotli => Member::Brotli(BrotliDecoder::new(source)),
            Self::Zstd => Member::Zstd(ZstdDecoder::new(source)),
        }
    }
}

/// Replaces the body of a request by what it was before it was compressed. A coding that is not known
/// stays in the header, for the handler to refuse.
pub(super) async fn body(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let name = parts.headers.get(header::CONTENT_ENCODING);
    let name = name.map(HeaderValue::to_str);
    let body = match name {
        Some(Ok(name)) => match Coding::of(name) {
            Some(coding) => {
                parts.headers.remove(header::CONTENT_ENCODING);
                parts.headers.remove(header::CONTENT_LENGTH);
                let encoded = body.into_data_stream().map_err(io::Error::other);
                Body::from_stream(decoded(coding, Box::pin(StreamReader::new(encoded))))
            }
            None => {
                if matches!(name.trim().to_ascii_lowercase().as_str(), "" | "identity") {
                    parts.headers.remove(header::CONTENT_ENCODING);
                }
                body
            }
        },
        _ => body,
    };
    next.run(Request::from_parts(parts, body)).await
}

/// One compressed text, up to its end.
enum Member {
    Gzip(GzipDecoder<Source>),
    Deflate(ZlibDecoder<Source>),
    Brotli(BrotliDecoder<Source>),
    Zstd(ZstdDecoder<Source>),
}

impl Member {
    async fn read(&mut self) -> io::Result<Bytes> {
        let reader: &mut (dyn AsyncRead + Unpin + Send) = match self {
            Self::Gzip(reader) => reader,
            Self::Deflate(reader) => reader,
            Self::Brotli(reader) => reader,
            Self::Zstd(reader) => reader,
        };
        let mut bytes = BytesMut::with_capacity(CHUNK);
        reader.read_buf(&mut bytes).await?;
        Ok(bytes.freeze())
    }

    fn into_source(self) -> Source {
        match self {
            Self::Gzip(reader) => reader.into_inner(),
            Self::Deflate(reader) => reader.into_inner(),
            Self::Brotli(reader) => reader.into_inner(),
            Self::Zstd(reader) => reader.into_inner(),
        }
    }
}

fn decoded(coding: Coding, source: Source) -> impl Stream<Item = io::Result<Bytes>> {
    let first = Some(coding.member(source));
    stream::try_unfold(first, move |mut member| async move {
        while let Some(mut current) = member.take() {
            let bytes = current.read().await?;
            if !bytes.is_empty() {
                return Ok(Some((bytes, Some(current))));
            }
            member = next_member(coding, current.into_source()).await?;
        }
        Ok(None)
    })
}

/// The member after one that has ended, if there is one.
async fn next_member(coding: Coding, mut source: Source) -> io::Result<Option<Member>> {
    loop {
        let waiting = source.fill_buf().await?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let zeros = waiting.iter().take_while(|byte| **byte == 0).count();
        if coding == Coding::Gzip && zeros > 0 {
            source.consume(zeros);
            continue;
        }
        return match coding {
            Coding::Gzip | Coding::Zstd => Ok(Some(coding.member(source))),
            Coding::Deflate | Coding::Brotli => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "there are bytes after the end of the compressed text",
            )),
        };
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

    /// What a body that arrives in pieces of `size` bytes is decoded to.
    async fn read(encoded: &[u8], size: usize) -> io::Result<Vec<u8>> {
        let pieces: Vec<_> = encoded
            .chunks(size)
            .map(|piece| Ok::<_, io::Error>(Bytes::copy_from_slice(piece)))
            .collect();
        let source = StreamReader::new(stream::iter(pieces));
        let chunks: Vec<Bytes> = decoded(Coding::Gzip, Box::pin(source))
            .try_collect()
            .await?;
        Ok(chunks.concat())
    }

    #[tokio::test]
    async fn members_are_one_text_and_zeros_are_padding() {
        let two = [gzip(b"a\nb\n"), gzip(b""), gzip(b"c\n"), vec![0; 1000]].concat();
        for size in [1, 3, 7, 4096] {
            assert_eq!(read(&two, size).await.unwrap(), b"a\nb\nc\n", "{size}");
        }
    }

    #[tokio::test]
    async fn other_bytes_after_a_member_are_an_error() {
        for rest in [&b"junk"[..], b"\0\0junk", b"\x1f", b"\x1f\x8b\x08"] {
            let body = [&gzip(b"a\n")[..], rest].concat();
            for size in [1, 4096] {
                assert!(read(&body, size).await.is_err(), "{rest:?}");
            }
        }
        let whole = gzip(b"some text that is cut");
        assert!(read(&whole[..whole.len() - 3], 4096).await.is_err());
    }
}

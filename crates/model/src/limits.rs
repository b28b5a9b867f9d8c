//! All limits of the API. Sizes are in bytes (`_BYTES`), times in milliseconds (`_MS`); the others
//! are counts.

/// One request after decompression.
pub const BODY_BYTES: usize = 20 << 20;
/// One event.
pub const EVENT_BYTES: usize = 1 << 20;
/// One envelope that carries more than one item.
pub const ENVELOPE_BYTES: usize = 1 << 20;
/// Events in one request.
pub const BATCH_EVENTS: usize = 1000;
/// An event's name, a property's name, an insert id, a session id.
pub const NAME_BYTES: usize = 255;
/// A distinct id and the other ids of people.
pub const ID_BYTES: usize = 512;
/// Properties of one event.
pub const PROPERTIES: usize = 255;
/// Nesting of a property's value: a scalar is 0 deep, a list of scalars 1.
pub const NESTING: usize = 4;
/// A string inside a property; longer ones are cut at a character boundary, with a warning.
pub const STRING_BYTES: usize = 8 << 10;
/// The part of a refused event that is kept.
pub const REFUSED_BYTES: usize = 64 << 10;
/// Refused bodies kept per project. There may be a tenth more before the oldest are dropped.
pub const REFUSED_KEPT: usize = 10_000;
/// Bytes of refused bodies kept per project; a tenth more, as above.
pub const REFUSED_BYTES_KEPT: usize = 256 << 20;
/// Samples kept per type of alteration and day.
pub const ALTERATION_SAMPLES: usize = 100;
/// Ids that one user may have.
pub const IDS_PER_USER: usize = 1000;
/// Links of clients that are kept per source.
pub const CLIENT_LINKS_PER_SOURCE: usize = 100;
/// The smallest accepted `timestamp` (3 March 1973). A smaller one looks like seconds.
pub const TIMESTAMP_MIN_MS: i64 = 100_000_000_000;
/// From this value on, a `timestamp` looks like microseconds.
pub const TIMESTAMP_END_MS: i64 = 100_000_000_000_000;
/// From this value on, a `timestamp` looks like nanoseconds.
pub const TIMESTAMP_NANOS: i64 = 100_000_000_000_000_000;
/// How far in the future a time may be; a later one is replaced by the time of receipt.
pub const FUTURE_MS: i64 = 86_400_000;
/// The age from which a time gets a warning on `track`.
pub const OLD_MS: i64 = 30 * 86_400_000;
/// The clock difference from which `sent_at` corrects a time.
pub const SKEW_MS: i64 = 60_000;
/// Rows on one page of a list.
pub const PAGE_ROWS: usize = 1000;

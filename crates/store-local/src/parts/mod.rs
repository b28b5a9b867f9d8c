//! Parts: immutable Parquet files of a project's events, `parts/<number>.parquet`.
//!
//! A part covers whole UTC days of what was sealed together, sorted by (id index, time, item
//! hash). Anyone may read it with DuckDB, Polars or pandas:
//!
//! | column | type | |
//! | --- | --- | --- |
//! | `event`, `distinct_id`, `insert_id`, `session_id` | text | as they were sent; `session_id` may be null |
//! | `time`, `client_time`, `received_at` | UTC milliseconds | `client_time` only where it differs |
//! | `id` | 16 bytes | the item hash |
//! | `message_id`, `content` | 16 bytes, integer | what tells a duplicate from a conflict |
//! | `id_index`, `event_code` | integers | dense numbers, from the catalogue, never used again |
//! | `<property>:s`, `:n`, `:b`, `:j` | text, double, boolean, JSON | one column per property and type; lists, objects and `null` are JSON |
//! | `rest` | JSON | an object of properties beyond the [`write::MAX_PROPERTIES`] most frequent ones |
//!
//! The layout has a version, in the footer (`empmix.layout`) and in the catalogue; a part of another
//! version is an error.
//!
//! A file is written beside its place, synced, renamed, its directory synced, and only then named
//! in the catalogue, in the transaction that lets go of the hot rows. So a crash leaves at worst a
//! file that the catalogue does not name, which the next start removes. A named file that is missing, or whose
//! CRC-32 is not the one in the catalogue, stops the start: it is never skipped.
//!
//! Columns are read when something asks for them and kept under one budget for the whole store,
//! the least recently used ones go first. The filter over the ids ([`filter`]) stays in memory.

pub(crate) mod cache;
pub(crate) mod filter;
mod gather;
pub(crate) mod layout;
mod read;
pub(crate) mod seal;
pub(crate) mod sealed;
pub(crate) mod write;

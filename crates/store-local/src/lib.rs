//! The local store: one directory, no server.
//!
//! ```text
//! catalogue.sqlite     the catalogue and the hot events (see [`catalogue`])
//! parts/*.parquet      events that are no longer hot (see [`parts`])
//! ```
//!
//! One writer thread owns the catalogue's writing connection (see [`write`]). A batch is one
//! transaction: facts, events, instructions, sessions, warnings and job parts become durable
//! together or not at all. After the commit the new rows are published in memory as a chunk of
//! columns; a query takes an immutable view of all parts and chunks and runs on a thread that may
//! block. Hot rows become parts eventually. Writers never block readers, and no read transaction outlives one short query.
//!
//! Memory: the dictionaries (a text and a number for each distinct id ever seen), the hot rows as
//! columns with 48 bytes each for finding duplicates, ten bits for each row in a part, and the
//! columns of parts that were read, under one budget.
//!
//! | module | does |
//! | --- | --- |
//! | [`api`] | the store traits |
//! | [`write`] | applies batches: one writer thread, one transaction each |
//! | [`memory`] | dictionaries, hot rows as columns, views |
//! | [`parts`] | Parquet files, and the sealing of hot rows into them |
//! | [`read`] | reports and lists |
//! | [`catalogue`] | the SQLite file |

mod api;
mod catalogue;
mod memory;
mod options;
mod parts;
mod read;
mod store;
mod write;

pub use options::{LocalOptions, SEAL_ROWS};
pub use store::LocalStore;

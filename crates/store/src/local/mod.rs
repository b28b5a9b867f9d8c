//! The local store: one directory, no server.
//!
//! ```text
//! catalogue.sqlite     the catalogue and the hot events (see `catalogue`)
//! ```
//!
//! One writer thread owns the catalogue's writing connection (see `writer`). A batch is one
//! transaction: facts, events, instructions, sessions, warnings and job parts become durable
//! together or not at all. After the commit the new rows are published in memory as a chunk of
//! columns; a query takes an immutable view of all chunks and runs on a thread that may block.
//! Writers never block readers, and no read transaction outlives one short query.
//!
//! Memory: the dictionaries (a text and a number for each distinct id ever seen), and the hot
//! rows as columns with 48 bytes each for finding duplicates.

mod api;
mod catalogue;
mod chunk;
mod events;
mod identity;
mod load;
mod options;
mod pending;
mod prepare;
mod project;
mod properties;
mod query;
mod readers;
mod row;
mod store;
mod summary;
mod view;
mod write;
mod writer;

pub use options::LocalOptions;
pub use store::LocalStore;

//! What is in memory: a project's dictionaries, its hot rows as columns, and views of them.

pub(crate) mod chunk;
pub(crate) mod load;
pub(crate) mod number;
pub(crate) mod project;
pub(crate) mod properties;
pub(crate) mod row;
pub(crate) mod summary;
pub(crate) mod view;

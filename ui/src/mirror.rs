//! The accessibility tree as plain data.

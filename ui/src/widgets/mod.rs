//! Controls that every module uses.

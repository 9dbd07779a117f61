//! The bytes of a trace: varints, bounds and tables by id. What they mean is the business of the formats.

mod cursor;
mod id_table;
mod input;

pub(crate) use cursor::{Cursor, Malformed};
pub(crate) use id_table::IdTable;
pub(crate) use input::Input;

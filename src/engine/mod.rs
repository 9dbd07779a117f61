//! Where text and trace meet: opens traces, plans what to load, runs queries, limits memory. The async edge.
//!
//! What comes in: query text, the path of a trace, limits. What goes out: batches with the query's columns, whose fields
//! say what unit they have, and errors in the user's terms. A [`Session`] is an open trace; it keeps the tables that it
//! has loaded.
//!
//! Does *not* know: terminals, formats of output, arguments.

mod answer;
mod cancel;
mod error;
mod interrupt;
mod load;
mod memory;
mod modules;
mod prepare;
mod saved;
mod session;
mod source;
mod threads;

pub use crate::sema::typed::{Assertion, Query};
pub use crate::sema::{ParamValue, SavedParam, SavedQuery};
pub use cancel::{Cancel, Cancelled};
pub use error::Error;
pub use load::Progress;
pub use modules::{Origin, read as read_queries};
pub use prepare::{Compiled, Explanation, compile, gather};
pub use saved::{FoundQuery, SavedText, Shelves, config_folder, state_folder};
pub use session::{Limits, Loss, Prepared, Session, Take};
pub use source::{Input, TraceInfo, is_same_file};

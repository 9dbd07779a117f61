//! What exists: tables, columns, functions, table functions, domains of values, types with units, and one line of
//! documentation each.
//!
//! Plain data, no behaviour. Arrow schemas, `gtq tables`, `gtq describe`, name resolution, type checking and completion
//! are all made from this one registry. Knows neither traces nor plans.

mod domains;
mod functions;
mod pictures;
mod table_functions;
mod tables;
mod types;

pub use domains::Domain;
pub use functions::{
    Accepts, BAR_WIDTHS, Function, FunctionKind, Ordering, Parameter, Presence, ResultType, Signature,
    USUAL_BAR_WIDTH, called, function, functions, percentile_of,
};
pub use pictures::{Part, Picture, picture, pictures};
pub use table_functions::{
    Argument, TableCall, TableFunction, TableParameter, Takes, table_function, table_functions,
};
pub use tables::{Column, Table, table, tables, trace_name};
pub use types::Type;

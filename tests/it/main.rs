//! All integration tests, as one binary: it links the whole library once.

mod cli;
mod damage;
mod diagnostics;
mod direction;
mod docs;
mod go;
mod grammar;
mod intervals;
mod invariants;
mod output;
mod plans;
mod queries;
mod readme;
mod saved;
mod sema;
mod sema_ir;
mod support;
mod syntax;
mod syntax_errors;
mod syntax_properties;
mod tables;
mod v1;
mod windows;

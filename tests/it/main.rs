//! All integration tests, as one binary: it links the whole library once.

mod direction;
mod cli;
mod go;
mod invariants;
mod output;
mod readme;
mod sema;
mod sema_ir;
mod support;
mod syntax;
mod syntax_errors;
mod syntax_properties;
mod tables;

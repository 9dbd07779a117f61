pub mod catalog;
pub mod diag;
pub mod output;
pub mod plan;
pub mod sema;
pub mod syntax;
pub mod tables;
pub mod trace;

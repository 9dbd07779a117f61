mod sema;
mod syntax;
mod syntax_errors;
mod syntax_properties;

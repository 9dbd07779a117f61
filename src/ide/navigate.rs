//! From a name to where it is defined, and to where it is read.

use super::document::Document;
use crate::diag::Span;
use crate::sema::facts::{Location, Reference, Target};

/// Where a name is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Definition {
    /// In one of the texts.
    Text(Location),
    /// In the catalog: a table or table function, and maybe a column or a parameter of it.
    Catalog { name: &'static str, part: Option<&'static str> },
}

/// Where the name at a place of the document's text is defined.
pub fn definition(document: &Document, offset: usize) -> Option<Definition> {
    let reference = document.reference_at(offset)?;
    let catalog = |name, part| Some(Definition::Catalog { name, part });
    match reference.target {
        Target::Table(table) => catalog(table.name, None),
        Target::Column(table, column) => catalog(table.name, Some(column.name)),
        Target::Function(function) => catalog(function.name, None),
        Target::TableFunction(function) => catalog(function.name(), None),
        Target::TableParameter(parameter) => catalog(parameter.name, None),
        Target::Picture(picture) => catalog(picture.name, None),
        Target::Part(part) => catalog(part.name, None),
        Target::Module(source) => Some(Definition::Text(Location { source, span: Span::default() })),
        Target::Named(_, location) => Some(Definition::Text(location)),
    }
}

/// All places in the texts where what stands at a place of the document's text is named, in their order. That of its
/// definition is one of them.
pub fn references(document: &Document, offset: usize) -> Vec<Location> {
    let Some(Reference { target, .. }) = document.reference_at(offset) else { return Vec::new() };
    let same = document.references().iter().filter(|reference| reference.target == *target);
    let mut locations: Vec<Location> = same.map(|reference| reference.location).collect();
    locations.dedup();
    locations
}

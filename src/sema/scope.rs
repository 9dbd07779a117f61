//! The columns that an expression can see, and by which names.

use super::typed::{Column, ColumnId};
use crate::catalog::Type;

#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// In the order in which `*` lists them.
    pub(super) columns: Vec<ScopeColumn>,
    /// The names of the tables in sight, also of those whose columns are not known.
    pub(super) qualifiers: Vec<String>,
    /// Whether there may be other columns: a table of the query could not be resolved, which has been reported.
    pub(super) incomplete: bool,
}

#[derive(Debug, Clone)]
pub(super) struct ScopeColumn {
    pub(super) qualifier: Option<String>,
    pub(super) name: String,
    pub(super) id: ColumnId,
    pub(super) ty: Type,
    /// Seen only as `t.c`, and not by `*`: one side of a `using`.
    pub(super) qualified_only: bool,
}

/// What a name leads to.
pub(super) enum Lookup<'s> {
    Found(&'s ScopeColumn),
    Ambiguous(Vec<&'s ScopeColumn>),
    Missing,
}

impl ScopeColumn {
    pub(super) fn new(column: &Column, qualifier: Option<&str>) -> Self {
        Self {
            qualifier: qualifier.map(str::to_owned),
            name: column.name.clone(),
            id: column.id,
            ty: column.ty.clone(),
            qualified_only: false,
        }
    }

    pub(super) fn column(&self) -> Column {
        Column { id: self.id, name: self.name.clone(), ty: self.ty.clone() }
    }

    /// `t.c`, or `c` of no table.
    pub(super) fn full_name(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{qualifier}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Scope {
    pub(super) fn new(columns: &[Column], qualifier: Option<&str>) -> Self {
        Self {
            columns: columns.iter().map(|c| ScopeColumn::new(c, qualifier)).collect(),
            qualifiers: qualifier.into_iter().map(str::to_owned).collect(),
            incomplete: false,
        }
    }

    /// A scope of which nothing is known.
    pub(super) fn unknown(qualifier: Option<&str>) -> Self {
        Self { incomplete: true, ..Self::new(&[], qualifier) }
    }

    /// The columns that `*` lists.
    pub(super) fn visible(&self) -> impl Iterator<Item = &ScopeColumn> {
        self.columns.iter().filter(|c| !c.qualified_only)
    }

    /// The columns that `t.*` lists.
    pub(super) fn of<'s>(&'s self, qualifier: &str) -> impl Iterator<Item = &'s ScopeColumn> {
        self.columns.iter().filter(move |c| c.qualifier.as_deref() == Some(qualifier))
    }

    pub(super) fn has_qualifier(&self, name: &str) -> bool {
        self.qualifiers.iter().any(|q| q == name)
    }

    pub(super) fn find(&self, name: &str) -> Lookup<'_> {
        Lookup::among(self.visible().filter(|c| c.name == name))
    }

    pub(super) fn find_in(&self, qualifier: &str, name: &str) -> Lookup<'_> {
        Lookup::among(self.of(qualifier).filter(|c| c.name == name))
    }

    pub(super) fn by_id(&self, id: ColumnId) -> Option<&ScopeColumn> {
        self.columns.iter().find(|c| c.id == id)
    }

    /// Both scopes side by side.
    pub(super) fn and(mut self, other: Scope) -> Scope {
        self.columns.extend(other.columns);
        self.qualifiers.extend(other.qualifiers);
        self.incomplete |= other.incomplete;
        self
    }
}

impl<'s> Lookup<'s> {
    fn among(mut found: impl Iterator<Item = &'s ScopeColumn>) -> Self {
        let Some(first) = found.next() else { return Lookup::Missing };
        let others: Vec<_> = found.collect();
        if others.iter().all(|c| c.id == first.id) {
            return Lookup::Found(first);
        }
        Lookup::Ambiguous(std::iter::once(first).chain(others).collect())
    }
}

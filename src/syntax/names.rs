//! The names in a tree, each with the part that it plays.
//!
//! Where a word is a name the grammar decides: `end` may be a column, or close a `case`. Whoever needs to know which,
//! asks here.

use super::ast::{
    Arg, Body, Call, Expr, ExprKind, File, FrameBound, From, GroupBy, Ident, Item, Join, JoinCondition,
    LetValue, OrderItem, Param, Query, Select, Source, SourceKind, Stage, StageKind, Statement,
    StatementKind, TypeName, UseTarget, Window,
};

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A part of a module's path, or what is read from a module stands behind it.
    Module,
    /// A declared value or relation, where it is declared.
    Value,
    /// A function, where it is declared or called.
    Function,
    /// A query or table function, where it is declared or called.
    Query,
    Assertion,
    /// What a source reads.
    Table,
    /// The name that a source, a relation, a `with` query or a step is given.
    Alias,
    /// What stands before a dot: a table, a module, or a column with fields.
    Qualifier,
    Column,
    /// The name that a column is given.
    NewColumn,
    /// A field of a struct.
    Field,
    /// A parameter, where it is declared, read, or given a value.
    Parameter,
    Type,
    Picture,
}

/// Visits the names of a tree, roughly in their order in the text. Some are empty: they were missing.
pub fn visit<'t>(file: &'t File, visit: &mut dyn FnMut(Role, &'t Ident)) {
    let mut walk = Walk { visit };
    for statement in &file.statements {
        walk.statement(statement);
    }
}

struct Walk<'v, 't> {
    visit: &'v mut dyn FnMut(Role, &'t Ident),
}

impl<'t> Walk<'_, 't> {
    fn name(&mut self, role: Role, name: &'t Ident) {
        (self.visit)(role, name);
    }

    fn names(&mut self, role: Role, names: &'t [Ident]) {
        for name in names {
            self.name(role, name);
        }
    }

    /// `a.b.c`, in which only the last part plays the role.
    fn path(&mut self, before: Role, role: Role, path: &'t [Ident]) {
        if let [first @ .., last] = path {
            self.names(before, first);
            self.name(role, last);
        }
    }

    fn statement(&mut self, statement: &'t Statement) {
        if let Some(doc) = &statement.doc {
            for param in &doc.params {
                self.name(Role::Parameter, &param.name);
            }
        }
        match &statement.kind {
            StatementKind::Use(used) => {
                if let UseTarget::Module(path) = &used.target {
                    self.names(Role::Module, path);
                }
                if let Some(alias) = &used.alias {
                    self.name(Role::Module, alias);
                }
            }
            StatementKind::Let(bound) => {
                self.name(Role::Value, &bound.name);
                match &bound.value {
                    LetValue::Expr(value) => self.expr(value),
                    LetValue::Relation(relation) => self.query(relation),
                }
            }
            StatementKind::Function(function) => {
                self.name(Role::Function, &function.name);
                self.params(&function.params);
                if let Some(result) = &function.result {
                    self.ty(result);
                }
                self.expr(&function.body);
            }
            StatementKind::QueryDecl(declared) => {
                self.name(Role::Query, &declared.name);
                self.params(&declared.params);
                self.query(&declared.body);
            }
            StatementKind::Assert(assert) => {
                self.name(Role::Assertion, &assert.name);
                self.expr(&assert.condition);
            }
            StatementKind::Query(query) => self.query(query),
            StatementKind::Error => {}
        }
    }

    fn params(&mut self, params: &'t [Param]) {
        for param in params {
            self.name(Role::Parameter, &param.name);
            self.ty(&param.ty);
            self.maybe(param.default.as_ref());
        }
    }

    fn ty(&mut self, ty: &'t TypeName) {
        self.name(Role::Type, &ty.name);
        for arg in &ty.args {
            self.ty(arg);
        }
    }

    fn query(&mut self, query: &'t Query) {
        for cte in &query.ctes {
            self.name(Role::Alias, &cte.name);
            self.query(&cte.query);
        }
        match &query.body {
            Body::From(from) => self.from(from),
            Body::Select(select) => self.select(select),
            Body::Set(set) => {
                self.query(&set.left);
                self.query(&set.right);
                self.tail(&set.order_by, set.limit.as_ref(), set.offset.as_ref());
            }
            Body::Query(inner) => self.query(inner),
            Body::Error(_) => {}
        }
        for stage in &query.stages {
            self.stage(stage);
        }
    }

    fn select(&mut self, select: &'t Select) {
        self.items(&select.items);
        if let Some(from) = &select.from {
            self.from(from);
        }
        self.maybe(select.filter.as_ref());
        self.group_by(select.group_by.as_ref());
        self.maybe(select.having.as_ref());
        self.maybe(select.qualify.as_ref());
        self.tail(&select.order_by, select.limit.as_ref(), select.offset.as_ref());
    }

    fn tail(&mut self, order_by: &'t [OrderItem], limit: Option<&'t Expr>, offset: Option<&'t Expr>) {
        self.order_by(order_by);
        self.maybe(limit);
        self.maybe(offset);
    }

    fn from(&mut self, from: &'t From) {
        self.source(&from.source);
        for join in &from.joins {
            self.join(join);
        }
    }

    fn source(&mut self, source: &'t Source) {
        match &source.kind {
            SourceKind::Table(path) => self.path(Role::Module, Role::Table, path),
            SourceKind::Function { name, args } => {
                self.path(Role::Module, Role::Query, name);
                self.args(args);
            }
            SourceKind::Query(query) => self.query(query),
            SourceKind::Values(rows) => {
                for row in rows {
                    self.exprs(&row.node);
                }
            }
            SourceKind::Error => {}
        }
        if let Some(alias) = &source.alias {
            self.name(Role::Alias, alias);
        }
        self.names(Role::NewColumn, &source.columns);
    }

    fn join(&mut self, join: &'t Join) {
        self.source(&join.source);
        match &join.condition {
            JoinCondition::None => {}
            JoinCondition::On(condition) => self.expr(condition),
            JoinCondition::Using(names) => self.names(Role::Column, names),
        }
    }

    fn stage(&mut self, stage: &'t Stage) {
        match &stage.kind {
            StageKind::Where(expr)
            | StageKind::Offset(expr)
            | StageKind::Clip(expr)
            | StageKind::At(expr)
            | StageKind::Bucket(expr) => self.expr(expr),
            StageKind::Select { items, .. } | StageKind::Extend(items) => self.items(items),
            StageKind::Set(pairs) => {
                for (name, value) in pairs {
                    self.name(Role::Column, name);
                    self.expr(value);
                }
            }
            StageKind::Drop(names) => self.names(Role::Column, names),
            StageKind::Rename(pairs) => {
                for (old, new) in pairs {
                    self.name(Role::Column, old);
                    self.name(Role::NewColumn, new);
                }
            }
            StageKind::As(name) => self.name(Role::Alias, name),
            StageKind::Aggregate { items, group_by } => {
                self.items(items);
                self.group_by(group_by.as_ref());
            }
            StageKind::OrderBy(items) => self.order_by(items),
            StageKind::Limit { count, offset } => {
                self.expr(count);
                self.maybe(offset.as_ref());
            }
            StageKind::Join(join) => self.join(join),
            StageKind::SetOp { query, .. } => self.query(query),
            StageKind::OverlapJoin(join) => {
                self.source(&join.source);
                self.maybe(join.on.as_ref());
            }
            StageKind::Sweep { by, .. } => self.exprs(by),
            StageKind::Match { by, steps } => {
                self.exprs(by);
                for step in steps {
                    self.name(Role::Alias, &step.name);
                    self.expr(&step.condition);
                    self.maybe(step.within.as_ref());
                }
            }
            StageKind::Render { kind, args } => {
                self.name(Role::Picture, kind);
                self.args(args);
            }
            StageKind::Distinct | StageKind::Error => {}
        }
    }

    fn items(&mut self, items: &'t [Item]) {
        for item in items {
            match item {
                Item::Star { qualifier, except, .. } => {
                    if let Some(qualifier) = qualifier {
                        self.name(Role::Qualifier, qualifier);
                    }
                    self.names(Role::Column, except);
                }
                Item::Expr { expr, alias } => {
                    self.expr(expr);
                    if let Some(alias) = alias {
                        self.name(Role::NewColumn, alias);
                    }
                }
            }
        }
    }

    fn group_by(&mut self, group_by: Option<&'t GroupBy>) {
        let Some(GroupBy::Keys(keys)) = group_by else { return };
        for key in keys {
            self.expr(&key.expr);
            if let Some(alias) = &key.alias {
                self.name(Role::NewColumn, alias);
            }
        }
    }

    fn order_by(&mut self, items: &'t [OrderItem]) {
        for item in items {
            self.expr(&item.expr);
        }
    }

    fn args(&mut self, args: &'t [Arg]) {
        for arg in args {
            if let Some(name) = &arg.name {
                self.name(Role::Parameter, name);
            }
            self.expr(&arg.value);
        }
    }

    fn exprs(&mut self, exprs: &'t [Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn maybe(&mut self, expr: Option<&'t Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        match &expr.kind {
            ExprKind::Name(parts) => self.path(Role::Qualifier, Role::Column, parts),
            ExprKind::Literal(_) | ExprKind::Error => {}
            ExprKind::Param(name) => self.name(Role::Parameter, name),
            ExprKind::Unary { expr, .. } | ExprKind::IsNull { expr, .. } => self.expr(expr),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::InList { expr, list, .. } => {
                self.expr(expr);
                self.exprs(list);
            }
            ExprKind::InQuery { expr, query, .. } => {
                self.expr(expr);
                self.query(query);
            }
            ExprKind::Between { expr, low, high, .. } => {
                self.expr(expr);
                self.expr(low);
                self.expr(high);
            }
            ExprKind::Like { expr, pattern, .. } => {
                self.expr(expr);
                self.expr(pattern);
            }
            ExprKind::Cast { expr, ty } => {
                self.expr(expr);
                self.ty(ty);
            }
            ExprKind::Index { expr, index } => {
                self.expr(expr);
                self.expr(index);
            }
            ExprKind::Field { expr, field } => {
                self.expr(expr);
                self.name(Role::Field, field);
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::Case { operand, branches, otherwise } => {
                self.maybe(operand.as_deref());
                for (condition, value) in branches {
                    self.expr(condition);
                    self.expr(value);
                }
                self.maybe(otherwise.as_deref());
            }
            ExprKind::List(items) => self.exprs(items),
            ExprKind::Range { from, to } => {
                self.maybe(from.as_deref());
                self.maybe(to.as_deref());
            }
            ExprKind::Query(query) | ExprKind::Exists { query } => self.query(query),
        }
    }

    fn call(&mut self, call: &'t Call) {
        if let Some(module) = &call.module {
            self.name(Role::Module, module);
        }
        self.name(Role::Function, &call.name);
        self.args(&call.args);
        self.maybe(call.by.as_ref());
        self.order_by(&call.order_by);
        self.maybe(call.filter.as_ref());
        if let Some(window) = &call.over {
            self.window(window);
        }
    }

    fn window(&mut self, window: &'t Window) {
        self.exprs(&window.partition_by);
        self.order_by(&window.order_by);
        let Some(frame) = &window.frame else { return };
        for bound in [&frame.start, &frame.end] {
            if let FrameBound::Preceding(amount) | FrameBound::Following(amount) = bound {
                self.maybe(amount.as_ref());
            }
        }
    }
}

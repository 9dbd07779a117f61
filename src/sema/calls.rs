//! Calls: which function, which of its signatures, and what may stand beside the arguments.

use super::codes;
use super::declared::Declared;
use super::expr::{Checker, Clause, Within};
use super::facts::{Target, Wanted};
use super::naming::named;
use super::relation::reference;
use super::tree::same_aggregate;
use super::typed::{Aggregate, Expr, ExprKind, SortKey, Value};
use super::types::{article, coerce, difference, is_ordered, unify, unknown};
use crate::catalog::{
    self, Accepts, Function, FunctionKind, Ordering, Presence, ResultType, Signature, Type,
};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;
use crate::syntax::similar::closest;

/// Why a signature does not fit.
enum Misfit {
    Count,
    /// The n-th argument; what would fit instead, if that is short to say.
    Argument(usize, Option<String>),
}

impl<'a> Checker<'_, 'a> {
    pub(super) fn call(&mut self, call: &'a ast::Call, span: Span) -> Expr {
        self.sees(call.name.span);
        if let Some(value) = self.declared_call(call, span) {
            return value;
        }
        let name = call.name.text.as_str();
        if let Some(module) = &call.module {
            self.unknown_in_module(module, &call.name);
            for arg in &call.args {
                self.expr(&arg.value);
            }
            return unknown(span);
        }
        let fraction = catalog::percentile_of(name);
        let function = catalog::called(name);
        let Some(function) = function else {
            self.unknown_function(&call.name);
            for arg in &call.args {
                self.expr(&arg.value);
            }
            return unknown(span);
        };
        self.cx.refers(call.name.span, Target::Function(function), None);
        self.by_position(name, call);
        if call.star && name != "count" {
            let message = format!("`{name}` takes no `*`");
            self.report(Diagnostic::error(codes::BAD_ARGUMENTS, span, message).hint("only `count(*)` does"));
            return unknown(span);
        }
        match (function.kind, &call.over) {
            (FunctionKind::Scalar, _) => self.scalar(function, call, span),
            (FunctionKind::Aggregate, None) => self.aggregate(function, fraction, call, span),
            (_, Some(window)) => self.window(function, fraction, call, window, span),
            (FunctionKind::Window, None) => {
                self.report(
                    Diagnostic::error(codes::BAD_OVER, span, format!("`{name}` needs a window"))
                        .hint(format!("like `{name}(…) over (partition by g order by start)`")),
                );
                unknown(span)
            }
        }
    }

    fn unknown_in_module(&mut self, module: &ast::Ident, name: &ast::Ident) {
        let message = format!("there is no function `{}.{}`", module.text, name.text);
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message);
        diagnostic = self.cx.hint_at_declarations(diagnostic, &[module.clone(), name.clone()]);
        if self.cx.used_module(&module.text).is_none() {
            diagnostic = diagnostic.hint(format!("`{}` is no module that this text uses", module.text));
        }
        self.report(diagnostic);
    }

    /// Complains of arguments with names: only queries have those.
    pub(super) fn by_position(&mut self, name: &str, call: &ast::Call) {
        for named in call.args.iter().filter_map(|arg| arg.name.as_ref()) {
            let message = format!("`{name}` takes its arguments by position");
            self.report(Diagnostic::error(codes::BAD_ARGUMENTS, named.span, message));
        }
    }

    /// Complains of what only aggregates can have beside their arguments.
    pub(super) fn only_arguments(&mut self, name: &str, call: &ast::Call) {
        let extra = [
            (call.distinct, "distinct"),
            (call.by.is_some(), "by"),
            (!call.order_by.is_empty(), "order by"),
            (call.filter.is_some(), "filter"),
        ];
        if let Some((_, word)) = extra.iter().find(|(there, _)| *there) {
            let message = format!("`{word}` is for aggregates, `{name}` is none");
            self.report(Diagnostic::error(codes::BAD_CALL_CLAUSE, call.name.span, message));
        }
        if let Some(window) = &call.over {
            let message = format!("`{name}` works on one row, not on a window");
            self.report(Diagnostic::error(codes::BAD_OVER, window.span, message));
        }
    }

    fn scalar(&mut self, function: &'static Function, call: &'a ast::Call, span: Span) -> Expr {
        self.only_arguments(function.name, call);
        let args: Vec<Expr> = call.args.iter().map(|arg| self.expr(&arg.value)).collect();
        let Some((mut args, ty)) = self.fit(function, call, args, span) else { return unknown(span) };
        self.check_pattern_argument(function.name, &args);
        if let ("column", Some(name)) = (function.name, call.args.first()) {
            self.cx.sees(name.value.span, Wanted::Column, self.scope);
        }
        if function.name == "column" {
            return args.first().map_or_else(|| unknown(span), |name| self.column_named(name, span));
        }
        if function.name == "if" {
            let otherwise = (args.len() > 2).then(|| args.pop()).flatten().map(Box::new);
            let (then, condition) = (args.pop(), args.pop());
            let branches = condition.zip(then).into_iter().collect();
            return Expr { kind: ExprKind::Case { branches, otherwise }, ty, span };
        }
        Expr { kind: ExprKind::Call { function, args }, ty, span }
    }

    fn aggregate(
        &mut self,
        function: &'static Function,
        fraction: Option<f64>,
        call: &'a ast::Call,
        span: Span,
    ) -> Expr {
        let name = call.name.text.as_str();
        if self.within == Within::Aggregate {
            self.report(
                Diagnostic::error(codes::NESTED_AGGREGATE, span, "an aggregate can't be inside an aggregate")
                    .hint("aggregate twice: `|> aggregate … group by …` and again"),
            );
            return unknown(span);
        }
        if !self.clause.has_aggregates() {
            self.misplaced_aggregate(name, span);
            return unknown(span);
        }
        let outside = std::mem::replace(&mut self.within, Within::Aggregate);
        let aggregate = self.aggregate_call(function, fraction, call, span);
        self.within = outside;
        let Some(aggregate) = aggregate else { return unknown(span) };
        if let Some((column, _)) = self.aggregates.iter().find(|(_, known)| same_aggregate(known, &aggregate))
        {
            return reference(column, span);
        }
        let column = self.cx.column(name, aggregate.ty.clone());
        self.aggregates.push((column.clone(), aggregate));
        reference(&column, span)
    }

    /// The call itself, without its window.
    pub(super) fn aggregate_call(
        &mut self,
        function: &'static Function,
        fraction: Option<f64>,
        call: &'a ast::Call,
        span: Span,
    ) -> Option<Aggregate> {
        let name = call.name.text.as_str();
        let mut args: Vec<Expr> = call.args.iter().map(|arg| self.expr(&arg.value)).collect();
        if let Some(q) = fraction {
            args.push(Expr { kind: ExprKind::Value(Value::Float(q)), ty: Type::Float, span: call.name.span });
        }
        if call.distinct && !function.distinct {
            let message = format!("`{name}` takes no `distinct`");
            self.report(Diagnostic::error(codes::BAD_CALL_CLAUSE, span, message));
        }
        if call.distinct && call.args.is_empty() {
            let message = format!("`{name}(distinct …)` needs something to tell apart");
            self.report(Diagnostic::error(codes::BAD_ARGUMENTS, span, message));
        }
        let order_by = self.order_of(function, call, span);
        let filter = call.filter.as_ref().map(|filter| self.condition(filter, "`filter`"));
        let (args, ty) = self.fit(function, call, args, span)?;
        Some(Aggregate { function, args, distinct: call.distinct, filter, order_by, ty })
    }

    fn order_of(&mut self, function: &'static Function, call: &'a ast::Call, span: Span) -> Vec<SortKey> {
        let name = call.name.text.as_str();
        if let Some(by) = &call.by {
            if function.ordering != Ordering::By {
                let message = format!("`{name}` takes no `by`");
                self.report(Diagnostic::error(codes::BAD_CALL_CLAUSE, by.span, message));
            }
            let expr = self.ordered(by);
            return vec![SortKey { expr, descending: false, nulls_first: false }];
        }
        if function.ordering == Ordering::By {
            let message = format!("`{name}` needs to know by which order");
            let hint = format!("like `{name}(x by start)`");
            self.report(Diagnostic::error(codes::BAD_CALL_CLAUSE, span, message).hint(hint));
        }
        if let (Some(first), true) = (call.order_by.first(), function.ordering != Ordering::OrderBy) {
            let message = format!("`{name}` takes no `order by`");
            self.report(Diagnostic::error(codes::BAD_CALL_CLAUSE, first.expr.span, message));
        }
        call.order_by.iter().map(|item| self.sort_key(item)).collect()
    }

    pub(super) fn sort_key(&mut self, item: &'a ast::OrderItem) -> SortKey {
        let expr = self.ordered(&item.expr);
        SortKey {
            expr,
            descending: item.descending,
            nulls_first: item.nulls_first.unwrap_or(item.descending),
        }
    }

    /// An expression to order by.
    fn ordered(&mut self, ast: &'a ast::Expr) -> Expr {
        let expr = self.expr(ast);
        self.check_order(ast, &expr.ty);
        expr
    }

    pub(super) fn check_order(&mut self, ast: &ast::Expr, ty: &Type) {
        if is_ordered(ty) {
            return;
        }
        let message = format!("{} is {}, which has no order", named(ast), article(ty));
        let mut diagnostic = Diagnostic::error(codes::NO_ORDER, ast.span, message);
        if *ty == Type::Stack {
            diagnostic = diagnostic.hint("order by `leaf(stack)`, `depth(stack)` or `fold(stack)`");
        }
        self.report(diagnostic);
    }

    fn misplaced_aggregate(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` is an aggregate: it can't stand in `{}`", self.clause.name());
        let hint = match self.clause {
            Clause::Where => "`having` after `group by` filters groups",
            Clause::PipeWhere => "aggregate first: `|> aggregate … group by … |> where …`",
            Clause::PipeSelect | Clause::Extend | Clause::Set | Clause::PipeOrderBy => {
                "`|> aggregate … group by …` computes aggregates; `over ()` makes it a window function"
            }
            Clause::Function => "pass the aggregate as an argument",
            Clause::Assert => "put a query in parentheses: `(select … from …) < 5ms`",
            _ => "aggregate in a subquery, or in an earlier stage",
        };
        self.report(Diagnostic::error(codes::MISPLACED_AGGREGATE, span, message).hint(hint));
    }

    fn unknown_function(&mut self, name: &ast::Ident) {
        let text = name.text.as_str();
        let diagnostic =
            Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, format!("there is no function `{text}`"));
        let own_names = self.cx.declared_names(|declared| matches!(declared, Declared::Function(_)));
        let names = own_names.into_iter().chain(catalog::functions().iter().map(|f| f.name));
        let own = FOREIGN.iter().find(|(foreign, _)| *foreign == text).map(|(_, own)| *own);
        let diagnostic = match own.or_else(|| closest(text, names)) {
            Some(near) => diagnostic.note(format!("did you mean `{near}`?")).fix(name.span, near),
            None => self.cx.hint_at_declarations(diagnostic, std::slice::from_ref(name)),
        };
        self.report(diagnostic);
    }

    /// The first signature that fits, with the arguments brought to its types.
    fn fit(
        &mut self,
        function: &'static Function,
        call: &'a ast::Call,
        args: Vec<Expr>,
        span: Span,
    ) -> Option<(Vec<Expr>, Type)> {
        let types: Vec<Type> = args.iter().map(|arg| arg.ty.clone()).collect();
        let mut misfit = Misfit::Count;
        for signature in &function.signatures {
            match bind(signature, &types) {
                Ok((wanted, result)) => {
                    let args: Vec<Expr> =
                        args.into_iter().zip(&wanted).map(|(arg, ty)| coerce(arg, ty)).collect();
                    let fits = self.check_literals(function, signature, &args);
                    return fits.then_some((args, result));
                }
                // A signature with the right number of arguments says more about what is wrong.
                Err(Misfit::Argument(n, wanted)) => {
                    misfit = match misfit {
                        Misfit::Argument(m, before) if m == n && before != wanted => {
                            Misfit::Argument(n, before.zip(wanted).map(|(a, b)| format!("{a} or {b}")))
                        }
                        Misfit::Argument(m, before) if m >= n => Misfit::Argument(m, before),
                        _ => Misfit::Argument(n, wanted),
                    }
                }
                Err(Misfit::Count) => {}
            }
        }
        let name = call.name.text.as_str();
        let diagnostic = match misfit {
            Misfit::Argument(n, wanted) => {
                let arg = call.args.get(n).map(|arg| &arg.value);
                let ty = types.get(n).unwrap_or(&Type::Unknown);
                let what = arg.map_or_else(|| "this".to_owned(), named);
                let message = match wanted {
                    Some(wanted) => format!("`{name}` takes {wanted} here, {what} is {}", article(ty)),
                    None => format!("`{name}` can't take {what}: it is {}", article(ty)),
                };
                let mut diagnostic =
                    Diagnostic::error(codes::BAD_ARGUMENTS, arg.map_or(span, |arg| arg.span), message);
                let unit = types.first().filter(|_| n > 0).map(difference);
                let fix =
                    unit.and_then(|unit| args.get(n).and_then(|arg| super::literals::with_unit(arg, &unit)));
                if let (Some(fix), Some(arg)) = (fix, arg) {
                    diagnostic = diagnostic.note(format!("did you mean {fix}?")).fix(arg.span, fix);
                }
                diagnostic
            }
            Misfit::Count => {
                let got = match call.args.len() {
                    0 => "no arguments".to_owned(),
                    1 => "one argument".to_owned(),
                    n => format!("{n} arguments"),
                };
                Diagnostic::error(codes::BAD_ARGUMENTS, span, format!("`{name}` can't take {got}"))
            }
        };
        let texts = function.signature_texts();
        let diagnostic = if name == function.name {
            diagnostic.hint(texts.join("; "))
        } else {
            diagnostic.hint(format!("{name}(x) is percentile(x, q)"))
        };
        self.report(diagnostic);
        None
    }

    /// Whether the arguments that must be literals are, and literals lie where they make sense.
    fn check_literals(&mut self, function: &Function, signature: &Signature, args: &[Expr]) -> bool {
        let mut fits = true;
        for (arg, parameter) in args.iter().zip(&signature.parameters) {
            if arg.ty == Type::Unknown {
                continue;
            }
            let mut meant = None;
            let problem = match (&arg.kind, function.name) {
                (ExprKind::Value(Value::Float(q)), "percentile") if !(0.0..=1.0).contains(q) => {
                    meant = (*q > 1.0 && *q <= 100.0).then(|| (q / 100.0).to_string());
                    "a percentile's fraction is between 0 and 1".to_owned()
                }
                (ExprKind::Value(Value::Int(n)), _) if !parameter.between.contains(n) => {
                    let (least, most) = (parameter.between.start(), parameter.between.end());
                    let bounds = match *most {
                        i64::MAX => format!("at least {least}"),
                        most => format!("{least} to {most}"),
                    };
                    format!("`{}` of `{}` is {bounds}", parameter.name, function.name)
                }
                _ if !parameter.literal => continue,
                (ExprKind::Value(Value::Null), _) if parameter.name != "default" => {
                    format!("`{}` of `{}` can't be null", parameter.name, function.name)
                }
                (ExprKind::Value(_) | ExprKind::Parameter(_), _) => continue,
                _ => format!("`{}` of `{}` must be a literal", parameter.name, function.name),
            };
            let mut diagnostic = Diagnostic::error(codes::BAD_ARGUMENTS, arg.span, problem);
            if let Some(fix) = meant {
                diagnostic = diagnostic.note(format!("did you mean {fix}?")).fix(arg.span, fix);
            }
            self.report(diagnostic);
            fits = false;
        }
        fits
    }
}

/// What other languages call some functions.
const FOREIGN: &[(&str, &str)] = &[
    ("mean", "avg"),
    ("average", "avg"),
    ("len", "length"),
    ("char_length", "length"),
    ("ifnull", "coalesce"),
    ("nvl", "coalesce"),
    ("iif", "if"),
    ("array_agg", "list"),
    ("group_concat", "string_agg"),
    ("date_bin", "bin"),
    ("time_bucket", "bin"),
    ("substring", "substr"),
    ("variance", "var"),
    ("stddev_samp", "stddev"),
    ("ceiling", "ceil"),
    ("regexp_matches", "regexp_like"),
    ("countif", "count_if"),
    ("quantile", "percentile"),
];

/// The types that a signature gives the arguments, and the call.
fn bind(signature: &Signature, types: &[Type]) -> Result<(Vec<Type>, Type), Misfit> {
    let parameters = &signature.parameters;
    let required = parameters.iter().filter(|p| p.presence == Presence::Required).count();
    let endless = parameters.last().is_some_and(|p| p.presence == Presence::Repeated);
    if types.len() < required || types.len() > parameters.len() && !endless {
        return Err(Misfit::Count);
    }
    let accepts = |n: usize| parameters.get(n).or(parameters.last()).map_or(Accepts::Any, |p| p.accepts);
    let mut bound = types.to_vec();
    for (n, ty) in types.iter().enumerate() {
        let misfit = |wanted: &Type| Misfit::Argument(n, Some(article(wanted)));
        let at = |bound: &[Type], m: usize| bound.get(m).cloned().unwrap_or(Type::Unknown);
        let (m, meeting) = match accepts(n) {
            Accepts::Any => continue,
            Accepts::OneOf(among) => {
                let taken = one_of(among, ty).ok_or_else(|| Misfit::Argument(n, choices(among)))?;
                (n, taken)
            }
            Accepts::List => match ty {
                Type::List(_) | Type::Unknown => continue,
                Type::Null => (n, Type::list(Type::Null)),
                _ => return Err(Misfit::Argument(n, Some("a list".to_owned()))),
            },
            Accepts::ListOf(among) => match ty {
                Type::List(item) => {
                    let taken = one_of(among, item).ok_or(Misfit::Argument(n, None))?;
                    (n, Type::list(taken))
                }
                Type::Unknown => continue,
                Type::Null => (n, Type::list(Type::Null)),
                _ => return Err(Misfit::Argument(n, Some("a list".to_owned()))),
            },
            Accepts::Same(m) => {
                let other = at(&bound, m);
                (m, unify(&other, ty).ok_or_else(|| misfit(&other))?)
            }
            Accepts::Item(m) => match at(&bound, m) {
                Type::List(item) => (m, Type::list(unify(&item, ty).ok_or_else(|| misfit(&item))?)),
                _ => continue,
            },
            Accepts::Difference(m) => {
                let other = at(&bound, m);
                let wanted = difference(&other);
                let meeting = unify(&wanted, ty).ok_or_else(|| misfit(&wanted))?;
                if let Some(slot) = bound.get_mut(n) {
                    *slot = meeting.clone();
                }
                (m, if other == Type::Time { other } else { meeting })
            }
        };
        if let Some(slot) = bound.get_mut(m) {
            *slot = meeting;
        }
    }
    // What was bound by the arguments after it counts for those before.
    let at = |m: usize| bound.get(m).cloned().unwrap_or(Type::Unknown);
    let wanted = bound.iter().enumerate().map(|(n, ty)| match accepts(n) {
        Accepts::Same(m) => at(m),
        Accepts::Item(m) => match at(m) {
            Type::List(item) => *item,
            _ => ty.clone(),
        },
        _ => ty.clone(),
    });
    let wanted: Vec<Type> = wanted.collect();
    let result = match &signature.result {
        ResultType::Is(ty) => ty.clone(),
        ResultType::Column => Type::Unknown,
        ResultType::Same(n) => at(*n),
        ResultType::ListOf(n) => Type::list(at(*n)),
        ResultType::Buckets(n) => Type::list(Type::Struct(vec![
            ("from".to_owned(), at(*n)),
            ("to".to_owned(), at(*n)),
            ("count".to_owned(), Type::Int),
        ])),
    };
    Ok((wanted, result))
}

/// The type as which one of some types is taken.
fn one_of(among: &[Type], ty: &Type) -> Option<Type> {
    match (ty, among) {
        (Type::Unknown, _) => Some(Type::Unknown),
        (Type::Null, [only]) => Some(only.clone()),
        (Type::Null, _) => Some(Type::Null),
        (Type::Int, _) if !among.contains(ty) && among.contains(&Type::Float) => Some(Type::Float),
        _ => among.contains(ty).then(|| ty.clone()),
    }
}

/// Some types, unless they are too many to name in a sentence.
fn choices(among: &[Type]) -> Option<String> {
    let names: Vec<String> = among.iter().map(article).collect();
    match &names[..] {
        [only] => Some(only.clone()),
        [a, b] => Some(format!("{a} or {b}")),
        _ => None,
    }
}

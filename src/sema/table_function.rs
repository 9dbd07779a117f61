//! Calls of table functions: their arguments become constants, one for each parameter.

use super::codes;
use super::context::Context;
use super::facts::Target;
use super::intervals::constant;
use super::literals::with_unit;
use super::names::propose;
use super::naming::named;
use super::typed::{Expr, ExprKind, Value};
use super::types::{article, coerce, unify};
use crate::catalog::{Argument, TableCall, TableFunction, TableParameter, Takes, Type};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, Ident};
use crate::syntax::similar::closest;

impl<'a> Context<'a> {
    /// A call of a table function; None, and a complaint, if it does not take these arguments.
    pub(super) fn table_call(
        &mut self,
        function: &'static TableFunction,
        name: &Ident,
        args: &'a [ast::Arg],
    ) -> Option<TableCall> {
        let mut given: Vec<Option<Argument>> = vec![None; function.parameters.len()];
        let mut fits = true;
        for (n, arg) in args.iter().enumerate() {
            // What is inside is looked at even where it can't be meant.
            let value = constant(self, &arg.value);
            let place = self.place_of(function, args, n);
            let parameter = place.and_then(|place| function.parameters.get(place));
            let argument =
                parameter.and_then(|parameter| self.argument(function, parameter, &arg.value, value));
            match (place.and_then(|place| given.get_mut(place)), argument) {
                (Some(slot), Some(argument)) => *slot = Some(argument),
                _ => fits = false,
            }
        }
        if !fits {
            return None;
        }
        let mut complete = Vec::with_capacity(given.len());
        for (parameter, argument) in function.parameters.iter().zip(given) {
            match (argument, &parameter.default) {
                (None | Some(Argument::Null), Some(default)) => complete.push(default.clone()),
                (Some(argument), _) => complete.push(argument),
                (None, None) => {
                    let message = format!("`{}` of `{}` is missing", parameter.name, function.name());
                    let diagnostic = Diagnostic::error(codes::BAD_TABLE_ARGUMENTS, name.span, message);
                    let note = format!("it is {}", article(&parameter.ty));
                    self.report(diagnostic.note(note).hint(function.signature()));
                    fits = false;
                }
            }
        }
        fits.then(|| function.call(complete))
    }

    /// The parameter that the n-th argument is for.
    fn place_of(
        &mut self,
        function: &'static TableFunction,
        args: &'a [ast::Arg],
        n: usize,
    ) -> Option<usize> {
        let arg = args.get(n)?;
        let parameters = &function.parameters;
        let find = |name: &Ident| parameters.iter().position(|parameter| parameter.name == name.text);
        let before = args.get(..n).unwrap_or_default();
        let (span, message) = match &arg.name {
            None if before.iter().any(|arg| arg.name.is_some()) => {
                (arg.value.span, "arguments without a name come first".to_owned())
            }
            None if n < parameters.len() => return Some(n),
            None => {
                let most = parameters.len();
                let plural = if most == 1 { "" } else { "s" };
                (arg.value.span, format!("`{}` takes at most {most} argument{plural}", function.name()))
            }
            Some(name) => {
                let place = find(name);
                let is_same = |(m, arg): (usize, &ast::Arg)| arg.name.as_ref().map_or(Some(m), find) == place;
                let message = match place {
                    None => format!("`{}` has no parameter `{}`", function.name(), name.text),
                    Some(_) if before.iter().enumerate().any(is_same) => {
                        format!("`{}` is given twice", name.text)
                    }
                    Some(place) => {
                        if let Some(parameter) = parameters.get(place) {
                            self.refers(name.span, Target::TableParameter(parameter), Some(&parameter.ty));
                        }
                        return Some(place);
                    }
                };
                (name.span, message)
            }
        };
        let diagnostic = Diagnostic::error(codes::BAD_TABLE_ARGUMENTS, span, message);
        let diagnostic = match &arg.name {
            Some(name) if find(name).is_none() => {
                propose(diagnostic, name, parameters.iter().map(|parameter| parameter.name))
            }
            _ => diagnostic,
        };
        self.report(diagnostic.hint(function.signature()));
        None
    }

    /// A value as an argument: it has the parameter's type, is known now, and is one that the parameter takes.
    fn argument(
        &mut self,
        function: &'static TableFunction,
        parameter: &'static TableParameter,
        ast: &ast::Expr,
        value: Expr,
    ) -> Option<Argument> {
        if let Takes::Words(domain) = parameter.takes {
            self.sees_words(ast.span, domain);
        }
        if value.ty == Type::Unknown {
            return None;
        }
        let (name, of) = (parameter.name, function.name());
        let error = |message| Diagnostic::error(codes::BAD_TABLE_ARGUMENTS, ast.span, message);
        if unify(&parameter.ty, &value.ty).is_none_or(|common| common != parameter.ty) {
            let (wanted, got) = (article(&parameter.ty), article(&value.ty));
            let diagnostic = error(format!("`{name}` of `{of}` is {wanted}, {} is {got}", named(ast)));
            self.report(match with_unit(&value, &parameter.ty) {
                Some(fix) => diagnostic.note(format!("did you mean {fix}?")).fix(ast.span, fix),
                None => diagnostic.hint(function.signature()),
            });
            return None;
        }
        if matches!(value.kind, ExprKind::Value(Value::Null)) && parameter.default.is_none() {
            self.report(error(format!("`{name}` of `{of}` can't be null")).hint(function.signature()));
            return None;
        }
        let Some(argument) = known(&coerce(value, &parameter.ty)) else {
            let diagnostic = error(format!("`{name}` of `{of}` must be a constant"));
            self.report(diagnostic.hint("a literal, a named value, or a parameter of the query"));
            return None;
        };
        match refused(parameter.takes, &argument) {
            None => Some(argument),
            Some(Refusal { why, meant }) => {
                let diagnostic = error(format!("`{name}` of `{of}` {why}"));
                self.report(match (meant, &argument) {
                    // A word alone is the whole text.
                    (Some(meant), Argument::Text(text)) if !text.contains('|') => {
                        diagnostic.note(format!("did you mean {meant}?")).fix(ast.span, format!("'{meant}'"))
                    }
                    (Some(meant), _) => diagnostic.note(format!("did you mean {meant}?")),
                    (None, _) => diagnostic,
                });
                None
            }
        }
    }
}

/// The value of a constant. The parameters of a query that is only checked have none yet: null stands for them.
fn known(value: &Expr) -> Option<Argument> {
    Some(match &value.kind {
        ExprKind::Parameter(_) | ExprKind::Value(Value::Null) => Argument::Null,
        ExprKind::Value(Value::Bool(value)) => Argument::Bool(*value),
        ExprKind::Value(Value::Int(n)) => Argument::Int(*n),
        ExprKind::Value(Value::String(text)) => Argument::Text(text.clone()),
        ExprKind::List(items) => Argument::List(items.iter().map(known).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// Why a parameter does not take a value.
struct Refusal {
    why: String,
    meant: Option<&'static str>,
}

fn refused(takes: Takes, argument: &Argument) -> Option<Refusal> {
    match (takes, argument) {
        (_, Argument::List(items)) => items.iter().find_map(|item| refused(takes, item)),
        (Takes::Between(least, _), Argument::Int(n)) if *n < least => {
            let why =
                if least == 1 { "must be more than 0".to_owned() } else { format!("is at least {least}") };
            Some(Refusal { why, meant: None })
        }
        (Takes::Between(_, most), Argument::Int(n)) if *n > most => {
            Some(Refusal { why: format!("is at most {most}"), meant: None })
        }
        (Takes::Words(domain), Argument::Text(text)) => {
            let mut words = text.split('|').filter(|word| !word.is_empty());
            let unknown = words.find(|word| !domain.values.contains(word))?;
            let all = domain.values.join(", ");
            Some(Refusal {
                why: format!("has no {} '{unknown}': there are {all}", domain.name),
                meant: closest(unknown, domain.values.iter().copied()),
            })
        }
        _ => None,
    }
}

//! Signature help: the function, table function or query whose arguments are being written.

use super::document::Document;
use super::texts;
use crate::catalog;
use crate::diag::SourceId;
use crate::library::reference::parameter_doc;
use crate::syntax::ast::StatementKind;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::lexer;
use crate::syntax::token::{Lexeme, Token};

/// The ways to call what is being called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHelp {
    pub signatures: Vec<Signature>,
    /// The one that fits what has been written so far.
    pub active: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The whole: `bin(x: int|time, width: difference of x) -> same as x`.
    pub label: String,
    pub documentation: String,
    pub parameters: Vec<Parameter>,
    /// The parameter that is being given.
    pub active: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// As it stands in the signature.
    pub label: String,
    pub documentation: String,
}

/// The call around a place of the document's text.
pub fn signature(document: &Document, offset: usize) -> Option<SignatureHelp> {
    let before = document.text().get(..offset)?;
    let (lexemes, _) = lexer::lex(before);
    let tokens = lexemes.into_iter().filter(|lexeme| !matches!(lexeme.token, Token::Comment(_)));
    let tokens: Vec<Lexeme<'_>> = tokens.collect();
    let call = call_at(&tokens)?;
    let mut signatures = signatures(document, &call)?;
    let enough = signatures.iter().position(|signature| {
        call.at < signature.parameters.len() || signature.parameters.last().is_some_and(Parameter::repeats)
    });
    for signature in &mut signatures {
        let named = call.name.as_ref().map(|name| signature.parameters.iter().position(|p| p.name == *name));
        let last = signature.parameters.len().checked_sub(1);
        let repeated = last.filter(|n| signature.parameters.get(*n).is_some_and(Parameter::repeats));
        let by_place = if last.is_some_and(|last| call.at <= last) { Some(call.at) } else { repeated };
        signature.active = named.unwrap_or(by_place);
    }
    Some(SignatureHelp { signatures, active: enough.unwrap_or(0) })
}

impl Parameter {
    fn repeats(&self) -> bool {
        self.label.ends_with('…')
    }
}

/// A call whose arguments are not all written.
#[derive(Debug)]
pub(super) struct Call {
    /// The module's name and the callee's, or only that.
    path: Vec<String>,
    /// Whether it stands where a query reads from.
    is_source: bool,
    /// The argument being written, from 0.
    at: usize,
    /// Its name, if it has one.
    name: Option<String>,
    /// The names of the arguments so far. Nothing, inside other brackets.
    pub(super) given: Vec<String>,
}

/// The innermost call that is open at the end of tokens.
pub(super) fn call_at(tokens: &[Lexeme<'_>]) -> Option<Call> {
    let start = tokens.iter().rposition(|lexeme| lexeme.token == Token::Symbol(Symbol::Semicolon));
    let tokens = tokens.get(start.map_or(0, |n| n + 1)..)?;
    let (mut depth, mut commas) = (0_usize, 0);
    let mut beginnings = vec![];
    for n in (0..tokens.len()).rev() {
        match tokens.get(n)?.token {
            Token::Symbol(Symbol::RParen | Symbol::RBracket) => depth += 1,
            Token::Symbol(Symbol::LParen | Symbol::LBracket) if depth > 0 => depth -= 1,
            Token::Symbol(Symbol::Comma) if depth == 0 => {
                commas += 1;
                beginnings.push(n + 1);
            }
            Token::Symbol(Symbol::LParen) => {
                beginnings.push(n + 1);
                match callee(tokens.get(..n)?) {
                    Some((path, is_source)) => {
                        let names: Vec<Option<String>> =
                            beginnings.iter().map(|at| argument_name(tokens, *at)).collect();
                        let name = names.first().cloned().flatten();
                        let given = names.into_iter().flatten().collect();
                        return Some(Call { path, is_source, at: commas, name, given });
                    }
                    None => (commas, beginnings) = (0, Vec::new()),
                }
            }
            // A list, or an index, within the argument.
            Token::Symbol(Symbol::LBracket) => (commas, beginnings) = (0, Vec::new()),
            // Arguments are no stages.
            Token::Symbol(Symbol::Pipe) if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// What is called, if the tokens before a parenthesis are a name.
fn callee(before: &[Lexeme<'_>]) -> Option<(Vec<String>, bool)> {
    let name = |places: usize| before.get(before.len().checked_sub(places)?).and_then(|l| name_of(&l.token));
    let token = |places: usize| before.get(before.len().checked_sub(places)?).map(|l| l.token);
    let own = name(1)?;
    let (path, length) = match (token(2), name(3)) {
        (Some(Token::Symbol(Symbol::Dot)), Some(module)) => (vec![module, own], 3),
        _ => (vec![own], 1),
    };
    let keyword = token(length + 1).and_then(|token| token.keyword());
    if matches!(keyword, Some(Keyword::Fn | Keyword::Query | Keyword::As)) {
        return None;
    }
    Some((path, matches!(keyword, Some(Keyword::From | Keyword::Join))))
}

fn name_of(token: &Token<'_>) -> Option<String> {
    match token {
        Token::Word { text, .. } if token.is_name() => Some(text.to_lowercase()),
        Token::Quoted(text) => Some(text.replace("\"\"", "\"")),
        _ => None,
    }
}

/// `name:` at the beginning of an argument.
fn argument_name(tokens: &[Lexeme<'_>], at: usize) -> Option<String> {
    let colon = tokens.get(at + 1)?.token == Token::Symbol(Symbol::Colon);
    name_of(&tokens.get(at)?.token).filter(|_| colon)
}

/// The parameters of what takes arguments by name.
pub(super) fn named_parameters(document: &Document, call: &Call) -> Option<Vec<Parameter>> {
    let declared = declared_query(document, call).or_else(|| table_function(call));
    Some(declared?.parameters)
}

fn signatures(document: &Document, call: &Call) -> Option<Vec<Signature>> {
    let source = || declared_query(document, call).or_else(|| table_function(call)).map(|one| vec![one]);
    let value = || declared_function(document, call).map(|one| vec![one]).or_else(|| function(call));
    if call.is_source { source().or_else(value) } else { value().or_else(source) }
}

/// Where the callee would be declared, and what it is called.
fn place(document: &Document, call: &Call) -> Option<(SourceId, String)> {
    match &call.path[..] {
        [name] => Some((SourceId::default(), name.clone())),
        [module, name] => {
            let used = document.used_modules().into_iter().find(|(known, _)| known == module)?;
            Some((used.1, name.clone()))
        }
        _ => None,
    }
}

fn declared_query(document: &Document, call: &Call) -> Option<Signature> {
    let (source, name) = place(document, call)?;
    let query = document.saved_queries(source).into_iter().rfind(|query| query.name == name)?;
    let parameters = query.params.iter().map(|param| Parameter {
        name: param.name.clone(),
        label: texts::saved_parameter(param),
        documentation: param.doc.clone(),
    });
    let parameters = parameters.collect();
    Some(Signature {
        label: texts::query_signature(&query),
        documentation: query.doc,
        parameters,
        active: None,
    })
}

fn declared_function(document: &Document, call: &Call) -> Option<Signature> {
    let (source, name) = place(document, call)?;
    let found = document.declarations(source, None).filter_map(|statement| match &statement.kind {
        StatementKind::Function(function) if function.name.text == name => Some((statement, function)),
        _ => None,
    });
    let (statement, function) = found.last()?;
    let doc = statement.doc.as_ref();
    let parameters = function.params.iter().map(|param| {
        let documented = doc.and_then(|doc| doc.params.iter().find(|d| d.name.text == param.name.text));
        Parameter {
            name: param.name.text.clone(),
            label: texts::parameter(param),
            documentation: documented.map(|d| d.text.clone()).unwrap_or_default(),
        }
    });
    Some(Signature {
        label: texts::function_signature(function),
        documentation: doc.map(|doc| doc.text.clone()).unwrap_or_default(),
        parameters: parameters.collect(),
        active: None,
    })
}

fn table_function(call: &Call) -> Option<Signature> {
    let [name] = &call.path[..] else { return None };
    let function = catalog::table_function(name)?;
    let parameters = function.parameters.iter().map(|parameter| Parameter {
        name: parameter.name.to_owned(),
        label: parameter.text(),
        documentation: parameter_doc(parameter),
    });
    Some(Signature {
        label: function.signature(),
        documentation: function.doc.to_owned(),
        parameters: parameters.collect(),
        active: None,
    })
}

fn function(call: &Call) -> Option<Vec<Signature>> {
    let [name] = &call.path[..] else { return None };
    let fraction = catalog::percentile_of(name).is_some();
    let function = catalog::called(name)?;
    let signatures =
        function.signatures.iter().map(|signature| {
            let mut texts = signature.parameter_texts();
            let mut label = format!("{name}{signature}");
            if fraction {
                // Its last argument is in its name.
                let last = texts.pop().unwrap_or_default();
                label = label.replace(&format!(", {last}"), "");
            }
            let parameters = texts.into_iter().zip(&signature.parameters).map(|(label, parameter)| {
                Parameter { name: parameter.name.to_owned(), label, documentation: String::new() }
            });
            Signature {
                label,
                documentation: function.doc.to_owned(),
                parameters: parameters.collect(),
                active: None,
            }
        });
    Some(signatures.collect())
}

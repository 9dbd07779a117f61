//! A text with everything that it uses, parsed. Whoever reads files makes one; here they are only read.

use crate::diag::SourceId;
use crate::syntax::ast;

/// A text, and the modules that it uses, directly or not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    /// By [`SourceId`]; the first is the text that was given.
    pub modules: Vec<Module>,
    /// All modules, each behind those that it uses.
    pub order: Vec<SourceId>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Module {
    /// Where it comes from: a path, `std.sched`, `<query>`.
    pub name: String,
    pub text: String,
    pub file: ast::File,
    /// The modules that its `use` statements mean, by the statement's place. One that can't be read is not here.
    pub uses: Vec<(usize, SourceId)>,
    /// Whether it is a saved file, not something typed once.
    pub saved: bool,
}

impl Program {
    /// A program that uses nothing.
    pub fn single(module: Module) -> Self {
        Self { modules: vec![module], order: vec![SourceId::default()] }
    }

    pub(super) fn module(&self, id: SourceId) -> &Module {
        static NOTHING: Module = Module {
            name: String::new(),
            text: String::new(),
            file: ast::File { statements: Vec::new() },
            uses: Vec::new(),
            saved: false,
        };
        self.modules.get(id.0).unwrap_or(&NOTHING)
    }
}

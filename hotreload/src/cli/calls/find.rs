//! The places where an exported function is called or passed on plainly.

use std::{collections::HashSet, path::PathBuf};

use syn::{
    Block, Expr, Item, Pat, Stmt, Token,
    ext::IdentExt as _,
    parse::{Parse as _, ParseStream, Parser as _},
    punctuated::Punctuated,
    visit::{self, Visit},
};

use super::{
    attributes::attributes,
    names::{self, Export, Id},
    sources::{Body, Sources},
};

/// One place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Plain {
    pub(super) file: PathBuf,
    pub(super) line: usize,
    pub(super) column: usize,
    /// The function's full name.
    pub(super) function: String,
    /// The path as it is written.
    pub(super) written: String,
    /// Whether it is called there, and not passed on.
    pub(super) is_call: bool,
    /// Whether it lies in the bundle that exports the function.
    pub(super) in_own_bundle: bool,
}

/// All places, in the order of files and lines.
pub(super) fn plain(sources: &mut Sources) -> Vec<Plain> {
    let mut found = Vec::new();
    // Modules within blocks are added while the blocks are looked at.
    while let Some(Body { module, file, items }) = sources.bodies.pop() {
        let mut search = Search { sources, file, scopes: vec![Scope::Module(module)], found };
        items.iter().for_each(|item| search.visit_item(item));
        found = search.found;
    }
    found.sort();
    // A file may belong to several targets.
    found.dedup_by(|a, b| (&a.file, a.line, a.column) == (&b.file, b.line, b.column));
    found
}

struct Search<'a> {
    sources: &'a mut Sources,
    file: PathBuf,
    /// From the outermost to the innermost; the first one is a module.
    scopes: Vec<Scope>,
    found: Vec<Plain>,
}

enum Scope {
    /// A module, or a block that has items.
    Module(Id),
    /// Variables and parameters.
    Locals(HashSet<String>),
}

impl Search<'_> {
    fn module(&self) -> Id {
        let modules = self.scopes.iter().rev().find_map(|scope| match scope {
            Scope::Module(id) => Some(*id),
            _ => None,
        });
        modules.expect("the outermost scope is a module")
    }

    fn scoped(&mut self, scope: Scope, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(scope);
        visit(self);
        self.scopes.pop();
    }

    fn locals(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scoped(Scope::Locals(HashSet::new()), visit);
    }

    /// Whether the name is a variable's here.
    fn is_local(&self, name: &str) -> bool {
        for scope in self.scopes.iter().rev() {
            match scope {
                Scope::Locals(names) if names.contains(name) => return true,
                // An item of the block hides variables from further out.
                Scope::Module(id) if self.sources.names.has_value(*id, name) => return false,
                _ => {}
            }
        }
        false
    }

    fn check(&mut self, path: &syn::ExprPath, is_call: bool) {
        if path.qself.is_some() {
            return;
        }
        let path = &path.path;
        let segments: Vec<_> =
            path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        let is_global = path.leading_colon.is_some();
        if segments.len() == 1 && !is_global && self.is_local(&segments[0]) {
            return;
        }
        let module = self.module();
        let written = format!("{}{}", if is_global { "::" } else { "" }, segments.join("::"));
        let path_names = names::Path { is_global, segments };
        let names = &self.sources.names;
        let Some(Export { path: function, krate }) = names.export(module, &path_names) else {
            return;
        };
        let in_own_bundle = names.crate_of(module) == krate && names.crates[krate].is_bundle;
        let first =
            path.leading_colon.map_or_else(|| path.segments[0].ident.span(), |it| it.spans[0]);
        let start = first.start();
        self.found.push(Plain {
            file: self.file.clone(),
            line: start.line,
            column: start.column + 1,
            function,
            written,
            is_call,
            in_own_bundle,
        });
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if self.sources.is_wanted(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    /// It has a body of its own.
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}

    /// What a macro will write is not known.
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_none() {
            self.visit_macro(&item.mac);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.locals(|it| visit::visit_item_fn(it, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if self.sources.is_wanted(&item.attrs) {
            self.locals(|it| visit::visit_impl_item_fn(it, item));
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.locals(|it| visit::visit_trait_item_fn(it, item));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items: Vec<Item> = (block.stmts.iter())
            .filter_map(|stmt| match stmt {
                Stmt::Item(item) => Some(item.clone()),
                _ => None,
            })
            .filter(|item| self.sources.is_wanted(attributes(item)))
            .collect();
        let visit = |it: &mut Self| it.locals(|it| visit::visit_block(it, block));
        if items.is_empty() {
            return visit(self);
        }
        let id = self.sources.block(&items, self.module(), &self.file.clone());
        self.scoped(Scope::Module(id), visit);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        // The new name is not known yet in its own value.
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            if let Some((_, other)) = &init.diverge {
                self.visit_expr(other);
            }
        }
        self.visit_pat(&local.pat);
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        if let Some(Scope::Locals(names)) = self.scopes.last_mut() {
            names.insert(pat.ident.unraw().to_string());
        }
        visit::visit_pat_ident(self, pat);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.locals(|it| visit::visit_arm(it, arm));
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.locals(|it| visit::visit_expr_closure(it, closure));
    }

    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        self.visit_expr(&expr.expr);
        self.visit_pat(&expr.pat);
    }

    fn visit_expr_if(&mut self, expr: &'ast syn::ExprIf) {
        self.locals(|it| {
            it.visit_expr(&expr.cond);
            it.visit_block(&expr.then_branch);
        });
        if let Some((_, other)) = &expr.else_branch {
            self.visit_expr(other);
        }
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.locals(|it| visit::visit_expr_while(it, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.locals(|it| {
            it.visit_pat(&expr.pat);
            it.visit_block(&expr.body);
        });
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let mut called = &*call.func;
        while let Expr::Paren(syn::ExprParen { expr, .. })
        | Expr::Group(syn::ExprGroup { expr, .. }) = called
        {
            called = expr;
        }
        match called {
            Expr::Path(path) => self.check(path, true),
            other => self.visit_expr(other),
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.check(path, false);
    }

    /// Constants, never functions.
    fn visit_pat(&mut self, pat: &'ast Pat) {
        if !matches!(pat, Pat::Path(_)) {
            visit::visit_pat(self, pat);
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        const HOT: [&str; 5] = ["get", "try_get", "fn_ptr", "lookup", "import"];
        let name = mac.path.segments.last().map(|it| it.ident.to_string()).unwrap_or_default();
        if HOT.contains(&name.as_str()) {
            return;
        }
        let tokens = || mac.tokens.clone();
        if name.ends_with("matches") {
            // After the first comma comes a pattern.
            let first = |input: ParseStream<'_>| {
                let expr = Expr::parse(input)?;
                input.parse::<proc_macro2::TokenStream>().map(|_| expr)
            };
            if let Ok(expr) = first.parse2(tokens()) {
                self.visit_expr(&expr);
            }
        } else if let Ok(list) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens()) {
            list.iter().for_each(|expr| self.argument(expr));
        } else if let Ok(list) = Punctuated::<Expr, Token![;]>::parse_terminated.parse2(tokens()) {
            list.iter().for_each(|expr| self.visit_expr(expr));
        } else if let Ok(stmts) = Block::parse_within.parse2(tokens()) {
            self.visit_block(&Block { brace_token: syn::token::Brace::default(), stmts });
        }
    }
}

impl Search<'_> {
    /// An argument of a macro. `name = value` is the form of a named one.
    fn argument(&mut self, expr: &Expr) {
        match expr {
            Expr::Assign(it) if matches!(&*it.left, Expr::Path(_)) => self.visit_expr(&it.right),
            other => self.visit_expr(other),
        }
    }
}

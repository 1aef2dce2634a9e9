//! All errors of commands with their hints, as the sources have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, ItemConst, ItemFn, Lit, LitStr, Local, Pat};

/// The constructors of an error, and the exit code of each.
const KINDS: [(&str, u8); 3] = [("failed", 1), ("usage", 2), ("environment", 3)];

/// One place that makes an error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Told {
    /// The exit code.
    pub(crate) exit: u8,
    /// What is said; names in braces stand for what the case gives.
    pub(crate) message: String,
    /// What can be advised, each on its own.
    pub(crate) hints: Vec<String>,
    file: PathBuf,
}

/// All of them, in the order of exit code and text.
pub(crate) fn all(root: &Path) -> Vec<Told> {
    let files: Vec<(PathBuf, syn::File)> = sources(&root.join("cli/src"))
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path, file)
        })
        .collect();
    let mut names = Names::default();
    for (_, file) in &files {
        names.visit_file_mut(&mut file.clone());
    }
    let mut told = Vec::new();
    for (path, mut file) in files {
        let mut finder = Finder { names: &names, locals: BTreeMap::new(), found: Vec::new(), path: &path };
        finder.visit_file_mut(&mut file);
        told.append(&mut finder.found);
    }
    told.sort();
    told.dedup_by(|a, b| (&a.message, &a.hints) == (&b.message, &b.hints));
    told
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.to_str().unwrap().ends_with("_tests.rs")
        {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The texts of constants and functions that hints come from, by name.
#[derive(Default)]
struct Names(BTreeMap<String, Vec<String>>);

impl VisitMut for Names {
    fn visit_item_const_mut(&mut self, item: &mut ItemConst) {
        self.0.insert(item.ident.to_string(), literals(item.expr.to_token_stream()));
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.0.insert(format!("{}()", item.sig.ident), literals(item.block.to_token_stream()));
        visit_mut::visit_item_fn_mut(self, item);
    }

    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if item.ident != "tests" {
            visit_mut::visit_item_mod_mut(self, item);
        }
    }
}

/// Finds the places that make errors in one file.
struct Finder<'a> {
    names: &'a Names,
    /// The texts of local variables, as they are met.
    locals: BTreeMap<String, Vec<String>>,
    found: Vec<Told>,
    path: &'a Path,
}

impl VisitMut for Finder<'_> {
    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if item.ident != "tests" {
            visit_mut::visit_item_mod_mut(self, item);
        }
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        visit_mut::visit_local_mut(self, local);
        let (Pat::Ident(_) | Pat::Tuple(_), Some(init)) = (&local.pat, &local.init) else { return };
        let texts = self.texts(init.expr.to_token_stream());
        for name in identifiers(local.pat.to_token_stream()) {
            self.locals.insert(name, texts.clone());
        }
    }

    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        visit_mut::visit_expr_call_mut(self, call);
        let Expr::Path(path) = &*call.func else { return };
        let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let exit = match names.as_slice() {
            [.., owner, kind] if owner == "Fault" => KINDS.iter().find(|(name, _)| name == kind).map(|(_, exit)| *exit),
            _ => None,
        };
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let (Some(exit), [message, hint]) = (exit, arguments.as_slice()) else { return };
        let message = self.texts(message.to_token_stream());
        let message = message.first().cloned().unwrap_or_else(|| "{reason}".to_owned());
        let mut hints = self.texts(hint.to_token_stream());
        // Parts of addresses, names and separators are no advice.
        hints.retain(|hint| hint.contains(' '));
        self.found.push(Told { exit, message, hints, file: self.path.to_owned() });
    }
}

impl Finder<'_> {
    /// The texts that an expression may give.
    fn texts(&self, tokens: TokenStream) -> Vec<String> {
        let mut texts = literals(tokens.clone());
        for name in identifiers(tokens) {
            let known = self
                .locals
                .get(&name)
                .or_else(|| self.names.0.get(&name))
                .or_else(|| self.names.0.get(&format!("{name}()")));
            // Of functions only those that make hints: others are named in all kinds of expressions.
            if let Some(known) = known.filter(|_| {
                self.locals.contains_key(&name)
                    || name.to_lowercase().contains("hint")
                    || ["form_of", "of_client", "hint"].contains(&name.as_str())
            }) {
                texts.extend(known.iter().cloned());
            }
        }
        texts.retain(|text| text.chars().any(char::is_alphabetic));
        texts.dedup();
        texts
    }
}

fn literals(tokens: TokenStream) -> Vec<String> {
    let mut texts = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => texts.extend(literals(group.stream())),
            TokenTree::Literal(literal) => {
                if let Lit::Str(text) = Lit::new(literal) {
                    texts.push(LitStr::value(&text));
                }
            }
            _ => {}
        }
    }
    texts
}

fn identifiers(tokens: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => names.extend(identifiers(group.stream())),
            TokenTree::Ident(name) => names.push(name.to_string()),
            _ => {}
        }
    }
    names
}

#[test]
fn every_error_of_a_command_says_what_to_do() {
    let all = all(&crate::book::root());
    assert!(all.len() > 100, "{} errors are found", all.len());
    let mute: Vec<&Told> = all.iter().filter(|told| told.hints.is_empty()).collect();
    assert!(mute.is_empty(), "no text is found for the hints of {mute:#?}");
    for told in &all {
        for hint in &told.hints {
            assert!(
                !hint.trim().is_empty() && !hint.ends_with('.'),
                "{told:#?}: a hint is one clause without a full stop"
            );
        }
    }
}

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
    /// The text of the error; names in braces stand for the values of the case.
    pub(crate) message: String,
    /// The possible hints, each on its own.
    pub(crate) hints: Vec<String>,
    file: PathBuf,
}

/// All of them, in the order of exit code and text.
pub(crate) fn all(root: &Path) -> Vec<Told> {
    let files: Vec<(PathBuf, syn::File)> =
        sources(&root.join("cli/src")).into_iter().map(|path| parsed(&path)).collect();
    let mut names = Names::default();
    // Hints of folders come from their own crate.
    let folders = sources(&root.join("sdk/private-folder/src")).into_iter().map(|path| parsed(&path));
    for (path, file) in files.iter().cloned().chain(folders) {
        names.path = path;
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

fn parsed(path: &Path) -> (PathBuf, syn::File) {
    let text = fs::read_to_string(path).unwrap();
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (path.to_owned(), file)
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

/// The texts of constants, functions and methods that hints come from, by file and name.
#[derive(Default)]
struct Names {
    path: PathBuf,
    all: BTreeMap<(PathBuf, String), Vec<String>>,
    /// Methods, and functions that are called from other files.
    shared: BTreeMap<String, Vec<String>>,
}

impl Names {
    fn add(&mut self, name: String, tokens: TokenStream, is_shared: bool) {
        let texts = literals(tokens);
        if is_shared {
            self.shared.insert(name.clone(), texts.clone());
        }
        self.all.insert((self.path.clone(), name), texts);
    }

    /// The texts of a name in a file. Names of functions that make no hints are in all kinds of expressions.
    fn get(&self, path: &Path, name: &str) -> Option<&Vec<String>> {
        let is_hint =
            ["hint", "advice", "form_of", "of_client", "ending"].iter().any(|part| name.to_lowercase().contains(part));
        self.all.get(&(path.to_owned(), name.to_owned())).or_else(|| self.shared.get(name)).filter(|_| is_hint)
    }
}

impl VisitMut for Names {
    fn visit_item_const_mut(&mut self, item: &mut ItemConst) {
        self.add(item.ident.to_string(), item.expr.to_token_stream(), false);
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        let is_shared = ["of_client", "unusable_hint"].contains(&item.sig.ident.to_string().as_str());
        self.add(item.sig.ident.to_string(), item.block.to_token_stream(), is_shared);
        visit_mut::visit_item_fn_mut(self, item);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut syn::ImplItemFn) {
        self.add(item.sig.ident.to_string(), item.block.to_token_stream(), true);
        visit_mut::visit_impl_item_fn_mut(self, item);
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
        // The hint of a variable beside an error of its own is no part of another's hint.
        if identifiers(init.expr.to_token_stream()).iter().any(|name| name == "Fault") {
            return;
        }
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
            let known = self.locals.get(&name).or_else(|| self.names.get(self.path, &name));
            texts.extend(known.into_iter().flatten().cloned());
        }
        texts.retain(|text| text.chars().any(char::is_alphabetic));
        texts.dedup();
        texts
    }
}

/// All texts in it, except those that others are compared with, and those of broken invariants.
fn literals(tokens: TokenStream) -> Vec<String> {
    const COMPARE: [&str; 6] = ["starts_with", "ends_with", "contains", "strip_prefix", "bound", "expect"];
    let mut texts = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if COMPARE.iter().any(|compare| name == compare) => drop(tokens.next()),
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

/// Words of a hint that people fill in: the command cannot know them.
const FOR_PEOPLE: [&str; 7] =
    ["cargo dusk new NAME", "--data OTHER-DIR", "--data DIR", "cargo dusk crs fetch FILE", "@FILE", " VALUE", " FILE"];
/// Variables of the environment.
const VARIABLES: [&str; 4] = ["RUSTUP_TOOLCHAIN", "RUSTC", "CARGO", "SSL_CERT_FILE"];

/// The placeholders in the commands and values of a hint that the command could fill in.
fn placeholders(hint: &str) -> Vec<String> {
    let placeholder = regex::Regex::new(r"\{+…|…\}+|\b[A-Z][A-Z-]{2,}\b").unwrap();
    let code = hint.split('`').skip(1).step_by(2).filter(|code| !VARIABLES.contains(code));
    // Names in braces are what the command fills in.
    let filled = regex::Regex::new(r"\{[A-Za-z_]*\}").unwrap();
    let known = |code: &str| {
        FOR_PEOPLE.iter().fold(filled.replace_all(code, "").into_owned(), |code, phrase| code.replace(phrase, ""))
    };
    code.map(known)
        .flat_map(|code| placeholder.find_iter(&code).map(|it| it.as_str().to_owned()).collect::<Vec<_>>())
        .collect()
}

#[test]
fn hints_show_values_and_not_placeholders_for_them() {
    assert_eq!(placeholders("`cargo dusk call CONTRACT FUNCTION --help` shows it"), ["CONTRACT", "FUNCTION"]);
    assert_eq!(placeholders("if it is a value: `--NAME={word}`"), ["NAME"]);
    assert_eq!(placeholders("for example `--policy {…}`"), ["{…"]);
    assert!(placeholders("make one with `cargo dusk new NAME`, or set `CARGO`").is_empty());
    let mut faults = Vec::new();
    for told in all(&crate::book::root()) {
        for hint in &told.hints {
            let found = placeholders(hint);
            if !found.is_empty() {
                faults.push(format!("{found:?} in `{hint}`, for `{}`", told.message));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

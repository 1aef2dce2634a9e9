//! The pages of the book that are made from the code.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use syn::{Attribute, Expr, ExprLit, Fields, ImplItem, Item, Lit, Meta, Visibility};

use crate::hints;

/// The parts of the SDK's page: a heading, a file, and its purpose.
const SDK_FILES: &[(&str, &str, &str)] = &[
    ("Macros", "sdk/src/lib.rs", "Attributes, from `dusk_sdk` or its prelude."),
    ("The call and the chain", "sdk/src/env.rs", "`dusk_sdk::env`; most of it is in the prelude."),
    ("Hashes, signatures, proofs", "sdk/src/crypto.rs", "`dusk_sdk::crypto`: computed by the host, at a fixed price."),
    ("Calls to other contracts", "sdk/src/client.rs", "`dusk_sdk::client`."),
    ("DUSK in and out", "sdk/src/money.rs", "`dusk_sdk::money`."),
    ("Amounts", "sdk/src/amount.rs", "`dusk_sdk::Dusk`, in the prelude."),
    ("Parts: one owner", "sdk/src/parts/ownership.rs", "`dusk_sdk::parts::ownership`."),
    ("Parts: roles", "sdk/src/parts/roles.rs", "`dusk_sdk::parts::roles`."),
    ("Parts: pausing", "sdk/src/parts/pausing.rs", "`dusk_sdk::parts::pausing`."),
    (
        "Parts: upgrades",
        "sdk/src/parts/proxy.rs",
        "`dusk_sdk::parts::proxy`: for a proxy (the *front*), and the implementation that it calls.",
    ),
    ("Accounts and contracts", "sdk/src/principal.rs", "`dusk_sdk::Principal`, in the prelude."),
    ("Accounts", "sdk/src/account.rs", "`dusk_sdk::Account`, in the prelude."),
    ("Field elements", "sdk/circuit/src/native/field.rs", "`dusk_sdk::Field`, in the prelude."),
    ("Tests: the chain", "sdk/src/testing/chain.rs", "`dusk_sdk::testing`."),
    ("Tests: several calls in one block", "sdk/src/testing/block.rs", "`dusk_sdk::testing`."),
    ("Tests: the outcome of a call", "sdk/src/testing/outcome.rs", "`dusk_sdk::testing`."),
    ("Tests: failures", "sdk/src/testing/failure.rs", "`dusk_sdk::testing`."),
    ("Tests: keys", "sdk/src/testing/keys.rs", "`dusk_sdk::testing`."),
    ("Tests: private values", "sdk/src/testing/observer/private.rs", "`dusk_sdk::testing`, for observer tests."),
];

/// The parts of the page of errors: a heading, and the files that have the errors.
const ERROR_FILES: &[(&str, &[&str])] = &[
    ("How a call fails", &["sdk/protocol/src/execution.rs"]),
    ("Transactions that the node refuses", &["local-node/src/transaction/error.rs"]),
    ("Transactions that leave the mempool, or do not enter it", &["local-node/core/src/mempool.rs"]),
    ("Failed queries and simulations", &["local-node/src/reader.rs"]),
    ("Contracts that cannot be deployed", &["local-node/vm/src/module/inspect.rs"]),
    ("Drivers that do not work", &["local-node/vm/src/driver.rs"]),
    ("Drivers that the node lacks or refuses", &["local-node/src/drivers.rs"]),
    ("Requests that the node does not carry out", &["local-node/src/handle/error.rs", "local-node/src/end.rs"]),
    ("Genesis files that cannot be used", &["local-node/src/genesis/file.rs"]),
    ("Keys files that cannot be used", &["local-node/src/accounts/keys_file.rs"]),
    ("Networks that the node does not change", &["local-node/src/network.rs"]),
    ("Chains that cannot be kept", &["local-node/src/store/error.rs"]),
    ("Circuits that are refused", &["sdk/circuit/src/layout.rs"]),
    ("Unreadable witnesses", &["sdk/circuit/src/runner.rs"]),
    ("Witnesses that do not satisfy the circuit", &["sdk/circuit/src/check.rs"]),
    ("Failures of keys and proofs", &["sdk/prover/src/backend.rs", "sdk/prover/src/keys.rs"]),
    ("Parameters that cannot be used", &["sdk/prover/src/parameters/mod.rs"]),
    ("Evidence that cannot be verified", &["cli/src/ops/evidence/document.rs"]),
    ("Nodes that do not answer", &["cli/src/ops/chain/client/error.rs"]),
];

/// The snapshots of what commands say.
const SNAPSHOTS: &str = "cli/tests/it/snapshots";

const MADE: &str = "<!-- Generated from the code: `UPDATE_BOOK=1 cargo test -p cargo-dusk` updates it. -->";

/// Compares a page with what the code gives, or writes it.
///
/// # Panics
/// When they differ.
pub(crate) fn compare(page: &Path, expected: &str) {
    if std::env::var_os("UPDATE_BOOK").is_some() {
        fs::write(page, expected).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    }
    let found = fs::read_to_string(page).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    let name = page.display();
    assert!(found == expected, "{name} differs from the code: {differs:#?}\nrun with UPDATE_BOOK=1 to write it");
}

/// The public items of the SDK.
pub(crate) fn sdk(root: &Path) -> String {
    let mut page = format!(
        "# SDK reference\n\n{MADE}\n\nEach public item with the first sentence of its documentation. \
         `cargo doc -p dusk-sdk --open` in a project shows the rest, with errors, panics and examples.\n"
    );
    for (heading, file, about) in SDK_FILES {
        write!(page, "\n## {heading}\n\n{about}\n\n| item | what it does |\n|---|---|\n").expect("strings take all");
        let source = parse(root, file);
        let mut rows = Vec::new();
        for item in &source.items {
            item_rows(item, &mut rows);
        }
        assert!(!rows.is_empty(), "{file} has nothing to show");
        for (item, docs) in rows {
            writeln!(page, "| {item} | {docs} |").expect("strings take all");
        }
    }
    page
}

fn item_rows(item: &Item, rows: &mut Vec<(String, String)>) {
    let mut push = |name: String, attributes: &[Attribute]| {
        if !hidden(attributes) {
            rows.push((name, first_sentence(attributes)));
        }
    };
    match item {
        Item::Fn(function) if public(&function.vis) => push(signature("", &function.sig), &function.attrs),
        Item::Struct(item) if public(&item.vis) => push(format!("`{}`", item.ident), &item.attrs),
        Item::Enum(item) if public(&item.vis) => push(format!("`{}`", item.ident), &item.attrs),
        // A re-export with documentation of its own is how the macros are shown.
        Item::Use(item) if public(&item.vis) && !first_sentence(&item.attrs).is_empty() => {
            if let Some(name) = last_name(&item.tree) {
                push(format!("`#[{name}]`"), &item.attrs);
            }
        }
        Item::Impl(item) if item.trait_.is_none() => {
            let owner = type_name(&item.self_ty);
            for item in &item.items {
                if let ImplItem::Fn(function) = item
                    && public(&function.vis)
                {
                    push(signature(&format!("{owner}::"), &function.sig), &function.attrs);
                }
            }
        }
        _ => {}
    }
}

/// The errors of the node, the machine and the command line.
pub(crate) fn errors(root: &Path) -> String {
    let mut page = format!(
        "# Errors\n\n{MADE}\n\nA contract's own errors are in its `abi.json`, with their codes; \
         [The contract model](../model.md#errors-revert) explains how callers see them. This page lists all other \
         errors, with the texts of the code. Names in braces, and `…`, stand for values that differ from case to \
         case.\n\n## Examples from commands\n\nEvery error ends with a hint. \
         The exit code is 1 when the work failed, 2 when the command was wrong, 3 when the machine lacks something.\n\n\
         | exit | error | hint |\n|---|---|---|\n"
    );
    for (exit, error, hint) in told(&root.join(SNAPSHOTS)) {
        writeln!(page, "| {exit} | {} | {} |", cell(&error), cell(&hint)).expect("strings take all");
    }
    page.push_str(
        "\n## All errors of commands\n\nThese are the texts of the sources, with names in braces and `…` as above. \
         ` ; ` separates the hints of an error that has several.\n\n| exit | error | hint |\n|---|---|---|\n",
    );
    for told in hints::all(root) {
        let hints = told.hints.iter().map(|hint| hint.replace("{}", "…")).collect::<Vec<_>>().join(" ; ");
        let message = told.message.replace("{}", "…");
        writeln!(page, "| {} | {} | {} |", told.exit, cell(&message), cell(&hints)).expect("strings take all");
    }
    for (heading, files) in ERROR_FILES {
        write!(page, "\n## {heading}\n\n| error | when |\n|---|---|\n").expect("strings take all");
        for file in *files {
            let rows = error_rows(root, file);
            assert!(!rows.is_empty(), "{file} has no errors");
            page.push_str(&rows);
        }
    }
    page
}

/// The errors of a file, one a row.
fn error_rows(root: &Path, file: &str) -> String {
    let mut rows = String::new();
    for item in parse(root, file).items {
        let Item::Enum(item) = item else { continue };
        for variant in &item.variants {
            let Some(text) = error_text(&variant.attrs) else { continue };
            let text = match &variant.fields {
                Fields::Unnamed(_) => text.replace("{0", "{reason"),
                _ => text,
            };
            let text = text.replace("{}", "…");
            writeln!(rows, "| {} | {} |", cell(&text), first_sentence(&variant.attrs)).expect("strings take all");
        }
    }
    rows
}

/// The errors in the snapshots of commands: exit code, error, hint.
fn told(folder: &Path) -> Vec<(String, String, String)> {
    let mut told = Vec::new();
    for entry in fs::read_dir(folder).expect("there are snapshots") {
        let path = entry.expect("the entry can be read").path();
        let text = fs::read_to_string(&path).expect("snapshots are text");
        let part = |begin: &str, end: &str| {
            let (_, rest) = text.split_once(begin)?;
            Some(rest.split(end).next().unwrap_or(rest).trim().to_owned())
        };
        if let (Some(exit), Some(error), Some(hint)) =
            (part("exit: Some(", ")"), part("\nerror: ", "\nhint: "), part("\nhint: ", "\n"))
        {
            told.push((exit, error, hint));
        }
    }
    told.sort();
    told.dedup();
    told
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parse(root: &Path, file: &str) -> syn::File {
    let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("doc")
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "hidden")
    })
}

fn type_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

fn last_name(tree: &syn::UseTree) -> Option<String> {
    match tree {
        syn::UseTree::Path(path) => last_name(&path.tree),
        syn::UseTree::Name(name) => Some(name.ident.to_string()),
        syn::UseTree::Rename(rename) => Some(rename.rename.to_string()),
        _ => None,
    }
}

/// A function as it would be written, in one line.
fn signature(owner: &str, signature: &syn::Signature) -> String {
    let mut signature = signature.clone();
    signature.generics.where_clause = None;
    let name = signature.ident.to_string();
    let function = syn::ItemFn {
        attrs: Vec::new(),
        vis: Visibility::Inherited,
        sig: signature,
        block: Box::new(syn::Block { brace_token: syn::token::Brace::default(), stmts: Vec::new() }),
    };
    let text = prettyplease::unparse(&syn::File { shebang: None, attrs: Vec::new(), items: vec![Item::Fn(function)] });
    let text = text.trim().trim_end_matches("{}").split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("( ", "(").replace(", )", ")").replace(",)", ")");
    let text = text.replacen(&format!("fn {name}"), &format!("{owner}{name}"), 1).replace('|', "\\|");
    format!("`{}`", text.strip_prefix("pub ").unwrap_or(&text))
}

/// The first sentence of the documentation.
fn first_sentence(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for line in attributes.iter().filter_map(doc_line) {
        if line.trim().is_empty() {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(line.trim());
    }
    let end = text.match_indices(". ").map(|(at, _)| at + 1).next().unwrap_or(text.len());
    let links = regex::Regex::new(r"\[(`[^`]*`|[^\]]*)\](\([^)]*\))?").expect("it is one");
    links.replace_all(&text[..end], "$1").replace('|', "\\|")
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident("doc").then(|| text.value())
}

/// The text that `thiserror` gives a variant.
fn error_text(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("error"))?;
    attribute
        .parse_args_with(|input: syn::parse::ParseStream<'_>| {
            let text: syn::LitStr = input.parse()?;
            let _rest: proc_macro2::TokenStream = input.parse()?;
            Ok(text.value())
        })
        .ok()
}

//! The book says what is so: its sessions are run, its Rust is compiled elsewhere and only shown, its links lead
//! somewhere, and its reference is what the code gives.
//!
//! `UPDATE_BOOK=1 cargo test -p cargo-dusk book` writes sessions and reference anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::all_shipped::copied;
use crate::reference;
use crate::session;
use crate::support::{Place, turn};

/// Where code that the book shows may come from. All of it is built and tested.
const TESTED: [&str; 3] = ["templates", "examples", "book/code"];
/// How a page says in which example its session begins.
const BEGINS_IN: &str = "<!-- The session begins in: ";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace is there")
}

fn source() -> PathBuf {
    root().join("book/src")
}

/// All pages, in the order of their paths.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

fn read(page: &Path) -> String {
    fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

/// Where the session of a page begins: in a copy of the example that the page names, else in an empty folder.
fn place_of(page: &Path) -> Place {
    let text = read(page);
    let named = text.lines().find_map(|line| line.strip_prefix(BEGINS_IN)?.strip_suffix(" -->"));
    named.map_or_else(Place::new, |example| copied(&root().join(example)))
}

#[test]
fn every_session_of_the_book_does_what_it_says() {
    let _turn = turn();
    let only = std::env::var("BOOK_PAGE").unwrap_or_default();
    let with_sessions = |page: &PathBuf| {
        read(page).lines().any(|line| line == "```console") && page.to_string_lossy().contains(only.as_str())
    };
    for page in pages().into_iter().filter(with_sessions) {
        session::run(&page, &place_of(&page));
    }
}

#[test]
fn all_rust_in_the_book_is_shown_from_tested_files() {
    let tested = TESTED.map(|folder| root().join(folder).canonicalize().expect("it is there"));
    let mut shown = 0;
    for page in pages() {
        let text = read(&page);
        let mut inside = false;
        for (number, line) in text.lines().enumerate() {
            let at = format!("{}:{}", page.display(), number + 1);
            if line.starts_with("```") {
                inside = line.starts_with("```rust");
                continue;
            }
            if !inside || line.is_empty() {
                continue;
            }
            let include = line.strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}"));
            let include = include.unwrap_or_else(|| panic!("{at}: Rust that no test compiles: {line}"));
            let (file, anchor) = include.split_once(':').unwrap_or((include, ""));
            let file = page.parent().expect("pages lie in folders").join(file);
            let file = file.canonicalize().unwrap_or_else(|error| panic!("{at}: {}: {error}", file.display()));
            assert!(tested.iter().any(|folder| file.starts_with(folder)), "{at}: {} is not tested", file.display());
            if !anchor.is_empty() {
                let code = read(&file);
                for mark in ["ANCHOR", "ANCHOR_END"] {
                    let mark = format!("// {mark}: {anchor}");
                    assert!(code.lines().any(|line| line.trim() == mark), "{at}: {} has no `{mark}`", file.display());
                }
            }
            shown += 1;
        }
    }
    assert!(shown > 5, "the book shows code");
}

#[test]
fn the_page_on_dusk_toml_shows_the_file_that_is_tested() {
    let fenced = |text: &str| {
        let lines = text.lines().skip_while(|line| *line != "```toml").skip(1).take_while(|line| *line != "```");
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let documented = read(&root().join("cli/src/ops/project/settings.rs"));
    let documented = documented.lines().map_while(|line| line.strip_prefix("//!"));
    let documented: Vec<&str> = documented.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let shown = fenced(&read(&source().join("dusk-toml.md")));
    assert_eq!(shown, fenced(&documented.join("\n")));
    assert!(shown.len() > 10, "{shown:?}");
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
    let summary = source().join("SUMMARY.md");
    let mut listed = BTreeSet::from([summary.clone()]);
    for page in pages() {
        for (target, at) in links(&page) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || target.contains("://") {
                continue;
            }
            let path = page.parent().expect("pages lie in folders").join(file);
            let path = path.canonicalize().unwrap_or_else(|error| panic!("{at}: {file}: {error}"));
            if page == summary {
                listed.insert(path);
            } else if let Some((_, heading)) = target.split_once('#') {
                let anchors: Vec<String> = read(&path).lines().filter_map(anchor).collect();
                assert!(anchors.iter().any(|anchor| anchor == heading), "{at}: {heading} is not among {anchors:?}");
            }
        }
    }
    let all: BTreeSet<PathBuf> = pages().into_iter().collect();
    assert_eq!(listed, all, "SUMMARY.md lists what there is");
}

/// The links of a page, each with its place.
fn links(page: &Path) -> Vec<(String, String)> {
    let pattern = regex::Regex::new(r"\]\(([^)\s]+)\)").expect("it is one");
    let text = read(page);
    let mut fenced = false;
    let mut links = Vec::new();
    for (number, line) in text.lines().enumerate() {
        fenced ^= line.starts_with("```");
        let place = || format!("{}:{}", page.display(), number + 1);
        if !fenced {
            links.extend(pattern.captures_iter(line).map(|found| (found[1].to_owned(), place())));
        }
    }
    links
}

/// The anchor of a heading in links.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
    let kept = title.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    Some(kept.map(|char| if char == ' ' { '-' } else { char }).collect())
}

#[test]
fn the_reference_is_what_the_code_gives() {
    for (page, text) in
        [("reference/sdk.md", reference::sdk(&root())), ("reference/errors.md", reference::errors(&root()))]
    {
        reference::compare(&source().join(page), &text);
    }
}

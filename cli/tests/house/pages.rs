//! References of pages and comments: paths of this repository in the pages for contributors, and the width of lines.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::root;

/// The pages that name files and folders of this repository.
const PAGES: [&str; 4] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "book/src/internals"];
/// The folders of the repository that a path begins with.
const TOP_FOLDERS: [&str; 8] = [".ci", "book", "cli", "examples", "local-node", "macros", "sdk", "templates"];
/// The most characters of a line of a source file: as in `rustfmt.toml`, which leaves comments and texts as they are.
const MAX_LINE_CHARS: usize = 120;

#[test]
fn paths_in_pages_for_contributors_exist() {
    let code = Regex::new(r"`([^`\s]+)`").expect("the pattern is one");
    let mut faults = Vec::new();
    for page in PAGES.iter().flat_map(|page| files_below(&root().join(page), "md")) {
        let text = fs::read_to_string(&page).expect("the page can be read");
        for found in code.captures_iter(&text) {
            let path = &found[1];
            // A word in capitals stands for a name, braces and stars for many.
            let is_pattern = path.contains(['{', '*', '<', ':']) || path.split(['/', '.']).any(is_placeholder);
            let starts_here = TOP_FOLDERS.iter().any(|folder| path.strip_prefix(folder).is_some_and(is_below));
            if starts_here && !is_pattern && !root().join(path).exists() {
                faults.push(format!("{} names {path}, which does not exist", page.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn is_below(rest: &str) -> bool {
    rest.starts_with('/')
}

/// `NAME` and the like. `README` and `LICENSE` are names of files.
fn is_placeholder(part: &str) -> bool {
    part.len() > 1 && part.chars().all(|letter| letter.is_ascii_uppercase()) && !["README", "LICENSE"].contains(&part)
}

#[test]
fn lines_of_sources_are_not_wider_than_the_formatter_makes_them() {
    let mut faults = Vec::new();
    for folder in TOP_FOLDERS.iter().filter(|folder| root().join(folder).is_dir()) {
        for file in files_below(&root().join(folder), "rs") {
            let text = fs::read_to_string(&file).expect("the file can be read");
            for (number, line) in text.lines().enumerate() {
                // A link has one line, and so has a row of a table.
                let may_be_wide = line.contains("://") || line.contains("/// |") || line.contains("//! |");
                if line.chars().count() > MAX_LINE_CHARS && is_comment(line) && !may_be_wide {
                    faults.push(format!("{}:{}: {} characters", file.display(), number + 1, line.chars().count()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "wider than {MAX_LINE_CHARS} characters:\n{}", faults.join("\n"));
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// A file, or all files with an extension below a folder, without what tools write and without links.
fn files_below(path: &Path, extension: &str) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read");
        let kind = entry.file_type().expect("the entry has a kind");
        let below = entry.path();
        if kind.is_dir() && entry.file_name() != "target" {
            files.extend(files_below(&below, extension));
        } else if kind.is_file() && below.extension().is_some_and(|it| it == extension) {
            files.push(below);
        }
    }
    files
}

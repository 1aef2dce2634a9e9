//! Tables in the READMEs of templates whose last column names tests: each of them exists.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

use super::root;

/// The header of the last column.
const COLUMN: &str = "test";
/// The fewest rows of the tables of a template that has any, so that a changed header does not go unnoticed.
const LEAST: [(&str, usize); 5] = [
    ("confidential-settlement", 37),
    ("confidential-token", 40),
    ("private-allowlist", 15),
    ("private-voting", 35),
    ("restricted-token", 60),
];

#[test]
fn tests_named_in_tables_exist() {
    let name = Regex::new(r"`([a-z0-9_]+)`").expect("the pattern is one");
    let mut faults = Vec::new();
    for (template, least) in LEAST {
        let folder = root().join("templates").join(template);
        let readme = fs::read_to_string(folder.join("README.md")).expect("the README can be read");
        let known = tests_below(&folder.join("tests/src"));
        let rows = rows(&readme);
        assert!(rows.len() >= least, "{template}: only {} rows name tests", rows.len());
        for row in rows {
            let names: Vec<_> = name.captures_iter(row).map(|found| found[1].to_owned()).collect();
            if names.is_empty() {
                faults.push(format!("{template}: a row names no test: {row}"));
            }
            let missing = names.into_iter().filter(|name| !known.contains(name));
            faults.extend(missing.map(|name| format!("{template}: there is no test {name}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The last cells of the rows of all tables whose last column is called so.
fn rows(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_ours = false;
    for line in text.lines() {
        let Some(last) = last_cell(line) else {
            is_ours = false;
            continue;
        };
        if last == COLUMN {
            is_ours = true;
        } else if is_ours && !last.starts_with("---") {
            found.push(last);
        }
    }
    found
}

fn last_cell(line: &str) -> Option<&str> {
    line.strip_prefix('|')?.strip_suffix('|')?.rsplit('|').next().map(str::trim)
}

/// The names of all functions under `#[dusk_sdk::test]`, `#[dusk_sdk::test(observer)]` or `#[test]`.
fn tests_below(folder: &std::path::Path) -> BTreeSet<String> {
    let test = Regex::new(r"#\[(?:dusk_sdk::)?test(?:\(observer\))?\]\s*fn ([a-z0-9_]+)").expect("the pattern is one");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let text = fs::read_to_string(entry.expect("the entry can be read").path()).expect("the file can be read");
        names.extend(test.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    names
}

#[test]
fn only_rows_of_tables_that_name_tests_are_read() {
    let text = "| a | test |\n|---|---|\n| x | `one` |\n\n| a | b |\n|---|---|\n| x | `two` |\n";
    assert_eq!(rows(text), ["`one`"]);
}

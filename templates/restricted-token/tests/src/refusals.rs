//! Every refusal of the register is provoked by a test on a chain.

use ::register::Refused;
use dusk_sdk::contract::Refusal as _;

/// The tests that provoke them.
const TESTS: [&str; 8] = [
    include_str!("attesters.rs"),
    include_str!("bounds.rs"),
    include_str!("eligibility.rs"),
    include_str!("life.rs"),
    include_str!("officers.rs"),
    include_str!("recovery.rs"),
    include_str!("register.rs"),
    include_str!("threats.rs"),
];
/// The parts of the SDK, each with the first of its codes. What is below them all is the register's own.
const PARTS: [(u32, &str); 15] = [
    (9020, "pausing"),
    (9099, "ledger"),
    (9110, "admission"),
    (9120, "freezes"),
    (9130, "lots"),
    (9140, "limits"),
    (9150, "caps"),
    (9160, "offices"),
    (9170, "operators"),
    (9180, "documents"),
    (9190, "dividends"),
    (9200, "snapshots"),
    (9210, "calendar"),
    (9220, "attesters"),
    (9230, "batch"),
];

/// A refusal as tests name it: two parts may have refusals of one name.
fn path(code: u32, name: &str) -> String {
    let part = PARTS.iter().rev().find(|(first, _)| *first <= code);
    part.map_or_else(|| format!("Refused::{name}"), |(_, part)| format!("{part}::Refused::{name}"))
}

/// Whether a text has a path, and not as the end or the beginning of another one.
fn names(text: &str, path: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    text.match_indices(path)
        .any(|(at, found)| !text[..at].ends_with(is_part) && !text[at + found.len()..].starts_with(is_part))
}

#[test]
fn every_refusal_is_provoked() {
    let is_provoked = |path: &String| TESTS.iter().any(|test| names(test, path));
    let paths: Vec<String> = Refused::CODES.iter().map(|(code, name)| path(*code, name)).collect();
    let missing: Vec<_> = paths.iter().filter(|path| !is_provoked(path)).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
    let codes: std::collections::BTreeSet<_> = Refused::CODES.iter().map(|(code, _)| code).collect();
    assert!(codes.len() == Refused::CODES.len() && codes.len() > 60, "there are {} refusals", codes.len());
}

#[test]
fn a_refusal_that_no_test_names_is_found() {
    assert_eq!(path(1, "NameLength"), "Refused::NameLength");
    assert_eq!(path(9133, "EndsInThePast"), "lots::Refused::EndsInThePast");
    assert_eq!(path(9173, "EndsInThePast"), "operators::Refused::EndsInThePast");
    let test = "refused(lots::Refused::EndsInThePast.into())";
    assert!(names(test, "lots::Refused::EndsInThePast"));
    for other in ["operators::Refused::EndsInThePast", "Refused::EndsInThePast", "lots::Refused::Ends"] {
        assert!(!names(test, other), "{other}");
    }
}

//! Every refusal of the token is provoked by a test on a chain.

use dusk_sdk::contract::Refusal as _;
use token::Refused;

/// The tests that provoke them.
const TESTS: &str = include_str!("token.rs");
/// The parts of the SDK, each with the first of its codes. What is below them all is the token's own.
const PARTS: [(u32, &str); 4] =
    [(9010, "roles"), (9020, "pausing"), (9170, "operators"), (9180, "documents")];

/// Whether a test names a refusal, with the part that it is of.
fn is_provoked(code: u32, name: &str) -> bool {
    let part = PARTS.iter().rev().find(|(first, _)| *first <= code);
    let path =
        part.map_or_else(|| format!("Refused::{name}"), |(_, part)| format!("{part}::Refused::{name}"));
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    TESTS
        .match_indices(&path)
        .any(|(at, found)| !TESTS[..at].ends_with(is_part) && !TESTS[at + found.len()..].starts_with(is_part))
}

#[test]
fn every_refusal_is_provoked() {
    let missing: Vec<_> = Refused::CODES.iter().filter(|(code, name)| !is_provoked(*code, name)).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
    assert!(Refused::CODES.len() >= 20, "there are {} refusals", Refused::CODES.len());
    assert!(!is_provoked(1, "NobodyIsRefusedSo") && !is_provoked(9170, "EndsInThePas"));
}

//! A check that tests provoke every refusal of a contract.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::failure::{Failure, TestResult};
use crate::contract::Refusal;

/// The parts of the SDK with errors, each with the first of its codes.
const PARTS: [(u32, &str); 28] = [
    (9000, "ownership"),
    (9010, "roles"),
    (9020, "pausing"),
    (9030, "proxy"),
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
    (9300, "notes"),
    (9310, "nullifiers"),
    (9320, "registry"),
    (9330, "auditor"),
    (9340, "snapshots"),
    (9350, "locks"),
    (9360, "pool"),
    (9370, "polls"),
    (9380, "dividends"),
    (9390, "countries"),
];
/// No part of the SDK has this code or a higher one.
const END_OF_PARTS: u32 = 9400;

/// Checks that tests name every refusal of a contract. A refusal without a test fails the check.
///
/// `tests` are the sources of the tests that call the contract, by `include_str!`. A test names an error of the
/// contract as `Refused::NotOwner`. It names an error of a part of the SDK with the module of the part, as
/// `ledger::Refused::ZeroAmount`: errors of two parts may have the same name. Lines of comments do not count.
///
/// `unreached` lists the refusals that no test on a chain can provoke, each with the reason.
///
/// ```text
/// #[test]
/// fn every_refusal_is_provoked() -> TestResult {
///     refusals_are_provoked::<Refused>(
///         &[include_str!("register.rs"), include_str!("threats.rs")],
///         &[("notes::Refused::NotesFull", "it takes 67 million notes")],
///     )
/// }
/// ```
///
/// The check reads the sources and runs none of them: a test must assert each refusal, with
/// [`refused`](super::Sent::refused) or [`is`](Failure::is).
///
/// # Errors
/// A failure with the refusals that no test names, and with the entries of `unreached` that a test names or that the
/// contract does not have; or if the contract has no refusal, or two with the same code.
pub fn refusals_are_provoked<R: Refusal>(tests: &[&str], unreached: &[(&str, &str)]) -> TestResult {
    let paths: Vec<String> = R::CODES.iter().map(|(code, name)| path_of(*code, name)).collect();
    let codes: BTreeSet<u32> = R::CODES.iter().map(|(code, _)| *code).collect();
    let code_lines: Vec<&str> =
        tests.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with("//")).collect();
    let is_provoked = |path: &str| code_lines.iter().any(|line| names(line, path));
    let is_excused = |path: &str| unreached.iter().any(|(excused, _)| *excused == path);
    let missing: Vec<&String> = paths.iter().filter(|path| !is_provoked(path) && !is_excused(path)).collect();
    let is_stale = |path: &str| is_provoked(path) || paths.iter().all(|own| own != path);
    let stale: Vec<&str> = unreached.iter().map(|(excused, _)| *excused).filter(|path| is_stale(path)).collect();
    if codes.is_empty() {
        return Err(Failure::new("the contract has no refusal: remove this check"));
    }
    if codes.len() < paths.len() {
        let text = format!("{} refusals have only {} codes: give each its own", paths.len(), codes.len());
        return Err(Failure::new(text));
    }
    if !missing.is_empty() {
        let hint = "provoke each in a test, or give the reason in `unreached`";
        return Err(Failure::new(format!("no test names {missing:?}: {hint}")));
    }
    if !stale.is_empty() {
        let reason = "a test names them, or the contract does not have them";
        return Err(Failure::new(format!("remove {stale:?} from `unreached`: {reason}")));
    }
    Ok(())
}

/// A refusal as tests name it.
fn path_of(code: u32, name: &str) -> String {
    let part = PARTS.iter().rev().find(|(first, _)| *first <= code).filter(|_| code < END_OF_PARTS);
    part.map_or_else(|| format!("Refused::{name}"), |(_, part)| format!("{part}::Refused::{name}"))
}

/// Whether a line has a path, not as the end or the beginning of another one. Before a refusal of the contract, any
/// module may stand, except for one of the parts.
fn names(line: &str, path: &str) -> bool {
    let is_of_a_part = !path.starts_with("Refused::");
    line.match_indices(path).any(|(at, found)| {
        let (before, after) = (&line[..at], &line[at + found.len()..]);
        let module = before.strip_suffix("::").and_then(|rest| rest.rsplit(|letter: char| !is_of_name(letter)).next());
        let is_of_another_part = module.is_some_and(|module| PARTS.iter().any(|(_, part)| *part == module));
        !before.ends_with(is_of_name) && !after.starts_with(is_of_name) && (is_of_a_part || !is_of_another_part)
    })
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::parts::pausing::Refused;

    const PAUSED: &str = "    shares.transfer(1).refused(pausing::Refused::Paused.into());";
    const NOT_PAUSED: &str = "let why = finance::pausing::Refused::NotPaused;";

    fn text_of(tests: &[&str], unreached: &[(&str, &str)]) -> String {
        refusals_are_provoked::<Refused>(tests, unreached)
            .map_or_else(|failure| format!("{failure}"), |()| String::new())
    }

    #[test]
    fn each_refusal_needs_a_test_or_a_reason() {
        assert_eq!(text_of(&[PAUSED, NOT_PAUSED], &[]), "");
        assert_eq!(text_of(&[PAUSED], &[("pausing::Refused::NotPaused", "nobody resumes")]), "");
        let hint = "provoke each in a test, or give the reason in `unreached`";
        let missing = format!("no test names [\"pausing::Refused::NotPaused\"]: {hint}");
        assert_eq!(text_of(&[PAUSED], &[]), missing);
        let comment = format!("    // {NOT_PAUSED}");
        assert_eq!(text_of(&[PAUSED, &comment], &[]), missing, "a comment provokes nothing");
        assert_eq!(text_of(&[PAUSED, "why(roles::Refused::NotPaused)"], &[]), missing, "that is another part");
    }

    #[test]
    fn a_reason_without_need_is_found() {
        let stale = |path| {
            let reason = "a test names them, or the contract does not have them";
            format!("remove [\"{path}\"] from `unreached`: {reason}")
        };
        for path in ["pausing::Refused::Paused", "pausing::Refused::Unknown", "Refused::NotPaused"] {
            assert_eq!(text_of(&[PAUSED, NOT_PAUSED], &[(path, "no reason")]), stale(path));
        }
    }

    #[test]
    fn refusals_of_one_name_are_told_apart() {
        assert_eq!(path_of(1, "NameLength"), "Refused::NameLength");
        assert_eq!(path_of(9133, "EndsInThePast"), "lots::Refused::EndsInThePast");
        assert_eq!(path_of(9173, "EndsInThePast"), "operators::Refused::EndsInThePast");
        assert_eq!(path_of(9400, "Later"), "Refused::Later");
        let line = "refused(lots::Refused::EndsInThePast.into())";
        assert!(names(line, "lots::Refused::EndsInThePast"));
        for other in ["operators::Refused::EndsInThePast", "Refused::EndsInThePast", "lots::Refused::EndsIn"] {
            assert!(!names(line, other), "{other}");
        }
        assert!(names("refused(::agent::Refused::NotKeeper)", "Refused::NotKeeper"));
        assert!(!names("NotRefused::NotKeeper", "Refused::NotKeeper"));
        assert!(!names("slots::Refused::NotFree", "lots::Refused::NotFree"));
    }

    #[test]
    fn every_part_with_errors_is_in_the_table() {
        let mut found = Vec::new();
        for folder in ["parts", "finance", "finance/confidential"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
            for entry in fs::read_dir(folder).unwrap() {
                let file = entry.unwrap().path();
                if !file.is_file() {
                    continue;
                }
                let text = fs::read_to_string(&file).unwrap();
                let numbers = |mark: &str| -> Vec<u32> {
                    let rests = text.split(mark).skip(1);
                    rests.filter_map(|rest| rest.split(')').next()?.parse().ok()).collect()
                };
                let first = [numbers("#[error(first = "), numbers("#[code(")].concat().into_iter().min();
                found.extend(first.map(|first| (first, String::from(file.file_stem().unwrap().to_str().unwrap()))));
            }
        }
        found.sort();
        assert_eq!(found, PARTS.map(|(first, part)| (first, String::from(part))));
        assert!(found.iter().all(|(first, _)| *first < END_OF_PARTS));
    }
}

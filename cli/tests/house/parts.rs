//! The parts of a share under compliance: each has documentation and tests, the register composes them all in a file
//! that stays short, and contracts have the functions of the interfaces that they support.

use std::fs;

use regex::Regex;

use super::root;

/// The sources of the contract that composes all parts.
const REGISTER: &str = "templates/restricted-token/contracts/register/src";
/// The contract's own file has fewer lines.
const MAX_REGISTER_LINES: usize = 400;
/// Where contracts list their interfaces, and where their functions are.
const SUPPORTING: [(&str, &str); 2] = [
    (
        "templates/restricted-token/contracts/register/src/records.rs",
        "templates/restricted-token/contracts/register/src/lib.rs",
    ),
    ("templates/token/contracts/token/src/lib.rs", "templates/token/contracts/token/src/lib.rs"),
];

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The public modules of the public half, with their texts.
fn parts() -> Vec<(String, String)> {
    let module = Regex::new(r"(?m)^pub mod ([a-z]+);$").expect("the pattern is one");
    let list = read("sdk/src/finance/mod.rs");
    let names = module.captures_iter(&list).map(|found| found[1].to_owned());
    let files = names.map(|name| (format!("sdk/src/finance/{name}.rs"), name));
    // Those that are folders are behind features of their own.
    files.filter(|(file, _)| root().join(file).is_file()).map(|(file, name)| (name, read(&file))).collect()
}

#[test]
fn every_part_has_documentation_and_tests_and_is_in_the_register() {
    let rules = read(&format!("{REGISTER}/rules.rs"));
    let mut with_refusals = 0;
    for (name, text) in parts() {
        assert!(text.starts_with("//! "), "{name} has no documentation");
        assert!(text.contains("#[cfg(test)]\nmod tests {"), "{name} has no tests");
        if text.contains("#[error(first = ") {
            with_refusals += 1;
            // The register's test looks for a test of each refusal that it composes.
            assert!(rules.contains(&format!("({name}::Refused)")), "the refusals of {name} are not the register's");
        }
    }
    assert!(with_refusals >= 14, "only {with_refusals} parts have refusals");
}

#[test]
fn the_register_stays_short() {
    let lines = read(&format!("{REGISTER}/lib.rs")).lines().count();
    assert!(lines < MAX_REGISTER_LINES, "the register has {lines} lines");
}

#[test]
fn contracts_have_the_functions_of_their_interfaces() {
    let interface = Regex::new(r"/// (.+)\npub const ([A-Z]+): &str").expect("the pattern is one");
    let function = Regex::new("`([a-z_]+)[(`]").expect("the pattern is one");
    let text = read("sdk/src/finance/interfaces.rs");
    let mut checked = 0;
    for (list, contract) in SUPPORTING {
        let (list, code) = (read(list), read(contract));
        let (_, list) = list.split_once("pub const INTERFACES").expect("the contract has interfaces");
        let (list, _) = list.split_once("];").expect("the list has an end");
        let supported = |name: &str| list.contains(&format!("interfaces::{name}"));
        for found in interface.captures_iter(&text).filter(|found| supported(&found[2])) {
            for function in function.captures_iter(&found[1]) {
                checked += 1;
                let declaration = format!("pub fn {}(", &function[1]);
                assert!(code.contains(&declaration), "{contract} supports {} without `{declaration}`", &found[2]);
            }
        }
    }
    assert!(checked >= 20, "only {checked} functions were looked for");
}

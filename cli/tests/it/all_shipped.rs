//! Promises of all shipped files: every template as `new` writes it, every example, and the code
//! that the book shows. The sessions of their READMEs are run as they stand.
//!
//! These tests take longest. Tests run in the order of their names, so they begin first.

use std::fs;
use std::path::{Path, PathBuf};

use crate::book::root;
use crate::devnet_templates::{Projects, every_template_lives_while_nodes_die};
use crate::gas_plot;
use crate::session;
use crate::support::{PROGRAM, Place, turn};

/// The contract of `restricted-token` is smaller after optimisation.
const MAX_REGISTER_BYTES: u64 = 110 * 1024;
/// The templates whose contracts hide data, and the size that none of these contracts has after optimisation.
const CONFIDENTIAL: [&str; 3] = ["confidential-settlement", "confidential-token", "private-voting"];
const MAX_CONFIDENTIAL_BYTES: u64 = 100 * 1024;
/// The number of holders with which a transfer costs at most 1.3 times that with ten, as the template's test asserts.
const HOLDERS: &str = "10000";

/// A copy of a project of this repository, outside of any repository. It asks for the SDK as a new project does, so
/// that the SDK is not compiled once more from another folder.
pub(crate) fn copied(project: &Path) -> Place {
    let place = Place::new();
    place.copy(project);
    let manifest = place.read("Cargo.toml");
    let (before, patch) = manifest.split_once("[patch.crates-io]\n").expect("it takes the SDK from a folder");
    let (_, after) = patch.split_once('\n').expect("the line names the folder");
    place.write("Cargo.toml", &format!("{before}{after}"));
    place
}

#[test]
fn every_template_tells_its_story_and_lives_on_a_devnet() {
    let _turn = turn();
    let list = Place::new().dusk(&["new", "--list", "--json"]).exits(0).document();
    let names = list["templates"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
    // While a README is written, `TEMPLATE=NAME` runs its sessions alone.
    let only = std::env::var("TEMPLATE").ok();
    let mut projects = Projects::new();
    for name in names.filter(|name| only.as_ref().is_none_or(|only| only == name)) {
        let mut place = Place::new();
        place.dusk(&["new", "tried", "--template", &name]).exits(0);
        place.enter("tried");
        let template = root().join("templates").join(&name);
        session::run(&readme(&template), &place);
        // In the same place, because its crates are compiled already.
        let programs = template.join("holder/README.md");
        if programs.is_file() {
            session::run(&programs, &place);
        }
        if name == "restricted-token" {
            the_register_is_small_and_serves_many_holders(&place);
        }
        if CONFIDENTIAL.contains(&name.as_str()) {
            the_contracts_are_small(&place);
        }
        projects.insert(name, place);
    }
    if only.is_none() {
        every_template_lives_while_nodes_die(&projects);
    }
}

fn the_contracts_are_small(place: &Place) {
    let built = place.dusk(&["build", "--json"]).exits(0).document();
    let contracts = built["contracts"].as_array().unwrap();
    assert!(!contracts.is_empty(), "{built}");
    // Machines may lack the optimiser.
    for contract in contracts.iter().filter(|contract| contract["optimised"] == true) {
        assert!(contract["bytes"].as_u64().unwrap() < MAX_CONFIDENTIAL_BYTES, "{contract}");
    }
}

fn the_register_is_small_and_serves_many_holders(place: &Place) {
    let built = place.dusk(&["build", "--json"]).exits(0).document();
    let register = &built["contracts"][0];
    assert_eq!(register["name"], "register", "{built}");
    // Machines may lack the optimiser.
    if register["optimised"] == true {
        assert!(register["bytes"].as_u64().unwrap() < MAX_REGISTER_BYTES, "{register}");
    }
    let mut measured = place.command(PROGRAM);
    let words = ["test", "a_transfer_costs_the_same_with_many_holders", "--timeout", "600", "--show-output", "--json"];
    measured.args(words).env("HOLDERS", HOLDERS);
    let measured = place.ran(&mut measured).exits(0).document();
    assert_eq!((&measured["passed"], &measured["failed"]), (&1.into(), &0.into()), "{measured}");
    let printed = measured["tests"][0]["output"].as_str().unwrap_or_default();
    gas_plot::compare(printed, register["optimised"] == true);
}

/// The README of a project, which runs the project's tests.
fn readme(project: &Path) -> PathBuf {
    let readme = project.join("README.md");
    let text = fs::read_to_string(&readme).unwrap();
    assert!(text.lines().any(|line| line.starts_with("$ cargo dusk test")), "{}", readme.display());
    readme
}

#[test]
fn every_example_tells_its_story() {
    let _turn = turn();
    let examples: Vec<PathBuf> = fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect();
    assert!(examples.len() > 3, "{examples:?}");
    for example in examples {
        session::run(&readme(&example), &copied(&example));
    }
}

#[test]
fn the_code_of_the_book_passes_its_tests() {
    let _turn = turn();
    let tested = copied(&root().join("book/code")).dusk(&["test", "--json"]).exits(0).document();
    assert!(tested["passed"].as_u64() > Some(3) && tested["failed"] == 0, "{tested}");
}

#[test]
fn the_sdk_keeps_its_promises_on_a_chain() {
    let _turn = turn();
    let tested = copied(&root().join("sdk/tests/chain")).dusk(&["test", "--json"]).exits(0).document();
    assert!(tested["passed"].as_u64() > Some(10) && tested["failed"] == 0, "{tested}");
}

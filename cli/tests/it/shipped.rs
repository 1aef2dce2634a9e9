//! What is shipped with the program keeps its promises: every template as `new` writes it, and every example.

use std::fs;
use std::path::Path;

use crate::support::{Place, alone};

#[test]
fn every_template_passes_its_own_tests() {
    let _turn = alone();
    let list = Place::new().dusk(&["new", "--list", "--json"]).exits(0).document();
    let names: Vec<_> = list["templates"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert!(names.len() >= 3, "{list}");
    // The counter has a story of its own.
    for name in names.into_iter().filter(|name| *name != "counter") {
        let mut place = Place::new();
        place.dusk(&["new", "tried", "--template", name]).exits(0);
        place.enter("tried");
        let tested = place.dusk(&["test", "--json"]).exits(0).document();
        assert!(tested["passed"].as_u64() > Some(5) && tested["failed"] == 0, "{name}: {tested}");
    }
}

#[test]
fn every_example_passes_its_own_tests() {
    let _turn = alone();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut tried = 0;
    for entry in fs::read_dir(examples).unwrap() {
        let manifest = entry.unwrap().path().join("Cargo.toml");
        if manifest.is_file() {
            let manifest = manifest.to_str().unwrap();
            let tested = Place::new().dusk(&["test", "--manifest-path", manifest, "--json"]).exits(0).document();
            assert!(tested["passed"].as_u64() > Some(0) && tested["failed"] == 0, "{manifest}: {tested}");
            tried += 1;
        }
    }
    assert!(tried > 0, "there are examples");
}

#[test]
fn the_sdk_keeps_its_promises_on_a_chain() {
    let _turn = alone();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/tests/chain/Cargo.toml");
    let tested =
        Place::new().dusk(&["test", "--manifest-path", manifest.to_str().unwrap(), "--json"]).exits(0).document();
    assert!(tested["passed"].as_u64() > Some(10) && tested["failed"] == 0, "{tested}");
}

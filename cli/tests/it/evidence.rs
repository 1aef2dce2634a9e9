//! Evidence about templates: written twice alike, verified, and told apart from what it is not.

use std::fs;

use serde_json::Value;

use crate::support::{Place, says, turn};

/// A project of a template.
fn project(template: &str) -> Place {
    let mut place = Place::new();
    place.dusk(&["new", "tried", "--template", template]).exits(0);
    place.enter("tried");
    place
}

fn evidence(place: &Place, file: &str) -> Value {
    serde_json::from_str::<Value>(&place.read(file)).unwrap()["evidence"].clone()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn evidence_about_an_allow_list_is_made_again_and_checked() {
    let _turn = turn();
    let place = project("private-allowlist");
    let written = place.dusk(&["evidence", "--json"]).exits(0).document();
    assert_eq!((&written["sound"], &written["threats"]["open"]), (&true.into(), &0.into()), "{written}");
    assert_eq!(written["file"], "evidence.json");
    let first = evidence(&place, "evidence.json");
    let threats = first["threats"].as_array().unwrap();
    assert!(threats.len() > 10 && threats.iter().all(|threat| threat["standing"] == "averted"), "{threats:#?}");
    let tried: Vec<_> = threats.iter().flat_map(|threat| threat["tests"].as_array().unwrap()).collect();
    let by = |name: &str| assert!(tried.iter().any(|it| it["test"] == name), "{name}: {tried:?}");
    by("tests::threats::a_stranger_without_a_credential_cannot_prove_one");
    by("tests::privacy::nobody_learns_which_member_enters::observer");
    let circuit = &first["circuits"][0];
    assert_eq!((&circuit["name"], &circuit["audit"]["clean"]), (&"member".into(), &true.into()));
    assert_eq!(names(&circuit["public"]), ["root", "revoked", "scope", "nullifier", "occasion"]);
    assert_eq!(names(&circuit["private"]), ["secret", "path", "non_membership"]);
    let contract = &first["contracts"][0];
    assert_eq!(contract["circuits"][0]["digest"], circuit["digest"]);
    let wasm = fs::read(place.at.join("target/dusk/allowlist/allowlist.wasm")).unwrap();
    assert_eq!(contract["wasm"], blake3::hash(&wasm).to_hex().to_string());
    let enter = contract["calls"].as_array().unwrap().iter().find(|call| call["name"] == "enter").unwrap();
    assert_eq!((&enter["proofs_of"][0], names(&enter["arguments"])[1]), (&"member".into(), "nullifier"));
    tells_results_events_and_tools(&first);
    let sources = names(&first["sources"]);
    for source in ["Cargo.lock", "Cargo.toml", "README.md", "circuits/src/lib.rs", "contracts/allowlist/src/lib.rs"] {
        assert!(sources.contains(&source), "{source}: {sources:?}");
    }
    assert!(sources.iter().all(|it| !it.starts_with("target") && !it.contains("evidence")), "{sources:?}");
    assert!(first["remarks"].to_string().contains("development parameters"), "{}", first["remarks"]);
    assert!(!place.read("evidence.json").contains(place.at.to_str().unwrap()), "no path of this machine");
    let page = place.read("evidence.html");
    for part in ["<!doctype html>", "Public data of the calls of allowlist", "averted", "secret, path, non_membership"]
    {
        assert!(page.contains(part), "{part}");
    }

    // Again: the same bytes.
    place.dusk(&["evidence", "--out", "again.json"]).exits(0);
    assert_eq!(place.read("evidence.json"), place.read("again.json"));
    says(&place.dusk(&["evidence", "--verify", "evidence.json"]).exits(0), &["VERIFIED evidence.json", "threats"]);

    // Another source, and a test that a threat names is gone.
    let threats = "tests/src/threats.rs";
    place.edit(threats, "fn a_flipped_bit_is_noticed", "fn another_name");
    let other = place.dusk(&["evidence", "--verify", "evidence.json", "--json"]).exits(1).document();
    assert_eq!((&other["verified"], &other["exit"]), (&false.into(), &1.into()));
    let places: Vec<_> =
        other["differences"].as_array().unwrap().iter().map(|it| it["place"].as_str().unwrap()).collect();
    for part in ["sources tests/src/threats.rs, blake3", "sound", "tests tests::threats::another_name"] {
        assert!(places.contains(&part), "{part}: {places:#?}");
    }
    let open = place.dusk(&["evidence", "--out", "open.json"]).exits(1);
    says(&open, &["shows faults of the project: 1 threat open", "hint: "]);
    let open = evidence(&place, "open.json");
    let row = open["threats"].as_array().unwrap().iter().find(|it| it["standing"] == "open").unwrap().clone();
    assert_eq!(row["tests"][0]["status"], "missing", "{row}");

    refuses_what_is_no_evidence(&place);
}

/// Results of calls, fields of events, and the tools that made the keys and the document.
fn tells_results_events_and_tools(evidence: &Value) {
    let contract = &evidence["contracts"][0];
    let of = |list: &str, name: &str| {
        let found = contract[list].as_array().unwrap().iter().find(|it| it["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is missing: {contract:#}")).clone()
    };
    for (call, arguments) in [
        ("init", &["root", "revoked", "epoch_blocks"][..]),
        ("publish", &["root", "revoked"]),
        ("enter", &["recipient", "nullifier", "proof"]),
    ] {
        assert_eq!(names(&of("calls", call)["arguments"]), arguments, "{call}");
    }
    assert_eq!((&of("calls", "publish")["result"], &of("calls", "enter")["result"]), (&"()".into(), &"()".into()));
    assert_eq!(contract["calls"].as_array().unwrap().len(), 3, "queries are no transactions: {contract:#}");
    assert_eq!(names(&of("events", "Published")["fields"]), ["root", "revoked"]);
    let entered = of("events", "Entered");
    assert_eq!(names(&entered["fields"]), ["epoch", "revision", "recipient", "nullifier"]);
    let types: Vec<_> = entered["fields"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["u64", "u64", "Account", "Field"]);

    let parameters = evidence["parameters"].as_array().unwrap();
    assert_eq!(parameters.len(), 1, "{parameters:#?}");
    assert_eq!(parameters[0]["development"], true);
    assert_eq!(parameters[0]["name"], contract["circuits"][0]["parameters"]);
    let tools = &evidence["tools"];
    assert_eq!((&tools["cargo_dusk"], &tools["proofs"]), (&env!("CARGO_PKG_VERSION").into(), &"mock".into()));
    assert_eq!(tools["sdk_sources"].as_str().unwrap().len(), 64, "{tools}");
    assert!(tools["rustc"].as_str().unwrap().starts_with("rustc 1."), "{tools}");
    for tool in ["sdk", "optimiser"] {
        assert!(!tools[tool].as_str().unwrap().is_empty(), "{tools}");
    }
}

/// Files that cannot be verified, each with an error of its own, and without a build.
fn refuses_what_is_no_evidence(place: &Place) {
    let text = place.read("evidence.json");
    let refused = |name: &str, content: &str, parts: &[&str]| {
        place.write(name, content);
        let ran = place.dusk(&["evidence", "--verify", name]).exits(2);
        says(&ran, parts);
        says(&ran, &["cannot be verified", "hint: "]);
        assert!(!ran.stderr.contains("Compiling"), "{}", ran.all());
    };
    refused("truncated.json", &text[..text.len() / 2], &["it ends in the middle"]);
    refused("flipped.json", &text.replacen("averted", "open", 1), &["it was changed after it was written"]);
    refused("other.json", "{\"contracts\":[]}", &["it is not evidence of `cargo dusk`"]);
    refused("page.json", &place.read("evidence.html"), &["it is not JSON"]);
    refused("newer.json", &text.replacen("\"version\": 1", "\"version\": 7", 1), &["it has format version 7"]);
    refused("shape.json", &text.replacen("\"remarks\"", "\"notes\"", 1), &["it does not have the form of evidence"]);
    says(&place.dusk(&["evidence", "--verify", "none.json"]).exits(3), &["cannot read none.json", "hint: "]);
    says(&place.dusk(&["evidence", "--out", "evidence.html"]).exits(2), &["is the name of the HTML page", "hint: "]);
}

#[test]
fn evidence_about_a_restricted_token_has_its_whole_table_and_is_of_no_other_project() {
    let _turn = turn();
    let place = project("restricted-token");
    let written = place.dusk(&["evidence"]).exits(0);
    says(&written, &["threats", "threats averted", "1 of 1 audit clean", "written"]);
    let evidence = evidence(&place, "evidence.json");
    assert!(evidence["threats"].as_array().unwrap().len() > 30, "{}", evidence["threats"]);
    assert!(evidence["tests"].as_array().unwrap().len() > 70);
    assert_eq!(evidence["sound"], true);

    let list = project("private-allowlist");
    fs::copy(place.at.join("evidence.json"), list.at.join("evidence.json")).unwrap();
    let foreign = list.dusk(&["evidence", "--verify", "evidence.json"]).exits(2);
    says(&foreign, &["about another project", "the contracts register, this project has allowlist", "hint: go to"]);
}

//! The whole way, outside of any repository: scaffold, build, test, edit, run a node, deploy, call, be refused.

use std::fs;
use std::time::Instant;

use crate::book::root;
use crate::picture;
use crate::support::{PROGRAM, Place, RunningNode, says, turn};

const CONTRACT: &str = "contracts/counter/src/lib.rs";

#[test]
fn from_an_empty_folder_to_a_refused_call() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "shares"]).exits(0);
    place.enter("shares");

    builds_once(&place);
    builds_only_what_changed(&place);
    tests_see_every_change(&place);
    tests_tell_what_happened(&place);
    tests_without_end_are_ended(&place);
    checks_before_deployment(&place);
    serves_plain_cargo_test(&place);
    finds_the_sdk_again_in_a_clone(&place);
    lives_on_a_chain(&place);
}

fn builds_once(place: &Place) {
    let first = place.dusk(&["build"]).exits(0);
    says(&first, &["counter ", " KiB", "3 functions", "1 event", "deploy ≥ 5,000,000 gas"]);
    let wasm = std::fs::read(place.at.join("target/dusk/counter/counter.wasm")).unwrap();
    let text = String::from_utf8_lossy(&wasm);
    for folder in [place.at.to_str().unwrap(), env!("CARGO_TARGET_TMPDIR"), concat!(env!("CARGO_MANIFEST_DIR"), "/")] {
        assert!(!text.contains(folder), "{folder} is in the contract");
    }
    assert!(text.contains("dusk:abi") && text.contains("dusk:build"), "the description is part of the contract");
    let abi: serde_json::Value = serde_json::from_str(&place.read("target/dusk/counter/abi.json")).unwrap();
    assert_eq!(abi["name"], "counter");

    // Without cargo there is no way to build: that it still works shows that cargo is not asked.
    let begun = Instant::now();
    let again = place.ran(place.command(crate::support::PROGRAM).args(["build", "--json"]).env("CARGO", "/bin/false"));
    let again = again.exits(0).document();
    assert_eq!(again["fresh"], true, "after {:?}: {again}", begun.elapsed());
    assert_eq!(again["contracts"][0]["name"], "counter");

    // Artefacts that were tampered with are made again.
    place.write("target/dusk/counter/counter.wasm", "");
    let mended = place.dusk(&["build", "--json"]).exits(0).document();
    assert_eq!(mended["fresh"], false);
    assert_eq!(mended["contracts"][0]["blake3"], again["contracts"][0]["blake3"], "a build can be repeated");
}

/// A second contract, of which a compiler has something to say.
fn builds_only_what_changed(place: &Place) {
    const FLAG: &str = "contracts/flag/src/lib.rs";
    let (manifest, lock) = (place.read("Cargo.toml"), place.read("Cargo.lock"));
    place.edit("Cargo.toml", "\"contracts/counter\"", "\"contracts/counter\", \"contracts/flag\"");
    let package = place.read("contracts/counter/Cargo.toml").replace("name = \"counter\"", "name = \"flag\"");
    place.write("contracts/flag/Cargo.toml", &package);
    place.write(
        FLAG,
        "#![no_std]
use dusk_sdk::prelude::*;

#[contract]
pub mod flag {
    use super::*;

    #[derive(Default)]
    pub struct Flag(bool);

    impl Flag {
        pub fn raise(&mut self) {
            self.0 = true;
        }

        fn nobody_calls_this() {}
    }
}
",
    );
    let first = place.dusk(&["build"]).exits(0);
    says(&first, &["Building flag (contract and data driver)"]);
    assert!(!first.stderr.contains("Building counter"), "nothing of it has changed:\n{}", first.stderr);
    assert_ne!(place.read("Cargo.lock"), lock, "the new package is in it");
    let times = |what: &str| first.stderr.matches(what).count();
    assert_eq!(times("function `nobody_calls_this` is never used"), 1, "contract and driver:\n{}", first.stderr);
    assert_eq!(times("unused import"), 0, "{}", first.stderr);
    assert_eq!(times("warning"), 1, "{}", first.stderr);

    let without_cargo =
        || place.ran(place.command(crate::support::PROGRAM).args(["build", "--json"]).env("CARGO", "/bin/false"));
    assert_eq!(without_cargo().exits(0).document()["fresh"], true, "the build itself has changed Cargo.lock");
    place.write("Cargo.toml", &format!("# Two contracts.\n{}", place.read("Cargo.toml")));
    assert_eq!(without_cargo().exits(0).document()["fresh"], true, "a comment is no change");

    place.edit(FLAG, "        fn nobody_calls_this() {}\n", "");
    let second = place.dusk(&["build"]).exits(0);
    says(&second, &["Building flag"]);
    assert!(!second.stderr.contains("Building counter"), "nothing of it has changed:\n{}", second.stderr);

    std::fs::remove_dir_all(place.at.join("contracts/flag")).unwrap();
    place.write("Cargo.toml", &manifest);
    let third = place.dusk(&["build"]).exits(0);
    assert!(!third.stderr.contains("Building counter"), "nothing of it has changed:\n{}", third.stderr);
    assert_eq!(place.read("Cargo.lock"), lock);
}

fn tests_see_every_change(place: &Place) {
    let green = place.dusk(&["test"]).exits(0);
    says(&green, &["PASS counter::never_passes_its_limit", "gas ", " ms", "3 passed, 0 failed in "]);
    let one = place.dusk(&["test", "only_the_owner", "--json"]).exits(0).document();
    assert_eq!((&one["passed"], &one["failed"]), (&1.into(), &0.into()), "{one}");
    assert!(one["tests"][0]["gas"].as_u64().unwrap() > 1_000_000, "{one}");

    place.edit(CONTRACT, "self.change(self.value + by);", "self.change(self.value + by + 1);");
    let red = place.dusk(&["test"]).exits(1);
    says(&red, &["FAIL counter::starts_at_zero_and_counts", "---- counter::starts_at_zero_and_counts", "failed in "]);
    assert!(place.dusk(&["test", "--json"]).exits(1).document()["failed"].as_u64().unwrap() > 0);

    place.edit(CONTRACT, "self.change(self.value + by + 1);", "self.change(self.value + by)");
    place.edit(CONTRACT, "self.change(self.value + by)", "self.change(self.valu + by);");
    let broken = place.dusk(&["build"]).exits(1);
    says(
        &broken,
        &["no field `valu`", "error: the contract `counter` does not compile", "hint: see the messages above"],
    );

    place.edit(CONTRACT, "self.change(self.valu + by);", "self.change(self.value + by);");
    place.dusk(&["test"]).exits(0);
}

fn tests_tell_what_happened(place: &Place) {
    let listed = place.dusk(&["test", "--list"]).exits(0);
    assert_eq!(listed.stdout.lines().count(), 3, "{}", listed.stdout);
    let nothing = place.dusk(&["test", "never_passes_its_limt"]).exits(2);
    says(&nothing, &["no test has a name with `never_passes_its_limt`", "hint: "]);
    let name = listed.stdout.lines().next().unwrap().split_once("::").unwrap().1;
    let exact = place.dusk(&["test", name, "--exact", "--jobs", "1", "--json"]).exits(0).document();
    assert_eq!(exact["tests"].as_array().unwrap().len(), 1);

    // The gas of a run compared with itself, and with another.
    says(&place.dusk(&["test", "--gas", "--save", "gas.txt"]).exits(0), &["counter::increment", "median", "failed"]);
    let same = place.dusk(&["test", "--check", "gas.txt", "--json"]).exits(0).document();
    assert_eq!(same["gas_changes"], serde_json::json!([]), "gas is the same at every run");
    let saved = place.read("gas.txt");
    let line = saved.lines().find(|line| line.starts_with("call counter::increment ")).unwrap();
    let gas: u64 = line.rsplit(' ').next().unwrap().parse().unwrap();
    place.write("gas.txt", &saved.replace(line, &format!("call counter::increment {}", gas * 100 / 98)));
    says(&place.dusk(&["test", "--check", "gas.txt"]).exits(1), &["call counter::increment", "(−", "`--save`"]);
    place.dusk(&["test", "--check", "gas.txt", "--tolerance", "5"]).exits(0);
    says(
        &place.dusk(&["test", "--check", "none.txt"]).exits(2),
        &["there is no gas record none.txt", "--save none.txt"],
    );

    // Calls of a test that fails, as a tree; those of others are not in the way.
    place.edit(CONTRACT, "self.change(self.value + by);", "self.change(self.value + by + 1);");
    let red = place.dusk(&["test", "-v"]).exits(1);
    says(
        &red,
        &["alice deploys · in block 1", "counter::init(limit: ", "counter::increment(by: ", "├─ emit Changed {", "← "],
    );
    let stopped = place.dusk(&["test", "--fail-fast", "--jobs", "1", "-v", "--json"]).exits(1).document();
    assert_eq!(stopped["failed"], 1, "{stopped}");
    let failed = stopped["tests"].as_array().unwrap().iter().find(|test| test["status"] == "failed").unwrap();
    assert!(failed["output"].as_str().unwrap().contains("panicked at"), "{failed}");
    let call = &failed["transactions"][0]["call"];
    assert_eq!((&call["contract"], &call["function"]), (&"counter".into(), &"init".into()), "{failed}");
    assert!(call["arguments"]["limit"].is_u64(), "{failed}");
    place.edit(CONTRACT, "self.change(self.value + by + 1);", "self.change(self.value + by);");
}

fn tests_without_end_are_ended(place: &Place) {
    const TESTS: &str = "tests/src/counter.rs";
    let tests = place.read(TESTS);
    let endless = "
        #[dusk_sdk::test]
        fn waits_for_nothing(_: Chain) -> TestResult {
            loop {
                std::thread::park();
            }
        }

        #[test]
        fn keeps_its_program() {
            loop {
                std::thread::park();
            }
        }";
    place.write(TESTS, &format!("{tests}{endless}"));
    // One that has a chain fails by itself, and with it nothing else.
    let red = place.dusk(&["test", "waits_for_nothing", "--timeout", "2"]).exits(1);
    says(
        &red,
        &[
            "FAIL counter::waits_for_nothing",
            "counter::waits_for_nothing did not end within 2 seconds",
            "--timeout",
            "0 passed, 1 failed",
        ],
    );
    let kept = place.dusk(&["test", "keeps_its_program", "--timeout", "1", "--json"]).exits(1).document();
    let said = kept["broken"][0]["output"].as_str().unwrap();
    assert!(
        said.contains("no test ended for") && said.contains("without a result: counter::keeps_its_program"),
        "{said}"
    );
    place.write(TESTS, &tests);

    // A call of a contract ends with its gas, or with the time that a node gives it.
    place.edit(CONTRACT, "self.change(self.value + by);", "while self.value < 10 + by {}");
    let spun = place.dusk(&["test", "starts_at_zero_and_counts"]).exits(1);
    assert!(spun.stdout.contains("out of gas") || spun.stdout.contains("takes longer than"), "{}", spun.all());
    place.edit(CONTRACT, "while self.value < 10 + by {}", "self.change(self.value + by);");
}

fn checks_before_deployment(place: &Place) {
    for rules in ["local", "testnet", "mainnet"] {
        let checked = place.dusk(&["check", "--rules", rules, "--deny", "warnings"]).exits(0);
        says(&checked, &["note counter: size: ", &format!("counter · rules {rules} · 0 errors · 0 warnings · passes")]);
    }
    place.edit(CONTRACT, "self.change(self.value + by);", "self.change((self.value as f64 * 1.5) as u64 + by);");
    let floats = place.dusk(&["check", "counter"]).exits(0);
    says(&floats, &["warning counter: floats: ", "(in ", "1 warning · passes"]);
    says(&place.dusk(&["check", "--deny", "warnings"]).exits(1), &["does not pass"]);
    place.edit(CONTRACT, "self.change((self.value as f64 * 1.5) as u64 + by);", "self.change(self.value + by);");
    says(&place.dusk(&["check", "countr"]).exits(2), &["did you mean `counter`?"]);

    place.write("broken.wasm", "MZ");
    let broken = place.dusk(&["check", "broken.wasm", "--json"]).exits(1).document();
    assert_eq!((&broken["errors"], &broken["contracts"][0]["findings"][0]["about"]), (&1.into(), &"module".into()));
    says(&place.dusk(&["check", "nowhere.wasm"]).exits(2), &["cannot read nowhere.wasm", "hint: "]);
}

fn serves_plain_cargo_test(place: &Place) {
    let cargo_test = || place.ran(place.command("cargo").args(["test", "--quiet"]));
    says(&cargo_test().exits(0), &["test result: ok. 3 passed"]);
    place.edit(CONTRACT, "Self { owner: sender(), value: 0, limit }", "Self { owner: sender(), value: 1, limit }");
    cargo_test().exits(101);
    place.edit(CONTRACT, "Self { owner: sender(), value: 1, limit }", "Self { owner: sender(), value: 0, limit }");
}

fn finds_the_sdk_again_in_a_clone(place: &Place) {
    std::fs::remove_file(place.at.join(".cargo/config.toml")).unwrap();
    let ran = place.dusk(&["build"]).exits(0);
    says(&ran, &["Linking the SDK"]);
    assert!(place.read(".cargo/config.toml").contains("dusk-sdk = { path"));
}

fn lives_on_a_chain(place: &Place) {
    let node = RunningNode::start(place, "0");
    for part in ["ready in ", "chain 0, rules local", "10 accounts", "alice", "judy", "DUSK"] {
        assert!(node.said.contains(part), "`{part}` is missing:\n{}", node.said);
    }
    let url = node.url.clone();
    let on = |words: &[&str]| place.dusk(&[words, &["--network", &url]].concat());

    says(&on(&["deploy"]).exits(2), &["the constructor of `counter` takes arguments", "--init '{\"limit\":1}'"]);
    says(&on(&["deploy", "--init", r#"{"limit":-1}"#]).exits(2), &["limit: -1 is not a whole number from 0 to"]);
    says(&on(&["deploy", "--init", r#"{"limt":1}"#]).exits(2), &["limt: there is no such argument"]);
    says(&on(&["deploy", "--init", "{"]).exits(2), &["`--init` is not JSON"]);
    says(&on(&["deploy", "countr"]).exits(2), &["there is no contract `countr`", "did you mean `counter`?"]);
    says(&on(&["deploy", "--from", "alic", "--init", "10"]).exits(2), &["did you mean `alice`?"]);
    says(&on(&["call", "counter", "value"]).exits(2), &["no contract `counter` is deployed here", "cargo dusk deploy"]);

    let planned = on(&["deploy", "--init", r#"{"limit":10}"#, "--dry-run"]).exits(0);
    says(&planned, &["would deploy counter", "fee "]);
    let deployed = on(&["deploy", "--init", r#"{"limit":10}"#, "--json"]).exits(0).document();
    assert_eq!(deployed["status"], "deployed");
    let again = on(&["deploy", "--init", r#"{"limit":10}"#, "--json"]).exits(0).document();
    assert_eq!((&again["status"], &again["contract"]), (&"unchanged".into(), &deployed["contract"]));
    says(&on(&["deploy", "--init", "10"]).exits(0), &["unchanged counter"]);

    assert_eq!(on(&["call", "counter", "value"]).exits(0).stdout, "0\n");
    let called = on(&["call", "counter", "increment", "--by", "3", "--from", "bob", "--json"]).exits(0).document();
    assert_eq!((&called["status"], &called["result"]), (&"included".into(), &3.into()));
    let changed = called["events"].as_array().unwrap().iter().find(|event| event["topic"] == "Changed").unwrap();
    assert_eq!((&changed["data"]["from"], &changed["data"]["to"]), (&0.into(), &3.into()), "{called}");
    assert!(called["gas"].as_u64().unwrap() < called["fee"].as_u64().unwrap() + 1, "{called}");
    assert_eq!(on(&["call", "counter", "value"]).exits(0).stdout, "3\n");
    let by_id = deployed["contract"].as_str().unwrap();
    assert_eq!(on(&["call", by_id, "value", "--json"]).exits(0).document()["result"], 3);
    says(&on(&["call", "counter", "increment", "--args", "[1]", "--final"]).exits(0), &["4\n", "increment in block "]);

    // No function of the counter takes a deposit, so the chain returns it.
    let deposit = ["call", "counter", "increment", "--by", "0", "--deposit", "1DUSK"];
    says(&on(&deposit).exits(0), &["deposit 1 DUSK, returned: no contract took it"]);
    assert_eq!(on(&[&deposit[..], &["--json"]].concat()).exits(0).document()["deposit_returned"], true);

    let refused = on(&["call", "counter", "increment", "--by", "100"]).exits(1);
    says(
        &refused,
        &[
            "refused: LimitReached (",
            "\"left\":6",
            "hint: nothing was sent, because the simulation failed: check the arguments and the contract's state",
        ],
    );
    says(&on(&["call", "counter", "reset", "--from", "bob"]).exits(1), &["refused: NotOwner ("]);
    let early = place.dusk(&["call", "--from", "bob", "--network", &url, "counter", "reset"]).exits(1);
    says(&early, &["refused: NotOwner ("]);
    says(&on(&["call", "counter", "increment", "--by", "1", "--dry-run"]).exits(0), &["would succeed"]);
    assert_eq!(on(&["call", "counter", "value"]).exits(0).stdout, "4\n");

    // Arguments in their order, from a file; money that cannot go along.
    assert_eq!(on(&["call", "counter", "increment", "1", "--json"]).exits(0).document()["result"], 5);
    place.write("by.json", r#"{"by": 1}"#);
    assert_eq!(on(&["call", "counter", "increment", "--args", "@by.json", "--json"]).exits(0).document()["result"], 6);
    says(&on(&["call", "counter", "increment", "1", "2"]).exits(2), &["`2` is one value too many", "it takes by"]);
    says(&on(&["call", "counter", "increment", "--args", "@none.json"]).exits(2), &["cannot read none.json"]);
    says(&on(&["call", "counter", "value", "--deposit", "1DUSK"]).exits(2), &["`value` is a query"]);
    says(&on(&["call", "counter", "increment", "1", "--deposit", "1.5 EUR"]).exits(2), &["is not an amount"]);
    let dear = on(&["call", "counter", "increment", "1", "--deposit", "2000000DUSK"]).exits(1);
    says(&dear, &["not enough funds: alice has ", "2,000,000", "hint: nothing was sent"]);
    says(
        &on(&["call", "counter", "increment", "1", "--gas-limit", "10"]).exits(2),
        &["a gas limit of 10 is out of range"],
    );
    says(&on(&["call", "counter"]).exits(0), &["increment(by)", "transacts", "value()", "reads"]);
    let unknown = "ab".repeat(32);
    says(&on(&["call", &unknown, "value"]).exits(2), &["there is no contract abab"]);

    says(&on(&["call", "counter", "incremnt"]).exits(2), &["did you mean `increment`?"]);
    says(&on(&["call", "counter", "increment"]).exits(2), &["argument by: missing; it is a whole number from 0 to"]);
    says(&on(&["call", "counter", "increment", "--by", "-1"]).exits(2), &["argument by: \"-1\" is not a whole number"]);
    says(
        &on(&["call", "counter", "increment", "--amount", "1"]).exits(2),
        &["unexpected argument '--amount'", "hint: "],
    );
    says(&on(&["call", "counter", "increment", "--by", "1", "--args", "[1]"]).exits(2), &["given twice"]);
    let help = place.dusk(&["call", "--network", &url, "counter", "increment", "--help"]).exits(0);
    says(&help, &["Adds to the counter", "--by <VALUE>", "a whole number from 0 to 18446744073709551615", "--from"]);

    assert!(help.stdout.contains("Example:\n  cargo dusk call counter increment --by 1"), "{}", help.stdout);
    assert!(help.stdout.contains("LimitReached ("), "{}", help.stdout);

    // Under another name, with a plan for both.
    says(&on(&["deploy", "--init", "7", "--alias", "second"]).exits(0), &["deployed counter as second "]);
    says(&on(&["deploy", "--init", "7", "--alias", "second"]).exits(0), &["unchanged counter as second "]);
    assert_eq!(on(&["call", "second", "value"]).exits(0).stdout, "0\n");
    says(&on(&["deploy", "--init", "7", "--alias", "a b"]).exits(2), &["`a b` is not a deployment name"]);
    says(&on(&["deploy", "--init", "7", "--gas-price", "1"]).exits(2), &["a gas price of 1 LUX is too low"]);

    // A changed contract is another one.
    place.edit(
        CONTRACT,
        "self.change(self.value + by);",
        "self.change(self.value + by);\n            let _ = sender();",
    );
    place.edit(CONTRACT, "/// The current value.", "/// The value as it is now.");
    let changed = on(&["deploy", "--init", r#"{"limit":10}"#, "--json"]).exits(0).document();
    assert_eq!(changed["status"], "deployed");
    assert_ne!(changed["contract"], deployed["contract"]);
    assert_eq!(on(&["call", "counter", "value"]).exits(0).stdout, "0\n");
    let again = on(&["deploy", "--init", r#"{"limit":11}"#]).exits(0);
    says(&again, &[&format!("`counter` was {} until now", changed["contract"].as_str().unwrap()), "--alias NAME"]);
    let asked = on(&["call", "counter", "value", "--from", "bob"]).exits(0);
    says(&asked, &["`--from` has no effect: `value` is a query"]);

    // A node that has begun anew is not mistaken for the old one.
    let port = node.port().to_owned();
    assert_eq!(node.stop(), Some(0), "a node ends well");
    let _node = RunningNode::start(place, &port);
    says(&on(&["call", "counter", "value"]).exits(2), &["counter"]);
    let fresh = on(&["deploy", "--init", r#"{"limit":10}"#, "--json"]).exits(0).document();
    assert_eq!(fresh["status"], "deployed");
}

#[test]
fn the_demo_shows_the_main_job() {
    let _turn = turn();
    let place = Place::new();
    let shown = place.dusk(&["demo", "--folder", "shown", "--json"]).exits(0).document();
    let result = |step: &str| {
        let found = shown["steps"].as_array().unwrap().iter().find(|it| it["step"] == step);
        &found.unwrap_or_else(|| panic!("no step `{step}`: {shown}"))["result"]
    };
    assert_eq!(result("bob's account is admitted by his proof")["status"], "included", "{shown}");
    assert_eq!(result("alice sends him shares")["status"], "included", "{shown}");
    assert_eq!(result("read what bob holds")["result"]["shares"], 100, "{shown}");
    let stolen = result("carol tries to use bob's proof")["error"].as_str().unwrap();
    assert!(stolen.starts_with("refused: NotEligible"), "{stolen}");
    let refused = result("eve tries to prove the same");
    assert_eq!(refused["constraint"], "the residence is not blocked", "{refused}");
    assert!(place.at.join("shown/demo/dusk.toml").is_file() || place.at.join("shown/demo/Cargo.toml").is_file());

    if std::env::var_os("UPDATE_BOOK").is_some() {
        let place = Place::new();
        let mut command = place.command("sh");
        let printed = place.ran(command.args(["-c", r#""$0" dusk demo --folder shown 2>&1"#, PROGRAM])).exits(0).stdout;
        let picture = picture::drawn("cargo dusk demo", &printed.replace("[HERE]/shown", "~"));
        fs::write(root().join("book/src/demo.svg"), picture).unwrap();
    }
}

#[test]
fn the_demo_plays_a_settlement_with_real_proofs() {
    let _turn = turn();
    let place = Place::new();
    let shown = place.dusk(&["demo", "settlement", "--folder", "shown", "--json"]).exits(0).document();
    let steps = shown["steps"].as_array().unwrap();
    let told = steps.iter().find(|it| it["step"] == "play the story").unwrap_or_else(|| panic!("{shown}"));
    let lines: Vec<_> = told["result"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let says = |part: &str| assert!(lines.iter().any(|line| line.contains(part)), "`{part}` is missing: {shown}");
    says("ben sends 50 money to ada; bob submits it");
    says("confidential_transfer in block ");
    sees_the_settlement(&lines);
    says("ada holds 90, ben 10 · the auditor reads 90 and 10");
    says("ada holds 450, ben 4550 · the auditor reads 450 and 4550");
}

/// Asserts what the chain, ada, ben and the auditor have seen of each step, side by side.
fn sees_the_settlement(lines: &[&str]) {
    let row = |[chain, ada, ben, auditor]: [&str; 4]| format!("{chain:34}  {ada:34}  {ben:34}  {auditor}");
    let rows = [
        ["the chain saw", "ada saw", "ben saw", "the auditor saw"],
        ["100 shares are issued", "+100 shares", "", "ada +100 shares"],
        ["5000 money are issued", "", "+5000 money", "ben +5000 money"],
        // A transfer whose parties and amount the chain does not see.
        ["money notes become 2", "+50 money", "-50 money", "ben → ada: 50 money"],
        ["shares for money: two commitments", "10 shares for 400 money", "10 shares for 400 money", ""],
        ["receiver 0 affirms", "ben has affirmed", "ben has affirmed", ""],
        ["receiver 1 affirms", "ada has affirmed", "ada has affirmed", ""],
        ["shares are locked", "-10 shares, locked", "ada has locked 10 shares", "ada locks 10 shares"],
        ["money are locked", "ben has locked 400 money", "-400 money, locked", "ben locks 400 money"],
        ["both locks are released", "+400 money", "+10 shares", "ada +400 money, ben +10 shares"],
    ];
    let first = lines.iter().position(|line| line.starts_with("the chain saw"));
    let first = first.unwrap_or_else(|| panic!("nothing is told side by side: {lines:#?}"));
    let shown: Vec<&str> = lines[first..].iter().take(rows.len()).map(|line| line.trim_end()).collect();
    let expected: Vec<String> = rows.map(|cells| row(cells).trim_end().to_owned()).to_vec();
    assert_eq!(shown, expected);
}

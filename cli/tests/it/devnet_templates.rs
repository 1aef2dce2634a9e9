//! Projects on a devnet whose nodes die: each template is deployed, called and watched there, and its tests
//! run there. The test of [shipped](crate::all_shipped) templates calls this, whose projects are built.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use dusk_sdk_circuit::native::Point;

use crate::devnet::{Up, finality_goes_on};
use crate::support::{Place, Ran, says};

/// The templates, in the order in which they are deployed.
const TEMPLATES: [&str; 7] = [
    "counter",
    "token",
    "private-allowlist",
    "restricted-token",
    "private-voting",
    "confidential-token",
    "confidential-settlement",
];

/// The projects of all templates, by the names of these. They are built.
pub(crate) type Projects = BTreeMap<String, Place>;

/// Lets a project use the devnet of another one.
fn share_devnet(place: &Place, devnet: &Place) {
    place.write("target/dusk/here", "");
    symlink(devnet.at.join("target/dusk/devnet"), place.at.join("target/dusk/devnet")).unwrap();
}

fn on_devnet(place: &Place, words: &[&str]) -> Ran {
    place.dusk(&[words, &["--network", "devnet"]].concat())
}

/// Kills a node, does something meanwhile, and starts the node again.
fn without(place: &Place, node: &str, act: impl FnOnce()) {
    says(&place.dusk(&["devnet", "kill", node]).exits(0), &["killed node"]);
    act();
    says(&place.dusk(&["devnet", "start", node]).exits(0), &["started node"]);
}

/// Deploys the contracts of all templates on a devnet, and calls them, while nodes die.
pub(crate) fn every_template_lives_while_nodes_die(projects: &Projects) {
    let [counter, token, allowlist, register, voting, hidden, settling] = TEMPLATES.map(|name| &projects[name]);
    assert_eq!(projects.len(), TEMPLATES.len(), "each template has a part here");
    for project in [token, allowlist, register, voting, hidden, settling] {
        share_devnet(project, counter);
    }
    let _up = Up::start(counter, &["--nodes", "7", "--block-time", "1"]);

    // Each is deployed and called while a node is dead, which comes back before the events are read.
    without(counter, "1", || {
        on_devnet(counter, &["deploy", "counter", "--init", "10"]).exits(0);
        says(&on_devnet(counter, &["call", "counter", "increment", "--by", "3"]).exits(0), &["Changed"]);
    });
    assert_eq!(on_devnet(counter, &["call", "counter", "value"]).exits(0).stdout.trim(), "3");
    says(&on_devnet(counter, &["events", "counter"]).exits(0), &["Changed", "\"to\":3"]);

    without(counter, "2", || {
        on_devnet(token, &["deploy", "token", "--init", r#"["Gold","GLD",9,1000]"#]).exits(0);
        let transfer = ["call", "token", "transfer", "--to", "@bob", "--amount", "300"];
        says(&on_devnet(token, &transfer).exits(0), &["Transferred"]);
        assert_eq!(
            on_devnet(token, &["call", "token", "balance_of", "--holder", "@bob"]).exits(0).stdout.trim(),
            "300"
        );
    });
    says(&on_devnet(token, &["events", "token"]).exits(0), &["Minted", "Transferred", "\"amount\":300"]);

    // A field element is written with its least significant byte first.
    let published = |root: u8| format!("{root:02x}{}", "00".repeat(31));
    let (first, second, none) = (published(1), published(2), published(3));
    without(counter, "3", || {
        let init = format!(r#"["{first}","{none}",100]"#);
        on_devnet(allowlist, &["deploy", "allowlist", "--init", &init]).exits(0);
        let publish = ["call", "allowlist", "publish", "--root", &second, "--revoked", &none];
        says(&on_devnet(allowlist, &publish).exits(0), &["Published"]);
    });
    says(&on_devnet(allowlist, &["events", "allowlist"]).exits(0), &["Published"]);

    without(counter, "4", || {
        on_devnet(register, &["deploy", "register", "--init", r#"["Windmill",1000,0]"#]).exits(0);
        let list = ["call", "register", "list", "--account", "@bob", "--limit", "500"];
        says(&on_devnet(register, &list).exits(0), &["Listed"]);
        let transfer = ["call", "register", "transfer", "--to", "@bob", "--amount", "300"];
        says(&on_devnet(register, &transfer).exits(0), &["Transferred"]);
    });
    says(&on_devnet(register, &["events", "register"]).exits(0), &["Listed", "Transferred"]);

    // Any point is an auditor's key.
    let (u, v) = (Point::GENERATOR.u(), Point::GENERATOR.v());
    let init = format!(r#"["Windmill",{{"u":"{u}","v":"{v}"}}]"#);
    without(counter, "5", || {
        on_devnet(voting, &["deploy", "holdings", "--init", &init]).exits(0);
        says(&on_devnet(voting, &["call", "holdings", "take_snapshot"]).exits(0), &["HoldingsPinned"]);
    });
    says(&on_devnet(voting, &["events", "holdings"]).exits(0), &["HoldingsPinned"]);

    without(counter, "6", || {
        on_devnet(hidden, &["deploy", "asset", "--init", &init]).exits(0);
        says(&on_devnet(hidden, &["call", "asset", "pause"]).exits(0), &["Paused"]);
        says(&on_devnet(hidden, &["call", "asset", "take_snapshot"]).exits(0), &["HoldingsPinned"]);
    });
    says(&on_devnet(hidden, &["events", "asset"]).exits(0), &["Paused", "HoldingsPinned"]);

    without(counter, "7", || {
        on_devnet(settling, &["deploy", "settlement"]).exits(0);
        let leg = |number: u8| format!(r#"{{"asset":"{number:064x}","commitment":"{}"}}"#, published(number));
        let instruction = format!(r#"{{"legs":[{},{}],"deadline":10000}}"#, leg(1), leg(2));
        let instruct = ["call", "settlement", "instruct", "--instruction", &instruction];
        says(&on_devnet(settling, &instruct).exits(0), &["Instructed"]);
    });
    says(&on_devnet(settling, &["events", "settlement"]).exits(0), &["Instructed", "\"deadline\":10000"]);
    finality_goes_on(counter, &[1, 2, 3, 4, 5, 6, 7]);
    // The deployed contracts are there for all nodes, also for those that were dead.
    assert_eq!(on_devnet(counter, &["call", "counter", "value"]).exits(0).stdout.trim(), "3");

    tests_run_there(counter);
    // A member proves, with a real proof, while a node is dead.
    without(counter, "5", || {
        let test = "another_nullifier_does_not_help_to_enter_twice";
        let ran = on_devnet(allowlist, &["test", test]).exits(0);
        says(&ran, &["PASS", "(real)", "1 passed, 0 failed"]);
    });
    // A holder is paid a dividend and sells a part of it, with five real proofs.
    without(counter, "7", || {
        let ran = on_devnet(voting, &["test", "a_part_is_spent_like_any_note"]).exits(0);
        says(&ran, &["PASS", "(real)", "1 passed, 0 failed"]);
    });
    finality_goes_on(counter, &[1, 2, 3, 4, 5, 6, 7]);
}

/// The tests of a project run on the devnet while a node is dead, and those that need more than a network are skipped.
fn tests_run_there(counter: &Place) {
    let file = "tests/src/counter.rs";
    let more = r#"
#[dusk_sdk::test]
fn time_passes(chain: Chain) -> TestResult {
    let before = chain.height();
    assert_eq!(chain.mine(3), before + 3);
    Ok(())
}

#[dusk_sdk::test]
fn time_goes_back(chain: Chain) -> TestResult {
    let saved = chain.snapshot();
    chain.revert(&saved);
    Ok(())
}

#[dusk_sdk::test]
fn money_moves(chain: Chain) -> TestResult {
    let [rich, poor] = chain.accounts(["rich", "poor"]);
    let before = chain.balance(&poor);
    chain.transfer(&rich, &poor, dusk_sdk::Dusk::new(5)).succeeds();
    assert_eq!(chain.balance(&poor), before + dusk_sdk::Dusk::new(5));
    Ok(())
}

#[dusk_sdk::test]
fn it_is_wrong(chain: Chain) -> TestResult {
    let alice = chain.account("alice");
    let counter = chain.deploy(&alice, counter::init(1))?;
    counter.by(&alice).increment(2).succeeds();
    Ok(())
}
"#;
    counter.write(file, &(counter.read(file) + more));
    without(counter, "6", || {
        let ran = on_devnet(counter, &["--json", "test"]).exits(1).document();
        assert_eq!(
            (ran["passed"].as_u64(), ran["failed"].as_u64(), ran["skipped"].as_u64()),
            (Some(4), Some(1), Some(2)),
            "{ran}"
        );
        let test = |name: &str| ran["tests"].as_array().unwrap().iter().find(|test| test["name"] == name).unwrap();
        for (name, reason) in [("time_passes", "`mine`"), ("time_goes_back", "`snapshot`")] {
            let test = test(&format!("counter::{name}"));
            assert_eq!(test["status"], "skipped", "{test}");
            assert!(test["reason"].as_str().unwrap().contains(reason), "{test}");
        }
        let wrong = test("counter::it_is_wrong");
        assert!(wrong["output"].as_str().unwrap().contains("LimitReached"), "{wrong}");
    });
    says(
        &on_devnet(counter, &["test", "time_passes", "--fail-fast"]).exits(0),
        &["SKIP", "it moves time (`mine`), and a network makes blocks by itself", "0 passed, 0 failed, 1 skipped"],
    );
    says(
        &on_devnet(counter, &["test", "--proofs", "mock"]).exits(2),
        &["nodes accept no mock proofs", "hint: leave `--proofs` out"],
    );
    says(&on_devnet(counter, &["test", "--gas"]).exits(2), &["--network"]);
}

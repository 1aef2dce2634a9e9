//! Observer tests: a contract that shows private data in each way that there is.

use std::iter::successors;

use dusk_sdk_protocol::observation::FindingKind;
use serde_json::Value;

use crate::book::root;
use crate::support::{Place, says, turn};

/// The tests that fail, each with the kind of the finding that it is for, and parts of its place and text.
const LEAKS: &[(&str, &str, &str, &str)] = &[
    (
        "shows_an_argument",
        "argument",
        "call 2, leaks.argument by alice: argument `amount`",
        "00 with one set of private",
    ),
    ("shows_an_event", "event", "event 1 (leaks.Shown) `amount`", "00 with the other"),
    ("shows_gas", "gas", "call 2, leaks.gas by alice: gas", " with one set of private values"),
    ("shows_a_result", "result", "call 2, leaks.result by alice: result", "00 with one set"),
    ("shows_an_error", "error", "call 2, leaks.error by alice: error", "E1: TooMuch {\"amount\":"),
    ("shows_pages", "pages", "changed pages of leaks", "with one set of private values"),
    ("shows_a_size", "size", "length of event 1 (leaks.Listed) in bytes", " with the other"),
    ("shows_content", "content", "state of leaks, page ", " with one set of private values"),
    ("shows_a_number", "event", "call 2, leaks.repeats by alice: events", "leaks.Listed, "),
    ("shows_memory", "size", "call 2, leaks.grow by alice: length of the memory of leaks", " with the other"),
    (
        "shows_an_inner_call",
        "inner-call",
        "leaks.inner by alice: call of callee.take, argument `amount`",
        "00 with one",
    ),
    ("shows_money", "transaction", "transfer by alice: value", "00 with one set"),
    ("shows_who_calls", "transaction", "leaks.keep by ", "another run has call 2, leaks.keep by "),
    ("declares_a_hash_random", "not-random", "argument `commitment`", "follows from private values alone"),
    ("declares_an_amount_random", "not-random", "argument `ciphertext`", "its bytes 0 to 3 follow from private values"),
    ("shows_what_blinds", "argument", "leaks.take by alice: argument `ciphertext`", "the random value of draw 3"),
    ("shows_what_blinds", "declaration", "random: commitment", "no transaction of the test has such a place"),
    ("declares_gas", "gas", "random gas: leaks.gas, up to 100000", "depends on private values and not on random ones"),
    ("draws_nothing", "declaration", "private values", "the test draws no private value"),
];

/// The kind of findings that is declared after another one: a new kind does not compile until it is here.
fn next(kind: FindingKind) -> Option<FindingKind> {
    Some(match kind {
        FindingKind::Transaction => FindingKind::Argument,
        FindingKind::Argument => FindingKind::InnerCall,
        FindingKind::InnerCall => FindingKind::Event,
        FindingKind::Event => FindingKind::Result,
        FindingKind::Result => FindingKind::Error,
        FindingKind::Error => FindingKind::Gas,
        FindingKind::Gas => FindingKind::Pages,
        FindingKind::Pages => FindingKind::Content,
        FindingKind::Content => FindingKind::Size,
        FindingKind::Size => FindingKind::NotRandom,
        FindingKind::NotRandom => FindingKind::Declaration,
        FindingKind::Declaration => return None,
    })
}

#[test]
fn a_leak_of_each_kind_is_planted() {
    let kinds = successors(Some(FindingKind::Transaction), |kind| next(*kind));
    let planted = |kind: &Value| LEAKS.iter().any(|(_, planted, ..)| kind == planted);
    let missing: Vec<Value> =
        kinds.map(|kind| serde_json::to_value(kind).unwrap()).filter(|kind| !planted(kind)).collect();
    assert_eq!(missing, Vec::<Value>::new());
}

fn find<'a>(tested: &'a Value, name: &str) -> &'a Value {
    let full = format!("{name}::observer");
    let all = tested["tests"].as_array().unwrap();
    all.iter().find(|test| test["name"] == full.as_str()).unwrap_or_else(|| panic!("{name} did not run: {tested:#}"))
}

#[test]
fn private_data_is_found_where_it_shows() {
    let _turn = turn();
    let place = Place::new();
    place.copy(&root().join("cli/tests/observed"));
    let tested = place.dusk(&["test", "--observer", "--json"]).exits(1).document();
    for (name, kind, at, text) in LEAKS {
        let test = find(&tested, name);
        assert_eq!(test["status"], "failed", "{name}");
        let findings = test["observer"]["findings"].as_array().unwrap();
        let has = |finding: &Value, key: &str, part: &str| finding[key].as_str().unwrap().contains(part);
        let found = findings.iter().any(|it| it["kind"] == *kind && has(it, "place", at) && has(it, "text", text));
        assert!(found, "{name}: {kind} at `{at}` with `{text}` is missing in {findings:#?}");
        let output = test["output"].as_str().unwrap();
        assert!(output.contains("shows private data") && output.contains("hint: "), "{output}");
    }
    let clean = find(&tested, "hides_amounts");
    assert_eq!(clean["status"], "passed", "{}", clean["output"].as_str().unwrap_or_default());
    let compared = &clean["observer"];
    assert_eq!((&compared["runs"], &compared["calls"]), (&4.into(), &8.into()), "{compared}");
    assert!(compared["events"].as_u64() >= Some(11) && compared["pages"].as_u64() >= Some(8), "{compared}");
    assert_eq!(compared["declared"].as_array().unwrap().len(), 3);
    // Only observer tests ran, and each is counted as one test.
    let ran: Vec<_> = tested["tests"].as_array().unwrap().iter().map(|test| test["name"].as_str().unwrap()).collect();
    assert!(ran.iter().all(|name| name.ends_with("::observer")), "{ran:?}");
    assert_eq!((&tested["passed"], &tested["failed"]), (&1.into(), &(ran.len() - 1).into()));

    let told = place.dusk(&["test", "--observer", "hides"]).exits(0);
    says(
        &told,
        &[
            "PASS hides_amounts::observer",
            "4 runs · 4 private values · 8 transactions",
            "declared random: Kept.commitment",
        ],
    );
    assert!(!told.stdout.contains("shows_"), "{}", told.all());
    // The gas is that of one run.
    let usual = place.dusk(&["test", "starts_empty", "--json"]).exits(0).document();
    let deployment = usual["tests"][0]["gas"].as_u64().unwrap();
    assert!(clean["gas"].as_u64().unwrap() < 8 * deployment, "{} {deployment}", clean["gas"]);
    says(&place.dusk(&["test", "--observer", "starts"]).exits(2), &["no test has a name with `starts`", "hint: "]);
    place.write("tests/src/lib.rs", "//! No tests.\n");
    says(
        &place.dusk(&["test", "--observer"]).exits(2),
        &["there are no observer tests", "#[dusk_sdk::test(observer)]"],
    );
}

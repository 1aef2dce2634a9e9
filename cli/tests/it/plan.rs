//! Several contracts in one project: deployed in the order of their plan.

use crate::all_shipped::copied;
use crate::book::root;
use crate::support::{Place, RunningNode, turn};

/// The example with two contracts, and a node.
fn scene() -> (Place, RunningNode) {
    let place = copied(&root().join("examples/calling-contracts"));
    let node = RunningNode::start(&place, "0");
    (place, node)
}

#[test]
fn contracts_that_need_each_other_are_deployed_in_order() {
    let _turn = turn();
    let (place, node) = scene();
    let on = |words: &[&str]| place.dusk(&[words, &["--network", &node.url]].concat());

    let plan = "[deploy.corner]\ncontract = 'shop'\ninit = ['@contract:oracle']\n[deploy.oracle]\ncontract = 'price'\nfrom = 'bob'\n";
    place.write("dusk.toml", &plan.replace("'@contract:oracle'", "'@contract:oracel'"));
    let unknown = on(&["deploy", "--all"]).exits(2);
    assert!(unknown.stderr.contains("[deploy.corner] needs `oracel`"), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("hint: did you mean `oracle`?"), "{}", unknown.stderr);

    place.write("dusk.toml", "[deploy.price]\n[deploy.shop]\n");
    let without = on(&["deploy", "--all", "--dry-run"]).exits(2);
    let hint = "hint: pass them: in dusk.toml, section `[deploy.shop]`: `init = {";
    assert!(without.stderr.contains(hint) && !without.stderr.contains("--init"), "{}", without.stderr);

    place.write("dusk.toml", plan);
    let early = on(&["deploy", "corner"]).exits(2);
    assert!(early.stderr.contains("`oracle` is not deployed on this chain"), "{}", early.stderr);
    let dry = on(&["deploy", "--all", "--dry-run"]).exits(0);
    let lines: Vec<&str> = dry.stdout.lines().collect();
    assert!(
        lines[0].starts_with("would deploy price as oracle ") && lines[0].contains("from bob (nonce 1"),
        "{dry:?}",
        dry = dry.all()
    );
    assert!(
        lines[1].starts_with("would deploy shop as corner ") && lines[1].contains("gas ≥ "),
        "{dry:?}",
        dry = dry.all()
    );

    let done = on(&["deploy", "--all", "--json"]).exits(0).document();
    let [oracle, corner] = [&done["deployments"][0], &done["deployments"][1]];
    assert_eq!((&oracle["name"], &oracle["status"]), (&"oracle".into(), &"deployed".into()), "{done}");
    assert_eq!((&corner["name"], &corner["package"]), (&"corner".into(), &"shop".into()), "{done}");
    let promised = lines[0].split_whitespace().nth(5).unwrap();
    assert_eq!(oracle["contract"], promised, "the plan knows the id");
    let again = on(&["deploy", "--all"]).exits(0);
    assert!(again.stdout.lines().all(|line| line.starts_with("unchanged ")), "{}", again.stdout);
    on(&["call", "corner", "sold"]).exits(0);
}

#[test]
fn a_plan_that_stops_in_the_middle_goes_on_from_there() {
    let _turn = turn();
    let (place, node) = scene();
    let on = |words: &[&str]| place.dusk(&[words, &["--network", &node.url]].concat());
    place.write("dusk.toml", "[deploy.oracle]\ncontract = 'price'\n[deploy.shop]\ninit = ['@contract:oracle']\n");

    let (good, bad) = ("pub fn init(price: ContractId) -> Self {", "assert!(chain_id() > 9, \"closed\");");
    let source = "contracts/shop/src/lib.rs";
    place.edit(source, good, &format!("{good}\n            {bad}"));
    let stopped = on(&["deploy", "--all"]).exits(1);
    assert!(stopped.stdout.starts_with("deployed price as oracle "), "what is done is told: {}", stopped.all());
    assert!(stopped.stderr.contains("continues with the remaining 1"), "{}", stopped.all());
    assert!(stopped.stderr.contains("closed") && stopped.stderr.contains("hint: "), "{}", stopped.all());

    place.edit(source, bad, "");
    let rest = on(&["deploy", "--all"]).exits(0);
    let lines: Vec<&str> = rest.stdout.lines().collect();
    assert!(lines[0].starts_with("unchanged ") && lines[1].starts_with("deployed shop"), "{}", rest.all());
    on(&["call", "shop", "sold"]).exits(0);
}

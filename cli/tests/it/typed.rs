//! Typed words, in one project: options and arguments with the same names, values of every kind, numbers of every
//! size, and texts that command terminals.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::book::root;
use crate::hostile::{self, HOSTILE};
use crate::support::{PROGRAM, Place, Ran, RunningNode, says, turn, write_script};

/// A command on one node, and another that the environment names.
struct On<'a> {
    place: &'a Place,
    here: &'a str,
    elsewhere: &'a str,
}

impl On<'_> {
    /// Calls with the node named by the environment alone.
    fn call(&self, words: &[&str]) -> Ran {
        self.place.ran(self.place.command(PROGRAM).arg("call").args(words).env("DUSK_NETWORK", self.here))
    }

    /// The result of a query, or its error.
    fn result(&self, words: &[&str]) -> Value {
        let ran = self.call(&[&["--json"], words].concat());
        ran.document().get("result").cloned().unwrap_or_else(|| panic!("{words:?}\n{}", ran.all()))
    }

    /// Sees that a call is refused as wrong usage.
    #[track_caller]
    fn refuses(&self, words: &[&str], parts: &[&str]) {
        says(&self.call(words).exits(2), &[parts, &["hint: "]].concat());
    }
}

#[test]
fn what_people_type_arrives_as_it_was_typed_or_is_refused() {
    let _turn = turn();
    let mut place = Place::new();
    place.dusk(&["new", "kinds"]).exits(0);
    place.enter("kinds");
    for folder in ["contracts", "tests"] {
        fs::remove_dir_all(place.at.join(folder)).unwrap();
    }
    place.copy(&root().join("cli/tests/kinds"));
    place.dusk(&["build"]).exits(0);

    let (one, two) = (RunningNode::start(&place, "0"), RunningNode::start(&place, "0"));
    deploys_with_the_constructor_of_the_plan(&place, &one.url);
    place.dusk(&["deploy", "--network", &two.url]).exits(0);
    let on = On { place: &place, here: &one.url, elsewhere: &two.url };
    goes_where_it_says_or_nowhere(&on);
    gives_every_argument_in_every_way(&on);
    takes_every_kind_of_value(&on);
    cuts_long_values_for_people_alone(&on);
    makes_no_silent_choice(&on);
    agrees_with_the_driver_over_http(&on);
    keeps_numbers_exact_in_witnesses(&place);
    compiles_for_this_machine(&place);
    hostile::no_text_commands_the_terminal(&place, &one.url);
}

/// Arguments in TOML: of the constructor.
fn deploys_with_the_constructor_of_the_plan(place: &Place, url: &str) {
    let deploy = |init: &str| {
        place.write("dusk.toml", &format!("[deploy.kinds]\ninit = {init}\n"));
        place.dusk(&["deploy", "--network", url])
    };
    let largest = "340282366920938463463374607431768211455";
    for (init, part) in [
        (r#"[["b", "a", "b"], 1]"#, "constructor: labels[2]: the value \"b\" is given twice"),
        (r#"{ labels = ["a"], largest = 1.0 }"#, "constructor: largest: 1.0 is not a whole number"),
        (r#"{ labels = ["a"], largest = -1 }"#, "constructor: largest: -1 is not a whole number"),
        (r#"{ labels = "a", largest = 1 }"#, "constructor: labels: \"a\" is not a list without repetitions"),
        (r#"{ labels = [1979-05-27], largest = 1 }"#, "dusk.toml:2:20: a date is not an argument: write it as a text"),
        (r#"{ labels = ["a"], largest = 1, more = 1 }"#, "constructor: more: there is no such argument"),
    ] {
        says(&deploy(init).exits(2), &[part, "hint: "]);
    }
    // 64 bits are the most that a number has in TOML.
    says(&deploy(&format!(r#"{{ labels = ["a"], largest = {largest} }}"#)).exits(2), &["dusk.toml:2:", "hint: "]);
    deploy(&format!(r#"{{ labels = ["b", "a"], largest = "{largest}" }}"#)).exits(0);
    let result = |function: &str| {
        place.dusk(&["call", "--json", "kinds", function, "--network", url]).exits(0).document()["result"].clone()
    };
    assert_eq!((result("labels"), result("largest")), (json!(["a", "b"]), json!(largest)));
    place.dusk(&["deploy", "--network", url, "--init", &format!(r#"[["b","a"],{largest}]"#)]).exits(0);
}

fn goes_where_it_says_or_nowhere(on: &On<'_>) {
    // The case: a longer name was taken for `--network`, and the transaction went to the other node.
    on.call(&["kinds", "set_network", "--network-id", "5", "--network", on.elsewhere]).exits(0);
    assert_eq!(on.result(&["--network", on.elsewhere, "kinds", "network"]), 5);
    assert_eq!(on.result(&["kinds", "network"]), 0, "nothing went where it was not sent");
    assert_eq!(on.result(&["kinds", "network", &format!("--network={}", on.elsewhere)]), 5);
    on.call(&["kinds", "set_network", "--network-id=6"]).exits(0);
    assert_eq!(
        (on.result(&["kinds", "network"]), on.result(&["kinds", "network", "--network", on.elsewhere])),
        (6.into(), 5.into())
    );

    // A value is never taken for an option, nor an option for a value.
    let nowhere = "--network=http://127.0.0.1:1";
    on.refuses(
        &["kinds", "say", "--text", nowhere],
        &["`--text` has no value", "`--text=--network=http://127.0.0.1:1`"],
    );
    on.refuses(&["kinds", "say", "--text", "--json"], &["`--text` has no value: `--json` follows"]);
    on.refuses(&["kinds", "two", "--text", "--network", on.elsewhere], &["`--text` has no value: `--network` follows"]);
    for value in [nowhere, "--json", "--help", "-h", "--"] {
        assert_eq!(on.result(&["kinds", "say", &format!("--text={value}")]), value);
        assert_eq!(on.call(&["kinds", "say", "--", value]).exits(0).stdout, format!("{value}\n"));
    }
    // No part of a name is a name, and no option is given twice.
    for option in ["--net", "--netw", "--networks", "--js", "--dry", "--gas"] {
        on.refuses(&["kinds", "network", option, on.elsewhere], &["unexpected argument"]);
    }
    on.refuses(
        &["--network", on.here, "kinds", "network", "--network", on.elsewhere],
        &["cannot be used multiple times"],
    );
    on.refuses(
        &["kinds", "network", "--network", on.here, "--network", on.elsewhere],
        &["cannot be used multiple times"],
    );
}

fn gives_every_argument_in_every_way(on: &On<'_>) {
    // Every option of the command is an argument of one of these.
    let functions: [(&str, &[&str], u64); 3] = [
        ("options", &["json", "help", "args", "network", "final"], 54_321),
        ("more", &["from", "dry-run", "gas-limit", "gas-price", "deposit", "manifest-path"], 654_321),
        ("clash", &["from", "arg-from"], 1002),
    ];
    let help = on.call(&["--help"]).exits(0).stdout;
    let options: BTreeSet<&str> =
        help.lines().filter_map(|line| line.trim().split("--").nth(1)?.split([' ', '`']).next()).collect();
    for option in [
        "from",
        "network",
        "json",
        "manifest-path",
        "dry-run",
        "final",
        "gas-limit",
        "gas-price",
        "args",
        "deposit",
        "help",
    ] {
        assert!(options.contains(option), "{option}: {options:?}");
        assert!(
            functions.iter().any(|(_, names, _)| names.contains(&option)),
            "{option} is an argument of a function here"
        );
    }
    for (function, names, expected) in functions {
        let values: Vec<String> = (1..=names.len()).map(|value| value.to_string()).collect();
        let named: Vec<String> = names
            .iter()
            .zip(&values)
            .flat_map(|(name, value)| {
                let name = if options.contains(name) { format!("--arg.{name}") } else { format!("--{name}") };
                [name, value.clone()]
            })
            .collect();
        let words = |rest: &[String]| -> Vec<String> {
            ["kinds", function].map(str::to_owned).into_iter().chain(rest.iter().cloned()).collect()
        };
        let result = |rest: &[String]| on.result(&words(rest).iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(
            (result(&named), result(&values)),
            (expected.into(), expected.into()),
            "{function} by name and in order"
        );
        let document = names.iter().zip(&values).map(|(name, value)| format!("\"{}\":{value}", name.replace('-', "_")));
        let document = format!("{{{}}}", document.collect::<Vec<_>>().join(","));
        assert_eq!(on.result(&["--args", &document, "kinds", function]), expected, "{function} as JSON");
        // By an option's own name an argument is refused, and so is the option: nothing is guessed.
        for name in names.iter().filter(|name| options.contains(**name) && **name != "help") {
            let ran = on.call(&["kinds", function, &format!("--{name}"), "1"]);
            assert_eq!(ran.code, Some(2), "--{name}: {}", ran.all());
        }
    }
    on.refuses(
        &["kinds", "options", "1", "2", "3", "4", "--network", on.elsewhere],
        &[
            "`--network` is both an argument of `options` and an option of the command",
            "`--arg.network VALUE`",
            "precede the contract",
        ],
    );
    let help = on.call(&["kinds", "options", "--help"]).exits(0).stdout;
    assert!(help.contains("--arg.network <VALUE>") && help.contains("--network <NAME|URL>"), "{help}");

    for words in [&["kinds", "raw", "--type", "-3"][..], &["kinds", "raw", "-3"], &["kinds", "raw", "--type=-3"]] {
        assert_eq!(on.result(words), -3, "{words:?}");
    }
    assert_eq!(on.result(&["--args", r#"{"type":-3}"#, "kinds", "raw"]), -3);
    for words in
        [&["kinds", "say", "--text=-dash"][..], &["kinds", "say", "--text", "-dash"], &["kinds", "say", "--", "-dash"]]
    {
        assert_eq!(on.result(words), "-dash", "{words:?}");
    }
    on.refuses(&["kinds", "say", "-dash"], &["`-dash` is neither a value nor an option", "`-- -dash`"]);
    assert_eq!(on.result(&["kinds", "camel", "--someValue", "3"]), 3);
    on.refuses(&["kinds", "camel", "--someValu", "3"], &["did you mean `--someValue`?"]);
    on.refuses(&["--netwrk", "x", "kinds", "text"], &["--netwrk"]);
}

fn takes_every_kind_of_value(on: &On<'_>) {
    let circle = json!({ "Circle": { "0": 5 } });
    for text in [r#"{"Circle":5}"#, r#"{"Circle":{"0":5}}"#] {
        assert_eq!(on.result(&["kinds", "shape", text]), circle, "{text}");
        assert_eq!(on.result(&["kinds", "shape", "--args", text]), circle, "{text}");
    }
    let cases = [
        ("shape", "Dot", json!("Dot")),
        ("shape", r#"{"Oblong":[1,2]}"#, json!({ "Oblong": { "0": 1, "1": 2 } })),
        ("shape", r#"{"Rect":{"w":1,"h":null}}"#, json!({ "Rect": { "w": 1, "h": null } })),
        ("pair", "[1,2]", json!([1, 2])),
        ("twice", "null", json!(null)),
        ("twice", r#"{"Some":null}"#, json!({ "Some": null })),
        ("twice", "3", json!({ "Some": 3 })),
        ("set", "[3,1]", json!([1, 3])),
        ("set", r#"["3",1]"#, json!([1, 3])),
        ("sets", r#"[["b","a"],[],["a"]]"#, json!([[], ["a"], ["a", "b"]])),
        ("sets", "null", json!(null)),
        ("words", r#"[["a",1],["b",2]]"#, json!([["a", 1], ["b", 2]])),
        ("big", "340282366920938463463374607431768211455", json!("340282366920938463463374607431768211455")),
        ("int", "-170141183460469231731687303715884105728", json!("-170141183460469231731687303715884105728")),
    ];
    for (function, text, expected) in cases {
        assert_eq!(on.result(&["kinds", function, text]), expected, "{function} {text}");
    }
    // A number of 128 bits in JSON is no floating-point number on its way.
    let largest = "340282366920938463463374607431768211455";
    assert_eq!(on.result(&["kinds", "big", "--args", largest]), largest);
    let wide = format!(r#"[1,-2,{largest},true,"t",null,[3,4],{{"Circle":9007199254740993}}]"#);
    let expected = json!([1, -2, largest, true, "t", null, [3, 4], { "Circle": { "0": "9007199254740993" } }]);
    assert_eq!(on.result(&["kinds", "wide", &wide]), expected);
    let deep = json!({ "type": [[1, "one"]], "map": [["k", "00ff"]], "three": [1, null, 3], "shape": circle });
    assert_eq!(on.result(&["kinds", "deep", &deep.to_string()]), deep);
}

fn cuts_long_values_for_people_alone(on: &On<'_>) {
    let proof = "ab".repeat(1_008);
    let said = on.call(&["kinds", "say", &proof]).exits(0).stdout;
    assert_eq!(said, format!("{}… (1,008 bytes; --json shows all)\n", &proof[..120]));
    assert_eq!(on.result(&["kinds", "say", &proof]), proof);
    let told = on.call(&["kinds", "tell", &proof]).exits(0).stdout;
    assert!(
        told.contains("event Said {\"text\":\"ab") && told.contains("ab… (1,008 bytes; --json shows all)\"}"),
        "{told}"
    );
    let words: Vec<Value> = (0..1_000).map(|number| json!([number.to_string(), 1])).collect();
    let listed = on.call(&["kinds", "words", &Value::from(words.clone()).to_string()]).exits(0).stdout;
    assert!(listed.contains("\"… (1,000 entries; --json shows all)\"") && listed.lines().count() < 100, "{listed}");
    let whole = on.result(&["kinds", "words", &Value::from(words).to_string()]);
    assert_eq!(whole.as_array().map(Vec::len), Some(1_000));
    // An argument that no call can carry is refused before a node is asked.
    let long = "a".repeat(70_000);
    on.refuses(&["kinds", "say", &long], &["larger than the argument buffer of 65536 bytes", "hint: pass less data"]);
    on.refuses(&["kinds", "shape", "7"], &["hint: for example --s Dot; `cargo dusk call kinds shape --help`"]);
}

fn makes_no_silent_choice(on: &On<'_>) {
    on.call(&["kinds", "set_text", "--text", "none"]).exits(0);
    assert_eq!(on.result(&["kinds", "text"]), "none");
    on.call(&["kinds", "set_text", "--text", "null"]).exits(0);
    assert_eq!(on.result(&["kinds", "text"]), Value::Null);
    on.call(&["kinds", "set_text", "--args", r#"{"text":"null"}"#]).exits(0);
    assert_eq!(on.result(&["kinds", "text"]), "null");
    on.refuses(&["kinds", "twice", "none"], &["argument x:"]);
    on.refuses(&["kinds", "words", r#"[["a",1],["a",2]]"#], &["the key \"a\" is given twice"]);
    for twice in ["[1,1]", r#"[1,"1"]"#] {
        on.refuses(&["kinds", "set", twice], &["argument s[1]: the value 1 is given twice"]);
        on.refuses(&["kinds", "set", "--args", twice], &["s[1]: the value 1 is given twice"]);
    }
    on.place.write("set.json", r#"{"s":[7,7]}"#);
    on.refuses(&["kinds", "set", "--args", "@set.json"], &["s[1]: the value 7 is given twice"]);
    on.refuses(&["kinds", "sets", r#"[["a"],["a","a"]]"#], &["s[1][1]: the value \"a\" is given twice"]);
    on.refuses(&["kinds", "set", "1"], &["is not a list without repetitions"]);
    on.refuses(&["kinds", "say", "--args", r#"{"text":"a","text":"b"}"#], &["`text` is given twice"]);
    on.refuses(&["kinds", "shape", r#"{"Rect":{"w":1,"w":2,"h":null}}"#], &["`Rect.w` is given twice"]);
    on.refuses(&["kinds", "say", "--args", "18446744073709551616"], &["18446744073709551616 is not text"]);
}

/// The node encodes by the same driver, for clients that speak JSON.
fn agrees_with_the_driver_over_http(on: &On<'_>) {
    let deployed: Value = serde_json::from_str(&on.place.read("target/dusk/deployments.json")).unwrap();
    let id = deployed.as_object().unwrap().values().next().unwrap()["kinds"]["contract"].as_str().unwrap().to_owned();
    let ask = |function: &str, json: &str| {
        let url = format!("{}/on/contracts:{id}/{function}", on.here);
        let answer = ureq::post(&url)
            .header("content-type", "application/json")
            .config()
            .http_status_as_error(false)
            .build()
            .send(json);
        let mut answer = answer.unwrap();
        (answer.status().is_success(), answer.body_mut().read_to_string().unwrap())
    };
    let cases = [
        ("shape", r#"{"Circle":5}"#, Some(json!({ "Circle": { "0": 5 } }))),
        ("shape", r#"{"Oblong":[1,2]}"#, Some(json!({ "Oblong": { "0": 1, "1": 2 } }))),
        ("shape", r#"{"Oblong":{"0":1,"1":2}}"#, Some(json!({ "Oblong": { "0": 1, "1": 2 } }))),
        ("twice", r#"{"Some":null}"#, Some(json!({ "Some": null }))),
        ("twice", "null", Some(Value::Null)),
        ("raw", r#"{"type":3}"#, Some(json!(3))),
        ("big", "\"340282366920938463463374607431768211455\"", Some(json!("340282366920938463463374607431768211455"))),
        // A number that JSON's readers round is refused, and never rounded.
        ("big", "340282366920938463463374607431768211455", None),
        ("words", r#"[["a",1],["a",2]]"#, None),
        ("set", "[1,1]", None),
        ("set", r#"[1,"1"]"#, None),
        ("set", "[3,1]", Some(json!([1, 3]))),
        ("sets", r#"[["b","a"],[]]"#, Some(json!([[], ["a", "b"]]))),
        ("say", r#"{"text":"a","text":"b"}"#, None),
    ];
    for (function, text, expected) in cases {
        let (good, body) = ask(function, text);
        assert_eq!(good, expected.is_some(), "{function} {text}: {body}");
        if let Some(expected) = expected {
            assert_eq!(serde_json::from_str::<Value>(&body).ok(), Some(expected), "{function} {text}: {body}");
        }
    }
}

fn keeps_numbers_exact_in_witnesses(place: &Place) {
    let largest_element = "52435875175126190479447740508185965837690552500527637822603658699938581184512";
    let witness = format!(
        r#"{{"big":"340282366920938463463374607431768211455","bigs":[340282366920938463463374607431768211455,18446744073709551616],
         "line":{{"id":18446744073709551616,"amount":9223372036854775808,"root":{largest_element}}},
         "lines":[{{"id":340282366920938463463374607431768211455,"amount":9223372036854775807,"root":{largest_element}}},
                  {{"id":"1","amount":"1","root":"{largest_element}"}}]}}"#
    );
    place.write("w.json", &witness);
    // The same in TOML, where 64 bits are the most that a number has.
    let toml = format!(
        "big = \"340282366920938463463374607431768211455\"\nbigs = [\"340282366920938463463374607431768211455\", \"18446744073709551616\"]\n\
         line = {{ id = \"18446744073709551616\", amount = \"9223372036854775808\", root = \"{largest_element}\" }}\n\
         [[lines]]\nid = \"340282366920938463463374607431768211455\"\namount = 9223372036854775807\nroot = \"{largest_element}\"\n\
         [[lines]]\nid = 1\namount = 1\nroot = \"{largest_element}\"\n"
    );
    place.write("w.toml", &toml);
    for file in ["w.json", "w.toml"] {
        says(&place.dusk(&["circuit", "check", "shapes", "--witness", file]).exits(0), &["shapes satisfied"]);
    }
    place.dusk(&["prove", "shapes", "--witness", "w.json", "--out", "p.json"]).exits(0);
    place.dusk(&["prove", "shapes", "--witness", "w.toml", "--out", "p.toml"]).exits(0);
    let bigs = json!(["340282366920938463463374607431768211455", "18446744073709551616"]);
    let written: Value = serde_json::from_str(&place.read("p.json")).unwrap();
    assert_eq!(
        (&written["public"]["bigs"], &written["public"]["line"]["amount"]),
        (&bigs, &"9223372036854775808".into()),
        "{written}"
    );
    let written = place.read("p.toml");
    for digits in
        ["340282366920938463463374607431768211455", "18446744073709551616", "9223372036854775808", largest_element]
    {
        assert!(written.contains(&format!("\"{digits}\"")), "{digits} is missing:\n{written}");
    }

    let check = |circuit: &str, name: &str, text: &str| {
        place.write(name, text);
        place.dusk(&["circuit", "check", circuit, "--witness", name])
    };
    for element in [largest_element.to_owned(), format!("\"{largest_element}\"")] {
        check("equal", "e.json", &format!(r#"{{"x":{element},"y":{element}}}"#)).exits(0);
    }
    says(&check("equal", "e.json", &format!(r#"{{"x":{largest_element},"y":0}}"#)).exits(1), &["equal not satisfied"]);
    says(
        &check("same", "s.json", r#"{"n":18446744073709551616,"m":0}"#).exits(2),
        &["`n` is not a U64", "from 0 to 18446744073709551615"],
    );
    says(
        &check("same", "s.toml", "n = 18446744073709551616\nm = 0\n").exits(2),
        &["s.toml:1:", "hint: ", "write `n = \"…\"`"],
    );
    says(&check("same", "s.toml", "n = 1.5\nm = 0\n").exits(2), &["`n` is neither a whole number"]);
    let twice = witness.replacen("\"amount\":9223372036854775807", "\"amount\":1,\"amount\":9223372036854775807", 1);
    says(&check("shapes", "t.json", &twice).exits(2), &["`amount` is given twice"]);
}

/// A project may be set up to be compiled for WASM; its tests and circuits run here.
fn compiles_for_this_machine(place: &Place) {
    let settings = place.read(".cargo/config.toml");
    place.write(".cargo/config.toml", &format!("{settings}\n[build]\ntarget = \"wasm32-unknown-unknown\"\n"));
    place.dusk(&["build"]).exits(0);
    let script = place.at.join("log.sh");
    write_script(&script, "echo \"$*\" >> log.txt\nexit 1");
    place.ran(place.command(PROGRAM).arg("test").env("CARGO", &script)).exits(1);
    let host = place.ran(place.command("rustc").arg("-vV")).stdout;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    let log = place.read("log.txt");
    assert!(log.contains("--no-run --workspace") && log.contains(&format!("--target {host}")), "{log}");
    place.write(".cargo/config.toml", &settings);
}

#[test]
fn hostile_texts_hold_what_terminals_obey() {
    for command in ['\u{1b}', '\u{9b}', '\u{7f}', '\u{202e}', '\u{2066}', '\u{7}', '\r'] {
        assert!(HOSTILE.contains(command), "{command:?}");
    }
}

//! Circuits on the command line: listed, checked, proved, built into a contract, tested, called.

use crate::book::root;
use crate::support::{Place, RunningNode, says, turn, write_script};

const CIRCUIT: &str = "circuits/src/lib.rs";
const SETTINGS: &str = ".cargo/config.toml";

#[test]
fn from_a_circuit_to_a_contract_that_takes_its_proofs() {
    let _turn = turn();
    // It damages a key, and counts on there being no others.
    let mut place = Place::with_own_cache();
    place.dusk(&["new", "vault"]).exits(0);
    place.enter("vault");
    for folder in ["contracts", "tests"] {
        std::fs::remove_dir_all(place.at.join(folder)).unwrap();
    }
    place.copy(&root().join("cli/tests/vault"));

    lists_and_checks(&place);
    shows_private_values_only_when_asked(&place);
    explains_circuits_that_cannot_be_proved(&place);
    proves(&place);
    keeps_keys(&place);
    builds_with_keys(&place);
    tests_with_mock_and_real_proofs(&place);
    makes_keys_of_what_ships(&place);
    refuses_what_depends_on_the_target(&place);
    links_with_the_linker_that_is_set(&place);
    takes_proofs_on_a_chain(&place);
}

fn lists_and_checks(place: &Place) {
    let listed = place.dusk(&["circuit", "list"]).exits(0);
    says(
        &listed,
        &["factors in circuits · ", "public   product: Field", "private  left: Field, right: U32", "knows two"],
    );
    let listed = place.dusk(&["circuit", "list", "--json"]).exits(0).document();
    assert_eq!(listed["circuits"][0]["inputs"][2]["type"], "U32", "{listed}");

    place.write("good.json", r#"{"product": 21, "left": 7, "right": 3}"#);
    place.write("good.toml", "product = 21\nleft = 7\nright = 3\n");
    place.write("bad.toml", "product = 21\nleft = 7\nright = 4\n");
    for good in ["good.json", "good.toml"] {
        says(&place.dusk(&["circuit", "check", "--witness", good]).exits(0), &["factors satisfied · "]);
    }
    let bad = place.dusk(&["circuit", "check", "factors", "--witness", "bad.toml"]).exits(1);
    let line = place.read(CIRCUIT).lines().position(|line| line.contains("\"product\"")).unwrap() + 1;
    let at = format!("at            {CIRCUIT}:{line}:");
    says(&bad, &["factors not satisfied", "constraint    product", "in            factors", &at, "a·b − c = 0"]);
    says(
        &bad,
        &[
            "a = (private)  (left)",
            "b = (private)  (right)",
            "c = 21  (product)",
            "error: the witness does not satisfy `factors`",
        ],
    );
    says(&bad, &["hint: see circuits/src/lib.rs", "; `--show-private` shows private values"]);
    let document = place.dusk(&["circuit", "check", "--witness", "bad.toml", "--json"]).exits(1).document();
    assert_eq!((&document["satisfied"], &document["constraint"]), (&false.into(), &"product".into()), "{document}");

    let misnamed = [
        (r#"{"product": 21, "left": 7, "rigt": 3}"#, "has no input `rigt`", "did you mean `right`?"),
        (r#"{"product": 21, "left": 7}"#, "`right` (U32) is missing", "takes product: Field, left: Field, right: U32"),
        (r#"{"product": 21, "left": 7, "right": 4294967296}"#, "`right` is not a U32", "from 0 to 4294967295"),
        (r#"{"product": 21, "left": "zz", "right": 3}"#, "`left` is not a Field", "64 hexadecimal digits"),
        (r#"{"product": 21, "left": 7, "right": 3"#, "EOF while parsing", "an object with one member for each input"),
    ];
    for (text, message, hint) in misnamed {
        place.write("w.json", text);
        says(&place.dusk(&["circuit", "check", "--witness", "w.json"]).exits(2), &[message, "hint: ", hint]);
    }
    place.write("w.json", r#"{"product": 21, "left": 7, "right": "3"}"#);
    says(&place.dusk(&["circuit", "check", "--witness", "w.json"]).exits(0), &["factors satisfied"]);
    for secret in [r#""4242""#, "4242.5", r#"{"4242": 1}"#, "-4242", "424242424242"] {
        for text in [
            format!(r#"{{"product": 21, "left": 7, "right": [{secret}]}}"#),
            format!(r#"{{"product": 21, "left": {{"a": {secret}}}, "right": 3}}"#),
        ] {
            place.write("w.json", &text);
            let refused = place.dusk(&["circuit", "check", "--witness", "w.json"]).exits(2);
            assert!(!refused.all().contains("4242"), "{text} is secret:\n{}", refused.all());
        }
    }
    says(&place.dusk(&["circuit", "check", "factor", "--witness", "good.json"]).exits(2), &["did you mean `factors`?"]);

    let profile = place.dusk(&["circuit", "profile", "--flamegraph", "gates.svg"]).exits(0);
    says(&profile, &["factors", "region", "gates"]);
    assert!(place.read("gates.svg").starts_with("<svg"), "{}", place.read("gates.svg"));
    says(&place.dusk(&["circuit", "audit"]).exits(0), &["factors: clean"]);
    says(&place.dusk(&["circuit", "gates"]).exits(0), &["gadget", "gates", "aim"]);

    // Of two square roots a prover may choose.
    let root = "let root = cs.hint([left.wire()], |[it]| it);\n        \
                cs.gate(\"root\", Gate::new().ab(root, root, one).c(left.wire(), -one));\n        ";
    place.edit(CIRCUIT, "right.field().assert_ne", &format!("{root}right.field().assert_ne"));
    let audited = place.dusk(&["circuit", "audit", "--json"]).exits(1).document();
    assert_eq!(
        (&audited["clean"], &audited["findings"][0]["constraint"]),
        (&false.into(), &"root".into()),
        "{audited}"
    );
    place.edit(CIRCUIT, root, "");
}

/// The output of a failing constraint reaches logs that others read.
fn shows_private_values_only_when_asked(place: &Place) {
    let secret = "424243";
    place.write("secret.json", &format!(r#"{{"product": 21, "left": {secret}, "right": 3}}"#));
    for command in [vec!["circuit", "check"], vec!["prove"], vec!["circuit", "audit"]] {
        for json in [None, Some("--json")] {
            let words: Vec<&str> = command.iter().copied().chain(["--witness", "secret.json"]).chain(json).collect();
            let hidden = place.dusk(&words).exits(1);
            assert!(!hidden.all().contains(secret), "{words:?} tells a secret:\n{}", hidden.all());
            says(&hidden, &["--show-private"]);
            let shown = place.dusk(&[words.as_slice(), &["--show-private"]].concat()).exits(1);
            says(&shown, &[secret]);
        }
    }
    let asked = place.ran(
        place
            .command(crate::support::PROGRAM)
            .args(["circuit", "check", "--witness", "secret.json"])
            .env("DUSK_SHOW_PRIVATE", "1"),
    );
    says(&asked.exits(1), &[secret]);
    let document = place.dusk(&["circuit", "check", "--witness", "secret.json", "--json"]).exits(1).document();
    let values = document["values"].as_array().unwrap();
    assert!(
        values.iter().any(|it| it["input"] == "left" && it["value"].is_null() && it["public"] == false),
        "{document}"
    );
    assert!(values.iter().any(|it| it["input"] == "product" && it["value"] == "21"), "{document}");
}

/// A circuit that is empty, one that is too large, and one that panics.
fn explains_circuits_that_cannot_be_proved(place: &Place) {
    let before = place.read(CIRCUIT);
    let nothing = "\n#[circuit]\npub fn nothing(_cs: &mut ConstraintSystem) {}\n";
    place.write(CIRCUIT, &format!("{before}{nothing}"));
    place.write("empty.json", "{}");
    for (command, parts) in [
        (
            &["circuit", "check", "nothing", "--witness", "empty.json"][..],
            ["`nothing` constrains only the types of its inputs", "constrain the inputs"],
        ),
        (&["circuit", "audit", "nothing"], ["empty: nothing", "hint: constrain the inputs with gadgets"]),
        (&["prove", "nothing", "--witness", "empty.json"], ["the circuit states nothing", "remove `#[circuit]`"]),
        (
            &["build"],
            ["cannot generate the keys of `nothing`: the circuit states nothing", "constrain the inputs of `nothing`"],
        ),
    ] {
        says(&place.dusk(command).exits(1), &parts);
    }
    let too_large = "\n#[circuit]\npub fn too_large(cs: &mut ConstraintSystem, #[public] h: Field, #[private] x: Field) {\n    \
                     let mut last = x;\n    for _ in 0..130 {\n        last = hash(cs, &[last, x]);\n    }\n    \
                     last.assert_eq(cs, \"the last\", h);\n}\n";
    place.write(CIRCUIT, &format!("{before}{too_large}"));
    place.write("large.json", r#"{"h": 1, "x": 2}"#);
    let reason = [
        "`too_large` is too large to prove: the circuit has ",
        " rows; at most 65532 fit",
        "`cargo dusk circuit profile too_large`",
    ];
    for command in [
        &["circuit", "check", "too_large", "--witness", "large.json"][..],
        &["circuit", "audit", "too_large"],
        &["prove", "too_large", "--witness", "large.json"],
        &["build"],
    ] {
        says(&place.dusk(command).exits(1), &reason);
    }
    // The hint is of use.
    says(
        &place.dusk(&["circuit", "profile", "too_large"]).exits(0),
        &["too_large: ", "hash", "the circuit is too large to prove: it has "],
    );
    says(
        &place.dusk(&["circuit", "list"]).exits(0),
        &["factors in circuits · ", "too_large in circuits · ", "too large to prove"],
    );
    // The first in the list hides none of the others.
    let broken = "\n#[circuit]\npub fn broken(_cs: &mut ConstraintSystem) {\n    panic!(\"there is no table\");\n}\n";
    place.write(CIRCUIT, &format!("{before}{broken}"));
    let line = place.read(CIRCUIT).lines().position(|line| line.contains("there is no table")).unwrap() + 1;
    let at = format!("{CIRCUIT}:{line}:5");
    let listed = place.dusk(&["circuit", "list"]).exits(1);
    says(
        &listed,
        &[
            "broken in circuits · its function panics: there is no table",
            &at,
            "factors in circuits · ",
            "error: `broken` cannot be built",
            "hint: fix the function",
        ],
    );
    let document = place.dusk(&["circuit", "list", "--json"]).exits(1).document();
    let (first, second) = (&document["circuits"][0], &document["circuits"][1]);
    assert_eq!(first["error"], "its function panics: there is no table", "{document}");
    assert_eq!(first["place"]["line"], line, "{document}");
    assert_eq!((&second["name"], &second["error"]), (&"factors".into(), &serde_json::Value::Null), "{document}");
    let reason = format!("the circuit `broken` cannot be built: its function panics: there is no table (at {at})");
    says(&place.dusk(&["build"]).exits(1), &[&reason, "hint: fix the function"]);
    says(&place.dusk(&["circuit", "check", "factors", "--witness", "good.json"]).exits(0), &["factors satisfied"]);
    place.write(CIRCUIT, &before);
}

/// A circuit that is weaker in tests, with debug assertions or with features that the contract does not ask for.
fn makes_keys_of_what_ships(place: &Place) {
    let digest = |place: &Place| {
        let built = place.dusk(&["build", "--json"]).exits(0).document();
        built["contracts"][0]["circuits"][0]["digest"].clone()
    };
    let strict = digest(place);
    let (manifest, contract) = ("circuits/Cargo.toml", "contracts/vault/Cargo.toml");
    let before = [CIRCUIT, manifest, contract].map(|path| (path, place.read(path)));
    place.write(manifest, &format!("{}\n[features]\ndefault = [\"easy\"]\neasy = []\n", place.read(manifest)));
    place.edit(contract, r#"path = "../../circuits""#, r#"path = "../../circuits", default-features = false"#);
    let statement = "right.field().assert_ne(cs, \"more than one\", Field::ONE); // 2";
    let unless = |what: &str| format!("if !cfg!({what}) {{\n            {statement}\n        }}");
    let weaker = [
        "test",
        "debug_assertions",
        "feature = \"easy\"",
        "panic = \"unwind\"",
        "any(test, debug_assertions, feature = \"easy\", panic = \"unwind\")",
    ];
    for weaker in weaker {
        place.write(CIRCUIT, &before[0].1);
        place.edit(CIRCUIT, statement, &unless(weaker));
        assert_eq!(digest(place), strict, "the contract has the key of the circuit that is weaker with {weaker}");
        let listed = place.dusk(&["circuit", "list", "--json"]).exits(0).document();
        assert_eq!(listed["circuits"][0]["digest"], strict, "{weaker}");
    }
    // The compiler's flags of the project are not the contract's.
    place.write(CIRCUIT, &before[0].1);
    place.edit(CIRCUIT, statement, &unless("weaker"));
    let settings = place.read(SETTINGS);
    place.write(SETTINGS, &format!("{settings}\n[build]\nrustflags = [\"--cfg\", \"weaker\"]\n"));
    assert_eq!(
        digest(place),
        strict,
        "the contract has the key of the circuit that is weaker with flags of the project"
    );
    // A test that has the weaker one is told so: no contract takes its proofs.
    let tested = place.dusk(&["test"]).exits(1);
    says(&tested, &["the tests and the contracts have different circuits of that name"]);
    place.write(SETTINGS, &settings);
    // And what is in tests alone can be looked at.
    place.write(CIRCUIT, &format!("{}\n#[cfg(test)]\nmod drafts {{\n    use dusk_sdk::zk::*;\n\n    #[circuit]\n    pub fn draft(cs: &mut ConstraintSystem, #[private] x: Field) {{\n        x.assert_nonzero(cs, \"x\");\n    }}\n}}\n", before[0].1));
    says(&place.dusk(&["circuit", "audit", "draft"]).exits(0), &["draft: clean", "exists in test builds only"]);
    says(&place.dusk(&["circuit", "list"]).exits(0), &["factors in circuits"]);
    says(&place.dusk(&["prove", "draft", "--witness", "good.json"]).exits(2), &["there is no circuit `draft`"]);
    for (path, text) in before {
        place.write(path, &text);
    }
    assert_eq!(digest(place), strict);
}

/// A circuit for one target only could be another one in the contract than for its keys.
fn refuses_what_depends_on_the_target(place: &Place) {
    let (manifest, contract) = ("circuits/Cargo.toml", "contracts/vault/Cargo.toml");
    let before = [manifest, contract, "Cargo.toml"].map(|path| (path, place.read(path)));
    let script = "fn main() {\n    println!(\"cargo::rustc-cfg=weaker\");\n}\n";
    let refused = |of: &str, what: &str| {
        for command in [&["build"][..], &["circuit", "list"], &["prove", "--witness", "good.json"]] {
            let message = format!("circuits depend on the package `{of}`, which {what}");
            says(&place.dusk(command).exits(2), &[&message, "hint: "]);
        }
    };
    place.write("circuits/build.rs", script);
    refused("circuits", "has a build script");
    std::fs::remove_file(place.at.join("circuits/build.rs")).unwrap();

    // A package that circuits need, and one that only its tests need.
    place.write("numbers/src/lib.rs", "#![no_std]\npub const ONE: u8 = 1;\n");
    place.write("numbers/Cargo.toml", "[package]\nname = \"numbers\"\nedition = \"2024\"\n");
    place.write("numbers/build.rs", script);
    place.edit("Cargo.toml", "\"tests\"]", "\"tests\", \"numbers\"]");
    let with = |table: &str| {
        place.write(manifest, &format!("{}\n[{table}]\nnumbers = {{ path = \"../numbers\" }}\n", before[0].1));
    };
    place.edit(manifest, "[dependencies]", "[dependencies]\nnumbers = { path = \"../numbers\" }");
    refused("numbers", "has a build script");
    with("target.'cfg(not(target_family = \"wasm\"))'.dependencies");
    refused("circuits", "needs `numbers` for some targets only");
    with("dev-dependencies");
    place.edit(contract, "[dependencies]", "[dependencies]\nnumbers = { path = \"../../numbers\" }");
    says(&place.dusk(&["circuit", "list"]).exits(0), &["factors in circuits"]);
    for (path, text) in before {
        place.write(path, &text);
    }
    std::fs::remove_dir_all(place.at.join("numbers")).unwrap();
}

/// The program of the circuits is linked as cargo links others.
fn links_with_the_linker_that_is_set(place: &Place) {
    let (settings, before) = (place.read(SETTINGS), place.read(CIRCUIT));
    let log = place.root().join("linker.log");
    std::fs::create_dir_all(place.at.join("tools")).unwrap();
    write_script(&place.at.join("tools/cc"), &format!("echo \"$@\" >> '{}'\nexec cc \"$@\"", log.display()));
    place.write(SETTINGS, &format!("{settings}\n[target.'cfg(unix)']\nlinker = \"tools/cc\"\n"));
    place.write(CIRCUIT, &format!("{before}\n// Compiled anew.\npub const ANEW: u8 = 1;\n"));
    says(&place.dusk(&["circuit", "list"]).exits(0), &["factors in circuits"]);
    let linked = std::fs::read_to_string(&log).unwrap();
    assert!(linked.contains("circuits_of_a_project"), "{linked}");
    place.write(SETTINGS, &settings);
    place.write(CIRCUIT, &before);
}

fn proves(place: &Place) {
    let proved = place.dusk(&["prove", "--witness", "good.json", "--json"]).exits(0).document();
    assert_eq!(proved["proof"].as_str().unwrap().len(), 2 * 1008);
    assert_eq!((&proved["public"]["product"], &proved["development"]), (&21.into(), &true.into()), "{proved}");
    assert_eq!(proved["public_elements"].as_array().unwrap().len(), 1);
    assert!(proved["public"].get("left").is_none(), "what is private is not told: {proved}");
    let written: serde_json::Value = serde_json::from_str(&place.read("factors.proof.json")).unwrap();
    assert_eq!(written["proof"], proved["proof"]);
    let again = place.dusk(&["prove", "factors", "--witness", "good.toml", "--out", "p.hex"]).exits(0);
    says(&again, &["factors proof 1,008 B · ", " · prove ", " · verify ", "p.hex"]);
    assert!(!again.stderr.contains("Making"), "the second proof makes no key: {}", again.stderr);
    assert_eq!(place.read("p.hex").trim().len(), 2 * 1008);
    place.dusk(&["prove", "factors", "--witness", "good.toml", "--out", "p.toml"]).exits(0);
    let written = place.read("p.toml");
    for line in ["circuit = \"factors\"", "development = true", "proof = \"", "[public]", "product = 21"] {
        assert!(written.contains(line), "{line} is missing:\n{written}");
    }
    says(&place.dusk(&["prove", "--witness", "bad.toml"]).exits(1), &["`factors / product` does not hold"]);
    let production = place.dusk(&["prove", "--witness", "good.json", "--crs", "production"]).exits(3);
    says(
        &production,
        &["the production parameters are not on this machine", "hint: fetch them with `cargo dusk crs fetch`"],
    );
}

fn keeps_keys(place: &Place) {
    let listed = place.dusk(&["keys", "ls", "--json"]).exits(0).document();
    let entries = listed["entries"].as_array().unwrap();
    let of_circuit: Vec<_> = entries.iter().filter(|entry| entry["circuit"] == "factors").collect();
    let [keys] = of_circuit.as_slice() else { panic!("the keys of one circuit: {listed}") };
    let file = keys["file"].as_str().unwrap();
    let whole = std::fs::read(file).unwrap();
    std::fs::write(file, &whole[..whole.len() / 2]).unwrap();
    says(&place.dusk(&["keys", "verify"]).exits(1), &["damaged"]);
    says(&place.dusk(&["prove", "--witness", "good.json"]).exits(0), &["Making the keys of factors"]);
    says(&place.dusk(&["keys", "verify"]).exits(0), &["all intact"]);
    says(&place.dusk(&["keys", "ls"]).exits(0), &["keys factors", "development"]);
}

fn builds_with_keys(place: &Place) {
    let built = place.dusk(&["build", "--json"]).exits(0).document();
    let circuit = &built["contracts"][0]["circuits"][0];
    assert_eq!((&circuit["name"], &circuit["development"]), (&"factors".into(), &true.into()), "{built}");
    let abi: serde_json::Value = serde_json::from_str(&place.read("target/dusk/vault/abi.json")).unwrap();
    assert_eq!(abi["circuits"][0]["digest"], circuit["digest"]);
    let module = place.dusk(&["inspect", "target/dusk/vault/vault.wasm", "--json"]).exits(0).document();
    assert_eq!(module["build"]["circuits"][0]["digest"], circuit["digest"], "the record names the circuit");
    says(&place.dusk(&["check", "--rules", "mainnet"]).exits(1), &["anyone can forge proofs of factors"]);

    // Without cargo there is no way to build: that it still works shows that nothing is asked.
    let fresh =
        || place.ran(place.command(crate::support::PROGRAM).args(["build", "--json"]).env("CARGO", "/bin/false"));
    assert_eq!(fresh().exits(0).document()["fresh"], true);
    let key = "target/dusk/circuits/factors.verifier";
    let before = std::fs::read(place.at.join(key)).unwrap();
    place.edit(CIRCUIT, "Field::ONE); // 2", "Field::ZERO); // 2");
    let changed = place.dusk(&["build", "--json"]).exits(0).document();
    assert_ne!(changed["contracts"][0]["blake3"], built["contracts"][0]["blake3"], "another circuit, another contract");
    assert_ne!(std::fs::read(place.at.join(key)).unwrap(), before);
    place.edit(CIRCUIT, "Field::ZERO); // 2", "Field::ONE); // 2");
    let back = place.dusk(&["build", "--json"]).exits(0).document();
    assert_eq!(back["contracts"][0]["blake3"], built["contracts"][0]["blake3"], "a build can be repeated");

    // A key that was tampered with is written again.
    place.write(key, "");
    assert_eq!(place.dusk(&["build", "--json"]).exits(0).document()["fresh"], false);
    assert_eq!(std::fs::read(place.at.join(key)).unwrap(), before);
}

fn tests_with_mock_and_real_proofs(place: &Place) {
    let mock = place.dusk(&["test"]).exits(0);
    says(&mock, &["PASS opens_for_a_prover_of_the_factors", " · 2 proofs (mock) · ", "2 passed, 0 failed"]);
    let real = place.dusk(&["test", "--proofs", "real", "--json"]).exits(0).document();
    let test = &real["tests"].as_array().unwrap().iter().find(|test| test["proofs"].is_object()).unwrap()["proofs"];
    assert_eq!((&test["mock"], &test["real"]), (&0.into(), &2.into()), "{real}");
    assert!(!real["tests"].to_string().contains("circuit_factors"), "what serves is no test: {real}");
    let proven = &real["proofs"][0];
    assert_eq!((&proven["circuit"], &proven["proofs"]), (&"factors".into(), &2.into()), "{real}");
    let listed = place.dusk(&["test", "--list"]).exits(0);
    assert_eq!(listed.stdout.lines().count(), 2, "{}", listed.stdout);
}

fn takes_proofs_on_a_chain(place: &Place) {
    let node = RunningNode::start(place, "0");
    let on = |words: &[&str]| place.dusk(&[words, &["--network", &node.url]].concat());
    let twenty_one = format!("15{}", "0".repeat(62));
    on(&["deploy", "--init", &format!("[\"{twenty_one}\"]")]).exits(0);
    let proof = place.read("p.hex");
    let proof = proof.trim();
    assert_eq!(on(&["call", "vault", "open", "--proof", proof, "--json"]).exits(0).document()["result"], 1);
    place.write("other.json", r#"{"product": 22, "left": 11, "right": 2}"#);
    let other = place.dusk(&["prove", "--witness", "other.json", "--json"]).exits(0).document();
    let other = other["proof"].as_str().unwrap();
    says(&on(&["call", "vault", "open", "--proof", other]).exits(1), &["refused: NoFactors (1)"]);
    let flipped = format!("{}{}", &proof[..2014], if proof.ends_with("00") { "01" } else { "00" });
    says(&on(&["call", "vault", "open", "--proof", &flipped]).exits(1), &["hint: "]);
}

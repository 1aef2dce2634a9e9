//! Tests of accepted and refused arguments.

use dusk_sdk_protocol::abi::{SCHEMA_VERSION, TypeDefinition, Variant};
use serde_json::json;

use super::*;

struct TestNames;

impl Names for TestNames {
    fn account(&self, name: &str) -> Result<String, String> {
        if name == "alice" { Ok("address of alice".to_owned()) } else { Err(format!("there is no account `@{name}`")) }
    }

    fn contract(&self, name: &str) -> Result<String, String> {
        if name == "token" { Ok("11".repeat(32)) } else { Err(format!("no contract `{name}`")) }
    }
}

fn field(name: &str, ty: Type) -> Field {
    Field { name: name.to_owned(), doc: String::new(), ty }
}

fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

fn abi() -> ContractAbi {
    let variant = |name: &str, fields| Variant { name: name.to_owned(), doc: String::new(), fields };
    let share = Shape::Struct(vec![field("to", Type::Account), field("amount", Type::Uint(64))]);
    let reason = Shape::Enum(vec![
        variant("Lost", vec![]),
        variant("Court", vec![field("file", Type::Uint(32))]),
        variant("Other", vec![field("0", Type::String)]),
        variant("Pair", vec![field("0", Type::Bool), field("1", Type::Int(8))]),
    ]);
    let types = [
        ("Share", share),
        ("Reason", reason),
        ("Endless", Shape::Struct(vec![field("next", Type::Option(Box::new(named("Endless"))))])),
    ];
    ContractAbi {
        schema: SCHEMA_VERSION,
        name: "register".to_owned(),
        doc: String::new(),
        sdk: "0.1.0".to_owned(),
        init: None,
        functions: vec![],
        events: vec![],
        errors: vec![],
        types: types.map(|(name, shape)| (name.to_owned(), TypeDefinition { doc: String::new(), shape })).into(),
        circuits: vec![],
    }
}

fn check(ty: &Type, value: impl Into<Value>) -> Result<Value, String> {
    let abi = abi();
    let given = Given::Document(json!({ "x": value.into() }));
    let parameters = [field("x", ty.clone())];
    let assembled = Checker::new(&abi, &TestNames).assemble(&parameters, &given);
    assembled.map(|mut assembled| assembled["x"].take()).map_err(|misfit| misfit.to_string())
}

#[test]
fn numbers_keep_to_their_bits() {
    let cases = [
        (Type::Uint(8), json!(255), Some(json!(255))),
        (Type::Uint(8), json!(256), None),
        (Type::Uint(8), json!(-1), None),
        (Type::Uint(8), json!(1.5), None),
        (Type::Uint(64), json!(u64::MAX), Some(json!(u64::MAX))),
        (Type::Uint(64), json!("18446744073709551615"), Some(json!(u64::MAX))),
        (Type::Uint(64), json!("18446744073709551616"), None),
        (Type::Uint(128), json!("340282366920938463463374607431768211455"), Some(json!(u128::MAX.to_string()))),
        (Type::Uint(128), json!("340282366920938463463374607431768211456"), None),
        (Type::Int(8), json!(-128), Some(json!(-128))),
        (Type::Int(8), json!(128), None),
        (Type::Int(64), json!(i64::MIN), Some(json!(i64::MIN))),
        (Type::Int(128), json!(i128::MIN.to_string()), Some(json!(i128::MIN.to_string()))),
        (Type::Uint(32), json!(true), None),
        (Type::Uint(32), json!("ten"), None),
    ];
    for (ty, value, expected) in cases {
        assert_eq!(check(&ty, value.clone()).ok(), expected, "{value} as {ty:?}");
    }
    assert_eq!(check(&Type::Uint(8), json!(300)).unwrap_err(), "x: 300 is not a whole number from 0 to 255");
}

#[test]
fn names_stand_for_accounts_and_contracts() {
    assert_eq!(check(&Type::Account, json!("@alice")), Ok(json!("address of alice")));
    assert_eq!(check(&Type::Account, json!("@bo")).unwrap_err(), "x: there is no account `@bo`");
    let address = bs58::encode([7; 96]).into_string();
    assert_eq!(check(&Type::Account, json!(address)), Ok(json!(address)));
    assert!(check(&Type::Account, json!(bs58::encode([7; 95]).into_string())).is_err());
    assert_eq!(check(&Type::Contract, json!("@token")), Ok(json!("11".repeat(32))));
    assert_eq!(check(&Type::Contract, json!("AB".repeat(32))), Ok(json!("ab".repeat(32))));
    assert!(check(&Type::Contract, json!("ab")).is_err());
    assert_eq!(check(&Type::String, json!("@alice")), Ok(json!("@alice")), "text is text");
}

#[test]
fn compound_values_are_checked_all_the_way_down() {
    let list = Type::List(Box::new(named("Share")));
    let good = json!([{ "to": "@alice", "amount": 3 }]);
    assert_eq!(check(&list, good), Ok(json!([{ "to": "address of alice", "amount": 3 }])));
    let cases = [
        (list.clone(), json!([{ "to": "@alice", "amount": -3 }]), "x[0].amount: "),
        (list.clone(), json!([{ "to": "@alice" }]), "x[0].amount: missing"),
        (list.clone(), json!([{ "to": "@alice", "amount": 1, "tip": 1 }]), "x[0].tip: there is no such field"),
        (list, json!({ "to": "@alice" }), "x: "),
        (Type::Array(Box::new(Type::Bool), 2), json!([true]), "x: [true] is not a list of 2"),
        (Type::Tuple(vec![Type::Bool, Type::Uint(8)]), json!([true, 256]), "x[1]: "),
        (Type::Map(Box::new(Type::Uint(8)), Box::new(Type::Bool)), json!([[1, true], [2, 3]]), "x[1][1]: "),
        (named("Reason"), json!("Stolen"), "x: \"Stolen\" is not one of Lost, Court, Other, Pair"),
        (named("Reason"), json!("Court"), "x: "),
        (named("Reason"), json!({ "Court": { "file": "x" } }), "x.Court.file: "),
        (named("Reason"), json!({ "Lost": 1, "Court": 2 }), "x: "),
        (Type::Bytes, json!("0x0g"), "x: "),
        (Type::FixedBytes(2), json!("000000"), "x: "),
        (Type::Field, json!("00"), "x: "),
    ];
    for (ty, value, begin) in cases {
        let error = check(&ty, value.clone()).unwrap_err();
        assert!(error.starts_with(begin), "{value}: {error}");
    }
    let fits = [
        (named("Reason"), json!("Lost")),
        (named("Reason"), json!({ "Court": { "file": 7 } })),
        (named("Reason"), json!({ "Other": { "0": "text" } })),
        (named("Reason"), json!({ "Pair": { "0": true, "1": -1 } })),
        (Type::Option(Box::new(Type::Bool)), json!(null)),
        (Type::Option(Box::new(Type::Bool)), json!(true)),
        (Type::Opaque("Proof".to_owned()), json!({ "any": 1 })),
        (Type::Unit, json!(null)),
    ];
    for (ty, value) in fits {
        assert_eq!(check(&ty, value.clone()), Ok(value));
    }
}

#[test]
fn fields_without_names_are_taken_in_every_form() {
    let other = json!({ "Other": { "0": "text" } });
    for form in [json!({ "Other": "text" }), other.clone()] {
        assert_eq!(check(&named("Reason"), form), Ok(other.clone()));
    }
    let pair = json!({ "Pair": { "0": true, "1": -1 } });
    for form in [json!({ "Pair": [true, -1] }), pair.clone()] {
        assert_eq!(check(&named("Reason"), form), Ok(pair.clone()));
    }
    for form in [json!({ "Pair": [true] }), json!({ "Pair": { "0": true } }), json!({ "Pair": true }), json!("Pair")] {
        assert!(check(&named("Reason"), form.clone()).is_err(), "{form}");
    }
    assert_eq!(check(&named("Reason"), json!({ "Lost": {} })), Ok(json!("Lost")));
}

#[test]
fn nothing_is_told_from_something_at_every_level() {
    let twice = Type::Option(Box::new(Type::Option(Box::new(Type::Uint(8)))));
    let cases = [
        (twice.clone(), json!(null), json!(null)),
        (twice.clone(), json!({ "Some": null }), json!({ "Some": null })),
        (twice.clone(), json!({ "Some": 3 }), json!({ "Some": 3 })),
        (twice.clone(), json!(3), json!({ "Some": 3 })),
        (Type::Option(Box::new(Type::Unit)), json!({ "Some": null }), json!({ "Some": null })),
        (Type::Option(Box::new(Type::Uint(8))), json!(3), json!(3)),
    ];
    for (ty, given, taken) in cases {
        assert_eq!(check(&ty, given.clone()), Ok(taken), "{given}");
    }
    let text = |ty: &Type, text: &str| {
        let (abi, parameters) = (abi(), [field("x", ty.clone())]);
        let given = Given::Texts([("x".to_owned(), text.to_owned())].into());
        let assembled = Checker::new(&abi, &TestNames).assemble(&parameters, &given);
        assembled.map(|mut assembled| assembled["x"].take()).map_err(|misfit| misfit.to_string())
    };
    let perhaps_text = Type::Option(Box::new(Type::String));
    assert_eq!(text(&perhaps_text, "none"), Ok(json!("none")), "a word is a text");
    assert_eq!(text(&perhaps_text, "null"), Ok(json!(null)));
    assert_eq!(check(&perhaps_text, json!("null")), Ok(json!("null")));
    for (ty, said) in [
        (Type::Option(Box::new(Type::Uint(8))), "none"),
        (Type::Unit, "anything"),
        (twice.clone(), "none"),
        (twice.clone(), r#"{"Some":1,"Some":2}"#),
    ] {
        assert!(text(&ty, said).is_err(), "{said} as {ty:?}");
    }
    assert_eq!(text(&twice, r#"{"Some":null}"#), Ok(json!({ "Some": null })));
    assert_eq!(text(&Type::Unit, "null"), Ok(json!(null)));
}

#[test]
fn a_key_twice_is_refused() {
    let map = Type::Map(Box::new(Type::Uint(8)), Box::new(Type::Bool));
    assert_eq!(check(&map, json!([[1, true], ["1", false]])).unwrap_err(), "x[1]: the key 1 is given twice");
    assert_eq!(check(&map, json!([[1, true], [2, true]])), Ok(json!([[1, true], [2, true]])));
}

#[test]
fn large_numbers_are_numbers_and_no_texts() {
    let abi = abi();
    let given = |ty: &Type, text: &str| {
        let document = exact::read(text, exact::Large::Marked).unwrap();
        let parameters = [field("x", ty.clone())];
        let assembled = Checker::new(&abi, &TestNames).assemble(&parameters, &Given::Document(document));
        assembled.map(|mut assembled| assembled["x"].take()).map_err(|misfit| misfit.to_string())
    };
    let largest = u128::MAX.to_string();
    assert_eq!(given(&Type::Uint(128), &largest), Ok(json!(largest)));
    assert_eq!(given(&Type::Uint(128), &format!("{{\"x\":{largest}}}")), Ok(json!(largest)));
    let list = Type::List(Box::new(Type::Int(128)));
    assert_eq!(given(&list, &format!("[{}]", i128::MIN)), Ok(json!([i128::MIN.to_string()])));
    for ty in [Type::String, Type::Amount, Type::Opaque("Any".to_owned()), Type::Bytes] {
        let error = given(&ty, &largest).unwrap_err();
        assert!(error.starts_with(&format!("x: {largest} is not")), "{error}");
    }
    // The mark of an integer is also a character of texts.
    for text in ["\u{0}123", "\u{0}\u{0}", "\u{0}"] {
        assert_eq!(given(&Type::String, &json!(text).to_string()), Ok(json!(text)));
        assert!(given(&Type::Uint(64), &json!(text).to_string()).is_err());
    }
}

#[test]
fn endless_types_end() {
    let mut value = json!(null);
    for _ in 0..200 {
        value = json!({ "next": value });
    }
    assert!(check(&named("Endless"), value).unwrap_err().ends_with("the type nests too deep"));
}

#[test]
fn flags_and_documents_give_the_same() {
    let abi = abi();
    let checker = Checker::new(&abi, &TestNames);
    let parameters = [field("to", Type::Account), field("amount", Type::Uint(64))];
    let texts = |pairs: &[(&str, &str)]| {
        Given::Texts(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    };
    let expected = json!(["address of alice", 1000]);
    let given = [
        texts(&[("to", "@alice"), ("amount", "1_000")]),
        Given::Document(json!({ "amount": 1000, "to": "@alice" })),
        Given::Document(json!(["@alice", "1000"])),
    ];
    for given in &given {
        assert_eq!(checker.assemble(&parameters, given), Ok(expected.clone()));
    }
    let wrong = [
        (texts(&[("to", "@alice")]), "amount: missing; it is a whole number from 0 to 18446744073709551615"),
        (texts(&[("to", "@alice"), ("amount", "1"), ("tip", "1")]), "tip: there is no such argument"),
        (Given::Document(json!({ "to": "@alice" })), "amount: missing"),
        (Given::Document(json!({ "to": "@alice", "sum": 1 })), "sum: there is no such argument"),
        (Given::Document(json!(["@alice"])), "arguments: [\"@alice\"] does not contain to, amount"),
        (Given::Document(json!(["@alice", 1, 2])), "arguments: [\"@alice\",1,2] does not contain to, amount"),
    ];
    for (given, message) in wrong {
        assert_eq!(checker.assemble(&parameters, &given).unwrap_err().to_string(), message);
    }
    assert_eq!(checker.assemble(&[], &texts(&[])), Ok(Value::Null));
    assert_eq!(checker.assemble(&[], &Given::Document(json!([]))), Ok(Value::Null));
    assert!(checker.assemble(&[], &Given::Document(json!(1))).is_err());
}

#[test]
fn amounts_have_a_unit_where_people_write_them() {
    let abi = abi();
    let checker = Checker::new(&abi, &TestNames);
    let price = [field("price", Type::Amount)];
    let said = |text: &str| {
        let given = Given::Texts([("price".to_owned(), text.to_owned())].into());
        checker.assemble(&price, &given).map_err(|misfit| misfit.to_string())
    };
    let one_billion = Ok(json!({ "price": "1000000000" }));
    for text in ["1DUSK", "1.0", "1_000_000_000 LUX"] {
        assert_eq!(said(text), one_billion, "{text}");
    }
    assert_eq!(said("30"), Err("price: `30` has no unit: write 30DUSK or 30LUX".to_owned()));
    let document = Given::Document(json!({ "price": 30 }));
    assert_eq!(checker.assemble(&price, &document), Ok(json!({ "price": 30 })), "in JSON a number is LUX");
}

#[test]
fn a_single_argument_may_stand_for_itself() {
    let abi = abi();
    let checker = Checker::new(&abi, &TestNames);
    let assemble = |ty: Type, document| checker.assemble(&[field("x", ty)], &Given::Document(document));
    let three = Ok(json!({ "x": 3 }));
    assert_eq!(assemble(Type::Uint(8), json!(3)), three);
    assert_eq!(assemble(Type::Uint(8), json!([3])), three);
    assert_eq!(assemble(Type::Uint(8), json!({ "x": 3 })), three);
    assert_eq!(assemble(Type::List(Box::new(Type::Uint(8))), json!([3])), Ok(json!({ "x": [3] })));
    assert_eq!(assemble(Type::Uint(8), json!({ "y": 3 })).unwrap_err().to_string(), "y: there is no such argument");
    let share = json!({ "to": "@alice", "amount": 3 });
    assert_eq!(assemble(named("Share"), share), Ok(json!({ "x": { "to": "address of alice", "amount": 3 } })));
    let text =
        checker.assemble(&[field("x", named("Reason"))], &Given::Texts([("x".to_owned(), "Lost".to_owned())].into()));
    assert_eq!(text, Ok(json!({ "x": "Lost" })));
}

#[test]
fn raw_names_are_given_without_their_mark() {
    let abi = abi();
    let checker = Checker::new(&abi, &TestNames);
    let raw = [field("r#type", Type::Uint(8))];
    for document in [json!({ "type": 3 }), json!({ "r#type": 3 }), json!(3)] {
        assert_eq!(checker.assemble(&raw, &Given::Document(document)), Ok(json!({ "r#type": 3 })));
    }
    let twice = Given::Document(json!({ "type": 3, "r#type": 3 }));
    assert!(checker.assemble(&raw, &twice).is_err());
}

#[test]
fn descriptions_of_large_types_stay_short() {
    const MAX_DESCRIPTION_BYTES: usize = 2_000;
    let mut abi = abi();
    let many = (0..60_000).map(|place| field(&format!("field_{place}"), Type::Bool)).collect();
    let long = vec![field(&"n".repeat(1 << 20), Type::Bool)];
    for (name, fields) in [("Many", many), ("Long", long)] {
        let definition = TypeDefinition { doc: String::new(), shape: Shape::Struct(fields) };
        abi.types.insert(name.to_owned(), definition);
    }
    let checker = Checker::new(&abi, &TestNames);
    for ty in [named("Many"), named("Long"), Type::Tuple(vec![named("Many"); 60_000])] {
        let text = checker.describe(&ty);
        assert!(text.len() < MAX_DESCRIPTION_BYTES && text.contains('…'), "{} bytes: {text:.200}", text.len());
    }
}

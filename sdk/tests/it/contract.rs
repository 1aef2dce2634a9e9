//! A contract with everything in it, converted natively: the arguments that a client sends, that the contract reads
//! and that the driver makes from JSON are the same bytes.

use dusk_sdk::client::Arguments;
use dusk_sdk::interface::{Described, Interface};
use dusk_sdk::wire::Wire;
use dusk_sdk::{Account, ContractId, Field};
use dusk_sdk_protocol::abi::{ContractAbi, FunctionKind, Shape, Type};
use proptest::prelude::*;

use crate::everything_package::everything;

const INTERFACE: Interface = everything::Everything::INTERFACE;

fn account(seed: u64) -> Account {
    let secret = dusk_core::signatures::bls::SecretKey::from(dusk_core::BlsScalar::from(seed));
    dusk_core::signatures::bls::PublicKey::from(&secret).into()
}

#[test]
fn the_schema_is_the_document_that_tools_read() {
    let abi: ContractAbi = serde_json::from_str(&INTERFACE.schema()).unwrap();
    assert_eq!(abi.name, "dusk-sdk");
    assert_eq!(abi.doc, "Everything that a contract can have.\n\nAnd more.");
    assert_eq!(abi.init, None);
    let names: Vec<_> = abi.functions.iter().map(|f| (f.name.as_str(), f.kind, f.fallible)).collect();
    let expected = [
        ("remember", FunctionKind::Transaction, false),
        ("last", FunctionKind::Query, false),
        ("all", FunctionKind::Transaction, true),
        ("other", FunctionKind::Query, true),
        ("bytes", FunctionKind::Query, false),
        ("call_query", FunctionKind::Query, false),
        ("call_while_changing", FunctionKind::Transaction, true),
        ("panics", FunctionKind::Transaction, false),
    ];
    assert_eq!(names, expected);
    let all = abi.function("all").unwrap();
    assert_eq!(all.doc, "Takes all kinds of arguments.");
    let inputs: Vec<_> = all.inputs.iter().map(|input| (input.name.as_str(), input.ty.clone())).collect();
    let named = |name: &str| Type::Named(name.into());
    let expected = [
        ("to", Type::Account),
        ("points", Type::List(Box::new(named("Point")))),
        ("kinds", Type::List(Box::new(named("Kind")))),
        ("data", Type::Bytes),
        ("digest", Type::FixedBytes(32)),
        ("map", Type::Map(Box::new(named("Point")), Box::new(Type::String))),
        ("root", Type::Field),
        ("amount", Type::Uint(64)),
    ];
    assert_eq!(inputs, expected);
    assert_eq!(all.output, Type::Option(Box::new(named("Kind"))));
    assert_eq!(abi.function("other").unwrap().output, Type::Tuple(vec![Type::Uint(8), Type::Int(64)]));
    assert_eq!(abi.function("remember").unwrap().output, Type::Unit);
    let events: Vec<_> = abi.events.iter().map(|event| (event.topic.as_str(), event.doc.as_str())).collect();
    assert_eq!(events, [("happened", "Something happened."), ("Elsewhere", "Declared elsewhere.")]);
    let errors: Vec<_> = abi.errors.iter().map(|error| (error.code, error.name.as_str())).collect();
    assert_eq!(errors, [(1, "Insufficient"), (7, "Closed"), (8, "After"), (100, "No")]);
    assert_eq!(abi.errors[0].fields[0].name, "held");
    let Shape::Enum(variants) = &abi.types["Kind"].shape else { panic!("{:?}", abi.types["Kind"]) };
    assert_eq!(variants[2].fields[1].ty, Type::Option(Box::new(Type::Uint(64))));
    assert_eq!(variants[2].fields[1].name, "1");
    assert_eq!(abi.types.keys().collect::<Vec<_>>(), ["Elsewhere", "Happened", "Kind", "Point"]);
}

#[test]
fn refusals_have_the_text_that_the_schema_documents() {
    use dusk_sdk::contract::Refusal;
    use everything::{Amount, Other, Refused};

    let abi: ContractAbi = serde_json::from_str(&INTERFACE.schema()).unwrap();
    let insufficient = Refused::Insufficient { held: 3, asked: Amount(1 << 60) }.to_text();
    assert_eq!(insufficient, r#"E1: Insufficient {"held":3,"asked":"1152921504606846976"}"#);
    assert_eq!(abi.error_of(&insufficient).unwrap().0.name, "Insufficient");
    assert_eq!(Refused::Closed.to_text(), "E7: Closed");
    assert_eq!(Refused::After(true).to_text(), r#"E8: After {"0":true}"#);
    assert_eq!(abi.error_of(&Other::No.to_text()).unwrap().0.name, "No");
}

#[test]
fn arguments_are_read_by_name_in_order_or_bare() {
    let bytes = 7u64.to_le_bytes().to_vec();
    for json in ["7", "\"7\"", "[7]", "{\"number\":7}", "{\"number\":\"7\"}", " 7 "] {
        assert_eq!(INTERFACE.encode_input("remember", json).as_ref(), Ok(&bytes), "{json}");
    }
    for json in ["", "null", "[]", "{}"] {
        assert_eq!(INTERFACE.encode_input("last", json), Ok(vec![]), "{json}");
    }
    let pair = Arguments::encode(&(ContractId::from_bytes([1; 32]), -5i64)).unwrap();
    let id = "01".repeat(32);
    for json in [format!("[\"{id}\",-5]"), format!("{{\"n\":\"-5\",\"id\":\"0x{id}\"}}")] {
        assert_eq!(INTERFACE.encode_input("other", &json).as_ref(), Ok(&pair), "{json}");
    }
}

#[test]
fn wrong_arguments_are_refused_with_the_place() {
    let cases = [
        ("remember", "-1", "number: expected u64 (a number, or its decimal digits as a string), found -1"),
        ("remember", "1.5", "number: expected u64 (a number, or its decimal digits as a string), found 1.5"),
        ("remember", "18446744073709551616", "number: expected u64"),
        ("remember", "[1,2]", "number: expected u64"),
        ("remember", "{\"nunber\":1}", "number: expected u64"),
        ("other", "{\"id\":1,\"m\":2}", "`m` is not known here; there are id, n"),
        ("other", "{\"n\":2}", "id: is missing"),
        ("other", "[1]", "expected 2 arguments (id, n), found 1 in a list"),
        ("other", "7", "expected an object with id, n, or a list of them, found 7"),
        ("last", "1", "expected no arguments, found 1"),
        ("all", "{\"points\":[{\"x\":1,\"y\":2},{\"x\":1}]}", "to: is missing"),
        ("nothing", "1", "the contract has no function `nothing`; it has remember, last, all, other, bytes"),
        ("remember", "{", "not JSON: EOF"),
    ];
    for (function, json, expected) in cases {
        let error = INTERFACE.encode_input(function, json).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{function} {json}: {error}");
    }
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(INTERFACE.encode_input("remember", &deep).unwrap_err().to_string().starts_with("not JSON: recursion"));
}

#[test]
fn events_and_results_are_shown_by_name() {
    let event = everything::Happened {
        times: u64::MAX,
        what: vec![everything::Kind::Plain, everything::Kind::Pair(true, None)],
    };
    let json = INTERFACE.decode_event("happened", &event.encode().unwrap()).unwrap();
    assert_eq!(json, r#"{"times":"18446744073709551615","what":["Plain",{"Pair":{"0":true,"1":null}}]}"#);
    assert_eq!(INTERFACE.decode_event("Elsewhere", &[]).unwrap(), "{}");
    assert_eq!(INTERFACE.decode_output("other", &Wire::encode(&(1u8, 2i64)).unwrap()).unwrap(), "[1,2]");
    assert_eq!(INTERFACE.decode_output("remember", &[]).unwrap(), "null");
    assert!(INTERFACE.decode_event("happened", &[0; 3]).is_err());
}

/// The layout of types is fixed: in the order of the source, as in C. (The same bytes in wasm: `wasm.rs`.)
#[test]
fn types_have_these_bytes() {
    use everything::{Amount, Kind, Point};

    assert_eq!(Point { x: 1, y: 2 }.encode().unwrap(), [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(Amount(3).encode().unwrap(), 3u64.to_le_bytes());
    let plain = Kind::Plain.encode().unwrap();
    assert_eq!((plain.len(), plain[0]), (24, 0));
    let named = Kind::Named { id: 0x0102, label: "dusk".into() };
    let golden = [1, 0, 2, 1, b'd', b'u', b's', b'k', 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(named.encode().unwrap(), golden);
}

fn kinds() -> impl Strategy<Value = everything::Kind> {
    use everything::Kind;
    prop_oneof![
        Just(Kind::Plain),
        (any::<u16>(), ".{0,40}").prop_map(|(id, label)| Kind::Named { id, label }),
        (any::<bool>(), any::<Option<u64>>()).prop_map(|(a, b)| Kind::Pair(a, b)),
    ]
}

fn points() -> impl Strategy<Value = everything::Point> {
    (any::<u8>(), any::<u64>()).prop_map(|(x, y)| everything::Point { x, y })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn client_contract_and_driver_agree(
        seed in 1u64..1_000,
        points in prop::collection::vec(points(), 0..5),
        kinds in prop::collection::vec(kinds(), 0..5),
        data in prop::collection::vec(any::<u8>(), 0..50),
        digest in any::<[u8; 32]>(),
        map in prop::collection::btree_map(self::points(), ".{0,20}", 0..8),
        root in any::<u64>(),
        amount in any::<u64>(),
    ) {
        let root = Field::from(root) * Field::from(root) * Field::from(u64::MAX);
        let arguments =
            (account(seed), points, kinds, data, digest, map, root, everything::Amount(amount));
        // The bytes that a client sends: …
        let sent = Arguments::encode(&arguments).unwrap();
        // … is the production encoding of the tuple, …
        prop_assert_eq!(&sent, &Wire::encode(&arguments).unwrap());
        // … which the contract reads, …
        let mut aligned = rkyv::AlignedVec::new();
        aligned.extend_from_slice(&sent);
        let read = <(_, _, _, _, _, _, _, _) as Arguments>::decode_aligned(&aligned).unwrap();
        prop_assert_eq!(&arguments, &read);
        // … and which the driver shows and makes.
        let json = INTERFACE.decode_input("all", &sent).unwrap();
        prop_assert_eq!(INTERFACE.encode_input("all", &json).unwrap(), sent);
    }

    #[test]
    fn no_bytes_disturb_a_decoder(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for function in ["all", "other", "remember", "last"] {
            let _ = INTERFACE.decode_input(function, &bytes);
            let _ = INTERFACE.decode_output(function, &bytes);
        }
        let _ = INTERFACE.decode_event("happened", &bytes);
    }
}

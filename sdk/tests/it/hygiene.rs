//! Any legal name works: of methods, arguments, types, fields, variants, events and errors. (The same in wasm:
//! `wasm.rs`; every name that means something: the package `dusk-sdk-diagnostics`.)
#![allow(non_snake_case, deprecated, reason = "these names are the point")]

use dusk_sdk::contract::Refusal;
use dusk_sdk::interface::{Described, Interface};
use dusk_sdk::wire::Wire;
use dusk_sdk_protocol::abi::{ContractAbi, Type};

use crate::strange_package::strange::{self, Refused, Strange, Tree};

const INTERFACE: Interface = Strange::INTERFACE;

fn schema() -> ContractAbi {
    serde_json::from_str(&INTERFACE.schema()).unwrap()
}

#[test]
fn a_result_is_one_under_every_name() {
    let abi = schema();
    let is = |name: &str| {
        let function = abi.function(name).unwrap();
        (function.fallible, function.output.clone())
    };
    for name in ["add", "add_in_reverse", "associated"] {
        assert_eq!(is(name), (true, Type::Uint(8)), "{name}");
    }
    assert_eq!(is("value"), (false, Type::Uint(64)));
    // A result that a call asks for raw, or that stands inside of another type, is a value.
    assert_eq!(is("raw"), (false, Type::Named("Result".into())));
    assert!(matches!(is("inside"), (false, Type::Option(_))));
    assert!(abi.init.as_ref().unwrap().fallible);
    let errors: Vec<_> = abi.errors.iter().map(|error| (error.code, error.name.as_str())).collect();
    assert_eq!(errors, [(1, "No"), (2, "yield")]);
}

#[test]
fn raw_names_are_plain_for_callers() {
    let abi = schema();
    let function = abi.function("match").unwrap();
    assert_eq!(function.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), ["where", "struct"]);
    let bytes =
        INTERFACE.encode_input("match", r#"{"where":{"fn":{"in":3,"Result":true}},"struct":[["type",1]]}"#).unwrap();
    let shown = INTERFACE.decode_input("match", &bytes).unwrap();
    assert_eq!(shown, r#"{"where":{"fn":{"in":3,"Result":true}},"struct":[["type",1]]}"#);
    assert_eq!(INTERFACE.decode_event("loop", &[8]).unwrap(), r#"{"while":8}"#);
    assert_eq!(Refused::r#yield { r#box: 3 }.to_text(), r#"E2: yield {"box":3}"#);
}

#[test]
fn a_type_may_contain_itself() {
    let tree = |children| Tree { value: 7, children };
    let deep = tree(vec![tree(vec![]), tree(vec![tree(vec![])])]);
    let bytes = deep.encode().unwrap();
    assert_eq!(Tree::decode(&bytes), Ok(deep));
    let json = r#"{"value":7,"children":[{"value":7,"children":[]}]}"#;
    let bytes = INTERFACE.encode_input("size", json).unwrap();
    assert_eq!(INTERFACE.decode_input("size", &bytes).unwrap(), format!("{{\"tree\":{json}}}"));
    let rule = r#"{"All":{"0":["Anybody",{"Named":{"rules":[[1,"Anybody"]]}}]}}"#;
    let bytes = INTERFACE.encode_input("rule", rule).unwrap();
    assert_eq!(INTERFACE.decode_output("rule", &bytes).unwrap(), rule);
}

#[test]
fn what_contains_itself_too_often_is_refused() {
    let mut tree = Tree { value: 0, children: vec![] };
    for value in 1..200 {
        tree = Tree { value, children: vec![tree] };
    }
    let bytes = tree.encode().unwrap();
    assert!(Tree::decode(&bytes).is_err());
}

#[test]
fn a_struct_may_be_wider_than_a_tuple() {
    let json = "[0,1,2,3,4,5,6,7,8,9,10,11,[12,13]]";
    let bytes = INTERFACE.encode_input("wide", json).unwrap();
    assert_eq!(INTERFACE.decode_output("wide", &bytes).unwrap(), json);
    assert!(INTERFACE.encode_input("wide", "[0,1]").unwrap_err().to_string().contains("expected 13 items, found 2"));
    let json = "[0,1,2,3,4,5,6,7,8,9,10,258]";
    let bytes = INTERFACE.encode_input("long", json).unwrap();
    assert_eq!(INTERFACE.decode_output("long", &bytes).unwrap(), json);
}

#[test]
fn documentation_may_hold_anything() {
    assert_eq!(schema().doc, r#"Strange: `"quotes"`, \backslashes\, {braces}, #hashes, */ and é."#);
}

#[test]
fn own_types_may_have_names_of_the_standard_library() {
    let bytes = INTERFACE.encode_input("put", r#"{"at":3,"cell":"Cross"}"#).unwrap();
    assert_eq!(bytes, strange::Cell::Cross.encode().map(|cell| vec![3, cell[0]]).unwrap());
}

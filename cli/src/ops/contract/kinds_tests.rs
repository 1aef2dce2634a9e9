//! One description of shapes: the contract's data driver encodes all accepted texts, and it decodes to the
//! typed ones.
//!
//! The contract below has a function for every kind of type. Random values are made from the description alone, in the
//! forms in which people write them, and go through the checker and the driver's own code and back.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    dead_code,
    unused_variables,
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    clippy::option_option,
    reason = "the contract is made to be described, not read"
)]

use std::cmp::Ordering;

use dusk_sdk::interface::{Described, Interface};
use dusk_sdk_protocol::abi::Function;
use serde_json::json;

use super::*;

mod contract {
    use dusk_sdk::prelude::*;

    #[contract]
    pub mod kinds {
        use super::*;

        #[derive(Default)]
        pub struct Kinds;

        #[contract_type]
        #[derive(Eq, PartialOrd, Ord)]
        pub struct Pair(pub u32, pub u32);

        /// Looks as its field does, which may be `null`.
        #[contract_type]
        pub struct Wrapped(pub Option<u64>);

        #[contract_type]
        pub struct Empty {}

        #[contract_type]
        pub enum Shape {
            Dot,
            Nothing {},
            Circle(u64),
            Oblong(u64, u64),
            Rect { w: u64, h: Option<u64> },
            Of(Pair),
            Some(Option<u8>),
            Wrap(Wrapped),
            Hollow(Empty),
        }

        #[contract_type]
        pub struct Deep {
            pub r#type: Option<Vec<(u8, String)>>,
            pub map: BTreeMap<String, Vec<u8>>,
            pub three: [Option<u16>; 3],
            pub shape: Shape,
            pub twice: Option<Option<Shape>>,
            pub big: i128,
        }

        impl Kinds {
            pub fn u8(&self, n: u8) {}
            pub fn u16(&self, n: u16) {}
            pub fn u32(&self, n: u32) {}
            pub fn u64(&self, n: u64) {}
            pub fn u128(&self, n: u128) {}
            pub fn i8(&self, n: i8) {}
            pub fn i16(&self, n: i16) {}
            pub fn i32(&self, n: i32) {}
            pub fn i64(&self, n: i64) {}
            pub fn i128(&self, n: i128) {}
            pub fn truth(&self, yes: bool) {}
            pub fn text(&self, text: String) {}
            pub fn bytes(&self, bytes: Vec<u8>) {}
            pub fn four(&self, bytes: [u8; 4]) {}
            pub fn contract(&self, id: ContractId) {}
            pub fn field(&self, element: Field) {}
            pub fn nothing(&self) {}
            pub fn perhaps(&self, text: Option<String>) {}
            pub fn perhaps_unit(&self, x: Option<()>) {}
            pub fn twice(&self, x: Option<Option<u8>>) {}
            pub fn thrice(&self, x: Option<Option<Option<String>>>) {}
            pub fn perhaps_shape(&self, x: Option<Shape>) {}
            pub fn twice_shape(&self, x: Option<Option<Shape>>) {}
            pub fn perhaps_wrapped(&self, x: Option<Wrapped>) {}
            pub fn wrapped(&self, w: Wrapped) {}
            pub fn pair(&self, p: Pair) {}
            pub fn empty(&self, e: Empty) {}
            pub fn shape(&self, s: Shape) {}
            pub fn shapes(&self, s: Vec<Shape>) {}
            pub fn deep(&self, d: Deep) {}
            pub fn raw(&self, r#type: u8) {}
            pub fn list(&self, xs: Vec<u32>) {}
            pub fn lists(&self, xs: Vec<Vec<u128>>) {}
            pub fn array(&self, xs: [Option<u16>; 3]) {}
            pub fn lone_tuple(&self, x: (u8,)) {}
            pub fn wide_tuple(&self, x: (u8, i16, u128, bool, String, Option<u8>, Pair, Shape)) {}
            pub fn map(&self, m: BTreeMap<u8, u8>) {}
            pub fn map_words(&self, m: BTreeMap<String, u8>) {}
            pub fn map_pairs(&self, m: BTreeMap<Pair, Option<u8>>) {}
            pub fn set(&self, s: BTreeSet<u8>) {}
            pub fn set_words(&self, s: BTreeSet<String>) {}
            pub fn set_pairs(&self, s: BTreeSet<Pair>) {}
            pub fn sets(&self, s: Vec<BTreeSet<u16>>, m: BTreeMap<u8, Option<BTreeSet<Vec<u8>>>>) {}
            pub fn two(&self, from: Shape, arg_from: Option<u64>) {}
            pub fn eight(&self, a: u8, b: u16, c: u32, d: u64, e: u128, f: bool, g: String, h: Option<Option<u8>>) {}
        }
    }
}

const INTERFACE: Interface = contract::kinds::Kinds::INTERFACE;

/// How many values are made for each function.
const ROUNDS: usize = 200;

/// Numbers from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A value in a form in which people write it, and in the form of the driver.
type Both = (Value, Value);

fn number(dice: &mut Dice, text: String) -> Both {
    let exact = text.trim_start_matches('-').parse::<u64>().is_ok_and(|number| number < 1 << 53);
    let canonical = if exact { exact_number(&text) } else { json!(text) };
    let typed = if dice.coin() {
        json!(text)
    } else {
        crate::ops::exact::read(&text, crate::ops::exact::Large::Marked).unwrap()
    };
    (typed, canonical)
}

fn exact_number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A value of the type.
fn value(dice: &mut Dice, abi: &ContractAbi, ty: &Type) -> Both {
    let wide = |dice: &mut Dice| (u128::from(dice.next()) << 64 | u128::from(dice.next())) >> dice.below(128);
    match ty {
        Type::Unit => (Value::Null, Value::Null),
        Type::Bool => {
            let truth = json!(dice.coin());
            (truth.clone(), truth)
        }
        Type::Uint(bits) => {
            let value = wide(dice) >> (128 - u32::from(*bits));
            number(dice, value.to_string())
        }
        Type::Int(bits) => {
            let value = wide(dice).cast_signed() >> (128 - u32::from(*bits));
            let value = if dice.coin() { value } else { !value };
            number(dice, value.to_string())
        }
        Type::String => {
            let texts = ["", "none", "null", "{\"Some\":1}", "a\u{1b}[31mb", "--json", "ä✓", "7"];
            let text = texts[usize::try_from(dice.below(texts.len() as u64)).unwrap()];
            (json!(text), json!(text))
        }
        Type::Bytes => hexadecimal_bytes(dice, None),
        Type::FixedBytes(length) => hexadecimal_bytes(dice, Some(*length)),
        Type::Contract => hexadecimal_bytes(dice, Some(32)),
        Type::Field => {
            let text = format!("{}00", hex::encode([u8::try_from(dice.below(256)).unwrap(); 31]));
            (json!(text), json!(text))
        }
        Type::Option(inner) => {
            if dice.coin() {
                return (Value::Null, Value::Null);
            }
            let (typed, canonical) = value(dice, abi, inner);
            let some = |value: &Value| json!({ "Some": value });
            if !may_be_null(inner) {
                return (typed, canonical);
            }
            // Bare where it can be told from what is wrapped.
            let bare = !typed.is_null() && typed.get(SOME).is_none() && dice.coin();
            (if bare { typed } else { some(&typed) }, some(&canonical))
        }
        Type::List(inner) => {
            let count = dice.below(4);
            unzipped((0..count).map(|_| value(dice, abi, inner)).collect())
        }
        Type::Set(inner) => {
            let (mut typed, canonical): (Vec<Value>, Vec<Value>) = once_each(dice, abi, inner).into_iter().unzip();
            // People write them in any order.
            if dice.coin() {
                typed.reverse();
            }
            (Value::Array(typed), Value::Array(canonical))
        }
        Type::Array(inner, length) => unzipped((0..*length).map(|_| value(dice, abi, inner)).collect()),
        Type::Tuple(types) => unzipped(types.iter().map(|ty| value(dice, abi, ty)).collect()),
        Type::Map(key, content) => {
            let keys = once_each(dice, abi, key);
            unzipped(keys.into_iter().map(|key| unzipped(vec![key, value(dice, abi, content)])).collect())
        }
        Type::Named(name) => match &abi.types[name].shape {
            Shape::Struct(fields) => struct_of(dice, abi, fields),
            Shape::Enum(variants) => {
                let variant = &variants[usize::try_from(dice.below(variants.len() as u64)).unwrap()];
                variant_of(dice, abi, &variant.name, &variant.fields)
            }
        },
        other => panic!("no value of {other:?} is made here"),
    }
}

/// Different values, in their order.
fn once_each(dice: &mut Dice, abi: &ContractAbi, ty: &Type) -> Vec<Both> {
    let mut values: Vec<Both> = (0..dice.below(4)).map(|_| value(dice, abi, ty)).collect();
    values.sort_by(|(_, a), (_, b)| order(a, b));
    values.dedup_by(|(_, a), (_, b)| a == b);
    values
}

fn hexadecimal_bytes(dice: &mut Dice, length: Option<u32>) -> Both {
    let length = length.map_or_else(|| dice.below(5), u64::from);
    let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
    let typed = if dice.coin() { hex::encode_upper(&bytes) } else { format!("0x{}", hex::encode(&bytes)) };
    (json!(typed), json!(hex::encode(bytes)))
}

fn unzipped(items: Vec<Both>) -> Both {
    let (typed, canonical): (Vec<Value>, Vec<Value>) = items.into_iter().unzip();
    (Value::Array(typed), Value::Array(canonical))
}

/// The fields as an object. Of the typed one a field may be missing that is nothing.
fn struct_of(dice: &mut Dice, abi: &ContractAbi, fields: &[Field]) -> Both {
    let (mut typed, mut canonical) = (Map::new(), Map::new());
    for field in fields {
        let (as_typed, as_canonical) = value(dice, abi, &field.ty);
        if !(as_typed.is_null() && dice.coin()) {
            typed.insert(field.name.clone(), as_typed);
        }
        canonical.insert(field.name.clone(), as_canonical);
    }
    (Value::Object(typed), Value::Object(canonical))
}

fn variant_of(dice: &mut Dice, abi: &ContractAbi, name: &str, fields: &[Field]) -> Both {
    if fields.is_empty() {
        // Which of the two the driver writes depends on the braces of the source.
        let braces = name == "Nothing";
        let canonical = if braces { json!({ name: {} }) } else { json!(name) };
        return (if dice.coin() { json!(name) } else { json!({ name: {} }) }, canonical);
    }
    let (typed, canonical) = struct_of(dice, abi, fields);
    let in_order =
        || -> Vec<Value> { fields.iter().map(|field| typed.get(&field.name).cloned().unwrap_or_default()).collect() };
    let typed = match fields {
        [first, ..] if first.name != FIRST || dice.coin() => match typed.as_object() {
            // By number, every field is written.
            Some(_) if first.name == FIRST => {
                Value::Object(fields.iter().map(|field| field.name.clone()).zip(in_order()).collect())
            }
            _ => typed,
        },
        [_] => in_order().remove(0),
        _ => Value::Array(in_order()),
    };
    (json!({ name: typed }), json!({ name: canonical }))
}

/// The order of values as Rust has it, for the types that are keys here.
fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_u64().cmp(&b.as_u64()),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            a.iter().zip(b).map(|(a, b)| order(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        }
        other => panic!("{other:?} are no keys here"),
    }
}

struct NoNames;

impl Names for NoNames {
    fn account(&self, name: &str) -> Result<String, String> {
        Err(format!("no account {name}"))
    }

    fn contract(&self, name: &str) -> Result<String, String> {
        Err(format!("no contract {name}"))
    }
}

fn abi() -> ContractAbi {
    serde_json::from_str(&INTERFACE.schema()).unwrap()
}

/// Through the checker and the driver, and back.
fn round_trip(abi: &ContractAbi, function: &Function, document: &Value) -> Result<Value, String> {
    let checked = Checker::new(abi, &NoNames).assemble(&function.inputs, &Given::Document(document.clone()));
    let checked = checked.map_err(|misfit| format!("the checker refuses: {misfit}"))?;
    let bytes = INTERFACE.encode_input(&function.name, &checked.to_string());
    let bytes = bytes.map_err(|error| format!("the driver refuses {checked}: {error}"))?;
    Ok(serde_json::from_str(&INTERFACE.decode_input(&function.name, &bytes).unwrap()).unwrap())
}

#[test]
fn what_is_accepted_the_driver_encodes_and_decodes_to_what_was_typed() {
    let abi = abi();
    let mut dice = Dice(9);
    for function in &abi.functions {
        for _ in 0..ROUNDS {
            let (mut typed, mut canonical) = (Map::new(), Map::new());
            for input in &function.inputs {
                let (as_typed, as_canonical) = value(&mut dice, &abi, &input.ty);
                typed.insert(input.name.clone(), as_typed);
                canonical.insert(input.name.clone(), as_canonical);
            }
            let (typed, canonical) = (Value::Object(typed), Value::Object(canonical));
            let found = round_trip(&abi, function, &typed);
            assert_eq!(found.as_ref(), Ok(&canonical), "{} of {typed}", function.name);
            // The driver's own form is read again, by both.
            assert_eq!(round_trip(&abi, function, &canonical).as_ref(), Ok(&canonical), "{}", function.name);
        }
    }
}

#[test]
fn what_the_driver_reads_by_itself_is_what_is_accepted_here() {
    let abi = abi();
    let cases = [
        ("shape", json!({ "Circle": 5 }), Some(json!({ "Circle": { "0": 5 } }))),
        ("shape", json!({ "Circle": { "0": 5 } }), Some(json!({ "Circle": { "0": 5 } }))),
        ("shape", json!({ "Oblong": [1, 2] }), Some(json!({ "Oblong": { "0": 1, "1": 2 } }))),
        ("shape", json!({ "Oblong": [1] }), None),
        ("shape", json!({ "Of": [1, 2] }), Some(json!({ "Of": { "0": [1, 2] } }))),
        ("shape", json!({ "Some": null }), Some(json!({ "Some": { "0": null } }))),
        ("shape", json!({ "Hollow": {} }), Some(json!({ "Hollow": { "0": {} } }))),
        ("shape", json!("Nothing"), Some(json!({ "Nothing": {} }))),
        ("shape", json!("Circle"), None),
        ("twice", json!(null), Some(json!(null))),
        ("twice", json!({ "Some": null }), Some(json!({ "Some": null }))),
        ("twice", json!(7), Some(json!({ "Some": 7 }))),
        ("perhaps_unit", json!({ "Some": null }), Some(json!({ "Some": null }))),
        ("perhaps_wrapped", json!({ "Some": null }), Some(json!({ "Some": null }))),
        ("perhaps_shape", json!({ "Some": 3 }), Some(json!({ "Some": { "0": 3 } }))),
        ("map", json!([[1, 1], [1, 2]]), None),
        ("map_words", json!([["a", 1], ["a", 2]]), None),
        ("set", json!([1, 1]), None),
        ("u8", json!([[1]]), None),
        ("raw", json!(3), Some(json!(3))),
    ];
    for (name, given, expected) in cases {
        let function = abi.function(name).unwrap();
        let input = &function.inputs[0].name;
        let document = json!({ input: given });
        let here = round_trip(&abi, function, &document).ok().map(|mut found| found[input].take());
        assert_eq!(here, expected, "{name} of {given}, here");
        let bytes = INTERFACE.encode_input(name, &document.to_string()).ok();
        let there = bytes.map(|bytes| INTERFACE.decode_input(name, &bytes).unwrap());
        let there = there.map(|text| serde_json::from_str::<Value>(&text).unwrap()[input].take());
        assert_eq!(there, expected, "{name} of {given}, by the driver alone");
    }
    for twice in [r#"{"n":1,"n":2}"#, r#"{"d":{"big":1,"big":2}}"#] {
        let name = if twice.contains("\"n\"") { "u8" } else { "deep" };
        let error = INTERFACE.encode_input(name, twice).unwrap_err().to_string();
        assert!(error.contains("is given twice"), "{error}");
    }
    assert_eq!(abi.function("raw").unwrap().inputs[0].name, "type");
}

/// Numbers as programs and people write them, good and bad.
const NUMBERS: [&str; 54] = [
    "0",
    "-0",
    "1",
    "-1",
    "+1",
    "01",
    "00",
    "127",
    "128",
    "255",
    "256",
    "-128",
    "-129",
    "1.0",
    "1.5",
    "-1.0",
    "1e3",
    "1E3",
    "1e-3",
    "1e21",
    "1e400",
    "9007199254740991",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "170141183460469231731687303715884105727",
    "-170141183460469231731687303715884105728",
    "-170141183460469231731687303715884105729",
    "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456",
    "1_000",
    "_",
    "1,000",
    "0x10",
    "0b1",
    "1n",
    "1u8",
    " 1",
    "1 ",
    "",
    "-",
    "--1",
    "NaN",
    "Infinity",
    "-Infinity",
    "null",
    "true",
    "[1]",
    "{}",
    "\u{663}",
    "1\u{0}",
];

/// The integer that a text is, whatever its size.
fn integer_of(text: &str) -> Option<Result<u128, i128>> {
    let text = text.replace('_', "");
    let signed = || text.parse::<i128>().ok().map(|number| u128::try_from(number).map_err(|_| number));
    text.parse().map(Ok).ok().or_else(signed)
}

/// Each of them as a JSON number and as a JSON text, through the checker and through the driver alone, and as a word of
/// the command line: an accepted number is the one that was written.
#[test]
fn numbers_are_what_was_written_or_refused() {
    let abi = abi();
    let mut accepted = 0;
    for name in ["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128"] {
        let function = abi.function(name).unwrap();
        let decoded = |bytes: &[u8]| {
            let text = INTERFACE.decode_input(name, bytes).unwrap();
            let value = serde_json::from_str::<Value>(&text).unwrap()[&function.inputs[0].name].take();
            integer_of(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap()
        };
        for number in NUMBERS {
            for (json, is_text) in [(number.to_owned(), false), (json!(number).to_string(), true)] {
                let document = format!("{{\"n\":{json}}}");
                let driver = INTERFACE.encode_input(name, &document).ok().map(|bytes| decoded(&bytes));
                let document = crate::ops::exact::read(&document, crate::ops::exact::Large::Marked).ok();
                let checked = document.map(|document| {
                    Checker::new(&abi, &NoNames).assemble(&function.inputs, &Given::Document(document))
                });
                let checked = checked.and_then(Result::ok);
                // The driver encodes all that the checker accepts.
                let checked = checked.map(|value| decoded(&INTERFACE.encode_input(name, &value.to_string()).unwrap()));
                // Around numbers JSON has blanks, and underscores nowhere.
                let text = if is_text { number } else { number.trim() };
                let written = integer_of(text).filter(|_| !number.contains('_'));
                for found in [driver, checked].into_iter().flatten() {
                    assert_eq!(Some(found), written, "{name} of {json}");
                    accepted += 1;
                }
                // Of numbers beyond 64 bits JSON's usual reader keeps a part; the driver refuses these.
                let is_large = !is_text && number.trim_start_matches('-').len() > 18;
                assert!(
                    driver == checked || (is_large && driver.is_none()),
                    "{name} of {json}: {driver:?} / {checked:?}"
                );
            }
            let texts = Given::Texts([("n".to_owned(), number.to_owned())].into());
            if let Ok(value) = Checker::new(&abi, &NoNames).assemble(&function.inputs, &texts) {
                let bytes = INTERFACE.encode_input(name, &value.to_string()).unwrap();
                assert_eq!(Some(decoded(&bytes)), integer_of(number), "{name} of the word {number}");
            }
        }
    }
    assert!(accepted > 200, "{accepted} of them are numbers");
}

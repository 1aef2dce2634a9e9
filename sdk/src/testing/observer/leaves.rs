//! Values split into parts with a place each, which are compared one by one.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_sdk_circuit::PROOF_BYTES;
use serde_json::Value;

use crate::interface::{Shape, Type, Types};

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Leaf {
    /// Its place as findings show it: `outputs[1].commitment`.
    pub(super) place: String,
    /// Its place without the numbers of elements, by which it is declared.
    pub(super) path: Vec<String>,
    /// The named types that it is in.
    pub(super) types: Vec<String>,
    /// Whether it is as long as a proof.
    pub(super) is_proof: bool,
    /// Whether it is the length of a list, or shows whether an optional value is present.
    pub(super) is_size: bool,
    /// The value as text.
    pub(super) text: String,
    /// The value as bytes.
    pub(super) bytes: Vec<u8>,
}

/// The parts of values, with the types that a contract's interface gives them.
pub(super) struct Leaves<'a> {
    types: &'a Types,
    found: Vec<Leaf>,
}

impl<'a> Leaves<'a> {
    pub(super) fn new(types: &'a Types) -> Self {
        Self { types, found: Vec::new() }
    }

    /// Adds the parts of a value under a name; an empty name for a value that is the whole.
    pub(super) fn add(&mut self, name: &str, value: &Value, ty: &Type) {
        let mut at = Leaf::default();
        if !name.is_empty() {
            at = step(&at, name);
        }
        self.walk(&at, value, ty);
    }

    pub(super) fn into_found(self) -> Vec<Leaf> {
        self.found
    }

    fn walk(&mut self, at: &Leaf, value: &Value, ty: &Type) {
        match (ty, value) {
            (Type::Option(_), Value::Null) => self.size(at, "none"),
            (Type::Option(inner), value) => {
                self.size(at, "some");
                self.walk(at, value, inner);
            }
            (Type::List(inner) | Type::Set(inner) | Type::Array(inner, _), Value::Array(items)) => {
                self.size(at, &count(items.len()));
                for (index, item) in items.iter().enumerate() {
                    self.walk(&element(at, index), item, inner);
                }
            }
            (Type::Tuple(types), Value::Array(items)) => {
                for (index, (item, ty)) in items.iter().zip(types).enumerate() {
                    self.walk(&step(at, &index.to_string()), item, ty);
                }
            }
            (Type::Map(key, held), Value::Array(pairs)) => {
                self.size(at, &count(pairs.len()));
                for (index, pair) in pairs.iter().enumerate() {
                    self.walk(&step(&element(at, index), "key"), &pair[0], key);
                    self.walk(&step(&element(at, index), "value"), &pair[1], held);
                }
            }
            (Type::Named(name), value) => self.named(at, name, value),
            (ty, value) => self.leaf(at, value, matches!(ty, Type::FixedBytes(bytes) if is_proof(*bytes))),
        }
    }

    fn named(&mut self, at: &Leaf, name: &str, value: &Value) {
        let mut at = at.clone();
        at.types.push(name.to_owned());
        let types = self.types;
        match (types.0.iter().find(|known| known.name == name).map(|known| &known.shape), value) {
            (Some(Shape::Struct(fields)), Value::Object(object)) => {
                for field in fields {
                    if let Some(value) = object.get(field.name) {
                        self.walk(&step(&at, field.name), value, &field.ty);
                    }
                }
            }
            (Some(Shape::Struct(fields)), Value::Array(items)) => {
                for (field, item) in fields.iter().zip(items) {
                    self.walk(&step(&at, field.name), item, &field.ty);
                }
            }
            (Some(Shape::Struct(fields)), value) if fields.len() == 1 => self.walk(&at, value, &fields[0].ty),
            (Some(Shape::Enum(variants)), Value::Object(object)) => {
                for (variant, value) in object {
                    self.leaf(&at, &Value::String(variant.clone()), false);
                    let fields =
                        variants.iter().find(|known| known.name == variant).map_or(&[][..], |it| it.fields.as_slice());
                    for field in fields {
                        if let Some(value) = value.get(field.name) {
                            self.walk(&step(&step(&at, variant), field.name), value, &field.ty);
                        }
                    }
                }
            }
            (_, value) => self.leaf(&at, value, false),
        }
    }

    fn leaf(&mut self, at: &Leaf, value: &Value, is_proof: bool) {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let bytes = unhex(&text).unwrap_or_else(|| match value.as_u64() {
            Some(number) => number.to_le_bytes().to_vec(),
            None => text.clone().into_bytes(),
        });
        self.found.push(Leaf { text, bytes, is_proof, ..at.clone() });
    }

    fn size(&mut self, at: &Leaf, text: &str) {
        self.found.push(Leaf { text: text.to_owned(), is_size: true, ..at.clone() });
    }
}

/// Bytes of which nothing is known.
pub(super) fn raw(bytes: &[u8]) -> Leaf {
    let mut text = String::with_capacity(bytes.len() * 2);
    crate::text::push_hex(&mut text, bytes);
    Leaf { text, bytes: bytes.to_vec(), ..Leaf::default() }
}

fn count(elements: usize) -> String {
    if elements == 1 { "1 element".to_owned() } else { format!("{elements} elements") }
}

/// Whether so many bytes are a proof: no other value of a contract has just this length.
fn is_proof(bytes: u32) -> bool {
    bytes as usize == PROOF_BYTES
}

fn step(at: &Leaf, name: &str) -> Leaf {
    let mut next = at.clone();
    if !next.place.is_empty() {
        next.place.push('.');
    }
    next.place.push_str(name);
    next.path.push(name.to_owned());
    next
}

fn element(at: &Leaf, index: usize) -> Leaf {
    let mut next = at.clone();
    next.place.push_str(&format!("[{index}]"));
    next
}

/// The bytes of hexadecimal text. Text of under eight digits may as well be a number or a word.
fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() < 8 || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

//! The description of a contract that tools read: `abi.json`.
//!
//! The contract's own data driver writes it (`get_schema`), so it never disagrees with the code. The command line
//! derives flags and help from it. Explorers use it to show calls and events.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// The version of this document's format.
pub const SCHEMA_VERSION: u32 = 1;

/// A contract as its callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractAbi {
    /// The version of this document's format: [`SCHEMA_VERSION`].
    pub schema: u32,
    /// The contract's name: the name of its package.
    pub name: String,
    /// The documentation of the contract's module.
    #[serde(default)]
    pub doc: String,
    /// The version of the SDK that wrote this.
    pub sdk: String,
    /// The constructor. Absent if the first state is the state's default.
    #[serde(default)]
    pub init: Option<Function>,
    /// All callable functions, in the order of the source.
    pub functions: Vec<Function>,
    /// All events, in the order of the source.
    #[serde(default)]
    pub events: Vec<Event>,
    /// The errors with which the contract may revert calls, in the order of the source.
    #[serde(default)]
    pub errors: Vec<ErrorVariant>,
    /// The named types of these functions, events and errors.
    #[serde(default)]
    pub types: BTreeMap<String, TypeDefinition>,
    /// The circuits whose proofs it verifies. The build adds them, because the data driver does not know keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circuits: Vec<CircuitKey>,
}

impl ContractAbi {
    /// The function of this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The event with this topic.
    #[must_use]
    pub fn event(&self, topic: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.topic == topic)
    }

    /// The error whose code begins `panic_text`, and the rest of the text.
    ///
    /// A returned error reaches the chain as a panic with the text `E<code>: <name> …` (see [`ErrorVariant`]).
    #[must_use]
    pub fn error_of<'a>(&self, panic_text: &'a str) -> Option<(&ErrorVariant, &'a str)> {
        let (code, rest) = split_error(panic_text)?;
        self.errors.iter().find(|error| error.code == code).map(|error| (error, rest))
    }
}

/// Splits the panic text of a returned error into its code and what follows.
#[must_use]
pub fn split_error(panic_text: &str) -> Option<(u32, &str)> {
    let (code, rest) = panic_text.strip_prefix('E')?.split_once(": ")?;
    Some((code.parse().ok()?, rest))
}

/// A circuit whose verifier key is in a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircuitKey {
    /// The circuit's name.
    pub name: String,
    /// The digest of its layout, in hexadecimal.
    pub digest: String,
    /// The id of the parameters (CRS) that its keys were made with, in hexadecimal.
    pub parameters: String,
    /// Whether these are the development parameters, under which anyone can forge proofs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub development: bool,
    /// The number of its gates.
    pub gates: u64,
}

/// A callable function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// The exported name.
    pub name: String,
    /// Its documentation.
    #[serde(default)]
    pub doc: String,
    /// Whether it changes the state.
    pub kind: FunctionKind,
    /// Its arguments. No arguments are encoded as `()`, one as itself, several as a tuple in this order.
    pub inputs: Vec<Field>,
    /// The type of its result, if it does not revert.
    pub output: Type,
    /// Whether it may revert with one of the contract's errors.
    #[serde(default)]
    pub fallible: bool,
    /// The type of the items that it feeds. A data driver's `decode_output_fn` then decodes one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feeds: Option<Type>,
}

/// The access of a function to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FunctionKind {
    /// Runs once, at deployment.
    Init,
    /// Reads (`&self`).
    Query,
    /// Changes (`&mut self`).
    Transaction,
}

/// A named value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The topic under which it is emitted.
    pub topic: String,
    /// Its documentation.
    #[serde(default)]
    pub doc: String,
    /// The type of its data.
    pub data: Type,
}

/// An error with which a contract may revert a call.
///
/// If a method returns this error, the call panics with the text `E<code>: <name>`. If the variant has fields, a space
/// and the fields as JSON follow: `E1: Insufficient {"held":3}`. The panic reverts the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorVariant {
    /// Its code, unique in the contract.
    pub code: u32,
    /// The name of the variant.
    pub name: String,
    /// Its documentation.
    #[serde(default)]
    pub doc: String,
    /// Its fields.
    #[serde(default)]
    pub fields: Vec<Field>,
}

/// A type, as JSON sees it.
///
/// A reader turns a form that this version does not know into [`Type::Opaque`], so that it can still call newer
/// contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// `()`: JSON `null`.
    Unit,
    /// `bool`.
    Bool,
    /// An unsigned integer of 8, 16, 32, 64 or 128 bits: a JSON number, or a decimal string.
    Uint(u8),
    /// A signed integer of 8, 16, 32, 64 or 128 bits: a JSON number, or a decimal string.
    Int(u8),
    /// Text.
    String,
    /// Bytes of any length: a hexadecimal string.
    Bytes,
    /// That many bytes: a hexadecimal string.
    FixedBytes(u32),
    /// A public account: base58 text of 96 bytes.
    Account,
    /// A contract id: a hexadecimal string of 32 bytes.
    Contract,
    /// An account or a contract: the text of the one or the other.
    Principal,
    /// An amount of money: a decimal string of LUX (10⁻⁹ DUSK). Data drivers also read `"2.5 DUSK"`.
    Amount,
    /// A BLS12-381 scalar: a hexadecimal string of 32 bytes, little-endian.
    Field,
    /// A value that may be absent: itself or `null`.
    Option(Box<Type>),
    /// A list.
    List(Box<Type>),
    /// A set: a JSON array without duplicate values, in any order.
    Set(Box<Type>),
    /// A list of fixed length.
    Array(Box<Type>, u32),
    /// A tuple: a JSON array.
    Tuple(Vec<Type>),
    /// A map: a JSON array of pairs.
    Map(Box<Type>, Box<Type>),
    /// A type of [`ContractAbi::types`].
    Named(String),
    /// A type of an unknown form, by its name. Readers pass its JSON values on unchanged.
    Opaque(String),
}

/// The lengths of integers in bits. Those of others are not known to anyone who reads values.
const INTEGER_BITS: [u8; 5] = [8, 16, 32, 64, 128];

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Type;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a type, or an object with one")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Type, E> {
                Ok(match name {
                    "unit" => Type::Unit,
                    "bool" => Type::Bool,
                    "string" => Type::String,
                    "bytes" => Type::Bytes,
                    "account" => Type::Account,
                    "contract" => Type::Contract,
                    "principal" => Type::Principal,
                    "amount" => Type::Amount,
                    "field" => Type::Field,
                    unknown => Type::Opaque(unknown.to_owned()),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Type, A::Error> {
                let name: String = map.next_key()?.ok_or_else(|| A::Error::custom("a type has a name"))?;
                let ty = match name.as_str() {
                    "uint" | "int" => {
                        let bits: u8 = map.next_value()?;
                        match name.as_str() {
                            _ if !INTEGER_BITS.contains(&bits) => Type::Opaque(format!("{name} of {bits} bits")),
                            "uint" => Type::Uint(bits),
                            _ => Type::Int(bits),
                        }
                    }
                    "fixedbytes" => Type::FixedBytes(map.next_value()?),
                    "option" => Type::Option(map.next_value()?),
                    "list" => Type::List(map.next_value()?),
                    "set" => Type::Set(map.next_value()?),
                    "array" => {
                        let (ty, length) = map.next_value()?;
                        Type::Array(ty, length)
                    }
                    "tuple" => Type::Tuple(map.next_value()?),
                    "map" => {
                        let (key, value) = map.next_value()?;
                        Type::Map(key, value)
                    }
                    "named" => Type::Named(map.next_value()?),
                    "opaque" => Type::Opaque(map.next_value()?),
                    _ => {
                        map.next_value::<IgnoredAny>()?;
                        Type::Opaque(name)
                    }
                };
                match map.next_key::<IgnoredAny>()? {
                    None => Ok(ty),
                    Some(_) => Err(A::Error::custom("a type has one name")),
                }
            }
        }

        deserializer.deserialize_any(Form)
    }
}

/// A named type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeDefinition {
    /// Its documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Its shape.
    #[serde(flatten)]
    pub shape: Shape,
}

/// The shape of a named type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A struct: a JSON object.
    Struct(Vec<Field>),
    /// An enum: a JSON string for a variant without fields, else an object with the variant's name as its only key.
    Enum(Vec<Variant>),
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Its fields. The fields of a tuple variant are named `0`, `1`, ….
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returned_errors_are_told_from_other_panics() {
        assert_eq!(split_error("E3: AlreadyUsed"), Some((3, "AlreadyUsed")));
        assert_eq!(split_error("E1: Insufficient {\"held\":3}"), Some((1, "Insufficient {\"held\":3}")));
        for other in ["", "E", "E: x", "Ex: y", "Error: z", "overflow", "E4294967296: x"] {
            assert_eq!(split_error(other), None, "{other}");
        }
    }

    #[test]
    fn types_are_read_as_they_are_written_and_unknown_forms_stay_opaque() {
        let list = |ty: Type| Type::List(Box::new(ty));
        let all = [
            Type::Unit,
            Type::Bool,
            Type::Uint(128),
            Type::Int(8),
            Type::String,
            Type::Bytes,
            Type::FixedBytes(u32::MAX),
            Type::Account,
            Type::Contract,
            Type::Principal,
            Type::Amount,
            Type::Field,
            Type::Option(Box::new(Type::Unit)),
            list(Type::Bool),
            Type::Set(Box::new(list(Type::String))),
            Type::Array(Box::new(Type::Field), 3),
            Type::Tuple(vec![Type::Unit, list(Type::Unit)]),
            Type::Map(Box::new(Type::String), Box::new(Type::Bytes)),
            Type::Named("unit".to_owned()),
            Type::Opaque("list".to_owned()),
        ];
        for ty in all {
            let text = serde_json::to_string(&ty).unwrap();
            assert_eq!(serde_json::from_str::<Type>(&text).unwrap(), ty, "{text}");
        }
        for (text, name) in [("\"instant\"", "instant"), (r#"{"matrix":[{"uint":8},3,3]}"#, "matrix")] {
            assert_eq!(serde_json::from_str::<Type>(text).unwrap(), Type::Opaque(name.to_owned()), "{text}");
        }
        for name in ["uint", "int"] {
            for bits in [0, 1, 7, 65, 129, 255] {
                let ty = serde_json::from_str::<Type>(&format!("{{\"{name}\":{bits}}}")).unwrap();
                assert_eq!(ty, Type::Opaque(format!("{name} of {bits} bits")));
            }
        }
        let wrong = ["{}", "7", "null", r#"{"list":"bool","set":"bool"}"#, r#"{"uint":-1}"#, r#"{"array":["bool"]}"#];
        for text in wrong {
            assert!(serde_json::from_str::<Type>(text).is_err(), "{text}");
        }
    }
}

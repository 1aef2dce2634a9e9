//! Arguments as people write them, checked against the contract's description before anything is sent.
//!
//! The forms are those of the contract's data driver (the book's page "The contract's interface"). The driver encodes
//! all accepted forms, and decodes to the same again. Forms that could mean two things are refused.

use std::collections::{BTreeMap, BTreeSet};

use dusk_sdk_protocol::abi::{ContractAbi, Field, Shape, Type};
use serde_json::{Map, Number, Value};

use super::amount;
use crate::ops::exact;

/// How deep types may nest. A description could name itself.
const MAX_DEPTH: usize = 64;
/// How long a list of names or types in a description grows before the rest is left out. No part has more characters.
const MAX_JOINED_BYTES: usize = 500;
/// The key of an optional value that may itself be nothing.
const SOME: &str = "Some";
/// The name of the first field where fields have no names.
const FIRST: &str = "0";

/// Turns names that begin with `@` into what they stand for.
pub(crate) trait Names {
    /// The address of an account.
    ///
    /// # Errors
    /// Why the name stands for nothing.
    fn account(&self, name: &str) -> Result<String, String>;
    /// The id of a contract.
    ///
    /// # Errors
    /// Why the name stands for nothing.
    fn contract(&self, name: &str) -> Result<String, String>;
}

/// An argument that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub(crate) struct Misfit {
    /// Where: `amount`, `receivers[2].share`.
    pub(crate) path: String,
    /// The fault.
    pub(crate) problem: String,
}

/// Checks and completes values for one contract.
pub(crate) struct Checker<'a> {
    abi: &'a ContractAbi,
    names: &'a dyn Names,
}

impl<'a> Checker<'a> {
    /// For this contract, with these names.
    pub(crate) fn new(abi: &'a ContractAbi, names: &'a dyn Names) -> Self {
        Self { abi, names }
    }

    /// One JSON value from the parameters' values, as data drivers take it: nothing is `null`, one value has its name,
    /// because it could itself look like an object of arguments; several are an array.
    pub(crate) fn assemble(&self, parameters: &[Field], given: &Given) -> Result<Value, Misfit> {
        let values = match given {
            Given::Texts(texts) => self.read_texts(parameters, texts)?,
            Given::Document(document) => spread(parameters, document)?,
        };
        let mut checked = Vec::with_capacity(values.len());
        for (parameter, value) in parameters.iter().zip(values) {
            checked.push(self.check(&parameter.ty, value, &parameter.name, MAX_DEPTH)?);
        }
        Ok(match checked.len() {
            0 => Value::Null,
            1 => Value::Object(Map::from_iter([(parameters[0].name.clone(), checked.remove(0))])),
            _ => Value::Array(checked),
        })
    }

    fn read_texts(&self, parameters: &[Field], texts: &BTreeMap<String, String>) -> Result<Vec<Value>, Misfit> {
        if let Some(surplus) = texts.keys().find(|name| parameters.iter().all(|parameter| parameter.name != **name)) {
            return Err(misfit(surplus, "there is no such argument"));
        }
        parameters
            .iter()
            .map(|parameter| {
                let text = texts.get(&parameter.name);
                let text = text.ok_or_else(|| {
                    misfit(&parameter.name, format!("missing; it is {}", self.describe(&parameter.ty)))
                })?;
                self.read_text(&parameter.ty, text, &parameter.name)
            })
            .collect()
    }

    /// Text of a flag as JSON: a text that is not clearly one is read as JSON.
    fn read_text(&self, ty: &Type, text: &str, path: &str) -> Result<Value, Misfit> {
        match ty {
            Type::String
            | Type::Bytes
            | Type::FixedBytes(_)
            | Type::Account
            | Type::Contract
            | Type::Principal
            | Type::Field => Ok(Value::String(text.to_owned())),
            Type::Amount => {
                let lux = amount::lux(text).map_err(|problem| misfit(path, problem))?;
                Ok(Value::String(lux.to_string()))
            }
            Type::Uint(_) | Type::Int(_) => Ok(Value::String(text.replace('_', ""))),
            // A text that says `null` can only be given as JSON.
            Type::Option(_) if text == "null" => Ok(Value::Null),
            Type::Option(inner) if !may_be_null(inner) => self.read_text(inner, text, path),
            Type::Named(name) if self.is_plain_enum(name) && !text.starts_with(['"', '{']) => {
                Ok(Value::String(text.to_owned()))
            }
            _ => exact::read(text, exact::Large::Marked)
                .map_err(|error| misfit(path, format!("is not JSON ({error}); it is {}", self.describe(ty)))),
        }
    }

    fn is_plain_enum(&self, name: &str) -> bool {
        matches!(self.abi.types.get(name).map(|definition| &definition.shape), Some(Shape::Enum(_)))
    }

    /// The value, if it fits the type; names replaced, numbers in the form that data drivers take.
    fn check(&self, ty: &Type, value: Value, path: &str, depth: usize) -> Result<Value, Misfit> {
        if depth == 0 {
            return Err(misfit(path, "the type nests too deep"));
        }
        let wrong = |value: &Value| misfit(path, format!("{} is not {}", shortened(value), self.describe(ty)));
        match (ty, value) {
            (Type::Unit, Value::Null) => Ok(Value::Null),
            (Type::Bool, value @ Value::Bool(_)) => Ok(value),
            (Type::String | Type::Opaque(_) | Type::Amount, value) if exact::has_marks(&value) => Err(wrong(&value)),
            (Type::String, value @ Value::String(_)) | (Type::Opaque(_), value) => Ok(exact::plain(value)),
            (Type::Uint(bits), value) => integer(&value, *bits, false).ok_or_else(|| wrong(&value)),
            (Type::Int(bits), value) => integer(&value, *bits, true).ok_or_else(|| wrong(&value)),
            (Type::Bytes, Value::String(text)) => hexadecimal(&text, None).ok_or_else(|| wrong(&Value::String(text))),
            (Type::FixedBytes(length), Value::String(text)) => {
                hexadecimal(&text, usize::try_from(*length).ok()).ok_or_else(|| wrong(&Value::String(text)))
            }
            (Type::Field, Value::String(text)) => {
                hexadecimal(&text, Some(32)).ok_or_else(|| wrong(&Value::String(text)))
            }
            (Type::Account, Value::String(text)) => match text.strip_prefix('@') {
                Some(name) => self.names.account(name).map(Value::String).map_err(|problem| misfit(path, problem)),
                None if is_address(&text) => Ok(Value::String(text)),
                None => Err(wrong(&Value::String(text))),
            },
            (Type::Contract, Value::String(text)) => match text.strip_prefix('@') {
                Some(name) => self.names.contract(name).map(Value::String).map_err(|problem| misfit(path, problem)),
                None => hexadecimal(&text, Some(32)).ok_or_else(|| wrong(&Value::String(text))),
            },
            (Type::Principal, Value::String(text)) => match text.strip_prefix('@') {
                // A name is an account's where there is one of that name.
                Some(name) => match self.names.account(name) {
                    Ok(account) => Ok(Value::String(account)),
                    Err(problem) => self.names.contract(name).map(Value::String).map_err(|_| misfit(path, problem)),
                },
                None if is_address(&text) => Ok(Value::String(text)),
                None => hexadecimal(&text, Some(32)).ok_or_else(|| wrong(&Value::String(text))),
            },
            // In JSON a number is LUX; the data driver reads the unit of a text.
            (Type::Amount, value @ (Value::String(_) | Value::Number(_))) => Ok(value),
            (Type::Option(_), Value::Null) => Ok(Value::Null),
            (Type::Option(inner), value) if may_be_null(inner) => {
                let value = match value {
                    Value::Object(mut object) if object.len() == 1 && object.contains_key(SOME) => {
                        object.remove(SOME).unwrap_or_default()
                    }
                    bare => bare,
                };
                let value = self.check(inner, value, path, depth - 1)?;
                Ok(Value::Object(Map::from_iter([(SOME.to_owned(), value)])))
            }
            (Type::Option(inner), value) => self.check(inner, value, path, depth - 1),
            (Type::List(inner), Value::Array(items)) => self.check_all(inner, items, path, depth),
            (Type::Set(inner), Value::Array(items)) => {
                let items = self.check_all(inner, items, path, depth)?;
                each_once(&items, path, "value", |item| item)?;
                Ok(items)
            }
            (Type::Array(inner, length), Value::Array(items)) if u32::try_from(items.len()) == Ok(*length) => {
                self.check_all(inner, items, path, depth)
            }
            (Type::Tuple(types), Value::Array(items)) if items.len() == types.len() => {
                let items = types.iter().zip(items).enumerate();
                items.map(|(place, (ty, item))| self.check(ty, item, &format!("{path}[{place}]"), depth - 1)).collect()
            }
            (Type::Map(key, value), Value::Array(pairs)) => {
                let pair = Type::Tuple(vec![(**key).clone(), (**value).clone()]);
                let pairs = self.check_all(&pair, pairs, path, depth)?;
                each_once(&pairs, path, "key", |pair| &pair[0])?;
                Ok(pairs)
            }
            (Type::Named(name), value) => match self.abi.types.get(name).map(|definition| &definition.shape) {
                Some(Shape::Struct(fields)) => self.check_fields(fields, value, path, depth),
                Some(Shape::Enum(variants)) => {
                    let (variant, fields) = match &value {
                        Value::String(variant) => (variant.clone(), None),
                        Value::Object(object) if object.len() == 1 => {
                            let (variant, fields) = object.iter().next().ok_or_else(|| wrong(&value))?;
                            (variant.clone(), Some(fields.clone()))
                        }
                        _ => return Err(wrong(&value)),
                    };
                    let known = variants.iter().find(|known| known.name == variant).ok_or_else(|| wrong(&value))?;
                    match fields {
                        None if known.fields.is_empty() => Ok(value),
                        Some(Value::Object(none)) if known.fields.is_empty() && none.is_empty() => {
                            Ok(Value::String(variant))
                        }
                        Some(fields) if !known.fields.is_empty() => {
                            let path = format!("{path}.{variant}");
                            let fields = self.check_variant(&known.fields, fields, &path, depth)?;
                            Ok(Value::Object(Map::from_iter([(variant, fields)])))
                        }
                        _ => Err(wrong(&value)),
                    }
                }
                None => Ok(value),
            },
            (_, value) => Err(wrong(&value)),
        }
    }

    fn check_all(&self, ty: &Type, items: Vec<Value>, path: &str, depth: usize) -> Result<Value, Misfit> {
        let items = items.into_iter().enumerate();
        items.map(|(place, item)| self.check(ty, item, &format!("{path}[{place}]"), depth - 1)).collect()
    }

    /// Fields without names may stand as people know them from other tools, one as itself and several in an array; the
    /// driver gets an object with their numbers.
    fn check_variant(&self, fields: &[Field], value: Value, path: &str, depth: usize) -> Result<Value, Misfit> {
        let by_number = |value: &Value| matches!(value, Value::Object(object) if object.len() == fields.len() && fields.iter().all(|field| object.contains_key(&field.name)));
        let value = match (fields, value) {
            ([first, ..], value) if first.name != FIRST || by_number(&value) => value,
            ([_], value) => Value::Object(Map::from_iter([(FIRST.to_owned(), value)])),
            (_, Value::Array(items)) if items.len() == fields.len() => {
                Value::Object(fields.iter().map(|field| field.name.clone()).zip(items).collect())
            }
            (_, value) => value,
        };
        self.check_fields(fields, value, path, depth)
    }

    fn check_fields(&self, fields: &[Field], value: Value, path: &str, depth: usize) -> Result<Value, Misfit> {
        let Value::Object(mut object) = value else {
            return Err(misfit(path, format!("{} is not an object", shortened(&value))));
        };
        let mut checked = Map::new();
        for field in fields {
            let path = format!("{path}.{}", field.name);
            let value =
                object.remove(&field.name).or_else(|| absent(&field.ty)).ok_or_else(|| misfit(&path, "missing"))?;
            checked.insert(field.name.clone(), self.check(&field.ty, value, &path, depth - 1)?);
        }
        match object.keys().next() {
            Some(surplus) => Err(misfit(&format!("{path}.{surplus}"), "there is no such field")),
            None => Ok(Value::Object(checked)),
        }
    }

    /// A type in words.
    pub(crate) fn describe(&self, ty: &Type) -> String {
        self.describe_to(ty, 4)
    }

    fn describe_to(&self, ty: &Type, depth: usize) -> String {
        if depth == 0 {
            return "…".to_owned();
        }
        let inner = |ty: &Type| self.describe_to(ty, depth - 1);
        match ty {
            Type::Unit => "nothing".to_owned(),
            Type::Bool => "true or false".to_owned(),
            Type::Uint(bits) => format!("a whole number from 0 to {}", largest(*bits)),
            Type::Int(bits) => format!("a whole number of {bits} bits"),
            Type::String => "text".to_owned(),
            Type::Bytes => "bytes in hexadecimal".to_owned(),
            Type::FixedBytes(length) => format!("{length} bytes in hexadecimal"),
            Type::Account => "an account (`@alice`, or an address)".to_owned(),
            Type::Contract => "a contract (`@name`, or an id of 64 hexadecimal digits)".to_owned(),
            Type::Principal => "an account or a contract (`@name`, an address, or an id)".to_owned(),
            Type::Amount => "an amount (`2.5DUSK`, `100LUX`; in JSON also a number of LUX)".to_owned(),
            Type::Field => "a field element (64 hexadecimal digits)".to_owned(),
            Type::Option(ty) if may_be_null(ty) => format!("null, or {{\"Some\": {}}}", inner(ty)),
            Type::Option(ty) => format!("{} or null", inner(ty)),
            Type::List(ty) => format!("a list, each {}", inner(ty)),
            Type::Set(ty) => format!("a list without repetitions, each {}", inner(ty)),
            Type::Array(ty, length) => format!("a list of {length}, each {}", inner(ty)),
            Type::Tuple(types) => format!("[{}]", joined(types.iter().map(inner))),
            Type::Map(key, value) => format!("a list of pairs [{}, {}]", inner(key), inner(value)),
            Type::Named(name) => match self.abi.types.get(name).map(|definition| &definition.shape) {
                Some(Shape::Struct(fields)) => {
                    format!("a {name} {{{}}}", joined(fields.iter().map(|field| &field.name)))
                }
                Some(Shape::Enum(variants)) => {
                    format!("one of {}", joined(variants.iter().map(|variant| &variant.name)))
                }
                None => format!("a {name}"),
            },
            Type::Opaque(name) => format!("a {name}"),
        }
    }
}

/// Arguments as they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    /// Flags: name and text.
    Texts(BTreeMap<String, String>),
    /// One document: an object by name, an array by place, or the only argument itself.
    Document(Value),
}

/// The texts with commas between them: as many as a line of help has room for.
fn joined(texts: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut line = String::new();
    for text in texts {
        if !line.is_empty() {
            line.push_str(", ");
        }
        if line.len() > MAX_JOINED_BYTES {
            line.push('…');
            break;
        }
        let mut letters = text.as_ref().chars();
        line.extend(letters.by_ref().take(MAX_JOINED_BYTES));
        if letters.next().is_some() {
            line.push('…');
        }
    }
    line
}

/// A name without the mark of Rust's raw names.
pub(crate) fn plain_name(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// Whether `null` is a value of the type.
fn may_be_null(ty: &Type) -> bool {
    matches!(ty, Type::Unit | Type::Option(_))
}

/// The error for an object without the field.
fn absent(ty: &Type) -> Option<Value> {
    may_be_null(ty).then_some(Value::Null)
}

/// One value for each parameter, from a document.
fn spread(parameters: &[Field], document: &Value) -> Result<Vec<Value>, Misfit> {
    let is_called = |parameter: &Field, key: &str| plain_name(&parameter.name) == plain_name(key);
    if let Value::Object(object) = document {
        let by_name = object.keys().all(|key| parameters.iter().any(|parameter| is_called(parameter, key)));
        if by_name && (parameters.len() != 1 || object.len() == 1) {
            return parameters
                .iter()
                .map(|parameter| {
                    let mut given = object.iter().filter(|(key, _)| is_called(parameter, key));
                    match (given.next(), given.next()) {
                        (Some(_), Some(_)) => Err(misfit(&parameter.name, "is given twice")),
                        (Some((_, value)), None) => Ok(value.clone()),
                        (None, _) => absent(&parameter.ty).ok_or_else(|| misfit(&parameter.name, "missing")),
                    }
                })
                .collect();
        }
    }
    match (parameters, document) {
        ([], Value::Null) => Ok(Vec::new()),
        ([], Value::Array(items)) if items.is_empty() => Ok(Vec::new()),
        ([], surplus) => Err(misfit("arguments", format!("expected none, found {}", shortened(surplus)))),
        ([only], Value::Array(items)) if items.len() == 1 && !takes_array(&only.ty) => Ok(items.clone()),
        ([only], Value::Object(object)) if !takes_object(&only.ty) => {
            Err(misfit(object.keys().next().map_or(&only.name, |key| key), "there is no such argument"))
        }
        ([_], value) => Ok(vec![value.clone()]),
        (_, Value::Array(items)) if items.len() == parameters.len() => Ok(items.clone()),
        (_, Value::Object(object)) => {
            let unknown = object.keys().find(|key| !parameters.iter().any(|parameter| is_called(parameter, key)));
            Err(misfit(unknown.map_or("arguments", String::as_str), "there is no such argument"))
        }
        (_, other) => {
            let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            Err(misfit("arguments", format!("{} does not contain {}", shortened(other), names.join(", "))))
        }
    }
}

fn takes_array(ty: &Type) -> bool {
    match ty {
        Type::List(_) | Type::Set(_) | Type::Array(..) | Type::Tuple(_) | Type::Map(..) | Type::Opaque(_) => true,
        Type::Option(inner) => takes_array(inner),
        _ => false,
    }
}

fn takes_object(ty: &Type) -> bool {
    match ty {
        Type::Named(_) | Type::Opaque(_) => true,
        Type::Option(inner) => may_be_null(inner) || takes_object(inner),
        _ => false,
    }
}

/// Refuses a list with two equal values, or two equal keys.
fn each_once(items: &Value, path: &str, what: &str, part: impl Fn(&Value) -> &Value) -> Result<(), Misfit> {
    let mut known = BTreeSet::new();
    for (place, item) in items.as_array().into_iter().flatten().enumerate() {
        let part = part(item);
        if !known.insert(part.to_string()) {
            return Err(misfit(&format!("{path}[{place}]"), format!("the {what} {} is given twice", shortened(part))));
        }
    }
    Ok(())
}

fn misfit(path: &str, problem: impl Into<String>) -> Misfit {
    Misfit { path: path.to_owned(), problem: problem.into() }
}

/// An integer of so many bits. Those of more than 53 bits travel as text, which every JSON reader keeps exact.
fn integer(value: &Value, bits: u8, signed: bool) -> Option<Value> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => exact::digits(text).unwrap_or(text).to_owned(),
        _ => return None,
    };
    let small = if signed {
        let number: i128 = text.parse().ok()?;
        let limit = 1i128.checked_shl(u32::from(bits) - 1).filter(|_| bits < 128);
        if limit.is_some_and(|limit| number < -limit || number >= limit) {
            return None;
        }
        i64::try_from(number).ok().map(Number::from)
    } else {
        let number: u128 = text.parse().ok()?;
        if bits < 128 && number >> bits != 0 {
            return None;
        }
        u64::try_from(number).ok().map(Number::from)
    };
    Some(match small {
        Some(number) if bits <= 64 => Value::Number(number),
        _ => Value::String(text.trim_start_matches('+').to_owned()),
    })
}

fn hexadecimal(text: &str, length: Option<usize>) -> Option<Value> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let bytes = hex::decode(digits).ok()?;
    length.is_none_or(|length| bytes.len() == length).then(|| Value::String(hex::encode(bytes)))
}

fn is_address(text: &str) -> bool {
    bs58::decode(text).into_vec().is_ok_and(|bytes| bytes.len() == 96)
}

fn largest(bits: u8) -> String {
    if bits < 128 { ((1u128 << bits) - 1).to_string() } else { u128::MAX.to_string() }
}

fn shortened(value: &Value) -> String {
    let text = exact::shown(value);
    if text.chars().count() <= 60 { text } else { format!("{}…", text.chars().take(60).collect::<String>()) }
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "kinds_tests.rs"]
mod kinds;

//! The types of arguments, results, events and errors.

#[cfg(feature = "json")]
mod given;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::contract_id::ContractId;
#[cfg(feature = "signatures")]
use crate::signatures::{BlsSignature, MultisigSignature, SchnorrPublicKey, SchnorrSignature};
use crate::text::{Members, push, push_decimal, push_decimal_u64, push_hex, push_quoted};
use crate::wire::Wire;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{Field, Given, JsonError, Shape, Type, Types, Variant, VariantJson, hex_bytes},
};
#[cfg(feature = "json")]
use alloc::boxed::Box;

/// A type of values that callers and contracts exchange: it has an encoding and a JSON form.
///
/// Integers, `bool`, `String`, `Option`, `Vec`, arrays, tuples, `BTreeMap`, `BTreeSet`, the chain's own types and every
/// type under [`#[contract_type]`](crate::contract_type) are values. Floats are not, because their results may differ
/// between machines; nor is `usize`, because its size differs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross a contract boundary",
    label = "not a contract value",
    note = "put #[contract_type] on your own types; use u64 for usize; floats, references and Rc cannot be encoded"
)]
pub trait Value: Wire + 'static {
    /// Whether a value of the type may be written as `null`, as for `Option` and `()`. An `Option` of such a type is
    /// written as `{"Some": value}`, so that each value has a distinct form.
    const MAY_BE_NULL: bool = false;

    /// Appends the value as JSON.
    fn write_json(&self, out: &mut String);

    /// Appends a list of such values. Bytes override it with hexadecimal text.
    fn write_json_list(items: &[Self], out: &mut String) {
        let mut list = Members::list(out);
        for item in items {
            item.write_json(list.item());
        }
        list.end();
    }

    /// Reads the value from JSON.
    ///
    /// # Errors
    /// If the document is not such a value; the error gives the place and the expected form.
    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError>;

    /// Reads a list of such values.
    ///
    /// # Errors
    /// As [`Value::read_json`].
    #[cfg(feature = "json")]
    fn read_json_list(json: &Json) -> Result<Vec<Self>, JsonError> {
        let items = json.as_array().ok_or_else(|| JsonError::expected("a list", json))?;
        items.iter().enumerate().map(|(index, item)| Self::read_json(item).map_err(|e| e.within(index))).collect()
    }

    /// Describes the type, and the named types it refers to.
    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type;

    /// Describes a list of such values.
    #[cfg(feature = "json")]
    fn describe_list(types: &mut Types) -> Type {
        Type::List(Box::new(Self::describe(types)))
    }

    /// Describes a list of fixed length of such values.
    #[cfg(feature = "json")]
    fn describe_array(types: &mut Types, length: u32) -> Type {
        Type::Array(Box::new(Self::describe(types)), length)
    }
}

/// The largest integer that every JSON reader handles exactly. Larger ones are written as strings of digits.
const MAX_EXACT: u64 = (1 << 53) - 1;

macro_rules! writers {
    ($($name:ident: $number:ty, $push:ident;)*) => {$(
        /// Appends an integer: in quotes where other readers would lose digits. A function of its own, because every
        /// error with a number calls it.
        #[inline(never)]
        fn $name(out: &mut String, negative: bool, magnitude: $number) {
            let quote = if magnitude <= <$number>::from(MAX_EXACT) { "" } else { "\"" };
            push(out, quote);
            if negative {
                push(out, "-");
            }
            $push(out, magnitude);
            push(out, quote);
        }
    )*};
}

writers! {
    push_integer_u64: u64, push_decimal_u64;
    push_integer: u128, push_decimal;
}

macro_rules! integers {
    ($($ty:ty: $kind:tt $bits:tt, $wide:ty, $push:ident;)*) => {$(
        impl Value for $ty {
            fn write_json(&self, out: &mut String) {
                #[allow(unused_comparisons, clippy::absurd_extreme_comparisons, reason = "one body for both signs")]
                let negative = *self < 0;
                #[allow(clippy::unnecessary_cast, reason = "one body for all widths")]
                let magnitude = self.abs_diff(0) as $wide;
                $push(out, negative, magnitude);
            }

            integers!(@bytes $kind $bits);

            #[cfg(feature = "json")]
            fn read_json(json: &Json) -> Result<Self, JsonError> {
                let expected = concat!(stringify!($ty), " (a number, or its decimal digits as a string)");
                let text = match json {
                    Json::Number(number) => alloc::string::ToString::to_string(number),
                    Json::String(text) => text.clone(),
                    _ => return Err(JsonError::expected(expected, json)),
                };
                text.parse().map_err(|_| JsonError::expected(expected, json))
            }

            #[cfg(feature = "json")]
            fn describe(_: &mut Types) -> Type {
                Type::$kind($bits)
            }
        }
    )*};
    (@bytes Uint 8) => {
        fn write_json_list(items: &[Self], out: &mut String) {
            out.push('"');
            push_hex(out, items);
            out.push('"');
        }

        #[cfg(feature = "json")]
        fn read_json_list(json: &Json) -> Result<Vec<Self>, JsonError> {
            hex_bytes(json)
        }

        #[cfg(feature = "json")]
        fn describe_list(_: &mut Types) -> Type {
            Type::Bytes
        }

        #[cfg(feature = "json")]
        fn describe_array(_: &mut Types, length: u32) -> Type {
            Type::FixedBytes(length)
        }
    };
    (@bytes $kind:tt $bits:tt) => {};
}

integers! {
    u8: Uint 8, u64, push_integer_u64;
    u16: Uint 16, u64, push_integer_u64;
    u32: Uint 32, u64, push_integer_u64;
    u64: Uint 64, u64, push_integer_u64;
    u128: Uint 128, u128, push_integer;
    i8: Int 8, u64, push_integer_u64;
    i16: Int 16, u64, push_integer_u64;
    i32: Int 32, u64, push_integer_u64;
    i64: Int 64, u64, push_integer_u64;
    i128: Int 128, u128, push_integer;
}

impl Value for () {
    const MAY_BE_NULL: bool = true;

    fn write_json(&self, out: &mut String) {
        out.push_str("null");
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        json.as_null().ok_or_else(|| JsonError::expected("null", json))
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Unit
    }
}

impl Value for bool {
    fn write_json(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        json.as_bool().ok_or_else(|| JsonError::expected("true or false", json))
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Bool
    }
}

impl Value for String {
    fn write_json(&self, out: &mut String) {
        push_quoted(out, self);
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        json.as_str().map(Into::into).ok_or_else(|| JsonError::expected("a string", json))
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::String
    }
}

/// The key of an optional value that may itself be `null`.
const SOME: &str = "Some";

impl<T: Value> Value for Option<T>
where
    Self: Wire,
{
    const MAY_BE_NULL: bool = true;

    fn write_json(&self, out: &mut String) {
        match self {
            Some(value) if T::MAY_BE_NULL => {
                let mut object = Members::object(out);
                value.write_json(object.field(SOME));
                object.end();
            }
            Some(value) => value.write_json(out),
            None => out.push_str("null"),
        }
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let inner = json.as_object().filter(|object| T::MAY_BE_NULL && object.len() == 1).and_then(|it| it.get(SOME));
        match inner {
            Some(inner) => T::read_json(inner).map(Some),
            None if json.is_null() => Ok(None),
            None => T::read_json(json).map(Some),
        }
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        Type::Option(Box::new(T::describe(types)))
    }
}

/// The result of a method under `#[contract(raw_result)]`: in JSON an enum, `{"Ok":{"0":7}}` or
/// `{"Err":{"0":"Closed"}}`.
impl<T: Value, E: Value> Value for Result<T, E>
where
    Self: Wire,
{
    fn write_json(&self, out: &mut String) {
        fn side(name: &str, value: &impl Value, out: &mut String) {
            let mut object = Members::object(out);
            let mut fields = Members::object(object.field(name));
            value.write_json(fields.field("0"));
            fields.end();
            object.end();
        }
        match self {
            Ok(value) => side("Ok", value, out),
            Err(error) => side("Err", error, out),
        }
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let variant = VariantJson::new(json)?;
        let fields = || Given::object(&["0"], variant.fields()?);
        match variant.name {
            "Ok" => fields()?.read(0).map(Ok),
            "Err" => fields()?.read(0).map(Err),
            _ => Err(variant.unknown(&["Ok", "Err"])),
        }
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        types.define::<Self>("Result", "A value, or why there is none.", |types| {
            let ok = Variant::new("Ok", "", alloc::vec![Field::new("0", "", T::describe(types))]);
            let err = Variant::new("Err", "", alloc::vec![Field::new("0", "", E::describe(types))]);
            Shape::Enum(alloc::vec![ok, err])
        })
    }
}

impl<T: Value> Value for Vec<T>
where
    Self: Wire,
{
    fn write_json(&self, out: &mut String) {
        T::write_json_list(self, out);
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        T::read_json_list(json)
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        T::describe_list(types)
    }
}

impl<T: Value, const N: usize> Value for [T; N]
where
    Self: Wire,
{
    fn write_json(&self, out: &mut String) {
        T::write_json_list(self, out);
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        T::read_json_list(json)?.try_into().map_err(|items: Vec<T>| JsonError::count(N, items.len()))
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        T::describe_array(types, u32::try_from(N).unwrap_or(u32::MAX))
    }
}

impl<T: Value + Ord> Value for BTreeSet<T>
where
    Self: Wire,
{
    fn write_json(&self, out: &mut String) {
        let mut list = Members::list(out);
        for item in self {
            item.write_json(list.item());
        }
        list.end();
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let items = json.as_array().ok_or_else(|| JsonError::expected("a list", json))?;
        let mut set = Self::new();
        for (index, item) in items.iter().enumerate() {
            if !set.insert(T::read_json(item).map_err(|e| e.within(index))?) {
                return Err(JsonError::expected("each item of a set once", item).within(index));
            }
        }
        Ok(set)
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        Type::Set(Box::new(T::describe(types)))
    }
}

impl<K: Value + Ord, V: Value> Value for BTreeMap<K, V>
where
    Self: Wire,
{
    fn write_json(&self, out: &mut String) {
        let mut list = Members::list(out);
        for (key, value) in self {
            let mut pair = Members::list(list.item());
            key.write_json(pair.item());
            value.write_json(pair.item());
            pair.end();
        }
        list.end();
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let pairs = json.as_array().ok_or_else(|| JsonError::expected("a list of pairs", json))?;
        let pair = |pair: &Json| match pair.as_array().map(Vec::as_slice) {
            Some([key, value]) => Ok((K::read_json(key)?, V::read_json(value)?)),
            _ => Err(JsonError::expected("a pair: a list of two values", pair)),
        };
        let mut map = Self::new();
        for (index, item) in pairs.iter().enumerate() {
            let (key, value) = pair(item).map_err(|e| e.within(index))?;
            if map.insert(key, value).is_some() {
                return Err(JsonError::expected("each key of a map once", item).within(index));
            }
        }
        Ok(map)
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        Type::Map(Box::new(K::describe(types)), Box::new(V::describe(types)))
    }
}

macro_rules! tuples {
    ($(($($ty:ident $index:tt),+) $count:literal;)*) => {$(
        impl<$($ty: Value),+> Value for ($($ty,)+)
        where
            Self: Wire,
        {
            fn write_json(&self, out: &mut String) {
                let mut list = Members::list(out);
                $(self.$index.write_json(list.item());)+
                list.end();
            }

            #[cfg(feature = "json")]
            fn read_json(json: &Json) -> Result<Self, JsonError> {
                let items = json.as_array().ok_or_else(|| JsonError::expected("a list", json))?;
                if items.len() != $count {
                    return Err(JsonError::count($count, items.len()));
                }
                Ok(($($ty::read_json(&items[$index]).map_err(|e| e.within($index as usize))?,)+))
            }

            #[cfg(feature = "json")]
            fn describe(types: &mut Types) -> Type {
                Type::Tuple(alloc::vec![$($ty::describe(types)),+])
            }
        }
    )*};
}

tuples! {
    (A 0) 1;
    (A 0, B 1) 2;
    (A 0, B 1, C 2) 3;
    (A 0, B 1, C 2, D 3) 4;
    (A 0, B 1, C 2, D 3, E 4) 5;
    (A 0, B 1, C 2, D 3, E 4, F 5) 6;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) 7;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7) 8;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8) 9;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9) 10;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10) 11;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11) 12;
}

impl Value for ContractId {
    fn write_json(&self, out: &mut String) {
        out.push('"');
        push_hex(out, self.as_bytes());
        out.push('"');
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        crate::json::hex_array(json).map(Self::from_bytes)
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Contract
    }
}

#[cfg(feature = "signatures")]
macro_rules! fixed_bytes {
    ($($ty:ty, $what:literal;)*) => {$(
        impl Value for $ty {
            fn write_json(&self, out: &mut String) {
                out.push('"');
                push_hex(out, &dusk_bytes::Serializable::to_bytes(self));
                out.push('"');
            }

            #[cfg(feature = "json")]
            fn read_json(json: &Json) -> Result<Self, JsonError> {
                let bytes = crate::json::hex_array(json)?;
                dusk_bytes::Serializable::from_bytes(&bytes).map_err(|_| JsonError::expected($what, json))
            }

            #[cfg(feature = "json")]
            fn describe(_: &mut Types) -> Type {
                Type::FixedBytes(u32::try_from(<$ty as dusk_bytes::Serializable<_>>::SIZE).unwrap_or(u32::MAX))
            }
        }
    )*};
}

#[cfg(feature = "signatures")]
fixed_bytes! {
    BlsSignature, "a BLS signature";
    MultisigSignature, "a BLS multi-signature";
    SchnorrSignature, "a Schnorr signature";
    SchnorrPublicKey, "a Schnorr public key";
}

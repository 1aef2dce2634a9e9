//! Values that fit a type, for examples in help and hints.

use std::cell::Cell;
use std::iter::repeat_n;

use dusk_sdk_protocol::abi::{ContractAbi, Field, Function, Shape, Type, Variant};
use serde_json::{Map, Value, json};

/// How deep examples nest. A description could name itself.
const MAX_DEPTH: usize = 6;
/// The most values of an example: a type that names itself often grows with each level.
const MAX_VALUES: usize = 64;
/// The most characters of a name in an example.
const MAX_NAME_CHARACTERS: usize = 64;
/// The most bytes that an example writes out.
const MAX_BYTES: u32 = 32;
/// The most entries of a list of fixed length that an example writes out.
const MAX_ENTRIES: u32 = 4;

/// A function's arguments by name.
pub(crate) fn arguments(abi: &ContractAbi, function: &Function) -> String {
    let left = Cell::new(MAX_VALUES);
    object(&function.inputs, &left, |ty| value_to(abi, ty, MAX_DEPTH, &left)).to_string()
}

/// A value as a word of a shell's line.
pub(crate) fn word(abi: &ContractAbi, ty: &Type) -> String {
    let text = match value(abi, ty) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    if text.contains(['[', '{', '"', ' ']) { format!("'{text}'") } else { text }
}

/// A value that the type takes.
fn value(abi: &ContractAbi, ty: &Type) -> Value {
    value_to(abi, ty, MAX_DEPTH, &Cell::new(MAX_VALUES))
}

/// `left`: how many values the example may still have.
fn value_to(abi: &ContractAbi, ty: &Type, depth: usize, left: &Cell<usize>) -> Value {
    let Some(rest) = left.get().checked_sub(1) else {
        return "…".into();
    };
    left.set(rest);
    if depth == 0 {
        return "…".into();
    }
    let inner = |ty: &Type| value_to(abi, ty, depth - 1, left);
    match ty {
        Type::Unit | Type::Option(_) => Value::Null,
        Type::Bool => true.into(),
        Type::Uint(_) | Type::Int(_) => 1.into(),
        Type::String => "text".into(),
        Type::Bytes => "00ff".into(),
        Type::FixedBytes(length) if *length <= MAX_BYTES => "00".repeat(*length as usize).into(),
        // Nobody types a proof: its digits come from a file.
        Type::FixedBytes(_) => "00…".into(),
        Type::Field => "00".repeat(MAX_BYTES as usize).into(),
        Type::Account | Type::Principal => "@alice".into(),
        Type::Contract => format!("@{}", name(&abi.name)).into(),
        Type::Amount => "2.5 DUSK".into(),
        Type::List(_) | Type::Set(_) if depth <= MAX_DEPTH / 2 => json!([]),
        Type::List(ty) | Type::Set(ty) => json!([inner(ty)]),
        Type::Array(ty, length) => {
            let ty: &Type = ty;
            let mut entries = list(repeat_n(ty, (*length).min(MAX_ENTRIES) as usize), left, inner);
            if *length > MAX_ENTRIES {
                entries.push("…".into());
            }
            entries.into()
        }
        Type::Tuple(types) => list(types.iter(), left, inner).into(),
        Type::Map(key, value) => json!([[inner(key), inner(value)]]),
        Type::Named(name) => match abi.types.get(name).map(|definition| &definition.shape) {
            Some(Shape::Struct(fields)) => object(fields, left, inner),
            Some(Shape::Enum(variants)) => {
                variants.first().map_or(Value::Null, |variant| of_variant(variant, left, inner))
            }
            None => "…".into(),
        },
        Type::Opaque(_) => "…".into(),
    }
}

/// A variant without fields is its name.
fn of_variant(variant: &Variant, left: &Cell<usize>, inner: impl Fn(&Type) -> Value) -> Value {
    if variant.fields.is_empty() {
        return name(&variant.name).into();
    }
    let fields = object(&variant.fields, left, inner);
    Value::Object(Map::from_iter([(name(&variant.name), fields)]))
}

/// An object with a value for each field, as far as values are left.
fn object(fields: &[Field], left: &Cell<usize>, inner: impl Fn(&Type) -> Value) -> Value {
    let mut members = Map::new();
    for field in fields {
        if left.get() == 0 {
            members.insert("…".to_owned(), "…".into());
            break;
        }
        members.insert(name(&field.name), inner(&field.ty));
    }
    Value::Object(members)
}

/// A value for each type, as far as values are left.
fn list<'t>(types: impl Iterator<Item = &'t Type>, left: &Cell<usize>, inner: impl Fn(&Type) -> Value) -> Vec<Value> {
    let mut entries = Vec::new();
    for ty in types {
        if left.get() == 0 {
            entries.push("…".into());
            break;
        }
        entries.push(inner(ty));
    }
    entries
}

/// A name, cut where it is long.
fn name(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME_CHARACTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use dusk_sdk_protocol::abi::{Field, SCHEMA_VERSION, TypeDefinition};

    use super::*;

    fn field(name: &str, ty: Type) -> Field {
        Field { name: name.into(), doc: String::new(), ty }
    }

    fn abi() -> ContractAbi {
        let named = |name: &str| Type::Named(name.into());
        let line = Shape::Struct(vec![
            field("to", Type::Account),
            field("price", Type::Amount),
            field("next", Type::List(Box::new(named("Line")))),
        ]);
        let variant = |name: &str, fields| Variant { name: name.into(), doc: String::new(), fields };
        let kind = Shape::Enum(vec![variant("Circle", vec![field("0", Type::Uint(64))]), variant("Dot", vec![])]);
        let mark = Shape::Enum(vec![variant("Dot", vec![])]);
        let types = [("Line", line), ("Kind", kind), ("Mark", mark)];
        let definition = |(name, shape): (&str, Shape)| (name.to_owned(), TypeDefinition { doc: String::new(), shape });
        ContractAbi {
            schema: SCHEMA_VERSION,
            name: "shop".into(),
            doc: String::new(),
            sdk: "0.1.0".into(),
            init: None,
            functions: vec![],
            events: vec![],
            errors: vec![],
            types: types.map(definition).into(),
            circuits: vec![],
        }
    }

    #[test]
    fn examples_have_the_form_of_the_type() {
        let abi = abi();
        let named = |name: &str| Type::Named(name.into());
        for (ty, expected) in [
            (named("Kind"), r#"'{"Circle":{"0":1}}'"#),
            (named("Mark"), "Dot"),
            (Type::Array(Box::new(Type::Bool), 2), "'[true,true]'"),
            (Type::Map(Box::new(Type::String), Box::new(Type::Uint(8))), r#"'[["text",1]]'"#),
            (Type::Amount, "'2.5 DUSK'"),
            (Type::Contract, "@shop"),
            (Type::FixedBytes(2), "0000"),
        ] {
            assert_eq!(word(&abi, &ty), expected);
        }
        let line = word(&abi, &named("Line"));
        assert!(line.starts_with(r#"'{"next":[{"next":"#) && line.contains(r#""to":"@alice""#), "{line}");
        assert!(!line.contains("{…}"), "{line}");
        let function = Function {
            name: "buy".into(),
            doc: String::new(),
            kind: dusk_sdk_protocol::abi::FunctionKind::Transaction,
            inputs: vec![field("kind", named("Kind")), field("many", Type::Set(Box::new(Type::Uint(8))))],
            output: Type::Unit,
            fallible: false,
            feeds: None,
        };
        assert_eq!(arguments(&abi, &function), r#"{"kind":{"Circle":{"0":1}},"many":[1]}"#);
    }

    #[test]
    fn types_that_name_themselves_often_have_short_examples() {
        const MAX_SAMPLE_BYTES: usize = 4 << 10;
        let named = || Type::Named("Many".into());
        let fields = |ty: &Type| (0..60).map(|place| field(&format!("field_{place}"), ty.clone())).collect::<Vec<_>>();
        let shapes = [
            Shape::Struct(fields(&named())),
            Shape::Struct(fields(&Type::Tuple(vec![named(); 60]))),
            Shape::Struct(fields(&Type::Map(Box::new(named()), Box::new(named())))),
            Shape::Struct(fields(&Type::Array(Box::new(Type::Array(Box::new(named()), 9)), 9))),
            Shape::Enum(vec![Variant { name: "Each".into(), doc: String::new(), fields: fields(&named()) }]),
            Shape::Struct(vec![field(&"n".repeat(1 << 20), named())]),
        ];
        for shape in shapes {
            let mut abi = abi();
            abi.types.insert("Many".into(), TypeDefinition { doc: String::new(), shape });
            let sample = word(&abi, &named());
            assert!(sample.len() < MAX_SAMPLE_BYTES && sample.contains('…'), "{} bytes: {sample:.200}", sample.len());
        }
    }
}

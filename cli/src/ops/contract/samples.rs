//! Values that fit a type, for examples in help and hints.

use std::cell::Cell;
use std::iter::repeat_n;

use dusk_sdk_protocol::abi::{ContractAbi, Field, Function, Shape, Type, Variant};
use serde_json::Value;

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

/// A function's arguments by name, in their order.
pub(crate) fn arguments(abi: &ContractAbi, function: &Function) -> String {
    let left = Cell::new(MAX_VALUES);
    object(&function.inputs, &left, |ty| json_to(abi, ty, MAX_DEPTH, &left))
}

/// The same, as a value of TOML on one line, as an entry of `[deploy]` in dusk.toml has it.
pub(crate) fn arguments_in_toml(abi: &ContractAbi, function: &Function) -> String {
    serde_json::from_str(&arguments(abi, function)).map_or_else(|_| "{ }".to_owned(), |value| in_toml(&value))
}

/// A value as a word of a shell's line.
pub(crate) fn word(abi: &ContractAbi, ty: &Type) -> String {
    if matches!(ty, Type::FixedBytes(length) if *length > MAX_BYTES) {
        return "@FILE".to_owned();
    }
    let json = json_to(abi, ty, MAX_DEPTH, &Cell::new(MAX_VALUES));
    let text = serde_json::from_str::<String>(&json).unwrap_or(json);
    if text.contains(['[', '{', '"', ' ']) { format!("'{text}'") } else { text }
}

/// A value that the type takes, as JSON in which fields stand in the order of their declaration. `left`: how many
/// values the example may still have.
fn json_to(abi: &ContractAbi, ty: &Type, depth: usize, left: &Cell<usize>) -> String {
    let Some(rest) = left.get().checked_sub(1) else {
        return text("…");
    };
    left.set(rest);
    if depth == 0 {
        return text("…");
    }
    let inner = |ty: &Type| json_to(abi, ty, depth - 1, left);
    match ty {
        Type::Unit | Type::Option(_) => "null".to_owned(),
        Type::Bool => "true".to_owned(),
        Type::Uint(_) | Type::Int(_) => "1".to_owned(),
        Type::String => text("text"),
        Type::Bytes => text("00ff"),
        Type::FixedBytes(length) if *length <= MAX_BYTES => text(&"00".repeat(*length as usize)),
        // Nobody types a proof: its digits come from a file.
        Type::FixedBytes(_) => text("00…"),
        Type::Field => text(&"00".repeat(MAX_BYTES as usize)),
        Type::Account | Type::Principal => text("@alice"),
        Type::Contract => text(&format!("@{}", name(&abi.name))),
        Type::Amount => text("2.5 DUSK"),
        Type::List(_) | Type::Set(_) if depth <= MAX_DEPTH / 2 => "[]".to_owned(),
        Type::List(ty) | Type::Set(ty) => format!("[{}]", inner(ty)),
        Type::Array(ty, length) => {
            let ty: &Type = ty;
            let mut entries = list(repeat_n(ty, (*length).min(MAX_ENTRIES) as usize), left, inner);
            if *length > MAX_ENTRIES {
                entries.push(text("…"));
            }
            format!("[{}]", entries.join(","))
        }
        Type::Tuple(types) => format!("[{}]", list(types.iter(), left, inner).join(",")),
        Type::Map(key, value) => format!("[[{},{}]]", inner(key), inner(value)),
        Type::Named(name) => match abi.types.get(name).map(|definition| &definition.shape) {
            Some(Shape::Struct(fields)) => object(fields, left, inner),
            Some(Shape::Enum(variants)) => {
                variants.first().map_or_else(|| "null".to_owned(), |variant| of_variant(variant, left, inner))
            }
            None => text("…"),
        },
        Type::Opaque(_) => text("…"),
    }
}

/// A variant without fields is its name.
fn of_variant(variant: &Variant, left: &Cell<usize>, inner: impl Fn(&Type) -> String) -> String {
    let name = text(&name(&variant.name));
    if variant.fields.is_empty() { name } else { format!("{{{name}:{}}}", object(&variant.fields, left, inner)) }
}

/// An object with a value for each field, as far as values are left.
fn object(fields: &[Field], left: &Cell<usize>, inner: impl Fn(&Type) -> String) -> String {
    let mut members = Vec::new();
    for field in fields {
        if left.get() == 0 {
            members.push(format!("{0}:{0}", text("…")));
            break;
        }
        members.push(format!("{}:{}", text(&name(&field.name)), inner(&field.ty)));
    }
    format!("{{{}}}", members.join(","))
}

/// A value for each type, as far as values are left.
fn list<'t>(types: impl Iterator<Item = &'t Type>, left: &Cell<usize>, inner: impl Fn(&Type) -> String) -> Vec<String> {
    let mut entries = Vec::new();
    for ty in types {
        if left.get() == 0 {
            entries.push(text("…"));
            break;
        }
        entries.push(inner(ty));
    }
    entries
}

/// A text in JSON.
fn text(text: &str) -> String {
    Value::from(text).to_string()
}

/// A value of JSON as TOML has it on one line. TOML has no nothing, so optional values are left out.
fn in_toml(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            let key = |name: &str| if name.chars().all(is_bare) { name.to_owned() } else { text(name) };
            let members: Vec<_> = members.map(|(name, value)| format!("{} = {}", key(name), in_toml(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(entries) => format!("[{}]", entries.iter().map(in_toml).collect::<Vec<_>>().join(", ")),
        // Texts have the same escapes.
        other => other.to_string(),
    }
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
        assert!(line.starts_with(r#"'{"to":"@alice","price":"2.5 DUSK","next":[{"to":"#), "{line}");
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
        let inputs = vec![field("to", Type::Account), field("at", Type::Option(Box::new(Type::Bool)))];
        let function = Function { inputs: [inputs, function.inputs.clone()].concat(), ..function };
        assert!(arguments(&abi, &function).starts_with(r#"{"to":"@alice","at":null,"kind":"#), "in their order");
        let toml = arguments_in_toml(&abi, &function);
        assert_eq!(toml, r#"{ kind = { Circle = { 0 = 1 } }, many = [1], to = "@alice" }"#);
        assert!(format!("init = {toml}").parse::<toml_edit::DocumentMut>().is_ok());
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

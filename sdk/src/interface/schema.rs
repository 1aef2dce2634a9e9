//! The schema of a contract: the document `abi.json`.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Event, Function, Interface, Kind};
use crate::json::{Field, Shape, Type, Types, Variant};
use crate::text::{Members, push_decimal_u64, push_quoted};

/// The version of the document's format.
const SCHEMA_VERSION: u64 = 1;

impl Interface {
    /// The document for tools, as JSON.
    #[must_use]
    pub fn schema(&self) -> String {
        let mut types = Types::default();
        let mut out = String::new();
        let mut document = Members::object(&mut out);
        push_decimal_u64(document.field("schema"), SCHEMA_VERSION);
        push_quoted(document.field("name"), self.package);
        push_quoted(document.field("doc"), self.doc);
        push_quoted(document.field("sdk"), env!("CARGO_PKG_VERSION"));
        if let Some(init) = &self.init {
            write_function(init, &mut types, document.field("init"));
        }
        list(document.field("functions"), self.functions, |function, out| write_function(function, &mut types, out));
        list(document.field("events"), self.events, |event, out| write_event(event, &mut types, out));
        let errors = self.refusals.iter().flat_map(|refusals| {
            let codes = refusals.codes.iter().map(|(code, _)| *code);
            codes.zip((refusals.describe)(&mut types)).collect::<Vec<_>>()
        });
        // Functions may use the same error enum under two names of its type. A contract's codes are distinct.
        let mut errors: Vec<_> = errors.collect();
        let mut known = BTreeSet::new();
        errors.retain(|(code, _)| known.insert(*code));
        list(document.field("errors"), &errors, |(code, variant), out| write_variant(variant, Some(*code), out));
        let mut table = Members::object(document.field("types"));
        types.0.sort_by(|a, b| a.name.cmp(&b.name));
        for definition in &types.0 {
            let mut object = Members::object(table.field(&definition.name));
            doc(&mut object, definition.doc);
            match &definition.shape {
                Shape::Struct(fields) => list(object.field("struct"), fields, write_field),
                Shape::Enum(variants) => {
                    list(object.field("enum"), variants, |variant, out| write_variant(variant, None, out));
                }
            }
            object.end();
        }
        table.end();
        document.end();
        out
    }
}

fn write_function(function: &Function, types: &mut Types, out: &mut String) {
    let mut object = Members::object(out);
    push_quoted(object.field("name"), function.name);
    push_quoted(object.field("doc"), function.doc);
    let kind = match function.kind {
        Kind::Init => "init",
        Kind::Query => "query",
        Kind::Transaction => "transaction",
    };
    push_quoted(object.field("kind"), kind);
    let inputs = function.names.iter().copied().zip((function.input.describe)(types));
    let inputs: Vec<_> = inputs.map(|(name, ty)| Field::new(name, "", ty)).collect();
    list(object.field("inputs"), &inputs, write_field);
    write_type(&(function.output.describe)(types), object.field("output"));
    if let Some(item) = &function.feeds {
        write_type(&(item.describe)(types), object.field("feeds"));
    }
    object.field("fallible").push_str(if function.fallible { "true" } else { "false" });
    object.end();
}

/// The documentation of an event is that of its type.
fn write_event(event: &Event, types: &mut Types, out: &mut String) {
    let data = (event.data.describe)(types);
    let definition = match &data {
        Type::Named(name) => types.0.iter().find(|definition| definition.name == *name),
        _ => None,
    };
    let mut object = Members::object(out);
    push_quoted(object.field("topic"), event.topic);
    push_quoted(object.field("doc"), definition.map_or("", |definition| definition.doc));
    write_type(&data, object.field("data"));
    object.end();
}

fn write_variant(variant: &Variant, code: Option<u32>, out: &mut String) {
    let mut object = Members::object(out);
    if let Some(code) = code {
        push_decimal_u64(object.field("code"), code.into());
    }
    push_quoted(object.field("name"), variant.name);
    doc(&mut object, variant.doc);
    list(object.field("fields"), &variant.fields, write_field);
    object.end();
}

fn write_field(field: &Field, out: &mut String) {
    let mut object = Members::object(out);
    push_quoted(object.field("name"), field.name);
    doc(&mut object, field.doc);
    write_type(&field.ty, object.field("type"));
    object.end();
}

fn write_type(ty: &Type, out: &mut String) {
    match ty {
        Type::Unit => push_quoted(out, "unit"),
        Type::Bool => push_quoted(out, "bool"),
        Type::String => push_quoted(out, "string"),
        Type::Bytes => push_quoted(out, "bytes"),
        Type::Account => push_quoted(out, "account"),
        Type::Contract => push_quoted(out, "contract"),
        Type::Principal => push_quoted(out, "principal"),
        Type::Amount => push_quoted(out, "amount"),
        Type::Field => push_quoted(out, "field"),
        Type::Uint(bits) => tagged(out, "uint", |out| push_decimal_u64(out, (*bits).into())),
        Type::Int(bits) => tagged(out, "int", |out| push_decimal_u64(out, (*bits).into())),
        Type::FixedBytes(length) => tagged(out, "fixedbytes", |out| push_decimal_u64(out, (*length).into())),
        Type::Option(ty) => tagged(out, "option", |out| write_type(ty, out)),
        Type::List(ty) => tagged(out, "list", |out| write_type(ty, out)),
        Type::Set(ty) => tagged(out, "set", |out| write_type(ty, out)),
        Type::Array(ty, length) => tagged(out, "array", |out| {
            let mut pair = Members::list(out);
            write_type(ty, pair.item());
            push_decimal_u64(pair.item(), (*length).into());
            pair.end();
        }),
        Type::Tuple(types) => tagged(out, "tuple", |out| list(out, types, write_type)),
        Type::Map(key, value) => tagged(out, "map", |out| {
            let mut pair = Members::list(out);
            write_type(key, pair.item());
            write_type(value, pair.item());
            pair.end();
        }),
        Type::Named(name) => tagged(out, "named", |out| push_quoted(out, name)),
    }
}

fn tagged(out: &mut String, tag: &str, write: impl FnOnce(&mut String)) {
    let mut object = Members::object(out);
    write(object.field(tag));
    object.end();
}

fn doc(object: &mut Members<'_>, text: &str) {
    if !text.is_empty() {
        push_quoted(object.field("doc"), text);
    }
}

fn list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&T, &mut String)) {
    let mut list = Members::list(out);
    for item in items {
        write(item, list.item());
    }
    list.end();
}

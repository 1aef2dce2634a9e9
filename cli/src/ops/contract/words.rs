//! Parts of a description as text.

use dusk_sdk_protocol::abi::Type;

/// A type as Rust writes it, or nearly.
pub(crate) fn type_text(ty: &Type) -> String {
    match ty {
        Type::Unit => "()".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Uint(bits) => format!("u{bits}"),
        Type::Int(bits) => format!("i{bits}"),
        Type::String => "String".to_owned(),
        Type::Bytes => "Bytes".to_owned(),
        Type::FixedBytes(length) => format!("[u8; {length}]"),
        Type::Account => "Account".to_owned(),
        Type::Contract => "ContractId".to_owned(),
        Type::Principal => "Principal".to_owned(),
        Type::Amount => "Dusk".to_owned(),
        Type::Field => "Field".to_owned(),
        Type::Option(inner) => format!("Option<{}>", type_text(inner)),
        Type::List(inner) => format!("Vec<{}>", type_text(inner)),
        Type::Set(inner) => format!("BTreeSet<{}>", type_text(inner)),
        Type::Array(inner, length) => format!("[{}; {length}]", type_text(inner)),
        Type::Tuple(items) => format!("({})", items.iter().map(type_text).collect::<Vec<_>>().join(", ")),
        Type::Map(key, value) => format!("Map<{}, {}>", type_text(key), type_text(value)),
        Type::Named(name) | Type::Opaque(name) => name.clone(),
    }
}

/// The first paragraph of a documentation on one line.
pub(crate) fn sentence(doc: &str) -> String {
    let first = doc.trim().split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_in_rust() {
        let map = Type::Map(Box::new(Type::Account), Box::new(Type::Option(Box::new(Type::Uint(64)))));
        let ty = Type::Tuple(vec![map, Type::Array(Box::new(Type::Named("Lot".into())), 3), Type::FixedBytes(32)]);
        assert_eq!(type_text(&ty), "(Map<Account, Option<u64>>, [Lot; 3], [u8; 32])");
    }
}

//! The names that `#[circuit]` generates, and those that it rejects because of a conflict.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Ident, ItemFn};

use crate::diagnostics::Diagnostics;
use crate::source::RESERVED_PREFIX;

/// Names that circuits use. A circuit whose type has one of these names would shadow it in the module.
const TYPES: [&str; 20] = [
    "BlsScalar",
    "Bool",
    "Circuit",
    "ConstraintSystem",
    "Field",
    "Gate",
    "Linear",
    "MerklePath",
    "Point",
    "Proof",
    "Scalar",
    "Signature",
    "U8",
    "U16",
    "U32",
    "U64",
    "U128",
    "Unsigned",
    "Value",
    "Wire",
];
/// Types whose names say how a witness is written.
const WRITTEN: [&str; 9] = ["Bool", "Field", "Point", "Scalar", "U8", "U16", "U32", "U64", "U128"];
/// The language's own types. Code that `serde` derives in the module of a type uses them by these names.
const PRIMITIVE: [&str; 17] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128",
    "usize",
];
/// The suffixes for the inputs of a circuit.
const SUFFIXES: [(&str, &str); 2] = [("_public", "Public"), ("_private", "Private")];
/// The suffix for the native counterpart of a type.
const NATIVE: &str = "Native";
/// Names that cannot be raw identifiers.
const NEVER_RAW: [&str; 5] = ["crate", "self", "super", "Self", "_"];

/// The name without `r#`.
pub(super) fn text(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// A hygienic name for generated code, which differs from all names in the user's code.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(&format!("{RESERVED_PREFIX}_{name}"), Span::mixed_site())
}

/// The name of an input in witnesses: that of the argument, without leading underscores.
pub(super) fn of_input(argument: &Ident, faults: &mut Diagnostics) -> Option<Ident> {
    let text = text(argument);
    let name = text.trim_start_matches('_');
    if name.is_empty() || name.len() == text.len() {
        return Some(argument.clone());
    }
    let ident = identifier(name, argument.span());
    if ident.is_none() {
        faults.at(
            argument,
            format!(
                "witnesses call this input `{name}`, without the underscore, and no field can have that name: rename the argument"
            ),
        );
    }
    ident
}

/// An identifier with this name, raw if it is a keyword; `None` if there is none.
fn identifier(name: &str, span: Span) -> Option<Ident> {
    let begins = name.chars().next().is_some_and(|first| !first.is_ascii_digit());
    if !begins || NEVER_RAW.contains(&name) {
        return None;
    }
    match syn::parse_str::<Ident>(name) {
        Ok(_) => Some(Ident::new(name, span)),
        Err(_) => syn::parse_str::<Ident>(&format!("r#{name}")).ok().map(|_| Ident::new_raw(name, span)),
    }
}

/// The type name for `not_revoked`: `NotRevoked`.
pub(super) fn pascal_case(ident: &Ident) -> Ident {
    let text = text(ident);
    let words = text.split('_').filter(|word| !word.is_empty());
    let name: String = words
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<Vec<_>>()
        })
        .collect();
    match syn::parse_str::<Ident>(&name) {
        Ok(_) => Ident::new(&name, ident.span()),
        // The type name for `self` would be a keyword, and a name may have no letters at all.
        Err(_) => Ident::new("Circuit", ident.span()),
    }
}

/// Rejects names of circuits if a generated name would conflict.
pub(super) fn check_circuit(function: &ItemFn, name: &Ident, faults: &mut Diagnostics) {
    let ident = &function.sig.ident;
    let (text, name) = (text(ident), name.to_string());
    if text.split('_').any(str::is_empty) {
        faults.at(
            ident,
            format!(
                "the type of this circuit is `{name}`, like that of every circuit whose name differs in underscores only: use single \
                 underscores between words"
            ),
        );
    } else if name == text {
        faults.at(
            ident,
            format!(
                "the function and the generated type are both called `{name}`: begin the name with a lowercase letter"
            ),
        );
    } else if TYPES.contains(&name.as_str()) || mentions(function, &name) {
        faults.at(
            ident,
            format!(
                "the circuit `{text}` generates the type `{name}`, which hides the other type of that name that circuits use: rename the \
                 circuit"
            ),
        );
    }
    for (suffix, part) in SUFFIXES {
        if let Some(other) = text.strip_suffix(suffix).filter(|other| !other.is_empty()) {
            faults.at(
                ident,
                format!(
                    "the circuit `{text}` generates the type `{name}`, which is also that of the {} inputs of a circuit `{other}`: rename the \
                     circuit",
                    part.to_lowercase()
                ),
            );
        }
    }
}

/// Rejects names of types if the native counterpart of another type would conflict, or if witnesses would be read as
/// those of another type.
pub(super) fn check_type(ident: &Ident, faults: &mut Diagnostics) {
    let text = text(ident);
    if WRITTEN.contains(&text.as_str()) {
        let message =
            format!("`{text}` is a type of circuits, and its name says how a witness is written: rename this type");
        faults.at(ident, message);
    } else if PRIMITIVE.contains(&text.as_str()) {
        faults.at(ident, format!("`{text}` hides a type of the language, which generated code uses: rename this type"));
    }
    if let Some(other) = text.strip_suffix(NATIVE).filter(|other| !other.is_empty()) {
        faults.at(
            ident,
            format!(
                "`{text}` is the name generated for values of a type `{other}` outside of circuits: rename this type"
            ),
        );
    }
}

/// Whether a function uses a type with this name, in its arguments or its body: the generated type would shadow it.
fn mentions(function: &ItemFn, name: &str) -> bool {
    let arguments = function.sig.inputs.to_token_stream();
    stands_alone(arguments, name) || stands_alone(function.block.to_token_stream(), name)
}

/// Whether a name occurs in tokens, except after `::` or `.`.
fn stands_alone(tokens: TokenStream, name: &str) -> bool {
    let mut behind = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => {
            behind = false;
            stands_alone(group.stream(), name)
        }
        TokenTree::Ident(ident) => {
            let found = !behind && ident == name;
            behind = false;
            found
        }
        TokenTree::Punct(punct) => {
            behind = matches!(punct.as_char(), ':' | '.') && (behind || punct.as_char() == '.' || is_joint(&punct));
            false
        }
        TokenTree::Literal(_) => {
            behind = false;
            false
        }
    })
}

/// Whether a colon is the first of two: a single colon precedes a type.
fn is_joint(punct: &proc_macro2::Punct) -> bool {
    punct.spacing() == proc_macro2::Spacing::Joint
}

//! Reading what users write: documentation, attributes, types.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, Type};

/// The documentation of an item: its `///` lines without their common blank, joined by line breaks.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

/// Only the documentation attributes.
pub(crate) fn doc_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc"))
}

/// Whether an item carries one of our attributes, under whatever path.
pub(crate) fn has_attribute(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().segments.last().is_some_and(|last| last.ident == name))
}

/// Whether a type is written as a `Result`.
pub(crate) fn is_result(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result"))
}

/// What is wrong with floats.
const FLOAT: &str = "floats may differ between machines: use an integer of a smaller unit";

/// What keeps a type out of the state, as far as its tokens tell: floats, also inside others.
pub(crate) fn state_fault(ty: &Type) -> Option<&'static str> {
    struct Floats(bool);
    impl syn::visit_mut::VisitMut for Floats {
        fn visit_type_path_mut(&mut self, path: &mut syn::TypePath) {
            self.0 |= path.path.is_ident("f32") || path.path.is_ident("f64");
            syn::visit_mut::visit_type_path_mut(self, path);
        }
    }
    let mut floats = Floats(false);
    syn::visit_mut::visit_type_mut(&mut floats, &mut ty.clone());
    floats.0.then_some(FLOAT)
}

/// What keeps a type from crossing the border of a contract, as far as its tokens tell.
pub(crate) fn type_fault(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Reference(_) => {
            Some("a reference cannot cross the border of a contract: pass an owned value (String, Vec<u8>, …)")
        }
        Type::ImplTrait(_) => Some("`impl Trait` cannot cross the border of a contract: name the type"),
        Type::Infer(_) => Some("name the type: callers need to know it"),
        Type::Ptr(_) | Type::BareFn(_) | Type::Slice(_) | Type::TraitObject(_) | Type::Never(_) => {
            Some("this type cannot cross the border of a contract: pass an owned value")
        }
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            match last.ident.to_string().as_str() {
                "usize" | "isize" => Some("the size of `usize` depends on the machine: use u32 or u64"),
                "f32" | "f64" => Some(FLOAT),
                "HashMap" | "HashSet" => {
                    Some("the order of its entries is not the same everywhere: use BTreeMap or BTreeSet")
                }
                "Rc" | "Arc" | "Cell" | "RefCell" | "Cow" | "Box" => {
                    Some("this cannot cross the border of a contract: pass the value that it holds")
                }
                "char" => Some("a `char` has no form on the wire: pass a String, or its number as u32"),
                _ => {
                    let syn::PathArguments::AngleBracketed(generics) = &last.arguments else { return None };
                    generics.args.iter().find_map(|argument| match argument {
                        syn::GenericArgument::Type(inner) => type_fault(inner),
                        syn::GenericArgument::Lifetime(_) => {
                            Some("a borrowed type cannot cross the border of a contract: pass an owned value")
                        }
                        _ => None,
                    })
                }
            }
        }
        Type::Tuple(tuple) => tuple.elems.iter().find_map(type_fault),
        Type::Array(array) => type_fault(&array.elem),
        Type::Paren(inner) => type_fault(&inner.elem),
        Type::Group(inner) => type_fault(&inner.elem),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn documentation_is_joined_without_the_blank_of_the_comment() {
        let item: syn::ItemStruct = parse_quote! {
            /// First.
            ///
            ///  - indented
            #[derive(Debug)]
            struct S;
        };
        assert_eq!(docs(&item.attrs), "First.\n\n - indented");
        assert_eq!(doc_attributes(&item.attrs).count(), 3);
    }

    #[test]
    fn attributes_are_known_under_any_path() {
        let item: syn::ItemStruct = parse_quote! { #[dusk_sdk::event] struct S; };
        assert!(has_attribute(&item.attrs, "event"));
        assert!(!has_attribute(&item.attrs, "error"));
    }

    #[test]
    fn types_that_cannot_cross_are_found_inside_others() {
        for good in ["u64", "Vec<u8>", "Option<(Account, [u8; 32])>", "dusk_core::BlsScalar", "()"] {
            assert_eq!(type_fault(&syn::parse_str(good).unwrap()), None, "{good}");
        }
        for bad in ["&str", "Vec<&str>", "(u8, f64)", "[usize; 2]", "impl Iterator", "*const u8", "Cow<'a, str>", "_"] {
            assert!(type_fault(&syn::parse_str(bad).unwrap()).is_some(), "{bad}");
        }
    }
}

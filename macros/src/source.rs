//! Parsing of the user's source: documentation, attributes, names.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::Parse;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Type};

use crate::diagnostics::Diagnostics;

/// The prefix of all names in generated code that appear beside names of users. Upper-case names have the same prefix.
pub(crate) const RESERVED_PREFIX: &str = "__dusk";

/// Parses the item below an attribute that takes no options. Returns the tokens with the errors if the item is of the
/// wrong kind.
pub(crate) fn item_of<T: Parse>(
    attribute: &str,
    stands_on: &str,
    options: &TokenStream,
    item: &TokenStream,
    faults: &mut Diagnostics,
) -> Result<T, TokenStream> {
    if !options.is_empty() {
        faults.at(options, format_args!("{attribute} takes no options"));
    }
    syn::parse2(item.clone()).map_err(|_| {
        faults.at(item, format_args!("{attribute} applies to {stands_on}"));
        let errors = std::mem::take(faults).into_tokens();
        quote!(#item #errors)
    })
}

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

/// Whether an item has one of our attributes, under any path.
pub(crate) fn has_attribute(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().segments.last().is_some_and(|last| last.ident == name))
}

/// The attribute by which the compiler may omit an item: `cfg`, also inside `cfg_attr`.
pub(crate) fn condition(attributes: &[Attribute]) -> Option<&Attribute> {
    attributes.iter().find(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => holds_cfg(list.tokens.clone()),
        meta => meta.path().is_ident("cfg"),
    })
}

/// Whether the tokens of `cfg_attr(condition, …)` contain `cfg(…)` after the condition.
fn holds_cfg(tokens: TokenStream) -> bool {
    let mut behind = tokens
        .into_iter()
        .skip_while(|token| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','))
        .peekable();
    while let Some(token) = behind.next() {
        let cfg = matches!(&token, TokenTree::Ident(ident) if ident == "cfg");
        if cfg && matches!(behind.peek(), Some(TokenTree::Group(_))) {
            return true;
        }
    }
    false
}

/// A name as callers see it: without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Reports a name that is reserved for generated code.
pub(crate) fn reserved_name(ident: &Ident, faults: &mut Diagnostics) {
    if plain_name(ident).to_ascii_lowercase().starts_with(RESERVED_PREFIX) {
        faults.at(ident, format!("names that begin with `{RESERVED_PREFIX}` are reserved for generated code"));
    }
}

/// A type with another name in place of `Self`, for use outside of its original place.
pub(crate) fn without_self(ty: &Type, name: &Ident) -> Type {
    struct Replace<'a>(&'a Ident);
    impl VisitMut for Replace<'_> {
        fn visit_ident_mut(&mut self, ident: &mut Ident) {
            if ident == "Self" {
                let mut name = self.0.clone();
                name.set_span(ident.span());
                *ident = name;
            }
        }
    }
    let mut ty = ty.clone();
    Replace(name).visit_type_mut(&mut ty);
    ty
}

/// A type without the invisible groups that a macro adds around its arguments.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        match ty {
            Type::Group(group) => ty = &group.elem,
            Type::Paren(paren) => ty = &paren.elem,
            _ => return ty,
        }
    }
}

/// A name that does not occur in these tokens, as similar to `wanted` as possible.
pub(crate) fn fresh(wanted: &str, tokens: &TokenStream) -> Ident {
    let mut name = wanted.to_owned();
    while occurs(&name, tokens) {
        name.push('_');
    }
    Ident::new(&name, proc_macro2::Span::call_site())
}

fn occurs(name: &str, tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => occurs(name, &group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The text of tokens, for comparing types.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
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
    fn conditions_are_seen_also_inside_others() {
        let conditional = |attribute: Attribute| condition(&[attribute]).is_some();
        assert!(conditional(parse_quote!(#[cfg(test)])));
        assert!(conditional(parse_quote!(#[cfg_attr(test, cfg(feature = "more"))])));
        assert!(!conditional(parse_quote!(#[cfg_attr(feature = "more", doc = "More.")])));
        assert!(!conditional(parse_quote!(#[cfg_attr(all(test, windows), allow(unused))])));
    }

    #[test]
    fn names_are_made_that_do_not_occur() {
        let tokens = parse_quote!(
            fn a(x: Via) -> [Via_; 2] {}
        );
        assert_eq!(fresh("Via", &tokens), "Via__");
        assert_eq!(fresh("Other", &tokens), "Other");
    }

    #[test]
    fn self_is_replaced_wherever_it_stands() {
        let ty = parse_quote!(Result<Vec<Self>, <Self as Of>::Error>);
        let expected: Type = parse_quote!(Result<Vec<State>, <State as Of>::Error>);
        assert_eq!(text(without_self(&ty, &parse_quote!(State))), text(expected));
    }
}

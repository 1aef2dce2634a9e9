//! `#[error]`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Fields, Ident, ItemEnum, LitInt, Type};

use crate::diagnostics::Diagnostics;
use crate::source::{condition, docs, plain_name, reserved_name, text, without_self};
use crate::value::{Parts, derives, generics};

/// Expands `#[error]`.
pub(crate) fn expand(options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let mut first = 1u32;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("first") {
            first = meta.value()?.parse::<LitInt>()?.base10_parse()?;
            return Ok(());
        }
        Err(meta.error("unknown option: #[error] takes `first = N`, the code of the first variant"))
    });
    if let Err(error) = parser.parse2(options) {
        faults.add(error);
    }
    let Ok(mut parsed) = syn::parse2::<ItemEnum>(item.clone()) else {
        faults.at(item, "#[error] applies to an enum: each variant is one reason to refuse a call");
        let errors = faults.into_tokens();
        return quote!(#item #errors);
    };
    generics(&parsed.generics, "an error cannot be generic: its fields are shown to callers", &mut faults);
    reserved_name(&parsed.ident, &mut faults);
    for variant in &parsed.variants {
        unconditional_variant(variant, &mut faults);
    }
    if parsed.variants.is_empty() {
        faults.at(&parsed.ident, "an error needs at least one variant");
    }
    let inner = inner(&mut parsed, &mut faults);
    let codes = codes(&mut parsed, &inner, first, &mut faults);
    let arms = arms(&parsed, &codes, &inner, &mut faults);
    if !faults.is_empty() {
        let errors = faults.into_tokens();
        return quote!(#parsed #errors);
    }
    let derives = derives(&parsed.attrs);
    let ident = &parsed.ident;
    let Arms { table, code, fields, describe, assertions } = arms;
    let conversions = parsed.variants.iter().zip(&inner).filter_map(|(variant, inner)| {
        let (variant, inner) = (&variant.ident, inner.as_ref()?);
        Some(quote! {
            impl ::core::convert::From<#inner> for #ident {
                fn from(__dusk_refusal: #inner) -> #ident {
                    #ident::#variant { 0: __dusk_refusal }
                }
            }
        })
    });
    // If no variant contains another error, the table is written out.
    let table = if inner.iter().all(Option::is_none) {
        quote!(&[#(#table),*])
    } else {
        let pieces: Vec<_> = table
            .iter()
            .zip(&inner)
            .map(|(entry, inner)| match inner {
                Some(inner) => quote!(<#inner as ::dusk_sdk::contract::Refusal>::CODES),
                None => quote!(&[#entry]),
            })
            .collect();
        quote! {
            &::dusk_sdk::contract::joined_codes::<{ ::dusk_sdk::contract::count_codes(&[#(#pieces),*]) }>(&[#(#pieces),*])
        }
    };
    quote! {
        #derives
        #parsed
        #assertions
        #(#conversions)*
        ::dusk_sdk::__with_json! {
            { impl ::dusk_sdk::contract::Refusal for #ident }
            {
                const CODES: &'static [(::core::primitive::u32, &'static ::core::primitive::str)] = #table;

                fn code(&self) -> ::core::primitive::u32 {
                    match self { #code }
                }

                fn write_fields(&self, __dusk_out: &mut ::dusk_sdk::__private::String) -> ::core::primitive::bool {
                    match self { #fields }
                }
            }
            {
                fn describe(
                    __dusk_types: &mut ::dusk_sdk::interface::Types,
                ) -> ::dusk_sdk::__private::Vec<::dusk_sdk::interface::Variant> {
                    #describe
                }
            }
        }
    }
}

/// The errors in variants under `#[from]`. Removes these attributes.
fn inner(item: &mut ItemEnum, faults: &mut Diagnostics) -> Vec<Option<Type>> {
    let owner = item.ident.clone();
    let mut inner: Vec<Option<Type>> = Vec::new();
    for variant in &mut item.variants {
        let Some(place) = variant.attrs.iter().position(|attribute| attribute.path().is_ident("from")) else {
            inner.push(None);
            continue;
        };
        let attribute = variant.attrs.remove(place);
        match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let ty = without_self(&fields.unnamed[0].ty, &owner);
                if inner.iter().flatten().any(|known| text(known) == text(&ty)) {
                    faults.at(&ty, "two variants hold the same error, so `?` cannot choose between them");
                }
                inner.push(Some(ty));
            }
            _ => {
                faults.at(
                    &attribute,
                    "#[from] is for a variant that holds another error: `Ownership(ownership::Refused)`",
                );
                inner.push(None);
            }
        }
    }
    inner
}

/// The code of each variant: the number in `#[code(N)]`, else one more than that of the previous variant. Removes these
/// attributes.
fn codes(item: &mut ItemEnum, inner: &[Option<Type>], first: u32, faults: &mut Diagnostics) -> Vec<u32> {
    let mut next = Some(first);
    let mut known: BTreeMap<u32, String> = BTreeMap::new();
    let mut codes = Vec::new();
    for (variant, inner) in item.variants.iter_mut().zip(inner) {
        if inner.is_some() {
            if let Some(code) = variant.attrs.iter().find(|attribute| attribute.path().is_ident("code")) {
                faults.at(code, "a variant under #[from] has the codes of the error that it holds: remove #[code]");
            }
            variant.attrs.retain(|attribute| !attribute.path().is_ident("code"));
            codes.push(0);
            continue;
        }
        if let Some((_, value)) = &variant.discriminant {
            faults.at(value, "write the code of an error as #[code(N)] before the variant");
        }
        let mut code = next;
        variant.attrs.retain(|attribute| {
            if !attribute.path().is_ident("code") {
                return true;
            }
            match attribute.parse_args::<LitInt>().and_then(|literal| literal.base10_parse::<u32>()) {
                Ok(given) => code = Some(given),
                Err(_) => faults.at(attribute, "a code is a number of 32 bits: #[code(7)]"),
            }
            false
        });
        let Some(code) = code else {
            faults.at(&variant.ident, "4294967295 is the last code: give the variants before this one lower codes");
            continue;
        };
        if let Some(other) = known.insert(code, plain_name(&variant.ident)) {
            faults.at(
                &variant.ident,
                format!("`{}` and `{other}` have the same code {code}", plain_name(&variant.ident)),
            );
        }
        next = code.checked_add(1);
        codes.push(code);
    }
    codes
}

#[derive(Default)]
struct Arms {
    /// The code and the name of each variant.
    table: Vec<TokenStream>,
    code: TokenStream,
    fields: TokenStream,
    describe: TokenStream,
    assertions: TokenStream,
}

fn arms(item: &ItemEnum, codes: &[u32], inner: &[Option<Type>], faults: &mut Diagnostics) -> Arms {
    let mut arms = Arms::default();
    let mut describe = Vec::new();
    for ((variant, code), inner) in item.variants.iter().zip(codes).zip(inner) {
        let (owner, ident) = (&item.ident, &variant.ident);
        if let Some(inner) = inner {
            arms.held(owner, ident, inner);
            describe.push(quote!(<#inner as ::dusk_sdk::contract::Refusal>::describe(__dusk_types)));
            continue;
        }
        let parts = Parts::of(&variant.fields, owner, faults);
        let (name, doc) = (plain_name(ident), docs(&variant.attrs));
        let pattern = parts.pattern(&quote!(#owner::#ident));
        let (write, fields) = (parts.write(), parts.describe());
        arms.table.push(quote!((#code, #name)));
        arms.code.extend(quote!(#owner::#ident { .. } => #code,));
        arms.fields.extend(if matches!(variant.fields, Fields::Unit) {
            quote!(#pattern => false,)
        } else {
            quote!(#pattern => { #write true })
        });
        describe.push(quote!(::dusk_sdk::interface::Variant::new(#name, #doc, #fields)));
        arms.assertions.extend(parts.assertions());
    }
    arms.describe = if inner.iter().all(Option::is_none) {
        quote!(::dusk_sdk::__private::vec![#(#describe),*])
    } else {
        let pieces = describe.into_iter().zip(inner).map(|(piece, inner)| match inner {
            Some(_) => piece,
            None => quote!(::dusk_sdk::__private::vec![#piece]),
        });
        quote!(::dusk_sdk::__private::joined(&mut [#(#pieces),*]))
    };
    arms
}

impl Arms {
    /// A variant that contains another error delegates to it.
    fn held(&mut self, owner: &Ident, ident: &Ident, inner: &Type) {
        let pattern = quote!(#owner::#ident { 0: __dusk_refusal });
        self.table.push(TokenStream::new());
        self.code.extend(quote!(#pattern => ::dusk_sdk::contract::Refusal::code(__dusk_refusal),));
        self.fields
            .extend(quote!(#pattern => ::dusk_sdk::contract::Refusal::write_fields(__dusk_refusal, __dusk_out),));
        self.assertions.extend(quote_spanned! {inner.span()=>
            const _: () = {
                #[allow(dead_code, reason = "only its type matters")]
                fn __dusk_check() { ::dusk_sdk::__private::assert_refusal::<#inner>(); }
            };
        });
    }
}

/// Reports a `cfg` on a variant.
fn unconditional_variant(variant: &syn::Variant, faults: &mut Diagnostics) {
    if let Some(attribute) = condition(&variant.attrs) {
        faults.at(attribute, "a variant cannot depend on `cfg`: the codes and the schema would disagree about it");
    }
}

//! `#[error]`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Fields, ItemEnum, LitInt};

use crate::diagnostics::Diagnostics;
use crate::source::docs;
use crate::value::{Parts, derived, generics};

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
        faults.at(item, "#[error] stands on an enum: each variant is one reason for which a call is refused");
        let errors = faults.into_tokens();
        return quote!(#item #errors);
    };
    generics(&parsed.generics, "an error cannot be generic: its fields are shown to callers", &mut faults);
    if parsed.variants.is_empty() {
        faults.at(&parsed.ident, "an error needs a variant for each reason");
    }
    let codes = codes(&mut parsed, first, &mut faults);
    let arms = arms(&parsed, &codes, &mut faults);
    if !faults.is_empty() {
        let errors = faults.into_tokens();
        return quote!(#parsed #errors);
    }
    let missing = missing_derives(&parsed);
    let ident = &parsed.ident;
    let Arms { table, code, name, fields, describe, assertions } = arms;
    quote! {
        #[derive(#missing)]
        #parsed
        #assertions
        ::dusk_sdk::__with_json! {
            { impl ::dusk_sdk::contract::Refusal for #ident }
            {
                const CODES: &'static [(u32, &'static str)] = &[#table];

                fn code(&self) -> u32 {
                    match self { #code }
                }

                fn name(&self) -> &'static str {
                    match self { #name }
                }

                fn write_fields(&self, out: &mut ::dusk_sdk::__private::String) -> bool {
                    match self { #fields }
                }
            }
            {
                fn describe(types: &mut ::dusk_sdk::interface::Types) -> ::dusk_sdk::__private::Vec<::dusk_sdk::interface::Variant> {
                    ::dusk_sdk::__private::vec![#describe]
                }
            }
        }
    }
}

/// The code of each variant: as `#[code(N)]` says, else one more than that of the variant before. Takes these
/// attributes away.
fn codes(item: &mut ItemEnum, first: u32, faults: &mut Diagnostics) -> Vec<u32> {
    let mut next = Some(first);
    let mut known: BTreeMap<u32, String> = BTreeMap::new();
    let mut codes = Vec::new();
    for variant in &mut item.variants {
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
            faults.at(&variant.ident, "there is no code after 4294967295");
            continue;
        };
        if let Some(other) = known.insert(code, variant.ident.to_string()) {
            faults.at(&variant.ident, format!("`{}` and `{other}` have the same code {code}", variant.ident));
        }
        next = code.checked_add(1);
        codes.push(code);
    }
    codes
}

#[derive(Default)]
struct Arms {
    table: TokenStream,
    code: TokenStream,
    name: TokenStream,
    fields: TokenStream,
    describe: TokenStream,
    assertions: TokenStream,
}

fn arms(item: &ItemEnum, codes: &[u32], faults: &mut Diagnostics) -> Arms {
    let mut arms = Arms::default();
    for (variant, code) in item.variants.iter().zip(codes) {
        let parts = Parts::of(&variant.fields, faults);
        let (ident, name, doc) = (&variant.ident, variant.ident.to_string(), docs(&variant.attrs));
        let (pattern, write, fields) = (parts.pattern(), parts.write(), parts.describe());
        arms.table.extend(quote!((#code, #name),));
        arms.code.extend(quote!(Self::#ident { .. } => #code,));
        arms.name.extend(quote!(Self::#ident { .. } => #name,));
        arms.fields.extend(if matches!(variant.fields, Fields::Unit) {
            quote!(Self::#ident => false,)
        } else {
            quote!(Self::#ident #pattern => { #write true })
        });
        arms.describe.extend(quote!(::dusk_sdk::interface::Variant::new(#name, #doc, #fields),));
        arms.assertions.extend(parts.assertions());
    }
    arms
}

fn missing_derives(item: &ItemEnum) -> TokenStream {
    let derived = derived(&item.attrs);
    let all = [
        ("Clone", quote!(::core::clone::Clone)),
        ("Debug", quote!(::core::fmt::Debug)),
        ("PartialEq", quote!(::core::cmp::PartialEq)),
    ];
    let missing = all.into_iter().filter(|(name, _)| !derived.iter().any(|known| known == name)).map(|(_, path)| path);
    quote!(#(#missing),*)
}

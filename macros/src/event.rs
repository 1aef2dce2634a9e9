//! `#[event]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{ItemStruct, LitStr};

use crate::diagnostics::Diagnostics;
use crate::value::{Parts, structure};

/// The longest topic, in bytes. A topic costs gas with every event.
const MAX_TOPIC_BYTES: usize = 64;

/// Expands `#[event]`.
pub(crate) fn expand(options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let mut topic: Option<LitStr> = None;
    let mut rust_layout = false;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("topic") {
            topic = Some(meta.value()?.parse()?);
            Ok(())
        } else if meta.path.is_ident("layout") && meta.value()?.parse::<LitStr>()?.value() == "rust" {
            rust_layout = true;
            Ok(())
        } else {
            Err(meta.error("unknown option: #[event] takes `topic = \"…\"` and `layout = \"rust\"`"))
        }
    });
    if let Err(error) = parser.parse2(options) {
        faults.add(error);
    }
    if let Some(topic) = &topic {
        let text = topic.value();
        if text.is_empty() || text.len() > MAX_TOPIC_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            faults.at(topic, format!("a topic is 1 to {MAX_TOPIC_BYTES} visible ASCII characters"));
        }
    }
    let Ok(parsed) = syn::parse2::<ItemStruct>(item.clone()) else {
        faults.at(item, "#[event] stands on a struct: its fields are what the event says");
        let errors = faults.into_tokens();
        return quote!(#item #errors);
    };
    let value = structure(&parsed, rust_layout, &mut faults);
    if !faults.is_empty() {
        let errors = faults.into_tokens();
        return quote!(#item #errors);
    }
    let assertions = Parts::of(&parsed.fields, &mut faults).assertions();
    let ident = &parsed.ident;
    let topic = topic.map_or_else(|| ident.to_string(), |topic| topic.value());
    quote! {
        #value
        #assertions
        impl ::dusk_sdk::contract::Event for #ident {
            const TOPIC: &'static str = #topic;
        }
    }
}

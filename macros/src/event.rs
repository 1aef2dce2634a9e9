//! `#[event]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{ItemStruct, LitStr};

use crate::codec::Layout;
use crate::diagnostics::Diagnostics;
use crate::source::plain_name;
use crate::value::structure;

/// The maximum length of a topic in bytes. A topic costs gas with every event.
const MAX_TOPIC_BYTES: usize = 64;

/// Expands `#[event]`.
pub(crate) fn expand(options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let mut topic: Option<LitStr> = None;
    let mut layout = Layout::C;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("topic") {
            topic = Some(meta.value()?.parse()?);
            Ok(())
        } else if meta.path.is_ident("layout") && meta.value()?.parse::<LitStr>()?.value() == "rust" {
            layout = Layout::Rust;
            Ok(())
        } else {
            Err(meta.error("unknown option: #[event] takes `topic = \"…\"` and `layout = \"rust\"`"))
        }
    });
    if let Err(error) = parser.parse2(options) {
        faults.add(error);
    }
    let Ok(parsed) = syn::parse2::<ItemStruct>(item.clone()) else {
        faults.at(item, "#[event] applies to a struct: its fields are the data of the event");
        let errors = faults.into_tokens();
        return quote!(#item #errors);
    };
    let value = structure(&parsed, layout, &mut faults);
    let ident = &parsed.ident;
    let text = match &topic {
        Some(topic) => {
            if !is_topic(&topic.value()) {
                faults.at(topic, format!("a topic is 1 to {MAX_TOPIC_BYTES} visible ASCII characters"));
            }
            topic.value()
        }
        None => {
            if !is_topic(&plain_name(ident)) {
                faults.at(
                    ident,
                    format!(
                        "a topic is 1 to {MAX_TOPIC_BYTES} visible ASCII characters, and this name is not: choose \
                         another by #[event(topic = \"…\")]"
                    ),
                );
            }
            plain_name(ident)
        }
    };
    if !faults.is_empty() {
        let errors = faults.into_tokens();
        return quote!(#item #errors);
    }
    quote! {
        #value
        impl ::dusk_sdk::contract::Event for #ident {
            const TOPIC: &'static ::core::primitive::str = #text;
        }
    }
}

fn is_topic(text: &str) -> bool {
    (1..=MAX_TOPIC_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

//! From tokens to the model. Everything that can be understood is kept; what is wrong with it is for `validate` to say.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{FnArg, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Pat, ReturnType, Type, Visibility};

use super::model::{Argument, Contract, Method, Options, Output, Receiver, State};
use crate::diagnostics::Diagnostics;
use crate::source::{doc_attributes, docs, has_attribute, is_result};

/// Reads the module.
pub(super) fn module(item: &TokenStream) -> syn::Result<ItemMod> {
    let module: ItemMod = syn::parse2(item.clone()).map_err(|_| {
        syn::Error::new_spanned(
            item,
            "#[contract] stands on a module: `#[contract] pub mod name { … }`, with the state and its methods",
        )
    })?;
    if module.content.is_none() {
        return Err(syn::Error::new_spanned(
            module,
            "#[contract] needs the module's body here: `pub mod name { … }`, not a module in another file",
        ));
    }
    Ok(module)
}

/// Reads the options of the attribute.
pub(super) fn options(tokens: TokenStream, faults: &mut Diagnostics) -> Options {
    let mut options = Options::default();
    let parsed = syn::meta::parser(|meta| {
        if meta.path.is_ident("events") {
            let list;
            syn::parenthesized!(list in meta.input);
            let paths = list.parse_terminated(syn::Path::parse_mod_style, syn::Token![,])?;
            options.events.extend(paths);
            Ok(())
        } else {
            Err(meta
                .error("unknown option: #[contract] takes `events(path, …)`, the events that are declared elsewhere"))
        }
    })
    .parse2(tokens);
    if let Err(error) = parsed {
        faults.add(error);
    }
    options
}

/// Understands the module.
pub(super) fn contract(options: Options, module: ItemMod, faults: &mut Diagnostics) -> Contract {
    let mut contract = Contract {
        docs: docs(&module.attrs),
        options,
        states: Vec::new(),
        init: None,
        methods: Vec::new(),
        events: Vec::new(),
        names: Vec::new(),
        module,
    };
    let items = contract.module.content.take();
    let Some((brace, items)) = items else { return contract };
    for item in &items {
        match item {
            Item::Struct(item) if has_attribute(&item.attrs, "event") => {
                contract.events.push(item.ident.clone());
                contract.names.push(item.ident.clone());
            }
            Item::Struct(item) if has_attribute(&item.attrs, "contract_type") => {
                contract.names.push(item.ident.clone());
            }
            Item::Struct(item) => {
                let generics = (!item.generics.params.is_empty()).then(|| item.generics.span());
                let public = matches!(item.vis, Visibility::Public(_));
                contract.states.push(State { ident: item.ident.clone(), public, generics });
            }
            Item::Enum(item) => contract.names.push(item.ident.clone()),
            Item::Type(item) => contract.names.push(item.ident.clone()),
            Item::Fn(item) => contract.names.push(item.sig.ident.clone()),
            _ => {}
        }
    }
    if let Some(state) = contract.states.first().map(|state| state.ident.clone()) {
        for item in &items {
            if let Item::Impl(block) = item {
                methods(block, &state, &mut contract, faults);
            }
        }
    }
    contract.module.content = Some((brace, items));
    contract
}

fn methods(block: &ItemImpl, state: &Ident, contract: &mut Contract, faults: &mut Diagnostics) {
    let of_state = matches!(&*block.self_ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == *state));
    if block.trait_.is_some() || !of_state {
        return;
    }
    if !block.generics.params.is_empty() {
        faults.at(&block.generics, "the methods of a contract cannot be generic: callers need to know their types");
    }
    let cfg = block.attrs.iter().find(|attribute| attribute.path().is_ident("cfg"));
    for item in &block.items {
        let ImplItem::Fn(function) = item else { continue };
        let mut method = method(function);
        method.cfg = method.cfg.or_else(|| cfg.cloned());
        if function.sig.ident == "init" {
            contract.init = Some(method);
        } else {
            contract.methods.push(method);
        }
    }
}

fn method(function: &ImplItemFn) -> Method {
    let receiver = match function.sig.receiver() {
        None => Receiver::None,
        Some(receiver) if receiver.colon_token.is_none() && receiver.reference.is_some() => {
            if receiver.mutability.is_some() { Receiver::Mutable } else { Receiver::Shared }
        }
        Some(_) => Receiver::Other,
    };
    let arguments = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => {
            let name = match &*typed.pat {
                Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                    Some(pattern.ident.clone())
                }
                _ => None,
            };
            Some(Argument { name, ty: (*typed.ty).clone(), pattern: (*typed.pat).clone() })
        }
    });
    let output = match &function.sig.output {
        ReturnType::Default => Output::Unit,
        ReturnType::Type(_, ty) if is_result(ty) => Output::Result((**ty).clone()),
        ReturnType::Type(_, ty) => Output::Value((**ty).clone()),
    };
    Method {
        docs: docs(&function.attrs),
        doc_attributes: doc_attributes(&function.attrs).cloned().collect(),
        cfg: function.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")).cloned(),
        visibility: function.vis.clone(),
        signature: function.sig.clone(),
        receiver,
        arguments: arguments.collect(),
        output,
    }
}

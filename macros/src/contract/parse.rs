//! From tokens to the model. Everything that can be understood is kept; what is wrong with it is for `validate` to say.

use proc_macro2::{Span, TokenStream};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{FnArg, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Pat, ReturnType, Type, Visibility};

use super::model::{Argument, Contract, Method, Options, Output, Receiver, State};
use crate::diagnostics::Diagnostics;
use crate::source::{doc_attributes, docs, has_attribute, is_result, state_fault};

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
    let Some((brace, mut items)) = items else { return contract };
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
                for field in &item.fields {
                    if let Some(fault) = state_fault(&field.ty) {
                        faults.at(&field.ty, fault);
                    }
                }
                contract.states.push(State { ident: item.ident.clone(), public, generics });
            }
            Item::Static(item) => faults
                .at(item, "a static is state that nobody sees: make it a field of the contract's state, or a `const`"),
            Item::Enum(item) => contract.names.push(item.ident.clone()),
            Item::Type(item) => contract.names.push(item.ident.clone()),
            Item::Fn(item) => contract.names.push(item.sig.ident.clone()),
            _ => {}
        }
    }
    if let Some(state) = contract.states.first().map(|state| state.ident.clone()) {
        for item in &mut items {
            if let Item::Impl(block) = item {
                methods(block, &state, &mut contract, faults);
            }
        }
    }
    contract.module.content = Some((brace, items));
    contract
}

fn methods(block: &mut ItemImpl, state: &Ident, contract: &mut Contract, faults: &mut Diagnostics) {
    let of_state = matches!(&*block.self_ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == *state));
    if block.trait_.is_some() || !of_state {
        return;
    }
    if !block.generics.params.is_empty() {
        faults.at(&block.generics, "the methods of a contract cannot be generic: callers need to know their types");
    }
    let cfg = block.attrs.iter().find(|attribute| attribute.path().is_ident("cfg"));
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        let options = method_options(function, faults);
        for attribute in function.attrs.iter().filter(|attribute| exports(attribute)) {
            faults.at(attribute, "remove this: the macro exports the function as the chain wants it");
        }
        let mut method = method(function, options, faults);
        method.cfg = method.cfg.or_else(|| cfg.cloned());
        if function.sig.ident == "init" {
            contract.init = Some(method);
        } else {
            contract.methods.push(method);
        }
    }
}

/// Whether an attribute exports a function to the linker.
fn exports(attribute: &syn::Attribute) -> bool {
    let exporting = |path: &syn::Path| path.is_ident("no_mangle") || path.is_ident("export_name");
    exporting(attribute.path())
        || matches!(&attribute.meta, syn::Meta::List(list) if list.path.is_ident("unsafe")
            && list.parse_args::<syn::Meta>().is_ok_and(|inner| exporting(inner.path())))
}

/// What `#[contract(…)]` on a method says.
#[derive(Default)]
struct MethodOptions {
    feeds: Option<Type>,
    raw_result: Option<Span>,
    place: Option<Span>,
}

/// Reads the options of a method and takes them away.
fn method_options(function: &mut ImplItemFn, faults: &mut Diagnostics) -> MethodOptions {
    let mut options = MethodOptions::default();
    function.attrs.retain(|attribute| {
        if !has_attribute(std::slice::from_ref(attribute), "contract") {
            return true;
        }
        options.place = Some(attribute.span());
        let parsed = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("feeds") {
                options.feeds = Some(meta.value()?.parse()?);
                Ok(())
            } else if meta.path.is_ident("raw_result") {
                options.raw_result = Some(meta.path.span());
                Ok(())
            } else {
                Err(meta.error("unknown option: on a method #[contract] takes `feeds = Type` or `raw_result`"))
            }
        });
        if let Err(error) = parsed {
            faults.add(error);
        }
        false
    });
    options
}

fn method(function: &ImplItemFn, options: MethodOptions, faults: &mut Diagnostics) -> Method {
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
        ReturnType::Type(_, ty) if is_result(ty) && options.raw_result.is_none() => Output::Result((**ty).clone()),
        ReturnType::Type(_, ty) => Output::Value((**ty).clone()),
    };
    if let Some(place) = options.raw_result
        && !matches!(&function.sig.output, ReturnType::Type(_, ty) if is_result(ty))
    {
        faults.at_span(
            place,
            "`raw_result` is for a method that returns a `Result`, to give callers the `Result` itself",
        );
    }
    Method {
        docs: docs(&function.attrs),
        doc_attributes: doc_attributes(&function.attrs).cloned().collect(),
        cfg: function.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")).cloned(),
        visibility: function.vis.clone(),
        signature: function.sig.clone(),
        receiver,
        arguments: arguments.collect(),
        output,
        feeds: options.feeds,
        options: options.place,
    }
}

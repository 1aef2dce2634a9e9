//! From tokens to the model. The parser keeps everything that it can parse; `validate` reports the faults.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Pat, ReceiverKind, ReturnType, Type,
    UseTree, Visibility,
};

use super::model::{Argument, Contract, Method, Names, Options, Receiver, State};
use crate::diagnostics::Diagnostics;
use crate::source::{bare, condition, doc_attributes, docs, has_attribute, without_self};
use crate::types::Scope;

/// Items that another macro generates are unknown to this one.
const MADE_BY_A_MACRO: &str = "#[contract] does not see the items that a macro generates here, and would not export them: write out the methods, or call the macro in a module of its own if it generates no methods of the contract";

/// Parses the module.
pub(super) fn module(item: &TokenStream) -> syn::Result<ItemMod> {
    let module: ItemMod = syn::parse2(item.clone()).map_err(|_| {
        syn::Error::new_spanned(
            item,
            "#[contract] applies to a module: `#[contract] pub mod name { … }`, with the state and its methods",
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

/// Parses the options of the attribute.
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

/// Builds the model of the module.
pub(super) fn contract(options: Options, module: ItemMod, faults: &mut Diagnostics) -> Contract {
    let mut contract = Contract {
        docs: docs(&module.attrs),
        options,
        states: Vec::new(),
        init: None,
        methods: Vec::new(),
        events: Vec::new(),
        names: Names::default(),
        scope: Scope::default(),
        tokens: module.to_token_stream(),
        module,
    };
    let items = contract.module.content.take();
    let Some((brace, mut items)) = items else { return contract };
    contract.scope = Scope::of_module(&items);
    for item in &items {
        self::item(item, &mut contract, faults);
    }
    if let Some(state) = contract.states.first().map(|state| state.ident.clone()) {
        let aliases = aliases(&items, &state);
        for item in &mut items {
            match item {
                Item::Impl(block) if is_alias(block, &aliases) => faults.at(
                    &block.self_ty,
                    format!("write `impl {state}`: methods under another name of it would not be exported"),
                ),
                Item::Impl(block) => methods(block, &state, &mut contract, faults),
                Item::Mod(module) => hidden_methods(module, &state, faults),
                _ => {}
            }
        }
    }
    contract.module.content = Some((brace, items));
    contract
}

/// Adds one item of the module.
fn item(item: &Item, contract: &mut Contract, faults: &mut Diagnostics) {
    match item {
        Item::Struct(item) if has_attribute(&item.attrs, "event") => {
            if let Some(attribute) = condition(&item.attrs) {
                faults
                    .at(attribute, "an event cannot depend on `cfg`: the schema and the code would disagree about it");
            }
            contract.events.push(item.ident.clone());
            structure(item, &mut contract.names);
        }
        Item::Struct(item) if has_attribute(&item.attrs, "contract_type") => structure(item, &mut contract.names),
        Item::Struct(item) => {
            for field in &item.fields {
                if let Some(fault) = contract.scope.state_fault(&field.ty) {
                    faults.at(&field.ty, fault);
                }
            }
            structure(item, &mut contract.names);
            contract.states.push(State {
                ident: item.ident.clone(),
                public: matches!(item.vis, Visibility::Public(_)),
                generics: (!item.generics.params.is_empty()).then(|| item.generics.span()),
                cfg: condition(&item.attrs).cloned(),
            });
        }
        Item::Static(item) => {
            faults.at(
                item,
                "a static is state outside of the contract's struct: make it a field of the state, or a `const`",
            );
        }
        // A macro definition produces nothing by itself.
        Item::Macro(item) if item.ident.is_none() => faults.at(item, MADE_BY_A_MACRO),
        Item::Enum(item) => contract.names.types.push(item.ident.clone()),
        Item::Type(item) => contract.names.types.push(item.ident.clone()),
        Item::Trait(item) => contract.names.types.push(item.ident.clone()),
        Item::Union(item) => contract.names.types.push(item.ident.clone()),
        Item::Mod(item) => contract.names.types.push(item.ident.clone()),
        Item::Fn(item) => contract.names.values.push(item.sig.ident.clone()),
        Item::Const(item) => contract.names.values.push(item.ident.clone()),
        Item::Use(item) => imported(&item.tree, &mut contract.names),
        _ => {}
    }
}

/// The name of a struct, which is also the name of a value if its fields have no names.
fn structure(item: &syn::ItemStruct, names: &mut Names) {
    names.types.push(item.ident.clone());
    if !matches!(item.fields, syn::Fields::Named(_)) {
        names.values.push(item.ident.clone());
    }
}

/// The names that an import declares. The macro cannot know what they refer to.
fn imported(tree: &UseTree, names: &mut Names) {
    let name = match tree {
        UseTree::Path(path) => return imported(&path.tree, names),
        UseTree::Group(group) => return group.items.iter().for_each(|tree| imported(tree, names)),
        UseTree::Name(name) => &name.ident,
        UseTree::Rename(rename) => &rename.rename,
        UseTree::Glob(_) => return,
    };
    names.types.push(name.clone());
    names.values.push(name.clone());
}

/// Whether a block has methods of the state under an alias of it.
fn is_alias(block: &ItemImpl, aliases: &[Ident]) -> bool {
    block.trait_.is_none()
        && matches!(bare(&block.self_ty), Type::Path(path) if aliases.iter().any(|alias| path.path.is_ident(alias)))
}

/// Whether a block is for the state: certainly, or possibly under another path.
fn is_of(block: &ItemImpl, state: &Ident) -> Option<bool> {
    let Type::Path(path) = bare(&block.self_ty) else { return None };
    let segments = &path.path.segments;
    let alone = path.qself.is_none() && path.path.leading_colon.is_none();
    let here = segments.len() == 1 || (segments.len() == 2 && segments[0].ident == "self");
    (segments.last()?.ident == *state).then_some(alone && here)
}

fn methods(block: &mut ItemImpl, state: &Ident, contract: &mut Contract, faults: &mut Diagnostics) {
    if block.trait_.is_some() {
        return;
    }
    match is_of(block, state) {
        Some(true) => {}
        Some(false) => {
            return faults.at(
                &block.self_ty,
                format!("write `impl {state}`: #[contract] cannot tell whether this path is the contract's state"),
            );
        }
        None => return,
    }
    if !block.generics.params.is_empty() {
        faults.at(&block.generics, "the methods of a contract cannot be generic: callers need to know their types");
    }
    if let Some(attribute) = block.attrs.iter().find(|attribute| !is_known(attribute)) {
        faults.at(attribute, MADE_BY_A_MACRO);
    }
    let cfg = condition(&block.attrs).cloned();
    for item in &mut block.items {
        let function = match item {
            ImplItem::Fn(function) => function,
            ImplItem::Macro(call) => {
                faults.at(call, MADE_BY_A_MACRO);
                continue;
            }
            _ => continue,
        };
        let options = method_options(function, faults);
        for attribute in function.attrs.iter().filter(|attribute| exports(attribute)) {
            faults.at(attribute, "remove this: the macro exports the function in the form that the chain requires");
        }
        let mut method = method(function, options, state);
        method.cfg = method.cfg.or_else(|| cfg.clone());
        if function.sig.ident == "init" {
            contract.init = Some(method);
        } else {
            contract.methods.push(method);
        }
    }
}

/// The aliases of the state in the module.
fn aliases(items: &[Item], state: &Ident) -> Vec<Ident> {
    let is_state = |ty: &Type| matches!(bare(ty), Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == *state));
    let aliases = items.iter().filter_map(|item| match item {
        Item::Type(alias) if is_state(&alias.ty) => Some(alias.ident.clone()),
        _ => None,
    });
    aliases.collect()
}

/// Reports methods of the state in inner modules.
fn hidden_methods(module: &ItemMod, state: &Ident, faults: &mut Diagnostics) {
    for item in module.content.iter().flat_map(|(_, items)| items) {
        match item {
            Item::Mod(module) => hidden_methods(module, state, faults),
            Item::Impl(block) if block.trait_.is_none() && is_of(block, state).is_some() => {
                // `pub` would make the method one of the contract. A type with the same name here would be another
                // type.
                let own = module.content.iter().flat_map(|(_, items)| items).any(|item| declares(item, state));
                let public = block.items.iter().find_map(|item| match item {
                    ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(function),
                    _ => None,
                });
                if let (Some(function), false) = (public, own) {
                    faults.at(
                        &function.sig.ident,
                        "this method would not be exported, because it is not in the contract's own module: move it there, \
                         or make it `pub(crate)` if it is a helper",
                    );
                }
            }
            _ => {}
        }
    }
}

fn declares(item: &Item, name: &Ident) -> bool {
    match item {
        Item::Struct(item) => item.ident == *name,
        Item::Enum(item) => item.ident == *name,
        _ => false,
    }
}

/// Whether an attribute of an `impl` block is built into the language, and so adds no methods.
fn is_known(attribute: &Attribute) -> bool {
    const KNOWN: &[&str] = &[
        "allow",
        "automatically_derived",
        "cfg",
        "cfg_attr",
        "deny",
        "deprecated",
        "diagnostic",
        "doc",
        "expect",
        "forbid",
        "must_use",
        "warn",
        "clippy",
        "rustfmt",
        "rustdoc",
    ];
    attribute.path().segments.first().is_some_and(|first| KNOWN.iter().any(|name| first.ident == name))
}

/// Whether an attribute exports a function to the linker.
fn exports(attribute: &syn::Attribute) -> bool {
    let exporting = |path: &syn::Path| path.is_ident("no_mangle") || path.is_ident("export_name");
    exporting(attribute.path())
        || matches!(&attribute.meta, syn::Meta::List(list) if list.path.is_ident("unsafe")
            && list.parse_args::<syn::Meta>().is_ok_and(|inner| exporting(inner.path())))
}

/// The options in `#[contract(…)]` on a method.
#[derive(Default)]
struct MethodOptions {
    feeds: Option<Type>,
    raw_result: Option<Span>,
    place: Option<Span>,
}

/// Parses the options of a method and removes them.
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

fn method(function: &ImplItemFn, options: MethodOptions, state: &Ident) -> Method {
    let receiver = match function.sig.receiver() {
        None => Receiver::None,
        Some(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, Some(lifetime), _) if lifetime.ident != "_" => Receiver::Other,
            ReceiverKind::Reference(_, _, None) => Receiver::Shared,
            ReceiverKind::Reference(_, _, Some(_)) => Receiver::Mutable,
            _ => Receiver::Other,
        },
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
            Some(Argument {
                name,
                ty: without_self(&typed.ty, state),
                pattern: (*typed.pat).clone(),
                cfg: condition(&typed.attrs).cloned(),
            })
        }
    });
    Method {
        docs: docs(&function.attrs),
        doc_attributes: doc_attributes(&function.attrs).cloned().collect(),
        cfg: condition(&function.attrs).cloned(),
        visibility: function.vis.clone(),
        signature: function.sig.clone(),
        receiver,
        arguments: arguments.collect(),
        output: match &function.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(without_self(ty, state)),
        },
        feeds: options.feeds.map(|ty| without_self(&ty, state)),
        raw_result: options.raw_result,
        options: options.place,
    }
}

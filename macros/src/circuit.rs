//! `#[circuit]` and `#[circuit_type]`.

mod names;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Fields, FnArg, Ident, ItemFn, ItemStruct, Pat, ReturnType, Safety, Type, Visibility};

use self::names::local;
use crate::diagnostics::Diagnostics;
use crate::source::{doc_attributes, docs, item_of};

/// Expands `#[circuit]`.
pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let on = "a function: `fn name(cs: &mut ConstraintSystem, #[public] root: Field)`";
    let function: ItemFn = match item_of("#[circuit]", on, options, item, &mut faults) {
        Ok(function) => function,
        Err(errors) => return errors,
    };
    let model = model(&function, &mut faults);
    let written = without_marks(&function);
    if faults.is_empty() {
        let made = make(&model);
        return quote!(#written #made);
    }
    let errors = faults.into_tokens();
    quote!(#written #errors)
}

/// The model of a circuit.
struct Model {
    visibility: Visibility,
    function: Ident,
    name: Ident,
    doc: String,
    inputs: Vec<Input>,
}

struct Input {
    /// The name in witnesses: that of the argument, without a leading underscore. An input that is only bound is in no
    /// constraint, so the compiler expects an underscore before its argument.
    name: Ident,
    ty: Type,
    public: bool,
}

impl Model {
    fn inputs(&self, public: bool) -> Vec<&Input> {
        self.inputs.iter().filter(|input| input.public == public).collect()
    }
}

fn model(function: &ItemFn, faults: &mut Diagnostics) -> Model {
    let signature = &function.sig;
    if let Some(token) = signature.asyncness {
        faults.at(token, "a circuit is not `async`");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        faults.at(token, "a circuit is not `unsafe`");
    }
    if !signature.generics.params.is_empty() {
        faults.at(
            &signature.generics,
            "a circuit cannot be generic, because keys belong to one layout: write one circuit for each size, \
             each of which calls one generic function",
        );
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        faults.at(ty, "a circuit returns nothing: make its result a public input and constrain it with `assert_eq`");
    }
    let mut arguments = signature.inputs.iter();
    match arguments.next() {
        Some(FnArg::Typed(first)) if is_circuit(&first.ty) && first.attrs.is_empty() => {}
        Some(first) => faults.at(first, "the first argument of a circuit is `cs: &mut ConstraintSystem`"),
        None => faults.at(&signature.ident, "a circuit takes `cs: &mut ConstraintSystem`, and then its inputs"),
    }
    let mut inputs: Vec<Input> = Vec::new();
    for argument in arguments {
        let FnArg::Typed(argument) = argument else { continue };
        let marks = |name: &str| argument.attrs.iter().filter(|attribute| attribute.path().is_ident(name)).count();
        let public = match (marks("public"), marks("private")) {
            (1, 0) => true,
            (0, 1) => false,
            (0, 0) => {
                faults.at(
                    argument,
                    "mark this input as `#[public]` (the verifier knows it) or `#[private]` (only the prover knows it)",
                );
                continue;
            }
            _ => {
                faults.at(argument, "mark an input once, as `#[public]` or as `#[private]`");
                continue;
            }
        };
        if let Some(condition) = argument.attrs.iter().find(|attribute| is_condition(attribute)) {
            faults.at(
                condition,
                "an input cannot depend on `cfg`, because keys belong to one layout: write one circuit for each case",
            );
        }
        let Pat::Ident(pattern) = &*argument.pat else {
            faults.at(&argument.pat, "an input needs a plain name, because witnesses use it");
            continue;
        };
        if let Type::Reference(reference) = &*argument.ty {
            faults.at(reference, "take an input by value: references are not inputs");
        }
        if let Some(fault) = plain_fault(&argument.ty) {
            faults.at(&argument.ty, fault);
        }
        if let Type::ImplTrait(ty) = &*argument.ty {
            faults.at(ty, "an input has one type, because keys belong to one layout");
        }
        let Some(name) = names::of_input(&pattern.ident, faults) else { continue };
        if inputs.iter().any(|input| names::text(&input.name) == names::text(&name)) {
            let message =
                format!("two inputs have the name `{}`, but witnesses identify inputs by name", names::text(&name));
            faults.at(&pattern.ident, message);
            continue;
        }
        inputs.push(Input { name, ty: (*argument.ty).clone(), public });
    }
    let name = names::pascal_case(&signature.ident);
    names::check_circuit(function, &name, faults);
    Model {
        visibility: function.vis.clone(),
        function: signature.ident.clone(),
        name,
        doc: docs(&function.attrs),
        inputs,
    }
}

fn is_condition(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

/// The replacement for a type that is not a circuit value, as far as its tokens show.
fn plain_fault(ty: &Type) -> Option<String> {
    match ty {
        Type::Array(array) => plain_fault(&array.elem),
        Type::Path(path) => {
            let written = path.path.get_ident()?.to_string();
            let instead = match written.as_str() {
                "u8" | "u16" | "u32" | "u64" | "u128" => written.to_uppercase(),
                "usize" => "U64".to_owned(),
                "bool" => "Bool".to_owned(),
                "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => {
                    return Some("circuits have no negative numbers: use an unsigned number and a `Bool`".to_owned());
                }
                "String" | "Vec" => {
                    return Some("the size of an input is fixed: use an array `[T; N]`".to_owned());
                }
                _ => return None,
            };
            Some(format!("`{written}` is not a type of circuits: use `{instead}`"))
        }
        _ => None,
    }
}

fn is_circuit(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    reference.mutability.is_some() && path.path.segments.last().is_some_and(|last| last.ident == "ConstraintSystem")
}

/// The function of the source, without the attributes of this macro.
fn without_marks(function: &ItemFn) -> ItemFn {
    let mut function = function.clone();
    for argument in &mut function.sig.inputs {
        if let FnArg::Typed(argument) = argument {
            argument.attrs.retain(|it| !it.path().is_ident("public") && !it.path().is_ident("private"));
        }
    }
    function
}

fn make(model: &Model) -> TokenStream {
    let Model { visibility, function, name, doc, .. } = model;
    let text = names::text(function);
    let (public, private) = (format_ident!("{name}Public"), format_ident!("{name}Private"));
    let public_struct = structure(model, &public, true);
    let private_struct = structure(model, &private, false);
    // Inputs have the users' names, which may be that of the function.
    let (circuit, inputs, known, out) = (local("circuit"), local("inputs"), local("known"), local("out"));
    let values: Vec<Ident> = (0..model.inputs.len()).map(|place| local(&format!("input_{place}"))).collect();
    let build = model.inputs.iter().zip(&values).map(|(input, value)| {
        let (ident, ty) = (&input.name, &input.ty);
        let text = names::text(ident);
        if input.public {
            quote_spanned! { ty.span()=>
                let #value = #circuit.public::<#ty>(#text, #inputs.map(|(#known, _)| &#known.#ident));
            }
        } else {
            quote_spanned! { ty.span()=>
                let #value = #circuit.private::<#ty>(#text, #inputs.map(|(_, #known)| &#known.#ident));
            }
        }
    });
    let encoded = model.inputs(true).into_iter().map(|input| {
        let (ident, ty) = (&input.name, &input.ty);
        quote!(<#ty as ::dusk_sdk::zk::Value>::encode(&#known.#ident, &mut #out);)
    });
    let key = format!("/{text}.verifier");
    let module = format_ident!("__circuit_{}", text);
    let about = format!("The circuit [`{text}`].");
    let (proof, statement) = (local("proof"), local("public"));
    quote! {
        #[doc = #about]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #name;

        #public_struct
        #private_struct

        impl ::dusk_sdk::zk::Circuit for #name {
            const NAME: &'static str = #text;
            const DOC: &'static str = #doc;
            type Public = #public;
            type Private = #private;

            fn build(
                #circuit: &mut ::dusk_sdk::zk::ConstraintSystem,
                #inputs: ::core::option::Option<(&#public, &#private)>,
            ) {
                #(#build)*
                #function(#circuit, #(#values),*);
            }

            fn encode(#known: &#public) -> ::dusk_sdk::__private::Vec<::dusk_sdk::Field> {
                #[allow(unused_mut, reason = "there may be no public input")]
                let mut #out = ::dusk_sdk::__private::Vec::new();
                #(#encoded)*
                #out
            }
        }

        impl ::dusk_sdk::zk::Provable for #name {
            fn verifier_key() -> [&'static [u8]; 2] {
                #[cfg(target_family = "wasm")]
                {
                    ::dusk_sdk::__private::verifier_key!(::core::include_bytes!(::core::concat!(
                        ::core::env!(
                            "DUSK_CIRCUITS",
                            "this circuit has no verifier key: build contracts with `cargo dusk build`, which generates it"
                        ),
                        #key
                    )))
                }
                #[cfg(not(target_family = "wasm"))]
                {
                    [&[]; 2]
                }
            }
        }

        impl #name {
            /// Whether the proof shows that its prover knows private inputs which satisfy the circuit with these public
            /// inputs. 10,000,000 gas.
            #[must_use]
            #visibility fn verify(#proof: &::dusk_sdk::zk::Proof<Self>, #statement: &#public) -> bool {
                ::dusk_sdk::zk::Proof::verify(#proof, #statement)
            }
        }

        // A program that ships finds the circuit by this registration; circuits of tests are found by their test.
        #[cfg(all(not(test), not(target_family = "wasm")))]
        ::dusk_sdk::__private::register_circuit!(#name);

        #[cfg(test)]
        mod #module {
            #[test]
            fn serves() {
                ::dusk_sdk::zk::runner::serve::<super::#name>();
            }
        }
    }
}

/// The struct of the public or of the private inputs.
fn structure(model: &Model, name: &Ident, public: bool) -> TokenStream {
    let visibility = &model.visibility;
    let fields = model.inputs(public).into_iter().map(|input| {
        let (ident, ty) = (&input.name, &input.ty);
        let doc = format!("The input `{}`.", names::text(ident));
        quote! {
            #[doc = #doc]
            #visibility #ident: <#ty as ::dusk_sdk::zk::Value>::Native
        }
    });
    let who = if public { "that the verifier knows" } else { "that only the prover knows" };
    let about = format!("The inputs of the circuit [`{}`] {who}.", names::text(&model.function));
    let about =
        if public { about } else { format!("{about}\n\nDropping them wipes the values, and no code prints them.") };
    let (shown, formatter) = (name.to_string(), local("formatter"));
    let wiped = if public { TokenStream::new() } else { wiped(model, name) };
    let debug = if public {
        let circuit = &model.name;
        // By the paths of the methods: a trait of the project may have methods of these names for every type.
        quote!(::core::fmt::DebugTuple::finish(::core::fmt::DebugTuple::field(
            &mut #formatter.debug_tuple(#shown),
            &<#circuit as ::dusk_sdk::zk::Circuit>::encode(self)
        )))
    } else {
        quote!(#formatter.write_str(::core::concat!(#shown, "(…)")))
    };
    quote! {
        #[doc = #about]
        #[derive(
            ::core::clone::Clone,
            ::dusk_sdk::__private::serde::Serialize,
            ::dusk_sdk::__private::serde::Deserialize
        )]
        #[serde(crate = "::dusk_sdk::__private::serde", deny_unknown_fields)]
        #visibility struct #name {
            #(#fields,)*
        }

        impl ::core::fmt::Debug for #name {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #debug
            }
        }

        #wiped
    }
}

/// Private inputs are wiped when dropped.
fn wiped(model: &Model, name: &Ident) -> TokenStream {
    let fields = model.inputs(false).into_iter().map(|input| &input.name);
    quote! {
        impl ::core::ops::Drop for #name {
            fn drop(&mut self) {
                #(::dusk_sdk::__private::zeroize::Zeroize::zeroize(&mut self.#fields);)*
            }
        }

        impl ::dusk_sdk::__private::zeroize::ZeroizeOnDrop for #name {}
    }
}

/// Expands `#[circuit_type]`.
pub(crate) fn expand_type(options: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let on = "a struct with named fields";
    let item: ItemStruct = match item_of("#[circuit_type]", on, options, item, &mut faults) {
        Ok(item) => item,
        Err(errors) => return errors,
    };
    if !item.generics.params.is_empty() {
        faults.at(&item.generics, "a type of circuits cannot be generic");
    }
    names::check_type(&item.ident, &mut faults);
    let conditions = item.fields.iter().flat_map(|field| &field.attrs);
    for condition in conditions.filter(|attribute| is_condition(attribute)) {
        faults.at(condition, "a field cannot depend on `cfg`, because keys belong to one layout");
    }
    for field in &item.fields {
        if let Some(fault) = plain_fault(&field.ty) {
            faults.at(&field.ty, fault);
        }
    }
    if !matches!(item.fields, Fields::Named(_)) {
        faults.at(&item.fields, "name the fields, because witnesses use the names");
    } else if item.fields.is_empty() {
        faults.at(&item.ident, "a type of circuits needs at least one field");
    }
    if !faults.is_empty() {
        let errors = faults.into_tokens();
        return quote!(#item #errors);
    }
    let (visibility, name, native) = (&item.vis, &item.ident, format_ident!("{}Native", item.ident));
    let (about, kind) = (format!("A [`{}`] outside of circuits.", names::text(name)), names::text(name));
    let idents: Vec<_> = item.fields.iter().filter_map(|field| field.ident.as_ref()).collect();
    let types: Vec<_> = item.fields.iter().map(|field| &field.ty).collect();
    let visibilities = item.fields.iter().map(|field| &field.vis);
    let documentation = item.fields.iter().map(|field| doc_attributes(&field.attrs).collect::<Vec<_>>());
    let (formatter, circuit, value) = (local("formatter"), local("circuit"), local("native"));
    let (wires, out) = (local("wires"), local("out"));
    quote! {
        #item

        #[doc = #about]
        #[derive(
            ::core::clone::Clone,
            ::dusk_sdk::__private::serde::Serialize,
            ::dusk_sdk::__private::serde::Deserialize
        )]
        #[serde(crate = "::dusk_sdk::__private::serde", deny_unknown_fields)]
        #visibility struct #native {
            #(
                #(#documentation)*
                #visibilities #idents: <#types as ::dusk_sdk::zk::Value>::Native,
            )*
        }

        impl ::core::fmt::Debug for #native {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #formatter.write_str(::core::concat!(::core::stringify!(#native), "(…)"))
            }
        }

        impl ::dusk_sdk::__private::zeroize::Zeroize for #native {
            fn zeroize(&mut self) {
                #(::dusk_sdk::__private::zeroize::Zeroize::zeroize(&mut self.#idents);)*
            }
        }

        impl ::dusk_sdk::zk::Value for #name {
            type Native = #native;

            fn kind() -> ::dusk_sdk::__private::String {
                ::core::convert::Into::into(#kind)
            }

            #[track_caller]
            fn input(
                #circuit: &mut ::dusk_sdk::zk::ConstraintSystem,
                #value: ::core::option::Option<&#native>,
            ) -> Self {
                Self {
                    #(#idents: ::dusk_sdk::zk::Value::input(#circuit, #value.map(|#value| &#value.#idents)),)*
                }
            }

            fn wires(&self) -> ::dusk_sdk::__private::Vec<::dusk_sdk::zk::Wire> {
                let mut #wires = ::dusk_sdk::__private::Vec::new();
                #(::core::iter::Extend::extend(&mut #wires, ::dusk_sdk::zk::Value::wires(&self.#idents));)*
                #wires
            }

            fn encode(#value: &#native, #out: &mut ::dusk_sdk::__private::Vec<::dusk_sdk::Field>) {
                #(<#types as ::dusk_sdk::zk::Value>::encode(&#value.#idents, #out);)*
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn faults(function: &ItemFn) -> Vec<String> {
        let mut faults = Diagnostics::default();
        model(function, &mut faults);
        faults.messages()
    }

    #[test]
    fn inputs_are_public_or_private() {
        let function = parse_quote! {
            /// States something.
            pub fn not_revoked(cs: &mut ConstraintSystem, #[public] root: Field, #[private] secret: Field, #[public] epoch: U64) {}
        };
        let mut none = Diagnostics::default();
        let model = model(&function, &mut none);
        assert!(none.is_empty());
        assert_eq!((model.name.to_string().as_str(), model.doc.as_str()), ("NotRevoked", "States something."));
        let names = |public| model.inputs(public).iter().map(|input| input.name.to_string()).collect::<Vec<_>>();
        assert_eq!(
            (names(true), names(false)),
            (vec!["root".to_owned(), "epoch".to_owned()], vec!["secret".to_owned()])
        );
    }

    #[test]
    fn every_misuse_is_told_and_all_at_once() {
        let function = parse_quote! {
            async fn c<T>(cs: ConstraintSystem, a: Field, #[public] #[private] b: Field, #[public] (c, d): Pair, #[private] e: &Field) -> Bool {}
        };
        assert_eq!(faults(&function).len(), 8, "{:?}", faults(&function));
        assert_eq!(faults(&parse_quote! { fn c() {} }).len(), 1);
    }
    /// All keywords, and names that start like one, as names of a circuit and of an input.
    const KEYWORDS: [&str; 51] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
        "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
        "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while",
    ];

    #[test]
    fn keywords_are_names_of_circuits_and_inputs() {
        for keyword in KEYWORDS.into_iter().filter(|it| !["crate", "self", "super"].contains(it)) {
            let ident = Ident::new_raw(keyword, proc_macro2::Span::call_site());
            let function: ItemFn = parse_quote! { fn #ident(cs: &mut ConstraintSystem, #[public] #ident: Field, #[private] out: Field) {} };
            assert_eq!(faults(&function), Vec::<String>::new(), "{keyword}");
            let made = expand(&TokenStream::new(), &quote!(#function));
            syn::parse2::<syn::File>(made).unwrap_or_else(|error| panic!("{keyword}: {error}"));
        }
        // An underscore before the keyword: the input has the keyword as its name.
        for keyword in KEYWORDS {
            let argument = format_ident!("_{keyword}");
            let function = parse_quote! { fn c(cs: &mut ConstraintSystem, #[public] #argument: Field) {} };
            let refused = ["crate", "self", "super"].contains(&keyword);
            assert_eq!(faults(&function).len(), usize::from(refused), "{keyword}: {:?}", faults(&function));
            if !refused {
                let made = expand(&TokenStream::new(), &quote!(#function));
                assert!(syn::parse2::<syn::File>(made).is_ok(), "{keyword}");
            }
        }
    }

    #[test]
    fn a_type_is_not_called_like_one_that_witnesses_know() {
        let expanded = |name: &str| {
            let name = Ident::new(name, proc_macro2::Span::call_site());
            expand_type(&TokenStream::new(), &quote!(struct #name { high: U128, low: U128 })).to_string()
        };
        for name in ["U8", "U128", "Bool", "Field", "Point", "Scalar", "u64", "str"] {
            assert!(expanded(name).contains("rename this type"), "{name}");
        }
        for name in ["U256", "U7", "Fields", "u65"] {
            assert!(!expanded(name).contains("rename this type"), "{name}");
        }
    }

    #[test]
    fn names_that_would_clash_are_refused_by_name() {
        let told = |function: ItemFn| faults(&function).join("; ");
        let same: ItemFn =
            parse_quote! { fn age(cs: &mut ConstraintSystem, #[public] least: U8, #[private] age: U8) {} };
        assert_eq!(told(same), "", "an input may be called like its circuit");
        let refused: [(ItemFn, &str); 13] = [
            (
                parse_quote! { fn circuit(cs: &mut ConstraintSystem, #[public] x: Field) {} },
                "generates the type `Circuit`",
            ),
            (
                parse_quote! { fn constraint_system(cs: &mut ConstraintSystem) {} },
                "generates the type `ConstraintSystem`",
            ),
            (parse_quote! { fn u8(cs: &mut ConstraintSystem) {} }, "generates the type `U8`"),
            (
                parse_quote! { fn holder(cs: &mut ConstraintSystem, #[private] it: Holder) {} },
                "generates the type `Holder`",
            ),
            (parse_quote! { fn shape(cs: &mut ConstraintSystem) { Shape::new(cs); } }, "generates the type `Shape`"),
            (parse_quote! { fn a_public(cs: &mut ConstraintSystem) {} }, "of the public inputs of a circuit `a`"),
            (parse_quote! { fn a_private(cs: &mut ConstraintSystem) {} }, "of the private inputs of a circuit `a`"),
            (parse_quote! { fn a__b(cs: &mut ConstraintSystem) {} }, "single underscores between words"),
            (parse_quote! { fn _a(cs: &mut ConstraintSystem) {} }, "single underscores between words"),
            (parse_quote! { fn Age(cs: &mut ConstraintSystem) {} }, "begin the name with a lowercase letter"),
            (
                parse_quote! { fn c(cs: &mut ConstraintSystem, #[public] _x: Field, #[private] x: Field) {} },
                "two inputs have the name `x`",
            ),
            (parse_quote! { fn c(cs: &mut ConstraintSystem, #[public] _1: Field) {} }, "call this input `1`"),
            (
                parse_quote! { fn c(cs: &mut ConstraintSystem, #[cfg(test)] #[public] x: Field) {} },
                "one circuit for each case",
            ),
        ];
        for (function, expected) in refused {
            let name = function.sig.ident.to_string();
            let told = told(function);
            assert!(told.contains(expected), "{name}: {told}");
        }
        let other: ItemFn = parse_quote! { fn square(cs: &mut ConstraintSystem) { shapes::Square::new(cs).square(); } };
        assert_eq!(told(other), "", "what stands behind a path is not shadowed");
    }
}

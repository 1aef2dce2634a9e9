//! `#[contract_type]`, and the parts that events and errors share with it: a type's encoding, its JSON, its
//! description.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::{Attribute, Fields, Ident, Index, Item, ItemEnum, ItemStruct, Member, Type};

use crate::codec::{self, Layout};
use crate::diagnostics::Diagnostics;
use crate::source::{condition, docs, plain_name, reserved_name, without_self};
use crate::types::Scope;

/// The maximum number of variants of an enum: the tag is one byte, as in rkyv's own encoding.
const MAX_VARIANTS: usize = 255;

/// Expands `#[contract_type]`.
pub(crate) fn expand(options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Diagnostics::default();
    let mut layout = Layout::C;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("layout") && meta.value()?.parse::<syn::LitStr>()?.value() == "rust" {
            layout = Layout::Rust;
            return Ok(());
        }
        Err(meta.error("unknown option: #[contract_type] takes `layout = \"rust\"`, which matches contracts that do not fix their layout"))
    });
    if let Err(error) = parser.parse2(options) {
        faults.add(error);
    }
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item::Struct(item)) => structure(&item, layout, &mut faults),
        Ok(Item::Enum(item)) => enumeration(&item, &mut faults),
        _ => {
            faults.at(item, "#[contract_type] applies to a struct or an enum");
            TokenStream::new()
        }
    };
    if faults.is_empty() {
        return expanded;
    }
    let errors = faults.into_tokens();
    quote!(#item #errors)
}

/// A struct with its encoding and its `Value`.
pub(crate) fn structure(item: &ItemStruct, layout: Layout, faults: &mut Diagnostics) -> TokenStream {
    let ident = &item.ident;
    head(ident, &item.generics, &item.attrs, faults);
    let parts = Parts::of(&item.fields, ident, faults);
    let derives = derives(&item.attrs);
    let codec = codec::structure(ident, &parts, layout, is_ordered(&item.attrs));
    let (name, doc) = (plain_name(ident), docs(&item.attrs));
    let pattern = parts.pattern(&quote!(#ident));
    let mut constant = TokenStream::new();
    let (write, read, describe) = if matches!(item.fields, Fields::Unnamed(_)) {
        if let [ty] = parts.types.as_slice() {
            constant = quote!(const MAY_BE_NULL: ::core::primitive::bool = <#ty as ::dusk_sdk::Value>::MAY_BE_NULL;);
        }
        // A struct with unnamed fields has the JSON form of their tuple, or of the field itself if there is only one.
        unnamed(ident, &parts)
    } else {
        let (write, names, fields) = (parts.write(), &parts.names, parts.describe());
        let made = parts.made(&quote!(#ident), parts.given("Given"));
        (
            write,
            quote! {
                let __dusk_given = ::dusk_sdk::interface::Given::object(&[#(#names),*], __dusk_json)?;
                ::core::result::Result::Ok(#made)
            },
            quote! {
                ::dusk_sdk::interface::Types::define::<#ident>(
                    __dusk_types, #name, #doc, |__dusk_types| ::dusk_sdk::interface::Shape::Struct(#fields),
                )
            },
        )
    };
    let write = quote!(let #pattern = self; #write);
    let value = value_with(&constant, ident, &write, &read, &describe);
    let assertions = parts.assertions();
    quote! {
        #derives
        #item
        #codec
        #value
        #assertions
    }
}

/// The JSON writer, the JSON reader and the description of a struct with unnamed fields.
fn unnamed(ident: &Ident, parts: &Parts) -> (TokenStream, TokenStream, TokenStream) {
    let (types, bound) = (&parts.types, &parts.bound);
    if let ([ty], [field]) = (types.as_slice(), bound.as_slice()) {
        let read = [quote!(<#ty as ::dusk_sdk::Value>::read_json(__dusk_json)?)];
        let made = parts.made(&quote!(#ident), read.into_iter());
        return (
            quote!(::dusk_sdk::Value::write_json(#field, __dusk_out);),
            quote!(::core::result::Result::Ok(#made)),
            quote!(<#ty as ::dusk_sdk::Value>::describe(__dusk_types)),
        );
    }
    let count = types.len();
    let made = parts.made(&quote!(#ident), parts.given("Items"));
    (
        quote! {
            let mut __dusk_list = ::dusk_sdk::__private::Members::list(__dusk_out);
            #(::dusk_sdk::Value::write_json(#bound, ::dusk_sdk::__private::Members::item(&mut __dusk_list));)*
            ::dusk_sdk::__private::Members::end(__dusk_list);
        },
        quote! {
            let __dusk_given = ::dusk_sdk::interface::Items::of(__dusk_json, #count)?;
            ::core::result::Result::Ok(#made)
        },
        quote! {
            ::dusk_sdk::interface::Type::Tuple(::dusk_sdk::__private::vec![
                #(<#types as ::dusk_sdk::Value>::describe(__dusk_types)),*
            ])
        },
    )
}

fn enumeration(item: &ItemEnum, faults: &mut Diagnostics) -> TokenStream {
    let ident = &item.ident;
    head(ident, &item.generics, &item.attrs, faults);
    if item.variants.is_empty() {
        faults.at(ident, "an enum without variants has no values to exchange");
    }
    if item.variants.len() > MAX_VARIANTS {
        faults.at(ident, "an enum that crosses a contract boundary has at most 255 variants: its tag is one byte");
    }
    let variants: Vec<_> = item
        .variants
        .iter()
        .map(|variant| {
            unconditional(&variant.attrs, "a variant", faults);
            (variant.ident.clone(), Parts::of(&variant.fields, ident, faults))
        })
        .collect();
    let derives = derives(&item.attrs);
    let codec = codec::enumeration(ident, &variants, is_ordered(&item.attrs));
    let (name, doc) = (plain_name(ident), docs(&item.attrs));
    let (mut write, mut read, mut describe, mut names) =
        (TokenStream::new(), TokenStream::new(), Vec::new(), Vec::new());
    for (variant, (_, parts)) in item.variants.iter().zip(&variants) {
        let (text, doc) = (plain_name(&variant.ident), docs(&variant.attrs));
        write.extend(write_variant(ident, variant, parts));
        read.extend(read_variant(ident, variant, parts));
        let fields = parts.describe();
        describe.push(quote!(::dusk_sdk::interface::Variant::new(#text, #doc, #fields)));
        names.push(text);
    }
    let read = quote! {
        let __dusk_variant = ::dusk_sdk::interface::VariantJson::new(__dusk_json)?;
        match __dusk_variant.name {
            #read
            _ => ::core::result::Result::Err(
                ::dusk_sdk::interface::VariantJson::unknown(&__dusk_variant, &[#(#names),*])
            ),
        }
    };
    let describe = quote! {
        ::dusk_sdk::interface::Types::define::<#ident>(
            __dusk_types,
            #name,
            #doc,
            |__dusk_types| ::dusk_sdk::interface::Shape::Enum(::dusk_sdk::__private::vec![#(#describe),*]),
        )
    };
    let value = value(ident, &quote!(match self { #write }), &read, &describe);
    let assertions = variants.iter().map(|(_, parts)| parts.assertions());
    quote! {
        #derives
        #item
        #codec
        #value
        #(#assertions)*
    }
}

/// The match arm that writes a variant as JSON.
fn write_variant(ident: &Ident, variant: &syn::Variant, parts: &Parts) -> TokenStream {
    let (path, text) = (&variant.ident, plain_name(&variant.ident));
    let pattern = parts.pattern(&quote!(#ident::#path));
    if matches!(variant.fields, Fields::Unit) {
        let quoted = format!("\"{text}\"");
        return quote!(#pattern => ::dusk_sdk::__private::String::push_str(__dusk_out, #quoted),);
    }
    let write = parts.write();
    quote! {
        #pattern => {
            let mut __dusk_object = ::dusk_sdk::__private::Members::object(__dusk_out);
            {
                let __dusk_out = ::dusk_sdk::__private::Members::field(&mut __dusk_object, #text);
                #write
            }
            ::dusk_sdk::__private::Members::end(__dusk_object);
        }
    }
}

/// The match arm that reads a variant from JSON.
fn read_variant(ident: &Ident, variant: &syn::Variant, parts: &Parts) -> TokenStream {
    let (path, text) = (&variant.ident, plain_name(&variant.ident));
    let made = parts.made(&quote!(#ident::#path), parts.given("Given"));
    if matches!(variant.fields, Fields::Unit) {
        return quote! {
            #text => {
                ::dusk_sdk::interface::VariantJson::no_fields(&__dusk_variant)?;
                ::core::result::Result::Ok(#made)
            }
        };
    }
    if variant.fields.is_empty() {
        return quote! {
            #text => {
                ::dusk_sdk::interface::VariantJson::empty_fields(&__dusk_variant)?;
                ::core::result::Result::Ok(#made)
            }
        };
    }
    let names = &parts.names;
    quote! {
        #text => {
            let __dusk_given = ::dusk_sdk::interface::Given::object(
                &[#(#names),*],
                ::dusk_sdk::interface::VariantJson::fields(&__dusk_variant)?,
            )?;
            ::core::result::Result::Ok(#made)
        }
    }
}

/// The fields of a struct or of a variant.
pub(crate) struct Parts {
    /// Their names in JSON.
    pub(crate) names: Vec<String>,
    /// Their types.
    pub(crate) types: Vec<Type>,
    /// The variables that a pattern binds them to.
    pub(crate) bound: Vec<Ident>,
    docs: Vec<String>,
    members: Vec<Member>,
    /// Assertions by which the compiler reports at the user's code which types are not values.
    assertions: TokenStream,
}

impl Parts {
    /// Parses the fields of a type, and reports those whose type is certainly not a value.
    pub(crate) fn of(fields: &Fields, owner: &Ident, faults: &mut Diagnostics) -> Self {
        let scope = Scope::of_item(owner);
        for field in fields {
            if let Some(fault) = scope.fault(&field.ty) {
                faults.at(&field.ty, fault);
            }
            if scope.holds(&without_self(&field.ty, owner), owner) {
                faults.at(
                    &field.ty,
                    "a recursive type contains itself through a `Vec`, a map or a set: otherwise its size is infinite",
                );
            }
            unconditional(&field.attrs, "a field", faults);
        }
        let members: Vec<Member> = fields
            .iter()
            .enumerate()
            .map(|(index, field)| field.ident.clone().map_or(Member::Unnamed(Index::from(index)), Member::Named))
            .collect();
        let names = members.iter().map(|member| match member {
            Member::Named(ident) => plain_name(ident),
            Member::Unnamed(index) => index.index.to_string(),
        });
        let types: Vec<_> = fields.iter().map(|field| without_self(&field.ty, owner)).collect();
        Self {
            names: names.collect(),
            assertions: types.iter().map(Scope::assertion).collect(),
            types,
            bound: (0..fields.len()).map(|index| format_ident!("__dusk_{index}")).collect(),
            docs: fields.iter().map(|field| docs(&field.attrs)).collect(),
            members,
        }
    }

    /// The pattern that binds every field to its variable.
    pub(crate) fn pattern(&self, path: &TokenStream) -> TokenStream {
        let (members, bound) = (&self.members, &self.bound);
        quote!(#path { #(#members: #bound),* })
    }

    /// The value with these expressions in its fields.
    pub(crate) fn made(&self, path: &TokenStream, values: impl Iterator<Item = TokenStream>) -> TokenStream {
        let members = &self.members;
        quote!(#path { #(#members: #values),* })
    }

    /// Encodes each bound field.
    pub(crate) fn serialized(&self) -> Vec<TokenStream> {
        let serialize = quote!(::dusk_sdk::__private::rkyv::Serialize::<__DuskTo>::serialize);
        self.bound.iter().map(|bound| quote!(#serialize(#bound, __dusk_to)?)).collect()
    }

    /// Decodes each field from its bound archived form.
    pub(crate) fn deserialized(&self) -> impl Iterator<Item = TokenStream> {
        self.types.iter().zip(&self.bound).map(|(ty, bound)| {
            quote!(::dusk_sdk::__private::rkyv::Deserialize::<#ty, __DuskFrom>::deserialize(#bound, __dusk_from)?)
        })
    }

    /// Reads each field from JSON.
    fn given(&self, from: &str) -> impl Iterator<Item = TokenStream> {
        let from = format_ident!("{from}");
        self.types
            .iter()
            .enumerate()
            .map(move |(index, ty)| quote!(::dusk_sdk::interface::#from::read::<#ty>(&__dusk_given, #index)?))
    }

    /// Writes the bound fields to `__dusk_out` as a JSON object.
    pub(crate) fn write(&self) -> TokenStream {
        let (names, bound) = (&self.names, &self.bound);
        if let ([name], [bound]) = (names.as_slice(), bound.as_slice()) {
            return quote!(::dusk_sdk::__private::write_one(#bound, #name, __dusk_out););
        }
        quote! {
            #[allow(unused_mut, reason = "there may be no fields")]
            let mut __dusk_fields = ::dusk_sdk::__private::Members::object(__dusk_out);
            #(::dusk_sdk::Value::write_json(
                #bound,
                ::dusk_sdk::__private::Members::field(&mut __dusk_fields, #names),
            );)*
            ::dusk_sdk::__private::Members::end(__dusk_fields);
        }
    }

    /// A vector of descriptions of the fields.
    pub(crate) fn describe(&self) -> TokenStream {
        let (names, types, docs) = (&self.names, &self.types, &self.docs);
        quote! {
            ::dusk_sdk::__private::vec![#(
                ::dusk_sdk::interface::Field::new(
                    #names, #docs, <#types as ::dusk_sdk::Value>::describe(__dusk_types),
                )
            ),*]
        }
    }

    /// Reports at the user's code which types are not values.
    pub(crate) fn assertions(&self) -> TokenStream {
        if self.types.is_empty() {
            return TokenStream::new();
        }
        let assertions = &self.assertions;
        quote! {
            const _: () = {
                #[allow(dead_code, reason = "only its types matter")]
                fn __dusk_check() { #assertions }
            };
        }
    }
}

/// Reports faults in the head of an exchanged type.
fn head(ident: &Ident, generics: &syn::Generics, attributes: &[Attribute], faults: &mut Diagnostics) {
    self::generics(
        generics,
        "a type that crosses a contract boundary cannot be generic: callers need to know it",
        faults,
    );
    reserved_name(ident, faults);
    let packed = |attribute: &&Attribute| {
        attribute.path().is_ident("repr")
            && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string().contains("packed"))
    };
    if let Some(attribute) = attributes.iter().find(packed) {
        faults.at(attribute, "remove `packed`: the encoding does not depend on the layout in memory");
    }
}

/// Reports generic parameters.
pub(crate) fn generics(generics: &syn::Generics, message: &str, faults: &mut Diagnostics) {
    if !generics.params.is_empty() {
        faults.at(generics, message);
    }
}

/// Reports a `cfg` on a part of a type.
fn unconditional(attributes: &[Attribute], what: &str, faults: &mut Diagnostics) {
    if let Some(attribute) = condition(attributes) {
        faults.at(
            attribute,
            format!("{what} cannot depend on `cfg`: the two sides of a call would disagree about the bytes"),
        );
    }
}

/// The derives that an exchanged type needs and the user has not written.
pub(crate) fn derives(attributes: &[Attribute]) -> TokenStream {
    let derived = derived(attributes);
    let missing = [
        ("Clone", quote!(::core::clone::Clone)),
        ("Debug", quote!(::core::fmt::Debug)),
        ("PartialEq", quote!(::core::cmp::PartialEq)),
    ];
    let missing: Vec<_> = missing
        .into_iter()
        .filter(|(name, _)| !derived.iter().any(|known| known == name))
        .map(|(_, path)| path)
        .collect();
    if missing.is_empty() { TokenStream::new() } else { quote!(#[derive(#(#missing),*)]) }
}

/// Whether a type may be a key of a map: then its archived form implements the comparison as well.
fn is_ordered(attributes: &[Attribute]) -> bool {
    derived(attributes).iter().any(|name| name == "Ord")
}

/// The names of the traits that the user derives.
fn derived(attributes: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // The compiler reports a malformed derive.
        let _ = attribute.parse_nested_meta(|meta| {
            names.extend(meta.path.segments.last().map(|last| last.ident.to_string()));
            Ok(())
        });
    }
    names
}

fn value(ident: &Ident, write: &TokenStream, read: &TokenStream, describe: &TokenStream) -> TokenStream {
    value_with(&TokenStream::new(), ident, write, read, describe)
}

/// Like [`value`], with constants of the trait.
fn value_with(
    constant: &TokenStream,
    ident: &Ident,
    write: &TokenStream,
    read: &TokenStream,
    describe: &TokenStream,
) -> TokenStream {
    quote! {
        ::dusk_sdk::__with_json! {
            { impl ::dusk_sdk::Value for #ident }
            {
                #constant

                fn write_json(&self, __dusk_out: &mut ::dusk_sdk::__private::String) {
                    #write
                }
            }
            {
                fn read_json(
                    __dusk_json: &::dusk_sdk::__private::Json,
                ) -> ::core::result::Result<#ident, ::dusk_sdk::interface::JsonError> {
                    #read
                }

                fn describe(__dusk_types: &mut ::dusk_sdk::interface::Types) -> ::dusk_sdk::interface::Type {
                    #describe
                }
            }
        }

        impl ::dusk_sdk::contract::Answer for #ident {}
    }
}

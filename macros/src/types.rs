//! Conclusions from the tokens of a type, and their limits.
//!
//! The compiler decides by traits whether a type is a value. The macro looks at tokens only for better diagnostics, and
//! only if there is no doubt: a name may be that of a user's own type.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{GenericArgument, Item, PathArguments, Type, TypePath, UseTree};

use crate::source::{bare, plain_name};

/// The diagnostic for floats.
const FLOAT: &str = "floats may differ between machines: use an integer of a smaller unit";
const UNORDERED: &str = "the order of its entries differs between runs: use BTreeMap or BTreeSet";
const HOLDER: &str = "this cannot cross a contract boundary: pass the value that it holds";
const REFERENCE: &str = "a reference cannot cross a contract boundary: pass an owned value (String, Vec<u8>, …)";

/// The maximum number of members of a tuple: the encoding supports no more.
const MAX_TUPLE_MEMBERS: usize = 12;

/// Type names that have the meaning of the language or of the prelude, unless the user declares another one.
const PLAIN: &[&str] = &[
    "bool",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "String",
    "Account",
    "ContractId",
    "Dusk",
    "Field",
    "Principal",
];

/// Types that contain values of the types in their angle brackets.
const CONTAINERS: &[&str] = &["Option", "Vec", "BTreeMap", "BTreeSet"];

/// The names that are declared or imported where a type is written.
#[derive(Default)]
pub(crate) struct Scope {
    /// Structs and enums declared here.
    declared: BTreeSet<String>,
    /// Other names declared or imported here.
    other: BTreeSet<String>,
}

impl Scope {
    /// The scope of a single item: it contains the item's own name.
    pub(crate) fn of_item(name: &syn::Ident) -> Self {
        Self { declared: BTreeSet::from([plain_name(name)]), ..Self::default() }
    }

    /// The scope of a module with these items.
    pub(crate) fn of_module(items: &[Item]) -> Self {
        let mut scope = Self::default();
        for item in items {
            match item {
                Item::Struct(item) => scope.declared.extend([plain_name(&item.ident)]),
                Item::Enum(item) => scope.declared.extend([plain_name(&item.ident)]),
                Item::Union(item) => scope.other.extend([plain_name(&item.ident)]),
                Item::Type(item) => scope.other.extend([plain_name(&item.ident)]),
                Item::Trait(item) => scope.other.extend([plain_name(&item.ident)]),
                Item::Use(item) => scope.imports(&item.tree, false),
                _ => {}
            }
        }
        scope
    }

    fn imports(&mut self, tree: &UseTree, standard: bool) {
        let name = match tree {
            UseTree::Path(path) => {
                return self
                    .imports(&path.tree, standard || ["core", "std", "alloc"].iter().any(|name| path.ident == name));
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.imports(tree, standard));
            }
            UseTree::Glob(_) => return,
            UseTree::Name(name) => plain_name(&name.ident),
            UseTree::Rename(rename) => plain_name(&rename.rename),
        };
        // A type of the standard library is not recognised under another name.
        if !(standard && matches!(tree, UseTree::Name(_))) {
            self.other.insert(name);
        }
    }

    /// The single name of a path, if it is not declared here.
    fn foreign<'a>(&self, path: &'a TypePath) -> Option<&'a syn::PathSegment> {
        let segment = path.path.segments.first()?;
        let name = plain_name(&segment.ident);
        let alone = path.qself.is_none() && path.path.leading_colon.is_none() && path.path.segments.len() == 1;
        (alone && !self.declared.contains(&name) && !self.other.contains(&name)).then_some(segment)
    }

    /// The reason why a type is not a value, if its tokens leave no doubt.
    pub(crate) fn fault(&self, ty: &Type) -> Option<&'static str> {
        match bare(ty) {
            Type::Reference(_) => Some(REFERENCE),
            Type::ImplTrait(_) => Some("`impl Trait` cannot cross a contract boundary: name the type"),
            Type::Infer(_) => Some("name the type: callers need to know it"),
            Type::Ptr(_) | Type::FnPtr(_) | Type::Slice(_) | Type::TraitObject(_) | Type::Never(_) => {
                Some("this type cannot cross a contract boundary: pass an owned value")
            }
            Type::Tuple(tuple) if tuple.elems.len() > MAX_TUPLE_MEMBERS => Some(
                "a tuple that crosses a contract boundary has at most 12 members: make it a struct under \
                 #[contract_type]",
            ),
            Type::Tuple(tuple) => tuple.elems.iter().find_map(|ty| self.fault(ty)),
            Type::Array(array) => self.fault(&array.elem),
            Type::Path(path) => match self.standard_name(path) {
                Some(name) if UNORDERED_NAMES.contains(&name.as_str()) => Some(UNORDERED),
                Some(name) if HOLDER_NAMES.contains(&name.as_str()) => Some(HOLDER),
                _ => self.fault_of_name(path),
            },
            _ => None,
        }
    }

    /// Whether a type contains a value of this one directly, and not in a list.
    pub(crate) fn holds(&self, ty: &Type, owner: &syn::Ident) -> bool {
        match bare(ty) {
            Type::Tuple(tuple) => tuple.elems.iter().any(|ty| self.holds(ty, owner)),
            Type::Array(array) => self.holds(&array.elem, owner),
            Type::Path(path) if path.path.is_ident(owner) => true,
            Type::Path(path) => {
                let optional = self.foreign(path).is_some_and(|segment| segment.ident == "Option");
                optional && arguments(path).into_iter().any(|ty| self.holds(ty, owner))
            }
            _ => false,
        }
    }

    fn fault_of_name(&self, path: &TypePath) -> Option<&'static str> {
        let segment = self.foreign(path)?;
        match (plain_name(&segment.ident).as_str(), &segment.arguments) {
            ("usize" | "isize", PathArguments::None) => {
                Some("the size of `usize` depends on the machine: use u32 or u64")
            }
            ("f32" | "f64", PathArguments::None) => Some(FLOAT),
            ("char", PathArguments::None) => {
                Some("a `char` has no form on the wire: pass a String, or its number as u32")
            }
            ("str", PathArguments::None) => Some(REFERENCE),
            _ => self.contained(path).into_iter().find_map(|ty| self.fault(ty)),
        }
    }

    /// The item types of a container of the standard library.
    fn contained<'a>(&self, path: &'a TypePath) -> Vec<&'a Type> {
        match self.foreign(path) {
            Some(segment) if CONTAINERS.iter().any(|name| segment.ident == name) => arguments(path),
            _ => Vec::new(),
        }
    }

    /// The name of a type that is written like a standard type with parameters.
    ///
    /// Users' own types that are values have no parameters, so a name with parameters leaves no doubt, unless it is
    /// declared here.
    fn standard_name(&self, path: &TypePath) -> Option<String> {
        let segments = &path.path.segments;
        let last = segments.last()?;
        let name = plain_name(&last.ident);
        if segments.len() > 1 {
            let first = plain_name(&segments.first()?.ident);
            return ["core", "std", "alloc"].contains(&first.as_str()).then_some(name);
        }
        self.foreign(path)?;
        matches!(last.arguments, PathArguments::AngleBracketed(_)).then_some(name)
    }

    /// The assertion that lets the compiler decide whether a type is a value.
    pub(crate) fn assertion(ty: &Type) -> TokenStream {
        quote_spanned!(ty.span()=> ::dusk_sdk::__private::assert_value::<#ty>();)
    }

    /// Whether a type is certainly not a `Result`, judging by its name. The compiler checks it later.
    pub(crate) fn is_plain(&self, ty: &Type) -> bool {
        match bare(ty) {
            Type::Tuple(_) | Type::Array(_) => true,
            Type::Path(path) if path.qself.is_none() && path.path.leading_colon.is_none() => {
                let [segment] = path.path.segments.iter().collect::<Vec<_>>()[..] else { return false };
                let name = plain_name(&segment.ident);
                let known = PLAIN.contains(&name.as_str()) || CONTAINERS.contains(&name.as_str());
                self.declared.contains(&name) || (known && !self.other.contains(&name))
            }
            _ => false,
        }
    }

    /// The reason why a type cannot be in the state, if its tokens leave no doubt: floats, also inside other types.
    pub(crate) fn state_fault(&self, ty: &Type) -> Option<&'static str> {
        struct Floats<'a>(&'a Scope, bool);
        impl syn::visit_mut::VisitMut for Floats<'_> {
            fn visit_type_path_mut(&mut self, path: &mut TypePath) {
                self.1 |= (path.path.is_ident("f32") || path.path.is_ident("f64")) && self.0.foreign(path).is_some();
                syn::visit_mut::visit_type_path_mut(self, path);
            }
        }
        let mut floats = Floats(self, false);
        syn::visit_mut::visit_type_mut(&mut floats, &mut ty.clone());
        floats.1.then_some(FLOAT)
    }
}

const UNORDERED_NAMES: &[&str] = &["HashMap", "HashSet"];
const HOLDER_NAMES: &[&str] = &["Rc", "Arc", "Cell", "RefCell", "Cow", "Box"];

/// The types in the angle brackets of a path's last segment.
pub(crate) fn arguments(path: &TypePath) -> Vec<&Type> {
    let Some(PathArguments::AngleBracketed(generics)) = path.path.segments.last().map(|last| &last.arguments) else {
        return Vec::new();
    };
    let types = generics.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// The two types of a type written as `Result<T, E>`.
pub(crate) fn written_result(ty: &Type) -> Option<(&Type, &Type)> {
    let Type::Path(path) = bare(ty) else { return None };
    if path.path.segments.last()?.ident != "Result" {
        return None;
    }
    match arguments(path)[..] {
        [value, error] => Some((value, error)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn fault(scope: &Scope, ty: &str) -> Option<&'static str> {
        scope.fault(&syn::parse_str(ty).unwrap())
    }

    #[test]
    fn types_that_cannot_cross_are_found_inside_others() {
        let scope = Scope::default();
        for good in ["u64", "Vec<u8>", "Option<(Account, [u8; 32])>", "dusk_core::BlsScalar", "()", "Proof<usize>"] {
            assert_eq!(fault(&scope, good), None, "{good}");
        }
        for bad in ["&str", "Vec<&str>", "(u8, f64)", "[usize; 2]", "impl Iterator", "*const u8", "_", "(((f32)))"] {
            assert!(fault(&scope, bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn names_are_no_proof() {
        let unknown = Scope::default();
        let own = Scope::of_module(&[
            parse_quote!(
                pub enum Cell {
                    A,
                }
            ),
            parse_quote!(
                use other::{HashMap, x as f64};
            ),
        ]);
        let standard = Scope::of_module(&[parse_quote!(
            use std::{cell::Cell, collections::*};
        )]);
        assert_eq!(fault(&unknown, "Cell"), None);
        assert_eq!(fault(&unknown, "Vec<HashMap<u8, u8>>"), Some(UNORDERED));
        assert_eq!(fault(&own, "Cell"), None);
        assert_eq!(fault(&own, "HashMap<u8, u8>"), None);
        assert_eq!(fault(&own, "f64"), None);
        assert_eq!(fault(&standard, "Cell<u8>"), Some(HOLDER));
        assert_eq!(fault(&standard, "Option<Cell<u8>>"), Some(HOLDER));
        assert_eq!(fault(&unknown, "core::cell::Cell<u8>"), Some(HOLDER));
        assert_eq!(fault(&unknown, "other::Cell<u8>"), None);
        assert_eq!(fault(&unknown, "Proof<Cell>"), None);
        assert_eq!(fault(&own, "Option<Cell>"), None);
    }

    #[test]
    fn a_type_holds_itself_unless_a_list_is_between() {
        let tree: syn::Ident = parse_quote!(Tree);
        let scope = Scope::of_item(&tree);
        let holds = |ty: &str| scope.holds(&syn::parse_str(ty).unwrap(), &tree);
        assert!(holds("Tree") && holds("Option<(u8, Tree)>") && holds("[Tree; 2]"));
        assert!(
            !holds("Vec<Tree>") && !holds("Option<Vec<Tree>>") && !holds("BTreeMap<u8, Tree>") && !holds("Box<Tree>")
        );
    }

    #[test]
    fn a_type_is_plain_only_where_its_name_says_so() {
        let scope = Scope::of_module(&[
            parse_quote!(
                enum Kind {
                    A,
                }
            ),
            parse_quote!(
                type Account = Result<u8, E>;
            ),
        ]);
        let plain = |ty: &str| scope.is_plain(&syn::parse_str(ty).unwrap());
        for ty in ["u8", "Kind", "Option<Outcome>", "()", "(A, B)", "[A; 2]", "Vec<u8>"] {
            assert!(plain(ty), "{ty}");
        }
        for ty in ["Outcome", "Account", "core::primitive::u8", "Result<u8, E>", "<A as B>::C", "m!(u8)"] {
            assert!(!plain(ty), "{ty}");
        }
    }

    #[test]
    fn a_written_result_has_two_types() {
        let two = |ty: &str| written_result(&syn::parse_str(ty).unwrap()).is_some();
        assert!(two("Result<u8, E>") && two("core::result::Result<(), E>"));
        assert!(!two("Result<u8>") && !two("Result") && !two("Outcome<u8, E>"));
    }
}

//! The macro's model of a contract.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, ItemMod, Path, Signature, Type, Visibility};

use crate::types::Scope;

/// A contract.
pub(super) struct Contract {
    /// The module in the source.
    pub(super) module: ItemMod,
    /// The tokens in the parentheses of the attribute.
    pub(super) options: Options,
    /// The documentation of the module.
    pub(super) docs: String,
    /// All structs that could be the state. Exactly one is valid.
    pub(super) states: Vec<State>,
    /// The constructor.
    pub(super) init: Option<Method>,
    /// All other methods of the state, from all its `impl` blocks.
    pub(super) methods: Vec<Method>,
    /// The events declared in the module.
    pub(super) events: Vec<Ident>,
    /// Names that the module declares or imports.
    pub(super) names: Names,
    /// The meaning of type names in the module.
    pub(super) scope: Scope,
    /// All tokens of the source, to find names that do not occur in it.
    pub(super) tokens: TokenStream,
}

/// The names that a module declares or imports.
#[derive(Default)]
pub(super) struct Names {
    /// Types, traits and modules.
    pub(super) types: Vec<Ident>,
    /// Functions and constants.
    pub(super) values: Vec<Ident>,
}

/// The options of the attribute.
#[derive(Default)]
pub(super) struct Options {
    /// Events declared elsewhere.
    pub(super) events: Vec<Path>,
}

/// The struct of the state.
pub(super) struct State {
    pub(super) ident: Ident,
    pub(super) public: bool,
    pub(super) generics: Option<Span>,
    pub(super) cfg: Option<Attribute>,
}

/// A method of the state.
pub(super) struct Method {
    pub(super) docs: String,
    pub(super) doc_attributes: Vec<Attribute>,
    pub(super) cfg: Option<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    pub(super) receiver: Receiver,
    pub(super) arguments: Vec<Argument>,
    /// The return type. `None`: no value.
    pub(super) output: Option<Type>,
    /// The type of the items that it feeds.
    pub(super) feeds: Option<Type>,
    /// Callers get the `Result` itself.
    pub(super) raw_result: Option<Span>,
    /// The options of the method, for diagnostics.
    pub(super) options: Option<Span>,
}

impl Method {
    /// Whether callers may call it.
    pub(super) fn is_public(&self) -> bool {
        matches!(self.visibility, Visibility::Public(_))
    }

    /// Whether it changes the state.
    pub(super) fn changes(&self) -> bool {
        self.receiver == Receiver::Mutable
    }
}

/// The receiver of a method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// No receiver.
    None,
    /// `&self`
    Shared,
    /// `&mut self`
    Mutable,
    /// `self`, `self: Box<Self>`, …
    Other,
}

/// An argument of a method.
pub(super) struct Argument {
    /// Its name. `None` if it is a pattern.
    pub(super) name: Option<Ident>,
    pub(super) ty: Type,
    pub(super) pattern: syn::Pat,
    pub(super) cfg: Option<Attribute>,
}

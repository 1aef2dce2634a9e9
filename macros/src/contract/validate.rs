//! The rules for contracts. Each mistake has its own diagnostic, at its place, with a remedy.

use syn::spanned::Spanned;
use syn::{Safety, Type};

use super::model::{Contract, Method, Receiver};
use crate::diagnostics::Diagnostics;
use crate::source::{bare, plain_name, reserved_name};
use crate::types::{Scope, written_result};

/// The maximum number of arguments of a method; `dusk_sdk` has encodings up to this number.
const MAX_ARGUMENTS: usize = 8;

/// Names that an exported function cannot have, because the linker or the compiler's support code gives them another
/// meaning in a compiled contract.
const RESERVED_EXPORTS: &[&str] = &[
    "A",
    "memory",
    "main",
    "malloc",
    "free",
    "calloc",
    "realloc",
    "memcpy",
    "memmove",
    "memset",
    "memcmp",
    "bcmp",
    "strlen",
    "acos",
    "asin",
    "atan",
    "atan2",
    "cbrt",
    "ceil",
    "copysign",
    "cos",
    "cosh",
    "erf",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "fdim",
    "floor",
    "fma",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "hypot",
    "ldexp",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "pow",
    "rint",
    "round",
    "roundeven",
    "scalbn",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "tgamma",
    "trunc",
];

/// Names that the generated client uses itself.
const RESERVED_METHODS: &[&str] = &["attempt", "by", "id", "with_gas"];

/// Checks a contract.
pub(super) fn contract(contract: &Contract, faults: &mut Diagnostics) {
    states(contract, faults);
    names(contract, faults);
    if let Some(init) = &contract.init {
        constructor(init, contract, faults);
    }
    for event in &contract.options.events {
        if let Some(last) = event.segments.last() {
            reserved_name(&last.ident, faults);
        }
    }
    for method in &contract.methods {
        if method.is_public() {
            exported(method, contract, faults);
        } else if let Some(options) = method.options {
            faults.at_span(
                options,
                "this attribute is for exported methods: make the method `pub`, or remove the attribute",
            );
        }
    }
}

fn states(contract: &Contract, faults: &mut Diagnostics) {
    let Some((state, others)) = contract.states.split_first() else {
        return faults.at(
            &contract.module.ident,
            "a contract needs its state: put `pub struct Name { … }` into this module, with its methods in `impl Name`",
        );
    };
    for other in others {
        faults.at(
            &other.ident,
            format!(
                "a contract has one state, and that is `{}` above: put #[contract_type] on this struct if callers see it, \
                 #[event] if it is emitted, or move it out of the module if it is a part of the state",
                state.ident
            ),
        );
    }
    if !state.public {
        faults.at(&state.ident, "the state must be `pub`, because callers name the contract by it");
    }
    if let Some(cfg) = &state.cfg {
        faults.at(cfg, "the state cannot depend on `cfg`: put it on the whole module");
    }
    if let Some(generics) = state.generics {
        faults.at_span(generics, "the state cannot be generic: a compiled contract has one");
    }
}

fn names(contract: &Contract, faults: &mut Diagnostics) {
    let client = contract.states.first().map(|state| format!("{}Client", plain_name(&state.ident)));
    for name in &contract.names.values {
        if name == "init" || name == "at" {
            faults.at(
                name,
                format!("`{name}` is reserved in this module: the macro generates a function of this name for callers"),
            );
        }
        reserved_name(name, faults);
    }
    for name in &contract.names.types {
        if client.as_ref().is_some_and(|client| name == client) {
            faults.at(name, format!("`{name}` is reserved: the macro generates a type of this name for callers"));
        }
        if !contract.names.values.contains(name) {
            reserved_name(name, faults);
        }
    }
}

fn constructor(init: &Method, contract: &Contract, faults: &mut Diagnostics) {
    if init.receiver != Receiver::None {
        faults.at(
            init.signature.receiver(),
            "`init` is the constructor and has no `self`: there is no state before it. Return the first state: \
             `pub fn init(…) -> Self`",
        );
    }
    if !init.is_public() {
        faults.at(&init.signature.ident, "the constructor must be `pub`, because the deployer calls it");
    }
    // The compiler decides whether another type is the state or a `Result` of it.
    let is_other = |ty: &Type| contract.scope.is_plain(ty) && !is_state(ty, contract);
    let makes_other = match &init.output {
        None => true,
        Some(ty) => is_other(written_result(ty).map_or(ty, |(value, _)| value)),
    };
    if makes_other {
        faults.at(
            &init.signature.ident,
            "the constructor returns the first state: `-> Self` or `-> Result<Self, Error>`",
        );
    }
    if let Some(options) = init.options {
        faults.at_span(
            options,
            "the constructor takes neither `feeds` nor `raw_result`: it returns the first state, and its errors revert",
        );
    }
    signature(init, &contract.scope, faults);
}

fn exported(method: &Method, contract: &Contract, faults: &mut Diagnostics) {
    let name = &method.signature.ident;
    match method.receiver {
        Receiver::None => faults.at(
            name,
            "a public method takes `&self` (a query) or `&mut self` (a transaction); make it private if it is a helper",
        ),
        Receiver::Other => faults.at(
            method.signature.receiver(),
            "take the state as `&self` (a query) or `&mut self` (a transaction): it stays with the contract",
        ),
        Receiver::Shared | Receiver::Mutable => {}
    }
    let text = plain_name(name);
    if RESERVED_EXPORTS.contains(&text.as_str()) || text.starts_with("__") {
        faults.at(name, format!("`{text}` is reserved: the compiled contract cannot export a function of this name"));
    } else if RESERVED_METHODS.contains(&text.as_str()) {
        faults.at(name, format!("`{text}` is reserved: the generated client has a function of this name"));
    }
    signature(method, &contract.scope, faults);
    if let Some(item) = &method.feeds {
        value(item, &contract.scope, faults);
        if method.receiver == Receiver::Mutable {
            faults.at(method.signature.receiver(), "a feeding method is a query: take the state as `&self`");
        }
        if method.output.is_some() {
            faults
                .at(&method.signature.output, "a feeding method returns nothing: it passes each item to `feed(&item)`");
        }
    }
    output(method, contract, faults);
}

/// Faults of a method's return type, as far as its tokens show them.
fn output(method: &Method, contract: &Contract, faults: &mut Diagnostics) {
    let Some(ty) = &method.output else {
        if let Some(place) = method.raw_result {
            faults.at_span(place, NO_RESULT);
        }
        return;
    };
    if let (Some(place), true) = (method.raw_result, contract.scope.is_plain(ty)) {
        faults.at_span(place, NO_RESULT);
    }
    if is_state(ty, contract) {
        faults.at(ty, "a method cannot return the state: return the parts that callers need");
    }
    // The error type of a `Result` is not encoded: it becomes the text of the panic.
    value(written_result(ty).map_or(ty, |(value, _)| value), &contract.scope, faults);
}

/// The fault of `raw_result` on a method that cannot fail.
const NO_RESULT: &str = "`raw_result` needs a method that returns a `Result`: callers get the `Result` itself";

/// Faults of an exported function that do not depend on its kind.
fn signature(method: &Method, scope: &Scope, faults: &mut Diagnostics) {
    let signature = &method.signature;
    if let Some(token) = signature.asyncness {
        faults.at(token, "a method cannot be `async`: a call runs to its end without a pause");
    }
    if let Safety::Unsafe(token) = signature.safety {
        faults.at(token, "an exported function cannot be `unsafe`: anyone may call it with any arguments");
    }
    if let Some(abi) = &signature.abi {
        faults.at(abi, "remove this: the macro exports the function in the form that the chain requires");
    }
    if !signature.generics.params.is_empty() {
        faults.at(&signature.generics, "an exported function cannot be generic: callers need to know its types");
    }
    if let Some(cfg) = &method.cfg {
        faults.at(cfg, "an exported function cannot depend on `cfg`: the schema and the code would disagree");
    }
    if let Some(extra) = method.arguments.get(MAX_ARGUMENTS) {
        faults.at_span(
            extra.pattern.span(),
            format!(
                "a function takes at most {MAX_ARGUMENTS} arguments: put some of them into a #[contract_type] struct"
            ),
        );
    }
    for argument in &method.arguments {
        match &argument.name {
            None => faults.at(
                &argument.pattern,
                "an argument needs a plain name, because callers use it: destructure the value in the body",
            ),
            Some(name) if name.to_string().starts_with('_') => {
                faults.at(name, "an argument needs a name that callers can use: remove the leading underscore");
            }
            Some(_) => {}
        }
        if let Some(cfg) = &argument.cfg {
            faults
                .at(cfg, "an argument cannot depend on `cfg`: the two sides of a call would disagree about the bytes");
        }
        value(&argument.ty, scope, faults);
    }
}

fn value(ty: &Type, scope: &Scope, faults: &mut Diagnostics) {
    if let Some(fault) = scope.fault(ty) {
        faults.at(ty, fault);
    }
}

/// Whether a type is written as the state. `Self` has been replaced before.
fn is_state(ty: &Type, contract: &Contract) -> bool {
    let Type::Path(path) = bare(ty) else { return false };
    contract.states.first().is_some_and(|state| path.path.is_ident(&state.ident))
}

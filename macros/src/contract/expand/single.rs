//! One package is one contract: a compiled module has one state and one `init`.

use std::ffi::OsString;
use std::sync::Mutex;

use proc_macro2::TokenStream;
use syn::Ident;

use crate::source::plain_name;

/// The first contract of the crate that this process compiles.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// The diagnostic for a second contract in a package.
pub(super) fn refusal(name: &Ident) -> Option<TokenStream> {
    if !compiles_one_crate(std::env::args_os()) || std::env::var_os("CARGO_TARGET_TMPDIR").is_some() {
        return None;
    }
    let mut first = FIRST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match &*first {
        Some(first) => Some(message(name, first).to_compile_error()),
        None => {
            *first = Some(plain_name(name));
            None
        }
    }
}

/// Whether these are the arguments of a compiler that compiles a single crate which could become a contract.
///
/// Test crates may contain many contracts, because they are never compiled to one. An editor expands the macros of many
/// crates in one process, repeatedly, and its arguments are not those of a compiler.
fn compiles_one_crate(mut arguments: impl Iterator<Item = OsString>) -> bool {
    let (mut names, mut tests) = (false, false);
    arguments.by_ref().for_each(|argument| {
        names |= argument == "--crate-name";
        tests |= argument == "--test";
    });
    names && !tests
}

fn message(name: &Ident, first: &str) -> syn::Error {
    syn::Error::new(
        name.span(),
        format!(
            "a package holds one contract, and this one holds `{first}`: move `{}` to a package of \
             its own, a folder beside it in `contracts/`",
            plain_name(name)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiles(arguments: &str) -> bool {
        compiles_one_crate(arguments.split(' ').map(Into::into))
    }

    #[test]
    fn only_a_crate_that_could_become_a_contract_has_one() {
        assert!(compiles("rustc --crate-name counter --edition=2024 src/lib.rs"));
        assert!(!compiles("rustc --crate-name counter --edition=2024 src/lib.rs --test"));
        assert!(!compiles("rust-analyzer-proc-macro-srv"));
    }

    #[test]
    fn the_refusal_names_both() {
        let text = message(&quote::format_ident!("other"), "counter").to_string();
        assert!(text.contains("`counter`: move `other` to a package"), "{text}");
    }
}

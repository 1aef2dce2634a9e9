//! Tests of the macro: accepted contracts, diagnostics, and expansions.

use proc_macro2::TokenStream;
use quote::quote;

use super::*;

/// The diagnostics for a contract.
fn faults(module: &str) -> Vec<String> {
    let mut faults = Diagnostics::default();
    let module = parse::module(&module.parse().unwrap()).unwrap();
    let contract = parse::contract(Default::default(), module, &mut faults);
    validate::contract(&contract, &mut faults);
    faults.messages()
}

/// The diagnostics for the body of the state's `impl`.
fn method_faults(methods: &str) -> Vec<String> {
    faults(&format!("pub mod test {{ pub struct State; impl State {{ {methods} }} }}"))
}

#[test]
fn a_good_contract_is_accepted() {
    assert!(method_faults("pub fn init(a: u8) -> Self { State } pub fn a(&self) {} pub fn b(&mut self, x: Vec<u8>) -> u64 { 1 } fn help() {}").is_empty());
    assert!(
        method_faults("pub fn init() -> Result<State, Refused> { todo() } pub(crate) fn help<T>(t: &T) {}").is_empty()
    );
    let arguments =
        "pub fn a(&mut self, state: u8, r#type: u8, mut x: Option<Cell>, via: Outcome<u8>) -> Outcome<()> {}";
    assert!(method_faults(arguments).is_empty());
    assert!(method_faults("pub fn a(&'_ self) -> Cell {} pub fn r#match(&self) {} pub fn via(&self) {}").is_empty());
    assert!(method_faults("pub fn init() -> Outcome<Self> {}").is_empty());
    let module = "pub mod test { pub struct A; macro_rules! m { () => {} } enum at {} mod init { m!(); } }";
    assert!(faults(module).is_empty(), "{:?}", faults(module));
    let module = "pub mod test { pub struct A; mod b { struct A; impl A { pub fn a(&self) {} } } impl self::A {} }";
    assert!(faults(module).is_empty(), "{:?}", faults(module));
    assert!(faults("pub mod test { pub struct State; #[contract_type] struct Part; #[event] struct Happened; impl Default for State { fn default() -> Self { State } } }").is_empty());
}

#[test]
fn every_mistake_has_its_message() {
    let cases = [
        ("pub fn a(x: u8) {}", "a public method takes `&self`"),
        ("pub fn a(self) {}", "take the state as `&self`"),
        ("pub fn a(self: &Self) {}", "take the state as `&self`"),
        ("pub fn a<T>(&self) {}", "an exported function cannot be generic"),
        ("pub async fn a(&self) {}", "a method cannot be `async`"),
        ("pub unsafe fn a(&self) {}", "an exported function cannot be `unsafe`"),
        ("pub extern \"C\" fn a(&self) {}", "remove this"),
        ("#[cfg(test)] pub fn a(&self) {}", "an exported function cannot depend on `cfg`"),
        ("pub fn a(&self, (x, y): (u8, u8)) {}", "an argument needs a plain name"),
        ("pub fn a(&self, _x: u8) {}", "an argument needs a name that callers can use"),
        ("pub fn a(&self, x: &str) {}", "a reference cannot cross"),
        ("pub fn a(&self, x: Option<f32>) {}", "floats may differ"),
        ("pub fn a(&self) -> usize { 1 }", "the size of `usize`"),
        ("pub fn a(&self) -> Result<&str, E> { }", "a reference cannot cross"),
        ("pub fn a(&self) -> Self { }", "a method cannot return the state"),
        (
            "pub fn a(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8) {}",
            "a function takes at most 8",
        ),
        ("pub fn a(&self, x: std::collections::HashMap<u8, u8>) {}", "the order of its entries"),
        ("pub fn a(&self, x: Vec<alloc::rc::Rc<u8>>) {}", "this cannot cross"),
        ("pub fn a(&self, x: (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8)) {}", "a tuple that crosses"),
        ("pub fn a(&self, #[cfg(test)] x: u8) {}", "an argument cannot depend on `cfg`"),
        ("#[cfg_attr(test, cfg(windows))] pub fn a(&self) {}", "an exported function cannot depend on `cfg`"),
        ("pub fn a(&'static self) {}", "take the state as `&self`"),
        ("pub fn a(self: &mut Self) {}", "take the state as `&self`"),
        ("getter!(left, u64);", "#[contract] does not see the items that a macro generates here"),
        ("pub fn a(&self) -> char { 'a' }", "a `char` has no form"),
        ("#[no_mangle] pub fn a(&self) {}", "remove this"),
        ("#[unsafe(export_name = \"b\")] pub fn a(&self) {}", "remove this"),
        ("#[contract(feeds = u8)] pub fn a(&mut self) {}", "a feeding method is a query"),
        ("#[contract(feeds = u8)] pub fn a(&self) -> u8 { 1 }", "a feeding method returns nothing"),
        ("#[contract(feeds = f32)] pub fn a(&self) {}", "floats may differ"),
        ("#[contract(feeds = u8)] fn a(&self) {}", "this attribute is for exported methods"),
        ("#[contract(raw_result)] pub fn a(&self) -> u8 { 1 }", "`raw_result` needs a method that returns a `Result`"),
        ("#[contract(payable)] pub fn a(&self) {}", "unknown option: on a method"),
        ("#[contract(feeds = u8)] pub fn init() -> Self { State }", "the constructor takes neither"),
        ("pub fn attempt(&self) {}", "`attempt` is reserved"),
        ("pub fn memset(&self) {}", "`memset` is reserved"),
        ("pub fn id(&self) {}", "`id` is reserved"),
        ("pub fn init(&self) -> Self { State }", "`init` is the constructor"),
        ("fn init() -> Self { State }", "the constructor must be `pub`"),
        ("pub fn init() -> u8 { 1 }", "the constructor returns the first state"),
        ("pub fn init() {}", "the constructor returns the first state"),
        ("pub async fn init() -> Self { State }", "a method cannot be `async`"),
    ];
    for (methods, expected) in cases {
        let found = method_faults(methods);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{methods}: {found:?}");
    }
    let modules = [
        ("pub mod test { }", "a contract needs its state"),
        ("pub mod test { pub struct A; pub struct B; }", "a contract has one state, and that is `A`"),
        ("pub mod test { struct A; }", "the state must be `pub`"),
        ("pub mod test { pub struct A<T>(T); }", "the state cannot be generic"),
        ("pub mod test { pub struct A { rate: Vec<(u8, f64)> } }", "floats may differ"),
        (
            "pub mod test { pub struct A; static mut CALLS: u64 = 0; }",
            "a static is state outside of the contract's struct",
        ),
        ("pub mod test { pub struct A; impl<T> A { } }", "the methods of a contract cannot be generic"),
        ("pub mod test { pub struct A; fn init() {} }", "`init` is reserved"),
        (
            "pub mod test { pub struct A; #[cfg(test)] impl A { pub fn a(&self) {} } }",
            "an exported function cannot depend on `cfg`",
        ),
        ("pub mod test { pub struct A; type AClient = u8; }", "`AClient` is reserved"),
        ("pub mod test { pub struct A; use other::{AClient, b as c}; }", "`AClient` is reserved"),
        ("pub mod test { pub struct A; const at: u8 = 1; }", "`at` is reserved"),
        ("pub mod test { pub struct A; const __DUSK_STATE: u8 = 1; }", "names that begin with `__dusk`"),
        (
            "pub mod test { pub struct A; getters!(A); }",
            "#[contract] does not see the items that a macro generates here",
        ),
        (
            "pub mod test { pub struct A; #[getters] impl A { pub fn a(&self) {} } }",
            "#[contract] does not see the items that a macro generates here",
        ),
        ("pub mod test { pub struct A; type B = A; impl B { pub fn a(&self) {} } }", "write `impl A`"),
        ("pub mod test { pub struct A; impl other::A { pub fn a(&self) {} } }", "write `impl A`"),
        (
            "pub mod test { pub struct A; mod more { impl super::A { pub fn a(&self) {} } } }",
            "this method would not be exported",
        ),
        ("pub mod test { #[cfg(test)] pub struct A; }", "the state cannot depend on `cfg`"),
        ("pub mod test { pub struct A; #[cfg(test)] #[event] pub struct B; }", "an event cannot depend on `cfg`"),
    ];
    for (module, expected) in modules {
        let found = faults(module);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{module}: {found:?}");
    }
}

#[test]
fn mistakes_are_collected() {
    let found = method_faults("pub fn init(&self) {} pub fn a(x: &str) {} pub async fn b(self) -> f32 { 1.0 }");
    assert_eq!(found.len(), 7, "{found:#?}");
}

#[test]
fn what_was_written_stays_when_it_is_refused() {
    let module = quote!(
        pub mod test {
            pub fn help() {}
        }
    );
    let expanded = expand(TokenStream::new(), &module, true).to_string();
    assert!(expanded.starts_with(&module.to_string()), "{expanded}");
    assert!(expanded.contains("compile_error"));
}

/// Pretty-prints an expansion. The contents of `dusk_sdk`'s switching macros appear as modules with their names.
fn pretty(tokens: TokenStream) -> String {
    let mut file: syn2::File = syn2::parse2(tokens).unwrap();
    open_switches(&mut file.items);
    prettyplease::unparse(&file)
}

fn open_switches(items: &mut [syn2::Item]) {
    for item in items {
        match item {
            syn2::Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    open_switches(items);
                }
            }
            syn2::Item::Macro(switch) => {
                let name = &switch.mac.path.segments.last().unwrap().ident;
                let inside = &switch.mac.tokens;
                if let Ok(opened) = syn2::parse2(quote!(mod #name { #inside })) {
                    *item = opened;
                }
            }
            _ => {}
        }
    }
}

fn counter() -> TokenStream {
    quote! {
        /// Counts.
        pub mod counter {
            use super::*;

            pub struct Counter { value: u64 }

            #[event]
            pub struct Changed { pub to: u64 }

            impl Counter {
                /// Starts.
                pub fn init(start: u64) -> Self { Self { value: start } }
                /// The value.
                pub fn value(&self) -> u64 { self.value }
                /// Adds.
                pub fn increment(&mut self, by: u64) -> Result<u64, Refused> { self.add(by) }
                pub fn reset(&mut self) { self.value = 0; }
                fn add(&mut self, by: u64) -> Result<u64, Refused> { Ok(by) }
            }
        }
    }
}

#[test]
fn the_expansion_of_a_contract() {
    insta::assert_snapshot!(pretty(expand(TokenStream::new(), &counter(), true)));
}

#[test]
fn the_expansion_of_methods_with_options() {
    let module = quote! {
        pub mod list {
            pub struct List(Vec<u64>);
            impl List {
                pub fn init() -> Self { Self(Vec::new()) }
                #[contract(feeds = (u64, bool))]
                pub fn all(&self, from: u64) {}
                #[contract(raw_result)]
                pub fn push(&mut self, number: u64) -> Result<(), Problem> { Ok(()) }
            }
        }
    };
    insta::assert_snapshot!(pretty(expand(TokenStream::new(), &module, true)));
}

#[test]
fn a_dependency_exports_nothing() {
    let expanded = expand(TokenStream::new(), &counter(), false).to_string();
    assert!(!expanded.contains("no_mangle"));
    assert!(expanded.contains("CounterClient"));
}

#[test]
fn the_expansion_of_a_contract_without_constructor() {
    let module = quote! {
        pub mod flag {
            #[derive(Default)]
            pub struct Flag(bool);
            impl Flag {
                pub fn raise(&mut self) { self.0 = true; }
            }
        }
    };
    insta::assert_snapshot!(pretty(expand(quote!(events(other::Raised)), &module, true)));
}

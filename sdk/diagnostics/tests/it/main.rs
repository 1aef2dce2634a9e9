//! The compiler's messages about contracts: programs with all names compile and run, and mistakes are explained at
//! their place.
//!
//! One test has all of them, so that `trybuild` compiles the SDK once more, and not twice.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not there")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[allow(dead_code, reason = "the tests of two packages share it")]
#[path = "../../../tests/it/names.rs"]
mod names;

/// The compiler whose texts are recorded.
const RECORDED_WITH: &str = "rustc 1.95.";

#[test]
fn every_name_compiles_and_mistakes_are_explained_at_their_place() {
    let tried = trybuild::TestCases::new();
    for program in programs() {
        tried.pass(program);
    }
    // The texts are those of one compiler version. That every mistake is found, and with which message, is tested in
    // `dusk-sdk-macros` on all.
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().unwrap();
    if String::from_utf8_lossy(&version.stdout).starts_with(RECORDED_WITH) {
        tried.compile_fail("tests/ui/*.rs");
    }
}

/// Contracts and circuits whose parts have every name that means something to the language or to generated code.
fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hygiene");
    fs::create_dir_all(&folder).unwrap();
    let named = format!("{}\nfn main() {{ {} }}\n", names::named(&names::all()), checks());
    let taken = format!("{}\nfn main() {{}}\n", names::taken());
    let sources =
        [("named.rs", named), ("taken.rs", taken), ("circuits.rs", names::circuits()), ("alone.rs", ALONE.to_owned())];
    let write = |(name, source): (&str, String)| {
        let path = folder.join(name);
        fs::write(&path, source).unwrap();
        path
    };
    sources.map(write).into()
}

/// A contract that needs nothing of the prelude, which is no reason to warn of the line that every contract begins
/// with.
const ALONE: &str = "#![deny(unused_imports)]
use dusk_sdk::prelude::*;

#[contract]
pub mod flag {
    use super::*;

    #[derive(Default)]
    pub struct Flag(bool);

    impl Flag {
        pub fn raise(&mut self) {
            self.0 = true;
        }
    }
}

fn main() {}
";

/// The generated program's checks of itself: each method is there under its name, and takes its argument by name.
fn checks() -> String {
    let methods: Vec<_> = names::methods(names::all())
        .iter()
        .map(|name| (names::plain(name).to_owned(), names::plain(names::argument(name)).to_owned()))
        .filter(|(name, _)| name != "fields")
        .collect();
    format!(
        "use dusk_sdk::interface::Described;
        let interface = <named::Named as Described>::INTERFACE;
        for (name, argument) in {methods:?} {{
            let json = format!(\"{{{{\\\"{{argument}}\\\":7}}}}\");
            let bytes = interface.encode_input(name, &json).unwrap();
            assert_eq!(bytes, [7], \"{{name}}\");
            assert_eq!(interface.decode_input(name, &bytes).unwrap(), json);
            assert_eq!(interface.decode_output(name, &[9]).unwrap(), \"9\");
        }}
        assert!(interface.schema().contains(\"\\\"errors\\\":[{{\\\"code\\\":1,\"));"
    )
}

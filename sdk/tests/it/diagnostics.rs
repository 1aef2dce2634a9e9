//! What the compiler says about mistakes. The texts are those of one compiler version, so they are compared on that
//! version alone; that every mistake is found, and with which message, is tested in `dusk-sdk-macros` on all.

use std::process::Command;

/// The compiler whose texts are recorded.
const RECORDED_WITH: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained_at_their_place() {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().unwrap();
    if String::from_utf8_lossy(&version.stdout).starts_with(RECORDED_WITH) {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    }
}

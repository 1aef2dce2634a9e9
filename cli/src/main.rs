//! `cargo dusk`.
fn main() {}

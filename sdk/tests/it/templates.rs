//! The templates are for this version of the SDK.

use std::fs;
use std::path::Path;

#[test]
fn templates_name_this_version() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates");
    let mut found = 0;
    for entry in fs::read_dir(templates).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let manifest = folder.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let line = concat!("dusk-sdk = \"=", env!("CARGO_PKG_VERSION"), "\"");
        assert!(text.contains(line), "{} should have the line {line}", manifest.display());
        found += 1;
    }
    assert!(found > 0);
}

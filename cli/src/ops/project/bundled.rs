//! The files in the binary: the SDK's sources, the templates, the tested versions. `build.rs` makes them.

/// Path with `/`, and content.
pub(crate) type Files = &'static [(&'static str, &'static str)];
/// A template's name and files.
pub(crate) type Template = (&'static str, Files);

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_is_whole_and_small() {
        let content = |path: &str| SDK_FILES.iter().find(|(name, _)| *name == path).map(|(_, content)| *content);
        let root = content("Cargo.toml").expect("a workspace manifest");
        for member in ["sdk", "macros", "sdk/protocol"] {
            assert!(root.contains(&format!("\"{member}\"")), "{member} is missing in {root}");
            assert!(content(&format!("{member}/Cargo.toml")).is_some(), "{member} has no manifest");
            assert!(content(&format!("{member}/src/lib.rs")).is_some(), "{member} has no source");
        }
        assert!(!root.contains("wasmtime"), "no user project may compile a WASM engine");
        assert_eq!(SDK_HASH.len(), 64);
    }

    #[test]
    fn nothing_bundled_names_this_machine() {
        let home = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        let templates = TEMPLATES.iter().flat_map(|(_, files)| files.iter());
        for (path, content) in SDK_FILES.iter().chain(templates) {
            assert!(!content.contains(home), "{path} names {home}");
        }
        assert!(!LOCK.contains(home));
    }

    #[test]
    fn the_lock_pins_what_would_otherwise_not_build() {
        for (name, version) in [("dusk-bytes", "0.1.7"), ("derive-hex", "0.1.2")] {
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"");
            assert!(LOCK.contains(&entry), "the lock file must hold {name} {version}");
        }
        assert!(!LOCK.contains("name = \"cargo-dusk\""), "own packages have no place in a user's lock file");
    }
}

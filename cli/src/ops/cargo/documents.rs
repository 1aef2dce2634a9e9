//! The inputs of a build in manifests, settings and `Cargo.lock`. Comments, formatting and the order of keys do not
//! count, nor do the settings of other packages of a workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike, Value};

/// The tables of a manifest with dependencies that a contract is built of.
const DEPENDENCIES: [&str; 2] = ["dependencies", "build-dependencies"];
/// The tables of a workspace's manifest that do not apply to its packages.
const ABOUT_ITSELF: [&str; 4] = ["members", "exclude", "default-members", "metadata"];

/// The hash of what a file in TOML says, or of its bytes where it is something else; `None` when there is no such file.
pub(super) fn hash(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let said = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<DocumentMut>().ok());
    let said = said.map_or(bytes, |document| canonical(document.as_table()).into_bytes());
    Some(blake3::hash(&said).to_hex().to_string())
}

/// The dependencies that a manifest takes from its workspace, by name.
pub(super) fn inherited(manifest: &str) -> BTreeSet<String> {
    let Ok(document) = manifest.parse::<DocumentMut>() else { return BTreeSet::new() };
    let targets = document.get("target").and_then(Item::as_table_like);
    let of_targets = targets.into_iter().flat_map(TableLike::iter).filter_map(|(_, item)| item.as_table_like());
    let tables = std::iter::once(document.as_table() as &dyn TableLike).chain(of_targets);
    let lists = tables.flat_map(|table| DEPENDENCIES.into_iter().filter_map(|name| table.get(name)?.as_table_like()));
    let all = lists.flat_map(TableLike::iter);
    let is_inherited = |item: &Item| {
        item.as_table_like().and_then(|it| it.get("workspace")).and_then(Item::as_bool).unwrap_or_default()
    };
    all.filter(|(_, item)| is_inherited(item)).map(|(name, _)| name.to_owned()).collect()
}

/// The manifest's settings for packages that take these dependencies from the workspace. The whole text where it is
/// no manifest.
pub(super) fn of_workspace(manifest: &str, inherited: &BTreeSet<String>) -> String {
    let Ok(mut document) = manifest.parse::<DocumentMut>() else { return manifest.to_owned() };
    if let Some(workspace) = document.get_mut("workspace").and_then(Item::as_table_like_mut) {
        for name in ABOUT_ITSELF {
            workspace.remove(name);
        }
        if let Some(dependencies) = workspace.get_mut("dependencies").and_then(Item::as_table_like_mut) {
            let others: Vec<String> = dependencies.iter().map(|(name, _)| name.to_owned()).collect();
            for name in others.iter().filter(|name| !inherited.contains(*name)) {
                dependencies.remove(name);
            }
        }
    }
    canonical(document.as_table())
}

/// The entries of a `Cargo.lock` that packages of the workspace reach. The whole text where a package is missing in it.
pub(super) fn locked(lock: &str, packages: &BTreeSet<String>) -> String {
    entries(lock, packages).unwrap_or_else(|| lock.to_owned())
}

fn entries(lock: &str, packages: &BTreeSet<String>) -> Option<String> {
    let document: DocumentMut = lock.parse().ok()?;
    let mut by_name: BTreeMap<&str, Vec<&toml_edit::Table>> = BTreeMap::new();
    for entry in document.get("package").and_then(Item::as_array_of_tables).into_iter().flatten() {
        by_name.entry(entry.get("name")?.as_str()?).or_default().push(entry);
    }
    let mut found = BTreeSet::new();
    let mut next: Vec<String> = packages.iter().cloned().collect();
    let mut seen = BTreeSet::new();
    while let Some(wanted) = next.pop() {
        if !seen.insert(wanted.clone()) {
            continue;
        }
        // `name`, and where several are called so, `name version` or `name version (source)`.
        let mut parts = wanted.splitn(3, ' ');
        let (name, version) = (parts.next().unwrap_or_default(), parts.next());
        let is_wanted = |entry: &&&toml_edit::Table| {
            version.is_none_or(|version| entry.get("version").and_then(Item::as_str) == Some(version))
        };
        for entry in by_name.get(name)?.iter().filter(is_wanted) {
            let needs = entry.get("dependencies").and_then(Item::as_array).into_iter().flatten();
            next.extend(needs.filter_map(Value::as_str).map(str::to_owned));
            found.insert(canonical(*entry));
        }
    }
    Some(found.into_iter().collect())
}

/// A table with its keys in order, and nothing of its form.
fn canonical(table: &dyn TableLike) -> String {
    let mut text = String::new();
    write_table(table, &mut text);
    text
}

fn write_table(table: &dyn TableLike, text: &mut String) {
    let sorted: BTreeMap<&str, &Item> = table.iter().collect();
    text.push('{');
    for (key, item) in sorted {
        let _ = write!(text, "{key:?}=");
        write_item(item, text);
        text.push(';');
    }
    text.push('}');
}

fn write_item(item: &Item, text: &mut String) {
    match item {
        Item::None => {}
        Item::Value(value) => write_value(value, text),
        Item::Table(table) => write_table(table, text),
        Item::ArrayOfTables(tables) => {
            text.push('[');
            for table in tables {
                write_table(table, text);
                text.push(',');
            }
            text.push(']');
        }
    }
}

fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::InlineTable(table) => write_table(table, text),
        Value::Array(array) => {
            text.push('[');
            for value in array {
                write_value(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::String(string) => {
            let _ = write!(text, "{:?}", string.value());
        }
        Value::Integer(number) => {
            let _ = write!(text, "{}", number.value());
        }
        Value::Float(number) => {
            let _ = write!(text, "{:?}", number.value());
        }
        Value::Boolean(flag) => {
            let _ = write!(text, "{}", flag.value());
        }
        Value::Datetime(moment) => {
            let _ = write!(text, "{}", moment.value());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        canonical(text.parse::<DocumentMut>().unwrap().as_table())
    }

    #[test]
    fn form_does_not_count_and_content_does() {
        let text = "a = 1\nb = { c = [1, 'x'], d = true }\n[[e]]\nf = 1.5\n";
        let other = "# A comment.\nb.d = true\nb.c = [\n  1, # one\n  \"x\",\n]\na=0x1\ne = [{ f = 1.50 }]\n";
        assert_eq!(said(text), said(other));
        for (from, to) in
            [("a = 1", "a = '1'"), ("[1, 'x']", "['x', 1]"), ("true", "false"), ("1.5", "1.6"), ("b =", "c =")]
        {
            assert_ne!(said(text), said(&text.replace(from, to)), "{from}");
        }
    }

    #[test]
    fn dependencies_of_a_workspace_are_found_in_all_tables() {
        let manifest = "[dependencies]\none = { workspace = true }\ntwo = \"1\"\nfour.workspace = true\n\
                        [target.'cfg(unix)'.build-dependencies]\nthree = { workspace = true, features = [] }\n\
                        [dev-dependencies]\nfive = { workspace = true }\n";
        assert_eq!(inherited(manifest), BTreeSet::from(["one", "three", "four"].map(str::to_owned)));
    }

    #[test]
    fn the_entries_of_a_lock_file_are_followed_by_name_and_version() {
        let lock = "[[package]]\nname = \"one\"\nversion = \"1.0.0\"\ndependencies = [\"deep 2.0.0\"]\n\
                    [[package]]\nname = \"deep\"\nversion = \"1.0.0\"\nchecksum = \"old\"\n\
                    [[package]]\nname = \"deep\"\nversion = \"2.0.0\"\nchecksum = \"new\"\n";
        let of_one = locked(lock, &BTreeSet::from(["one".to_owned()]));
        assert!(of_one.contains("\"new\"") && !of_one.contains("\"old\""), "{of_one}");
        assert_eq!(locked(lock, &BTreeSet::from(["none".to_owned()])), lock);
        assert_eq!(locked(lock, &BTreeSet::new()), "");
    }
}

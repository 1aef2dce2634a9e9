//! The walls within packages: which module of the node and of the virtual machine may import which, and no circle of
//! imports leaves a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

use super::imports::Imports;
use super::root;

/// The modules of the node from the ground up, each with those that it imports. All of these lie below it.
const MODULES_OF_THE_NODE: &[(&str, &[&str])] = &[
    ("accounts", &[]),
    ("archive", &[]),
    ("work", &[]),
    ("block", &["archive"]),
    ("transaction", &["block"]),
    ("mempool", &["block", "transaction"]),
    ("executor", &["block", "work"]),
    ("genesis", &["accounts", "executor"]),
    ("weight", &["block"]),
    ("store", &["archive", "block", "weight"]),
    ("ledger", &["archive", "block", "executor", "mempool", "store", "transaction"]),
    ("end", &["store"]),
    ("reader", &["archive", "end", "executor", "ledger", "work"]),
    ("drivers", &["archive", "end", "store", "work"]),
    ("events", &["block", "mempool", "transaction", "weight"]),
    ("config", &["accounts", "executor", "genesis", "ledger", "mempool", "reader", "store"]),
    ("test_host", &["accounts", "config", "executor", "genesis", "reader"]),
    (
        "handle",
        &[
            "accounts",
            "block",
            "config",
            "drivers",
            "end",
            "events",
            "executor",
            "ledger",
            "mempool",
            "reader",
            "store",
            "transaction",
            "work",
        ],
    ),
    (
        "runtime",
        &[
            "accounts",
            "block",
            "config",
            "drivers",
            "end",
            "events",
            "executor",
            "genesis",
            "handle",
            "ledger",
            "mempool",
            "reader",
            "store",
            "transaction",
            "work",
        ],
    ),
    (
        "http",
        &[
            "block",
            "drivers",
            "end",
            "events",
            "handle",
            "ledger",
            "mempool",
            "reader",
            "store",
            "transaction",
            "weight",
        ],
    ),
];

/// The modules of the virtual machine from the ground up, each with those that it imports.
const MODULES_OF_THE_VM: &[(&str, &[&str])] = &[
    ("abi", &[]),
    ("blobs", &[]),
    ("limits", &[]),
    ("memory", &[]),
    ("mocks", &[]),
    ("module", &["abi"]),
    ("driver", &["module"]),
    ("error", &["abi", "limits", "module"]),
    ("queries", &["error", "mocks"]),
    ("share", &["limits"]),
    ("state", &["memory"]),
    ("host", &["abi", "error", "limits", "memory", "mocks", "module", "queries", "share", "state"]),
    ("session", &["abi", "error", "host", "module", "share", "state"]),
    ("execute", &["error", "host", "limits", "module", "queries", "session"]),
    ("genesis", &["error", "queries", "session"]),
    ("vm", &["error", "host", "memory", "mocks", "module", "queries", "session", "share", "state"]),
];

/// The files that are still in a circle of imports which leaves their folder. This list only becomes shorter.
const FILES_IN_CIRCLES: &[&str] = &[
    "cli/src/ops/artifact.rs",
    "cli/src/ops/build.rs",
    "cli/src/ops/circuits.rs",
    "cli/src/ops/circuits/shipped.rs",
    "cli/src/ops/compile.rs",
    "cli/src/ops/verifiers.rs",
];

#[test]
fn modules_of_the_node_import_only_what_lies_below_them() {
    check_order("local-node/src", MODULES_OF_THE_NODE);
}

#[test]
fn modules_of_the_virtual_machine_import_only_what_lies_below_them() {
    check_order("local-node/vm/src", MODULES_OF_THE_VM);
}

/// Compares the modules of a crate and their imports with a table, from the ground up.
fn check_order(source: &str, table: &[(&str, &[&str])]) {
    let imports = Imports::of(&root().join(source).join("lib.rs"));
    let found = imports.between_modules();
    let mut faults = Vec::new();
    let mut below = BTreeSet::new();
    for (module, allowed) in table {
        for import in *allowed {
            if !below.contains(import) {
                faults.push(format!("the table lists {import} for {module}, but not below it"));
            }
            if !found.contains_key(&((*module).to_owned(), (*import).to_owned())) {
                faults.push(format!("{module} does not import {import} any more: take it out of the table"));
            }
        }
        below.insert(*module);
    }
    for module in imports.modules().symmetric_difference(&below) {
        faults.push(format!("{module} is not both in the table and in {source}"));
    }
    let allowed: BTreeMap<&str, &[&str]> = table.iter().copied().collect();
    for ((from, to), arrows) in &found {
        if !allowed.get(from.as_str()).is_some_and(|allowed| allowed.contains(&to.as_str())) {
            faults.push(format!("{from} may not import {to}:\n    {}", arrows.join("\n    ")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_circle_of_imports_leaves_a_folder() {
    let mut found = BTreeSet::new();
    let mut faults = Vec::new();
    for source in roots_of_packages() {
        for (files, ties) in Imports::of(&source).circles() {
            let files: BTreeSet<_> = files.iter().map(|file| below_root(file)).collect();
            if !files.iter().all(|file| FILES_IN_CIRCLES.contains(&file.as_str())) {
                faults.push(format!("these files import each other in a circle:\n    {}", ties.join("\n    ")));
            }
            found.extend(files);
        }
    }
    for file in FILES_IN_CIRCLES.iter().filter(|file| !found.contains(**file)) {
        faults.push(format!("{file} is in no circle any more: take it out of the list"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The files of the roots of our libraries and programs.
fn roots_of_packages() -> Vec<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("the workspace's manifests can be read");
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let code = targets.filter(|target| target.is_lib() || target.is_bin() || target.is_proc_macro());
    code.map(|target| target.src_path.clone().into_std_path_buf()).collect()
}

fn below_root(file: &Path) -> String {
    let relative = file.strip_prefix(root()).expect("our files lie in the workspace");
    relative.to_str().expect("file names are text").replace('\\', "/")
}

/// Makes a crate of these files and reads its imports.
fn imports_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Imports) {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("files lie in a folder")).expect("the folder is made");
        fs::write(path, text).expect("written");
    }
    let imports = Imports::of(&folder.path().join("lib.rs"));
    (folder, imports)
}

/// The files of the circles, without the folder of the crate.
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let (folder, imports) = imports_of(files);
    let name = |file: &PathBuf| file.strip_prefix(folder.path()).expect("in the folder").display().to_string();
    imports.circles().iter().map(|(files, _)| files.iter().map(name).collect()).collect()
}

#[test]
fn circles_are_found_through_re_exports_and_paths_in_code() {
    let through_re_export = [
        ("lib.rs", "mod shop; mod bank;"),
        ("shop/mod.rs", "mod till; pub(crate) use self::till::Till;"),
        ("shop/till.rs", "use crate::bank::Coin; pub(crate) struct Till(Coin);"),
        ("bank.rs", "use crate::shop::Till; pub(crate) struct Coin; fn a(_: Till) {}"),
    ];
    assert_eq!(circles(&through_re_export), [["bank.rs", "shop/till.rs"]]);
    let in_code = [
        ("lib.rs", "mod shop; mod bank;"),
        ("shop/mod.rs", "pub(crate) fn buy() { let _ = [crate::bank::Coin::default()]; }"),
        ("bank.rs", "#[derive(Default)] pub(crate) struct Coin; fn a() { use crate::{shop as other}; other::buy() }"),
    ];
    assert_eq!(circles(&in_code), [["bank.rs", "shop/mod.rs"]]);
}

#[test]
fn what_only_tests_import_ties_no_circle_and_neighbours_may_import_each_other() {
    let by_tests = [
        ("lib.rs", "mod shop; mod bank;"),
        ("shop/mod.rs", "pub(crate) fn buy() { crate::bank::pay() }"),
        ("bank.rs", "pub(crate) fn pay() {} #[cfg(test)] mod tests { fn a() { crate::shop::buy() } }"),
    ];
    assert_eq!(circles(&by_tests), Vec::<Vec<String>>::new());
    let neighbours = [
        ("lib.rs", "mod shop;"),
        ("shop.rs", "mod till; pub(crate) struct Price; fn a() { till::open() }"),
        ("shop/till.rs", "pub(super) fn open() -> Option<super::Price> { None }"),
    ];
    assert_eq!(circles(&neighbours), Vec::<Vec<String>>::new());
}

#[test]
fn imports_are_told_by_the_modules_below_the_root() {
    let (_folder, imports) = imports_of(&[
        ("lib.rs", "mod shop; mod bank; pub use bank::Coin;"),
        ("shop.rs", "mod till;"),
        ("shop/till.rs", "use hex::encode; use crate::Coin; fn a(_: Coin) { encode() }"),
        ("bank.rs", "pub struct Coin;"),
    ]);
    let found: Vec<_> = imports.between_modules().into_keys().collect();
    assert_eq!(found, [("shop".to_owned(), "bank".to_owned())]);
    assert_eq!(imports.modules(), BTreeSet::from(["bank", "shop"]));
}

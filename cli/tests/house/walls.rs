//! The walls within packages: which module of the node, the virtual machine and the command line may import which, and
//! no circle of imports leaves a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::imports::Imports;
use super::{root, workspace};

/// The modules of the node from the ground up, each with those that it imports. All of these lie below it.
const MODULES_OF_THE_NODE: &[(&str, &[&str])] = &[
    ("accounts", &[]),
    ("archive", &[]),
    ("work", &[]),
    ("block", &["archive"]),
    ("transaction", &["work"]),
    ("executor", &["block", "work"]),
    ("genesis", &["accounts", "executor"]),
    ("weight", &["block"]),
    ("store", &["archive", "block", "weight"]),
    ("ledger", &["archive", "block", "executor", "store", "work"]),
    ("end", &["store"]),
    ("network", &["end"]),
    ("reader", &["archive", "end", "executor", "ledger", "work"]),
    ("drivers", &["archive", "end", "store", "work"]),
    ("events", &["block", "weight"]),
    ("config", &["accounts", "executor", "genesis", "ledger", "network", "reader", "store"]),
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
            "network",
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
            "network",
            "reader",
            "store",
            "transaction",
            "work",
        ],
    ),
    (
        "http",
        &["block", "config", "drivers", "end", "events", "handle", "ledger", "network", "reader", "store", "weight"],
    ),
];

/// The modules of the command line from the ground up, as those of the node.
const MODULES_OF_THE_COMMAND_LINE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("escape", &[]),
    ("figures", &[]),
    ("ops", &["error", "escape", "figures"]),
    ("hints", &["error", "ops"]),
    ("output", &["escape", "ops"]),
    ("table", &["escape", "output"]),
    ("args", &["error", "ops"]),
    ("commands", &["args", "error", "escape", "figures", "ops", "output", "table"]),
];

/// The folders and files of the command line's work from the ground up, as the modules of the node.
const MODULES_OF_OPS: &[(&str, &[&str])] = &[
    ("report", &[]),
    ("exact", &[]),
    ("hash", &[]),
    ("interrupt", &[]),
    ("tls", &[]),
    ("cargo", &["report"]),
    ("project", &["cargo", "exact", "report"]),
    ("contract", &["exact", "project", "report"]),
    ("circuits", &["cargo", "exact", "hash", "project", "report", "tls"]),
    ("build", &["cargo", "circuits", "contract", "hash", "project", "report"]),
    ("node", &["interrupt", "project", "report"]),
    ("chain", &["build", "contract", "exact", "hash", "project", "report", "tls"]),
    ("devnet", &["chain", "node", "project", "report"]),
    ("testing", &["build", "cargo", "chain", "circuits", "contract", "hash", "project", "report"]),
    ("evidence", &["build", "cargo", "circuits", "contract", "hash", "project", "report", "testing"]),
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

#[test]
fn modules_of_the_node_import_only_what_lies_below_them() {
    assert_order("local-node/src/lib.rs", &[], MODULES_OF_THE_NODE);
}

#[test]
fn modules_of_the_virtual_machine_import_only_what_lies_below_them() {
    assert_order("local-node/vm/src/lib.rs", &[], MODULES_OF_THE_VM);
}

#[test]
fn modules_of_the_command_line_import_only_what_lies_below_them() {
    assert_order("cli/src/main.rs", &[], MODULES_OF_THE_COMMAND_LINE);
    assert_order("cli/src/main.rs", &["ops"], MODULES_OF_OPS);
}

/// Compares the modules right below one of a crate, and what they import of each other, with a table.
fn assert_order(crate_root: &str, below_module: &[&str], table: &[(&str, &[&str])]) {
    let imports = Imports::of(&root().join(crate_root));
    let found = imports.between_modules(below_module);
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
    for module in imports.modules(below_module).symmetric_difference(&below) {
        faults.push(format!("{module} is not both in the table and in {crate_root}"));
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
fn no_two_parts_of_the_finance_module_import_each_other() {
    let found = Imports::of(&root().join("sdk/src/lib.rs")).between_modules(&["finance"]);
    assert!(found.contains_key(&("offices".to_owned(), "ledger".to_owned())), "the imports are not read: {found:?}");
    let is_mutual = |(from, to): &&(String, String)| found.contains_key(&(to.clone(), from.clone()));
    let mutual: Vec<_> = found.keys().filter(is_mutual).collect();
    assert!(mutual.is_empty(), "{mutual:?}");
}

#[test]
fn no_circle_of_imports_leaves_a_folder() {
    let mut faults = Vec::new();
    for source in roots_of_packages() {
        for (_, ties) in Imports::of(&source).circles() {
            faults.push(format!("these files import each other in a circle:\n    {}", ties.join("\n    ")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The files of the roots of our libraries and programs.
fn roots_of_packages() -> Vec<PathBuf> {
    let metadata = workspace();
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let code = targets.filter(|target| target.is_lib() || target.is_bin() || target.is_proc_macro());
    code.map(|target| target.src_path.clone().into_std_path_buf()).collect()
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
    let found: Vec<_> = imports.between_modules(&[]).into_keys().collect();
    assert_eq!(found, [("shop".to_owned(), "bank".to_owned())]);
    assert_eq!(imports.modules(&[]), BTreeSet::from(["bank", "shop"]));
}

#[test]
fn imports_are_told_by_the_modules_below_a_module() {
    let (_folder, imports) = imports_of(&[
        ("lib.rs", "mod shop; mod bank;"),
        ("shop/mod.rs", "mod till; mod shelf; fn a() { till::open() }"),
        ("shop/till/mod.rs", "mod drawer;"),
        ("shop/till/drawer.rs", "use crate::shop::shelf::Ware; fn a(_: Ware) { crate::bank::pay() }"),
        ("shop/shelf.rs", "pub(crate) struct Ware;"),
        ("bank.rs", "pub(crate) fn pay() {}"),
    ]);
    let found: Vec<_> = imports.between_modules(&["shop"]).into_keys().collect();
    assert_eq!(found, [("till".to_owned(), "shelf".to_owned())]);
    assert_eq!(imports.modules(&["shop"]), BTreeSet::from(["shelf", "till"]));
}

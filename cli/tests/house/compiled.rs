//! Packages that the project of a template compiles for its contracts and its tests, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The target of contracts.
const WASM: &[&str] = &["--target", "wasm32-unknown-unknown"];
/// The contract of each template that is measured.
const CONTRACTS: &[(&str, &str)] = &[("counter", "counter"), ("restricted-token", "register")];

/// The packages that a template's contract and tests compile, macros and build scripts included. The lists only become
/// shorter: each package is compiled before the first test of every new project.
const COMPILED: &[(&str, &str, &str)] = &[
    (
        "counter",
        "contract",
        "ahash arrayref arrayvec blake2b_simd bytecheck bytecheck_derive constant_time_eq counter derive-hex \
         dusk-bls12_381 dusk-bytes dusk-sdk dusk-sdk-circuit dusk-sdk-macros ff group hashbrown once_cell \
         proc-macro2 ptr_meta ptr_meta_derive quote rand_core rend rkyv rkyv_derive seahash subtle syn \
         unicode-ident version_check",
    ),
    (
        "counter",
        "tests",
        "ahash arrayref arrayvec blake2b_simd bytecheck bytecheck_derive cfg-if constant_time_eq counter \
         derive-hex dusk-bls12_381 dusk-bytes dusk-sdk dusk-sdk-circuit dusk-sdk-macros dusk-sdk-protocol ff \
         getrandom group hashbrown hex itoa libc log memchr once_cell piecrust-uplink pin-project-lite \
         proc-macro2 ptr_meta ptr_meta_derive quote rand_core rend rkyv rkyv_derive seahash serde serde_core \
         serde_derive serde_json subtle syn tests thiserror thiserror-impl tracing tracing-core unicode-ident \
         version_check zmij",
    ),
    (
        "restricted-token",
        "contract",
        "ahash arrayref arrayvec bitvec blake2b_simd blake3 block-buffer bytecheck bytecheck_derive cc cfg-if \
         circuits cobs constant_time_eq crypto-common derive-hex digest dusk-bls12_381 dusk-bytes dusk-jubjub \
         dusk-poseidon dusk-safe dusk-sdk dusk-sdk-circuit dusk-sdk-macros ff find-msvc-tools funty \
         generic-array group hashbrown once_cell postcard proc-macro2 ptr_meta ptr_meta_derive quote radium \
         rand_core register rend rkyv rkyv_derive seahash serde serde_core serde_derive sha2 shlex subtle syn \
         tap thiserror thiserror-impl typenum unicode-ident version_check wyz zeroize",
    ),
    (
        "restricted-token",
        "tests",
        "ahash arrayref arrayvec attester bitvec blake2b_simd blake3 block-buffer bytecheck bytecheck_derive \
         cc cfg-if circuits cobs constant_time_eq cpufeatures crypto-common derive-hex digest dusk-bls12_381 \
         dusk-bytes dusk-jubjub dusk-poseidon dusk-safe dusk-sdk dusk-sdk-circuit dusk-sdk-macros \
         dusk-sdk-protocol ff find-msvc-tools funty generic-array getrandom group hashbrown hex itoa libc log \
         memchr once_cell piecrust-uplink pin-project-lite postcard proc-macro2 ptr_meta ptr_meta_derive \
         quote radium rand_core register rend rkyv rkyv_derive seahash serde serde_core serde_derive \
         serde_json serde_path_to_error sha2 shlex subtle syn tap tests thiserror thiserror-impl tracing \
         tracing-core typenum unicode-ident version_check wyz zeroize zmij",
    ),
];

#[test]
fn a_new_project_compiles_few_packages() {
    let mut faults = Vec::new();
    for (template, contract) in CONTRACTS {
        let project = Project::new(template);
        let builds = [
            ("contract", project.contract(contract, "abi")),
            ("tests", project.tree(&["--workspace", "--edges", "normal,build,dev"])),
        ];
        for (build, found) in builds {
            let listed = COMPILED.iter().find(|(of, what, _)| of == template && *what == build);
            let listed: BTreeSet<&str> =
                listed.map(|(_, _, names)| names.split_whitespace().collect()).unwrap_or_default();
            let found: BTreeSet<&str> = found.keys().map(|(name, _)| name.as_str()).collect();
            let (more, fewer): (Vec<_>, Vec<_>) =
                (found.difference(&listed).collect(), listed.difference(&found).collect());
            if !more.is_empty() {
                faults.push(format!("the {build} of `{template}` compiles more than is listed: {more:?}"));
            }
            if !fewer.is_empty() {
                faults.push(format!("the {build} of `{template}` compiles less, take it out of the list: {fewer:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_builds_of_a_project_share_what_they_compile() {
    for (template, contract) in CONTRACTS {
        let project = Project::new(template);
        // The SDK itself differs between contract and data driver: that is what makes them so.
        let own = |name: &str| ["dusk-sdk", contract, "circuits"].contains(&name);
        let (one, other) = (project.contract(contract, "abi"), project.contract(contract, "driver"));
        let differ = |(key, features): &(&(String, String), &BTreeSet<String>)| {
            !own(&key.0) && other.get(*key).is_some_and(|others| others != *features)
        };
        let lone: Vec<_> = one.iter().filter(differ).collect();
        assert!(lone.is_empty(), "compiled once more for the data driver of `{template}`: {lone:?}");
    }
    // The circuits that keys are made of, and the tests.
    let project = Project::new("restricted-token");
    let tests = project.tree(&["--workspace", "--edges", "normal,build,dev"]);
    let features = tests.iter().find(|((name, _), _)| name == "dusk-sdk").map(|(_, features)| features);
    let features = features.into_iter().flatten().flat_map(|all| all.split(','));
    let features: Vec<String> = features.map(|feature| format!("dusk-sdk/{feature}")).collect();
    let circuits =
        project.tree(&["--package", "register", "--edges", "normal,build", "--features", &features.join(",")]);
    let lone: Vec<_> = circuits.iter().filter(|(key, features)| !tests[key].is_superset(features)).collect();
    assert!(lone.is_empty(), "compiled once more for the circuits of `restricted-token`: {lone:?}");
}

#[test]
fn the_builds_of_a_project_share_their_macros() {
    let project = Project::new("counter");
    let tests: BTreeSet<String> = project.units_of_tests().into_iter().collect();
    for unit in project.units_of_contract() {
        assert!(tests.contains(&unit), "compiled once more for the contract: {unit}\n{tests:#?}");
    }
}

/// Packages, by name and version, with the sets of features that they are compiled with.
type Packages = BTreeMap<(String, String), BTreeSet<String>>;

/// A project fresh from its template.
struct Project {
    folder: TempDir,
    root: PathBuf,
}

impl Project {
    fn new(template: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut new = Command::new(env!("CARGO_BIN_EXE_cargo-dusk"));
        new.args(["dusk", "new", "project", "--template", template]).current_dir(folder.path());
        let output = new.env("CARGO_DUSK_HOME", folder.path().join("home")).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { root: folder.path().join("project"), folder }
    }

    /// The macros that the first build of `cargo dusk build` for WASM compiles, and what they need: see
    /// [`units_in`].
    fn units_of_contract(&self) -> Vec<String> {
        let (cargo, units) = (self.root.join("cargo"), self.root.join("units"));
        // In place of cargo: a build lists what it would compile, and fails.
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = rustc ] || exec '{real}' \"$@\"\nshift\n\
             RUSTC_BOOTSTRAP=1 '{real}' rustc -Zunstable-options --unit-graph \"$@\" > '{units}'\nexit 101\n",
            real = env!("CARGO"),
            units = units.display()
        );
        // Another process writes it: the system starts no program that is open for writing.
        let mut write = Command::new("sh");
        write.args(["-c", "printf %s \"$1\" > \"$0\" && chmod 755 \"$0\""]).arg(&cargo).arg(&script);
        assert!(write.status().expect("the shell runs").success());
        let mut build = Command::new(env!("CARGO_BIN_EXE_cargo-dusk"));
        build.args(["dusk", "build"]).current_dir(&self.root).env("CARGO", &cargo);
        build.env("CARGO_DUSK_HOME", self.folder.path().join("home")).env_remove("CARGO_INCREMENTAL");
        let output = build.output().expect("it runs");
        let listed = std::fs::read_to_string(&units)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let units = units_in(&listed);
        assert!(units.len() > 5, "{listed}");
        units
    }

    /// The same of the tests.
    fn units_of_tests(&self) -> Vec<String> {
        let mut test = Command::new(env!("CARGO"));
        test.args(["test", "--offline", "--no-run", "--workspace", "-Zunstable-options", "--unit-graph"]);
        test.current_dir(&self.root).env("RUSTC_BOOTSTRAP", "1").env_remove("CARGO_INCREMENTAL");
        let output = test.output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        units_in(&String::from_utf8_lossy(&output.stdout))
    }

    /// The packages that a build of a contract compiles with a feature of the SDK.
    fn contract(&self, package: &str, feature: &str) -> Packages {
        let feature = format!("dusk-sdk/{feature}");
        self.tree(&[&["--package", package, "--edges", "normal,build", "--features", &feature], WASM].concat())
    }

    fn tree(&self, options: &[&str]) -> Packages {
        let output = tree(&self.root, options);
        let mut packages = Packages::new();
        for line in output.lines().filter(|line| !line.is_empty()) {
            // `name vVERSION (where it lies)|features`
            let (package, features) = line.split_once('|').expect("the format has one");
            let mut words = package.split(' ');
            let [name, version] = [(); 2].map(|()| words.next().unwrap_or_default().to_owned());
            let features = features.trim_end_matches(" (*)").to_owned();
            packages.entry((name, version)).or_default().insert(features);
        }
        packages
    }
}

/// The units of a list of cargo's that are compiled for this machine: package, target, profile and features of each.
/// Build scripts follow the features of their packages, which differ.
fn units_in(listed: &str) -> Vec<String> {
    let listed: Value = serde_json::from_str(listed).unwrap_or_else(|error| panic!("{error}: {listed}"));
    let mut units = Vec::new();
    for unit in listed["units"].as_array().into_iter().flatten() {
        if !unit["platform"].is_null() || unit["mode"] != "build" || unit["target"]["kind"][0] == "custom-build" {
            continue;
        }
        let mut profile = unit["profile"].clone();
        // Tests have a profile of another name, with the same settings.
        profile["name"].take();
        let target = unit["target"]["name"].clone();
        units.push(Value::from(vec![unit["pkg_id"].clone(), target, profile, unit["features"].clone()]).to_string());
    }
    units
}

fn tree(root: &Path, options: &[&str]) -> String {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--offline", "--prefix", "none", "--format", "{p}|{f}"]).args(options).current_dir(root);
    let output = tree.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints text")
}

//! What the project of a template compiles: the packages of its contracts and of its tests, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Packages, by name and version, with the sets of features that they are compiled with.
type Packages = BTreeMap<(String, String), BTreeSet<String>>;

/// A project fresh from its template.
struct Project {
    _folder: TempDir,
    root: PathBuf,
}

impl Project {
    fn new(template: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut new = Command::new(env!("CARGO_BIN_EXE_cargo-dusk"));
        new.args(["dusk", "new", "project", "--template", template]).current_dir(folder.path());
        let output = new.env("CARGO_DUSK_HOME", folder.path().join("home")).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { root: folder.path().join("project"), _folder: folder }
    }

    /// What a build of a contract compiles with a feature of the SDK.
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

fn tree(root: &Path, options: &[&str]) -> String {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--offline", "--prefix", "none", "--format", "{p}|{f}"]).args(options).current_dir(root);
    let output = tree.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints text")
}

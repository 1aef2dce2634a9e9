//! Keys and parameters in a folder: found again, made anew where they are damaged, by one process at a time.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use dusk_sdk_circuit::{Assignment, BlsScalar, Layout};
use dusk_sdk_prover::{
    Backend, CompileError, Compiled, EntryKind, KeyStore, Keys, Origin, Parameters, ParametersId, Plonk, PlonkKey,
    Progress, Proof, SILENT, StoreError, VerifyError, verify,
};
use rand_core::CryptoRngCore;

use crate::circuits::every_kind;

/// Makes this program a helper of a test. Its value is the task, and the folder after a space.
const HELPER: &str = "DUSK_PROVER_TEST_HELPER";

fn layout() -> Layout {
    every_kind(1, 60).0
}

fn keys(store: &KeyStore, layout: &Layout) -> (Keys, Origin) {
    let parameters = store.development(layout.gates(), SILENT).unwrap().value;
    let kept = store.keys(layout, &parameters, SILENT).unwrap();
    assert!(kept.fault.is_none(), "{:?}", kept.fault);
    (kept.value, kept.origin)
}

fn file(store: &KeyStore, prefix: &str) -> PathBuf {
    let entries = store.ls().unwrap();
    let path = |it: &dusk_sdk_prover::Entry| it.path.file_name().unwrap().to_str().unwrap().starts_with(prefix);
    entries.into_iter().find(path).expect("it is there").path
}

#[test]
fn what_was_made_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path().join("made/when/needed"));
    assert_eq!(store.ls().unwrap(), []);
    let (layout, assignment) = every_kind(1, 60);
    let (made, origin) = keys(&store, &layout);
    assert_eq!(origin, Origin::Made);
    let (found, origin) = keys(&store, &layout);
    assert_eq!(origin, Origin::Found);
    assert_eq!((found.verifier_key(), found.digest()), (made.verifier_key(), made.digest()));
    let entropy = [1; 32];
    let proof = found.prove_with(&layout, &assignment, &entropy, SILENT).unwrap();
    assert_eq!(proof, made.prove_with(&layout, &assignment, &entropy, SILENT).unwrap());
    assert_eq!(verify(made.verifier_key(), &proof, assignment.public()), Ok(()));

    let entries = store.ls().unwrap();
    let [keys, parameters] = entries.as_slice() else { panic!("{entries:?}") };
    let named = EntryKind::Keys { circuit: layout.digest(), name: "every kind".to_owned() };
    assert_eq!(keys.kind, named);
    assert_eq!(parameters.kind, EntryKind::Parameters { gates: 64 });
    assert!(keys.bytes < 64 * 1024, "keys are compact: {} bytes", keys.bytes);
    assert_eq!(store.verify().unwrap(), []);
}

#[test]
fn larger_parameters_serve_smaller_circuits() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    assert_eq!(store.development(256, SILENT).unwrap().origin, Origin::Made);
    assert_eq!(store.development(9, SILENT).unwrap().origin, Origin::Found);
    assert_eq!(store.development(257, SILENT).unwrap().origin, Origin::Made);
}

#[test]
fn keys_that_are_kept_do_not_make_parameters_longer() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let layout = layout();
    keys(&store, &layout);
    let short = Parameters::development(32, SILENT).unwrap();
    let error = store.keys(&layout, &short, SILENT).unwrap_err();
    assert!(matches!(error, CompileError::TooLarge { gates: 64, parameters: 32 }), "{error}");
}

#[test]
fn parameters_from_elsewhere_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let parameters = Parameters::development(16, SILENT).unwrap();
    assert!(store.parameters(parameters.id(), 16).is_none());
    store.keep(&parameters).unwrap();
    let found = store.parameters(parameters.id(), 3).unwrap();
    assert_eq!(found.to_bytes(), parameters.to_bytes());
    assert!(store.parameters(parameters.id(), 17).is_none());
}

#[test]
fn damaged_files_are_told_and_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let layout = layout();
    let expected = keys(&store, &layout).0.verifier_key().to_vec();
    for prefix in ["keys-", "parameters-"] {
        let path = file(&store, prefix);
        let sound = fs::read(&path).unwrap();
        let places = [0, 20, 50, 100, 115, 125, sound.len() / 2, sound.len() - 1];
        let mut damaged: Vec<Vec<u8>> = places
            .map(|place| {
                let mut bytes = sound.clone();
                bytes[place] ^= 1;
                bytes
            })
            .into();
        damaged.extend([0, 1, 47, 127, 319, sound.len() - 1].map(|length| sound[..length].to_vec()));
        damaged.push([sound.as_slice(), &[0]].concat());
        for (index, bytes) in damaged.iter().enumerate() {
            // Another file in its place, because a file that another process has mapped must not change.
            fs::remove_file(&path).unwrap();
            fs::write(&path, bytes).unwrap();
            let told: Vec<PathBuf> = store.verify().unwrap().into_iter().map(|it| it.path).collect();
            assert_eq!(told, std::slice::from_ref(&path), "{prefix} {index}");
            let parameters = store.development(layout.gates(), SILENT).unwrap();
            let keys = store.keys(&layout, &parameters.value, SILENT).unwrap();
            let origin = if prefix == "keys-" { keys.origin } else { parameters.origin };
            assert_eq!(origin, Origin::Repaired, "{prefix} {index}");
            assert_eq!(keys.value.verifier_key(), expected);
            assert_eq!(fs::read(&path).unwrap(), sound, "{prefix} {index}");
        }
    }
}

/// `gc` goes by the time of the last use. A file that is not taken was not used.
#[test]
fn files_that_are_not_taken_keep_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let parameters = Parameters::development(16, SILENT).unwrap();
    store.keep(&parameters).unwrap();
    let path = file(&store, "parameters-");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let sound = fs::read(&path).unwrap();
    for (is_sound, place) in [(false, sound.len() / 2), (true, sound.len())] {
        let mut bytes = sound.clone();
        bytes.get_mut(place).into_iter().for_each(|byte| *byte ^= 1);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(store.parameters(parameters.id(), 16).is_some(), is_sound);
        assert_eq!(path.metadata().unwrap().modified().unwrap() == long_ago, !is_sound);
    }
}

/// A writer of keys decides which statements count as proved. A key from another folder is not taken, even a whole one.
#[test]
fn keys_from_elsewhere_are_not_taken() {
    let root = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours", "theirs"].map(|name| KeyStore::new(root.path().join(name)));
    let layout = layout();
    for prefix in ["keys-", "parameters-"] {
        keys(&ours, &layout);
        keys(&theirs, &layout);
        let path = file(&ours, prefix);
        fs::remove_file(&path).unwrap();
        fs::copy(file(&theirs, prefix), &path).unwrap();
        assert_eq!(ours.verify().unwrap().len(), 1, "{prefix}");
        let parameters = ours.development(layout.gates(), SILENT).unwrap();
        let keys = ours.keys(&layout, &parameters.value, SILENT).unwrap();
        let origin = if prefix == "keys-" { keys.origin } else { parameters.origin };
        assert_eq!(origin, Origin::Repaired, "{prefix}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_can_write_to_is_not_used() {
    use std::os::unix::fs::PermissionsExt;

    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("keys");
    let store = KeyStore::new(&folder);
    keys(&store, &layout());
    let mode = |folder: &Path| fs::metadata(folder).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let kept = store.development(16, SILENT).unwrap();
    assert_eq!(kept.origin, Origin::Made);
    let fault = kept.fault.expect("nothing is kept there");
    assert!(matches!(fault, StoreError::Unsafe { .. }) && fault.to_string().contains("chmod go-w"), "{fault}");
    assert!(store.parameters(kept.value.id(), 16).is_none());
    assert!(matches!(store.verify(), Err(StoreError::Unsafe { .. })));
}

#[test]
fn keys_of_one_circuit_under_the_name_of_another_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let (first, second) = (layout(), every_kind(1, 61).0);
    keys(&store, &first);
    let path = file(&store, "keys-");
    keys(&store, &second);
    let other = store
        .ls()
        .unwrap()
        .into_iter()
        .map(|it| it.path)
        .find(|it| it.to_str().unwrap().contains("keys-") && *it != path);
    fs::rename(path, other.unwrap()).unwrap();
    assert_eq!(keys(&store, &second).1, Origin::Repaired);
}

/// A backend that makes the keys of another circuit, and calls itself like the real one.
#[derive(Debug)]
struct Weaker;

impl Backend for Weaker {
    type Key = PlonkKey;

    const NAME: &'static str = Plonk::NAME;

    fn compile(_: &Layout, parameters: &Parameters, _: Progress<'_>) -> Result<Compiled<PlonkKey>, CompileError> {
        Plonk::compile(&every_kind(1, 20).0, parameters, SILENT)
    }

    fn prove(
        _: &Compiled<PlonkKey>,
        _: &Parameters,
        _: (&Layout, &Assignment),
        _: &mut dyn CryptoRngCore,
        _: &dyn Fn(f32),
    ) -> Option<Proof> {
        None
    }

    fn verify(_: &[u8], _: &Proof, _: &[BlsScalar]) -> Result<(), VerifyError> {
        Err(VerifyError::Refused)
    }

    fn parameters_of(verifier_key: &[u8]) -> Option<ParametersId> {
        Plonk::parameters_of(verifier_key)
    }

    fn encode(key: &PlonkKey) -> Vec<u8> {
        Plonk::encode(key)
    }

    fn decode(bytes: &[u8]) -> Option<PlonkKey> {
        Plonk::decode(bytes)
    }
}

/// A writer to the folder decides which keys a circuit has. So before a deployment on a public network they are
/// made again.
#[test]
fn keys_that_are_made_again_do_not_depend_on_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let layout = layout();
    let parameters = Parameters::development(layout.gates(), SILENT).unwrap();
    store.keys_of::<Weaker>(&layout, &parameters, SILENT).unwrap();
    let kept = store.keys(&layout, &parameters, SILENT).unwrap();
    assert_eq!(kept.origin, Origin::Found);
    let again: Keys = Keys::compile(&layout, &parameters, SILENT).unwrap();
    assert_eq!(again.digest(), kept.value.digest());
    assert_ne!(again.verifier_key(), kept.value.verifier_key());
}

#[test]
fn where_nothing_can_be_kept_the_keys_are_given_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let occupied = folder.path().join("file");
    fs::write(&occupied, "not a folder").unwrap();
    let store = KeyStore::new(&occupied);
    let parameters = store.development(128, SILENT).unwrap();
    assert!(matches!(parameters.fault, Some(StoreError::Write { .. })), "{:?}", parameters.fault);
    let kept = store.keys(&layout(), &parameters.value, SILENT).unwrap();
    assert_eq!(kept.origin, Origin::Made);
    assert!(matches!(kept.fault, Some(StoreError::Write { .. })));
}

#[test]
fn what_is_not_used_damaged_or_left_by_a_crash_is_collected() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let layout = layout();
    keys(&store, &layout);
    fs::write(folder.path().join("new-keys-half"), "half").unwrap();
    fs::write(folder.path().join("notes.txt"), "not ours").unwrap();
    let hour = Duration::from_hours(1);
    assert_eq!(store.gc(hour).unwrap(), []);
    assert!(!folder.path().join("new-keys-half").exists());

    let path = file(&store, "keys-");
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&[0]).unwrap();
    let gone: Vec<PathBuf> = store.gc(hour).unwrap().into_iter().map(|it| it.path).collect();
    assert_eq!(gone, [path]);
    assert_eq!(store.gc(Duration::ZERO).unwrap().len(), 1);
    assert_eq!(store.ls().unwrap(), []);
    assert!(folder.path().join("notes.txt").exists());
}

/// Starts this program again, as a helper.
fn helper(what: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::helps_another_test", "--nocapture"])
        .env(HELPER, format!("{what} {}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The tasks of helpers. By itself it has nothing to do.
#[test]
fn helps_another_test() {
    let Ok(task) = std::env::var(HELPER) else { return };
    let (what, folder) = task.split_once(' ').unwrap();
    let store = KeyStore::new(folder);
    match what {
        "once" => println!("origin {:?}", keys(&store, &layout()).1),
        _ => loop {
            keys(&store, &layout());
            for entry in store.ls().unwrap() {
                fs::remove_file(entry.path).unwrap();
            }
        },
    }
}

#[test]
fn of_many_processes_one_makes_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let helpers: Vec<Child> = (0..4).map(|_| helper("once", folder.path())).collect();
    let outputs = helpers.into_iter().map(|it| String::from_utf8(it.wait_with_output().unwrap().stdout).unwrap());
    let mut origins: Vec<String> = outputs
        .map(|output| output.lines().find_map(|line| line.split("origin ").nth(1)).expect(&output).to_owned())
        .collect();
    origins.sort();
    assert_eq!(origins, ["Found", "Found", "Found", "Made"]);
}

#[test]
fn a_process_that_is_killed_leaves_nothing_that_harms() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path());
    let layout = layout();
    for round in 0..12 {
        let mut helper = helper("forever", folder.path());
        // Each round ends elsewhere in the work of making, writing and removing.
        std::thread::sleep(Duration::from_millis(40 + 17 * round));
        helper.kill().unwrap();
        helper.wait().unwrap();
        assert_eq!(store.verify().unwrap(), [], "round {round}: whatever has its name is whole");
        keys(&store, &layout);
        assert_eq!(keys(&store, &layout).1, Origin::Found);
        store.gc(Duration::ZERO).unwrap();
        assert_eq!(store.ls().unwrap(), []);
    }
}

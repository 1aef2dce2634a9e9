//! Roots and commits: the same history gives the same root, by whatever way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dusk_core::abi::ContractId;
use local_node_vm::{
    BLOCK_BYTES, BLOCKS_PER_PAGE, Session, StateChanges, StateRoot, StoredContract, StoredPages, Vm, VmError,
};
use proptest::prelude::*;

use super::common::contracts::{counter, request};
use super::common::{PLENTY, new_vm, today};

const IDS: [[u8; 32]; 3] = [[10; 32], [11; 32], [12; 32]];

#[derive(Debug, Clone)]
enum Step {
    Add { to: usize, amount: u64 },
    Fail { in_contract: usize },
    Through { from: usize, to: usize, succeeds: bool },
    Undone { to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..IDS.len();
    prop_oneof![
        (id.clone(), 0..100_u64).prop_map(|(to, amount)| Step::Add { to, amount }),
        id.clone().prop_map(|in_contract| Step::Fail { in_contract }),
        (id.clone(), id.clone(), any::<bool>()).prop_map(|(from, to, succeeds)| Step::Through { from, to, succeeds }),
        id.prop_map(|to| Step::Undone { to }),
    ]
}

fn take(session: &mut Session, step: &Step) -> u64 {
    let call = |session: &mut Session, id: usize, function: &str, argument: &[u8]| {
        session.call(ContractId::from_bytes(IDS[id]), function, argument, PLENTY).map_or(0, |receipt| receipt.gas_spent)
    };
    match *step {
        Step::Add { to, amount } => call(session, to, "add", &amount.to_le_bytes()),
        Step::Fail { in_contract } => call(session, in_contract, "fail", &[1; 8]),
        Step::Through { from, to, succeeds } => {
            let function = if succeeds { "add" } else { "fail" };
            call(session, from, "call", &request(IDS[to], 100_000, function, &[1; 8]))
        }
        Step::Undone { to } => {
            let mark = session.mark().unwrap();
            let gas = call(session, to, "add", &[1; 8]);
            session.rewind(mark).unwrap();
            gas
        }
    }
}

fn deployed(vm: &Vm) -> StateRoot {
    let mut session = vm.session(None, today()).unwrap();
    for id in IDS {
        session.deploy(ContractId::from_bytes(id), &counter(), None, &[1], PLENTY).unwrap();
    }
    session.commit().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// One session for all calls, or one commit for each: gas and root are the same.
    #[test]
    fn it_does_not_matter_where_commits_are(steps in prop::collection::vec(step(), 1..12)) {
        let vm = new_vm();
        let start = deployed(&vm);
        let mut together = vm.session(Some(start), today()).unwrap();
        let mut root = start;
        for step in &steps {
            let mut alone = vm.session(Some(root), today()).unwrap();
            prop_assert_eq!(take(&mut alone, step), take(&mut together, step));
            let foreseen = alone.root().unwrap();
            root = alone.commit().unwrap();
            prop_assert_eq!(root, foreseen);
            prop_assert_eq!(together.root().unwrap(), root);
        }
        prop_assert_eq!(together.commit().unwrap(), root);
    }
}

#[test]
fn a_state_committed_twice_is_discarded_twice() {
    let vm = new_vm();
    let root = deployed(&vm);
    assert_eq!(vm.session(Some(root), today()).unwrap().commit().unwrap(), root);
    vm.discard(&root);
    assert!(vm.has(&root));
    vm.discard(&root);
    assert!(!vm.has(&root));
    vm.discard(&root);
}

#[test]
fn contracts_take_their_places_in_order_of_their_ids() {
    let vm = new_vm();
    let root_of = |order: [usize; 3]| {
        let mut session = vm.session(None, today()).unwrap();
        for index in order {
            session.deploy(ContractId::from_bytes(IDS[index]), &counter(), None, &[1], PLENTY).unwrap();
        }
        session.commit().unwrap()
    };
    assert_eq!(root_of([0, 1, 2]), root_of([2, 0, 1]));
}

/// The files with object code in a folder.
fn objects(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "object")).collect()
}

/// Object code is run as it is. Object code from another machine, a backup or another program is not run.
#[test]
fn object_code_from_elsewhere_is_not_run() {
    let root = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours", "theirs"].map(|name| root.path().join(name));
    let expected = deployed(&Vm::with_module_cache(&ours).unwrap());
    deployed(&Vm::with_module_cache(&theirs).unwrap());
    let [(file, sound), (_, foreign)] = [&ours, &theirs].map(|folder| {
        let file = objects(folder).pop().unwrap();
        (file.clone(), std::fs::read(file).unwrap())
    });
    assert_ne!(sound, foreign, "the same code has another tag in each folder");
    std::fs::write(&file, &foreign).unwrap();
    assert_eq!(deployed(&Vm::with_module_cache(&ours).unwrap()), expected);
    assert_eq!(std::fs::read(&file).unwrap(), sound, "it was compiled anew");
    // Under the name of another module it is not run either.
    let renamed = ours.join(format!("{}.object", "00".repeat(32)));
    std::fs::rename(&file, &renamed).unwrap();
    assert_eq!(deployed(&Vm::with_module_cache(&ours).unwrap()), expected);
    assert_eq!(objects(&ours).len(), 2);
}

#[cfg(unix)]
#[test]
fn folders_of_object_code_are_private_or_not_used() {
    use std::os::unix::fs::PermissionsExt;

    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a/b");
    deployed(&Vm::with_module_cache(&folder).unwrap());
    for made in [&folder, &root.path().join("a")] {
        assert_eq!(std::fs::metadata(made).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let file = objects(&folder).pop().unwrap();
    let before = std::fs::read(&file).unwrap();
    let damaged = [&before[..before.len() - 1], &[before[before.len() - 1] ^ 1]].concat();
    for open in [&folder, &root.path().join("a")] {
        std::fs::write(&file, &damaged).unwrap();
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o777)).unwrap();
        deployed(&Vm::with_module_cache(&folder).unwrap());
        assert_eq!(std::fs::read(&file).unwrap(), damaged, "neither read nor written: {}", open.display());
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    deployed(&Vm::with_module_cache(&folder).unwrap());
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn compiled_modules_come_back_from_disk() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("modules");
    let roots: Vec<_> = (0..3)
        .map(|round| {
            if round == 2 {
                // A damaged file is compiled anew.
                for file in objects(&folder) {
                    let mut content = std::fs::read(&file).unwrap();
                    *content.last_mut().unwrap() ^= 1;
                    std::fs::write(file, content).unwrap();
                }
            }
            deployed(&Vm::with_module_cache(&folder).unwrap())
        })
        .collect();
    assert_eq!(objects(&folder).len(), 1);
    assert!(roots.iter().all(|root| *root == roots[0]));
}

/// States that are kept outside the machine, in the simplest way: every block of every contract, by its place.
#[derive(Debug, Clone, Default)]
struct Outside(BTreeMap<ContractId, OutsideContract>);

#[derive(Debug, Clone, Default)]
struct OutsideContract {
    deployed: (u64, Vec<u8>, Vec<u8>),
    changed: u64,
    length: u64,
    hashes: BTreeMap<u32, [u8; 32]>,
    blocks: BTreeMap<u32, Box<[u8]>>,
}

impl StoredPages for OutsideContract {
    fn read(&self, give: &mut dyn FnMut(u32, &[u8])) -> std::io::Result<()> {
        for index in self.hashes.keys() {
            let first = index * BLOCKS_PER_PAGE;
            let block = |at| self.blocks.get(&at).map_or_else(|| vec![0; BLOCK_BYTES], |block| block.to_vec());
            let page: Vec<u8> = (first..first + BLOCKS_PER_PAGE).flat_map(block).collect();
            give(*index, &page);
        }
        Ok(())
    }
}

impl Outside {
    fn take(&mut self, commit: u64, changes: StateChanges) {
        for change in changes.contracts {
            let contract = self.0.entry(change.id).or_default();
            if let Some(deployed) = change.deployed {
                contract.deployed = (commit, deployed.bytecode, deployed.owner);
            }
            (contract.changed, contract.length) = (commit, change.length);
            for page in change.pages {
                contract.hashes.insert(page.index, page.hash);
                contract.blocks.extend(page.blocks.into_iter().map(|block| (block.index, block.bytes)));
            }
        }
    }

    fn contracts(&self) -> Vec<StoredContract> {
        let contract = |(id, contract): (&ContractId, &OutsideContract)| StoredContract {
            id: *id,
            deployed: contract.deployed.0,
            changed: contract.changed,
            bytecode: contract.deployed.1.clone(),
            owner: contract.deployed.2.clone(),
            length: contract.length,
            pages: contract.hashes.iter().map(|(index, hash)| (*index, *hash)).collect(),
            source: Arc::new(contract.clone()),
        };
        self.0.iter().map(contract).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// A state that went through the hands of somebody outside is the same state, and goes on as it would have.
    #[test]
    fn states_come_back_from_outside(steps in prop::collection::vec(step(), 1..10), next in step()) {
        let vm = new_vm();
        let mut root = deployed(&vm);
        let mut outside = Outside::default();
        outside.take(0, vm.export(&root).unwrap());
        for (commit, step) in (1..).zip(&steps) {
            let mut session = vm.session(Some(root), today()).unwrap();
            take(&mut session, step);
            let changes;
            (root, changes) = session.commit_with_changes().unwrap();
            outside.take(commit, changes);
        }
        let other = new_vm();
        other.restore(&root, outside.contracts()).unwrap();
        let [mut here, mut there] = [&vm, &other].map(|vm| vm.session(Some(root), today()).unwrap());
        prop_assert_eq!(take(&mut here, &next), take(&mut there, &next));
        prop_assert_eq!(here.commit_with_changes().unwrap(), there.commit_with_changes().unwrap());
    }
}

#[test]
fn a_state_that_is_not_the_one_stored_does_not_come_back() {
    let vm = new_vm();
    let root = deployed(&vm);
    let mut outside = Outside::default();
    outside.take(0, vm.export(&root).unwrap());

    let other = new_vm();
    let mut wrong_hash = outside.clone();
    wrong_hash.0.get_mut(&ContractId::from_bytes(IDS[1])).unwrap().hashes.entry(0).or_default()[3] ^= 1;
    assert!(matches!(other.restore(&root, wrong_hash.contracts()), Err(VmError::WrongState { .. })));
    assert!(!other.has(&root));

    // A page that is not what its hash says shows when it is read.
    let damaged = outside.0.get_mut(&ContractId::from_bytes(IDS[2])).unwrap();
    damaged.blocks.values_mut().next().unwrap()[0] ^= 1;
    other.restore(&root, outside.contracts()).unwrap();
    let mut session = other.session(Some(root), today()).unwrap();
    session.call(ContractId::from_bytes(IDS[1]), "add", &[1; 8], PLENTY).unwrap();
    let refused = session.call(ContractId::from_bytes(IDS[2]), "add", &[1; 8], PLENTY);
    assert!(matches!(refused, Err(VmError::System(error)) if error.kind() == std::io::ErrorKind::InvalidData));
}

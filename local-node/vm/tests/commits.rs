//! Roots and commits: the same history gives the same root, by whatever way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::contracts::{counter, request};
use common::{PLENTY, today};
use dusk_core::abi::ContractId;
use local_node_vm::{Session, StateRoot, Vm};
use proptest::prelude::*;

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
        let vm = Vm::in_memory().unwrap();
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
    let vm = Vm::in_memory().unwrap();
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
    let vm = Vm::in_memory().unwrap();
    let root_of = |order: [usize; 3]| {
        let mut session = vm.session(None, today()).unwrap();
        for index in order {
            session.deploy(ContractId::from_bytes(IDS[index]), &counter(), None, &[1], PLENTY).unwrap();
        }
        session.commit().unwrap()
    };
    assert_eq!(root_of([0, 1, 2]), root_of([2, 0, 1]));
}

#[test]
fn compiled_modules_come_back_from_disk() {
    let folder = std::env::temp_dir().join(format!("local-node-vm-modules-{}", std::process::id()));
    let roots: Vec<_> = (0..3)
        .map(|round| {
            if round == 2 {
                // A damaged file is compiled anew.
                for file in std::fs::read_dir(&folder).unwrap() {
                    let file = file.unwrap().path();
                    let mut content = std::fs::read(&file).unwrap();
                    *content.last_mut().unwrap() ^= 1;
                    std::fs::write(file, content).unwrap();
                }
            }
            deployed(&Vm::with_module_cache(&folder).unwrap())
        })
        .collect();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(roots.iter().all(|root| *root == roots[0]));
}

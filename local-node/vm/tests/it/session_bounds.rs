//! The memory of all sessions together, and of a chain. Neither the clock nor the kind of memory decides which
//! transactions meet a bound.

use std::io;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_core::transfer::TRANSFER_CONTRACT;
use local_node_vm::{
    MAX_CONTRACT_PAGES, MAX_QUERY_BYTES, MAX_QUERY_LAG_BYTES, MAX_SESSION_MAPPINGS, MAX_STATE_PAGES, MachineLimit,
    PAGE_BYTES, Receipt, Session, StateRoot, StoredContract, StoredPages, Vm, VmError,
};

use super::common::contracts::{counter, module_32};
use super::common::{PLENTY, empty_session, today};

const A: ContractId = ContractId::from_bytes([10; 32]);
const B: ContractId = ContractId::from_bytes([11; 32]);
const C: ContractId = ContractId::from_bytes([12; 32]);

/// `touch` takes three numbers of 32 bits: it writes a byte to each of so many pages, from a first one on, so far from
/// each other. `peak` takes three as well: it writes to so many pages, calls itself, changes so many of them, calls
/// itself again, and turns so many times before all calls return.
fn toucher() -> Vec<u8> {
    module_32(
        r#"(data (i32.const 0) "innerinmost")
        (func $fill (param $at i32) (param $pages i32) (param $step i32) (param $value i32)
            (local.set $at (i32.mul (local.get $at) (i32.const 65536)))
            (loop $page
                (i32.store8 (local.get $at) (local.get $value))
                (local.set $at (i32.add (local.get $at) (i32.mul (local.get $step) (i32.const 65536))))
                (local.set $pages (i32.sub (local.get $pages) (i32.const 1)))
                (br_if $page (local.get $pages))))
        (func (export "touch") (param i32) (result i32)
            (call $fill (i32.load (i32.const 4096)) (i32.load (i32.const 4100)) (i32.load (i32.const 4104)) (i32.const 1))
            (i32.const 0))
        (func $ask (param $name i32) (param $length i32)
            (memory.fill (i32.const 64) (i32.const 10) (i32.const 32))
            (if (call $c (i32.const 64) (local.get $name) (local.get $length) (i32.const 0) (i64.const 0))
                (then unreachable)))
        (func (export "peak") (param i32) (result i32)
            (memory.copy (i32.const 128) (i32.const 4096) (i32.const 12))
            (call $fill (i32.const 16) (i32.load (i32.const 128)) (i32.const 1) (i32.const 1))
            (call $ask (i32.const 0) (i32.const 5))
            (i32.const 0))
        (func (export "inner") (param i32) (result i32)
            (call $fill (i32.const 16) (i32.load (i32.const 132)) (i32.const 1) (i32.const 2))
            (call $ask (i32.const 5) (i32.const 6))
            (i32.const 0))
        (func (export "inmost") (param i32) (result i32) (local $n i32)
            (local.set $n (i32.load (i32.const 136)))
            (loop $turn
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $turn (i32.gt_s (local.get $n) (i32.const 0))))
            (i32.const 0))"#,
    )
}

fn numbers(numbers: [usize; 3]) -> Vec<u8> {
    numbers.iter().flat_map(|number| u32::try_from(*number).unwrap().to_le_bytes()).collect()
}

fn touch(session: &mut Session, id: ContractId, [first, pages, step]: [usize; 3]) -> Result<Receipt, VmError> {
    session.call(id, "touch", &numbers([first, pages, step]), PLENTY)
}

fn limit<T>(outcome: Result<T, VmError>) -> MachineLimit {
    match outcome {
        Err(VmError::MachineLimit(limit)) => limit,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("no limit was met"),
    }
}

/// A machine with [`toucher`] as `A`, in a committed state.
fn vm() -> (Vm, StateRoot) {
    let vm = Vm::in_memory().unwrap();
    let mut session = vm.session(None, today()).unwrap();
    session.deploy(A, &toucher(), None, &[], PLENTY).unwrap();
    let root = session.commit().unwrap();
    (vm, root)
}

/// The clock looks at a call that holds more in the middle than at its end, and makes no difference to it. Neither does
/// the memory that the system has.
#[test]
fn the_clock_and_the_system_do_not_decide_what_meets_the_bound() {
    const CHANGED: usize = 300;
    /// Turns that take several ticks of the clock.
    const LONG: usize = 60_000_000;
    let fits = |vm: &Vm, pages: usize, turns: usize| {
        let mut session = vm.session(None, today()).unwrap();
        session.deploy(A, &toucher(), None, &[], PLENTY).unwrap();
        match session.call(A, "peak", &numbers([pages, CHANGED, turns]), PLENTY) {
            Ok(_) => true,
            outcome => {
                assert_eq!(limit(outcome), MachineLimit::Memory);
                false
            }
        }
    };
    let vm = Vm::in_memory().unwrap();
    let (mut low, mut high) = (CHANGED, 10_000);
    while high - low > 1 {
        let middle = low.midpoint(high);
        *(if fits(&vm, middle, 0) { &mut low } else { &mut high }) = middle;
    }
    assert!(fits(&vm, low, LONG), "{low} pages fit if the call is fast");
    assert!(!fits(&vm, high, LONG));
    let portable = Vm::in_portable_memory().unwrap();
    assert!(fits(&portable, low, 0), "{low} pages fit in the other memory");
    assert!(!fits(&portable, high, 0));
}

#[test]
fn queries_are_bounded_together_and_take_nothing_from_the_chain() {
    /// Nearly as much as one session may hold.
    const MUCH: usize = 4000;
    let (vm, root) = vm();
    let hogs: Vec<_> = (0..4)
        .map(|_| {
            let mut session = vm.query_session(Some(root), today()).unwrap();
            let outcome = touch(&mut session, A, [16, MUCH, 1]);
            (session, outcome)
        })
        .collect();
    let (held, refused): (Vec<_>, Vec<_>) = hogs.into_iter().partition(|(_, outcome)| outcome.is_ok());
    assert_eq!(held.len(), MAX_QUERY_BYTES / (2 * MUCH * PAGE_BYTES), "so many fit");
    assert!(refused.into_iter().all(|(_, outcome)| limit(outcome) == MachineLimit::Queries));
    // A query of the usual size is answered, and the chain does not notice.
    touch(&mut vm.query_session(Some(root), today()).unwrap(), A, [16, 50, 1]).unwrap();
    touch(&mut vm.session(Some(root), today()).unwrap(), A, [16, MUCH, 1]).unwrap();
    drop(held);
    touch(&mut vm.query_session(Some(root), today()).unwrap(), A, [16, MUCH, 1]).unwrap();
}

#[test]
fn what_queries_hold_beside_memories_counts_as_well() {
    let feeding = module_32(
        r#"(table 1 funcref)
        (func (export "go") (param i32) (result i32) (local $n i32)
            (drop (table.grow (ref.null func) (i32.const 9000000)))
            (loop $l
                (call $feed (i32.const 65536))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get $n) (i32.const 1000))))
            (i32.const 0))"#,
    );
    let (vm, root) = vm();
    let mut session = vm.session(Some(root), today()).unwrap();
    session.deploy(B, &feeding, None, &[], PLENTY).unwrap();
    let root = session.commit().unwrap();
    let hogs = || {
        [(); 2].map(|()| {
            let mut session = vm.query_session(Some(root), today()).unwrap();
            touch(&mut session, A, [16, 4000, 1]).unwrap();
            session
        })
    };
    let mut session = vm.query_session(Some(root), today()).unwrap();
    let feed = |session: &mut Session| session.feed(B, "go", &[], PLENTY, &mut |_| {}).map(drop);
    let held = hogs();
    assert_eq!(limit(feed(&mut session)), MachineLimit::Queries);
    drop(held);
    feed(&mut session).unwrap();
    // The memory of the call does not belong to the session any more.
    hogs();
}

#[test]
fn queries_cannot_use_up_the_mappings_of_the_process() {
    /// Every second page, so that each needs a mapping, and the gap as well.
    const SCATTERED: usize = 2000;
    let (vm, root) = vm();
    let mut session = vm.session(Some(root), today()).unwrap();
    touch(&mut session, A, [16, SCATTERED, 2]).unwrap();
    let root = session.commit().unwrap();
    let mut hogs = Vec::new();
    for _ in 0..9 {
        let mut session = vm.query_session(Some(root), today()).unwrap();
        let outcome = touch(&mut session, A, [16, 1, 1]);
        hogs.push((session, outcome));
    }
    touch(&mut vm.session(Some(root), today()).unwrap(), A, [16, 1, 1]).unwrap();
    let refused = hogs.into_iter().filter_map(|(_, outcome)| outcome.is_err().then(|| limit(outcome)));
    assert!(refused.collect::<Vec<_>>().starts_with(&[MachineLimit::QueryMappings]));
    touch(&mut vm.query_session(Some(root), today()).unwrap(), A, [16, 1, 1]).unwrap();
}

#[test]
fn a_query_ends_when_the_chain_has_gone_far_ahead() {
    const PAGES: usize = 4000;
    let (vm, mut root) = vm();
    let mut old = vm.query_session(Some(root), today()).unwrap();
    let mut chain = vm.session(Some(root), today()).unwrap();
    touch(&mut old, A, [16, 1, 1]).unwrap();
    for block in 0..=MAX_QUERY_LAG_BYTES / (PAGES * PAGE_BYTES) {
        let mut session = vm.session(Some(root), today()).unwrap();
        touch(&mut session, A, [16, PAGES, 1 + block % 2]).unwrap();
        let next = session.commit().unwrap();
        vm.discard(&root);
        root = next;
    }
    assert!(old.lag().unwrap().is_too_much() && chain.lag().is_none());
    assert_eq!(limit(touch(&mut old, A, [16, 1, 1])), MachineLimit::QueryLag);
    touch(&mut chain, A, [16, 1, 1]).unwrap();
    touch(&mut vm.query_session(Some(root), today()).unwrap(), A, [16, 1, 1]).unwrap();
}

/// Pages that nobody needs to read in a test.
#[derive(Debug)]
struct Absent;

impl StoredPages for Absent {
    fn read(&self, _: &mut dyn FnMut(u32, &[u8])) -> io::Result<()> {
        Err(io::Error::other("the pages of the test are not there"))
    }
}

fn absent(id: ContractId, pages: impl Iterator<Item = u32>) -> StoredContract {
    StoredContract {
        id,
        deployed: 1,
        changed: 1,
        bytecode: toucher(),
        owner: vec![],
        length: 3 * PAGE_BYTES as u64,
        pages: pages.map(|page| (page, [7; 32])).collect(),
        source: Arc::new(Absent),
    }
}

/// A machine with a state that was stored.
fn restored(contracts: &[StoredContract]) -> (Vm, StateRoot) {
    let vm = Vm::in_memory().unwrap();
    let Err(VmError::WrongState { found, .. }) = vm.restore(&[1; 32], contracts.to_vec()) else {
        panic!("no state has this root");
    };
    vm.restore(&found, contracts.to_vec()).unwrap();
    (vm, found)
}

#[test]
fn a_session_opens_so_many_pages_and_no_more() {
    let pages = u32::try_from(MAX_SESSION_MAPPINGS).unwrap();
    let scattered = absent(A, (0..pages).filter(|page| page % 2 == 1).chain([pages + 1]));
    let together = absent(B, 0..pages - 2);
    let (vm, root) = restored(&[scattered, together, absent(TRANSFER_CONTRACT, 0..10)]);
    for session in [vm.session(Some(root), today()), vm.query_session(Some(root), today())] {
        let mut session = session.unwrap();
        assert_eq!(limit(touch(&mut session, A, [16, 1, 1])), MachineLimit::Opened);
        // These fit, so they are read.
        for id in [B, TRANSFER_CONTRACT] {
            assert!(matches!(touch(&mut session, id, [16, 1, 1]), Err(VmError::System(_))));
            session = vm.session(Some(root), today()).unwrap();
        }
    }
}

#[test]
fn the_contracts_of_a_chain_are_bounded_together() {
    // A contract that is there, and others that fill the state except five pages.
    let (vm, root) = vm();
    let small = vm.export(&root).unwrap().contracts.remove(0);
    let pages = u32::try_from(small.pages.len()).unwrap();
    let small = StoredContract {
        pages: small.pages.iter().map(|page| (page.index, page.hash)).collect(),
        source: Arc::new(Real(small.pages)),
        ..absent(A, 0..0)
    };
    let large = u32::try_from(MAX_CONTRACT_PAGES).unwrap();
    let rest = u32::try_from(MAX_STATE_PAGES).unwrap() - large - pages - 5;
    let (vm, root) = restored(&[small, absent(B, 0..large), absent(C, 0..rest)]);
    let mut session = vm.session(Some(root), today()).unwrap();
    assert_eq!(limit(touch(&mut session, A, [16, 6, 1])), MachineLimit::States);
    touch(&mut session, A, [16, 5, 1]).unwrap();
    assert_eq!(limit(touch(&mut session, A, [15, 1, 1])), MachineLimit::States);
    // Pages that exist can be written, and the chain's own contracts have more.
    touch(&mut session, A, [16, 5, 1]).unwrap();
    let deployed = session.deploy(ContractId::from_bytes([13; 32]), &counter(), None, &[], PLENTY);
    assert_eq!(limit(deployed), MachineLimit::States);
    session.deploy(TRANSFER_CONTRACT, &counter(), None, &[], PLENTY).unwrap();
    // The next block starts where this one ends.
    let root = session.commit().unwrap();
    let mut session = vm.session(Some(root), today()).unwrap();
    assert_eq!(limit(touch(&mut session, A, [15, 1, 1])), MachineLimit::States);
    touch(&mut session, A, [16, 5, 1]).unwrap();
}

/// Pages as they were exported.
#[derive(Debug)]
struct Real(Vec<local_node_vm::PageChange>);

impl StoredPages for Real {
    fn read(&self, give: &mut dyn FnMut(u32, &[u8])) -> io::Result<()> {
        for page in &self.0 {
            let mut bytes = vec![0; PAGE_BYTES];
            for block in &page.blocks {
                let at = (block.index % local_node_vm::BLOCKS_PER_PAGE) as usize * local_node_vm::BLOCK_BYTES;
                bytes[at..at + block.bytes.len()].copy_from_slice(&block.bytes);
            }
            give(page.index, &bytes);
        }
        Ok(())
    }
}

#[test]
fn an_empty_session_holds_nothing() {
    assert_eq!(empty_session().held_bytes().unwrap(), 0);
}

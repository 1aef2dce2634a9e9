//! Blocks whose transactions write as much memory, or have as many events, as a block may: what does not fit waits, and the
//! block is ended.

mod common;

use common::{ACCOUNTS, Draft, deployed_id, module_cache};
use dusk_core::transfer::data::ContractCall;
use dusk_core::transfer::moonlight::AccountData;
use local_node::executor::{Executor, Terms};
use local_node::genesis::{self, Allocation};
use local_node::ledger::{BuildLimits, Built, Ledger};
use local_node::mempool::{Limits, Mempool};
use local_node::transaction::Checked;
use local_node_consensus::{BuildRequest, RequestId};
use local_node_types::rules::{BLOCK_GAS_LIMIT, Profile};
use local_node_vm::{MAX_SESSION_MEMORY_BYTES, PAGE_BYTES, Vm};

/// `touch` takes three numbers of 32 bits: it writes a byte to each of so many pages, from a first one on, and to so many
/// more blocks of the last page. `shout` makes 30 MiB known.
const TOUCH: &str = r#"(module
    (import "env" "emit" (func $emit (param i32 i32 i32)))
    (data (i32.const 0) "loud")
    (memory (export "memory") 3)
    (global (export "A") i32 (i32.const 65536))
    (func (export "touch") (param i32) (result i32) (local $at i32) (local $pages i32) (local $blocks i32)
        (local.set $at (i32.mul (i32.load (i32.const 65536)) (i32.const 65536)))
        (local.set $pages (i32.load (i32.const 65540)))
        (local.set $blocks (i32.load (i32.const 65544)))
        (loop $page
            (i32.store8 (local.get $at) (i32.const 1))
            (local.set $at (i32.add (local.get $at) (i32.const 65536)))
            (local.set $pages (i32.sub (local.get $pages) (i32.const 1)))
            (br_if $page (local.get $pages)))
        (local.set $at (i32.sub (local.get $at) (i32.const 65536)))
        (if (local.get $blocks) (then
            (loop $block
                (local.set $at (i32.add (local.get $at) (i32.const 4096)))
                (i32.store8 (local.get $at) (i32.const 1))
                (local.set $blocks (i32.sub (local.get $blocks) (i32.const 1)))
                (br_if $block (local.get $blocks)))))
        (i32.const 0))
    (func (export "shout") (param i32) (result i32) (local $n i32)
        (loop $again
            (call $emit (i32.const 0) (i32.const 4) (i32.const 65536))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $n) (i32.const 480))))
        (i32.const 0)))"#;

/// The first page that is touched: those before it hold the argument.
const FIRST: u32 = 3;

fn ledger() -> Ledger {
    let vm = Vm::with_module_cache(&module_cache().expect("there is a folder")).expect("the engine starts");
    let root = genesis::state(&vm, 0, Profile::Local, &Allocation::development(&*ACCOUNTS)).expect("genesis");
    Ledger::new(Executor::new(vm, 0, Profile::Local), genesis::header(0, root)).expect("opens")
}

fn checked(draft: Draft) -> Checked {
    Checked::trusted(draft.sign(), Profile::Local.at(1)).expect("amounts fit")
}

/// Builds a block that deploys [`TOUCH`] and then touches what is asked, each time from another account, or shouts where
/// nothing is to be touched. Gives these transactions as well.
fn build(ledger: &mut Ledger, touches: &[[u32; 3]]) -> (Built, Vec<Checked>) {
    let deploy = Draft::new(9, 1).deploy(&wat::parse_str(TOUCH).expect("a module"), None);
    let contract = deployed_id(&deploy.clone().sign());
    let touch = |(account, numbers): (usize, &[u32; 3])| {
        let argument = numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let function = if numbers[1] == 0 { "shout" } else { "touch" };
        let mut draft = Draft::new(account, 1).limit(BLOCK_GAS_LIMIT / 8).price(9 - account as u64);
        draft.data = Some(ContractCall::new(contract, function).with_raw_args(argument).into());
        checked(draft)
    };
    let touching: Vec<_> = touches.iter().enumerate().map(touch).collect();
    let mut mempool = Mempool::new(Limits::default());
    for transaction in [checked(deploy)].iter().chain(&touching) {
        mempool.insert(transaction.clone(), &AccountData { nonce: 0, balance: u64::MAX }, 0).expect("fits");
    }
    let request = BuildRequest {
        id: RequestId(1),
        round: 1,
        iteration: 0,
        generator: ACCOUNTS[0].id(),
        prev_state_root: ledger.tip().state_root,
        voters: vec![],
        slashes: vec![],
        max_body_bytes: 1 << 20,
        deadline: None,
    };
    let built = ledger.build(&request, &mempool.queue(), BuildLimits::new(None)).expect("the block is ended");
    (built, touching)
}

#[test]
fn what_does_not_fit_beside_others_waits_for_the_next_block() {
    let mut ledger = ledger();
    let half = 4000;
    let (built, touching) = build(&mut ledger, &[[FIRST, half, 0], [FIRST + half, half, 0], [FIRST, 1, 0]]);
    let included: Vec<_> = built.body.transactions.iter().map(local_node::block::TxId::of).collect();
    assert_eq!(included[1..], [touching[0].id(), touching[2].id()]);
    assert_eq!(built.postponed, Some(touching[1].id()));
    assert!(built.unfit.is_empty(), "{:?}", built.unfit);
}

#[test]
fn a_transaction_that_takes_all_memory_lets_the_block_end() {
    let mut ledger = ledger();
    let fits = |built: &Built| built.body.transactions.len() == 2;
    let (mut low, mut high) = (1, u32::try_from(MAX_SESSION_MEMORY_BYTES / PAGE_BYTES).expect("few pages"));
    while high - low > 1 {
        let middle = low.midpoint(high);
        let (built, _) = build(&mut ledger, &[[FIRST, middle, 0]]);
        *(if fits(&built) { &mut low } else { &mut high }) = middle;
    }
    // Every block from there on, until no more fits.
    let fitting: Vec<bool> = (0..16).map(|blocks| fits(&build(&mut ledger, &[[FIRST, low, blocks]]).0)).collect();
    assert!(fitting[0], "{fitting:?}");
    assert!(high > 7000, "most of the memory is there for transactions: {high} pages");
}

#[test]
fn a_block_with_enough_events_takes_no_more() {
    let mut ledger = ledger();
    let (built, shouting) = build(&mut ledger, &[[0; 3]; 5]);
    let included: Vec<_> = built.body.transactions.iter().map(local_node::block::TxId::of).collect();
    assert_eq!(included[1..], shouting[..3].iter().map(Checked::id).collect::<Vec<_>>());
    assert!(built.is_cut && built.unfit.is_empty() && built.postponed.is_none(), "the others are for the next block");
}

#[test]
fn a_block_keeps_no_traces_unless_asked() {
    let ledger = ledger();
    let payment = checked(Draft::new(0, 1).pay(1, 1));
    let open = || {
        let terms = Terms { height: 1, payees: None, slashed: vec![], gas_limit: BLOCK_GAS_LIMIT };
        ledger.executor().open(ledger.tip().state_root, terms).expect("opens")
    };
    for (mut block, traces) in [(open(), 0), (open().keeping_traces(), 2)] {
        let receipt = block.run(payment.transaction()).expect("runs");
        assert_eq!(receipt.executed.traces.len(), traces);
    }
}

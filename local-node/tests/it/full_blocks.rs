//! Blocks whose transactions write as much memory, or have as many events, as a block may: the others wait, the
//! block is ended, and all who verify it agree.

use std::time::{Duration, Instant};

use local_node::block::TxId;
use local_node::executor::BlockParams;
use local_node::ledger::{BuildLimits, BuildTime, Built, InvalidBlock, Ledger, LedgerError};
use local_node::store::MAX_KEPT_BYTES;
use local_node::store::StoreError;
use local_node::transaction::ValidTransaction;
use local_node_consensus::Decision;
use local_node_types::rules::BLOCK_GAS_LIMIT;
use local_node_vm::{MAX_SESSION_MEMORY_BYTES, PAGE_BYTES};

use crate::common::Draft;
use crate::common::blocks::{FIRST, append, block_of, build_of, checked, deployment, ledger, touching, verify};

/// Builds a block that deploys the contract of [`deployment`] and then touches what is asked, each time from another
/// account, or shouts where nothing is to be touched. Gives these transactions as well.
fn build(ledger: &mut Ledger, touches: &[[u32; 3]]) -> (Built, Vec<ValidTransaction>) {
    let touching: Vec<_> =
        touches.iter().enumerate().map(|(account, numbers)| touching(account, 1, *numbers)).collect();
    let transactions: Vec<_> = [checked(deployment())].into_iter().chain(touching.iter().cloned()).collect();
    (build_of(ledger, &transactions, BuildLimits::new(None)), touching)
}

#[test]
fn what_does_not_fit_beside_others_waits_for_the_next_block() {
    let mut ledger = ledger();
    let half = 2000;
    let (built, touching) = build(&mut ledger, &[[FIRST, half, 0], [FIRST + half, half, 0], [FIRST, 1, 0]]);
    let included: Vec<_> = built.body.transactions.iter().map(TxId::of).collect();
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
    assert!(high > 3800, "most of the memory is there for transactions: {high} pages");
}

#[test]
fn a_block_with_enough_events_takes_no_more() {
    let mut ledger = ledger();
    let (built, shouting) = build(&mut ledger, &[[0; 3]; 5]);
    let included: Vec<_> = built.body.transactions.iter().map(TxId::of).collect();
    assert_eq!(included[1..], shouting[..3].iter().map(ValidTransaction::id).collect::<Vec<_>>());
    assert!(built.is_cut && built.unfit.is_empty() && built.postponed.is_none(), "the others are for the next block");
}

#[test]
fn a_block_keeps_no_traces_unless_asked() {
    let ledger = ledger();
    let payment = checked(Draft::new(0, 1).pay(1, 1));
    let open = || {
        let params = BlockParams { height: 1, payees: None, slashed: vec![], gas_limit: BLOCK_GAS_LIMIT };
        ledger.executor().open(ledger.tip().state_root, params).expect("opens")
    };
    for (mut block, traces) in [(open(), 0), (open().keeping_traces(), 2)] {
        let receipt = block.run(payment.transaction()).expect("runs");
        assert_eq!(receipt.executed.traces.len(), traces);
    }
}

/// The time of whoever builds a block decides what is left out of it, and nothing else: a block that holds a long
/// transaction is valid for everybody, and it gives everybody the same state.
#[test]
fn time_decides_only_what_is_left_out() {
    let mut ledger = ledger();
    let transactions = [checked(deployment()), touching(0, 1, [FIRST, 2000, 0])];
    let none = Duration::ZERO;
    let time = BuildTime { begun: Instant::now(), most: Duration::from_secs(600), most_of_first: none };
    let hurried = BuildTime { most: none, ..time };
    let built = build_of(&mut ledger, &transactions, BuildLimits::new(Some(hurried)));
    assert!(built.body.transactions.is_empty());
    let slow = build_of(&mut ledger, &transactions, BuildLimits::new(None));
    let timed = build_of(&mut ledger, &transactions, BuildLimits::new(Some(time)));
    assert_eq!(slow.body.transactions.len(), 2);
    assert_eq!((slow.body.state_root, slow.body.event_bloom), (timed.body.state_root, timed.body.event_bloom));
    let block = block_of(&ledger, slow.body);
    verify(&mut self::ledger(), &block).expect("it is valid for others");
    ledger.accept(Decision { block, request: None }).expect("it is executed again");
}

/// Whether a transaction meets a bound of memory follows from the chain, so a block that holds one that does is not
/// valid.
#[test]
fn a_block_with_a_transaction_beyond_a_bound_is_not_valid() {
    let mut ledger = ledger();
    let deployed = build_of(&mut ledger, &[checked(deployment())], BuildLimits::new(None));
    let mut body = deployed.body;
    let beyond = touching(0, 1, [FIRST, 4000, 0]);
    body.transactions.push(beyond.transaction().clone());
    let block = block_of(&ledger, body);
    let verdict = verify(&mut ledger, &block);
    let Err(LedgerError::Invalid { problem: InvalidBlock::Transaction { id, reason }, .. }) = &verdict else {
        panic!("{verdict:?}");
    };
    assert!(*id == beyond.id() && reason.to_string().contains("machine limit"), "{reason}");
}

#[test]
fn snapshots_of_large_states_end_before_memory_does() {
    const PAGES: u32 = 3800;
    let mut ledger = ledger();
    append(&mut ledger, &[checked(deployment())]);
    let mut taken = Vec::new();
    let refused = (1..=8).find_map(|nonce| {
        append(&mut ledger, &[touching(0, nonce, [FIRST, PAGES, 0])]);
        ledger.snapshot(0).map(|snapshot| taken.push(snapshot)).err()
    });
    assert!(matches!(refused, Some(LedgerError::Store(StoreError::SnapshotsTooLarge))), "{refused:?}");
    assert_eq!(taken.len(), MAX_KEPT_BYTES / (PAGES as usize * PAGE_BYTES) + 1);
    // Going back makes room.
    let first = taken[0].clone();
    ledger.revert(&first).expect("its state is kept");
    assert_eq!(ledger.tip().height, first.height);
    append(&mut ledger, &[touching(0, 2, [FIRST, 1, 0])]);
    ledger.snapshot(0).expect("there is room");
}

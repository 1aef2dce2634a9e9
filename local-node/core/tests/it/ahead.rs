//! A node that catches up verifies blocks together while the ledger executes the one before them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{BlsVersion, PublicKey, SecretKey};
use local_node_consensus::signing::{Claim, Keyring, SignatureError, SignatureVerifier, Signatures};
use local_node_consensus::{BlockBody, Config, MIN_STAKE, Millis, Offence, Provisioners, Stake};
use local_node_core::{
    Answer, ChainBlock, Core, CoreConfig, IngressId, Input, LedgerId, LedgerRequest, Output, PeerId, Position, Restart,
    Verdict,
};
use local_node_types::bloom::Bloom;
use local_node_types::keys::BlsSignature;
use local_node_types::ledger::{Block, Hash, RatificationResult, Vote};
use local_node_types::message::{Inventory, InventoryItem, Message, Quorum};

use crate::verdicts::{NOW, genesis, point};

const PEER: PeerId = PeerId(3);
/// Signatures of a block at iteration 0: of its hash, its seed and the votes in two steps.
const SIGNATURES: usize = 4;
/// As many blocks are verified in one go.
const BATCH: usize = 16;

/// Checks signatures and counts how.
#[derive(Debug, Default)]
struct Counting {
    inner: SignatureVerifier,
    alone: AtomicUsize,
    batches: Mutex<Vec<usize>>,
}

impl Signatures for Counting {
    fn verify(
        &self,
        signers: &[PublicKey],
        signature: &BlsSignature,
        message: &[u8],
        version: BlsVersion,
    ) -> Result<(), SignatureError> {
        self.alone.fetch_add(1, Ordering::Relaxed);
        self.inner.verify(signers, signature, message, version)
    }

    fn add(&self, signatures: &[BlsSignature]) -> Result<BlsSignature, SignatureError> {
        self.inner.add(signatures)
    }

    fn verify_claims(&self, claims: &[Claim]) -> Result<(), Vec<usize>> {
        self.batches.lock().expect("no panic").push(claims.len());
        self.inner.verify_claims(claims)
    }
}

/// Provisioners after a block at this height, where one more joins after block 3 if `joins`.
fn provisioners(height: u64, joins: bool, signatures: &Arc<Counting>) -> Arc<Provisioners> {
    let stake = Stake { value: MIN_STAKE, eligible_since: 0 };
    let last = if joins && height >= 3 { 6 } else { 5 };
    let members: Provisioners = (1..last).map(|number| (point(number), stake)).collect();
    Arc::new(members.checked_by(Arc::clone(signatures) as _))
}

fn start(config: Config, keys: impl Iterator<Item = u64>, signatures: &Arc<Counting>) -> (Core, Vec<Output>) {
    let last_final = ChainBlock { header: genesis(), provisioners: provisioners(0, false, signatures) };
    let restart =
        Restart { before: None, last_final, unsettled: Vec::new(), records: Vec::new(), position: Position(0) };
    let keys = keys.map(|number| SecretKey::from(BlsScalar::from(number))).collect();
    let mut out = Vec::new();
    let core = Core::new(CoreConfig::new(config), Box::new(Keyring::new(keys)), restart, NOW, &mut out);
    (core, out)
}

/// Blocks that one node with all keys makes.
fn chain(length: usize, joins: bool) -> Vec<Block> {
    chain_to(length, joins, |_| [1; 32])
}

/// As [`chain`], where blocks lead to these states by their heights.
fn chain_to(length: usize, joins: bool, state_root: impl Fn(u64) -> Hash) -> Vec<Block> {
    let signatures = Arc::default();
    let config = Config { alone: true, ..Config::local(Millis(0)) };
    let (mut core, mut out) = start(config, 1..6, &signatures);
    let mut blocks = Vec::new();
    while blocks.len() < length {
        let request = out.drain(..).find_map(|output| match output {
            Output::Ledger { id, request } => Some((id, request)),
            _ => None,
        });
        let (id, request) = request.expect("the ledger is asked");
        let answer = match request {
            LedgerRequest::Build { request, .. } => {
                let (transactions, faults, event_bloom) = (Vec::new(), Vec::new(), Bloom::default());
                let state_root = state_root(request.round);
                let body = BlockBody { transactions, faults, state_root, event_bloom, gas_limit: 0 };
                Answer::Built { body: Box::new(body), unfit: Vec::new(), postponed: None }
            }
            LedgerRequest::Accept { block, .. } => {
                let provisioners = provisioners(block.header.height, joins, &signatures);
                blocks.push(*block);
                Answer::Accepted { provisioners, accounts: Vec::new() }
            }
            other => panic!("a lone node asks for {other:?}"),
        };
        core.handle(NOW, Input::Ledger { id, answer }, &mut out);
    }
    blocks
}

/// A node that catches up.
struct Newcomer {
    core: Core,
    signatures: Arc<Counting>,
    joins: bool,
    next: u64,
    accepting: Option<(LedgerId, u64)>,
    dropped: usize,
}

impl Newcomer {
    fn new(joins: bool) -> Self {
        let signatures = Arc::default();
        let (core, _) = start(Config::local(Millis(0)), std::iter::empty(), &signatures);
        Self { core, signatures, joins, next: 0, accepting: None, dropped: 0 }
    }

    fn handle(&mut self, input: Input) {
        let mut out = Vec::new();
        self.core.handle(NOW, input, &mut out);
        for output in out {
            match output {
                Output::Ledger { id, request: LedgerRequest::Accept { block, .. } } => {
                    self.accepting = Some((id, block.header.height));
                }
                Output::Drop(_) => self.dropped += 1,
                _ => {}
            }
        }
    }

    fn give(&mut self, message: Message) {
        self.next += 1;
        let (ingress, message) = (IngressId(self.next), Box::new(message));
        self.handle(Input::Message { ingress, from: PEER, message });
    }

    /// Gives a message; its verdict, and what else came of it.
    fn judge(&mut self, message: Message) -> (Verdict, Vec<Output>) {
        self.next += 1;
        let (ingress, mut out) = (IngressId(self.next), Vec::new());
        self.core.handle(NOW, Input::Message { ingress, from: PEER, message: Box::new(message) }, &mut out);
        let verdict = out.iter().find_map(|output| match output {
            Output::Judge { ingress: of, verdict } if *of == ingress => Some(verdict.clone()),
            _ => None,
        });
        (verdict.expect("it is judged"), out)
    }

    fn download(&mut self, blocks: &[Block]) {
        let items = blocks.iter().map(|block| InventoryItem::BlockFromHash(block.header.hash)).collect();
        self.give(Message::Inventory(Inventory { items, max_entries: 100 }));
        blocks.iter().for_each(|block| self.give(Message::Block(Box::new(block.clone()))));
    }

    /// The ledger executes block after block; due timers fire meanwhile.
    fn execute_all(&mut self) {
        while let Some((id, height)) = self.accepting.take() {
            while self.core.deadline() == Some(NOW) {
                self.handle(Input::Timer);
            }
            let provisioners = provisioners(height, self.joins, &self.signatures);
            self.handle(Input::Ledger { id, answer: Answer::Accepted { provisioners, accounts: Vec::new() } });
        }
    }

    fn height(&self) -> u64 {
        self.core.tip().0.height
    }

    fn batches(&self) -> Vec<usize> {
        self.signatures.batches.lock().expect("no panic").clone()
    }
}

#[test]
fn blocks_that_wait_for_the_ledger_are_verified_together() {
    let blocks = chain(20, false);
    let mut node = Newcomer::new(false);
    node.download(&blocks);
    // The verification ahead takes no call that the ledger waits for.
    assert!(node.batches().is_empty());
    node.execute_all();
    assert_eq!(node.height(), 20);
    assert_eq!(node.batches(), [BATCH * SIGNATURES, 3 * SIGNATURES]);
    // The first one follows the tip, so it was verified when it came.
    assert_eq!(node.signatures.alone.load(Ordering::Relaxed), SIGNATURES);
}

#[test]
fn a_quorum_of_another_branch_is_verified_and_its_block_asked_for() {
    let ours = chain(2, false);
    let other = |state: u8| chain_to(2, false, move |height| if height == 2 { [state; 32] } else { [1; 32] });
    let theirs = (2..=u8::MAX).map(other).find(|theirs| theirs[1].header.hash < ours[1].header.hash);
    let theirs = theirs.expect("one of many hashes is lower");
    let (block, rival) = (&ours[1].header, &theirs[1].header);
    assert!(ours[0] == theirs[0] && block.iteration == rival.iteration);
    let mut node = Newcomer::new(false);
    node.download(&ours);
    node.execute_all();
    assert_eq!(node.height(), 2);

    let quorum = Quorum { header: rival.consensus_header(), attestation: rival.attestation };
    let changed = |change: fn(&mut Quorum)| {
        let mut quorum = quorum;
        change(&mut quorum);
        Message::Quorum(Box::new(quorum))
    };
    let asks = |out: &[Output]| out.iter().filter(|output| matches!(output, Output::Ask { .. })).count();
    let changes: [fn(&mut Quorum); 4] = [
        |quorum| quorum.attestation.ratification.bitset = 1,
        |quorum| quorum.header.round = 1,
        |quorum| quorum.attestation.result = RatificationResult::Fail(Vote::NoCandidate),
        |quorum| quorum.header.prev_block_hash = [9; 32],
    ];
    let (proof, contents) = (Verdict::Reject(Offence::Proof), Verdict::Reject(Offence::Contents));
    for (change, expected) in changes.into_iter().zip([proof, contents, Verdict::Ignore, Verdict::Ignore]) {
        let (verdict, out) = node.judge(changed(change));
        assert_eq!((verdict, asks(&out)), (expected, 0));
    }
    let (verdict, out) = node.judge(changed(|_| {}));
    assert_eq!(verdict, Verdict::Relay(None));
    assert_eq!(asks(&out), 2, "of the one that sent it, and of others");
    assert_eq!(node.judge(changed(|_| {})).0, Verdict::Ignore, "it is passed on once");
    let known = Quorum { header: block.consensus_header(), attestation: block.attestation };
    assert_eq!(node.judge(Message::Quorum(Box::new(known))).0, Verdict::Ignore, "its block is in the chain");

    // Nobody here has ratified a block on the tip, so the lower hash wins at once.
    let (_, out) = node.judge(Message::Block(Box::new(theirs[1].clone())));
    let reverts =
        |output: &Output| matches!(output, Output::Ledger { request: LedgerRequest::Revert { height: 1, .. }, .. });
    assert!(out.iter().any(reverts), "{out:?}");
}

#[test]
fn a_bad_attestation_in_a_batch_is_found_and_its_sender_blamed() {
    let blocks = chain(8, false);
    let mut bad = blocks[4].clone();
    bad.header.attestation.ratification.signature = bad.header.attestation.validation.signature;
    let mut node = Newcomer::new(false);
    let mut download = blocks.clone();
    download[4] = bad.clone();
    node.download(&download);
    node.execute_all();
    assert_eq!((node.height(), node.dropped), (4, 0));
    // The sender of four bad copies is dropped.
    for _ in 0..3 {
        node.give(Message::Block(Box::new(bad.clone())));
    }
    assert_eq!(node.dropped, 1);
    // A good copy of the block is welcome, and those after it are there already.
    node.give(Message::Block(Box::new(blocks[4].clone())));
    node.execute_all();
    assert_eq!((node.height(), node.dropped), (8, 1));
    // The certificate of the block after the bad copy is another attestation, so both of its signatures are checked.
    // With the good copy as its parent that block is looked at once more.
    assert_eq!(node.batches(), [7 * SIGNATURES + 2, SIGNATURES]);
}

#[test]
fn what_was_verified_with_other_provisioners_is_verified_again() {
    let blocks = chain(8, true);
    let mut node = Newcomer::new(true);
    node.download(&blocks);
    node.execute_all();
    assert_eq!(node.height(), 8);
    // All seven are verified with the provisioners of block 1, and what follows block 4 with those after block 3.
    assert_eq!(node.batches().len(), 2);

    // Blocks that hold with the old provisioners do not hold with the new ones.
    let blocks = chain(8, false);
    let mut node = Newcomer::new(true);
    node.download(&blocks);
    node.execute_all();
    assert_eq!(node.height(), 3);
}

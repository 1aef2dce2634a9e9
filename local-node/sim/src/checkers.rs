//! Checkers of the safety properties. Each error is one sentence about what was seen.

mod headers;

use std::collections::BTreeMap;
use std::sync::Arc;

use local_node_consensus::faults::check_fault_by;
use local_node_consensus::finality::roll;
use local_node_consensus::header::has_certificate;
use local_node_consensus::{EMERGENCY_BLOCK_ITERATION, MAX_ITERATIONS, Millis, Provisioners};
use local_node_core::mempool::ValidTransaction;
use local_node_core::{Load, Remembered};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Attestation, Block, ConsensusHeader, Hash, Header, Label, StepName, Vote};
use local_node_types::rules::Profile;

use crate::clients::Accounts;
use crate::ledger::{Ledger, Stored, committees};

/// The checkers' memory over a run.
#[derive(Debug, Default)]
pub(crate) struct Checkers {
    votes: BTreeMap<(BlsKey, ConsensusHeader, StepName), Vote>,
    finals: BTreeMap<u64, (Hash, usize)>,
    /// The first block that an honest node has accepted of each iteration.
    decided: BTreeMap<ConsensusHeader, Hash>,
    /// The attestations of each block that were verified. Nodes have different ones.
    attested: BTreeMap<Hash, Vec<Attestation>>,
    /// The result of each block at the first node that has accepted it.
    after: BTreeMap<Hash, After>,
}

/// The state after a block.
#[derive(Debug)]
struct After {
    provisioners: Arc<Provisioners>,
    accounts: Accounts,
    executed: usize,
}

/// Two final blocks at one height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The height.
    pub(crate) height: u64,
    /// The node that had the other block first.
    pub(crate) first: usize,
}

impl Checkers {
    /// A key signs one vote in a step, over all its lives.
    pub(crate) fn vote(
        &mut self,
        signer: BlsKey,
        header: ConsensusHeader,
        step: StepName,
        vote: Vote,
    ) -> Result<(), String> {
        let earlier = *self.votes.entry((signer, header, step)).or_insert(vote);
        if earlier == vote {
            return Ok(());
        }
        Err(format!("{signer:?} signed {earlier:?} and {vote:?} in {step:?} of {header:?}"))
    }

    /// Whether a key has signed a vote in a step.
    pub(crate) fn has_signed(&self, signer: BlsKey, header: ConsensusHeader, step: StepName) -> bool {
        self.votes.contains_key(&(signer, header, step))
    }

    /// There is one final block at each height; `to` is the new final height of the node.
    pub(crate) fn finals(&mut self, node: usize, ledger: &Ledger, from: u64, to: u64) -> Option<Conflict> {
        for height in from + 1..=to {
            let Some(stored) = ledger.at(height) else { continue };
            let hash = stored.block.header.hash;
            let (known, first) = *self.finals.entry(height).or_insert((hash, node));
            if known != hash {
                return Some(Conflict { height, first });
            }
        }
        None
    }

    /// Whether an honest node accepts a block beside another one of its iteration. An iteration without committees has
    /// no rivals.
    pub(crate) fn has_rival(&mut self, header: &Header) -> bool {
        let first = *self.decided.entry(header.consensus_header()).or_insert(header.hash);
        first != header.hash && header.iteration != EMERGENCY_BLOCK_ITERATION
    }

    /// A block that a node accepts rests on two quorums, its header and faults say what is so, and it leads to the same
    /// state at all nodes. `now` is the latest time that the clock of the node has shown.
    pub(crate) fn block(&mut self, ledger: &Ledger, now: Millis) -> Result<(), String> {
        let blocks = ledger.blocks();
        let [earlier @ .., before, last] = blocks else { return Ok(()) };
        let (block, height) = (&last.block, last.block.header.height);
        for fault in &block.faults {
            let signatures = before.provisioners.signatures();
            if let Err(problem) = check_fault_by(fault, height, Profile::Local, signatures.as_ref()) {
                return Err(format!("block {height} holds a fault that proves nothing: {problem}"));
            }
        }
        money(before, block, blocks)?;
        self.verify(earlier.last(), before, block, now).map_err(|problem| format!("block {height}: {problem}"))?;
        let Stored { provisioners, accounts, executed, .. } = last;
        let found = After { provisioners: Arc::clone(provisioners), accounts: accounts.clone(), executed: *executed };
        let known = self.after.entry(block.header.hash).or_insert(found);
        let same = [
            ("stakes", known.provisioners == *provisioners),
            ("accounts", known.accounts == *accounts),
            ("transactions", known.executed == *executed),
        ];
        match same.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(format!("block {height} leads to other {what}")),
            None => Ok(()),
        }
    }

    /// Checks a block's claims after the block before it, which was decided after `earlier`.
    fn verify(&mut self, earlier: Option<&Stored>, before: &Stored, block: &Block, now: Millis) -> Result<(), String> {
        let header = &block.header;
        self.attest(before, header, &header.attestation)?;
        headers::claims(&before.block.header, block, now)?;
        headers::signature(before, header)?;
        // All that follows is covered by the hash, so it is the same in every copy of a block.
        if self.after.contains_key(&header.hash) {
            return Ok(());
        }
        headers::origins(before, header)?;
        match earlier.filter(|_| has_certificate(&before.block.header)) {
            Some(earlier) => self
                .attest(earlier, &before.block.header, &header.prev_block_cert)
                .map_err(|problem| format!("its certificate: {problem}")),
            None => Ok(()),
        }
    }

    /// An attestation of a block that follows another one rests on two quorums.
    fn attest(&mut self, before: &Stored, header: &Header, attestation: &Attestation) -> Result<(), String> {
        let known = self.attested.entry(header.hash).or_default();
        if !known.contains(attestation) {
            headers::attestation(before, header, attestation)?;
            known.push(*attestation);
        }
        Ok(())
    }
}

/// The labels of a chain are those that a fold over the blocks after the last final one gives; `from` is the height of
/// the block that was the last final one before the chain changed.
pub(crate) fn labels(ledger: &Ledger, from: u64) -> Result<(), String> {
    let mut labels = BTreeMap::<u64, Label>::new();
    for stored in ledger.blocks().iter().skip_while(|stored| stored.block.header.height <= from) {
        let header = &stored.block.header;
        let open: Vec<_> =
            labels.iter().filter(|(_, label)| !label.is_final()).map(|(height, label)| (*height, *label)).collect();
        let proven = header.failed_iterations.proven().filter(|(iteration, _)| *iteration < header.iteration).count();
        // An emergency block accounts for no iteration.
        let tried = header.iteration.min(MAX_ITERATIONS);
        let unaccounted = tried.saturating_sub(u8::try_from(proven).unwrap_or(u8::MAX));
        let rolled = roll(&open, header.height, unaccounted);
        labels.extend(rolled.changed);
        labels.insert(header.height, rolled.label);
    }
    for (height, expected) in labels {
        let found = ledger.at(height).map(|stored| stored.label);
        if found != Some(expected) {
            return Err(format!("block {height} has the label {found:?}, a fold gives {expected:?}"));
        }
    }
    Ok(())
}

/// Checks that a core's holdings are within their documented bounds.
pub(crate) fn load(load: &Load) -> Result<(), String> {
    const MIB: usize = 1024 * 1024;
    let within = load.pooled.0 <= 1000
        && load.pooled.1 <= 64 * MIB
        && load.held.0 <= 1024
        && load.held.1 <= 16 * MIB
        && load.wanted <= 1000
        && load.faults <= 100
        && load.peers <= 1024
        && load.forks <= 64
        && load.passed_on <= 11 * 8192 + 1024
        && load.requests <= 128
        && load.timers <= 2
        && load.waiting <= 10_000
        // Twice the bound of the queue: while the accounts of those that have left it are read, it may fill again.
        && load.parked <= 2000
        && load.transaction_bytes.0 <= 256 * MIB
        && load.transaction_bytes.1 <= 32 * MIB
        && load.queued_bytes <= 64 * MIB;
    if within { Ok(()) } else { Err(format!("a core holds more than it may: {load:?}")) }
}

/// Checks that a core which starts from the log remembers the same as the running one.
pub(crate) fn replay(core: &Remembered, replayed: &Remembered) -> Result<(), String> {
    let same = [
        ("votes", core.votes == replayed.votes),
        ("ratifications", core.ratified == replayed.ratified),
        ("times of steps", core.step_times == replayed.step_times),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(format!("a restart from its log gives other {what}: {replayed:?}, not {core:?}")),
        None => Ok(()),
    }
}

/// Of the messages that have come in, those without a verdict are the ones that the core holds.
pub(crate) fn verdicts(open: usize, load: &Load) -> Result<(), String> {
    let held = load.held.0;
    if open == held { Ok(()) } else { Err(format!("{open} messages have no verdict, and {held} are held")) }
}

/// A block's transfers are the next ones of their accounts, and no money comes or goes.
fn money(before: &Stored, block: &Block, blocks: &[Stored]) -> Result<(), String> {
    let mut nonces = BTreeMap::new();
    for transaction in &block.transactions {
        let Ok(transfer) = ValidTransaction::of_block(transaction.clone()) else {
            return Err("a block holds what is no transfer".to_owned());
        };
        let (sender, nonce) = (transfer.sender(), transfer.nonce());
        let used = nonces.entry(sender).or_insert_with(|| before.accounts.get(&sender).nonce);
        if nonce != *used + 1 {
            return Err(format!("block {} runs nonce {nonce} after {used}", block.header.height));
        }
        *used = nonce;
    }
    let supply = blocks.last().map(|stored| stored.accounts.supply());
    if supply == Some(Accounts::first_supply()) {
        Ok(())
    } else {
        Err(format!("there are {supply:?} LUX after block {}", block.header.height))
    }
}

/// The signers of the ratification of the block at a height of a chain.
pub(crate) fn ratifiers(ledger: &Ledger, height: u64) -> Vec<BlsKey> {
    let (Some(before), Some(stored)) = (ledger.at(height - 1), ledger.at(height)) else { return Vec::new() };
    let header = &stored.block.header;
    let committee = committees(before, height).voting(header.iteration, StepName::Ratification);
    committee.named(header.attestation.ratification.bitset).map(|member| member.key).collect()
}

#[cfg(test)]
mod tests {
    use local_node_consensus::signing::Signer;
    use local_node_core::{Answer, LedgerRequest};
    use local_node_types::ledger::{BLOCK_VERSION, RatificationResult, StepVotes};
    use local_node_types::message::{ratification_bytes, validation_bytes};
    use local_node_types::rules::BLOCK_GAS_LIMIT;

    use super::*;
    use crate::adversary::resign;
    use crate::keys::{EMERGENCY_KEY, Scheme, key, version};
    use crate::ledger::{GENESIS_SECONDS, Rules};
    use crate::lies::Lie;

    fn accept(ledger: &mut Ledger, iteration: u8) {
        let tip = &ledger.tip().block.header;
        let (height, prev_block_hash) = (tip.height + 1, tip.hash);
        let header = Header { height, iteration, prev_block_hash, ..Header::default() };
        let mut block = Box::new(Block { header, ..Block::default() });
        block.header.state_root = ledger.root_after(&block);
        block.header.hash = block.header.compute_hash();
        let open: Vec<_> = ledger
            .blocks()
            .iter()
            .filter(|stored| !stored.label.is_final())
            .map(|stored| (stored.block.header.height, stored.label))
            .collect();
        let rolled = roll(&open, height, iteration);
        let (label, relabelled) = (rolled.label, rolled.changed);
        let answer = ledger.carry_out(LedgerRequest::Accept { block, executed: None, label, relabelled });
        assert!(matches!(answer, Answer::Accepted { .. }));
    }

    #[test]
    fn labels_that_reverted_blocks_have_set_are_seen() {
        let mut ledger = Ledger::new(Scheme::Ideal.provisioners(&[2000]), Rules::CHAIN);
        // The first block has three unaccounted iterations, so the second one is confirmed and not final.
        [3, 0, 0].into_iter().for_each(|iteration| accept(&mut ledger, iteration));
        assert_eq!(ledger.at(2).map(|stored| stored.label), Some(Label::Confirmed(1)));
        assert_eq!(labels(&ledger, 0), Ok(()));
        let mut wrong = ledger.clone();
        let _ = wrong.carry_out(LedgerRequest::Revert { height: 2, relabelled: vec![(2, Label::Confirmed(1))] });
        assert!(labels(&wrong, 0).is_err_and(|what| what.contains("a fold gives")));
        let _ = ledger.carry_out(LedgerRequest::Revert { height: 2, relabelled: vec![(2, Label::Attested(1))] });
        assert_eq!(labels(&ledger, 0), Ok(()));
    }

    /// The provisioners of a small network.
    const PROVISIONERS: std::ops::RangeInclusive<u64> = 1..=6;

    fn signer() -> Box<dyn Signer> {
        Scheme::Ideal.signer(&PROVISIONERS.collect::<Vec<_>>())
    }

    fn network() -> Ledger {
        let stakes: Vec<_> = PROVISIONERS.map(|_| 2000).collect();
        Ledger::new(Scheme::Ideal.provisioners(&stakes), Rules::CHAIN)
    }

    /// An empty candidate after the tip that follows all rules.
    fn candidate(ledger: &Ledger) -> Block {
        let (tip, signer) = (ledger.tip(), signer());
        let before = &tip.block.header;
        let height = before.height + 1;
        let generator = committees(tip, height).generator(0).unwrap();
        let header = Header {
            version: BLOCK_VERSION,
            height,
            timestamp: before.timestamp + 1,
            prev_block_hash: before.hash,
            seed: signer.sign(&generator, before.seed.as_bytes(), version(height)).unwrap(),
            generator,
            gas_limit: BLOCK_GAS_LIMIT,
            prev_block_cert: before.attestation,
            ..Header::default()
        };
        let mut block = Block { header, ..Block::default() };
        block.header.state_root = ledger.root_after(&block);
        resign(&mut block, signer.as_ref()).unwrap();
        block
    }

    /// The block with the votes of all members.
    fn attested(ledger: &Ledger, mut block: Block) -> Block {
        let header = &mut block.header;
        let mut committees = committees(ledger.tip(), header.height);
        let (about, vote) = (header.consensus_header(), Vote::Valid(header.hash));
        let mut votes = |step, bytes: Vec<u8>| {
            let members: Vec<_> = committees.voting(0, step).members().iter().map(|member| member.key).collect();
            let signature = signer().sign_together(&members, &bytes, version(about.round)).unwrap();
            StepVotes { bitset: u64::MAX >> (64 - members.len()), signature }
        };
        header.attestation = Attestation {
            result: RatificationResult::Success(vote),
            validation: votes(StepName::Validation, validation_bytes(&about, &vote)),
            ratification: votes(StepName::Ratification, ratification_bytes(&about, &vote)),
        };
        block
    }

    fn append(ledger: &mut Ledger, block: Block) -> Answer {
        let request = LedgerRequest::Accept {
            block: Box::new(block),
            executed: None,
            label: Label::Attested(1),
            relabelled: Vec::new(),
        };
        ledger.carry_out(request)
    }

    /// Whether the checkers find nothing wrong with a block after the tip.
    fn holds(ledger: &Ledger, block: &Block) -> Result<(), String> {
        let (now, blocks) = (Millis::from_secs(GENESIS_SECONDS + 60), ledger.blocks());
        let [earlier @ .., before] = blocks else { panic!("there is a genesis block") };
        Checkers::default().verify(earlier.last(), before, block, now)
    }

    #[test]
    fn a_block_whose_header_lies_is_seen() {
        let mut ledger = network();
        let first = attested(&ledger, candidate(&ledger));
        assert_eq!(holds(&ledger, &first), Ok(()));
        assert!(matches!(append(&mut ledger, first), Answer::Accepted { .. }));
        // The second block has a certificate.
        let honest = candidate(&ledger);
        assert_eq!(holds(&ledger, &attested(&ledger, honest.clone())), Ok(()));
        for lie in Lie::ALL {
            let lied = lie.tell(&honest, &ledger, signer().as_ref()).unwrap();
            let lied = attested(&ledger, lied);
            if lie == Lie::StateRoot {
                // Only a node that executes the block finds this.
                assert!(matches!(append(&mut ledger.clone(), lied), Answer::NotAccepted));
            } else {
                assert!(holds(&ledger, &lied).is_err(), "{lie:?}");
            }
        }
    }

    #[test]
    fn an_attestation_without_a_quorum_or_with_a_wrong_signature_is_seen() {
        let ledger = network();
        let good = attested(&ledger, candidate(&ledger));
        let wrong: [fn(&mut Attestation); 5] = [
            |it| it.validation = StepVotes::default(),
            |it| it.ratification.bitset &= 1,
            |it| it.ratification.signature.0[3] ^= 1,
            |it| std::mem::swap(&mut it.validation.signature, &mut it.ratification.signature),
            |it| it.result = RatificationResult::Fail(Vote::NoQuorum),
        ];
        for (place, spoil) in wrong.into_iter().enumerate() {
            let mut block = good.clone();
            spoil(&mut block.header.attestation);
            assert!(holds(&ledger, &block).is_err(), "case {place}");
        }
    }

    #[test]
    fn a_second_attestation_of_a_block_is_verified_as_the_first_one_is() {
        let ledger = network();
        let mut checkers = Checkers::default();
        let block = attested(&ledger, candidate(&ledger));
        let mut attest = |attestation: &Attestation| checkers.attest(ledger.tip(), &block.header, attestation);
        assert_eq!(attest(&block.header.attestation), Ok(()));
        let spoilt = Attestation { validation: StepVotes::default(), ..block.header.attestation };
        assert!(attest(&spoilt).is_err());
    }

    /// An emergency block after the tip that follows all rules.
    fn emergency(ledger: &Ledger) -> Block {
        let (mut block, signer) = (candidate(ledger), Scheme::Ideal.signer(&[EMERGENCY_KEY]));
        let (before, header) = (&ledger.tip().block.header, &mut block.header);
        header.iteration = EMERGENCY_BLOCK_ITERATION;
        header.generator = key(EMERGENCY_KEY);
        header.timestamp = before.timestamp + headers::SECONDS_TO_EMERGENCY_BLOCK;
        header.seed = signer.sign(&header.generator, before.seed.as_bytes(), version(header.height)).unwrap();
        resign(&mut block, signer.as_ref()).unwrap();
        block
    }

    /// The hash does not cover the generator's signature, so each copy of a block has its own.
    #[test]
    fn a_later_copy_of_a_block_with_another_signature_is_seen() {
        let now = Millis::from_secs(GENESIS_SECONDS + 1000);
        let genesis = network();
        for good in [attested(&genesis, candidate(&genesis)), emergency(&genesis)] {
            let mut spoilt = good.clone();
            spoilt.header.signature.0[3] ^= 1;
            assert_eq!(spoilt.header.hash, spoilt.header.compute_hash());
            let [first, second] = [good, spoilt].map(|block| {
                let mut ledger = genesis.clone();
                assert!(matches!(append(&mut ledger, block), Answer::Accepted { .. }));
                ledger
            });
            let mut checkers = Checkers::default();
            assert_eq!(checkers.block(&first, now), Ok(()));
            assert!(checkers.block(&second, now).is_err_and(|what| what.contains("the generator's signature")));
        }
    }

    #[test]
    fn a_block_that_leads_to_another_state_is_seen() {
        let mut checkers = Checkers::default();
        let mut ledger = network();
        let block = attested(&ledger, candidate(&ledger));
        append(&mut ledger, block);
        let now = Millis::from_secs(GENESIS_SECONDS + 60);
        assert_eq!((checkers.block(&ledger, now), checkers.block(&ledger, now)), (Ok(()), Ok(())));
        ledger.misbook();
        assert_eq!(checkers.block(&ledger, now), Err("block 1 leads to other accounts".to_owned()));
    }

    #[test]
    fn two_votes_of_a_key_in_a_step_are_seen() {
        let mut checkers = Checkers::default();
        let header = ConsensusHeader::default();
        let mut vote = |vote| checkers.vote(BlsKey::default(), header, StepName::Validation, vote);
        assert_eq!(vote(Vote::NoCandidate), Ok(()));
        assert_eq!(vote(Vote::NoCandidate), Ok(()));
        assert!(vote(Vote::Valid([1; 32])).is_err());
    }

    #[test]
    fn a_message_that_has_no_verdict_and_is_not_held_is_seen() {
        let one = Load { held: (1, 100), ..Load::default() };
        assert_eq!((verdicts(0, &Load::default()), verdicts(1, &one)), (Ok(()), Ok(())));
        assert!(verdicts(2, &one).is_err() && verdicts(0, &one).is_err());
    }

    #[test]
    fn a_core_that_holds_too_much_is_seen() {
        assert_eq!(load(&Load::default()), Ok(()));
        assert!(load(&Load { wanted: 1001, ..Load::default() }).is_err());
        let full = Load { queued_bytes: 64 << 20, transaction_bytes: (256 << 20, 32 << 20), ..Load::default() };
        assert_eq!(load(&full), Ok(()));
        assert!(load(&Load { queued_bytes: full.queued_bytes + 1, ..full }).is_err());
        assert!(load(&Load { transaction_bytes: (0, full.transaction_bytes.1 + 1), ..full }).is_err());
    }
}

//! Making candidates and receiving them.

use std::sync::Arc;

use local_node_types::codec::Encode;
use local_node_types::ledger::{
    BLOCK_VERSION, Block, Header, IterationsInfo, MAX_FAULTS, MAX_TRANSACTIONS, RatificationResult, StepName, Vote,
};
use local_node_types::message::Message;
use tracing::{debug, warn};

use super::{Origin, Phase, Round, RoundContext, Timing};
use crate::header::HeaderError;
use crate::interface::{BlockBody, Offence, Output, Persist, RequestId};
use crate::iteration::Candidate;
use crate::parameters::{MAX_BLOCK_BYTES, is_emergency};

/// Bytes of the two counts in a block: of transactions and of faults.
const COUNT_BYTES: usize = 8;

/// The bytes that a block with these failed iterations leaves for transactions and faults.
pub(super) fn max_body_bytes(failed: &IterationsInfo) -> usize {
    let header = Header { failed_iterations: failed.clone(), ..Header::default() };
    // A certificate's vote is longer than the default one.
    let certificate = Vote::Valid([0; 32]).encoded().len() - Vote::NoQuorum.encoded().len();
    MAX_BLOCK_BYTES - header.encoded().len() - certificate - COUNT_BYTES
}

impl Round {
    /// The node has made the body of a block: makes the block, signs it, proposes it.
    pub(crate) fn on_built(&mut self, context: &mut RoundContext<'_>, request: RequestId, body: BlockBody) {
        let Some(building) = self.building.take_if(|building| building.request == request) else { return };
        let in_time = building.iteration == self.current && self.phase == Phase::Proposal;
        if !in_time && !is_emergency(building.iteration) {
            debug!(round = self.height, iteration = building.iteration, "the block came too late");
            return;
        }
        let Some(block) = self.make_block(context, building.iteration, building.failed, body) else { return };
        let block = Arc::new(block);
        context.out.push(Output::Persist(Persist::Candidate(Box::new(block.as_ref().clone()))));
        context.broadcast(|| Message::Candidate(Box::new(block.as_ref().clone())));
        self.store(
            context,
            building.iteration,
            Candidate { block, own: true, header_holds: true, request: Some(request) },
        );
    }

    pub(crate) fn on_build_failed(&mut self, request: RequestId) {
        if self.building.take_if(|building| building.request == request).is_some() {
            warn!(round = self.height, iteration = self.current, "no block could be built");
        }
    }

    fn make_block(
        &mut self,
        context: &RoundContext<'_>,
        iteration: u8,
        failed_iterations: IterationsInfo,
        body: BlockBody,
    ) -> Option<Block> {
        let generator = self.verifier.committees().generator(iteration)?;
        let version = self.verifier.version();
        let tip = &self.verifier.tip().header;
        let header = Header {
            version: BLOCK_VERSION,
            height: self.height,
            timestamp: self.verifier.earliest(iteration).max(context.now.as_secs()),
            prev_block_hash: tip.hash,
            seed: context.keys.sign(&generator, tip.seed.as_bytes(), version)?,
            state_root: body.state_root,
            event_bloom: body.event_bloom,
            generator,
            gas_limit: body.gas_limit,
            iteration,
            prev_block_cert: tip.attestation,
            failed_iterations,
            ..Header::default()
        };
        let mut block = Block { header, transactions: body.transactions, faults: body.faults };
        block.header.tx_root = block.compute_tx_root();
        block.header.fault_root = block.compute_fault_root();
        block.header.hash = block.header.compute_hash();
        block.header.signature = context.keys.sign(&generator, &block.header.hash, version)?;
        if let Err(problem) = check_body(&block) {
            warn!(round = self.height, iteration, problem, "the node built a block that breaks a rule; it is dropped");
            return None;
        }
        Some(block)
    }

    /// A candidate has come. Data outside its signature is checked here, so that nobody but its generator can
    /// make others call it invalid.
    pub(super) fn on_candidate(&mut self, context: &mut RoundContext<'_>, block: Box<Block>, origin: Origin) {
        let iteration = block.header.iteration;
        let timing = self.timing(iteration, StepName::Proposal);
        let is_wanted = self.wanted.is_some_and(|(of, attestation)| {
            of == iteration && attestation.result == RatificationResult::Success(Vote::Valid(block.header.hash))
        });
        if timing != Timing::Early && !is_wanted && self.iteration(iteration).candidate.is_some() {
            return;
        }
        let bytes = block.encoded().len();
        let (signer, number) = (block.header.generator, StepName::Proposal.number(iteration).unwrap_or_default());
        if timing == Timing::Early && !is_wanted && !context.queue.would_keep(self.height, number, &signer, bytes) {
            return;
        }
        if origin == Origin::Network {
            if let Err(problem) = check_candidate(&block) {
                debug!(round = self.height, iteration, problem, "candidate dropped");
                return context.offend(Offence::Contents);
            }
            if let Err(problem) = self.verifier.verify_generator(&block.header) {
                debug!(round = self.height, iteration, %problem, "candidate dropped");
                let drawn = !matches!(problem, HeaderError::Generator { .. });
                return context.offend(if drawn { Offence::Signature } else { Offence::Stranger });
            }
            self.progress.note(block.header.generator, iteration, self.current);
            context.relay(|| Message::Candidate(block.clone()));
        } else if self.verifier.committees().generator(iteration) != Some(block.header.generator) {
            // It came in an earlier round, when it was not known who would be drawn.
            return;
        }
        if timing == Timing::Early && !is_wanted {
            return context.queue.put(self.height, number, signer, bytes, Message::Candidate(block));
        }
        context.out.push(Output::Persist(Persist::Candidate(block.clone())));
        let candidate = Candidate { block: Arc::new(*block), own: false, header_holds: false, request: None };
        if is_wanted {
            self.iteration(iteration).candidate = Some(candidate);
            self.decide_wanted(context);
        } else {
            self.store(context, iteration, candidate);
        }
    }

    fn store(&mut self, context: &mut RoundContext<'_>, iteration: u8, candidate: Candidate) {
        let state = self.iteration(iteration);
        state.candidate = Some(candidate);
        let has_voted = state.has_validated;
        if iteration == self.current && self.phase == Phase::Proposal {
            self.leave_proposal(context);
        } else if is_emergency(iteration) {
            self.vote_on_candidate(context, iteration);
        } else if iteration == self.current && self.phase == Phase::Validation && !has_voted {
            // It takes the place of one that was altered on the way.
            self.vote_on_candidate(context, iteration);
        }
        self.decide_wanted(context);
    }
}

/// Checks what the signature of a candidate does not cover: that the header has the signed hash, and the header's
/// claims about the body; also that it is within the bounds of a block.
///
/// # Errors
/// The fault, in words.
pub fn check_candidate(block: &Block) -> Result<(), &'static str> {
    if block.header.hash != block.header.compute_hash() {
        return Err("the hash is not the header's");
    }
    if block.header.tx_root != block.compute_tx_root() {
        return Err("the transactions are not those of the header");
    }
    if block.header.fault_root != block.compute_fault_root() {
        return Err("the faults are not those of the header");
    }
    check_body(block)
}

fn check_body(block: &Block) -> Result<(), &'static str> {
    if block.transactions.len() > MAX_TRANSACTIONS {
        return Err("too many transactions");
    }
    if block.faults.len() > MAX_FAULTS {
        return Err("too many faults");
    }
    if block.encoded().len() > MAX_BLOCK_BYTES {
        return Err("too many bytes");
    }
    Ok(())
}

//! Claims of a header: of its block, of the block before, and of votes. The rules are written here again, so that a
//! node that does not check one of them is seen.

use local_node_consensus::committee::Committees;
use local_node_consensus::{EMERGENCY_BLOCK_ITERATION, Millis};
use local_node_types::keys::BlsSignature;
use local_node_types::ledger::{
    Attestation, BLOCK_VERSION, Block, ConsensusHeader, Header, RatificationResult, StepName, StepVotes, Vote,
};
use local_node_types::message::{ratification_bytes, validation_bytes};
use local_node_types::rules::BLOCK_GAS_LIMIT;

use crate::keys::{EMERGENCY_KEY, key, point, version};
use crate::ledger::{Stored, committees};

/// The credits that make a candidate valid, and those for every other result.
const CREDITS_FOR_VALID: u32 = 43;
const CREDITS_OTHERWISE: u32 = 33;
/// All steps of 51 iterations at their longest in a chain with blocks of a second.
pub(super) const SECONDS_TO_EMERGENCY_BLOCK: u64 = 51 * 3 * 4;
/// The least time between two blocks, and how far a block may be ahead of a clock.
const SECONDS_BETWEEN_BLOCKS: u64 = 1;
const AHEAD: Millis = Millis::from_secs(3);

/// A header is about its block, and about the block before.
pub(super) fn claims(before: &Header, block: &Block, now: Millis) -> Result<(), String> {
    let header = &block.header;
    let claims = [
        ("version", header.version == BLOCK_VERSION),
        ("hash", header.hash == header.compute_hash()),
        ("height", header.height == before.height + 1),
        ("parent", header.prev_block_hash == before.hash),
        ("transactions", header.tx_root == block.compute_tx_root()),
        ("faults", header.fault_root == block.compute_fault_root()),
        ("gas", header.gas_limit == BLOCK_GAS_LIMIT),
        ("earliest time", header.timestamp >= before.timestamp + SECONDS_BETWEEN_BLOCKS),
        ("latest time", header.timestamp <= now.plus(AHEAD).as_secs()),
    ];
    match claims.into_iter().find(|(_, holds)| !holds) {
        Some((what, _)) => Err(format!("its header is wrong about the {what}")),
        None => Ok(()),
    }
}

/// The generator has signed the hash. The hash does not cover this signature, so it is checked of each copy of a block.
pub(super) fn signature(before: &Stored, header: &Header) -> Result<(), String> {
    signed(before, header, "hash", &header.signature, &header.hash)
}

/// The generator was drawn, and has signed the seed; and iterations have failed that are said to.
pub(super) fn origins(before: &Stored, header: &Header) -> Result<(), String> {
    let mut committees = committees(before, header.height);
    let drawn = match header.iteration {
        EMERGENCY_BLOCK_ITERATION => Some(key(EMERGENCY_KEY)),
        iteration => committees.generator(iteration),
    };
    if drawn != Some(header.generator) {
        return Err("its generator was not drawn".to_owned());
    }
    signed(before, header, "seed", &header.seed, before.block.header.seed.as_bytes())?;
    for (iteration, failed) in header.failed_iterations.proven() {
        if committees.generator(iteration) != Some(failed.generator) {
            return Err(format!("it names another generator for iteration {iteration}"));
        }
        let about = ConsensusHeader { iteration, ..header.consensus_header() };
        failure(before, &mut committees, &about, &failed.attestation)
            .map_err(|problem| format!("that iteration {iteration} failed: {problem}"))?;
    }
    Ok(())
}

/// The generator has signed something.
fn signed(before: &Stored, header: &Header, what: &str, signature: &BlsSignature, signed: &[u8]) -> Result<(), String> {
    let point = if header.iteration == EMERGENCY_BLOCK_ITERATION {
        Some(point(EMERGENCY_KEY))
    } else {
        before.provisioners.get(&header.generator).map(|found| found.point)
    };
    let point = point.ok_or("its generator has no stake")?;
    let signatures = before.provisioners.signatures();
    signatures
        .verify(&[point], signature, signed, version(header.height))
        .map_err(|problem| format!("the generator's signature of the {what}: {problem}"))
}

/// Both committees reached their quorums for a block, by signatures that hold.
pub(super) fn attestation(before: &Stored, header: &Header, attestation: &Attestation) -> Result<(), String> {
    if header.iteration == EMERGENCY_BLOCK_ITERATION {
        return emergency(before, header);
    }
    let vote = Vote::Valid(header.hash);
    if attestation.result != RatificationResult::Success(vote) {
        return Err(format!("its attestation says {:?}", attestation.result));
    }
    let (mut committees, about) = (committees(before, header.height), header.consensus_header());
    for (step, votes) in
        [(StepName::Validation, attestation.validation), (StepName::Ratification, attestation.ratification)]
    {
        quorum(before, &mut committees, &about, (step, vote, votes), CREDITS_FOR_VALID)?;
    }
    Ok(())
}

/// An emergency block is of the one key that may make it, and comes when all iterations have ended. That the key has
/// signed it is checked as of any other block.
fn emergency(before: &Stored, header: &Header) -> Result<(), String> {
    if header.generator != key(EMERGENCY_KEY) {
        return Err("it is an emergency block of another key".to_owned());
    }
    let wait = header.timestamp.saturating_sub(before.block.header.timestamp);
    if wait < SECONDS_TO_EMERGENCY_BLOCK {
        return Err(format!("an emergency block after {wait} seconds"));
    }
    if header.attestation != Attestation::default() || header.failed_iterations.proven().next().is_some() {
        return Err("an emergency block names votes".to_owned());
    }
    Ok(())
}

/// Committees agreed that an iteration failed. Where validation came to no result, its votes say nothing.
fn failure(
    before: &Stored,
    committees: &mut Committees,
    about: &ConsensusHeader,
    attestation: &Attestation,
) -> Result<(), String> {
    let RatificationResult::Fail(vote) = attestation.result else {
        return Err(format!("its proof says {:?}", attestation.result));
    };
    if vote.is_valid() {
        return Err("its proof names a valid candidate".to_owned());
    }
    if vote != Vote::NoQuorum {
        let votes = (StepName::Validation, vote, attestation.validation);
        quorum(before, committees, about, votes, CREDITS_OTHERWISE)?;
    }
    quorum(before, committees, about, (StepName::Ratification, vote, attestation.ratification), CREDITS_OTHERWISE)
}

/// A committee has so many credits for a vote, by signatures that hold.
fn quorum(
    before: &Stored,
    committees: &mut Committees,
    about: &ConsensusHeader,
    (step, vote, votes): (StepName, Vote, StepVotes),
    needed: u32,
) -> Result<(), String> {
    let committee = committees.voting(about.iteration, step);
    let credits: u32 = committee.named(votes.bitset).map(|member| member.credits).sum();
    if credits < needed {
        return Err(format!("{credits} credits in {step:?} of iteration {}", about.iteration));
    }
    let bytes = match step {
        StepName::Validation => validation_bytes(about, &vote),
        StepName::Ratification | StepName::Proposal => ratification_bytes(about, &vote),
    };
    let signers: Vec<_> = committee.named(votes.bitset).map(|member| member.point).collect();
    let signatures = before.provisioners.signatures();
    signatures
        .verify(&signers, &votes.signature, &bytes, version(about.round))
        .map_err(|problem| format!("{step:?}: {problem}"))
}

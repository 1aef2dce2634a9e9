//! Is an attestation what it claims to be, and who is in it?

use std::collections::BTreeMap;

use dusk_core::signatures::bls::BlsVersion;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Attestation, ConsensusHeader, Hash, RatificationResult, StepName, StepVotes, Vote};
use local_node_types::message::{ratification_bytes, validation_bytes};

use crate::committee::Committees;
use crate::interface::Voter;
use crate::signing::SignatureError;

/// An attestation that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// It says something else than it should.
    #[error("the attestation says {found:?}, expected was {expected:?}")]
    Result {
        /// The statement in it.
        found: RatificationResult,
        /// The expected statement.
        expected: Expected,
    },
    /// Success goes with a valid candidate and nothing else; failure with everything else.
    #[error("the attestation contradicts itself: {0:?}")]
    Contradiction(RatificationResult),
    /// The votes of a step do not reach the quorum.
    #[error("{step:?}: {credits} credits voted, {needed} are needed")]
    NoQuorum {
        /// The step.
        step: StepName,
        /// The credits there are.
        credits: u32,
        /// The credits that are needed.
        needed: u32,
    },
    /// The signature of a step does not hold.
    #[error("{step:?}: {problem}")]
    Signature {
        /// The step.
        step: StepName,
        /// The fault.
        problem: SignatureError,
    },
}

/// The expected statement of an attestation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// That this block was agreed on.
    Success(Hash),
    /// That the iteration failed, for whatever reason.
    Failure,
    /// Anything.
    Any,
}

/// Verifies an attestation of the iteration `header` and returns who voted, credits of both committees merged.
///
/// # Errors
/// When it does not say what is expected, or one of its steps has no quorum or no good signature. The validation of a
/// [`Vote::NoQuorum`] is not checked, and nobody in it counts as a voter.
pub fn verify(
    attestation: &Attestation,
    header: &ConsensusHeader,
    committees: &mut Committees,
    version: BlsVersion,
    expected: Expected,
) -> Result<Vec<Voter>, AttestationError> {
    let (result, vote) = (attestation.result, attestation.result.vote());
    if result.failed() == vote.is_valid() {
        return Err(AttestationError::Contradiction(result));
    }
    let as_expected = match expected {
        Expected::Success(hash) => result == RatificationResult::Success(Vote::Valid(hash)),
        Expected::Failure => result.failed(),
        Expected::Any => true,
    };
    if !as_expected {
        return Err(AttestationError::Result { found: result, expected });
    }
    let mut voters = Vec::new();
    if *vote != Vote::NoQuorum {
        voters = verify_step(&attestation.validation, header, StepName::Validation, vote, committees, version)?;
    }
    voters.extend(verify_step(&attestation.ratification, header, StepName::Ratification, vote, committees, version)?);
    Ok(merge(voters))
}

/// Verifies the votes of one step and returns who voted.
///
/// # Errors
/// When they do not reach the quorum, or the signature does not hold.
///
/// # Panics
/// When `step` is the proposal, in which nobody votes.
pub fn verify_step(
    votes: &StepVotes,
    header: &ConsensusHeader,
    step: StepName,
    vote: &Vote,
    committees: &mut Committees,
    version: BlsVersion,
) -> Result<Vec<Voter>, AttestationError> {
    let message = match step {
        StepName::Validation => validation_bytes(header, vote),
        StepName::Ratification => ratification_bytes(header, vote),
        StepName::Proposal => unreachable!("no provisioner votes in the proposal"),
    };
    let committee = committees.voting(header.iteration, step);
    let (credits, needed) = (committee.credits(votes.bitset), committee.quorum(vote));
    if credits < needed {
        return Err(AttestationError::NoQuorum { step, credits, needed });
    }
    let signers: Vec<_> = committee.named(votes.bitset).map(|member| member.point).collect();
    let signatures = committees.provisioners().signatures();
    signatures
        .verify(&signers, &votes.signature, &message, version)
        .map_err(|problem| AttestationError::Signature { step, problem })?;
    Ok(committee.voters(votes.bitset))
}

/// The voters of a valid attestation, credits of both committees merged, in the order of keys.
#[must_use]
pub fn voters(attestation: &Attestation, iteration: u8, committees: &mut Committees) -> Vec<Voter> {
    let mut voters = Vec::new();
    for (step, votes) in
        [(StepName::Validation, &attestation.validation), (StepName::Ratification, &attestation.ratification)]
    {
        voters.extend(committees.voting(iteration, step).voters(votes.bitset));
    }
    merge(voters)
}

fn merge(voters: Vec<Voter>) -> Vec<Voter> {
    let mut merged = BTreeMap::<BlsKey, u32>::new();
    for voter in voters {
        *merged.entry(voter.key).or_default() += voter.credits;
    }
    merged.into_iter().map(|(key, credits)| Voter { key, credits }).collect()
}

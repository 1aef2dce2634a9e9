//! Slashes, and the verification of proofs of misbehaviour.

use dusk_core::signatures::bls::BlsVersion;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{ConsensusHeader, Fault, IterationsInfo, RatificationResult, Vote};
use local_node_types::rules::Profile;

use crate::parameters::{EPOCH, is_emergency};
use crate::signing::{SignatureError, SignatureVerifier, Signatures};

/// How hard a slash is by the rules. The production node executes every kind as a soft one today (the
/// book, "Consensus", section "Faults and slashes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlashKind {
    /// A warning, then less weight for a while.
    Soft,
    /// Stake is burnt, by severity.
    Hard(u8),
}

/// A punishment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slash {
    /// Whom it hits.
    pub provisioner: BlsKey,
    /// How hard it is by the rules.
    pub kind: SlashKind,
}

/// Whom a block punishes: first for the failed iterations it reports, then for the faults it holds, in their order.
///
/// An iteration that failed without a quorum is nobody's fault.
#[must_use]
pub fn slashes(failed: &IterationsInfo, faults: &[Fault]) -> Vec<Slash> {
    let iterations = failed.proven().filter_map(|(_, failed)| {
        let kind = match failed.attestation.result {
            RatificationResult::Fail(Vote::NoCandidate) => SlashKind::Soft,
            RatificationResult::Fail(Vote::Invalid(_)) => SlashKind::Hard(1),
            _ => return None,
        };
        Some(Slash { provisioner: failed.generator, kind })
    });
    let culprit = |fault: &Fault| Slash { provisioner: fault.signatures()[0].0, kind: SlashKind::Hard(2) };
    iterations.chain(faults.iter().map(culprit)).collect()
}

/// A fault that proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// The two statements are about different iterations.
    #[error("the two statements are about different iterations")]
    DifferentIterations,
    /// They have different signers.
    #[error("the two statements have different signers")]
    DifferentSigners,
    /// They say the same.
    #[error("the two statements say the same")]
    NoContradiction,
    /// They are about genesis.
    #[error("the statements are about genesis")]
    Genesis,
    /// They are older than an epoch.
    #[error("the statements of round {0} are older than an epoch")]
    Expired(u64),
    /// They are about a round that has not come.
    #[error("the statements are about round {0}, which has not come")]
    Future(u64),
    /// In emergency mode nobody is bound to one vote.
    #[error("iteration {0} was in emergency mode, where several votes are allowed")]
    Emergency(u8),
    /// The signer's bytes are no key.
    #[error("the signer is not a key")]
    Signer,
    /// A signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Checks a fault as far as that is possible without the ledger, for a block at `height`.
///
/// Left for the ledger: that the previous block is on the chain at the right height, and that the fault has not been
/// recorded before ([`Fault::same_as`]).
///
/// # Errors
/// When it proves nothing.
pub fn check_fault(fault: &Fault, height: u64, profile: Profile) -> Result<ConsensusHeader, FaultError> {
    check_fault_by(fault, height, profile, &SignatureVerifier::default())
}

/// As [`check_fault`], with the check of signatures that the network's provisioners use.
///
/// # Errors
/// When it proves nothing.
pub fn check_fault_by(
    fault: &Fault,
    height: u64,
    profile: Profile,
    signatures: &dyn Signatures,
) -> Result<ConsensusHeader, FaultError> {
    let [header, second] = fault.headers();
    let [a, b] = fault.signatures();
    if header != second {
        return Err(FaultError::DifferentIterations);
    }
    if a.0 != b.0 {
        return Err(FaultError::DifferentSigners);
    }
    if a.2 == b.2 {
        return Err(FaultError::NoContradiction);
    }
    match header.round {
        0 => return Err(FaultError::Genesis),
        round if round < height.saturating_sub(EPOCH) => return Err(FaultError::Expired(round)),
        round if round > height => return Err(FaultError::Future(round)),
        _ => {}
    }
    if is_emergency(header.iteration) {
        return Err(FaultError::Emergency(header.iteration));
    }
    let signer = a.0.to_point().map_err(|_| FaultError::Signer)?;
    let version: BlsVersion = profile.at(header.round).fork().bls_version();
    for (_, signature, bytes) in [&a, &b] {
        signatures.verify(&[signer], signature, bytes, version)?;
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use dusk_core::signatures::bls::PublicKey;
    use local_node_types::ledger::{Attestation, FailedIteration, Statement};
    use local_node_types::message::validation_bytes;

    use super::*;
    use crate::signing::Keyring;
    use crate::testing::secret;

    fn failed(vote: Vote, generator: u8) -> Option<FailedIteration> {
        let attestation = Attestation { result: RatificationResult::Fail(vote), ..Attestation::default() };
        Some(FailedIteration { attestation, generator: BlsKey([generator; 96]) })
    }

    #[test]
    fn failed_iterations_are_punished_unless_nobody_is_to_blame() {
        let info =
            vec![failed(Vote::NoCandidate, 1), None, failed(Vote::NoQuorum, 2), failed(Vote::Invalid([0; 32]), 3)];
        let slash = |key, kind| Slash { provisioner: BlsKey([key; 96]), kind };
        let expected = vec![slash(1, SlashKind::Soft), slash(3, SlashKind::Hard(1))];
        assert_eq!(slashes(&info.try_into().unwrap(), &[]), expected);
    }

    fn statement(signer: u64, header: ConsensusHeader, vote: Vote) -> Statement<Vote> {
        let secret = secret(signer);
        let key = BlsKey::from(&PublicKey::from(&secret));
        let version = Profile::Local.at(header.round).fork().bls_version();
        let signature = Keyring::new(vec![secret]).sign(&key, &validation_bytes(&header, &vote), version).unwrap();
        Statement { header, signer: key, signature, payload: vote }
    }

    #[test]
    fn only_a_signed_contradiction_is_a_fault() {
        let header = ConsensusHeader { prev_block_hash: [7; 32], round: 10, iteration: 1 };
        let fault = |a, b| Fault::DoubleValidationVote(Box::new([a, b]));
        let check = |fault: &Fault, height| check_fault(fault, height, Profile::Local);
        let (valid, none) = (statement(1, header, Vote::Valid([1; 32])), statement(1, header, Vote::NoCandidate));
        let good = fault(valid, none);
        assert_eq!(check(&good, 10), Ok(header));
        assert_eq!(slashes(&IterationsInfo::default(), std::slice::from_ref(&good))[0].kind, SlashKind::Hard(2));

        assert_eq!(check(&good, 9), Err(FaultError::Future(10)));
        assert_eq!(check(&good, 11 + EPOCH), Err(FaultError::Expired(10)));
        assert_eq!(check(&fault(valid, valid), 10), Err(FaultError::NoContradiction));
        assert_eq!(
            check(&fault(valid, statement(2, header, Vote::NoCandidate)), 10),
            Err(FaultError::DifferentSigners)
        );
        let wrong = Statement { signature: valid.signature, ..none };
        assert_eq!(check(&fault(valid, wrong), 10), Err(FaultError::Signature(SignatureError::Wrong)));
        let later = ConsensusHeader { iteration: 2, ..header };
        assert_eq!(
            check(&fault(valid, statement(1, later, Vote::NoCandidate)), 10),
            Err(FaultError::DifferentIterations)
        );
        let emergency = ConsensusHeader { iteration: 16, ..header };
        let open = fault(statement(1, emergency, Vote::Valid([1; 32])), statement(1, emergency, Vote::Valid([2; 32])));
        assert_eq!(check(&open, 10), Err(FaultError::Emergency(16)));
        let swapped = fault(none, valid);
        assert!(good.same_as(&swapped) && !good.same_as(&fault(valid, valid)));
    }
}

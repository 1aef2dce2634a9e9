//! The rules by which a header is accepted.
//!
//! Source: the book, "Consensus", section "Header acceptance". The one rule that is missing here needs the ledger: that
//! the block is not known already.

mod batch;

use std::collections::BTreeMap;
use std::sync::Arc;

use dusk_core::signatures::bls::{BlsVersion, PublicKey};
use local_node_types::ledger::{Attestation, BLOCK_VERSION, ConsensusHeader, Hash, Header};

use crate::attestation::{self, AttestationError, Expected};
use crate::committee::Committees;
use crate::interface::{TipContext, Voter};
use crate::parameters::{CLOCK_MARGIN, Config, EMERGENCY_BLOCK_ITERATION, MAX_ITERATIONS, Millis};
use crate::provisioners::Provisioners;

pub use self::batch::verify_together;

/// A header that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Somebody else should have made the block.
    #[error("block {height}, iteration {iteration}: the generator is not the one that was drawn")]
    Generator {
        /// The height.
        height: u64,
        /// The iteration.
        iteration: u8,
    },
    /// The generator has not signed the hash.
    #[error("the generator's signature does not hold")]
    Signature,
    /// Not the version that there is.
    #[error("block version {0}: only version {BLOCK_VERSION} is known")]
    Version(u8),
    /// The stated hash is zero, or not the hash of the header.
    #[error("the stated hash is not the header's")]
    Hash,
    /// Not the next block.
    #[error("height {found}: the next block has height {expected}")]
    Height {
        /// The stated height.
        found: u64,
        /// The height of the next block.
        expected: u64,
    },
    /// Too soon after the previous block.
    #[error("timestamp {found} is too early: the next block may come at {earliest}")]
    TooEarly {
        /// The stated time, in seconds.
        found: u64,
        /// The earliest time, in seconds.
        earliest: u64,
    },
    /// Ahead of the local clock.
    #[error("timestamp {found} is ahead of the local time {now}")]
    FromTheFuture {
        /// The stated time, in seconds.
        found: u64,
        /// The local time, in seconds.
        now: u64,
    },
    /// Built on another block.
    #[error("the block is not built on the tip")]
    PreviousHash,
    /// The seed is not the generator's signature of the previous seed.
    #[error("the seed is not the generator's signature of the previous seed")]
    Seed,
    /// The certificate of the previous block cannot be checked.
    #[error("the provisioners and the seed that the tip was decided with are not known")]
    UnknownTip,
    /// The certificate of the previous block does not hold.
    #[error("the certificate of the previous block does not hold: {0}")]
    Certificate(AttestationError),
    /// The block's own attestation does not hold.
    #[error("the block's attestation does not hold: {0}")]
    Attestation(AttestationError),
    /// A failed iteration names the wrong generator.
    #[error("failed iteration {0} names a generator that was not drawn for it")]
    FailedGenerator(u8),
    /// The proof of a failed iteration does not hold.
    #[error("the proof that iteration {0} failed does not hold: {1}")]
    FailedIteration(u8, AttestationError),
}

impl HeaderError {
    /// Whether a member of the committee says "invalid" to such a candidate. Otherwise it says nothing, because the
    /// fault may lie with this node's view of the chain, or with somebody who is not the generator.
    #[must_use]
    pub const fn must_vote(&self) -> bool {
        match self {
            Self::Version(_)
            | Self::TooEarly { .. }
            | Self::Seed
            | Self::Certificate(_)
            | Self::Attestation(_)
            | Self::FailedGenerator(_)
            | Self::FailedIteration(..) => true,
            Self::Generator { .. }
            | Self::Signature
            | Self::Hash
            | Self::Height { .. }
            | Self::FromTheFuture { .. }
            | Self::PreviousHash
            | Self::UnknownTip => false,
        }
    }
}

/// The data of a valid header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderFacts {
    /// Previous non-attested iterations ([`unaccounted`]).
    pub pni: u8,
    /// The voters for the previous block, by the certificate in this header. They earn the voters' rewards.
    pub certificate_voters: Vec<Voter>,
    /// The voters for this block; empty for a candidate and an emergency block.
    pub voters: Vec<Voter>,
}

/// Whether a header comes with an attestation of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A proposed block: no attestation yet.
    Candidate,
    /// A decided block.
    Block,
}

/// Verifies headers of blocks that follow one tip, and attestations of its round. Verified ones are
/// remembered.
#[derive(Debug, Clone)]
pub struct Verifier {
    config: Config,
    tip: TipContext,
    committees: Committees,
    before: Option<Committees>,
    /// Attestations of the tip that are known to hold. The tip's own is, because the tip was accepted with it.
    certificates: Vec<(Attestation, Vec<Voter>)>,
    /// Proofs of failed iterations that are known to hold.
    failures: BTreeMap<u8, Attestation>,
}

/// The most certificates that are remembered for one tip.
const MAX_CERTIFICATES: usize = 16;

impl Verifier {
    /// For the block after `tip`.
    #[must_use]
    pub fn new(config: Config, tip: TipContext) -> Self {
        let round = tip.header.height.saturating_add(1);
        let draw = |provisioners: &Arc<Provisioners>, seed, round| {
            Committees::new(Arc::clone(provisioners), seed, round).with_planted(config.planted_quorum)
        };
        let committees = draw(&tip.provisioners, tip.header.seed, round);
        let mut before = tip.before.as_ref().map(|before| draw(&before.provisioners, before.seed, tip.header.height));
        let header = &tip.header;
        let known = before.as_mut().filter(|_| has_certificate(header)).map(|committees| {
            (header.attestation, attestation::voters(&header.attestation, header.iteration, committees))
        });
        Self { config, committees, before, certificates: known.into_iter().collect(), failures: BTreeMap::new(), tip }
    }

    /// The tip.
    #[must_use]
    pub const fn tip(&self) -> &TipContext {
        &self.tip
    }

    /// The committees of the round after the tip.
    pub const fn committees(&mut self) -> &mut Committees {
        &mut self.committees
    }

    /// The voters for the tip, by the tip's own attestation.
    #[must_use]
    pub fn tip_voters(&self) -> &[Voter] {
        self.certificates.first().map_or(&[], |(_, voters)| voters)
    }

    /// The version of signatures in the round after the tip.
    #[must_use]
    pub const fn version(&self) -> BlsVersion {
        self.version_at(self.committees.round())
    }

    const fn version_at(&self, height: u64) -> BlsVersion {
        self.config.profile.at(height).fork().bls_version()
    }

    /// When the next block may come at the earliest, in seconds.
    #[must_use]
    pub const fn earliest(&self, iteration: u8) -> u64 {
        let wait = if iteration == EMERGENCY_BLOCK_ITERATION {
            self.config.min_emergency_block_time()
        } else {
            self.config.min_block_time
        };
        self.tip.header.timestamp.saturating_add(wait.as_secs())
    }

    /// Verifies a header by all rules.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn verify(&mut self, header: &Header, now: Millis, stage: Stage) -> Result<HeaderFacts, HeaderError> {
        self.verify_generator(header)?;
        if header.version != BLOCK_VERSION {
            return Err(HeaderError::Version(header.version));
        }
        if header.hash == Hash::default() || header.hash != header.compute_hash() {
            return Err(HeaderError::Hash);
        }
        if !self.config.planted_header {
            self.verify_place(header, now)?;
            self.verify_seed(header)?;
        }
        let certificate_voters = self.verify_certificate(header)?;
        let voters = match stage {
            Stage::Block if header.iteration != EMERGENCY_BLOCK_ITERATION => self
                .verify_attestation(&header.attestation, &header.consensus_header(), Expected::Success(header.hash))
                .map_err(HeaderError::Attestation)?,
            _ => Vec::new(),
        };
        self.verify_failed_iterations(header)?;
        Ok(HeaderFacts { pni: unaccounted(header), certificate_voters, voters })
    }

    /// Verifies an attestation of an iteration of this round.
    ///
    /// # Errors
    /// When it does not hold or says something else.
    pub fn verify_attestation(
        &mut self,
        attestation: &Attestation,
        header: &ConsensusHeader,
        expected: Expected,
    ) -> Result<Vec<Voter>, AttestationError> {
        let version = self.version();
        attestation::verify(attestation, header, &mut self.committees, version, expected)
    }

    /// Verifies that the drawn generator has signed the stated hash.
    ///
    /// # Errors
    /// When it is another generator, or the signature does not hold.
    pub fn verify_generator(&mut self, header: &Header) -> Result<(), HeaderError> {
        let expected = if header.iteration == EMERGENCY_BLOCK_ITERATION {
            Some(self.config.emergency_key)
        } else {
            self.committees.generator(header.iteration)
        };
        if expected != Some(header.generator) {
            return Err(HeaderError::Generator { height: header.height, iteration: header.iteration });
        }
        let point = self.generator_point(header).ok_or(HeaderError::Signature)?;
        let signatures = self.committees.provisioners().signatures();
        signatures.verify(&[point], &header.signature, &header.hash, self.version()).map_err(|_| HeaderError::Signature)
    }

    /// Remembers that this proof of a failed iteration holds.
    pub fn remember_failure(&mut self, iteration: u8, attestation: Attestation) {
        self.failures.insert(iteration, attestation);
    }

    fn verify_place(&self, header: &Header, now: Millis) -> Result<(), HeaderError> {
        let expected = self.committees.round();
        if header.height != expected {
            return Err(HeaderError::Height { found: header.height, expected });
        }
        let (found, earliest) = (header.timestamp, self.earliest(header.iteration));
        if found < earliest {
            return Err(HeaderError::TooEarly { found, earliest });
        }
        if found > now.plus(CLOCK_MARGIN).as_secs() {
            return Err(HeaderError::FromTheFuture { found, now: now.as_secs() });
        }
        if header.prev_block_hash != self.tip.header.hash {
            return Err(HeaderError::PreviousHash);
        }
        Ok(())
    }

    /// The generator's key as a point. That of a provisioner is known, and decoding one takes as long as a pairing.
    fn generator_point(&self, header: &Header) -> Option<PublicKey> {
        let known = self.committees.provisioners().get(&header.generator).map(|provisioner| provisioner.point);
        known.or_else(|| header.generator.to_point().ok())
    }

    fn verify_seed(&self, header: &Header) -> Result<(), HeaderError> {
        let point = self.generator_point(header).ok_or(HeaderError::Seed)?;
        let signatures = self.committees.provisioners().signatures();
        signatures
            .verify(&[point], &header.seed, self.tip.header.seed.as_bytes(), self.version())
            .map_err(|_| HeaderError::Seed)
    }

    fn verify_certificate(&mut self, header: &Header) -> Result<Vec<Voter>, HeaderError> {
        if !has_certificate(&self.tip.header) {
            return Ok(Vec::new());
        }
        let certificate = &header.prev_block_cert;
        if let Some((_, voters)) = self.certificates.iter().find(|(known, _)| known == certificate) {
            return Ok(voters.clone());
        }
        let version = self.version_at(self.tip.header.height);
        let (about, expected) = (self.tip.header.consensus_header(), Expected::Success(self.tip.header.hash));
        let before = self.before.as_mut().ok_or(HeaderError::UnknownTip)?;
        let voters =
            attestation::verify(certificate, &about, before, version, expected).map_err(HeaderError::Certificate)?;
        if self.certificates.len() < MAX_CERTIFICATES {
            self.certificates.push((*certificate, voters.clone()));
        }
        Ok(voters)
    }

    /// Each reported failure is proven. Production does not refuse one of the block's own iteration or of a later one,
    /// so a node that did could not follow its chain.
    fn verify_failed_iterations(&mut self, header: &Header) -> Result<(), HeaderError> {
        for (iteration, failed) in header.failed_iterations.proven() {
            if self.committees.generator(iteration) != Some(failed.generator) {
                return Err(HeaderError::FailedGenerator(iteration));
            }
            if self.failures.get(&iteration) != Some(&failed.attestation) {
                let about = ConsensusHeader { iteration, ..header.consensus_header() };
                self.verify_attestation(&failed.attestation, &about, Expected::Failure)
                    .map_err(|problem| HeaderError::FailedIteration(iteration, problem))?;
                self.failures.insert(iteration, failed.attestation);
            }
        }
        Ok(())
    }
}

/// Previous non-attested iterations of a block: how many iterations before its own its header does not account for.
///
/// The failure of the block's own iteration or of a later one says nothing about those before it, so a proof of it does
/// not make up for one that is missing. An emergency block comes after all iterations of its round.
#[must_use]
pub fn unaccounted(header: &Header) -> u8 {
    let earlier = header.failed_iterations.proven().filter(|(iteration, _)| *iteration < header.iteration);
    let proven = u8::try_from(earlier.count()).unwrap_or(u8::MAX);
    header.iteration.min(MAX_ITERATIONS).saturating_sub(proven)
}

/// Whether the block after this one has to carry a certificate for it. Committees decided neither genesis nor an
/// emergency block.
#[must_use]
pub const fn has_certificate(header: &Header) -> bool {
    header.height > 0 && header.iteration != EMERGENCY_BLOCK_ITERATION
}

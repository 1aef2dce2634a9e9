//! The proofs of misbehaviour in a block, checked before anybody is slashed for them.

use std::collections::BTreeSet;

use local_node_consensus::BuildRequest;
use local_node_consensus::faults::{FaultError, check_fault_by};
use local_node_types::codec::Encode as _;
use local_node_types::ledger::{Block, Fault, MAX_FAULTS};
use local_node_types::rules::Profile;

use super::{InvalidBlock, Ledger, LedgerError};
use crate::store::fault_identity;

/// The rules by which votes are signed: as networks sign them today, whatever the rules of transactions.
pub const VOTING_RULES: Profile = Profile::Local;

/// The part of a body that faults may take: one so manyth.
const MOST_OF_BODY: usize = 4;

/// A reason to reject a fault that a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultProblem {
    /// It proves nothing.
    #[error(transparent)]
    Unproven(#[from] FaultError),
    /// It is about a round on another branch of the chain.
    #[error("its votes of round {0} belong to another branch of the chain")]
    OtherBranch(u64),
    /// This block, or one before it, holds it already.
    #[error("a block holds it already")]
    Repeated,
}

impl Ledger {
    /// Those of the faults, which hold, that a block on the tip may have: they are about this chain, no block holds
    /// them already, and they find room.
    pub(super) fn new_faults(&self, faults: Vec<Fault>, request: &BuildRequest) -> Result<Vec<Fault>, LedgerError> {
        let (mut found, mut new, mut bytes) = (BTreeSet::new(), Vec::new(), 0);
        for fault in faults {
            let [about, _] = fault.headers();
            let previous = self.store.height_of(&about.prev_block_hash)?;
            let is_here = previous.is_some() && previous == about.round.checked_sub(1);
            let identity = fault_identity(&fault);
            if !is_here || self.store.has_fault(&identity)? || !found.insert(identity) {
                continue;
            }
            bytes += fault.encoded().len();
            if new.len() >= MAX_FAULTS || bytes > request.max_body_bytes / MOST_OF_BODY {
                break;
            }
            new.push(fault);
        }
        Ok(new)
    }

    /// Checks each fault of a block by the rules of the book, "Consensus", section "Faults and slashes". As there, the
    /// signer need not have been drawn into a committee: each signer of a contradiction is to blame.
    pub(super) fn check_faults(&self, block: &Block) -> Result<(), LedgerError> {
        let (height, signatures) = (block.header.height, self.provisioners.signatures());
        let mut found = BTreeSet::new();
        for (place, fault) in block.faults.iter().enumerate() {
            let invalid = |problem| LedgerError::Invalid { height, problem: InvalidBlock::Fault { place, problem } };
            let about = check_fault_by(fault, height, VOTING_RULES, signatures.as_ref())
                .map_err(|error| invalid(error.into()))?;
            let previous = self.store.height_of(&about.prev_block_hash)?;
            if previous.is_none() || previous != about.round.checked_sub(1) {
                return Err(invalid(FaultProblem::OtherBranch(about.round)));
            }
            let identity = fault_identity(fault);
            if !found.insert(identity) || self.store.has_fault(&identity)? {
                return Err(invalid(FaultProblem::Repeated));
            }
        }
        Ok(())
    }
}

//! The known data of a pooled block whose parent is not the tip yet.

use std::sync::Arc;

use local_node_consensus::{Provisioners, TipContext};
use local_node_types::ledger::Attestation;

/// Whether a block holds after its parent, under assumptions about it.
///
/// The parent's hash, which the block states, fixes all of its header but the attestation. The latter is what the
/// block's certificate is compared with; the provisioners are known when the parent has been executed.
#[derive(Debug, Clone)]
pub(crate) struct Ahead {
    attestation: Attestation,
    provisioners: Arc<Provisioners>,
    before: Option<Arc<Provisioners>>,
    holds: bool,
}

impl Ahead {
    pub(crate) fn new(assumed: &TipContext, holds: bool) -> Self {
        Self {
            attestation: assumed.header.attestation,
            provisioners: Arc::clone(&assumed.provisioners),
            before: assumed.before.as_ref().map(|before| Arc::clone(&before.provisioners)),
            holds,
        }
    }

    /// Whether the block is known to hold after this very parent.
    pub(crate) fn holds_after(&self, tip: &TipContext) -> bool {
        self.holds && self.is_about(tip)
    }

    /// Whether the parent is as it was assumed.
    pub(crate) fn is_about(&self, tip: &TipContext) -> bool {
        let before = match (&self.before, &tip.before) {
            (Some(assumed), Some(before)) => same(assumed, &before.provisioners),
            (None, None) => true,
            _ => false,
        };
        self.attestation == tip.header.attestation && before && same(&self.provisioners, &tip.provisioners)
    }
}

fn same(a: &Arc<Provisioners>, b: &Arc<Provisioners>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

#[cfg(test)]
mod tests {
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::{PublicKey, SecretKey};
    use local_node_consensus::{BeforeTip, MIN_STAKE, Stake};
    use local_node_types::ledger::{Header, RatificationResult, Vote};

    use super::*;

    fn provisioners(value: u64) -> Arc<Provisioners> {
        let key = PublicKey::from(&SecretKey::from(BlsScalar::from(7)));
        Arc::new([(key, Stake { value, eligible_since: 0 })].into_iter().collect())
    }

    #[test]
    fn what_was_found_counts_for_the_assumed_parent_only() {
        let context = |provisioners, before| TipContext {
            header: Header::default(),
            provisioners,
            before: Some(BeforeTip { seed: Default::default(), provisioners: before }),
            resume: None,
        };
        let (usual, other) = (provisioners(MIN_STAKE), provisioners(MIN_STAKE + 1));
        let assumed = context(Arc::clone(&usual), Arc::clone(&usual));
        let ahead = Ahead::new(&assumed, true);
        // Equal provisioners count as the same.
        assert!(ahead.holds_after(&assumed) && ahead.holds_after(&context(provisioners(MIN_STAKE), usual.clone())));
        assert!(!ahead.holds_after(&context(Arc::clone(&other), Arc::clone(&usual))));
        assert!(!ahead.holds_after(&context(Arc::clone(&usual), other)));
        assert!(!ahead.holds_after(&TipContext { before: None, ..assumed.clone() }));
        let mut retagged = assumed.clone();
        retagged.header.attestation.result = RatificationResult::Fail(Vote::NoCandidate);
        assert!(!ahead.holds_after(&retagged));
        assert!(!Ahead::new(&assumed, false).holds_after(&assumed));
    }
}

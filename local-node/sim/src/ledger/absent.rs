//! The stand-in for the shipped ledger in a build without it: nothing, so that no run can have it.

use local_node_consensus::BeforeTip;
use local_node_core::{Answer, ChainBlock, LedgerId, LedgerRequest};

use super::Ledger;
use crate::keys::Scheme;

/// A ledger that is not there.
#[derive(Debug)]
pub enum RealLedger {}

impl RealLedger {
    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn new(_stakes: &[u64], _scheme: Scheme, _keeps_state: bool) -> Result<(Self, Ledger), String> {
        Err("this simulator was built without the feature `vm`".to_owned())
    }

    /// Is never called.
    pub const fn close(&mut self) {
        match *self {}
    }

    /// Is never called.
    ///
    /// # Errors
    /// Never.
    pub const fn restart(
        &mut self,
        _index: &Ledger,
    ) -> Result<(Option<BeforeTip>, ChainBlock, Vec<ChainBlock>), String> {
        match *self {}
    }

    /// Is never called.
    ///
    /// # Errors
    /// Never.
    pub fn carry_out(&mut self, _: LedgerId, _: LedgerRequest, _: &mut Ledger) -> (Answer, Result<(), String>) {
        match *self {}
    }
}

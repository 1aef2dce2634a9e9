//! Emergency blocks, which the holder of one key makes outside of all nodes.

use local_node_consensus::header::Verifier;
use local_node_consensus::{
    BeforeTip, BuildRequest, EMERGENCY_BLOCK_ITERATION, MAX_BLOCK_BYTES, RequestId, TipContext,
};
use local_node_core::mempool::Queue;
use local_node_core::{Answer, LedgerId, LedgerRequest};
use local_node_types::ledger::{Attestation, BLOCK_VERSION, Block, Header};
use local_node_types::message::Message;

use super::World;
use crate::adversary::resign;
use crate::keys::{key, version};
use crate::ledger::Ledger;
use crate::node::Packet;

/// The number of the key of somebody who makes emergency blocks and must not.
pub(super) const STRANGER_KEY: u64 = 1;
/// Requests of nobody's core.
const LEDGER_ID: LedgerId = LedgerId(u64::MAX);
const REQUEST_ID: RequestId = RequestId(u64::MAX);

impl World {
    /// The holder of a key makes an emergency block after a node's tip, if one is due, and gives it to that node alone.
    pub(super) fn rescue(&mut self, node: usize, holder: u64) {
        let Some(block) = self.emergency_block(node, holder) else { return };
        self.tell(|| format!("key {holder} gives node {node} an emergency block, {:02x?}", &block.header.hash[..3]));
        let (ray, packet) = Packet::new(Message::Block(Box::new(block)));
        let outsider = self.nodes.len();
        self.deliver(node, outsider, Some(ray), packet);
    }

    /// Whether an emergency block that is not final is on a chain.
    pub(super) fn is_rescued(&self) -> bool {
        let open = |ledger: &Ledger| {
            let open = ledger.blocks().iter().rev().take_while(|stored| !stored.label.is_final());
            open.into_iter().any(|stored| stored.block.header.iteration == EMERGENCY_BLOCK_ITERATION)
        };
        self.nodes.iter().any(|node| open(&node.ledger))
    }

    /// An emergency block without transactions after a node's tip.
    fn emergency_block(&mut self, node: usize, holder: u64) -> Option<Block> {
        let (now, signer, generator) = (self.now, self.options.scheme.signer(&[holder]), key(holder));
        let state = &mut self.nodes[node];
        let tip = state.ledger.tip();
        let before = tip.block.header.height.checked_sub(1).and_then(|height| state.ledger.at(height));
        let before = before.map(|it| BeforeTip { seed: it.block.header.seed, provisioners: it.provisioners.clone() });
        let (tip, provisioners) = (tip.block.header.clone(), tip.provisioners.clone());
        let context = TipContext { header: tip.clone(), provisioners, before, resume: None };
        let verifier = Verifier::new(self.config, context);
        let (timestamp, round) = (verifier.earliest(EMERGENCY_BLOCK_ITERATION), tip.height + 1);
        state.core.as_ref().filter(|_| timestamp <= now.as_secs())?;
        let request = Box::new(BuildRequest {
            id: REQUEST_ID,
            round,
            iteration: EMERGENCY_BLOCK_ITERATION,
            generator,
            prev_state_root: tip.state_root,
            voters: verifier.tip_voters().to_vec(),
            slashes: Vec::new(),
            max_body_bytes: MAX_BLOCK_BYTES / 2,
            deadline: None,
        });
        let (faults, queue) = (Vec::new(), Queue::new(std::iter::empty()));
        let (answer, sound) = state.work(LEDGER_ID, LedgerRequest::Build { request, faults, queue });
        self.check(node, sound);
        let Answer::Built { body, .. } = answer else { return None };
        let header = Header {
            version: BLOCK_VERSION,
            height: round,
            timestamp,
            prev_block_hash: tip.hash,
            seed: signer.sign(&generator, tip.seed.as_bytes(), version(round))?,
            state_root: body.state_root,
            event_bloom: body.event_bloom,
            generator,
            gas_limit: body.gas_limit,
            iteration: EMERGENCY_BLOCK_ITERATION,
            prev_block_cert: tip.attestation,
            attestation: Attestation::default(),
            ..Header::default()
        };
        let mut block = Block { header, transactions: body.transactions, faults: body.faults };
        block.header.tx_root = block.compute_tx_root();
        block.header.fault_root = block.compute_fault_root();
        resign(&mut block, signer.as_ref())?;
        Some(block)
    }
}

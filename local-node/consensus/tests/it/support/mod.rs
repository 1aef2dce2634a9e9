//! Helpers of the tests: keys, a toy chain, and a node that executes nothing.

pub(crate) mod sim;

use std::sync::Arc;

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use local_node_consensus::header::{Stage, Verifier};
use local_node_consensus::{
    BeforeTip, BlockBody, BuildRequest, Config, Millis, Provisioners, Stake, TipContext, Verdict, VerifyRequest,
};
use local_node_types::bloom::Bloom;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, Hash, Header, Label};
use sha3::{Digest, Sha3_256};

pub(crate) const DUSK: u64 = 1_000_000_000;
/// When the toy chain begins, in seconds.
pub(crate) const GENESIS_TIME: u64 = 1_700_000_000;

pub(crate) fn secret(number: u64) -> SecretKey {
    SecretKey::from(BlsScalar::hash_to_scalar(&number.to_le_bytes()))
}

pub(crate) fn public(number: u64) -> PublicKey {
    PublicKey::from(&secret(number))
}

pub(crate) fn key(number: u64) -> BlsKey {
    BlsKey::from(&public(number))
}

pub(crate) fn stake(dusk: u64) -> Stake {
    Stake { value: dusk * DUSK, eligible_since: 0 }
}

/// Provisioners 1 to `count` with different stakes.
pub(crate) fn provisioners(count: u64) -> Arc<Provisioners> {
    Arc::new((1..=count).map(|number| (public(number), stake(1000 + 100 * number))).collect())
}

/// A chain of blocks with the labels that finality gives them. Its state is a hash over the blocks.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) blocks: Vec<Block>,
    pub(crate) labels: Vec<Label>,
    pub(crate) provisioners: Arc<Provisioners>,
}

impl Chain {
    pub(crate) fn new(provisioners: Arc<Provisioners>) -> Self {
        Self::from_height(provisioners, 0)
    }

    /// A chain whose first block has this height and stands in for all before it.
    pub(crate) fn from_height(provisioners: Arc<Provisioners>, height: u64) -> Self {
        let header = Header { height, timestamp: GENESIS_TIME, state_root: [9; 32], ..Header::default() };
        let hash = header.compute_hash();
        let genesis = Block { header: Header { hash, ..header }, ..Block::default() };
        Self { blocks: vec![genesis], labels: vec![Label::Final(0)], provisioners }
    }

    pub(crate) fn tip(&self) -> &Header {
        &self.blocks.last().expect("there is a genesis block").header
    }

    pub(crate) fn context(&self) -> TipContext {
        let before = self
            .blocks
            .len()
            .checked_sub(2)
            .map(|place| BeforeTip { seed: self.blocks[place].header.seed, provisioners: self.provisioners.clone() });
        TipContext { header: self.tip().clone(), provisioners: self.provisioners.clone(), before, resume: None }
    }

    /// Appends a block that has been verified.
    pub(crate) fn append(&mut self, block: Block, pni: u8) {
        assert_eq!(block.header.prev_block_hash, self.tip().hash, "a block that does not follow the tip");
        let first = self.labels.iter().rposition(|label| label.is_final()).expect("genesis is final") + 1;
        let recent: Vec<_> = (first..self.labels.len()).map(|at| (at as u64, self.labels[at])).collect();
        let rolled = local_node_consensus::finality::roll(&recent, block.header.height, pni);
        for (height, label) in rolled.changed {
            self.labels[usize::try_from(height).expect("a height in memory")] = label;
        }
        self.labels.push(rolled.label);
        self.blocks.push(block);
    }

    /// Verifies a block by all rules and appends it.
    pub(crate) fn accept(&mut self, config: Config, block: Block, now: Millis) -> Result<(), String> {
        let mut verifier = Verifier::new(config, self.context());
        let facts = verifier.verify(&block.header, now, Stage::Block).map_err(|problem| problem.to_string())?;
        if block.header.state_root != state_after(&self.tip().state_root, block.header.height) {
            return Err("wrong state root".to_owned());
        }
        self.append(block, facts.pni);
        Ok(())
    }

    /// Removes the tip, unless it is final.
    pub(crate) fn revert(&mut self) -> bool {
        if self.labels.last().is_some_and(|label| label.is_final()) {
            return false;
        }
        self.blocks.pop();
        self.labels.pop();
        true
    }

    pub(crate) fn final_height(&self) -> usize {
        self.labels.iter().rposition(|label| label.is_final()).expect("genesis is final")
    }
}

/// The state root after the block at `height`.
pub(crate) fn state_after(before: &Hash, height: u64) -> Hash {
    Sha3_256::new().chain_update(before).chain_update(height.to_le_bytes()).finalize().into()
}

pub(crate) fn build(request: &BuildRequest) -> Box<BlockBody> {
    Box::new(BlockBody {
        transactions: Vec::new(),
        faults: Vec::new(),
        state_root: state_after(&request.prev_state_root, request.round),
        event_bloom: Bloom::default(),
        gas_limit: 3_000_000_000,
    })
}

pub(crate) fn verify(request: &VerifyRequest, tip: &Header) -> Verdict {
    let header = &request.block.header;
    if header.prev_block_hash != tip.hash {
        Verdict::Abstain
    } else if header.state_root == state_after(&tip.state_root, header.height) {
        Verdict::Valid
    } else {
        Verdict::Invalid
    }
}

/// A small seeded generator (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a length")
    }

    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

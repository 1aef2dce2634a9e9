//! A small model of a ledger: what a block leads to is a hash over what it holds, and blocks change stakes.

mod stakes;

use std::sync::{Arc, OnceLock};

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::SecretKey;
use dusk_core::transfer::data::TransactionData;
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_consensus::committee::Committees;
use local_node_consensus::faults::{Slash, slashes};
use local_node_consensus::{BeforeTip, BlockBody, Provisioners, Verdict};
use local_node_core::{Answer, ChainBlock, LedgerRequest};
use local_node_types::bloom::Bloom;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, Fault, Hash, Header, Label, LedgerTransaction, StepName};
use sha3::{Digest, Sha3_256};

pub use self::stakes::{EPOCH_BLOCKS, Rules, Stakes};

/// When simulated chains begin, in seconds since 1970.
pub const GENESIS_SECONDS: u64 = 1_700_000_000;
/// Transactions that can be executed in a run.
const TRANSACTIONS: u64 = 32;
/// The gas limit of every block.
const GAS_LIMIT: u64 = 3_000_000_000;

/// A block on the chain.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The block.
    pub block: Block,
    /// Its label.
    pub label: Label,
    /// The provisioners after it.
    pub provisioners: Arc<Provisioners>,
    /// The transactions in the chain up to it.
    pub executed: usize,
    /// The stakes after it, the provisioners among them.
    stakes: Stakes,
}

/// A chain of blocks, as it is on disk.
#[derive(Debug, Clone)]
pub struct Ledger {
    blocks: Vec<Stored>,
    rules: Rules,
}

/// The one account's transfers, in the order of their nonces. They are signed once in a process.
fn transfers() -> &'static [LedgerTransaction] {
    static TRANSFERS: OnceLock<Vec<LedgerTransaction>> = OnceLock::new();
    TRANSFERS.get_or_init(|| {
        let secret = SecretKey::from(BlsScalar::from(7));
        let transfer = |nonce| {
            let none = None::<TransactionData>;
            let signed = Transaction::moonlight(&secret, None, 1, 0, 100_000, 1, nonce, 0xd0, none);
            LedgerTransaction::new(signed.expect("a transfer can be signed"), TransactionFormat::Boreas)
        };
        (1..=TRANSACTIONS).map(transfer).collect()
    })
}

impl Ledger {
    /// A chain that holds the genesis block only.
    #[must_use]
    pub fn new(provisioners: Arc<Provisioners>, rules: Rules) -> Self {
        let header = Header { timestamp: GENESIS_SECONDS, state_root: [9; 32], ..Header::default() };
        let hash = header.compute_hash();
        let block = Block { header: Header { hash, ..header }, ..Block::default() };
        let stakes = Stakes::new(Arc::clone(&provisioners));
        Self { blocks: vec![Stored { block, label: Label::Final(0), provisioners, executed: 0, stakes }], rules }
    }

    /// The blocks, genesis first.
    #[must_use]
    pub fn blocks(&self) -> &[Stored] {
        &self.blocks
    }

    /// The block at a height.
    #[must_use]
    pub fn at(&self, height: u64) -> Option<&Stored> {
        self.blocks.get(usize::try_from(height).ok()?)
    }

    /// The highest block.
    ///
    /// # Panics
    /// Never: genesis is always there.
    #[must_use]
    pub fn tip(&self) -> &Stored {
        self.blocks.last().expect("there is a genesis block")
    }

    /// The height of the last final block.
    #[must_use]
    pub fn final_height(&self) -> u64 {
        self.blocks.iter().rev().find(|stored| stored.label.is_final()).map_or(0, |stored| stored.block.header.height)
    }

    /// The height of a block.
    #[must_use]
    pub fn height_of(&self, hash: &Hash) -> Option<u64> {
        self.blocks.iter().rev().map(|stored| &stored.block.header).find(|it| it.hash == *hash).map(|it| it.height)
    }

    /// What a core has to know of the chain when it starts.
    #[must_use]
    pub fn restart(&self) -> (Option<BeforeTip>, ChainBlock, Vec<ChainBlock>) {
        let last = self.final_height();
        let before = last.checked_sub(1).and_then(|height| self.at(height));
        let before = before
            .map(|stored| BeforeTip { seed: stored.block.header.seed, provisioners: Arc::clone(&stored.provisioners) });
        let known = |stored: &Stored| ChainBlock {
            header: stored.block.header.clone(),
            provisioners: Arc::clone(&stored.provisioners),
        };
        let last = usize::try_from(last).unwrap_or_default();
        (before, known(&self.blocks[last]), self.blocks[last + 1..].iter().map(known).collect())
    }

    /// Carries a request out. What changes the chain is on disk when this returns.
    pub fn carry_out(&mut self, request: LedgerRequest) -> Answer {
        match request {
            LedgerRequest::Build { request, faults } => {
                let faults: Vec<_> = faults.into_iter().filter(|fault| !self.has_fault(fault)).collect();
                let transactions = self.next_transfers();
                let mut punished = request.slashes;
                punished.extend(slashes(&local_node_types::ledger::IterationsInfo::default(), &faults));
                let state_root = root(&request.prev_state_root, request.round, &transactions, &faults, &punished);
                let event_bloom = Bloom::default();
                let body = BlockBody { transactions, faults, state_root, event_bloom, gas_limit: GAS_LIMIT };
                Answer::Built(Box::new(body))
            }
            LedgerRequest::Verify(request) => Answer::Verified(self.verify(&request.block)),
            LedgerRequest::Accept { block, label, relabelled, .. } => {
                if self.verify(&block) != Verdict::Valid {
                    return Answer::NotAccepted;
                }
                self.relabel(&relabelled);
                let stakes = self.stakes_after(&block);
                let provisioners = Arc::clone(&stakes.provisioners);
                let executed = self.tip().executed + block.transactions.len();
                let stored = Stored { block: *block, label, provisioners: Arc::clone(&provisioners), executed, stakes };
                self.blocks.push(stored);
                Answer::Accepted { provisioners }
            }
            LedgerRequest::Revert { height, relabelled } => {
                let keep = usize::try_from(height).unwrap_or(usize::MAX).saturating_add(1).min(self.blocks.len());
                let blocks = self.blocks.drain(keep..).map(|stored| stored.block).collect();
                self.relabel(&relabelled);
                Answer::Reverted { blocks }
            }
        }
    }

    /// The state root that a block with this body leads to after the tip.
    #[must_use]
    pub fn root_after(&self, block: &Block) -> Hash {
        let punished = slashes(&block.header.failed_iterations, &block.faults);
        let (header, before) = (&block.header, self.tip().block.header.state_root);
        root(&before, header.height, &block.transactions, &block.faults, &punished)
    }

    fn verify(&self, block: &Block) -> Verdict {
        let header = &block.header;
        if header.prev_block_hash != self.tip().block.header.hash {
            return Verdict::Abstain;
        }
        let repeated = block.faults.iter().any(|fault| self.has_fault(fault));
        let in_order = self.next_transfers().starts_with(&block.transactions);
        let holds = !repeated && in_order && header.state_root == self.root_after(block);
        if holds { Verdict::Valid } else { Verdict::Invalid }
    }

    /// Up to two transfers that no block holds yet.
    fn next_transfers(&self) -> Vec<LedgerTransaction> {
        let most = 1 + self.blocks.len() % 2;
        transfers().iter().skip(self.tip().executed).take(most).cloned().collect()
    }

    fn has_fault(&self, fault: &Fault) -> bool {
        self.blocks.iter().flat_map(|stored| &stored.block.faults).any(|held| held.same_as(fault))
    }

    fn relabel(&mut self, labels: &[(u64, Label)]) {
        for (height, label) in labels {
            if let Some(stored) = usize::try_from(*height).ok().and_then(|place| self.blocks.get_mut(place)) {
                stored.label = *label;
            }
        }
    }

    fn stakes_after(&self, block: &Block) -> Stakes {
        let tip = self.tip();
        let punished = slashes(&block.header.failed_iterations, &block.faults);
        let first = tip.executed as u64 + 1;
        let nonces = first..first + block.transactions.len() as u64;
        let rewarded = if tip.stakes.failures.is_empty() { Vec::new() } else { self.rewarded(block) };
        tip.stakes.after(block.header.height, &punished, nonces, &rewarded, self.rules)
    }

    /// Whom a block rewards: its generator, and those who voted for the block before it.
    fn rewarded(&self, block: &Block) -> Vec<BlsKey> {
        let mut rewarded = vec![block.header.generator];
        if let [.., before, tip] = self.blocks.as_slice() {
            let tip = &tip.block.header;
            let mut committees =
                Committees::new(Arc::clone(&before.provisioners), before.block.header.seed, tip.height);
            let certificate = &block.header.prev_block_cert;
            let steps =
                [(StepName::Validation, certificate.validation), (StepName::Ratification, certificate.ratification)];
            for (step, votes) in steps {
                let committee = committees.voting(tip.iteration, step);
                rewarded.extend(committee.named(votes.bitset).map(|member| member.key));
            }
        }
        rewarded
    }
}

fn root(before: &Hash, height: u64, transactions: &[LedgerTransaction], faults: &[Fault], punished: &[Slash]) -> Hash {
    let mut hasher = Sha3_256::new().chain_update(before).chain_update(height.to_le_bytes());
    transactions.iter().for_each(|transaction| hasher.update(transaction.id()));
    faults.iter().for_each(|fault| hasher.update(fault.digest()));
    punished.iter().for_each(|slash| hasher.update(slash.provisioner.as_bytes()));
    hasher.finalize().into()
}

//! A small model of a ledger: transfers move money between accounts, and blocks change stakes. A state root is a hash
//! over the root before, the content of the block and the nonces and balances of accounts.
//!
//! In a part of the runs the shipped ledger takes its place ([`real`]); this one then is an index of it.

#[cfg(feature = "vm")]
pub mod real;
#[cfg(not(feature = "vm"))]
#[path = "ledger/absent.rs"]
pub mod real;
mod stakes;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use local_node_consensus::committee::Committees;
use local_node_consensus::faults::{Slash, slashes};
use local_node_consensus::{BeforeTip, BlockBody, Provisioners, Verdict};
use local_node_core::mempool::{Queue, Removal, TxId};
use local_node_core::{Answer, ChainBlock, LedgerRequest};
use local_node_types::bloom::Bloom;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, Fault, Hash, Header, Label, LedgerTransaction, StepName};
use local_node_types::rules::BLOCK_GAS_LIMIT;
use sha3::{Digest, Sha3_256};

pub use self::stakes::{EPOCH_BLOCKS, Rules, Stakes};
use crate::clients::{Accounts, Unfit};

/// When simulated chains begin, in seconds since 1970.
pub const GENESIS_SECONDS: u64 = 1_700_000_000;

/// The executor of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Machine {
    /// The model, in which a transfer is an entry in a map.
    #[default]
    Model,
    /// The shipped ledger with the genesis contracts in the virtual machine, and its database in a folder.
    Real,
}

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
    /// The accounts after it.
    pub accounts: Accounts,
    /// Rewards that were paid up to it, in LUX; none in the model.
    #[cfg_attr(not(feature = "vm"), allow(dead_code, reason = "only a real ledger pays rewards"))]
    paid: u64,
    /// The stakes after it, the provisioners among them.
    stakes: Stakes,
}

/// The committees that decide the block after one.
pub(crate) fn committees(before: &Stored, round: u64) -> Committees {
    Committees::new(before.provisioners.clone(), before.block.header.seed, round)
}

/// A chain of blocks, as it is on disk.
#[derive(Debug, Clone)]
pub struct Ledger {
    blocks: Vec<Stored>,
    rules: Rules,
    /// The provisioners that there were on any branch. Clones share them, so that committees are drawn once for all.
    known: Arc<Mutex<Vec<Arc<Provisioners>>>>,
}

impl Ledger {
    /// A chain that holds the genesis block only.
    #[must_use]
    pub fn new(provisioners: Arc<Provisioners>, rules: Rules) -> Self {
        let header = Header { timestamp: GENESIS_SECONDS, state_root: [9; 32], ..Header::default() };
        let hash = header.compute_hash();
        let block = Block { header: Header { hash, ..header }, ..Block::default() };
        let (stakes, accounts) = (Stakes::new(Arc::clone(&provisioners)), Accounts::new());
        let genesis = Stored { block, label: Label::Final(0), provisioners, executed: 0, accounts, paid: 0, stakes };
        Self { blocks: vec![genesis], rules, known: Arc::default() }
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

    /// The part of the chain that a core needs when it starts.
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

    /// Carries a request out. Changes of the chain are on disk when this returns.
    pub fn carry_out(&mut self, request: LedgerRequest) -> Answer {
        match request {
            LedgerRequest::Build { request, faults, queue } => {
                let faults: Vec<_> = faults.into_iter().filter(|fault| !self.has_fault(fault)).collect();
                let (transactions, unfit, accounts) = self.fill(queue);
                let mut punished = request.slashes;
                punished.extend(slashes(&local_node_types::ledger::IterationsInfo::default(), &faults));
                let before = (&request.prev_state_root, request.round);
                let state_root = root(before, &transactions, &accounts, &faults, &punished);
                let event_bloom = Bloom::default();
                let body = BlockBody { transactions, faults, state_root, event_bloom, gas_limit: BLOCK_GAS_LIMIT };
                Answer::Built { body: Box::new(body), unfit, postponed: None }
            }
            LedgerRequest::Verify(request) => Answer::Verified(self.verify(&request.block)),
            LedgerRequest::Accept { block, label, relabelled, .. } => {
                let Some(accounts) = self.accounts_after(&block).filter(|_| self.verify(&block) == Verdict::Valid)
                else {
                    return Answer::NotAccepted;
                };
                self.relabel(&relabelled);
                let stakes = self.stakes_after(&block);
                let provisioners = Arc::clone(&stakes.provisioners);
                let executed = self.tip().executed + block.transactions.len();
                let block = *block;
                let senders = Self::senders(std::slice::from_ref(&block), &accounts);
                let after = Arc::clone(&provisioners);
                let stored = Stored { block, label, provisioners: after, executed, accounts, paid: 0, stakes };
                self.blocks.push(stored);
                Answer::Accepted { provisioners, accounts: senders }
            }
            LedgerRequest::Revert { height, relabelled } => {
                let blocks = self.take_back(height, &relabelled);
                let accounts = Self::senders(&blocks, &self.tip().accounts);
                Answer::Reverted { blocks, accounts }
            }
        }
    }

    /// The state root that a block with this body leads to after the tip.
    #[must_use]
    pub fn root_after(&self, block: &Block) -> Hash {
        let punished = slashes(&block.header.failed_iterations, &block.faults);
        let (header, before) = (&block.header, self.tip().block.header.state_root);
        let accounts = self.accounts_after(block).unwrap_or_default();
        root((&before, header.height), &block.transactions, &accounts, &block.faults, &punished)
    }

    /// Books money of the tip to another account: a planted bug.
    pub(crate) fn misbook(&mut self) {
        if let Some(tip) = self.blocks.last_mut() {
            tip.accounts.misbook();
        }
    }

    fn verify(&self, block: &Block) -> Verdict {
        let header = &block.header;
        if header.prev_block_hash != self.tip().block.header.hash {
            return Verdict::Abstain;
        }
        let repeated = block.faults.iter().any(|fault| self.has_fault(fault));
        let runs = self.accounts_after(block).is_some();
        // Blocks that tests make up claim less.
        let affordable = header.gas_limit <= BLOCK_GAS_LIMIT;
        let holds = !repeated && runs && affordable && header.state_root == self.root_after(block);
        if holds { Verdict::Valid } else { Verdict::Invalid }
    }

    /// Takes all blocks above a height from the chain, lowest first.
    fn take_back(&mut self, height: u64, relabelled: &[(u64, Label)]) -> Vec<Block> {
        let keep = usize::try_from(height).unwrap_or(usize::MAX).saturating_add(1).min(self.blocks.len());
        let blocks = self.blocks.drain(keep..).map(|stored| stored.block).collect();
        self.relabel(relabelled);
        blocks
    }

    /// The most transfers that the next block takes: few, so that many blocks hold some.
    const fn transactions_of_next(&self) -> usize {
        1 + self.blocks.len() % 2
    }

    /// Takes transfers that run from the queue, as many as a block may hold; and those that never will.
    fn fill(&self, mut queue: Queue) -> (Vec<LedgerTransaction>, Vec<(TxId, Removal)>, Accounts) {
        let most = self.transactions_of_next();
        let (mut transactions, mut unfit, mut accounts) = (Vec::new(), Vec::new(), self.tip().accounts.clone());
        while transactions.len() < most
            && let Some(next) = queue.next()
        {
            match accounts.run(next.transaction()) {
                Ok(()) => {
                    queue.ran(&next);
                    transactions.push(next.transaction().clone());
                }
                Err(Unfit::Nonce) => {}
                Err(reason) => unfit.push((next.id(), Removal::CannotRun(format!("{reason:?}")))),
            }
        }
        (transactions, unfit, accounts)
    }

    /// The accounts after a block that follows the tip; nothing when one of its transactions does not run.
    fn accounts_after(&self, block: &Block) -> Option<Accounts> {
        let mut accounts = self.tip().accounts.clone();
        block.transactions.iter().try_for_each(|transaction| accounts.run(transaction)).ok()?;
        Some(accounts)
    }

    /// The accounts of those who sent the transactions of blocks.
    fn senders(blocks: &[Block], accounts: &Accounts) -> local_node_core::Accounts {
        let transactions = blocks.iter().flat_map(|block| &block.transactions);
        let keys: BTreeSet<_> =
            transactions.filter_map(|it| it.protocol().moonlight_sender()).map(BlsKey::from).collect();
        keys.into_iter().map(|key| (key, accounts.get(&key))).collect()
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
        let mut stakes = tip.stakes.after(block.header.height, &punished, nonces, &rewarded, self.rules);
        if !Arc::ptr_eq(&stakes.provisioners, &tip.provisioners) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match known.iter().find(|known| **known == stakes.provisioners) {
                Some(same) => stakes.provisioners = Arc::clone(same),
                None => known.push(Arc::clone(&stakes.provisioners)),
            }
        }
        stakes
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

/// The state root after a block; `before` is the root before it, and its height.
fn root(
    before: (&Hash, u64),
    transactions: &[LedgerTransaction],
    accounts: &Accounts,
    faults: &[Fault],
    punished: &[Slash],
) -> Hash {
    let mut hasher = Sha3_256::new().chain_update(before.0).chain_update(before.1.to_le_bytes());
    transactions.iter().for_each(|transaction| hasher.update(transaction.id()));
    for (_, account) in accounts.iter().filter(|_| !transactions.is_empty()) {
        hasher.update(account.nonce.to_le_bytes());
        hasher.update(account.balance.to_le_bytes());
    }
    faults.iter().for_each(|fault| hasher.update(fault.digest()));
    punished.iter().for_each(|slash| hasher.update(slash.provisioner.as_bytes()));
    hasher.finalize().into()
}

//! States as data: the changes of a commit, and the way back of a stored state.
//!
//! The machine keeps its states in memory. A caller that wants them to outlive the process takes each commit's changes
//! ([`Session::commit_with_changes`](crate::Session::commit_with_changes)), stores them, and later gives the state
//! back ([`Vm::restore`](crate::Vm::restore)). The machine knows nothing about where or how.

use std::fmt;
use std::io;
use std::sync::Arc;

use dusk_core::abi::ContractId;

use super::kept::KeptPages;
use super::{Change, Contract, ContractCode, Deployment, Hash, State, assign, is_genesis, place};
use crate::memory::{self, Backing};

/// Bytes of a page: the unit of the state root.
pub const PAGE_BYTES: usize = memory::PAGE_BYTES;
/// Bytes of a block: the unit of changes.
pub const BLOCK_BYTES: usize = memory::BLOCK_BYTES;
/// Blocks in a page.
pub const BLOCKS_PER_PAGE: u32 = memory::BLOCKS_PER_PAGE;

/// The changes of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateChanges {
    /// The contracts that it touched, in ascending order of their ids.
    pub contracts: Vec<ContractChange>,
}

/// The changes of a commit to one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractChange {
    /// The contract.
    pub id: ContractId,
    /// The deployed module, if the commit deployed one.
    pub deployed: Option<Deployed>,
    /// The length of its memory afterwards, in bytes.
    pub length: u64,
    /// The pages that were written, in ascending order.
    pub pages: Vec<PageChange>,
}

/// The parts of a contract that never change.
#[derive(Clone, PartialEq, Eq)]
pub struct Deployed {
    /// Its module.
    pub bytecode: Vec<u8>,
    /// Its owner.
    pub owner: Vec<u8>,
}

/// A page that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageChange {
    /// Which one.
    pub index: u32,
    /// BLAKE3 of its content now.
    pub hash: [u8; 32],
    /// The blocks in it that may have changed, in ascending order. Those that no commit has ever named are zero.
    pub blocks: Vec<BlockChange>,
}

/// A block that was written.
#[derive(Clone, PartialEq, Eq)]
pub struct BlockChange {
    /// Which one in the contract's memory: its offset divided by [`BLOCK_BYTES`].
    pub index: u32,
    /// Its [`BLOCK_BYTES`] bytes.
    pub bytes: Box<[u8]>,
}

/// A contract of a state that comes back.
#[derive(Debug, Clone)]
pub struct StoredContract {
    /// Its id.
    pub id: ContractId,
    /// When it was deployed: commits are counted in their order.
    pub deployed: u64,
    /// When it was last among a commit's changes.
    pub changed: u64,
    /// Its module.
    pub bytecode: Vec<u8>,
    /// Its owner.
    pub owner: Vec<u8>,
    /// The length of its memory, in bytes.
    pub length: u64,
    /// The pages that it has, in ascending order, with the BLAKE3 hashes of their contents.
    pub pages: Vec<(u32, [u8; 32])>,
    /// Where their contents are. They are read when the contract is first called.
    pub source: Arc<dyn StoredPages>,
}

/// The pages of one contract in one state, wherever they lie.
pub trait StoredPages: Send + Sync + fmt::Debug {
    /// Gives all pages that the contract has, in ascending order, each with its [`PAGE_BYTES`] bytes.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read(&self, give: &mut dyn FnMut(u32, &[u8])) -> io::Result<()>;
}

impl ContractChange {
    /// The data of a change.
    pub(crate) fn of<C: ContractCode>(change: &Change<'_, C>, is_new: bool) -> Self {
        let deployment = &change.before.deployment;
        let deployed =
            is_new.then(|| Deployed { bytecode: deployment.code.bytecode().to_vec(), owner: deployment.owner.clone() });
        let pages = change.pages.iter().map(|page| page_change(page.index, page.hash, page.bytes, page.written));
        Self { id: change.id, deployed, length: change.length as u64, pages: pages.collect() }
    }
}

impl<C: ContractCode> State<C> {
    /// The whole state, as what a commit on the empty one would have changed.
    pub(crate) fn as_changes(&self, backing: &dyn Backing) -> io::Result<StateChanges> {
        let contracts = self.contracts.iter().map(|(id, contract)| {
            let Deployment { code, owner } = &*contract.deployment;
            let mut pages = Vec::new();
            contract.tree.each(&mut |index, hash| pages.push((index, hash)));
            let kept = contract.pages(backing)?;
            let pages = pages.into_iter().map(|(index, hash)| {
                let index = u32::try_from(index).map_err(io::Error::other)?;
                let page = kept.get(&index).ok_or_else(|| io::Error::other("a page is in the tree only"))?;
                let bytes = page.to_vec()?;
                Ok(page_change(index, hash, &bytes, not_zero(&bytes)))
            });
            Ok(ContractChange {
                id: *id,
                deployed: Some(Deployed { bytecode: code.bytecode().to_vec(), owner: owner.clone() }),
                length: contract.length as u64,
                pages: pages.collect::<io::Result<_>>()?,
            })
        });
        Ok(StateChanges { contracts: contracts.collect::<io::Result<_>>()? })
    }

    /// The state of stored contracts, given their code.
    pub(crate) fn of_stored(mut contracts: Vec<(StoredContract, Arc<C>)>) -> Self {
        let mut state = Self::default();
        // Places in the tree are given at the first commit; where two ids share one, the last change counts.
        contracts.sort_by_key(|(contract, _)| (contract.deployed, contract.id));
        for (contract, _) in &contracts {
            assign(&mut state.leaves, &contract.id);
        }
        contracts.sort_by_key(|(contract, _)| (contract.changed, contract.id));
        for (stored, code) in contracts {
            let mut contract = Contract::new(Arc::new(Deployment { code, owner: stored.owner }));
            contract.length = usize::try_from(stored.length).unwrap_or(usize::MAX);
            for (index, hash) in &stored.pages {
                contract.tree.insert((*index).into(), *hash);
            }
            state.pages += if is_genesis(&stored.id) { 0 } else { stored.pages.len() };
            contract.pages = Arc::new(KeptPages::stored(stored.pages, stored.source));
            place(&mut state.leaves, &mut state.tree, &stored.id, contract.tree.root());
            state.contracts.insert(stored.id, Arc::new(contract));
        }
        state
    }
}

/// The blocks of a page that are not all zero, one bit for each.
fn not_zero(bytes: &[u8]) -> u16 {
    let blocks = (0..BLOCKS_PER_PAGE).zip(bytes.chunks_exact(BLOCK_BYTES));
    blocks.filter(|(_, block)| block.iter().any(|byte| *byte != 0)).fold(0, |mask, (block, _)| mask | 1 << block)
}

fn page_change(index: u32, hash: Hash, bytes: &[u8], written: u16) -> PageChange {
    let blocks = (0..BLOCKS_PER_PAGE).zip(bytes.chunks_exact(BLOCK_BYTES));
    let blocks = blocks.filter(|(block, _)| written & (1 << block) != 0);
    let blocks =
        blocks.map(|(block, bytes)| BlockChange { index: index * BLOCKS_PER_PAGE + block, bytes: bytes.into() });
    PageChange { index, hash, blocks: blocks.collect() }
}

impl fmt::Debug for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployed").field("bytes", &self.bytecode.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for BlockChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockChange").field("index", &self.index).finish_non_exhaustive()
    }
}

//! Committed states: contracts, their pages, and the root over them.

mod kept;
mod stored;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use dusk_core::abi::ContractId;
use dusk_core::stake::STAKE_CONTRACT;
use dusk_core::transfer::TRANSFER_CONTRACT;

use self::kept::KeptPages;
use crate::memory::{Backing, ChangedPage, Pages};
pub use stored::{
    BLOCK_BYTES, BLOCKS_PER_PAGE, BlockChange, ContractChange, Deployed, PAGE_BYTES, PageChange, StateChanges,
    StoredContract, StoredPages,
};
pub(crate) use tree::{Hash, Tree};

/// The root of a committed state. It is also its name.
pub type StateRoot = [u8; 32];

/// Height of the page tree of a contract with a 32-bit memory.
const PAGE_TREE_HEIGHT_32: u32 = 8;
/// Height of the page tree of a contract with a 64-bit memory.
const PAGE_TREE_HEIGHT_64: u32 = 13;
/// Height of the tree over contracts.
const STATE_TREE_HEIGHT: u32 = 32;

/// Whether an id is that of a genesis contract.
pub(crate) fn is_genesis(id: &ContractId) -> bool {
    *id == TRANSFER_CONTRACT || *id == STAKE_CONTRACT
}

/// The interface of a state to the code of its contracts. The compiled code is linked to the session that runs it, and
/// a session reads states, so states are generic over it.
pub(crate) trait ContractCode: fmt::Debug {
    /// The module as it was deployed.
    fn bytecode(&self) -> &[u8];

    /// Whether its memory has 64-bit addresses.
    fn memory64(&self) -> bool;
}

/// The parts of a contract that never change.
#[derive(Debug)]
pub(crate) struct Deployment<C> {
    pub(crate) code: Arc<C>,
    pub(crate) owner: Vec<u8>,
}

/// A contract in a committed state.
#[derive(Debug)]
pub(crate) struct Contract<C> {
    pub(crate) deployment: Arc<Deployment<C>>,
    pages: Arc<KeptPages>,
    pub(crate) length: usize,
    tree: Tree<4>,
}

// Deriving it would ask the same of the code, which is shared.
impl<C> Clone for Contract<C> {
    fn clone(&self) -> Self {
        let Self { deployment, pages, length, tree } = self;
        Self { deployment: Arc::clone(deployment), pages: Arc::clone(pages), length: *length, tree: tree.clone() }
    }
}

impl<C: ContractCode> Contract<C> {
    /// A contract that has no pages yet.
    pub(crate) fn new(deployment: Arc<Deployment<C>>) -> Self {
        let height = if deployment.code.memory64() { PAGE_TREE_HEIGHT_64 } else { PAGE_TREE_HEIGHT_32 };
        Self { deployment, pages: Arc::default(), length: 0, tree: Tree::new(height) }
    }

    /// Mappings that its pages need at most: one for each page, and one for each gap before a page.
    pub(crate) fn mappings(&self) -> usize {
        self.pages.mappings()
    }

    /// Its pages. Those of a contract that was committed in an earlier life are read when they are first asked for.
    pub(crate) fn pages(&self, backing: &dyn Backing) -> io::Result<Arc<Pages>> {
        self.pages.get(backing)
    }
}

/// A committed state.
#[derive(Debug)]
pub(crate) struct State<C> {
    contracts: BTreeMap<ContractId, Arc<Contract<C>>>,
    /// Leaf of the tree by the position that an id maps to; ids that map to the same position share a leaf.
    leaves: BTreeMap<u32, u64>,
    tree: Tree<2>,
    /// Pages of all contracts but the genesis contracts.
    pages: usize,
}

impl<C> Clone for State<C> {
    fn clone(&self) -> Self {
        let Self { contracts, leaves, tree, pages } = self;
        Self { contracts: contracts.clone(), leaves: leaves.clone(), tree: tree.clone(), pages: *pages }
    }
}

impl<C> Default for State<C> {
    fn default() -> Self {
        Self { contracts: BTreeMap::new(), leaves: BTreeMap::new(), tree: Tree::new(STATE_TREE_HEIGHT), pages: 0 }
    }
}

/// The changes of a session to one contract.
#[derive(Debug)]
pub(crate) struct Change<'a, C> {
    pub(crate) id: ContractId,
    /// The contract in the state before, or a new one.
    pub(crate) before: Contract<C>,
    pub(crate) length: usize,
    pub(crate) pages: Vec<ChangedPage<'a>>,
}

impl<C: ContractCode> State<C> {
    /// Its root.
    pub(crate) fn root(&self) -> StateRoot {
        self.tree.root()
    }

    /// The pages of all contracts but the genesis contracts.
    pub(crate) fn pages(&self) -> usize {
        self.pages
    }

    /// How many pages it has that `other` does not share.
    pub(crate) fn own_pages(&self, other: &Self) -> usize {
        let own = |(id, contract): (&ContractId, &Arc<Contract<C>>)| match other.contracts.get(id) {
            Some(other) if Arc::ptr_eq(&contract.pages, &other.pages) => 0,
            Some(other) => contract.pages.own(&other.pages),
            None => contract.pages.loaded_count(),
        };
        self.contracts.iter().map(own).sum()
    }

    /// A contract.
    pub(crate) fn contract(&self, id: &ContractId) -> Option<&Arc<Contract<C>>> {
        self.contracts.get(id)
    }

    /// All contracts, in order of their ids.
    pub(crate) fn contracts(&self) -> impl Iterator<Item = &ContractId> {
        self.contracts.keys()
    }

    /// The root after `changes`, which come in ascending order of ids.
    pub(crate) fn root_after(&self, changes: &[Change<'_, C>]) -> StateRoot {
        let (mut leaves, mut tree) = (self.leaves.clone(), self.tree.clone());
        for change in changes {
            let mut pages = change.before.tree.clone();
            for page in &change.pages {
                pages.insert(page.index.into(), page.hash);
            }
            place(&mut leaves, &mut tree, &change.id, pages.root());
        }
        tree.root()
    }

    /// The state after `changes`, which come in ascending order of ids; their pages are kept in `backing`.
    pub(crate) fn after(&self, changes: Vec<Change<'_, C>>, backing: &dyn Backing) -> io::Result<Self> {
        let mut state = self.clone();
        for Change { id, before: mut contract, length, pages } in changes {
            if !pages.is_empty() {
                let mut kept = Pages::clone(&*contract.pages(backing)?);
                let before = kept.len();
                for page in pages {
                    contract.tree.insert(page.index.into(), page.hash);
                    kept.insert(page.index, backing.keep(page.bytes)?);
                }
                state.pages += if is_genesis(&id) { 0 } else { kept.len() - before };
                contract.pages = Arc::new(KeptPages::loaded(kept));
            }
            contract.length = length;
            place(&mut state.leaves, &mut state.tree, &id, contract.tree.root());
            state.contracts.insert(id, Arc::new(contract));
        }
        Ok(state)
    }
}

fn place(leaves: &mut BTreeMap<u32, u64>, tree: &mut Tree<2>, id: &ContractId, leaf: Hash) {
    let position = assign(leaves, id);
    tree.insert(position, leaf);
}

/// The leaf of a contract: positions are counted from 1, in the order in which contracts come.
fn assign(leaves: &mut BTreeMap<u32, u64>, id: &ContractId) -> u64 {
    let next = leaves.len() as u64 + 1;
    *leaves.entry(position_of(id)).or_insert(next)
}

/// Where an id maps to: the wrapping sum of its eight little-endian words.
fn position_of(id: &ContractId) -> u32 {
    let words = id.as_bytes().chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    words.fold(0, u32::wrapping_add)
}

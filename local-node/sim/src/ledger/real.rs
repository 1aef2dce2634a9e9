//! The shipped ledger and virtual machine, over a folder, in place of the model.
//!
//! The node's [`Ledger`] stays what checkers look at. Here it is an index of the real chain: every entry is read from
//! the real ledger after a change. An audit compares the two, and the state with what the blocks say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use local_node::NodeError;
use local_node::answers::{accounts, removal, senders, verdict};
use local_node::block::StoredBlock;
use local_node::executor::Executor;
use local_node::genesis::{self, Allocation};
use local_node::ledger::{BuildLimits, InvalidBlock, Ledger as RealChain, LedgerError, stakes};
use local_node::store::{Identity, Store};
use local_node_consensus::{BeforeTip, Decision, Provisioners, RequestId, Verdict};
use local_node_core::{Answer, ChainBlock, LedgerId, LedgerRequest};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Label;
use local_node_types::rules::{LUX_PER_DUSK, Profile};
use local_node_vm::Vm;
use tempfile::TempDir;

use super::{GENESIS_SECONDS, Ledger, Rules, Stakes, Stored};
use crate::clients::{self, Accounts, CHAIN_ID, CLIENTS};
use crate::keys::{Scheme, point};

/// The part of a chain from which a core starts.
type Unsettled = (Option<BeforeTip>, ChainBlock, Vec<ChainBlock>);

/// The real ledger of a node.
#[derive(Debug)]
pub struct RealLedger {
    folder: TempDir,
    allocation: Allocation,
    scheme: Scheme,
    /// Nothing while the node is down.
    chain: Option<RealChain>,
    /// By which request of the consensus a candidate was executed.
    executed: BTreeMap<LedgerId, RequestId>,
    /// Whether reverted blocks keep what they have done: a planted bug.
    keeps_state: bool,
}

/// Where compiled modules are kept between machines and runs.
fn modules() -> PathBuf {
    std::env::temp_dir().join("local-node-sim-modules")
}

fn problem(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl RealLedger {
    /// A new chain in a folder of its own, and its index. Stakes are in DUSK.
    ///
    /// # Errors
    /// When the folder, the machine or the genesis state cannot be made.
    pub fn new(stakes: &[u64], scheme: Scheme, keeps_state: bool) -> Result<(Self, Ledger), String> {
        let funded = (0..CLIENTS).map(|client| (clients::point(client), clients::FUNDS));
        let staked = (1..).zip(stakes).map(|(number, dusk)| (point(number), dusk * LUX_PER_DUSK));
        let allocation = Allocation { accounts: funded.collect(), stakes: staked.collect() };
        let folder = TempDir::with_prefix("local-node-sim-").map_err(|error| problem(&error))?;
        let mut real = Self { folder, allocation, scheme, chain: None, executed: BTreeMap::new(), keeps_state };
        real.open()?;
        let block = StoredBlock::genesis(real.chain()?.tip().clone());
        let genesis = real.stored(&block, Label::Final(0), None)?;
        Ok((real, Ledger { blocks: vec![genesis], rules: Rules::CHAIN, known: Arc::default() }))
    }

    /// Closes the database, as the end of a process does.
    pub fn close(&mut self) {
        self.chain = None;
        self.executed.clear();
    }

    /// Opens the database again, with a new machine, and gives what a core starts from.
    ///
    /// # Errors
    /// When it cannot be opened, or does not hold the chain that the index holds.
    pub fn restart(&mut self, index: &Ledger) -> Result<Unsettled, String> {
        self.close();
        self.open()?;
        self.audit(index)?;
        let found = self.chain()?.unsettled().map_err(|error| problem(&error))?;
        let expected = index.restart();
        let plain = |(before, first, unsettled): &Unsettled| {
            let block = |it: &ChainBlock| (it.header.hash, Provisioners::clone(&it.provisioners));
            let before = before.as_ref().map(|it| (it.seed, Provisioners::clone(&it.provisioners)));
            (before, block(first), unsettled.iter().map(block).collect::<Vec<_>>())
        };
        if plain(&found) == plain(&expected) {
            Ok(found)
        } else {
            Err("the disk gives another chain or other stakes than the node had".to_owned())
        }
    }

    /// Carries a request out, and keeps the index in step. Changes of the chain are on disk when this returns.
    ///
    /// # Errors
    /// Returns the fault of the ledger beside the answer.
    pub fn carry_out(
        &mut self,
        id: LedgerId,
        request: LedgerRequest,
        index: &mut Ledger,
    ) -> (Answer, Result<(), String>) {
        let changes = matches!(request, LedgerRequest::Accept { .. } | LedgerRequest::Revert { .. });
        match self.answer(id, request, index) {
            Ok(answer) => {
                let audited = if changes { self.audit(index) } else { Ok(()) };
                (answer, audited)
            }
            Err((answer, what)) => (answer, Err(what)),
        }
    }

    fn answer(&mut self, id: LedgerId, request: LedgerRequest, index: &mut Ledger) -> Result<Answer, (Answer, String)> {
        let Self { chain, executed, keeps_state, .. } = self;
        let Some(chain) = chain else { return Err((Answer::Failed, "the database is closed".to_owned())) };
        match request {
            LedgerRequest::Build { request, .. } if request.prev_state_root != chain.tip().state_root => {
                Ok(Answer::NotBuilt)
            }
            LedgerRequest::Build { request, faults, queue } => {
                let mut limits = BuildLimits::new(None);
                limits.transactions = index.transactions_of_next();
                let built = chain.build(&request, faults, &queue, limits);
                let built = built.map_err(|error| (Answer::NotBuilt, problem(&error)))?;
                executed.insert(id, request.id);
                let unfit = built.unfit.into_iter().map(|(id, reason)| (id, removal(reason))).collect();
                Ok(Answer::Built { body: Box::new(built.body), unfit, postponed: built.postponed })
            }
            LedgerRequest::Verify(request) if request.block.header.prev_block_hash != chain.tip().hash => {
                Ok(Answer::Verified(Verdict::Abstain))
            }
            LedgerRequest::Verify(request) => {
                let verified = chain.verify(&request);
                executed.insert(id, request.id);
                let answer = Answer::Verified(verdict(&verified));
                match verified {
                    Ok(()) | Err(LedgerError::Invalid { .. }) => Ok(answer),
                    Err(error) => Err((answer, problem(&error))),
                }
            }
            LedgerRequest::Accept { block, executed: by, label, relabelled } => {
                let request = by.and_then(|id| executed.get(&id).copied());
                let accepted = match chain.accept_labelled(Decision { block: *block, request }, label, &relabelled) {
                    Ok(accepted) => accepted,
                    Err(LedgerError::Invalid { problem: InvalidBlock::Blob { .. }, .. }) => return Ok(Answer::Altered),
                    Err(LedgerError::Invalid { .. }) => return Ok(Answer::NotAccepted),
                    Err(error) => return Err((Answer::Failed, problem(&error))),
                };
                executed.clear();
                let provisioners = Arc::clone(chain.provisioners());
                let senders = senders(chain, std::slice::from_ref(&accepted.block.block));
                let before = index.tip().clone();
                let stored =
                    self.stored(&accepted.block, label, Some(&before)).map_err(|what| (Answer::Failed, what))?;
                index.relabel(&relabelled);
                index.blocks.push(stored);
                Ok(Answer::Accepted { provisioners, accounts: senders })
            }
            LedgerRequest::Revert { height, relabelled } => {
                if !*keeps_state {
                    chain.revert_to(height, &relabelled).map_err(|error| (Answer::Failed, problem(&error)))?;
                }
                executed.clear();
                let blocks = index.take_back(height, &relabelled);
                let accounts = senders(chain, &blocks);
                Ok(Answer::Reverted { blocks, accounts })
            }
        }
    }

    fn chain(&self) -> Result<&RealChain, String> {
        self.chain.as_ref().ok_or_else(|| "the database is closed".to_owned())
    }

    fn open(&mut self) -> Result<(), String> {
        let opened = || {
            let vm = Vm::with_module_cache(&modules())?;
            let (chain_id, rules) = (CHAIN_ID, Profile::Local);
            let (allocation, genesis_time) = (self.allocation.digest(), Some(GENESIS_SECONDS));
            let identity = Identity { chain_id, rules, allocation, genesis_time };
            let store = Store::open(self.folder.path(), &identity, || {
                let root = genesis::state(&vm, chain_id, rules, &self.allocation)?;
                let state = vm.export(&root)?;
                Ok::<_, NodeError>((StoredBlock::genesis(genesis::header(GENESIS_SECONDS, root)), state))
            })?;
            Ok::<_, NodeError>(RealChain::resume(Executor::new(vm, chain_id, rules), store)?)
        };
        let chain = opened().map_err(|error| problem(&error))?;
        self.chain = Some(chain.with_signatures(&self.scheme.signatures()));
        Ok(())
    }

    /// The entry of the tip in the index, read from its state.
    fn stored(&self, block: &StoredBlock, label: Label, before: Option<&Stored>) -> Result<Stored, String> {
        let chain = self.chain()?;
        let provisioners = Arc::clone(chain.provisioners());
        let fees = before.map_or(0, |before| before.accounts.fees()) + block.fees;
        let paid: u64 = block.rewards.iter().map(|reward| reward.value).sum();
        Ok(Stored {
            block: block.block.clone(),
            label,
            stakes: Stakes::new(Arc::clone(&provisioners)),
            provisioners,
            executed: before.map_or(0, |before| before.executed) + block.block.transactions.len(),
            accounts: self.accounts(fees)?,
            paid: before.map_or(0, |before| before.paid) + paid,
        })
    }

    /// The accounts of the clients, as the state of the tip has them.
    fn accounts(&self, fees: u64) -> Result<Accounts, String> {
        let keys: BTreeMap<BlsKey, PublicKey> =
            (0..CLIENTS).map(|client| (clients::account(client), clients::point(client))).collect();
        let found = accounts(self.chain()?, keys);
        if found.len() as u64 == CLIENTS {
            Ok(Accounts::read(found, fees))
        } else {
            Err("the accounts of the tip cannot be read".to_owned())
        }
    }

    /// The disk holds the chain of the index, and the state is that of its tip.
    fn audit(&self, index: &Ledger) -> Result<(), String> {
        let (chain, tip) = (self.chain()?, index.tip());
        let header = &tip.block.header;
        if chain.tip().hash != header.hash || chain.store().tip().header().hash != header.hash {
            return Err(format!("the disk does not end with block {}", header.height));
        }
        let pending = chain.store().pending();
        let expected = index.blocks.iter().map(|stored| (stored.block.header.height, stored.label));
        let expected: Vec<_> = expected.filter(|(_, label)| !label.is_final()).collect();
        if pending != expected || chain.store().last_final() != index.final_height() {
            return Err(format!("the disk has the labels {pending:?}, the node {expected:?}"));
        }
        if **chain.provisioners() != *tip.provisioners {
            return Err(format!("the state of block {} has other stakes than it had", header.height));
        }
        if self.accounts(tip.accounts.fees())? != tip.accounts {
            return Err(format!("the state of block {} has other accounts than it had", header.height));
        }
        self.audit_stakes(tip)
    }

    /// Checks that the first stakes are staked or locked, and that rewards equal the payments of blocks.
    fn audit_stakes(&self, tip: &Stored) -> Result<(), String> {
        let (chain, header) = (self.chain()?, &tip.block.header);
        let found = stakes(chain.executor(), header.state_root, header.height).map_err(|error| problem(&error))?;
        let staked: u64 = found.iter().filter_map(|(_, it)| it.amount).map(|it| it.value + it.locked).sum();
        let first: u64 = self.allocation.stakes.iter().map(|(_, lux)| lux).sum();
        let rewards: u64 = found.iter().map(|(_, it)| it.reward).sum();
        if staked != first {
            return Err(format!("{staked} LUX are staked after block {}, {first} were at first", header.height));
        }
        if rewards != tip.paid {
            return Err(format!("rewards are {rewards} LUX after block {}, blocks paid {}", header.height, tip.paid));
        }
        let keys: BTreeSet<_> = found.iter().map(|(keys, _)| BlsKey::from(&keys.account)).collect();
        if keys.len() == found.len() { Ok(()) } else { Err("a provisioner has two stakes".to_owned()) }
    }
}

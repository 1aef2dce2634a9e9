//! Clients that send transfers, and what has to hold of those that wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use local_node_core::mempool::{TxId, ValidTransaction};
use local_node_core::{Input, Origin};
use local_node_types::ledger::{Block, LedgerTransaction};

use super::{Event, World};
use crate::clients::{CLIENTS, FIRST_TRANSFERS, GAS_LIMIT, REAL_GAS_LIMIT, account, transfer};
use crate::ledger::Machine;
use crate::marks::Mark;
use crate::node::{Packet, Ray};

/// How far ahead of the next nonce of its account a client sends.
const MAX_AHEAD: u64 = 4;
/// The prices that clients pay for gas, in LUX: one transfer replaces another one of a lower price.
const MAX_PRICE: u64 = 3;

impl World {
    /// Lets the transfers of the first account wait at a node, as if all had heard of them.
    pub(super) fn fund_mempool(&mut self, node: usize) {
        for nonce in 1..=FIRST_TRANSFERS {
            self.give_transfer(node, transfer(0, nonce, 1, self.gas_limit()), Origin::Peer);
        }
    }

    /// A client sends a transfer to one of the nodes: the next one of its account, or one that comes a little later, or
    /// one that waits already.
    pub(super) fn send_transfer(&mut self) {
        let wait = 1 + self.rng.below(self.plan.transfers);
        self.schedule(wait, Event::Client);
        let (node, client) = (self.rng.place(self.nodes.len()), self.rng.below(CLIENTS));
        let (ahead, price) = (self.rng.between(1, MAX_AHEAD), self.rng.between(1, MAX_PRICE));
        if self.nodes[node].core.is_none() {
            return;
        }
        let nonce = self.nodes[node].ledger.tip().accounts.get(&account(client)).nonce + ahead;
        let parked = self.parked(node);
        self.give_transfer(node, transfer(client, nonce, price, self.gas_limit()), Origin::Client);
        if self.parked(node) > parked {
            self.marks.note(Mark::Parked);
        }
    }

    /// The gas limit of transfers: real ones take more than those of the model.
    const fn gas_limit(&self) -> u64 {
        match self.options.machine {
            Machine::Model => GAS_LIMIT,
            Machine::Real => REAL_GAS_LIMIT,
        }
    }

    fn parked(&self, node: usize) -> usize {
        self.nodes[node].core.as_ref().map_or(0, |core| core.prequeue().len())
    }

    /// Gives a node a transfer. Says whether it waits there now.
    fn give_transfer(&mut self, node: usize, transaction: ValidTransaction, origin: Origin) -> bool {
        let account = self.nodes[node].ledger.tip().accounts.get(&transaction.sender());
        self.nodes[node].taken = false;
        self.handle(node, Input::Transaction { transaction, account, origin });
        self.nodes[node].taken
    }

    /// A peer has sent a transfer. A good and new one is passed on.
    ///
    /// That a transfer leaves a node once is for its network layer, not for its core: a core may take a transfer again
    /// that was parked when it came first.
    pub(super) fn hear_transfer(
        &mut self,
        node: usize,
        from: usize,
        ray: Option<Ray>,
        packet: &Arc<Packet>,
        transaction: LedgerTransaction,
    ) {
        let Ok(transaction) = ValidTransaction::of_block(transaction) else {
            return self.violate(format!("node {from} sent what is no transfer"));
        };
        let tip = &self.nodes[node].ledger;
        let is_old = tip.tip().accounts.get(&transaction.sender()).nonce >= transaction.nonce();
        if !is_old
            && self.give_transfer(node, transaction, Origin::Peer)
            && let Some(ray) = ray
            && self.nodes[node].core.is_some()
            && !self.nodes[node].forwarded.contains(&ray)
        {
            self.forward(node, from, ray, packet);
        }
    }

    /// Answers a core that asks for the account of a parked transfer.
    pub(super) fn read_account(&mut self, node: usize, transfer: &ValidTransaction) {
        let account = self.nodes[node].ledger.tip().accounts.get(&transfer.sender());
        self.handle(node, Input::Account { id: transfer.id(), account: Some(Ok(account)) });
    }

    /// A node has accepted its tip: the transfers in it need not wait any more.
    pub(super) fn note_included(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        for id in state.ledger.tip().block.transactions.iter().map(TxId::of) {
            state.admitted.remove(&id);
        }
    }

    /// Takes note of transfers in blocks that were taken back: they must not be lost.
    pub(super) fn note_owed(&mut self, node: usize, blocks: &[Block]) {
        let transactions = blocks.iter().flat_map(|block| &block.transactions);
        let owed = transactions.filter_map(|it| ValidTransaction::of_block(it.clone()).ok());
        let owed: Vec<_> = owed.map(|transfer| (transfer.sender(), transfer.nonce())).collect();
        self.nodes[node].owed.extend(owed);
    }

    /// The chain of a node has changed. An admitted transfer waits until a block holds it or its removal was told.
    /// A sender's waiting nonces are consecutive from its next one. A transfer of a block that was taken back waits
    /// again, or a block holds its nonce.
    pub(super) fn check_mempool(&mut self, node: usize, reverted: bool) {
        let Some(core) = &self.nodes[node].core else { return };
        let accounts = &self.nodes[node].ledger.tip().accounts;
        let mut waiting = BTreeMap::<_, Vec<u64>>::new();
        for transfer in core.mempool().iter() {
            waiting.entry(transfer.sender()).or_default().push(transfer.nonce());
        }
        let mut found = Ok(());
        let mut admitted = self.nodes[node].admitted.iter();
        if let Some(id) = admitted.find(|id| core.mempool().transaction(id).is_none()) {
            found = Err(format!("transfer {id} vanishes: no block holds it, and nobody was told of its removal"));
        }
        for (sender, nonces) in &mut waiting {
            nonces.sort_unstable();
            let next = accounts.get(sender).nonce + 1;
            if !nonces.iter().copied().eq(next..next + nonces.len() as u64) {
                found = Err(format!("nonces {nonces:?} wait where {next} is the next one"));
            }
        }
        let mut owed = std::mem::take(&mut self.nodes[node].owed);
        let accounts = &self.nodes[node].ledger.tip().accounts;
        owed.retain(|(sender, nonce)| accounts.get(sender).nonce < *nonce);
        let waits = |sender, nonce| waiting.get(sender).is_some_and(|nonces| nonces.contains(nonce));
        if let Some((_, nonce)) = owed.iter().find(|(sender, nonce)| !waits(sender, nonce)) {
            found = Err(format!("a reverted transaction is lost: nonce {nonce} does not wait again"));
        } else if reverted && !owed.is_empty() {
            self.marks.note(Mark::WaitedAgain);
        }
        self.nodes[node].owed = owed;
        self.check(node, found);
    }
}

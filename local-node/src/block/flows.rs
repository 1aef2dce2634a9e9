//! The public money that a transaction moved.

use std::collections::BTreeSet;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::withdraw::WithdrawReceiver;
use dusk_core::transfer::{
    CONTRACT_TO_ACCOUNT_TOPIC, CONVERT_TOPIC, ContractToAccountEvent, ConvertEvent, MINT_TOPIC, MOONLIGHT_TOPIC,
    RefundAddress, TRANSFER_CONTRACT, Transaction, WITHDRAW_TOPIC, WithdrawEvent,
};
use local_node_types::keys::BlsKey;

use super::SpentTransaction;
use crate::archive::decode;

/// The public balances that a transaction changed, from the transfer contract's events.
///
/// As production counts it: the sender of a public transaction always paid; a refund of the sender's payment for gas is
/// no receipt, unless somebody else gets it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flows {
    /// The payers.
    pub from: BTreeSet<BlsKey>,
    /// The receivers.
    pub to: BTreeSet<BlsKey>,
}

impl Flows {
    /// The flows of a transaction in a block.
    #[must_use]
    pub fn of(spent: &SpentTransaction) -> Self {
        let mut flows = Self::default();
        for event in spent.events.iter().filter(|event| event.source == TRANSFER_CONTRACT && !event.reverted) {
            match event.topic.as_str() {
                // The decoded transaction has the data of this event.
                MOONLIGHT_TOPIC => flows.add_payment(spent),
                CONVERT_TOPIC => {
                    flows.receive(decode::<ConvertEvent>(&event.data).ok().map(|it| it.receiver));
                }
                WITHDRAW_TOPIC | MINT_TOPIC => {
                    flows.receive(decode::<WithdrawEvent>(&event.data).ok().map(|it| it.receiver));
                }
                CONTRACT_TO_ACCOUNT_TOPIC => {
                    let decoded = decode::<ContractToAccountEvent>(&event.data).ok();
                    flows.to.extend(decoded.map(|it| BlsKey::from(&it.receiver)));
                }
                _ => {}
            }
        }
        flows
    }

    /// Whether any public money moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.is_empty() && self.to.is_empty()
    }

    fn add_payment(&mut self, spent: &SpentTransaction) {
        let Transaction::Moonlight(inner) = spent.transaction.protocol() else { return };
        let sender = BlsKey::from(inner.sender());
        self.from.insert(sender);
        match inner.receiver() {
            Some(receiver) => {
                self.to.insert(BlsKey::from(receiver));
            }
            None if spent.events.len() == 1 => {
                self.to.insert(sender);
            }
            None => {}
        }
        let refunded: Option<&PublicKey> = match spent.transaction.protocol().refund_address() {
            RefundAddress::Moonlight(key) if key != inner.sender() => Some(key),
            _ => None,
        };
        let unspent = inner.gas_limit().saturating_sub(spent.gas_spent);
        self.to.extend(refunded.filter(|_| unspent > 0).map(BlsKey::from));
    }

    fn receive(&mut self, receiver: Option<WithdrawReceiver>) {
        if let Some(WithdrawReceiver::Moonlight(key)) = receiver {
            self.to.insert(BlsKey::from(&key));
        }
    }
}

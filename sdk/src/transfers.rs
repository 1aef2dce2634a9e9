//! The values that contracts exchange with the transfer contract.
//!
//! The types have the encodings of those with the same names in `dusk-core`, which `tests/it/chain_types.rs` compares.
//! They are here so that a contract does not compile all kinds of transactions.

use alloc::string::String;
use alloc::vec::Vec;

use bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Serialize};

use crate::text::{Members, push_hex};
use crate::value::Value;
use crate::wire::Wire;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{self, Given, JsonError, Shape, Type, Types, hex_bytes},
};
use crate::{Account, ContractId, Dusk, Field};

/// The id of the transfer contract.
pub const TRANSFER_CONTRACT: ContractId = {
    let mut bytes = [0; ContractId::BYTES];
    bytes[0] = 1;
    ContractId::from_bytes(bytes)
};

/// The argument of `contract_to_account`: a payment of the calling contract to a public account.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `ContractToAccount` alone"),
    doc = "A [`ContractToAccount`] on the wire."
)]
pub struct ContractToAccount {
    /// The account that is paid.
    pub account: Account,
    /// LUX.
    pub value: u64,
}

/// The argument of `contract_to_contract`: a payment of the calling contract to another one, and the call that hands it
/// over.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `ContractToContract` alone"),
    doc = "A [`ContractToContract`] on the wire."
)]
pub struct ContractToContract {
    /// The contract that is paid.
    pub contract: ContractId,
    /// LUX.
    pub value: u64,
    /// The function of that contract which the transfer contract calls.
    pub fn_name: String,
    /// The payer's bytes for that function.
    pub data: Vec<u8>,
}

/// The argument of a function that receives a payment from a contract. The transfer contract calls it.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `ReceiveFromContract` alone"),
    doc = "A [`ReceiveFromContract`] on the wire."
)]
pub struct ReceiveFromContract {
    /// The contract that pays.
    pub contract: ContractId,
    /// LUX.
    pub value: u64,
    /// The payer's bytes.
    pub data: Vec<u8>,
}

/// A withdrawal that its receiver has signed. A contract that grants it passes it on with
/// [`withdraw`](crate::money::withdraw).
///
/// Wallets make withdrawals, with the type of this name in `dusk-core`: `Withdraw::decode(&theirs.encode()?)` converts
/// one, because [`Wire`] encodes both types the same.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `Withdraw` alone"),
    doc = "A [`Withdraw`] on the wire."
)]
pub struct Withdraw {
    /// The contract that pays.
    pub contract: ContractId,
    /// LUX.
    pub value: u64,
    /// The account or address that is paid.
    pub receiver: WithdrawReceiver,
    /// The part of the transaction that makes the withdrawal valid in it alone.
    pub token: WithdrawReplayToken,
    /// The receiver's signature of all of it.
    pub signature: WithdrawSignature,
}

/// The receiver of a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `WithdrawReceiver` alone"),
    doc = "A [`WithdrawReceiver`] on the wire."
)]
pub enum WithdrawReceiver {
    /// A shielded address.
    Phoenix(StealthAddress),
    /// A public account.
    Moonlight(Account),
}

/// The part of a transaction that a withdrawal names, so that it is valid in this transaction alone.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `WithdrawReplayToken` alone"),
    doc = "A [`WithdrawReplayToken`] on the wire."
)]
pub enum WithdrawReplayToken {
    /// The nullifiers of a shielded transaction.
    Phoenix(Vec<Field>),
    /// The nonce of a public transaction.
    Moonlight(u64),
}

/// The signature of a withdrawal, which the transfer contract verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `WithdrawSignature` alone"),
    doc = "A [`WithdrawSignature`] on the wire."
)]
pub enum WithdrawSignature {
    /// The signature of a shielded address.
    Phoenix(NoteSignature),
    /// The signature of a public account.
    Moonlight(AccountSignature),
}

/// A shielded address: two points of JubJub, of five coordinates each. Contracts pass it on unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `StealthAddress` alone"),
    doc = "A [`StealthAddress`] on the wire."
)]
pub struct StealthAddress {
    limbs: [u64; 2 * 5 * 4],
}

/// A Schnorr signature: a scalar and a point of JubJub. Contracts pass it on unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `NoteSignature` alone"),
    doc = "A [`NoteSignature`] on the wire."
)]
pub struct NoteSignature {
    limbs: [u64; 4 + 5 * 4],
}

/// A BLS signature: a point of two coordinates, and the flag for the point at infinity. Contracts pass it on unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, Debug),
    allow(missing_docs, reason = "it is read through `AccountSignature` alone"),
    doc = "An [`AccountSignature`] on the wire."
)]
pub struct AccountSignature {
    limbs: [u64; 2 * 6],
    infinity: u8,
}

impl Value for ReceiveFromContract {
    fn write_json(&self, out: &mut String) {
        let mut object = Members::object(out);
        self.contract.write_json(object.field("contract"));
        Dusk::from_lux(self.value).write_json(object.field("value"));
        self.data.write_json(object.field("data"));
        object.end();
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let given = Given::object(&["contract", "value", "data"], json)?;
        Ok(Self { contract: given.read(0)?, value: given.read::<Dusk>(1)?.lux(), data: given.read(2)? })
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        types.define::<Self>(
            "ReceiveFromContract",
            "A payment from a contract, as the transfer contract hands it over.",
            |_| {
                Shape::Struct(alloc::vec![
                    json::Field::new("contract", "The contract that pays.", Type::Contract),
                    json::Field::new("value", "How much.", Type::Amount),
                    json::Field::new("data", "What the payer says with it.", Type::Bytes),
                ])
            },
        )
    }
}

macro_rules! opaque {
    ($($ty:ty, $what:literal;)*) => {$(
        /// In JSON the value is the hexadecimal text of its encoding.
        impl Value for $ty {
            fn write_json(&self, out: &mut String) {
                out.push('"');
                push_hex(out, &Wire::encode(self).unwrap_or_default());
                out.push('"');
            }

            #[cfg(feature = "json")]
            fn read_json(json: &Json) -> Result<Self, JsonError> {
                Wire::decode(&hex_bytes(json)?).map_err(|_| JsonError::expected($what, json))
            }

            #[cfg(feature = "json")]
            fn describe(_: &mut Types) -> Type {
                Type::Bytes
            }
        }
    )*};
}

opaque! {
    Withdraw, "a signed withdrawal (its bytes on the wire in hexadecimal)";
    ContractToAccount, "a payment to an account (its bytes on the wire in hexadecimal)";
    ContractToContract, "a payment to a contract (its bytes on the wire in hexadecimal)";
}

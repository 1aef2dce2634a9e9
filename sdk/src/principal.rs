//! Holders of rights: accounts and contracts.

use alloc::string::String;
use core::fmt;

use bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Serialize};

use crate::account::Account;
use crate::contract_id::ContractId;
use crate::value::Value;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{JsonError, Type, Types},
};

/// A holder of tokens, ownership or roles: an account or a contract.
///
/// [`env::caller`](crate::env::caller) returns it, and it can be the key of a map. Its encoding is that of an enum in
/// `dusk-core`, the same bytes as the owner of a stake. Its text form is the base58 text of an account, or the 64
/// hexadecimal digits of a contract.
///
/// ```
/// # use dusk_sdk::{ContractId, Principal};
/// let contract = ContractId::from_bytes([7; 32]);
/// assert_eq!(Principal::from(contract).contract(), Some(contract));
/// assert_eq!(Principal::from(contract).to_string(), "07".repeat(32));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, PartialEq, Eq, PartialOrd, Ord),
    allow(missing_docs, missing_debug_implementations, reason = "it is read through `Principal` alone"),
    doc = "A [`Principal`] on the wire."
)]
pub enum Principal {
    /// A public account.
    Account(Account),
    /// A contract.
    Contract(ContractId),
}

impl Principal {
    /// The account, if it is one.
    #[must_use]
    pub fn account(self) -> Option<Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Contract(_) => None,
        }
    }

    /// The contract, if it is one.
    #[must_use]
    pub fn contract(self) -> Option<ContractId> {
        match self {
            Self::Account(_) => None,
            Self::Contract(id) => Some(id),
        }
    }
}

impl From<Account> for Principal {
    fn from(account: Account) -> Self {
        Self::Account(account)
    }
}

impl From<ContractId> for Principal {
    fn from(id: ContractId) -> Self {
        Self::Contract(id)
    }
}

impl PartialEq<Account> for Principal {
    fn eq(&self, account: &Account) -> bool {
        matches!(self, Self::Account(own) if own == account)
    }
}

impl PartialEq<ContractId> for Principal {
    fn eq(&self, id: &ContractId) -> bool {
        matches!(self, Self::Contract(own) if own == id)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Contract(id) => id.fmt(f),
        }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Value for Principal {
    fn write_json(&self, out: &mut String) {
        match self {
            Self::Account(account) => account.write_json(out),
            Self::Contract(id) => id.write_json(out),
        }
    }

    /// A contract has 64 hexadecimal digits; the text of an account is twice as long.
    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        ContractId::read_json(json)
            .map(Self::Contract)
            .or_else(|_| Account::read_json(json).map(Self::Account))
            .map_err(|_| {
                JsonError::expected("an account (base58 of 96 bytes) or a contract (64 hexadecimal digits)", json)
            })
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Principal
    }
}

#[cfg(test)]
mod tests {
    use dusk_bytes::Serializable as _;
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::{PublicKey, SecretKey};
    use dusk_core::stake::StakeFundOwner;

    use super::*;
    use crate::wire::{Malformed, Wire};

    fn both() -> [(Principal, StakeFundOwner); 2] {
        let key = PublicKey::from(&SecretKey::from(BlsScalar::from(5)));
        let id = [9; 32];
        [
            (Account::from_bytes(&key.to_bytes()).unwrap().into(), StakeFundOwner::Account(key)),
            (ContractId::from(id).into(), StakeFundOwner::Contract(id.into())),
        ]
    }

    #[test]
    fn the_bytes_are_those_of_the_chains_own_enums() {
        for (principal, owner) in both() {
            let bytes = principal.encode().unwrap();
            assert_eq!(bytes.len(), owner.encode().unwrap().len());
            assert_eq!(Principal::decode(&owner.encode().unwrap()), Ok(principal));
            assert!(StakeFundOwner::decode(&bytes) == Ok(owner));
            let mut wrong = bytes;
            wrong[0] = 2;
            assert_eq!(Principal::decode(&wrong), Err(Malformed));
        }
    }

    #[test]
    fn json_tells_them_apart() {
        for (principal, _) in both() {
            let mut out = String::new();
            principal.write_json(&mut out);
            let json: Json = serde_json::from_str(&out).unwrap();
            assert_eq!(json.as_str(), Some(alloc::format!("{principal}").as_str()));
            assert_eq!(Principal::read_json(&json), Ok(principal));
        }
        assert!(Principal::read_json(&Json::String("07".repeat(31))).is_err());
    }

    #[test]
    fn accounts_and_contracts_are_never_the_same() {
        let [(account, _), (contract, _)] = both();
        assert!(account < contract && account.contract().is_none() && contract.account().is_none());
        assert!(account == account.account().unwrap() && contract == contract.contract().unwrap());
    }
}

//! Holders of rights: accounts and contracts.

use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;

use bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Fallible, Serialize};

use crate::account::{Account, ArchivedAccount};
use crate::contract_id::ContractId;
use crate::value::Value;
use crate::wire::Malformed;
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
#[allow(clippy::derived_hash_with_manual_eq, reason = "equal are the same variant and the same bytes, in both")]
#[derive(Clone, Copy, Eq, Hash)]
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

/// Comparisons are functions of their own, as those of [`Account`].
impl PartialEq for Principal {
    #[inline(never)]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Account(own), Self::Account(other)) => own == other,
            (Self::Contract(own), Self::Contract(other)) => own == other,
            _ => false,
        }
    }
}

impl PartialOrd for Principal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Accounts come before contracts.
impl Ord for Principal {
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Account(own), Self::Account(other)) => own.cmp(other),
            (Self::Contract(own), Self::Contract(other)) => own.cmp(other),
            (Self::Account(_), Self::Contract(_)) => Ordering::Less,
            (Self::Contract(_), Self::Account(_)) => Ordering::Greater,
        }
    }
}

/// A [`Principal`] on the wire: the same bytes as those of rkyv's own derive.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ArchivedPrincipal {
    /// A public account.
    Account(ArchivedAccount),
    /// A contract.
    Contract(ContractId),
}

/// The layout of the variant with an account, as the language defines it for `repr(u8)`.
#[repr(C)]
struct AccountLayout(u8, ArchivedAccount);

/// The layout of the variant with a contract.
#[repr(C)]
struct ContractLayout(u8, ContractId);

/// The tag of the variant with an account.
const ACCOUNT: u8 = 0;
/// The tag of the variant with a contract.
const CONTRACT: u8 = 1;

// Encoder and decoder are functions of their own: every event and every argument with a principal calls them.

impl Archive for Principal {
    type Archived = ArchivedPrincipal;
    type Resolver = ();

    #[inline(never)]
    unsafe fn resolve(&self, at: usize, (): (), out: *mut ArchivedPrincipal) {
        match self {
            Self::Account(account) => {
                let out = out.cast::<AccountLayout>();
                // SAFETY: the caller passes a place for a principal, and this is its layout.
                unsafe {
                    (&raw mut (*out).0).write(ACCOUNT);
                    account.resolve(at, (), &raw mut (*out).1);
                }
            }
            Self::Contract(id) => {
                let out = out.cast::<ContractLayout>();
                // SAFETY: as above.
                unsafe {
                    (&raw mut (*out).0).write(CONTRACT);
                    id.resolve(at, (), &raw mut (*out).1);
                }
            }
        }
    }
}

impl<S: Fallible + ?Sized> Serialize<S> for Principal {
    fn serialize(&self, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl ArchivedPrincipal {
    #[inline(never)]
    fn read(&self) -> Principal {
        match self {
            Self::Account(account) => Principal::Account(account.read()),
            Self::Contract(id) => Principal::Contract(*id),
        }
    }

    /// # Safety
    /// `value` is aligned, and its memory may be read.
    #[inline(never)]
    unsafe fn is_valid(value: *const Self) -> bool {
        // SAFETY: the tag is the first byte, and any bytes are those of an archived account before they are checked.
        unsafe {
            match value.cast::<u8>().read() {
                ACCOUNT => (*value.cast::<AccountLayout>()).1.is_canonical(),
                CONTRACT => true,
                _ => false,
            }
        }
    }
}

impl<D: Fallible + ?Sized> Deserialize<Principal, D> for ArchivedPrincipal {
    fn deserialize(&self, _: &mut D) -> Result<Principal, D::Error> {
        Ok(self.read())
    }
}

impl<C: ?Sized> CheckBytes<C> for ArchivedPrincipal {
    type Error = Malformed;

    unsafe fn check_bytes<'a>(value: *const Self, _: &mut C) -> Result<&'a Self, Malformed> {
        // SAFETY: the caller passes an aligned address with enough bytes; it is read as a principal when it is one.
        unsafe { if Self::is_valid(value) { Ok(&*value) } else { Err(Malformed) } }
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

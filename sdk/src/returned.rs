//! The return types of a contract's functions. Traits distinguish them by type, not by name.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::contract::Contract;
#[cfg(feature = "signatures")]
use crate::signatures::{BlsPublicKey, BlsSignature, MultisigSignature, SchnorrPublicKey, SchnorrSignature};
use crate::transfers::{ContractToAccount, ContractToContract, ReceiveFromContract, Withdraw};
use crate::value::Value;
use crate::{Account, ContractId, Dusk, Field, Principal};

/// A [`Value`] that a method returns directly: every value except `Result`. `#[contract_type]` and `#[event]` implement
/// it.
///
/// A `Result` inside another type is an ordinary value: `Option<Result<T, E>>` reverts nothing, and its `E` is a value,
/// not an error under `#[error]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross a contract boundary",
    label = "not a contract value",
    note = "put #[contract_type] on your own types; use u64 for usize; floats, references and Rc cannot be encoded"
)]
pub trait Answer: Value {}

/// A return type of a contract's method: a [`Value`], or a `Result` of a value and an error under `#[error]`, under any
/// name.
///
/// `Err` reverts the whole call. Only a method under `#[contract(raw_result)]` gives callers the `Result` itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross a contract boundary",
    label = "not a contract value",
    note = "put #[contract_type] on your own types; use u64 for usize; floats, references and Rc cannot be encoded"
)]
pub trait Returned {
    /// The value for the caller, if the call does not revert.
    type Output;
    /// The error with which the call reverts.
    type Refusal;
    /// Whether the call can revert with an error.
    const FALLIBLE: bool;

    /// Converts the returned value to a `Result`.
    ///
    /// # Errors
    /// If the call reverts.
    fn into_result(self) -> Result<Self::Output, Self::Refusal>;
}

impl<T: Answer> Returned for T {
    type Output = T;
    type Refusal = Infallible;
    const FALLIBLE: bool = false;

    fn into_result(self) -> Result<T, Infallible> {
        Ok(self)
    }
}

impl<T, E> Returned for Result<T, E> {
    type Output = T;
    type Refusal = E;
    const FALLIBLE: bool = true;

    fn into_result(self) -> Self {
        self
    }
}

/// A return type of a constructor: the state `C`, or a `Result` of it and an error under `#[error]`, under any name.
#[diagnostic::on_unimplemented(
    message = "the constructor returns the first state: `-> Self` or `-> Result<Self, Error>`",
    label = "this type is neither"
)]
pub trait Makes<C> {
    /// The error with which the deployment reverts.
    type Refusal;
    /// Whether the deployment can revert with an error.
    const FALLIBLE: bool;

    /// Converts the returned value to a `Result`.
    ///
    /// # Errors
    /// If the deployment reverts.
    fn into_result(self) -> Result<C, Self::Refusal>;
}

impl<C: Contract> Makes<C> for C {
    type Refusal = Infallible;
    const FALLIBLE: bool = false;

    fn into_result(self) -> Result<C, Infallible> {
        Ok(self)
    }
}

impl<C: Contract, E> Makes<C> for Result<C, E> {
    type Refusal = E;
    const FALLIBLE: bool = true;

    fn into_result(self) -> Self {
        self
    }
}

macro_rules! answers {
    ($($ty:ty),*) => {$(impl Answer for $ty {})*};
}

answers! { u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, (), bool, String }
answers! { Account, ContractId, Dusk, Field, Principal }
#[cfg(feature = "signatures")]
answers! { BlsPublicKey, BlsSignature, MultisigSignature, SchnorrSignature, SchnorrPublicKey }
answers! { ReceiveFromContract, Withdraw, ContractToAccount, ContractToContract }

impl<T: Value> Answer for Option<T> where Self: Value {}
impl<T: Value> Answer for Vec<T> where Self: Value {}
impl<T: Value, const N: usize> Answer for [T; N] where Self: Value {}
impl<T: Value + Ord> Answer for BTreeSet<T> where Self: Value {}
impl<K: Value + Ord, V: Value> Answer for BTreeMap<K, V> where Self: Value {}

macro_rules! tuples {
    ($(($($ty:ident)+))*) => {$(impl<$($ty: Value),+> Answer for ($($ty,)+) where Self: Value {})*};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) (A B C D E F G H I)
    (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome<T> = core::result::Result<T, Infallible>;
    type Unit = ();

    fn fallible<R: Returned>(_: fn() -> R) -> bool {
        R::FALLIBLE
    }

    #[test]
    fn a_result_is_known_under_every_name() {
        assert!(fallible::<Outcome<u8>>(|| Ok(1)));
        assert!(fallible::<Result<Vec<u8>, Infallible>>(|| Ok(Vec::new())));
        assert!(!fallible::<Unit>(|| ()));
        assert!(!fallible::<Option<u8>>(|| None));
        // Inside other types it is a value.
        assert!(!fallible::<Vec<Result<u8, u8>>>(Vec::new));
    }
}

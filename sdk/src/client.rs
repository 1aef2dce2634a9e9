//! Typed calls of contracts.
//!
//! `#[contract]` generates a client for each contract. It has the methods of the contract; their result types depend on
//! the transport: calls from contract to contract ([`OnChain`], [`Attempt`]), or calls from a test
//! (`dusk_sdk::testing`).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

pub use crate::arguments::Arguments;
use crate::contract::Refusal;
use crate::contract_id::ContractId;
use crate::runtime::fail::fail;
use crate::runtime::{buffer, host};
use crate::value::Value;
use crate::wire::{Overflow, Wire};

/// A transport of calls. It decides the return types of a client's methods.
pub trait Transport {
    /// The result of a query.
    type Read<T: Value, E: Refusal>;
    /// The result of a transaction.
    type Written<T: Value, E: Refusal>;
    /// The result of a feeder.
    type Fed<T: Value>;
}

/// A transport for queries.
pub trait Reads: Transport {
    /// Calls a query.
    fn read<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Self::Read<T, E>;
}

/// A transport for transactions.
#[diagnostic::on_unimplemented(
    message = "a function that changes the contract needs an account that signs the call",
    label = "no account signs this call",
    note = "in a test, name the account: `contract.by(&alice).function(…)`; only queries need none"
)]
pub trait Writes: Reads {
    /// Calls a transaction.
    fn write<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Self::Written<T, E>;
}

/// A transport for feeders, which only callers outside the chain can call.
#[diagnostic::on_unimplemented(
    message = "a contract cannot call a function that feeds items",
    label = "not callable from a contract",
    note = "tests and programs outside of the chain can call it; return a list from a query for other contracts"
)]
pub trait Feeds: Transport {
    /// Calls a feeder.
    fn feed<A: Arguments, T: Value>(&self, function: &'static str, arguments: A) -> Self::Fed<T>;
}

/// The call of a constructor, with the types of its contract `C`, its arguments `A` and its error `E`.
#[derive(Debug, Clone)]
pub struct Constructor<C, A, E> {
    arguments: A,
    of: PhantomData<fn() -> (C, E)>,
}

impl<C, A: Arguments, E> Constructor<C, A, E> {
    /// Creates the call with these arguments.
    #[must_use]
    pub fn new(arguments: A) -> Self {
        Self { arguments, of: PhantomData }
    }

    /// The arguments.
    #[must_use]
    pub fn arguments(&self) -> &A {
        &self.arguments
    }
}

/// Calls from contract to contract. If the callee fails, the caller reverts with the callee's text.
///
/// While a method that changes the state calls another contract, the callee cannot call back.
#[derive(Debug, Clone, Copy)]
pub struct OnChain {
    id: ContractId,
}

impl OnChain {
    /// Calls the contract at this id.
    #[must_use]
    pub fn new(id: ContractId) -> Self {
        Self { id }
    }

    /// Returns a client whose calls return failures as `Err`.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        Attempt { id: self.id, gas_limit: 0 }
    }

    fn call<A: Arguments, T: Value>(self, function: &str, arguments: &A) -> T {
        match call(self.id, function, arguments, 0) {
            Ok(value) => value,
            Err(failure) => fail(&failure.to_text(function)),
        }
    }
}

impl Transport for OnChain {
    type Read<T: Value, E: Refusal> = T;
    type Written<T: Value, E: Refusal> = T;
    type Fed<T: Value> = Vec<T>;
}

impl Reads for OnChain {
    fn read<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> T {
        self.call(function, &arguments)
    }
}

impl Writes for OnChain {
    fn write<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> T {
        self.call(function, &arguments)
    }
}

/// Calls from contract to contract that return failures as `Err`. The chain undoes the changes of a failed callee, and
/// charges all the gas that the callee was given.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    id: ContractId,
    gas_limit: u64,
}

impl Attempt {
    /// Limits the gas of each call.
    #[must_use]
    pub fn with_gas(self, limit: u64) -> Self {
        Self { gas_limit: limit, ..self }
    }
}

impl Transport for Attempt {
    type Read<T: Value, E: Refusal> = Result<T, CallFailed>;
    type Written<T: Value, E: Refusal> = Result<T, CallFailed>;
    type Fed<T: Value> = Result<Vec<T>, CallFailed>;
}

impl Reads for Attempt {
    fn read<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Result<T, CallFailed> {
        call(self.id, function, &arguments, self.gas_limit)
    }
}

impl Writes for Attempt {
    fn write<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Result<T, CallFailed> {
        call(self.id, function, &arguments, self.gas_limit)
    }
}

/// The reason why a called contract did not return a result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallFailed {
    /// The contract reverted or panicked with this text.
    Panicked(String),
    /// The gas limit of the call was too low.
    OutOfGas,
    /// There is no such contract.
    DoesNotExist,
    /// The contract trapped, or has no such function.
    Trapped,
    /// The result is not of the expected type.
    Malformed,
}

impl CallFailed {
    /// The code of the error, if the contract reverted with one of its errors.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        let Self::Panicked(text) = self else { return None };
        text.strip_prefix('E')?.split_once(": ")?.0.parse().ok()
    }

    /// Whether the contract reverted with this error, fields included.
    #[must_use]
    pub fn is(&self, refusal: &impl Refusal) -> bool {
        matches!(self, Self::Panicked(text) if *text == refusal.to_text())
    }

    fn reason(&self) -> &str {
        match self {
            Self::Panicked(text) => text,
            Self::OutOfGas => "out of gas",
            Self::DoesNotExist => "no such contract",
            Self::Trapped => "the contract trapped, or has no such function",
            Self::Malformed => "the answer is not of the expected type",
        }
    }

    pub(crate) fn to_text(&self, function: &str) -> String {
        let mut text = String::from("call of ");
        text.push_str(function);
        text.push_str(" failed: ");
        text.push_str(self.reason());
        text
    }
}

impl fmt::Display for CallFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for CallFailed {}

/// Calls a function of a contract without its types: `call(id, "balance_of", &(account,), 0)?`.
///
/// A gas limit of 0, or of more than the remaining gas, gives the callee 93 % of the remaining gas. The chain undoes
/// the changes of a failed callee, and charges all the gas that the callee was given.
///
/// # Errors
/// If the contract returns no result, or one of another type.
///
/// # Panics
/// If the arguments are larger than the argument buffer.
pub fn call<A: Arguments, T: Wire>(
    id: ContractId,
    function: &str,
    arguments: &A,
    gas_limit: u64,
) -> Result<T, CallFailed> {
    let answer = enter(id, function, gas_limit, |buffer| arguments.encode_into(buffer))?;
    buffer::with(|buffer| T::decode_aligned(&buffer[..answer])).map_err(|_| CallFailed::Malformed)
}

/// Calls a function of a contract with encoded arguments, and returns the encoded result. Otherwise like [`call`].
///
/// # Errors
/// If the contract returns no result.
///
/// # Panics
/// If the argument is larger than the argument buffer.
pub fn call_raw(id: ContractId, function: &str, argument: &[u8], gas_limit: u64) -> Result<Vec<u8>, CallFailed> {
    let answer = enter(id, function, gas_limit, |buffer| {
        buffer.get_mut(..argument.len()).ok_or(Overflow)?.copy_from_slice(argument);
        Ok(argument.len())
    })?;
    Ok(buffer::with(|buffer| buffer[..answer].to_vec()))
}

/// Makes a call and returns the length of the result, which is in the buffer.
fn enter(
    id: ContractId,
    function: &str,
    gas_limit: u64,
    encode: impl FnOnce(&mut [u8]) -> Result<usize, Overflow>,
) -> Result<usize, CallFailed> {
    let Ok(length) = buffer::put(encode) else {
        fail("the arguments of a call are larger than the argument buffer of 65536 bytes");
    };
    let answer = host::call(&id.to_bytes(), function, length, gas_limit);
    match answer {
        0.. => Ok(answer as usize),
        -1 => Err(CallFailed::Panicked(buffer::with(|buffer| {
            let length = u32::from_le_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]) as usize;
            let text = buffer.get(4..).and_then(|rest| rest.get(..length)).unwrap_or_default();
            // The host admits no other text. Replacing what is not UTF-8 would take a kilobyte of code.
            core::str::from_utf8(text).unwrap_or("a text that is not UTF-8").into()
        }))),
        -2 => Err(CallFailed::OutOfGas),
        -3 => Err(CallFailed::DoesNotExist),
        _ => Err(CallFailed::Trapped),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_other_contracts_are_known_by_their_codes() {
        assert_eq!(CallFailed::Panicked("E7: Closed".into()).code(), Some(7));
        for other in ["E7", "E: x", "overflow", ""] {
            assert_eq!(CallFailed::Panicked(other.into()).code(), None);
        }
        assert_eq!(CallFailed::OutOfGas.code(), None);
        assert_eq!(CallFailed::OutOfGas.to_text("hold"), "call of hold failed: out of gas");
    }
}

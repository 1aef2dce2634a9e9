//! The entry points of a contract: the code between an exported function and a method.
//!
//! The state is in a [`Slot`]. If a method calls another contract, that contract may re-enter this one. The slot counts
//! the borrows of the state, like a `RefCell`, so that a method that changes the state never runs while another method
//! runs. If a nested call fails, the host restores its memory, including the count.

use core::cell::{Cell, UnsafeCell};
use core::convert::Infallible;

use super::buffer;
use super::fail::fail;
#[cfg(all(feature = "abi", feature = "log", target_family = "wasm"))]
use super::host;
use crate::arguments::Arguments;
use crate::contract::{Makes, Refusal, Returned};
use crate::value::Value;
use crate::wire::Wire;

/// The place of a contract's state between calls.
#[derive(Debug)]
pub struct Slot<C> {
    state: UnsafeCell<Option<C>>,
    /// 0: the state is not borrowed. n > 0: n queries read it. −1: a transaction changes it.
    holders: Cell<i32>,
}

// SAFETY: a contract has one thread, and the macros create slots only in contracts.
unsafe impl<C> Sync for Slot<C> {}

/// Ends the borrow of the state when a method returns: the count is what it was before.
struct Hold<'a> {
    holders: &'a Cell<i32>,
    before: i32,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.holders.set(self.before);
    }
}

impl<C> Slot<C> {
    /// An empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: UnsafeCell::new(None), holders: Cell::new(0) }
    }

    fn hold(&self, holders: i32) -> Hold<'_> {
        Hold { holders: &self.holders, before: self.holders.replace(holders) }
    }

    fn construct(&self, make: impl FnOnce() -> C) {
        if self.holders.get() != 0 {
            fail("re-entered: the contract is running");
        }
        let _hold = self.hold(-1);
        let state = make();
        // SAFETY: there is no other borrow of the state, as checked above, and there is one thread.
        let slot = unsafe { &mut *self.state.get() };
        if slot.is_some() {
            fail("the contract has been initialised before");
        }
        *slot = Some(state);
    }

    fn read<R>(&self, method: impl FnOnce(&C) -> R) -> R {
        let (_hold, state) = self.borrow();
        method(state)
    }

    fn change<R>(&self, method: impl FnOnce(&mut C) -> R) -> R {
        let (_hold, state) = self.borrow_mut();
        method(state)
    }

    // The two checks are functions of their own: each entry point of a contract makes one of them.

    #[inline(never)]
    fn borrow(&self) -> (Hold<'_>, &C) {
        let holders = self.holders.get();
        if holders < 0 {
            fail("re-entered: the contract is running a method that changes it");
        }
        // No overflow: a call stack has far fewer calls.
        let hold = self.hold(holders.wrapping_add(1));
        // SAFETY: no method changes the state during this borrow, as checked above, and there is one thread.
        match unsafe { &*self.state.get() } {
            Some(state) => (hold, state),
            None => uninitialised(),
        }
    }

    #[inline(never)]
    #[allow(clippy::mut_from_ref, reason = "the count of borrows makes it the only one")]
    fn borrow_mut(&self) -> (Hold<'_>, &mut C) {
        if self.holders.get() != 0 {
            fail("re-entered: the contract is running");
        }
        let hold = self.hold(-1);
        // SAFETY: there is no other borrow of the state, as checked above, and there is one thread.
        match unsafe { &mut *self.state.get() } {
            Some(state) => (hold, state),
            None => uninitialised(),
        }
    }
}

fn uninitialised() -> ! {
    fail("the contract is not initialised")
}

impl<C> Default for Slot<C> {
    fn default() -> Self {
        Self::new()
    }
}

/// The result of a method under `#[contract(raw_result)]`: the `Result` itself is the value.
#[derive(Debug)]
pub struct Raw<R>(pub R);

impl<T, E> Returned for Raw<Result<T, E>> {
    type Output = Result<T, E>;
    type Refusal = Infallible;
    const FALLIBLE: bool = false;

    fn into_result(self) -> Result<Result<T, E>, Infallible> {
        Ok(self.0)
    }
}

/// Runs the constructor. Returns the length of its result, which is empty.
pub fn construct<C, A: Arguments, R: Makes<C, Refusal: Refusal>>(
    slot: &Slot<C>,
    argument_bytes: u32,
    constructor: impl FnOnce(A) -> R,
) -> u32 {
    let arguments = read_arguments(argument_bytes);
    slot.construct(|| accept(constructor(arguments).into_result()));
    0
}

/// Runs a query. Returns the length of its result.
pub fn query<C, A: Arguments, R: Returned<Output: Value, Refusal: Refusal>>(
    slot: &Slot<C>,
    argument_bytes: u32,
    method: impl FnOnce(&C, A) -> R,
) -> u32 {
    let arguments = read_arguments(argument_bytes);
    write_answer(&slot.read(|state| accept(method(state, arguments).into_result())))
}

/// Runs a transaction. Returns the length of its result.
pub fn transact<C, A: Arguments, R: Returned<Output: Value, Refusal: Refusal>>(
    slot: &Slot<C>,
    argument_bytes: u32,
    method: impl FnOnce(&mut C, A) -> R,
) -> u32 {
    let arguments = read_arguments(argument_bytes);
    write_answer(&slot.change(|state| accept(method(state, arguments).into_result())))
}

/// Returns the value of a function's result, or reverts the call with its error.
fn accept<T, E: Refusal>(result: Result<T, E>) -> T {
    match result {
        Ok(output) => output,
        Err(refusal) => fail(&refusal.to_text()),
    }
}

fn read_arguments<A: Arguments>(argument_bytes: u32) -> A {
    let decoded = buffer::with(|buffer| buffer.get(..argument_bytes as usize).map(A::decode_aligned));
    match decoded {
        Some(Ok(arguments)) => arguments,
        _ => malformed(),
    }
}

#[inline(never)]
fn malformed() -> ! {
    fail("the argument does not decode: it is not what this function takes")
}

fn write_answer<R: Wire>(answer: &R) -> u32 {
    match buffer::put(|buffer| answer.encode_into(buffer)) {
        Ok(length) => length,
        Err(_) => fail("the result is larger than the argument buffer of 65536 bytes"),
    }
}

/// Logs a line if the contract was built with logs. Otherwise it does nothing.
pub fn log(line: core::fmt::Arguments<'_>) {
    #[cfg(all(feature = "abi", feature = "log", target_family = "wasm"))]
    host::log(super::text::write(|buffer| buffer.write_fmt(line)));
    #[cfg(not(all(feature = "abi", feature = "log", target_family = "wasm")))]
    let _ = line;
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::string::String;

    use super::*;

    fn panics(run: impl FnOnce()) -> String {
        *catch_unwind(AssertUnwindSafe(run)).unwrap_err().downcast::<String>().unwrap()
    }

    #[test]
    fn the_state_lives_between_calls() {
        let slot = Slot::new();
        slot.construct(|| 1);
        slot.change(|state| *state += 1);
        assert_eq!(slot.read(|state| *state), 2);
    }

    #[test]
    fn a_contract_is_initialised_once_and_not_used_before() {
        let slot = Slot::new();
        assert_eq!(panics(|| slot.read(|_: &u8| ())), "the contract is not initialised");
        assert_eq!(panics(|| slot.change(|_| ())), "the contract is not initialised");
        slot.construct(|| 1);
        assert_eq!(panics(|| slot.construct(|| 2)), "the contract has been initialised before");
    }

    #[test]
    fn readers_may_meet_but_not_a_writer() {
        let slot = Slot::new();
        slot.construct(|| 7);
        assert_eq!(slot.read(|one| slot.read(|other| *one + *other)), 14);
        let changing = "re-entered: the contract is running a method that changes it";
        assert_eq!(panics(|| slot.change(|_| slot.read(|_| ()))), changing);
        assert_eq!(panics(|| slot.change(|_| slot.change(|_| ()))), "re-entered: the contract is running");
        assert_eq!(panics(|| slot.read(|_| slot.change(|_| ()))), "re-entered: the contract is running");
        assert_eq!(panics(|| slot.read(|_| slot.construct(|| 1))), "re-entered: the contract is running");
        // All borrows have ended.
        slot.change(|state| *state = 8);
        assert_eq!(slot.read(|state| *state), 8);
    }

    #[test]
    fn outside_a_contract_the_host_is_missed_with_advice() {
        assert!(panics(|| read_arguments::<()>(0)).contains("#[dusk_sdk::test]"));
    }
}

//! Several calls in one block.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use dusk_sdk_protocol::host::{Call, Outcome, Request, Response};

use super::chain::{Caller, Chain, Deployed, Signed, Signer, unexpected};
use super::failure::Failure;
use super::outcome::{Receipt, Sent};
use crate::arguments::Arguments;
use crate::client::{Feeds, Reads, Transport, Writes};
use crate::contract::Refusal;
use crate::value::Value;

/// An account whose calls wait for [`Chain::in_one_block`]: `share.by(alice.later()).freeze(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later(Signer);

impl Signer {
    /// The same account for calls that wait for [`Chain::in_one_block`].
    #[must_use]
    pub fn later(&self) -> Later {
        Later(self.clone())
    }
}

impl Caller for Later {
    type Via = SignedLater;

    fn sign_for(self, contract: Deployed) -> SignedLater {
        SignedLater(self.0.sign_for(contract))
    }
}

/// A deployed contract with a signer whose calls wait for [`Chain::in_one_block`]. Queries do not wait: they see the
/// state before that block.
#[derive(Debug, Clone)]
pub struct SignedLater(Signed);

impl Transport for SignedLater {
    type Read<T: Value, E: Refusal> = Result<T, Failure>;
    type Written<T: Value, E: Refusal> = Unsent<T, E>;
    type Fed<T: Value> = Result<Vec<T>, Failure>;
}

impl Reads for SignedLater {
    #[track_caller]
    fn read<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Result<T, Failure> {
        self.0.read::<A, T, E>(function, arguments)
    }
}

impl Feeds for SignedLater {
    #[track_caller]
    fn feed<A: Arguments, T: Value>(&self, function: &'static str, arguments: A) -> Result<Vec<T>, Failure> {
        self.0.feed(function, arguments)
    }
}

impl Writes for SignedLater {
    #[track_caller]
    fn write<A: Arguments, T: Value, E: Refusal>(&self, function: &'static str, arguments: A) -> Unsent<T, E> {
        let (what, call) = self.0.prepare(function, &arguments);
        Unsent { chain: self.0.chain().clone(), what, call, of: PhantomData }
    }
}

/// A call that is not sent yet. [`Chain::in_one_block`] sends it.
#[must_use = "this call is not sent: give it to `chain.in_one_block((…))`"]
pub struct Unsent<T, E> {
    chain: Chain,
    what: String,
    call: Call,
    of: PhantomData<fn() -> (T, E)>,
}

impl<T, E> fmt::Debug for Unsent<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unsent").field(&self.what).finish()
    }
}

/// Calls for one block: an [`Unsent`] call, or tuples, arrays and `Vec`s of calls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call that waits for a block",
    label = "not an unsent call",
    note = "`.by(&alice)` sends a call at once; write `.by(alice.later())` for calls of `chain.in_one_block((…))`"
)]
pub trait Calls {
    /// The outcomes, in the same shape: a [`Sent`] for each [`Unsent`].
    type Outcomes;

    #[doc(hidden)]
    fn put(&self, chain: &Chain, calls: &mut Vec<Call>);

    #[doc(hidden)]
    fn outcomes(self, outcomes: &mut dyn Iterator<Item = Outcome>) -> Self::Outcomes;
}

impl Chain {
    /// Makes one block of several calls, in this order, and returns their outcomes in the same shape.
    ///
    /// ```text
    /// let (frozen, moved) = chain.in_one_block((
    ///     share.by(alice.later()).freeze(carol, true),
    ///     share.by(bob.later()).transfer(carol, 5),
    /// ));
    /// frozen.succeeds();
    /// moved.refused(Refused::Frozen);
    /// ```
    ///
    /// A call that fails is in the block, too, and the calls after it run. Several calls by one account are fine. A
    /// failed call spends its gas limit: calls without a limit of their own share the gas limit of the block.
    ///
    /// # Panics
    /// If one of the calls cannot be in the block, for example because its account cannot pay for it; the chain then
    /// stays as it was. Also if a call belongs to another chain.
    #[track_caller]
    pub fn in_one_block<C: Calls>(&self, calls: C) -> C::Outcomes {
        let mut waiting = Vec::new();
        calls.put(self, &mut waiting);
        let outcomes = match self.ask(&Request::Block { calls: waiting }) {
            Response::Block { outcomes } => outcomes,
            other => unexpected(&other),
        };
        for outcome in &outcomes {
            self.made(outcome);
        }
        calls.outcomes(&mut outcomes.into_iter())
    }
}

impl<T: Value, E: Refusal> Calls for Unsent<T, E> {
    type Outcomes = Sent<T, E>;

    #[track_caller]
    fn put(&self, chain: &Chain, calls: &mut Vec<Call>) {
        assert!(self.chain.is(chain), "{} is a call on another chain", self.what);
        calls.push(self.call.clone());
    }

    #[track_caller]
    fn outcomes(self, outcomes: &mut dyn Iterator<Item = Outcome>) -> Sent<T, E> {
        let Some(outcome) = outcomes.next() else {
            panic!("the test host gave no outcome of {}\n{}", self.what, super::connection::OTHER_VERSION)
        };
        Sent::new(Receipt::new(self.chain, self.what, outcome), T::decode)
    }
}

impl<C: Calls> Calls for Vec<C> {
    type Outcomes = Vec<C::Outcomes>;

    #[track_caller]
    fn put(&self, chain: &Chain, calls: &mut Vec<Call>) {
        for call in self {
            call.put(chain, calls);
        }
    }

    fn outcomes(self, outcomes: &mut dyn Iterator<Item = Outcome>) -> Vec<C::Outcomes> {
        self.into_iter().map(|call| call.outcomes(outcomes)).collect()
    }
}

impl<C: Calls, const N: usize> Calls for [C; N] {
    type Outcomes = [C::Outcomes; N];

    #[track_caller]
    fn put(&self, chain: &Chain, calls: &mut Vec<Call>) {
        for call in self {
            call.put(chain, calls);
        }
    }

    fn outcomes(self, outcomes: &mut dyn Iterator<Item = Outcome>) -> [C::Outcomes; N] {
        self.map(|call| call.outcomes(outcomes))
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        #[allow(non_snake_case, reason = "a name stands for a type and for its value")]
        impl<$($name: Calls),+> Calls for ($($name,)+) {
            type Outcomes = ($($name::Outcomes,)+);

            #[track_caller]
            fn put(&self, chain: &Chain, calls: &mut Vec<Call>) {
                let ($($name,)+) = self;
                $($name.put(chain, calls);)+
            }

            #[track_caller]
            fn outcomes(self, outcomes: &mut dyn Iterator<Item = Outcome>) -> Self::Outcomes {
                let ($($name,)+) = self;
                ($($name.outcomes(outcomes),)+)
            }
        }
    )+};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}

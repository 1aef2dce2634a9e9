//! Moves for the unit tests of the rules.

use super::rule::{Act, Kept, Move, Rule, Side};
use crate::contract_id::ContractId;
use crate::field::Field;
use crate::principal::Principal;

/// Somebody: the principal with this number.
pub(super) fn who(number: u8) -> Principal {
    ContractId::from_bytes([number; 32]).into()
}

/// The person with this number.
pub(super) fn person(number: u8) -> Field {
    let mut bytes = [0; 32];
    bytes[0] = number;
    Field::from_bytes(&bytes).unwrap()
}

/// A move at height 0 between two principals without persons, who hold so many.
pub(super) fn order(act: Act, from: u64, to: u64, amount: u64) -> Move {
    let side = |number, shares| Some(Side { who: who(number), person: None, shares, held: shares });
    Move { act, from: side(1, from), to: side(2, to), amount, supply: 1_000, height: 0 }
}

/// The state of a rule.
pub(super) fn kept<'a, R: Rule>(account: &'a R::Account, holder: &'a R::Holder) -> Kept<'a, R> {
    Kept { account, holder }
}

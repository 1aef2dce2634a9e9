//! The choice of the notes that a transfer spends.
//!
//! A transfer spends up to two notes. If no two suffice, the wallet first merges pairs of the largest notes, several
//! pairs at once, in one or more rounds. Small notes that a stranger sends in great number cost no merges. A transfer
//! for which one note suffices takes the smallest note as its second, so their number falls one by one.

use alloc::vec::Vec;
use core::fmt;

/// A note that can be chosen: its position in the tree, and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spendable {
    /// The position.
    pub position: u64,
    /// The value, in the asset's smallest unit.
    pub value: u64,
}

/// The next step of a transfer of an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One transfer of these notes, one or two.
    Spend(Vec<Spendable>),
    /// The notes are too small: merge these pairs first, each with a transfer to oneself, then choose again. The
    /// transfers are independent of each other.
    Merge {
        /// The pairs.
        pairs: Vec<[Spendable; 2]>,
        /// The number of rounds of merging, including this one.
        rounds: u32,
    },
}

/// The reason why no notes can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChoiceError {
    /// An amount of 0 needs no notes.
    Zero,
    /// The notes hold too little.
    Insufficient {
        /// The sum of all notes that can be spent now.
        available: u64,
        /// The amount that is needed.
        needed: u64,
    },
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("an amount of 0 cannot be sent"),
            Self::Insufficient { available, needed } => {
                write!(f, "{needed} is more than the {available} that can be spent now")
            }
        }
    }
}

impl core::error::Error for ChoiceError {}

/// Chooses notes for an amount.
///
/// - If one note suffices, the smallest such note, with the smallest other note so that their number shrinks.
/// - Otherwise, if two suffice, the largest, and the smallest that suffices together with it.
/// - Otherwise pairs to merge: the largest notes, as few as suffice.
///
/// Notes of value 0 are never chosen. Sums are counted in 128 bits: notes whose sum is over 2⁶⁴ cannot wrap.
///
/// # Errors
/// [`ChoiceError`].
pub fn choose(notes: &[Spendable], amount: u64) -> Result<Choice, ChoiceError> {
    if amount == 0 {
        return Err(ChoiceError::Zero);
    }
    let mut sorted: Vec<Spendable> = notes.iter().copied().filter(|note| note.value > 0).collect();
    sorted.sort_unstable_by_key(|note| (note.value, note.position));
    let sum: u128 = sorted.iter().map(|note| u128::from(note.value)).sum();
    if sum < u128::from(amount) {
        let available = u64::try_from(sum).unwrap_or(u64::MAX);
        return Err(ChoiceError::Insufficient { available, needed: amount });
    }
    let first = sorted.partition_point(|note| note.value < amount);
    if let Some(enough) = sorted.get(first) {
        let smallest = sorted.iter().find(|note| note.position != enough.position && change_fits(enough, note, amount));
        return Ok(Choice::Spend(core::iter::once(*enough).chain(smallest.copied()).collect()));
    }
    // All are below the amount, so there are two at least.
    let Some((largest, rest)) = sorted.split_last() else {
        return Err(ChoiceError::Insufficient { available: 0, needed: amount });
    };
    let second = rest.partition_point(|note| u128::from(note.value) + u128::from(largest.value) < u128::from(amount));
    if let Some(second) = rest.get(second) {
        // Both are below the amount, so the change is below each.
        return Ok(Choice::Spend(alloc::vec![*largest, *second]));
    }
    Ok(merge(&sorted, amount))
}

/// Whether the change is a value of a note.
fn change_fits(one: &Spendable, other: &Spendable, amount: u64) -> bool {
    (one.value - amount).checked_add(other.value).is_some()
}

/// Merges pairs of the largest notes, which are the last ones.
fn merge(sorted: &[Spendable], amount: u64) -> Choice {
    let mut sum = 0;
    let needed = sorted.iter().rev().take_while(|note| {
        let short = sum < u128::from(amount);
        sum += u128::from(note.value);
        short
    });
    let mut needed: Vec<Spendable> = needed.copied().collect();
    let mut rounds = 0;
    let mut left = needed.len();
    while left > 2 {
        left = left.div_ceil(2);
        rounds += 1;
    }
    // No two suffice, so the sum of a pair is below the amount and a value of a note.
    let mut pairs = Vec::new();
    while let (Some(one), Some(other)) = (needed.pop(), needed.pop()) {
        pairs.push([one, other]);
        // Two notes that are left are spent together: they need no merging.
        if pairs.len() + needed.len() <= 2 {
            break;
        }
    }
    Choice::Merge { pairs, rounds }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn notes(values: &[u64]) -> Vec<Spendable> {
        (0..).zip(values).map(|(position, value)| Spendable { position, value: *value }).collect()
    }

    fn values(choice: &Choice) -> Vec<u64> {
        match choice {
            Choice::Spend(notes) => notes.iter().map(|note| note.value).collect(),
            Choice::Merge { pairs, .. } => pairs.as_flattened().iter().map(|note| note.value).collect(),
        }
    }

    #[test]
    fn one_note_or_two_are_taken_where_they_suffice() {
        let chosen = |amount| values(&choose(&notes(&[50, 1, 20, 7]), amount).unwrap());
        assert_eq!(chosen(20), [20, 1]);
        assert_eq!(chosen(21), [50, 1]);
        assert_eq!(chosen(1), [1, 7]);
        assert_eq!(chosen(55), [50, 7]);
        assert_eq!(chosen(70), [50, 20]);
        assert_eq!(values(&choose(&notes(&[5]), 5).unwrap()), [5]);
    }

    #[test]
    fn many_small_notes_are_merged() {
        let choice = choose(&notes(&[10, 10, 10, 1]), 30).unwrap();
        assert_eq!(choice, Choice::Merge { pairs: vec![[notes(&[10; 3])[0], notes(&[10; 3])[1]]], rounds: 1 });
        let Choice::Merge { pairs, rounds } = choose(&notes(&[1; 8]), 8).unwrap() else { panic!() };
        assert_eq!((pairs.len(), rounds), (4, 2));
    }

    #[test]
    fn dust_does_not_stand_in_the_way() {
        let mut held = notes(&[1; 1000]);
        held.push(Spendable { position: 1000, value: 500 });
        held.push(Spendable { position: 1001, value: 400 });
        assert_eq!(values(&choose(&held, 900).unwrap()), [500, 400]);
        assert_eq!(values(&choose(&held, 300).unwrap()), [400, 1]);
    }

    #[test]
    fn too_much_and_nothing_are_refused() {
        assert_eq!(choose(&notes(&[1, 2]), 0), Err(ChoiceError::Zero));
        assert_eq!(choose(&notes(&[1, 2]), 4), Err(ChoiceError::Insufficient { available: 3, needed: 4 }));
        assert_eq!(choose(&[], 1), Err(ChoiceError::Insufficient { available: 0, needed: 1 }));
        assert_eq!(choose(&notes(&[0, 0]), 1), Err(ChoiceError::Insufficient { available: 0, needed: 1 }));
    }

    #[test]
    fn sums_do_not_wrap() {
        let chosen = |held: &[u64], amount| values(&choose(&notes(held), amount).unwrap());
        assert_eq!(chosen(&[u64::MAX, u64::MAX, 1], u64::MAX), [u64::MAX, 1]);
        assert_eq!(chosen(&[u64::MAX, u64::MAX], 1), [u64::MAX]);
        assert_eq!(chosen(&[u64::MAX - 1, u64::MAX - 1], u64::MAX), [u64::MAX - 1, u64::MAX - 1]);
    }

    /// Plays merges until a transfer is possible, and returns how many rounds it took.
    fn play(mut held: Vec<Spendable>, amount: u64) -> (u64, u32) {
        for rounds in 0.. {
            match choose(&held, amount).unwrap() {
                Choice::Spend(notes) => return (notes.iter().map(|note| note.value).sum(), rounds),
                Choice::Merge { pairs, .. } => {
                    assert!(!pairs.is_empty());
                    for pair in pairs {
                        let taken = pair.map(|note| note.position);
                        assert_ne!(taken[0], taken[1]);
                        let before = held.len();
                        held.retain(|note| !taken.contains(&note.position));
                        assert_eq!(held.len(), before - 2);
                        let position = 10_000 + held.iter().map(|note| note.position).max().unwrap_or_default();
                        held.push(Spendable { position, value: pair[0].value + pair[1].value });
                    }
                }
            }
        }
        unreachable!("the loop has no end")
    }

    proptest! {
        #[test]
        fn whatever_is_held_can_be_spent(values in prop::collection::vec(0u64..1000, 1..80), part in 1u64..=100) {
            let held = notes(&values);
            let sum: u64 = values.iter().sum();
            prop_assume!(sum > 0);
            let amount = (sum * part / 100).max(1);
            let (spent, rounds) = play(held.clone(), amount);
            prop_assert!(spent >= amount);
            prop_assert!(rounds <= 7);
            if let Choice::Merge { rounds: told, .. } = choose(&held, amount).unwrap() {
                prop_assert!(rounds <= told, "{} rounds, {} were told", rounds, told);
            }
        }
    }
}

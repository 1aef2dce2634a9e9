//! The order of the nullifiers of an act.

use crate::Field;
use crate::testing::Failure;

/// The first of the proposed acts whose second nullifier is the larger one, for observer tests.
///
/// A holder of one note spends it together with a note of value 0, which has a new random element in each proposed act.
/// The contract sorts nullifiers, so their order is random and public. This function fixes the order, so that it is the
/// same in each run, and the test can compare gas and state exactly.
///
/// # Errors
/// The first failure of `propose`.
pub fn ordered<T>(
    mut propose: impl FnMut() -> Result<T, Failure>,
    nullifiers: impl Fn(&T) -> [Field; 2],
) -> Result<T, Failure> {
    let number = |element: Field| {
        let mut bytes = element.to_bytes();
        bytes.reverse();
        bytes
    };
    loop {
        let act = propose()?;
        let [one, other] = nullifiers(&act).map(number);
        if one < other {
            return Ok(act);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_act_in_order_is_taken() {
        let high = |number: u64| Field::from(number) * Field::from(1 << 32);
        let mut acts =
            [[2.into(), 1.into()], [3.into(), 3.into()], [high(1), 5.into()], [5.into(), high(1)]].into_iter();
        let next = || acts.next().ok_or_else(|| Failure::new("no act is left"));
        let taken = ordered(next, |act| *act).unwrap();
        assert_eq!(taken, [5.into(), high(1)]);
        assert!(ordered(|| Err::<[Field; 2], _>(Failure::new("none")), |act| *act).is_err());
    }
}

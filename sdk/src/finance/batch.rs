//! Many acts in one call. A batch is all or nothing: the first refusal reverts it.

use alloc::vec::Vec;

use crate::prelude::{contract_type, ensure, error};
use crate::principal::Principal;

/// The maximum number of items of a batch.
pub const MAX_BATCH: u32 = 64;

/// An account and a number of shares.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Item {
    /// The account or contract.
    pub account: Principal,
    /// The number of shares.
    pub amount: u64,
}

/// The errors of a batch.
#[error(first = 9230)]
pub enum Refused {
    /// The batch is empty.
    EmptyBatch,
    /// The batch has more items than `limit`.
    BatchTooLong {
        /// The limit.
        limit: u32,
    },
}

/// Calls `act` for each item.
///
/// # Errors
/// [`Refused::EmptyBatch`], [`Refused::BatchTooLong`], and the first error of an item.
pub fn each<T, E: From<Refused>>(items: Vec<T>, act: impl FnMut(T) -> Result<(), E>) -> Result<(), E> {
    ensure!(!items.is_empty(), Refused::EmptyBatch.into());
    ensure!(items.len() <= MAX_BATCH as usize, Refused::BatchTooLong { limit: MAX_BATCH }.into());
    items.into_iter().try_for_each(act)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn a_batch_has_at_least_one_item_and_ends_at_the_first_refusal() {
        assert_eq!(each::<u8, Refused>(vec![], |_| Ok(())), Err(Refused::EmptyBatch));
        assert_eq!(each::<_, Refused>(vec![0; 65], |_| Ok(())), Err(Refused::BatchTooLong { limit: 64 }));
        let mut done = 0;
        let refused = each(vec![1, 2, 3], |item| {
            done += 1;
            if item == 2 { Err(Refused::EmptyBatch) } else { Ok(()) }
        });
        assert_eq!((refused, done), (Err(Refused::EmptyBatch), 2));
    }
}

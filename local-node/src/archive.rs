//! Reading rkyv archives: results and events of the genesis contracts, and the records of the store.

use rkyv::validation::validators::DefaultValidator;
use rkyv::{AlignedVec, Archive, CheckBytes, Deserialize, Infallible};

/// Bytes that are no archive of the type, with the text of what the validation found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotArchived(String);

/// Validates and decodes an archive. The bytes may come from anywhere.
///
/// # Errors
/// When they are no archive of the type.
pub(crate) fn decode<T: Archive>(bytes: &[u8]) -> Result<T, NotArchived>
where
    T::Archived: for<'a> CheckBytes<DefaultValidator<'a>> + Deserialize<T, Infallible>,
{
    let bytes = aligned(bytes);
    let archived = rkyv::check_archived_root::<T>(&bytes).map_err(|error| NotArchived(error.to_string()))?;
    match archived.deserialize(&mut Infallible) {
        Ok(value) => Ok(value),
        Err(impossible) => match impossible {},
    }
}

/// A copy of an archive at an address from which it can be read: archived values are read in place and must be aligned.
pub(crate) fn aligned(bytes: &[u8]) -> AlignedVec {
    let mut aligned = AlignedVec::with_capacity(bytes.len());
    aligned.extend_from_slice(bytes);
    aligned
}

#[cfg(test)]
mod tests {
    use dusk_core::transfer::moonlight::AccountData;

    use super::*;

    #[test]
    fn archives_are_read_from_any_address() {
        let account = AccountData { nonce: 7, balance: 1_000 };
        let archived = rkyv::to_bytes::<_, 256>(&account).expect("it is archived");
        for offset in 0..8 {
            let shifted = [&[0; 8][..offset], &archived].concat();
            assert_eq!(decode::<AccountData>(&shifted[offset..]), Ok(account.clone()));
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        for bytes in [&[][..], &[1; 7], &[0xff; 24]] {
            assert!(decode::<Option<AccountData>>(bytes).is_err(), "{bytes:?}");
        }
    }
}

//! The parts of a verifier key, of which contracts store equal ones once.

/// Six numbers of 8 bytes; the first is the length of the label.
const HEADER_BYTES: usize = 6 * 8;
/// The number of gates, and the commitments to the polynomials of the circuit.
const CIRCUIT_BYTES: usize = 8 + 15 * 48;
/// The places of five more commitments, which are empty, and the points of the pairings, which the parameters have.
const COMMON_BYTES: usize = 5 * 48 + 48 + 2 * 96;

/// The begin and the end of the part of a verifier key that is equal in all circuits with the same parameters.
///
/// Before it are the numbers, the label and the commitments of the circuit; after it are the rows of the public inputs.
/// The key is in the format of `verify_plonk`; of other bytes the part is empty.
#[must_use]
pub const fn common_range(key: &[u8]) -> [usize; 2] {
    let Some((header, rest)) = key.split_at_checked(HEADER_BYTES) else { return [key.len(); 2] };
    let Some(label) = header.first_chunk() else { return [key.len(); 2] };
    let label = u64::from_be_bytes(*label);
    if label > rest.len() as u64 || rest.len() - (label as usize) < CIRCUIT_BYTES + COMMON_BYTES {
        return [key.len(); 2];
    }
    let begin = HEADER_BYTES + label as usize + CIRCUIT_BYTES;
    [begin, begin + COMMON_BYTES]
}

/// What belongs to the circuit alone: the key without its common part.
#[must_use]
pub const fn own_part<const BYTES: usize>(key: &[u8]) -> [u8; BYTES] {
    let [begin, end] = common_range(key);
    let (mut own, mut place) = ([0; BYTES], 0);
    while place < BYTES {
        own[place] = key[if place < begin { place } else { place + end - begin }];
        place += 1;
    }
    own
}

/// The common part.
#[must_use]
pub const fn common_part<const BYTES: usize>(key: &[u8]) -> [u8; BYTES] {
    let [begin, _] = common_range(key);
    let (mut common, mut place) = ([0; BYTES], 0);
    while place < BYTES {
        common[place] = key[begin + place];
        place += 1;
    }
    common
}

/// A constant verifier key as three slices, which are the key one after the other.
///
/// The own and the common part are constants of their own: the compiler keeps equal constants once, and slices of the
/// key would keep the key.
#[doc(hidden)]
#[macro_export]
macro_rules! __verifier_key {
    ($key:expr) => {{
        const __KEY: &[u8] = $key;
        const AT: [usize; 2] = $crate::verifier_key::common_range(__KEY);
        const COMMON: usize = AT[1] - AT[0];
        const OWN: &[u8] = &$crate::verifier_key::own_part::<{ __KEY.len() - COMMON }>(__KEY);
        const SPLIT: (&[u8], &[u8]) = OWN.split_at(AT[0]);
        [SPLIT.0, &const { $crate::verifier_key::common_part::<COMMON>(__KEY) }, SPLIT.1]
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_have_no_common_part() {
        let whole = HEADER_BYTES + 4 + CIRCUIT_BYTES + COMMON_BYTES;
        let mut key = [0; 2048];
        key[7] = 4;
        assert_eq!(common_range(&key[..whole]), [whole - COMMON_BYTES, whole]);
        assert_eq!(common_range(&key[..whole + 16]), [whole - COMMON_BYTES, whole]);
        for length in [0, 7, HEADER_BYTES, whole - 1] {
            assert_eq!(common_range(&key[..length]), [length; 2]);
        }
        key[0] = 0xff;
        assert_eq!(common_range(&key), [key.len(); 2]);
    }

    #[test]
    fn the_parts_are_the_key() {
        const BYTES: usize = HEADER_BYTES + 3 + CIRCUIT_BYTES + COMMON_BYTES + 8;
        const KEY: [u8; BYTES] = {
            let (mut key, mut place) = ([0; BYTES], 8);
            while place < key.len() {
                key[place] = (place % 251) as u8;
                place += 1;
            }
            key[7] = 3;
            key
        };
        let parts: [&[u8]; 3] = crate::__verifier_key!(&KEY);
        assert_eq!(parts.concat(), KEY);
        assert_eq!(parts.map(<[u8]>::len), [HEADER_BYTES + 3 + CIRCUIT_BYTES, COMMON_BYTES, 8]);
        assert_eq!(crate::__verifier_key!(b"short"), [b"short".as_slice(), &[], &[]]);
    }
}

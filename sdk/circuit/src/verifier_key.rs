//! Verifier keys as contracts store them: in few bytes, with the common part of several keys only once.
//!
//! A key in the format of `verify_plonk` is: six numbers of 8 bytes, the label, the number of gates again, the
//! commitments to the polynomials of the circuit; then the common part, which is empty places for commitments and the
//! points of the parameters; then the rows of the public inputs, 8 bytes each.

#![allow(clippy::cast_possible_truncation, reason = "the numbers of a key are bounded before they are used")]

use alloc::vec::Vec;

/// Six numbers: the lengths of the label, of the commitments, of the points and of the rows, the size and the gates.
const HEADER_BYTES: usize = 6 * 8;
/// The commitments to the polynomials of the circuit.
const COMMITMENTS_BYTES: usize = 15 * 48;
/// The number of gates, and twenty places for commitments.
const KEY_BYTES: usize = 8 + 20 * 48;
/// The points of the pairings.
const OPENING_BYTES: usize = 48 + 2 * 96;
/// The part that is equal in all circuits with the same parameters.
pub const COMMON_BYTES: usize = KEY_BYTES - 8 - COMMITMENTS_BYTES + OPENING_BYTES;
/// The length of the label in 2 bytes, the gates in 4, the commitments; besides the label, and 2 bytes for each row.
const PACKED_BYTES: usize = 2 + 4 + COMMITMENTS_BYTES;

/// The start of the common part of a verifier key. `None` if the bytes are not such a key.
#[must_use]
pub const fn common_begin(key: &[u8]) -> Option<usize> {
    if key.len() < HEADER_BYTES + KEY_BYTES + OPENING_BYTES {
        return None;
    }
    let (label, gates, rows) = (number(key, 0), number(key, 40), number(key, 24));
    let is_small = label <= 0xffff && gates <= 1 << 16 && rows <= gates;
    let fixed = number(key, 8) == KEY_BYTES as u64 && number(key, 16) == OPENING_BYTES as u64;
    if !is_small || !fixed || number(key, 32) != gates.next_power_of_two() {
        return None;
    }
    let begin = HEADER_BYTES + label as usize + 8 + COMMITMENTS_BYTES;
    if key.len() != begin + COMMON_BYTES + 8 * rows as usize {
        return None;
    }
    if number(key, HEADER_BYTES + label as usize) != gates.swap_bytes() {
        return None;
    }
    let mut row = begin + COMMON_BYTES;
    while row < key.len() {
        if number(key, row) > 0xffff {
            return None;
        }
        row += 8;
    }
    Some(begin)
}

/// The number at a place, most significant byte first.
const fn number(key: &[u8], place: usize) -> u64 {
    let mut number = 0;
    let mut byte = 0;
    while byte < 8 {
        number = number << 8 | key[place + byte] as u64;
        byte += 1;
    }
    number
}

/// The number of bytes that a contract stores of a key besides the common part.
///
/// # Panics
/// If the bytes are not a verifier key.
#[must_use]
pub const fn packed_bytes(key: &[u8]) -> usize {
    assert!(common_begin(key).is_some(), "these bytes are no verifier key: build the contract again");
    PACKED_BYTES + number(key, 0) as usize + 2 * number(key, 24) as usize
}

/// A byte of it.
const fn packed_byte(key: &[u8], place: usize) -> u8 {
    let label = number(key, 0) as usize;
    let begin = HEADER_BYTES + label + 8 + COMMITMENTS_BYTES;
    let (of_circuit, of_rows) = (6 + label, PACKED_BYTES + label);
    match place {
        0..2 => key[7 - place],
        2..6 => key[HEADER_BYTES - 1 - (place - 2)],
        _ if place < of_circuit => key[HEADER_BYTES + place - 6],
        _ if place < of_rows => key[HEADER_BYTES + label + 8 + place - of_circuit],
        _ => {
            let (row, byte) = ((place - of_rows) / 2, (place - of_rows) % 2);
            key[begin + COMMON_BYTES + 8 * row + 7 - byte]
        }
    }
}

/// The part of a key that a contract stores besides the common part.
#[must_use]
pub const fn packed<const BYTES: usize>(key: &[u8]) -> [u8; BYTES] {
    let (mut packed, mut place) = ([0; BYTES], 0);
    while place < BYTES {
        packed[place] = packed_byte(key, place);
        place += 1;
    }
    packed
}

/// The common part.
///
/// # Panics
/// If the bytes are not a verifier key.
#[must_use]
pub const fn common(key: &[u8]) -> [u8; COMMON_BYTES] {
    let Some(begin) = common_begin(key) else { panic!("these bytes are no verifier key: build the contract again") };
    let (mut common, mut place) = ([0; COMMON_BYTES], 0);
    while place < COMMON_BYTES {
        common[place] = key[begin + place];
        place += 1;
    }
    common
}

/// The two parts of a key that a contract stores: packed and common. `None` if the bytes are not a verifier key.
#[must_use]
pub fn stored(key: &[u8]) -> Option<(Vec<u8>, [u8; COMMON_BYTES])> {
    common_begin(key)?;
    Some(((0..packed_bytes(key)).map(|place| packed_byte(key, place)).collect(), common(key)))
}

/// Restores a key from the two parts that a contract stores. The key is incomplete if the first part is not from
/// [`packed`].
///
/// The function is part of contracts, so it is written for small code.
#[must_use]
pub fn unpacked([packed, common]: [&[u8]; 2]) -> Vec<u8> {
    let mut key = Vec::with_capacity(USUAL_BYTES);
    let Some((&[l0, l1, g0, g1, g2, g3], rest)) = packed.split_first_chunk() else { return key };
    let (label_bytes, gates) = (u16::from_le_bytes([l0, l1]), u32::from_le_bytes([g0, g1, g2, g3]));
    let Some((label, rest)) = rest.split_at_checked(usize::from(label_bytes)) else { return key };
    let Some((commitments, rows)) = rest.split_at_checked(COMMITMENTS_BYTES) else { return key };
    let rows = rows.as_chunks().0;
    let numbers = [u32::from(label_bytes), KEY_BYTES as u32, OPENING_BYTES as u32, rows.len() as u32];
    numbers.iter().for_each(|number| put_number(&mut key, *number));
    put_number(&mut key, gates.next_power_of_two());
    put_number(&mut key, gates);
    put(&mut key, label);
    put(&mut key, &u64::from(gates).to_le_bytes());
    put(&mut key, commitments);
    put(&mut key, common);
    rows.iter().for_each(|row| put_number(&mut key, u32::from(u16::from_le_bytes(*row))));
    key
}

/// Space for a key with a label and public inputs of the usual number.
const USUAL_BYTES: usize = 2048;

#[inline(never)]
fn put_number(key: &mut Vec<u8>, number: u32) {
    put(key, &u64::from(number).to_be_bytes());
}

#[inline(never)]
fn put(key: &mut Vec<u8>, bytes: &[u8]) {
    key.extend_from_slice(bytes);
}

/// A constant verifier key as a contract stores it.
///
/// Each part is a constant of its own: the compiler keeps equal constants once, and slices of the key would keep the
/// key.
#[doc(hidden)]
#[macro_export]
macro_rules! __verifier_key {
    ($key:expr) => {{
        const __KEY: &[u8] = $key;
        const __BYTES: usize = $crate::verifier_key::packed_bytes(__KEY);
        [
            &const { $crate::verifier_key::packed::<__BYTES>(__KEY) } as &'static [u8],
            &const { $crate::verifier_key::common(__KEY) },
        ]
    }};
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn key(label: &[u8], rows: &[u64], gates: u64) -> Vec<u8> {
        let mut key = Vec::new();
        let lengths = [label.len() as u64, 968, 240, rows.len() as u64, gates.next_power_of_two(), gates];
        lengths.iter().for_each(|number| key.extend(number.to_be_bytes()));
        key.extend(label);
        key.extend(gates.to_le_bytes());
        key.extend((0..720).map(|place| (place % 251) as u8));
        key.resize(key.len() + 240, 0);
        key.extend((0..240).map(|place| (place % 13) as u8));
        rows.iter().for_each(|row| key.extend(row.to_be_bytes()));
        key
    }

    #[test]
    fn what_is_stored_is_the_key() {
        for (label, rows, gates) in
            [(&b"send"[..], vec![0, 1, 300], 31_343), (b"", vec![], 1), (&[7; 300], vec![65_535], 1 << 16)]
        {
            let key = key(label, &rows, gates);
            let (packed, common) = stored(&key).unwrap();
            assert_eq!(packed.len(), 726 + label.len() + 2 * rows.len());
            assert_eq!(unpacked([&packed, &common]), key);
            let begin = common_begin(&key).unwrap();
            assert_eq!(common, key[begin..begin + COMMON_BYTES]);
            for place in 0..key.len() {
                let mut spoilt = key.clone();
                spoilt[place] ^= 1;
                assert!(stored(&spoilt).is_none_or(|it| it != (packed.clone(), common)), "{place}");
            }
            assert_eq!(stored(&key[..key.len() - 1]), None);
            assert_eq!(stored(&[&key[..], &[0]].concat()), None);
        }
        assert_eq!(stored(b"short"), None);
        assert_eq!(stored(&key(b"", &[1 << 16], 1 << 16)), None);
        assert_eq!(stored(&key(b"", &[], 1 << 17)), None);
    }
}

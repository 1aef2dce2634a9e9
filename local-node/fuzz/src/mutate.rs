//! Mutations of inputs: flips, numbers at their limits, cuts, repetitions, and parts of other inputs.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The longest input that mutations make.
pub const MAX_INPUT_BYTES: usize = 16 * 1024;
/// The most mutations of one input.
const MAX_STEPS: usize = 4;
/// The longest part that is copied, inserted or taken out.
const MAX_PART_BYTES: usize = 64;
/// Numbers at which decoders change their minds, as the first bytes of little-endian ones.
const LIMITS: [u64; 12] =
    [0, 1, 2, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_ffff, 0xffff_ffff_ffff_ffff];

/// Changes an input in a few places. `others` are inputs to take parts of.
#[must_use]
pub fn mutated(input: &[u8], others: &[Vec<u8>], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..rng.gen_range(1..=MAX_STEPS) {
        step(&mut bytes, others, rng);
    }
    bytes.truncate(MAX_INPUT_BYTES);
    bytes
}

fn step(bytes: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut ChaCha8Rng) {
    let place = rng.gen_range(0..=bytes.len());
    let end = (place + rng.gen_range(1..=MAX_PART_BYTES)).min(bytes.len());
    match rng.gen_range(0..8) {
        0 | 1 if place < bytes.len() => bytes[place] ^= 1 << rng.gen_range(0..8),
        2 if place < bytes.len() => bytes[place] = rng.r#gen(),
        3 => {
            let limit = LIMITS.choose(rng).copied().unwrap_or_default();
            let limit = if rng.r#gen() { limit } else { limit.wrapping_sub(rng.gen_range(0..3)) };
            let width = [1, 2, 4, 8].choose(rng).copied().unwrap_or(4).min(bytes.len() - place);
            bytes[place..place + width].copy_from_slice(&limit.to_le_bytes()[..width]);
        }
        4 => bytes.truncate(place),
        5 => drop(bytes.drain(place..end)),
        6 => {
            let part = bytes[place..end].to_vec();
            let to = rng.gen_range(0..=bytes.len());
            bytes.splice(to..to, part);
        }
        _ => {
            if let Some(other) = others.choose(rng).filter(|other| !other.is_empty()) {
                let from = rng.gen_range(0..other.len());
                let part = other[from..].iter().take(rng.gen_range(1..=MAX_PART_BYTES)).copied();
                bytes.splice(place..end, part);
            }
        }
    }
}

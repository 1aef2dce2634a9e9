//! The Merkle root over the transactions and the faults of a block.
//!
//! A binary tree over 32-byte digests with SHA3-256. A missing right child is replaced by its left sibling; the root is
//! that of the smallest tree of at least one level that holds all leaves, so a single leaf is hashed with itself.
//! Source: the book, "Consensus", section "Structures"; compared with the crate `dusk-consensus`.

use sha3::{Digest, Sha3_256};

/// A SHA3-256 digest.
type Hash = [u8; 32];

/// The root over `leaves`; 32 zero bytes when there are none.
///
/// A leaf of 32 zero bytes counts as missing. No digest in use is zero.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    if leaves.is_empty() {
        return Hash::default();
    }
    let mut level = leaves.to_vec();
    loop {
        level = level.chunks(2).map(|pair| parent(pair[0], pair.get(1).copied().unwrap_or_default())).collect();
        if let [root] = level[..] {
            return root;
        }
    }
}

fn parent(left: Hash, right: Hash) -> Hash {
    let right = if right == Hash::default() { left } else { right };
    Sha3_256::new().chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_trees() {
        let hash = |bytes: &[Hash]| -> Hash { Sha3_256::digest(bytes.concat()).into() };
        let [a, b, c] = [[1; 32], [2; 32], [3; 32]];
        assert_eq!(root(&[]), [0; 32]);
        assert_eq!(root(&[a]), hash(&[a, a]));
        assert_eq!(root(&[a, b]), hash(&[a, b]));
        assert_eq!(root(&[a, b, c]), hash(&[hash(&[a, b]), hash(&[c, c])]));
    }

    #[test]
    fn order_and_number_of_leaves_matter() {
        let [a, b] = [[1; 32], [2; 32]];
        assert_ne!(root(&[a, b]), root(&[b, a]));
        assert_ne!(root(&[a, b]), root(&[a, b, a]));
    }
}

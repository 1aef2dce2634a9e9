//! Properties that all gadgets have in common.

use dusk_sdk_circuit::{Layout, catalogue};

/// Each gadget on its own, as a circuit.
pub(crate) fn all() -> Vec<(&'static str, Layout)> {
    catalogue().into_iter().map(|entry| (entry.name, entry.layout)).collect()
}

#[test]
fn gadgets_cost_what_they_should() {
    for entry in catalogue() {
        assert!(
            entry.gates <= entry.aim,
            "{}: {} gates, and at most {} are aimed at",
            entry.name,
            entry.gates,
            entry.aim
        );
    }
}

#[test]
fn gadgets_go_through_files() {
    for (name, layout) in all() {
        assert_eq!(Layout::from_bytes(&layout.to_bytes()).as_ref(), Ok(&layout), "{name}");
    }
}

#[test]
fn gadgets_cost_what_they_did() {
    let table: Vec<String> = catalogue().iter().map(|it| format!("{} {}", it.gates, it.name)).collect();
    assert_eq!(table.join("\n"), GATES.trim());
}

/// The gates of each gadget. A change here changes the keys of every circuit that uses it.
const GATES: &str = "
1 product and sum of field elements
1 equality stated
3 is zero
1 is not zero, stated
4 is equal
2 is not equal, stated
1 bit
1 and
1 or
1 exclusive or
1 not
2 select
2 range of 8 bits
3 range of 16 bits
5 range of 21 bits
5 range of 32 bits
9 range of 64 bits
17 range of 128 bits
33 range of 249 bits
33 range of 250 bits
9 less than, stated, 64 bits
9 at most, stated, 64 bits
10 less than, 64 bits
10 at most, 64 bits
9 sum of 64 bits
9 difference of 64 bits
10 product of 64 bits
47 product of 128 bits
28 quotient and remainder of 64 bits
96 bits of 64 bits
420 bits of a field element
9 point
66 scalar
2 sum of points
1 negative point
4 select a point
1 equality of points, stated
4 is equal, points
253 multiple of a fixed point
253 key ownership
1424 multiple of a point
506 commitment to a scalar
318 commitment to 64 bits
3 balance of 8 amounts of 64 bits
1684 encryption of 64 bits
2859 Schnorr verification
1431 decryption of 64 bits
573 leaf of a credential
3432 signed credential
254 holder of a credential
5 age of a holder
5 validity of a credential
2 level of accreditation
8 in a set of 8
9 not in a set of 8
558 hash of 1 element
561 hash of 2 elements
571 hash of 4 elements
1154 hash of 5 elements
1157 hash of 8 elements
579 four elements from four
565 nullifier
578 Merkle path, one level
9810 Merkle path, height 17
10003 not in a list of 2^32
";

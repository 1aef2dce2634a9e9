//! The gadgets of which the statements consist: keys, notes, nullifiers, ciphers.

use dusk_bls12_381::BlsScalar;

use super::super::{NOTE_LEVELS, domain};
use super::values::{AuditCipher, AuditorKey, ViewCipher};
use crate::zk::{ConstraintSystem, Field, Gate, Linear, MerklePath, Point, Scalar, U64, circuit_type, expand, hash};

/// The keys of a holder in a circuit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    pub(super) ak: Field,
    pub(super) nk: Field,
    pub(super) owner: Field,
}

impl Keys {
    /// The keys of a spend secret. 1,131 rows.
    #[track_caller]
    pub(super) fn derive(cs: &mut ConstraintSystem, spend: Field) -> Self {
        let [ak, nk] = cs.gadget("view keys", |cs| {
            let domain = Field::constant(cs, domain::KEYS);
            expand(cs, &[domain, spend])
        });
        Self::of(cs, ak, nk)
    }

    /// The keys that the auditor knows.
    #[track_caller]
    pub(super) fn of(cs: &mut ConstraintSystem, ak: Field, nk: Field) -> Self {
        let owner = cs.gadget("owner", |cs| {
            let domain = Field::constant(cs, domain::OWNER);
            hash(cs, &[domain, ak, nk])
        });
        Self { ak, nk, owner }
    }
}

/// The commitment to a note: [`Note::commitment`](super::super::Note::commitment). 572 rows.
#[track_caller]
pub(super) fn commitment(cs: &mut ConstraintSystem, asset: Field, value: U64, owner: Field, rho: Field) -> Field {
    cs.gadget("note", |cs| {
        let value = tagged(cs, value, domain::NOTE);
        hash(cs, &[value, asset, owner, rho])
    })
}

/// A leg of an instruction: [`leg`](super::super::leg).
#[track_caller]
pub(super) fn leg(cs: &mut ConstraintSystem, asset: Field, value: U64, receiver: Field, blinding: Field) -> Field {
    cs.gadget("leg", |cs| {
        let value = tagged(cs, value, domain::LEG);
        hash(cs, &[value, asset, receiver, blinding])
    })
}

/// The nullifier of a note: [`nullifier`](super::super::nullifier).
#[track_caller]
pub(super) fn nullifier(cs: &mut ConstraintSystem, nk: Field, commitment: Field, position: Field) -> Field {
    cs.gadget("nullifier", |cs| {
        let position = tagged(cs, position, domain::NULLIFIER);
        hash(cs, &[position, nk, commitment])
    })
}

/// The nullifier of an act: [`act_nullifier`](super::super::act_nullifier).
#[track_caller]
pub(super) fn act_nullifier(cs: &mut ConstraintSystem, nk: Field, asset: Field, position: Field, act: Field) -> Field {
    cs.gadget("nullifier of the act", |cs| {
        let position = tagged(cs, position, domain::ACT);
        hash(cs, &[position, nk, asset, act])
    })
}

#[track_caller]
pub(super) fn tagged(cs: &mut ConstraintSystem, number: impl Into<Field>, domain: BlsScalar) -> Field {
    Linear::new().plus(number, 1).constant(domain).value(cs)
}

/// A note that is spent or held. Its owner follows from the keys.
#[circuit_type]
#[derive(Debug, Clone)]
pub struct Input {
    /// Its value.
    pub value: U64,
    /// Its random element.
    pub rho: Field,
    /// Its path in the tree of notes.
    pub path: MerklePath<NOTE_LEVELS>,
}

/// The values that an [`Input`] determines.
pub(super) struct Found {
    /// The children of the root that its path leads to.
    below: [Field; 4],
    pub(super) position: Field,
    pub(super) nullifier: Field,
}

impl Input {
    /// The nodes below the root, and the nullifier of the note. 8,091 rows.
    #[track_caller]
    pub(super) fn find(&self, cs: &mut ConstraintSystem, asset: Field, nk: Field, owner: Field) -> Found {
        let commitment = commitment(cs, asset, self.value, owner, self.rho);
        let below = self.path.plain_below_root(cs, commitment);
        let position = self.path.position(cs);
        let nullifier = nullifier(cs, nk, commitment, position);
        Found { below, position, nullifier }
    }

    /// Asserts that the note is in the same tree as another one, or that its value is zero. Eight rows.
    ///
    /// Both paths have the same four nodes below the root. So if the other one leads to a root, this one does too.
    #[track_caller]
    pub(super) fn assert_beside(&self, cs: &mut ConstraintSystem, name: &'static str, found: &Found, other: &Found) {
        for (node, of_other) in found.below.iter().zip(other.below) {
            let difference = node.sub(cs, of_other);
            cs.gate(name, Gate::new().ab(self.value.wire(), difference.wire(), BlsScalar::one()));
        }
    }
}

impl Found {
    /// The root that the path leads to. 571 rows.
    #[track_caller]
    pub(super) fn root(&self, cs: &mut ConstraintSystem) -> Field {
        cs.gadget("Merkle path", |cs| hash(cs, &self.below))
    }
}

impl AuditCipher {
    /// Asserts that the auditor reads exactly this, and returns the random elements of both outputs. 2,264 rows.
    ///
    /// 1. The ephemeral point is the ephemeral scalar times the generator.
    /// 2. The first element is the values plus the mask that follows from the shared point.
    /// 3. The second is the owner plus the next mask.
    ///
    /// The key is a point of the subgroup, and so are the ephemeral and the shared point.
    #[track_caller]
    pub(super) fn assert_seals(
        &self,
        cs: &mut ConstraintSystem,
        key: AuditorKey,
        ephemeral: Scalar,
        [first, second]: [U64; 2],
        owner: Field,
    ) -> [Field; 2] {
        cs.gadget("auditor's ciphertext", |cs| {
            let [values, of, first_rho, second_rho] = masks(cs, domain::AUDIT, key, ephemeral, self.ephemeral);
            let packed = Linear::new().plus(first, 1).plus(second, BlsScalar::pow_of_2(64)).plus(values, 1);
            packed.minus(self.fields[0], 1).assert_zero(cs, "the auditor reads the values");
            let masked = Linear::new().plus(owner, 1).plus(of, 1);
            masked.minus(self.fields[1], 1).assert_zero(cs, "the auditor reads the owner");
            [first_rho, second_rho]
        })
    }
}

impl ViewCipher {
    /// Asserts that the auditor reads exactly these keys.
    #[track_caller]
    pub(super) fn assert_seals(&self, cs: &mut ConstraintSystem, key: AuditorKey, ephemeral: Scalar, keys: Keys) {
        cs.gadget("auditor's ciphertext", |cs| {
            let masks: [Field; 2] = masks(cs, domain::VIEW, key, ephemeral, self.ephemeral);
            let read = [(keys.ak, "the auditor reads ak"), (keys.nk, "the auditor reads nk")];
            for (((message, name), mask), field) in read.into_iter().zip(masks).zip(self.fields) {
                Linear::new().plus(message, 1).plus(mask, 1).minus(field, 1).assert_zero(cs, name);
            }
        });
    }
}

/// The masks that follow from the shared point, and the assertion about the ephemeral one.
#[track_caller]
fn masks<const N: usize>(
    cs: &mut ConstraintSystem,
    domain: BlsScalar,
    key: AuditorKey,
    ephemeral: Scalar,
    [u, v]: [Field; 2],
) -> [Field; N] {
    let point: Point = ephemeral.public_key(cs);
    point.u().assert_eq(cs, "the abscissa is that of the ephemeral point", u);
    point.v().assert_eq(cs, "the ordinate is that of the ephemeral point", v);
    let shared = key.0.mul(cs, ephemeral);
    let domain = Field::constant(cs, domain);
    expand(cs, &[domain, shared.u(), shared.v(), point.u()])
}

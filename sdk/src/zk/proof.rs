//! Proofs as values of contracts.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use bytecheck::CheckBytes;
use dusk_sdk_circuit::verifier_key::unpacked;
use dusk_sdk_circuit::{Circuit, PROOF_BYTES};
use rkyv::{Archive, Deserialize, Fallible, Serialize};

use crate::returned::Answer;
use crate::text::push_hex;
use crate::value::Value;
use crate::wire::Malformed;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{JsonError, Type, Types},
};

/// A circuit whose proofs a contract can verify. `#[circuit]` implements it.
pub trait Provable: Circuit {
    /// The verifier key, which `cargo dusk build` has embedded in the contract. Only builds to wasm have one.
    ///
    /// It has two parts, as contracts store it; the second is equal in all circuits, so a contract has it once.
    fn verifier_key() -> [&'static [u8]; 2];
}

/// A proof of the circuit `C`, as an argument of contracts.
///
/// Only [`Proof::verify`] decides whether it is valid. In JSON it is the hexadecimal text of its bytes.
pub struct Proof<C> {
    bytes: [u8; PROOF_BYTES],
    circuit: PhantomData<fn() -> C>,
}

impl<C> Proof<C> {
    /// Creates a proof from bytes, without verifying it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; PROOF_BYTES]) -> Self {
        Self { bytes, circuit: PhantomData }
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PROOF_BYTES] {
        &self.bytes
    }
}

impl<C: Provable> Proof<C> {
    /// Whether the proof shows that the prover knows private inputs which satisfy the circuit together with these
    /// public inputs. Costs 10,000,000 gas.
    ///
    /// # Panics
    /// Outside of a contract, because the host verifies.
    #[must_use]
    pub fn verify(&self, public: &C::Public) -> bool {
        verify(C::verifier_key(), &self.bytes, C::encode(public))
    }
}

/// A function of its own: a contract has it once for all circuits.
#[inline(never)]
fn verify(verifier_key: [&[u8]; 2], proof: &[u8; PROOF_BYTES], public: Vec<crate::Field>) -> bool {
    crate::crypto::verify_plonk_of(&unpacked(verifier_key), proof, public)
}

impl<C> Clone for Proof<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Proof<C> {}

impl<C> PartialEq for Proof<C> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<C> Eq for Proof<C> {}

impl<C> fmt::Debug for Proof<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof(")?;
        self.bytes[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "…)")
    }
}

/// An encoded [`Proof`]: its bytes.
#[derive(Debug)]
#[repr(transparent)]
pub struct ArchivedProof([u8; PROOF_BYTES]);

impl<C> Archive for Proof<C> {
    type Archived = ArchivedProof;
    type Resolver = ();

    unsafe fn resolve(&self, _: usize, (): (), out: *mut ArchivedProof) {
        // SAFETY: the caller passes a place for an archived proof.
        unsafe { (&raw mut (*out).0).write(self.bytes) };
    }
}

impl<C, S: Fallible + ?Sized> Serialize<S> for Proof<C> {
    fn serialize(&self, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<C, D: Fallible + ?Sized> Deserialize<Proof<C>, D> for ArchivedProof {
    fn deserialize(&self, _: &mut D) -> Result<Proof<C>, D::Error> {
        Ok(Proof::from_bytes(self.0))
    }
}

impl<X: ?Sized> CheckBytes<X> for ArchivedProof {
    type Error = Malformed;

    unsafe fn check_bytes<'a>(value: *const Self, _: &mut X) -> Result<&'a Self, Malformed> {
        // SAFETY: the caller passes an address with enough bytes, and any bytes are valid.
        Ok(unsafe { &*value })
    }
}

impl<C: 'static> Answer for Proof<C> {}

impl<C: 'static> Value for Proof<C> {
    fn write_json(&self, out: &mut String) {
        out.push('"');
        push_hex(out, &self.bytes);
        out.push('"');
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        crate::json::hex_array(json).map(Self::from_bytes)
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::FixedBytes(u32::try_from(PROOF_BYTES).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Wire;

    enum Any {}

    #[test]
    fn a_proof_survives_the_wire() {
        let proof = Proof::<Any>::from_bytes(core::array::from_fn(|i| i.to_le_bytes()[0]));
        let bytes = proof.encode().unwrap();
        assert_eq!(bytes.len(), PROOF_BYTES);
        assert_eq!(Proof::decode(&bytes), Ok(proof));
        assert_eq!(Proof::<Any>::decode(&bytes[1..]), Err(Malformed));
    }
}

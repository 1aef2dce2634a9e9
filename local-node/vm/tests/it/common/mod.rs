//! Helpers of several tests.

pub(crate) mod contracts;

use dusk_bytes::DeserializableSlice;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use local_node_types::rules::Profile;
use local_node_vm::{BlockEnv, Session, StateRoot, Vm, genesis};
use rkyv::Serialize;
use rkyv::ser::serializers::AllocSerializer;

pub(crate) use super::new_vm;

/// More gas than any test spends.
pub(crate) const PLENTY: u64 = 3_000_000_000;

/// The rules after all forks.
pub(crate) fn today() -> BlockEnv {
    BlockEnv { chain_id: 0, rules: Profile::Local.at(1) }
}

/// The environment in which a production genesis is built.
pub(crate) fn at_genesis() -> BlockEnv {
    BlockEnv { chain_id: genesis::CHAIN_ID, rules: Profile::Local.at(0) }
}

pub(crate) fn encoded<T: Serialize<AllocSerializer<1024>>>(value: &T) -> Vec<u8> {
    rkyv::to_bytes::<_, 1024>(value).unwrap().to_vec()
}

/// A key pair from a seed.
pub(crate) fn keys(seed: u64) -> (SecretKey, PublicKey) {
    use rand::SeedableRng;
    let secret = SecretKey::random(&mut rand::rngs::StdRng::seed_from_u64(seed));
    let public = PublicKey::from(&secret);
    (secret, public)
}

/// A machine with the empty genesis, owned by the key of seed 0.
pub(crate) fn genesis_vm() -> (Vm, StateRoot) {
    let vm = new_vm();
    let (_, owner) = keys(0);
    let mut session = vm.session(None, at_genesis()).unwrap();
    genesis::install(&mut session, &owner, &owner).unwrap();
    let root = session.commit().unwrap();
    (vm, root)
}

/// A session on a machine that holds nothing.
pub(crate) fn empty_session() -> Session {
    new_vm().session(None, today()).unwrap()
}

pub(crate) fn key_from_base58(text: &str) -> PublicKey {
    PublicKey::from_slice(&bs58::decode(text).into_vec().unwrap()).unwrap()
}

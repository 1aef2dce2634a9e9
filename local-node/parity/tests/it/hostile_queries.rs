//! No argument makes a host query panic: a query either answers or says that it has no answer.

use dusk_core::abi::ContractId;
use local_node_parity::good_arguments;
use local_node_types::rules::Profile;
use local_node_vm::{BlockEnv, Session, Vm, VmError};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::contracts;

const ASKER: ContractId = ContractId::from_bytes([12; 32]);
/// Arguments that are tried for each query and version of the rules.
const TRIED: u64 = 150;
/// The longest argument that fits beside the query's name.
const MAX_ARGUMENT_BYTES: usize = 65_000;

#[test]
fn hostile_arguments_get_an_answer_or_an_error() {
    let vm = Vm::in_memory().unwrap();
    // The rules of today, and those of the first block, under which signatures and proofs are of other versions.
    for height in [1, 0] {
        let mut session = vm.session(None, BlockEnv { chain_id: 0, rules: Profile::Local.at(height) }).unwrap();
        session.deploy(ASKER, &contracts::asker(), None, &[], u64::MAX).unwrap();
        for (query, good) in good_arguments().unwrap() {
            ask(&mut session, query, &good);
            for constant in [0, 0xff] {
                for length in [0, 1, 4, 7, 8, 32, 33, 64, 1_000, MAX_ARGUMENT_BYTES] {
                    ask(&mut session, query, &vec![constant; length]);
                }
            }
            let mut rng = StdRng::seed_from_u64(height);
            for _ in 0..TRIED {
                ask(&mut session, query, &changed(&mut rng, &good));
            }
        }
    }
}

fn ask(session: &mut Session, query: &str, argument: &[u8]) {
    let answer = session.call(ASKER, "ask", &contracts::question(query, argument), 1_000_000_000);
    let expected = matches!(&answer, Ok(_) | Err(VmError::NoAnswer { .. }));
    assert!(expected, "{query} of {}: {answer:?}", hex::encode(argument));
}

/// The argument with some faults.
fn changed(rng: &mut StdRng, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..rng.gen_range(1..4) {
        if bytes.is_empty() {
            bytes.push(rng.r#gen());
        }
        let at = rng.gen_range(0..bytes.len());
        match rng.gen_range(0..8) {
            0 => bytes[at] ^= 1 << rng.gen_range(0..8),
            1 => bytes[at] = rng.r#gen(),
            // Numbers and relative pointers.
            2 | 3 => put(&mut bytes, at & !3, &extreme(rng).to_le_bytes()[..4]),
            4 => put(&mut bytes, at & !7, &extreme(rng).to_be_bytes()),
            5 => put(&mut bytes, at, &[[0; 48], [0xff; 48]][rng.gen_range(0..2)]),
            6 => bytes.truncate(at),
            _ => bytes.extend((0..rng.gen_range(0..64)).map(|_| rng.r#gen::<u8>())),
        }
    }
    bytes.truncate(MAX_ARGUMENT_BYTES);
    bytes
}

fn extreme(rng: &mut StdRng) -> u64 {
    let extremes = [0, 1, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, 1 << 63, (1 << 63) + 1, u64::MAX];
    let delta = rng.gen_range(0..64_i64);
    if rng.r#gen() { extremes[rng.gen_range(0..extremes.len())] } else { (-delta).cast_unsigned() }
}

fn put(bytes: &mut [u8], at: usize, new: &[u8]) {
    let end = bytes.len().min(at + new.len());
    bytes[at..end].copy_from_slice(&new[..end - at]);
}

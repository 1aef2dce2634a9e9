//! Arguments that end too early: the contract refuses them before every check, because they are none of the function.

use ::asset::{Asset, Refused};
use circuits::{Enrol, Terms};
use dusk_sdk::Field;
use dusk_sdk::client::{Arguments, Constructor, Reads, Writes};
use dusk_sdk::contract::Contract;
use dusk_sdk::finance::confidential::pool::Spending;
use dusk_sdk::finance::confidential::{AuditCipher, NoteCipher};
use dusk_sdk::interface::{Described, Interface};
use dusk_sdk::testing::confidential::{Auditor, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::people::{ALICE, keys, prove};

/// Bytes of a registration: owner, reading key, ciphertext and proof.
const REGISTRATION: usize = 2 * 32 + 4 * 32 + PROOF_BYTES;
/// Bytes of an order of a transfer: root, nullifiers, commitments, the auditor's ciphertext and two of notes.
const ORDER: usize = 5 * 32 + 4 * 32 + 2 * 5 * 32;
/// Bytes of a transfer: the order, a root of the registry and the proof.
const TRANSFER: usize = ORDER + 32 + PROOF_BYTES;

/// The asset with a client that takes any arguments.
enum Untyped {}

impl Contract for Untyped {
    const PACKAGE: &'static str = Asset::PACKAGE;
}

impl Described for Untyped {
    const INTERFACE: Interface = Asset::INTERFACE;
}

impl Deployable for Untyped {
    type Client = Deployed;

    fn client(via: Deployed) -> Deployed {
        via
    }
}

/// Sends so many bytes of a function's arguments. An array is encoded as its items.
fn send<const N: usize>(by: &Signed, function: &'static str, whole: &[u8]) -> Sent<(), Refused> {
    let begun: [u8; N] = whole[..N].try_into().expect("there are as many bytes");
    by.write(function, (begun,))
}

/// That a function refuses so many bytes of its arguments.
#[track_caller]
fn refuses<const N: usize>(by: &Signed, function: &'static str, whole: &[u8]) {
    send::<N>(by, function, whole).panics("the argument does not decode: it is not what this function takes");
}

#[dusk_sdk::test]
fn shortened_registrations_and_orders_are_refused(chain: Chain) -> TestResult {
    let [officer, relayer] = chain.accounts(["officer", "relayer"]);
    let auditor = Auditor::new(Scalar::from(99)).key();
    let init = Constructor::<Untyped, _, Refused>::new((String::from("Windmill"), auditor));
    let asset = chain.deploy(&officer, init)?;
    let (terms, by) = (asset.read::<_, Terms, Refused>("terms", ())?, asset.by(&relayer));
    let mut alice = Party::new(keys(ALICE), terms.asset);
    let act = play::enrol(&terms, alice.register(&terms.auditor)?);
    let registration = (act.call, prove::<_, Enrol>(&chain, &act)?);
    let enrolment = Arguments::encode(&registration)?;
    assert_eq!(enrolment.len(), REGISTRATION);
    // A part of the owner, of the ciphertext, the registration without its proof, and all but one byte.
    refuses::<31>(&by, "register", &enrolment);
    refuses::<180>(&by, "register", &enrolment);
    refuses::<{ REGISTRATION - PROOF_BYTES }>(&by, "register", &enrolment);
    refuses::<{ REGISTRATION - 1 }>(&by, "register", &enrolment);

    let note = NoteCipher { ephemeral: [1; 32], fields: [Field::from(2); 4] };
    let [first, second] = [3, 4].map(Field::from);
    let cipher = AuditCipher { ephemeral: [first, second], fields: [first, second] };
    let (nullifiers, commitments) = ([first, second], [second, first]);
    let order = Spending { note_root: first, nullifiers, commitments, cipher, notes: [note; 2] };
    let proof = Proof::<circuits::Send>::from_bytes([5; PROOF_BYTES]);
    let whole = Arguments::encode(&(order, second, proof))?;
    assert_eq!(whole.len(), TRANSFER);
    // A part of the auditor's ciphertext, of the last note, the order alone, and all but one byte.
    refuses::<200>(&by, "confidential_transfer", &whole);
    refuses::<{ ORDER - 1 }>(&by, "confidential_transfer", &whole);
    refuses::<ORDER>(&by, "confidential_transfer", &whole);
    refuses::<{ TRANSFER - 1 }>(&by, "confidential_transfer", &whole);

    // Sent in the same way, the whole registration is accepted.
    send::<REGISTRATION>(&by, "register", &enrolment).succeeds();
    Ok(())
}

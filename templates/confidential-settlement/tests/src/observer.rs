//! Observer tests. Each runs with other parties and amounts, and with other random values: arguments, events, gas,
//! changed pages and sizes must be the same, except for the declared places.

use circuits::{Answer, EnrolAttested};
use dusk_sdk::finance::confidential::pool::{self, Locking, Spending};
use dusk_sdk::testing::confidential::{Auditor, Party, ordered};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::{Credential, Point, Scalar};

use crate::attester::Attester;
use crate::cash::{self, Till};
use crate::market::{
    ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, LEVEL, MONEY, Market, Proven, SHARES, Seed, TODAY, keys_of,
    prove, refused, scalar,
};

/// Commitments to new notes, and nullifiers of spent ones.
const NOTES: [&str; 3] = ["issue.order.commitment", "NoteAdded.commitment", "NullifierSpent.nullifier"];
const TRANSFER: [&str; 4] = [
    "confidential_transfer.order.note_root",
    "confidential_transfer.order.nullifiers",
    "confidential_transfer.order.commitments",
    "ConfidentialTransfer.nullifiers",
];
/// A new note of a public amount of cash.
const DEPOSIT: [&str; 1] = ["deposit.order.commitment"];
/// The owner of a registration, which is a hash of random keys, its reading key, and the tag, a hash of the person's
/// key.
const REGISTER: [&str; 7] = [
    "register.call.owner",
    "register.call.reading",
    "register.attestation.tag",
    "HolderRegistered.owner",
    "HolderAdmitted.holder.owner",
    "HolderAttested.owner",
    "HolderAttested.tag",
];
/// The legs of an instruction are commitments with random blindings, and its name is a hash of both.
const INSTRUCTION: [&str; 6] = [
    "instruct.instruction.legs.commitment",
    "instruct()",
    "Instructed.name",
    "Instructed.instruction.legs.commitment",
    "affirm.name",
    "Affirmed.name",
];
/// Both possible notes of a lock, and the instruction and leg that it is for.
const LOCK: [&str; 13] = [
    "lock.order.note_root",
    "lock.order.nullifiers",
    "lock.order.released",
    "lock.order.cancelled",
    "lock.order.change",
    "lock.order.id.instruction",
    "lock.order.id.leg",
    "AmountLocked.id.instruction",
    "AmountLocked.id.leg",
    "AmountLocked.pending.released",
    "AmountLocked.pending.cancelled",
    "ConfidentialLock.id",
    "ConfidentialLock.nullifiers",
];
/// The names of an instruction and of its locks, where it settles.
const SETTLED: [&str; 6] = [
    "settle.name",
    "Settled.name",
    "release.id.instruction",
    "release.id.leg",
    "LockReleased.id.instruction",
    "LockReleased.id.leg",
];
/// The same, where it ends otherwise.
const ENDED: [&str; 8] = [
    "reject.name",
    "Rejected.name",
    "give_back.name",
    "GivenBack.name",
    "cancel.id.instruction",
    "cancel.id.leg",
    "LockCancelled.id.instruction",
    "LockCancelled.id.leg",
];

/// Declares that ciphertexts and these places are random.
fn declare(private: &Private, places: &[&[&str]]) {
    for name in ["AuditCipher", "NoteCipher"] {
        private.declare_random_type(name);
    }
    for place in NOTES.iter().chain(places.iter().copied().flatten()) {
        private.declare_random(place);
    }
}

/// No observer learns parties and amounts, whether the instruction settles, is rejected, or ends after its deadline. A
/// settlement before the locks and a lock with a changed deadline are refused.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_trades_what_with_whom(chain: Chain, private: &Private) -> TestResult {
    declare(private, &[&INSTRUCTION, &LOCK, &SETTLED, &ENDED]);
    let (mut market, parties) = traders(&chain, private)?;
    let trade = market.affirmed(parties, ISSUED.map(|issued| private.between(1, issued)))?;
    market.settlement.by(&market.relayer).settle(trade.name).panics("E9350: UnknownLock");
    for leg in [SHARES, MONEY] {
        let (at, side) = (market.settlement.id(), &mut market.sides[leg]);
        let act = ordered(|| side.reserving(at, &trade, leg), |act| act.call.nullifiers)?;
        let (root, proof) = (side.ledger.holder_root(), prove(&chain, &act)?);
        let changed = Locking { deadline: act.call.deadline + 1, ..act.call };
        let by = side.asset.by(&market.relayer);
        by.lock(changed, root, proof).refused(refused(pool::Refused::ProofInvalid));
        market.submit_lock(leg, &Proven { call: act.call, root, proof })?;
    }
    let (before, by) = (chain.snapshot(), market.settlement.by(&market.relayer));
    by.settle(trade.name).succeeds();
    chain.revert(&before);
    by.reject(trade.name, MONEY as u8, market.answer(&trade, MONEY, Answer::Reject)?).succeeds();
    chain.revert(&before);
    chain.mine(DEADLINE_BLOCKS);
    by.give_back(trade.name).succeeds();
    Ok(())
}

/// No observer learns parties and amounts of a delivery of shares against cash.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_pays_how_much_cash(chain: Chain, private: &Private) -> TestResult {
    declare(private, &[&INSTRUCTION, &LOCK, &SETTLED, &DEPOSIT]);
    let seed: Seed = private.random_bytes();
    let (mut market, mut till) = (Market::empty(&chain, seed)?, Till::empty(&chain, seed)?);
    let parties = private.one_of(&[[ALICE, BOB], [BOB, CAROL], [CAROL, ALICE], [BOB, ALICE]]);
    market.issue(SHARES, parties[SHARES], ISSUED[SHARES])?;
    till.deposit(parties[MONEY], cash::DEPOSIT)?;
    let amounts = [ISSUED[SHARES], cash::DEPOSIT].map(|most| private.between(1, most));
    let trade = cash::against(&mut market, &till, parties, amounts);
    market.instruct(&trade)?;
    for leg in [SHARES, MONEY] {
        market.affirm(&trade, leg)?;
    }
    let (at, side) = (market.settlement.id(), &mut market.sides[SHARES]);
    let act = ordered(|| side.reserving(at, &trade, SHARES), |act| act.call.nullifiers)?;
    let (root, proof) = (side.ledger.holder_root(), prove(&chain, &act)?);
    market.submit_lock(SHARES, &Proven { call: act.call, root, proof })?;
    let act = ordered(|| till.reserving(at, &trade), |act| act.call.nullifiers)?;
    let proof = prove(&chain, &act)?;
    till.cash.by(&till.relayer).lock(act.call, proof).succeeds();
    market.settlement.by(&market.relayer).settle(trade.name).succeeds();
    Ok(())
}

/// A transfer between holders. One with exchanged ciphertexts is refused.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_sends_to_whom_how_much(chain: Chain, private: &Private) -> TestResult {
    declare(private, &[&TRANSFER]);
    let (mut market, [from, _]) = traders(&chain, private)?;
    let (to, amount) = (private.one_of(&[ALICE, BOB, CAROL]), private.between(0, ISSUED[SHARES]));
    let side = &mut market.sides[SHARES];
    let act = ordered(|| side.sending([from, to], amount), |act| act.call.nullifiers)?;
    let (call, root, proof) = (act.call, side.ledger.holder_root(), prove(&chain, &act)?);
    let asset = side.asset.by(&market.relayer);
    let changed = Spending { notes: [call.notes[1], call.notes[0]], ..call };
    let sent = asset.confidential_transfer(changed, root, proof);
    sent.refused(refused(pool::Refused::ProofInvalid));
    asset.confidential_transfer(call, root, proof).succeeds();
    Ok(())
}

/// Somebody registers by the word of an attester. The chain sees the entry, and neither who it is nor what else the
/// credential says.
#[dusk_sdk::test(observer)]
fn nobody_learns_which_person_registers(chain: Chain, private: &Private) -> TestResult {
    private.declare_random_type("ViewCipher");
    REGISTER.iter().for_each(|place| private.declare_random(place));
    let seed: Seed = private.random_bytes();
    let [issuer, relayer] = chain.accounts(["issuer", "relayer"]);
    let auditor = Auditor::new(Scalar::from(98)).key();
    let asset = chain.deploy(&issuer, ::asset::init("Windmill".into(), auditor))?;
    let (officer, attester) = (asset.by(&issuer), Attester::new(55));
    officer.set_policy(TODAY, 10, LEVEL).succeeds();
    officer.set_attesters(vec![7], vec![attester.entry(&[7], TODAY + 500)]).succeeds();
    // Each person has a key, a serial number and a salt of its own.
    let number = private.one_of(&[1, 11, 21]);
    let secret = scalar(&seed, number);
    let credential = Credential {
        holder: (Point::GENERATOR * &secret).u(),
        serial: scalar(&seed, number + 1).field(),
        born: TODAY - private.one_of(&[10_000, 10_001, 25_000]),
        expires: TODAY + 100,
        residence: 528,
        nationality: private.one_of(&[528, 276, 840]),
        accreditation: LEVEL,
        salt: scalar(&seed, number + 2).field(),
    };
    let (person, terms) = (attester.sign(secret, credential), asset.terms()?);
    let attestation = person.attestation(terms.asset);
    let owner = keys_of(&seed, private.one_of(&[ALICE, BOB, CAROL]));
    let witness = Party::new(owner, terms.asset).register(&terms.auditor)?;
    let (revoked, secret) = (attester.revoked(), person.secret(&attester)?);
    let act = play::enrol_attested(&terms, &attestation, revoked, witness, secret);
    let proof = prove::<_, EnrolAttested>(&chain, &act)?;
    asset.by(&relayer).register(act.call, attestation, proof).succeeds();
    Ok(())
}

/// A market, and who has all shares and who has all money in it.
fn traders(chain: &Chain, private: &Private) -> Result<(Market, [usize; 2]), Failure> {
    let mut market = Market::empty(chain, private.random_bytes())?;
    let parties = private.one_of(&[[ALICE, BOB], [BOB, CAROL], [CAROL, ALICE], [BOB, ALICE]]);
    for side in [SHARES, MONEY] {
        market.issue(side, parties[side], ISSUED[side])?;
    }
    Ok((market, parties))
}

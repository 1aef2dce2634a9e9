//! What the chain shows to everybody. Each test runs with other parties and amounts, and with other random values:
//! arguments, events, gas, changed pages and sizes must be the same, except for what is declared here.

use circuits::Answer;
use dusk_sdk::finance::confidential::pool::{self, Locking, Spending};
use dusk_sdk::testing::confidential::ordered;
use dusk_sdk::testing::*;

use crate::market::{
    ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, MONEY, Market, Proven, SHARES, prove, refused,
};

/// Commitments to new notes, and nullifiers of spent ones.
const NOTES: [&str; 3] = ["issue.order.commitment", "NoteAdded.commitment", "NullifierSpent.nullifier"];
const TRANSFER: [&str; 4] = [
    "confidential_transfer.order.note_root",
    "confidential_transfer.order.nullifiers",
    "confidential_transfer.order.commitments",
    "ConfidentialTransfer.nullifiers",
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

/// Who trades with whom, and how much, whether the instruction settles, is rejected, or ends after its deadline. A
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

/// A transfer between holders. One with exchanged ciphertexts is refused.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_sends_to_whom_how_much(chain: Chain, private: &Private) -> TestResult {
    declare(private, &[&TRANSFER]);
    let (mut market, [from, _]) = traders(&chain, private)?;
    let (to, amount) = (private.one_of(&[ALICE, BOB, CAROL]), private.between(0, ISSUED[SHARES]));
    let Proven { call, root, proof } =
        ordered(|| market.transfer(SHARES, [from, to], amount), |it| it.call.nullifiers)?;
    let asset = market.sides[SHARES].asset.by(&market.relayer);
    let changed = Spending { notes: [call.notes[1], call.notes[0]], ..call };
    let sent = asset.confidential_transfer(changed, root, proof);
    sent.refused(refused(pool::Refused::ProofInvalid));
    asset.confidential_transfer(call, root, proof).succeeds();
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

//! Foreign, made-up and unreadable input: proofs about another chain, for another auditor or of another circuit, notes
//! that are in no tree, ciphertexts that the auditor cannot read, registrations with the keys of somebody else.

use ::settlement::Refused;
use circuits::{
    Answer, CashReserve, CashReservePrivate, CashReservePublic, Enrol, Enrolment, Issue, Reserve, Terms,
};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::pool::{self, Locking};
use dusk_sdk::finance::confidential::statements::AffirmSecretNative;
use dusk_sdk::finance::confidential::{AuditCipher, Note, NoteCipher, asset, notes, registry};
use dusk_sdk::testing::confidential::{Auditor, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{Circuit, Proof};
use play::{Act, Deal};

use crate::market::{ALICE, BOB, CAROL, MONEY, Market, Proven, SHARES, Side, holder, keys, prove, refused};

/// Alice delivers ten shares to bob, who pays 400.
const PARTIES: [usize; 2] = [ALICE, BOB];
const AMOUNTS: [u64; 2] = [10, 400];

/// That no proof of an act can be made, because it violates this constraint.
#[track_caller]
pub(crate) fn unprovable<C, Call>(chain: &Chain, act: &Act<Call, C::Public, C::Private>, constraint: &str)
where
    C: Circuit + 'static,
{
    let failure = prove::<Call, C>(chain, act).expect_err("there is no such proof");
    assert_eq!(failure.constraint(), Some(constraint), "{failure}");
}

/// Another element.
pub(crate) fn other(field: Field) -> Field {
    field + Field::from(1)
}

/// Somebody's wallet believes in a note of 7 that is in no tree.
fn make_up(side: &mut Side, who: usize) -> Result<(), Failure> {
    let (asset, party) = (side.terms.asset, &mut side.parties[who]);
    let note = Note { value: 7, owner: party.owner(), rho: Field::from(5) };
    let cipher = NoteCipher::seal(&party.address(), &Scalar::from(5), &note, Field::default())?;
    assert!(party.found(0, note.commitment(asset), &cipher));
    Ok(())
}

/// Nobody locks an amount out of nothing.
#[dusk_sdk::test]
fn an_empty_note_is_no_fuel(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let at = market.settlement.id();
    // The second input needs no place in the tree if its value is zero, and one otherwise.
    let trade = market.trade(PARTIES, [107, 1]);
    make_up(&mut market.sides[SHARES], ALICE)?;
    let act = market.sides[SHARES].reserving(at, &trade, SHARES)?;
    unprovable::<Reserve, _>(&chain, &act, "the second input is in the tree, or has no value");
    // The first one has to be there: carol, who has nothing, locks nothing, not even a zero.
    let trade = market.trade([CAROL, BOB], [0, 1]);
    let act = market.sides[SHARES].reserving(at, &trade, SHARES)?;
    unprovable::<Reserve, _>(&chain, &act, "the first input is in the tree");
    Ok(())
}

/// Good proofs about the same contracts on another chain: a registration, a lock and an affirmation.
#[dusk_sdk::test]
fn a_proof_is_for_one_chain(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let (here, there) = (chain.chain_id(), chain.chain_id() + 1);
    let trade = market.trade(PARTIES, AMOUNTS);
    let deals = trade.deals.map(|deal| Deal { asset: asset(deal.contract, there), ..deal });
    let trade = market.as_agreed(deals, trade.payers, trade.instruction.deadline);
    market.instruct(&trade)?;

    let it = &market.sides[SHARES];
    assert_eq!(asset(it.asset.id(), here), it.terms.asset);
    let terms = Terms { asset: asset(it.asset.id(), there), ..it.terms };
    let mut dave = Party::new(keys(7), terms.asset);
    let act = play::enrol(&terms, dave.register(&terms.auditor)?);
    let (entry, proof) = (holder(act.call.owner), prove(&chain, &act)?);
    let officer = it.asset.by(&market.issuer);
    officer.admit(act.call, entry, proof).refused(refused(pool::Refused::ProofInvalid));

    // Alice has a note there. The proof of its lock is about a root of the tree there, or about a root of here.
    let mut ledger = it.ledger.clone();
    ledger.asset = terms.asset;
    let fresh = [1, 2].map(Scalar::from);
    let issued = ledger.mint(&terms.auditor, &keys(ALICE).address(), 100, fresh)?.order;
    let position = ledger.add(issued.commitment);
    let mut alice = Party::new(keys(ALICE), terms.asset);
    assert!(alice.found(position, issued.commitment, &issued.note));
    let deal = trade.deals[SHARES];
    let lock = deal.lock((market.settlement.id(), trade.name), trade.instruction.deadline);
    let locked = alice.lock(&ledger, &terms.auditor, &deal.receiver, deal.amount, &lock)?;
    let act = play::reserve(&terms, locked)?;
    let (call, root, proof) = (act.call, ledger.holder_root(), prove(&chain, &act)?);
    let by = it.asset.by(&market.relayer);
    by.lock(call, root, proof).refused(refused(notes::Refused::UnknownNoteRoot));
    let moved = Locking { note_root: it.ledger.note_root(), ..call };
    by.lock(moved, root, proof).refused(refused(pool::Refused::ProofInvalid));

    let Deal { amount: value, blinding, .. } = deal;
    let secret = AffirmSecretNative { spend: keys(BOB).spend.secret(), value, blinding };
    let at = (market.settlement.id(), there);
    let act = play::agree(&trade.instruction, at, 0, Answer::Affirm, secret).expect("there is this leg");
    let proof = prove(&chain, &act)?;
    market.settlement.by(&market.relayer).affirm(trade.name, 0, proof).refused(Refused::NotTheReceiver);
    Ok(())
}

#[dusk_sdk::test]
fn what_the_auditor_cannot_read_is_refused(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let changes: [(fn(&mut AuditCipher), &str); 4] = [
        (|it| it.ephemeral[0] = other(it.ephemeral[0]), "the abscissa is that of the ephemeral point"),
        (|it| it.ephemeral[1] = other(it.ephemeral[1]), "the ordinate is that of the ephemeral point"),
        (|it| it.fields[0] = other(it.fields[0]), "the auditor reads the values"),
        (|it| it.fields[1] = other(it.fields[1]), "the auditor reads the owner"),
    ];
    let fresh = || [1, 2].map(Scalar::from);
    for (change, constraint) in changes {
        let mut act = market.sides[SHARES].issuing(&keys(ALICE).address(), 5, fresh())?;
        change(&mut act.public.act.cipher);
        unprovable::<Issue, _>(&chain, &act, constraint);
    }
    // A good ciphertext of another act, and of the other asset.
    let trade = market.trade(PARTIES, AMOUNTS);
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    let issued = market.sides[SHARES].issuing(&keys(ALICE).address(), 5, fresh())?.call.cipher;
    let paid = market.reservation(&trade, MONEY)?.call.cipher;
    let by = market.sides[SHARES].asset.by(&market.relayer);
    for cipher in [issued, paid] {
        by.lock(Locking { cipher, ..call }, root, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    by.lock(call, root, proof).succeeds();
    Ok(())
}

/// Good proofs of an issue and of a lock for the key of somebody who is not the auditor, such as a former one.
#[dusk_sdk::test]
fn an_act_is_for_the_auditor_of_its_asset(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.trade(PARTIES, AMOUNTS);
    let it = &mut market.sides[SHARES];
    it.terms.auditor = Auditor::new(Scalar::from(97)).key();
    let act = it.issuing(&keys(ALICE).address(), 5, [1, 2].map(Scalar::from))?;
    let (root, proof) = (it.ledger.holder_root(), prove(&chain, &act)?);
    let by = it.asset.by(&market.issuer);
    by.issue(act.call, root, proof).refused(refused(pool::Refused::ProofInvalid));
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    let by = market.sides[SHARES].asset.by(&market.relayer);
    by.lock(call, root, proof).refused(refused(pool::Refused::ProofInvalid));
    Ok(())
}

/// The circuit of the cash states the same about a lock, but nothing about the registry. A proof of it would be one for
/// holders who are frozen.
#[dusk_sdk::test]
fn a_proof_of_another_circuit_is_refused(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let (at, trade) = (market.settlement.id(), market.trade(PARTIES, AMOUNTS));
    let Act { call, public, private } = market.sides[SHARES].reserving(at, &trade, SHARES)?;
    let public = CashReservePublic { act: public.act, bound: public.bound };
    let private = CashReservePrivate { secret: private.secret.clone() };
    let without = prove::<_, CashReserve>(&chain, &Act { call, public, private })?;
    let taken = Proof::<Reserve>::from_bytes(*without.as_bytes());
    let it = &market.sides[SHARES];
    let sent = it.asset.by(&market.relayer).lock(call, it.ledger.holder_root(), taken);
    sent.refused(refused(pool::Refused::ProofInvalid));
    market.agree()
}

#[dusk_sdk::test]
fn an_owner_registers_once_and_with_its_own_keys(chain: Chain) -> TestResult {
    let market = Market::open(&chain)?;
    let it = &market.sides[SHARES];
    let mut dave = Party::new(keys(7), it.terms.asset);
    let act = play::enrol(&it.terms, dave.register(&it.terms.auditor)?);
    // Dave registers the owner of carol's notes, or tells the auditor other keys than his own.
    let mut stolen = act.clone();
    stolen.public.act.owner = it.parties[CAROL].owner();
    unprovable::<Enrol, _>(&chain, &stolen, "the owner is the prover");
    for (field, constraint) in ["the auditor reads ak", "the auditor reads nk"].into_iter().enumerate() {
        let mut lie = act.clone();
        lie.public.act.cipher.fields[field] = other(lie.public.act.cipher.fields[field]);
        unprovable::<Enrol, _>(&chain, &lie, constraint);
    }
    // A registration is for one asset, and for one ciphertext.
    let (entry, proof) = (holder(act.call.owner), prove(&chain, &act)?);
    let money = market.sides[MONEY].asset.by(&market.issuer);
    money.admit(act.call, entry, proof).refused(refused(pool::Refused::ProofInvalid));
    let again = play::enrol(&it.terms, dave.register(&it.terms.auditor)?);
    assert_ne!(again.call.view, act.call.view, "a new ephemeral key");
    let officer = it.asset.by(&market.issuer);
    let exchanged = Enrolment { view: again.call.view, ..act.call };
    officer.admit(exchanged, entry, proof).refused(refused(pool::Refused::ProofInvalid));
    officer.admit(act.call, entry, proof).succeeds();
    // Another good registration of the same owner.
    let proof = prove(&chain, &again)?;
    officer.admit(again.call, entry, proof).refused(refused(registry::Refused::AlreadyRegistered));
    Ok(())
}

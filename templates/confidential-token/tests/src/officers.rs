//! Tests of the officers' functions, which nobody else can call.

use ::asset::{Attestation, AttestationChanged, FIRST_REGISTRATIONS, Person, Refused};
use circuits::{BLOCKED, Eligible, EligiblePrivate, EligiblePublic, occasion, scope};
use dusk_sdk::finance::confidential::auditor::{
    AUDITOR_LOST_BLOCKS, AuditorChanged, AuditorLost, AuditorOffered, KeyProof,
};
use dusk_sdk::finance::confidential::countries::{self, CountryBlocked, MAX_BLOCKED_COUNTRIES};
use dusk_sdk::finance::confidential::registry::{self, HolderChanged};
use dusk_sdk::finance::confidential::snapshots::{self, HoldingsPinned};
use dusk_sdk::finance::confidential::{AuditorKey, Holder, auditor, pool};
use dusk_sdk::finance::documents::MAX_DOCUMENTS;
use dusk_sdk::finance::ledger::MAX_REASON_BYTES;
use dusk_sdk::finance::offices::{MAX_OFFICERS, Office};
use dusk_sdk::finance::{calendar, documents, offices};
use dusk_sdk::parts::pausing;
use dusk_sdk::testing::confidential::Auditor;
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;
use dusk_sdk::zk::native::{IndexedTree, Scalar};
use dusk_sdk::{ContractId, Field, Principal};
use play::{Act, Attested, Attester, blocked};

use crate::people::{
    ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, LEVEL, REASON, Scene, TODAY, holder, keys, prove,
};
use crate::threats::refused;

/// A person's proof of its attributes.
type Showing = Act<(), EligiblePublic, EligiblePrivate>;

#[dusk_sdk::test]
fn officers_admit_change_and_remove_holders(chain: Chain) -> TestResult {
    let mut scene = Scene::empty(&chain)?;
    let owner = scene.register(ALICE)?;
    let by = scene.asset.by(&scene.officer);
    assert_eq!(scene.asset.holder(owner)?, None);
    let frozen = Holder { active: false, ..holder(owner) };
    by.admit(frozen).refused(refused(registry::Refused::NotActive));
    by.freeze(owner, REASON.into()).refused(refused(registry::Refused::NotAdmitted));
    by.admit(holder(owner)).succeeds();
    by.admit(holder(owner)).refused(refused(registry::Refused::AlreadyAdmitted));
    assert_eq!(scene.asset.holder(owner)?, Some(holder(owner)));
    let changed = Holder { country: 276, ..holder(owner) };
    let event =
        HolderChanged { position: 0, holder: changed, by: (&scene.officer).into(), reason: REASON.into() };
    by.set_holder(changed, REASON.into()).emits(event);
    by.set_holder(changed, REASON.into()).refused(refused(registry::Refused::SameEntry));
    let limit = MAX_REASON_BYTES;
    by.freeze(owner, String::new()).refused(refused(registry::Refused::ReasonLength { limit }));
    by.remove(owner, REASON.into()).succeeds();
    by.remove(owner, REASON.into()).refused(refused(registry::Refused::NotAdmitted));
    assert_eq!(scene.asset.holder(owner)?, None);
    Ok(())
}

#[dusk_sdk::test]
fn a_lost_key_is_recovered_note_by_note(chain: Chain) -> TestResult {
    let mut scene = Scene::empty(&chain)?;
    for number in [ALICE, BOB] {
        scene.enrol(number)?;
    }
    scene.issue(ALICE, 60)?;
    scene.issue(ALICE, 40)?;
    // Alice has lost her key, and registers another one: dave's in this test. The old one can do nothing any more.
    let new = 3;
    scene.enrol(new)?;
    let lost = scene.parties[ALICE].owner();
    let stolen = scene.transfer(ALICE, BOB, 60)?;
    scene.asset.by(&scene.officer).remove(lost, REASON.into()).succeeds();
    scene.removed(lost)?;
    let failed = scene.submit(stolen).expect_err("the key is worth nothing");
    assert!(failed.is(&refused(pool::Refused::ProofInvalid)), "{failed}");
    for _ in 0..2 {
        scene.seize(ALICE, new)?;
    }
    assert_eq!((scene.balance(ALICE), scene.values(new)), (0, vec![40, 60]));
    assert_eq!((scene.audited(new), scene.asset.total_supply()?), (100, 100), "nothing is lost on the way");
    scene.send(new, BOB, 100)?;
    let again = scene.register(ALICE).expect_err("it was removed for good");
    assert!(again.is(&refused(registry::Refused::AlreadyRegistered)), "{again}");
    Ok(())
}

#[dusk_sdk::test]
fn what_was_locked_with_a_lost_key_is_recovered(chain: Chain) -> TestResult {
    let (mut scene, new) = (Scene::empty(&chain)?, 3);
    for number in [ALICE, BOB, new] {
        scene.enrol(number)?;
    }
    scene.issue(ALICE, 60)?;
    scene.issue(BOB, 30)?;
    scene.lock(ALICE, BOB, 25)?;
    scene.lock(BOB, ALICE, 30)?;
    let lost = scene.parties[ALICE].owner();
    scene.asset.by(&scene.officer).remove(lost, REASON.into()).succeeds();
    scene.removed(lost)?;
    // Alice's incoming and returned notes become notes of the removed owner: nothing is stuck.
    scene.release(1)?;
    chain.mine(DEADLINE_BLOCKS);
    scene.cancel_by_anybody(0)?;
    assert_eq!((scene.values(ALICE), scene.audited(ALICE)), (vec![25, 30, 35], 90));
    // Its key does not spend them, and the officer seizes them for the new owner.
    let act = scene.sending(ALICE, BOB, 1)?;
    let failed = prove::<_, circuits::Send>(&chain, &act).expect_err("she is not in the registry");
    assert_eq!(failed.constraint(), Some("the sender is in the registry"), "{failed}");
    for _ in 0..3 {
        scene.seize(ALICE, new)?;
    }
    assert_eq!((scene.values(ALICE), scene.values(new)), (vec![], vec![25, 30, 35]));
    assert_eq!((scene.audited(ALICE), scene.audited(new)), (0, 90));
    assert_eq!((scene.asset.total_supply()?, scene.asset.status()?.locked), (90, 0));
    Ok(())
}

#[dusk_sdk::test]
fn issues_are_public_amounts_for_hidden_holders(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.issue(BOB, 25)?;
    assert_eq!((scene.values(BOB), scene.asset.total_supply()?), (vec![25], ISSUED + 25));
    let fresh = scene.draw();
    let act = scene.issuing(CAROL, 10, fresh)?;
    let (proof, root) = (prove(&chain, &act)?, scene.ledger.holder_root());
    let by = scene.asset.by(&scene.officer);
    for value in [9, 11, u64::MAX - ISSUED - 25] {
        let other = pool::Minting { value, ..act.call };
        by.issue(other, root, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    let zero = pool::Minting { value: 0, ..act.call };
    by.issue(zero, root, proof).refused(refused(pool::Refused::ZeroAmount));
    let full = pool::Minting { value: u64::MAX, ..act.call };
    by.issue(full, root, proof).refused(refused(pool::Refused::SupplyOverflow));
    scene.asset.by(&scene.relayer).issue(act.call, root, proof).refused(offices::Refused::NotOfficer.into());
    by.issue(act.call, root, proof).succeeds();
    // The rules of redemptions.
    let act = scene.redeeming(ALICE, 10)?;
    let proof = prove(&chain, &act)?;
    let by = scene.asset.by(&scene.relayer);
    let limit = MAX_REASON_BYTES;
    by.redeem(10, String::new(), act.call, root, proof).refused(Refused::ReferenceLength { limit });
    by.redeem(0, "invoice 12".into(), act.call, root, proof).refused(refused(pool::Refused::ZeroAmount));
    let supply = ISSUED + 35;
    let more = by.redeem(supply + 1, "invoice 12".into(), act.call, root, proof);
    more.refused(refused(pool::Refused::SupplyTooSmall { supply }));
    Ok(())
}

#[dusk_sdk::test]
fn nobody_else_does_what_officers_do(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let owner = scene.parties[ALICE].owner();
    let act = scene.seizing(ALICE, BOB)?;
    let (proof, root) = (prove(&chain, &act)?, scene.ledger.holder_root());
    let by = scene.asset.by(&scene.relayer);
    let no = || Refused::from(offices::Refused::NotOfficer);
    by.admit(holder(owner)).refused(no());
    by.set_holder(holder(owner), REASON.into()).refused(no());
    by.freeze(owner, REASON.into()).refused(no());
    by.unfreeze(owner, REASON.into()).refused(no());
    by.remove(owner, REASON.into()).refused(no());
    by.seize(act.call, root, REASON.into(), proof).refused(no());
    by.set_policy(TODAY, 10, 0).refused(no());
    by.block_country(408, true).refused(no());
    by.set_attestation(None).refused(no());
    by.allow_registrations(5).refused(no());
    by.take_snapshot().refused(no());
    by.pause().refused(no());
    by.resume().refused(no());
    by.set_document("terms".into(), [0; 32], "ipfs://terms".into()).refused(no());
    by.remove_document("terms".into()).refused(no());
    by.offer_auditor(Auditor::new(Scalar::from(97)).key()).refused(no());
    by.declare_auditor_lost().refused(offices::Refused::NotIssuer.into());
    by.appoint((&scene.relayer).into()).refused(offices::Refused::NotIssuer.into());
    by.dismiss((&scene.officer).into()).refused(offices::Refused::NotIssuer.into());
    by.offer_office(Office::Officer, None).refused(no());
    by.take_office(Office::Issuer).refused(offices::Refused::NotOffered.into());
    Ok(())
}

#[dusk_sdk::test]
fn officers_block_so_many_countries(chain: Chain) -> TestResult {
    let scene = Scene::empty(&chain)?;
    let by = scene.asset.by(&scene.officer);
    let said = |country, blocked| CountryBlocked { country, blocked, by: (&scene.officer).into() };
    for country in [0, 1_000, u16::MAX] {
        by.block_country(country, true).refused(countries::Refused::UnknownCountry.into());
        by.block_country(country, false).refused(countries::Refused::UnknownCountry.into());
    }
    by.block_country(408, true).emits(said(408, true));
    by.block_country(408, true).emits(said(408, true));
    by.block_country(840, false).emits(said(840, false));
    assert_eq!(scene.terms()?.blocked.numbers().collect::<Vec<_>>(), [408]);
    let limit = MAX_BLOCKED_COUNTRIES;
    for country in 1..limit as u16 {
        by.block_country(country, true).succeeds();
    }
    by.block_country(999, true).refused(countries::Refused::TooManyCountries { limit }.into());
    by.block_country(408, true).succeeds();
    by.block_country(408, false).emits(said(408, false));
    by.block_country(999, true).succeeds();
    let blocked = scene.terms()?.blocked;
    assert!(blocked.contains(1) && blocked.contains(999) && !blocked.contains(408));
    assert_eq!(blocked.numbers().count(), limit as usize);
    Ok(())
}

#[dusk_sdk::test]
fn offices_documents_and_days_are_those_of_every_register(chain: Chain) -> TestResult {
    let scene = Scene::empty(&chain)?;
    let (by, second) = (scene.asset.by(&scene.officer), chain.account("second"));
    by.appoint((&second).into()).succeeds();
    by.appoint((&second).into()).refused(offices::Refused::AlreadyOfficer.into());
    assert!(scene.asset.is_officer((&second).into())?);
    by.dismiss((&second).into()).succeeds();
    by.dismiss((&second).into()).refused(offices::Refused::UnknownOfficer.into());
    let limit = MAX_OFFICERS;
    for number in 1..limit {
        by.appoint(ContractId::from_bytes([number as u8; 32]).into()).succeeds();
    }
    by.appoint((&second).into()).refused(offices::Refused::TooManyOfficers { limit }.into());
    by.offer_office(Office::Issuer, Some((&second).into())).succeeds();
    scene.asset.by(&second).take_office(Office::Issuer).succeeds();
    assert_eq!(scene.asset.status()?.issuer, Principal::from(&second));

    by.set_document("terms".into(), [7; 32], "ipfs://terms".into()).succeeds();
    assert_eq!(scene.asset.documents()?.len(), 1);
    by.remove_document("terms".into()).succeeds();
    by.remove_document("terms".into()).refused(documents::Refused::UnknownDocument.into());
    let set = |name: &str, address: &str| by.set_document(name.into(), [7; 32], address.into());
    set("", "ipfs://terms").refused(documents::Refused::DocumentName { limit: 64 }.into());
    set("terms", "").refused(documents::Refused::DocumentAddress { limit: 256 }.into());
    for number in 0..MAX_DOCUMENTS {
        set(&number.to_string(), "ipfs://terms").succeeds();
    }
    set("more", "ipfs://terms").refused(documents::Refused::TooManyDocuments { limit: MAX_DOCUMENTS }.into());

    by.set_policy(TODAY - 1, 10, 0).refused(calendar::Refused::Backwards { today: TODAY }.into());
    by.set_policy(TODAY, 0, 0).refused(calendar::Refused::BlockTime.into());
    assert_eq!((scene.terms()?.today, scene.terms()?.level), (TODAY, LEVEL));
    by.pause().succeeds();
    by.pause().refused(pausing::Refused::Paused.into());
    by.resume().succeeds();
    by.resume().refused(pausing::Refused::NotPaused.into());
    assert_eq!(scene.asset.name()?, "Windmill");
    let opened = chain.try_deploy(&second, ::asset::init(String::new(), scene.auditor.key()));
    opened.refused(Refused::NameLength { limit: 64 });
    let nobody = AuditorKey { u: 0.into(), v: 1.into() };
    let opened = chain.try_deploy(&second, ::asset::init("Windmill".into(), nobody));
    opened.refused(refused(auditor::Refused::AuditorKeyNeutral));
    Ok(())
}

#[dusk_sdk::test]
fn a_pause_stops_holders_and_not_officers(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.pause()?;
    let failed = scene.send(ALICE, BOB, 30).expect_err("it is paused");
    assert!(failed.is(&Refused::from(pausing::Refused::Paused)), "{failed}");
    scene.issue(BOB, 5)?;
    scene.seize(ALICE, CAROL)?;
    scene.resume()?;
    scene.send(CAROL, BOB, 30)?;
    assert_eq!(scene.balance(BOB), 35);
    Ok(())
}

#[dusk_sdk::test]
fn the_auditor_hands_over_in_two_steps(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let new = Auditor::new(Scalar::from(97));
    let [acceptance, consent] = signed(&scene, &new, 1);
    let (by, anybody) = (scene.asset.by(&scene.officer), scene.asset.by(&scene.relayer));
    anybody.take_auditor(acceptance, Some(consent)).refused(refused(auditor::Refused::AuditorNotOffered));
    by.offer_auditor(scene.auditor.key()).refused(refused(auditor::Refused::SameAuditorKey));
    let off = AuditorKey { u: 1.into(), v: 1.into() };
    by.offer_auditor(off).refused(refused(auditor::Refused::AuditorKeyInvalid));
    let (number, key) = (1, new.key());
    by.offer_auditor(key).emits(AuditorOffered { number, key, by: (&scene.officer).into() });
    // No act is encrypted to a key whose secret nobody has shown, and none without the present auditor's consent.
    let refuses = |acceptance, consent, refusal| {
        anybody.take_auditor(acceptance, consent).refused(refused(refusal));
    };
    refuses(acceptance, None, auditor::Refused::AuditorConsentMissing);
    refuses(acceptance, Some(acceptance), auditor::Refused::AuditorConsentInvalid);
    refuses(consent, Some(consent), auditor::Refused::AuditorKeyUnproven);
    let garbage = KeyProof { scalar: [0xff; 32], point: [1.into(), 1.into()] };
    refuses(garbage, Some(consent), auditor::Refused::AuditorKeyUnproven);
    // Signatures for another contract, another chain, or a later key are of no use.
    let twin = Scene::empty(&chain)?;
    let other = dusk_sdk::finance::confidential::asset(scene.asset.id(), chain.chain_id() + 1);
    for (asset, number) in [(twin.ledger.asset, 1), (other, 1), (scene.ledger.asset, 2)] {
        let message = auditor::handover(asset, number, key);
        refuses(KeyProof::sign(new.reading(), message), Some(consent), auditor::Refused::AuditorKeyUnproven);
        let consent = Some(KeyProof::sign(scene.auditor.reading(), message));
        refuses(acceptance, consent, auditor::Refused::AuditorConsentInvalid);
    }
    let taken = anybody.take_auditor(acceptance, Some(consent));
    taken.emits(AuditorChanged { number, key, consented: true });
    assert_eq!(scene.terms()?.auditor, key);
    refuses(acceptance, Some(consent), auditor::Refused::AuditorNotOffered);
    Ok(())
}

#[dusk_sdk::test]
fn acts_are_for_the_auditor_of_their_time(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let new = Auditor::new(Scalar::from(97));
    let [acceptance, consent] = signed(&scene, &new, 1);
    let waiting = scene.transfer(ALICE, BOB, 30)?;
    scene.asset.by(&scene.officer).offer_auditor(new.key()).succeeds();
    scene.asset.by(&scene.relayer).take_auditor(acceptance, Some(consent)).succeeds();
    // A proof for the old auditor is void: the new one could not read the ciphertext.
    let failed = scene.submit(waiting).expect_err("the auditor has changed");
    assert!(failed.is(&refused(pool::Refused::ProofInvalid)), "{failed}");
    let transfer = scene.transfer(ALICE, BOB, 30)?;
    assert_eq!(transfer.0.cipher.open(new.reading())?.values, [30, ISSUED - 30]);
    Ok(())
}

#[dusk_sdk::test]
fn a_lost_auditor_is_replaced_after_a_week(chain: Chain) -> TestResult {
    let scene = Scene::empty(&chain)?;
    let new = Auditor::new(Scalar::from(97));
    let [acceptance, _] = signed(&scene, &new, 1);
    // The issuer is an officer; another officer is not the issuer.
    let (issuer, second) = (scene.asset.by(&scene.officer), chain.account("second"));
    issuer.appoint((&second).into()).succeeds();
    let by = scene.asset.by(&second);
    issuer.declare_auditor_lost().refused(refused(auditor::Refused::AuditorNotOffered));
    by.offer_auditor(new.key()).succeeds();
    by.declare_auditor_lost().refused(offices::Refused::NotIssuer.into());
    let from = chain.height() + 1 + AUDITOR_LOST_BLOCKS;
    let lost = AuditorLost { number: 0, key: new.key(), from, by: (&scene.officer).into() };
    issuer.declare_auditor_lost().emits(lost);
    let missing = refused(auditor::Refused::AuditorNotYetLost { from });
    by.take_auditor(acceptance, None).refused(missing);
    chain.mine(from - 1 - chain.height());
    let before = chain.snapshot();
    // Another offer ends the declaration.
    by.offer_auditor(Auditor::new(Scalar::from(96)).key()).succeeds();
    by.take_auditor(acceptance, None).refused(refused(auditor::Refused::AuditorConsentMissing));
    chain.revert(&before);
    let taken = by.take_auditor(acceptance, None);
    taken.emits(AuditorChanged { number: 1, key: new.key(), consented: false });
    Ok(())
}

/// Both signatures of a hand-over: of the new auditor, and of the present one.
fn signed(scene: &Scene, new: &Auditor, number: u32) -> [KeyProof; 2] {
    let message = auditor::handover(scene.ledger.asset, number, new.key());
    [new.reading(), scene.auditor.reading()].map(|key| KeyProof::sign(key, message))
}

#[dusk_sdk::test]
fn a_snapshot_pins_both_roots(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let none = scene.asset.snapshot(1).expect_err("none was taken");
    assert!(none.is(&Refused::from(snapshots::Refused::NothingPinned)), "{none}");
    let pinned = scene.asset.by(&scene.officer).take_snapshot().succeeds();
    let snapshot = pinned.clone().value();
    pinned.emits(HoldingsPinned { snapshot, by: (&scene.officer).into() });
    assert_eq!((snapshot.note_root, snapshot.notes), (scene.ledger.note_root(), scene.ledger.count()));
    assert_eq!((snapshot.nullifier_root, snapshot.supply), (scene.ledger.nullifier_root(), ISSUED));
    scene.send(ALICE, BOB, 30)?;
    assert_eq!(scene.asset.snapshot(snapshot.height)?, snapshot);
    Ok(())
}

#[dusk_sdk::test]
fn a_person_is_admitted_by_a_credential(chain: Chain) -> TestResult {
    let mut scene = Scene::empty(&chain)?;
    let it = Vouching::new(&scene)?;
    let attested = it.attester.attest(Scalar::from(66), 528, LEVEL, TODAY + 100);
    let owner = scene.register(ALICE)?;
    let person = it.person(&attested, owner);
    let show = |person: &Person| it.show(&attested, person);
    let proof = show(&person)?;
    let by = scene.asset.by(&scene.officer);
    by.admit_by_credential(person, proof).refused(Refused::NoAttester);
    by.set_attestation(Some(it.attestation())).succeeds();
    assert_eq!(scene.asset.attestation()?, Some(it.attestation()));
    // The proof is for one owner, until one day, which has not passed.
    let bob = keys(BOB).address().owner;
    by.admit_by_credential(Person { owner: bob, ..person }, proof).refused(Refused::NotProven);
    by.admit_by_credential(Person { until: u32::MAX, ..person }, proof).refused(Refused::NotProven);
    let late = Person { until: TODAY - 1, ..person };
    by.admit_by_credential(late, show(&late)?).refused(Refused::Expired);
    // Anybody submits it: no officer is needed.
    scene.asset.by(&scene.relayer).admit_by_credential(person, proof).succeeds();
    let entry = Holder { owner, class: 0, country: 0, level: LEVEL, valid_until: TODAY + 100, active: true };
    assert_eq!(scene.asset.holder(owner)?, Some(entry));
    // The same person with a second owner.
    let second = scene.register(BOB)?;
    let again = Person { owner: second, ..person };
    let by = scene.asset.by(&scene.relayer);
    by.admit_by_credential(again, show(&again)?).refused(refused(registry::Refused::TagUsed));
    // Nobody who lives in a blocked country, nor one that the attester does not know.
    let mut act = it.showing(&attested, &person)?;
    act.private.secret_key = Scalar::from(67);
    let refusal = prove::<_, Eligible>(&chain, &act).expect_err("the key is another one");
    assert_eq!(refusal.constraint(), Some("the secret key is the person's"), "{refusal}");
    let resident = it.attester.attest(Scalar::from(68), 840, LEVEL, TODAY);
    assert!(resident.private(it.attester.revoked(), &it.sanctions).is_err());
    Ok(())
}

/// A thief of the attester's key has as many owners admitted as officers have allowed, and then nobody can.
#[dusk_sdk::test]
fn attesters_do_not_fill_the_registry(chain: Chain) -> TestResult {
    let mut scene = Scene::empty(&chain)?;
    let it = Vouching::new(&scene)?;
    let [alice, bob, carol] = [scene.register(ALICE)?, scene.register(BOB)?, scene.register(CAROL)?];
    let attest = |secret: u64| it.attester.attest(Scalar::from(secret), 528, LEVEL, TODAY + 100);
    let (first, second) = (attest(66), attest(67));
    let (officer, anybody) = (scene.asset.by(&scene.officer), scene.asset.by(&scene.relayer));
    officer.set_attestation(Some(it.attestation())).succeeds();
    assert_eq!(scene.asset.status()?.registrations, FIRST_REGISTRATIONS);
    let person = it.person(&first, alice);
    anybody.admit_by_credential(person, it.show(&first, &person)?).succeeds();
    assert_eq!(scene.asset.status()?.registrations, FIRST_REGISTRATIONS - 1);
    let (attestation, by) = (Some(it.attestation()), (&scene.officer).into());
    let changed = AttestationChanged { attestation, registrations: 0, by };
    officer.allow_registrations(0).emits(changed);
    let person = it.person(&second, bob);
    let proof = it.show(&second, &person)?;
    anybody.admit_by_credential(person, proof).refused(Refused::NoRegistrationsLeft);
    // Officers admit others all the same.
    officer.admit(holder(carol)).succeeds();
    // An admission that is refused uses nothing up.
    officer.allow_registrations(1).succeeds();
    let again = it.person(&first, bob);
    anybody.admit_by_credential(again, it.show(&first, &again)?).refused(refused(registry::Refused::TagUsed));
    anybody.admit_by_credential(person, proof).succeeds();
    assert_eq!(scene.asset.status()?.registrations, 0);
    Ok(())
}

/// An attester, and the asset at which people show what it has signed.
struct Vouching {
    chain: Chain,
    at: (ContractId, u8),
    attester: Attester,
    /// The blocked countries.
    sanctions: IndexedTree<BLOCKED>,
}

impl Vouching {
    fn new(scene: &Scene) -> Result<Self, Failure> {
        let (chain, attester) = (scene.chain.clone(), Attester::new(Scalar::from(55)));
        let at = (scene.asset.id(), chain.chain_id());
        Ok(Self { chain, at, attester, sanctions: blocked(&[408, 840])? })
    }

    /// The attestation that the asset asks of people.
    fn attestation(&self) -> Attestation {
        let (attester, revoked) = (self.attester.key(), self.attester.revoked().root());
        Attestation { attester, revoked, blocked: self.sanctions.root(), level: LEVEL }
    }

    /// A person with an owner of notes, until the last day of its credential.
    fn person(&self, attested: &Attested, owner: Field) -> Person {
        let (id, number) = self.at;
        Person { owner, tag: attested.tag(scope(id, number)), until: attested.credential.expires }
    }

    /// The act of a person, which is not proved yet.
    fn showing(&self, attested: &Attested, person: &Person) -> Result<Showing, Failure> {
        let (Attestation { attester, revoked, blocked, level }, (id, number)) = (self.attestation(), self.at);
        let Person { owner, tag, until } = *person;
        let (scope, occasion) = (scope(id, number), occasion(id, number, owner));
        let public = EligiblePublic { attester, revoked, blocked, until, level, scope, tag, occasion };
        let private = attested.private(self.attester.revoked(), &self.sanctions)?;
        Ok(Act { call: (), public, private })
    }

    /// A person's proof.
    fn show(&self, attested: &Attested, person: &Person) -> Result<Proof<Eligible>, Failure> {
        Ok(prove::<_, Eligible>(&self.chain, &self.showing(attested, person)?)?)
    }
}

/// A registry root of nobody.
#[dusk_sdk::test]
fn nothing_is_proved_under_an_empty_registry(chain: Chain) -> TestResult {
    let scene = Scene::empty(&chain)?;
    assert!(!scene.asset.accepts(Field::default(), Field::default())?);
    Ok(())
}

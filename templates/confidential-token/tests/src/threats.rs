//! Attacks: most rows of the table of threats in the README.

use std::collections::BTreeSet;

use ::asset::Refused;
use circuits::{DisclosePrivate, DisclosePublic, Disclosure};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::pool::{Minting, Seizing, Spending};
use dusk_sdk::finance::confidential::statements::PolicyNative;
use dusk_sdk::finance::confidential::{
    AuditCipher, BlockedCountries, NoteCipher, act_nullifier, locks, notes, nullifiers, pool, registry,
    snapshots,
};
use dusk_sdk::finance::wallet::{Identity, Wallet, Words};
use dusk_sdk::testing::confidential::{Auditor, Ledger, Owned, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::{IndexedError, Scalar};
use dusk_sdk::zk::{Circuit, PROOF_BYTES, Proof, Provable};
use play::Act;

use crate::people::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, PEOPLE, REASON, Scene, holder, keys, prove};

/// A refusal of the pool or of its parts.
pub(crate) fn refused(refusal: impl Into<pool::Refused>) -> Refused {
    refusal.into().into()
}

/// That the prover refuses an act, for a constraint with this name.
#[track_caller]
pub(crate) fn unprovable<C, Call>(chain: &Chain, act: &Act<Call, C::Public, C::Private>, constraint: &str)
where
    C: Circuit + Provable + 'static,
{
    let refusal = prove::<Call, C>(chain, act).expect_err("the statement is false");
    assert_eq!(refusal.constraint(), Some(constraint), "{refusal}");
}

/// A disclosure of a note at a snapshot, which is that of the ledger, to who asks the question 7.
pub(crate) fn disclose(
    snapshot: &Ledger,
    height: u64,
    party: &Party,
    owned: &Owned,
    least: u64,
) -> Result<Act<Disclosure, DisclosePublic, DisclosePrivate>, IndexedError> {
    let question = Field::from(7);
    let asked = Disclosure { height, question, act_nullifier: Field::default(), least };
    let shown = party.show(snapshot, height, owned, asked.act(snapshot.asset))?;
    Ok(play::disclose(shown, height, question, least))
}

/// Another element.
pub(crate) fn other(field: Field) -> Field {
    field + Field::from(1)
}

/// A receiver's ciphertext with one part changed: the ephemeral point, the value, the tag.
pub(crate) fn spoilt_note(note: NoteCipher) -> [NoteCipher; 3] {
    let NoteCipher { mut ephemeral, fields: [value, rho, memo, tag] } = note;
    ephemeral[0] ^= 1;
    [
        NoteCipher { ephemeral, ..note },
        NoteCipher { fields: [other(value), rho, memo, tag], ..note },
        NoteCipher { fields: [value, rho, memo, other(tag)], ..note },
    ]
}

/// The auditor's ciphertext with one part changed: the ephemeral point, the values, the owner.
pub(crate) fn spoilt_cipher(cipher: AuditCipher) -> [AuditCipher; 3] {
    let AuditCipher { ephemeral: [u, v], fields: [values, owner] } = cipher;
    [
        AuditCipher { ephemeral: [v, u], ..cipher },
        AuditCipher { fields: [other(values), owner], ..cipher },
        AuditCipher { fields: [values, other(owner)], ..cipher },
    ]
}

impl Scene {
    /// Anybody submits a transfer with the registry's root of now.
    fn try_send(&self, order: Spending, proof: Proof<circuits::Send>) -> Sent<(), Refused> {
        self.asset.by(&self.relayer).confidential_transfer(order, self.ledger.holder_root(), proof)
    }
}

#[dusk_sdk::test]
fn a_note_is_spent_once(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    // Two transfers of the same note, both with good proofs.
    let (first, second) = (scene.transfer(ALICE, BOB, 30)?, scene.transfer(ALICE, CAROL, 40)?);
    assert_eq!(first.0.nullifiers[0], second.0.nullifiers[0], "the nullifier is the note's");
    scene.submit(first)?;
    let nullifier = first.0.nullifiers[0];
    scene.try_send(second.0, second.1).refused(refused(nullifiers::Refused::AlreadySpent { nullifier }));
    scene.try_send(first.0, first.1).refused(refused(nullifiers::Refused::AlreadySpent { nullifier }));
    assert!(scene.asset.is_spent(nullifier)?);
    Ok(())
}

#[dusk_sdk::test]
fn one_call_does_not_spend_a_note_twice(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    // The note stands for both inputs: the circuit allows that, because each of them is right.
    let mut act = scene.sending(ALICE, BOB, 2 * ISSUED - 10)?;
    let inputs = &mut act.private.secret.inputs;
    inputs[1] = inputs[0].clone();
    act.public.act.nullifiers[1] = act.public.act.nullifiers[0];
    act.call.nullifiers[1] = act.call.nullifiers[0];
    scene.reseal(ALICE, BOB, &mut act, [2 * ISSUED - 10, 10]);
    let proof = prove(&chain, &act)?;
    scene.try_send(act.call, proof).refused(refused(nullifiers::Refused::SpentTwice));
    Ok(())
}

#[dusk_sdk::test]
fn equal_notes_have_different_nullifiers(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    // The sender of two equal notes, with one random element, cannot make the receiver lose one of them.
    let note = scene.parties[ALICE].notes()[0].note;
    let (asset, nk) = (scene.ledger.asset, scene.parties[ALICE].keys().spend.view().nk);
    assert_ne!(note.nullifier(asset, nk, 0), note.nullifier(asset, nk, 1));
    // The same issue twice: officer and auditor use the same ephemeral keys again.
    for _ in 0..2 {
        let act = scene.issuing(BOB, 20, [Scalar::from(5), Scalar::from(6)])?;
        let proof = prove(&chain, &act)?;
        let root = scene.ledger.holder_root();
        scene.asset.by(&scene.officer).issue(act.call, root, proof).succeeds();
        scene.issued(&act.call)?;
    }
    assert_eq!(scene.values(BOB), [20, 20]);
    scene.send(BOB, CAROL, 40)?;
    assert_eq!(scene.values(CAROL), [40]);
    Ok(())
}

#[dusk_sdk::test]
fn no_two_acts_have_the_same_random_elements(chain: Chain) -> TestResult {
    let scene = Scene::empty(&chain)?;
    let (auditor, to) = (scene.terms()?.auditor, scene.parties[BOB].address());
    let identity = Identity { contract: scene.asset.id(), chain: chain.chain_id(), account: 0 };
    let words = Words::generate()?;
    let mut seen = BTreeSet::new();
    // Two wallets of the same words, as after a restoration: each makes the same acts twice.
    for _ in 0..2 {
        let mut wallet = Wallet::new(words.clone(), identity);
        for _ in 0..2 {
            let act = wallet.mint(&auditor, &to, 10)?;
            assert!(seen.insert(act.order.commitment.to_bytes()), "rho differs, so the commitment does");
            assert!(seen.insert(act.order.cipher.ephemeral[0].to_bytes()), "the auditor's ephemeral point");
            assert!(seen.insert(act.order.note.ephemeral), "the receiver's ephemeral point");
            let registration = wallet.register(&auditor)?;
            assert!(seen.insert(registration.act.cipher.ephemeral[0].to_bytes()), "that of a registration");
        }
    }
    Ok(())
}

#[dusk_sdk::test]
fn values_do_not_wrap(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    for values in [[ISSUED, 1], [u64::MAX, ISSUED + 1], [u64::MAX, u64::MAX]] {
        let mut act = scene.sending(ALICE, BOB, 1)?;
        scene.reseal(ALICE, BOB, &mut act, values);
        unprovable::<circuits::Send, _>(&chain, &act, "the sum is conserved");
    }
    // Nor does a redemption make a note of nothing.
    let act = scene.redeeming(ALICE, ISSUED + 1)?;
    unprovable::<circuits::Send, _>(&chain, &act, "the sum is conserved");
    Ok(())
}

#[dusk_sdk::test]
fn an_empty_note_is_no_fuel(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    // The second input needs no place in the tree if its value is zero, and one otherwise.
    let mut act = scene.sending(ALICE, BOB, 30)?;
    let mut made_up = scene.parties[ALICE].nothing();
    made_up.note.value = 7;
    let (asset, nk) = (scene.ledger.asset, scene.parties[ALICE].keys().spend.view().nk);
    act.private.secret.inputs[1] = made_up.input(&scene.ledger);
    act.public.act.nullifiers[1] = made_up.note.nullifier(asset, nk, 0);
    scene.reseal(ALICE, BOB, &mut act, [30, ISSUED - 30 + 7]);
    unprovable::<circuits::Send, _>(&chain, &act, "the second input is in the tree, or has no value");
    // The first one has to be there: nobody makes notes out of nothing, and fills the tree with them.
    scene.parties.push(Party::new(keys(9), asset));
    let act = scene.sending(PEOPLE, BOB, 0)?;
    unprovable::<circuits::Send, _>(&chain, &act, "the first input is in the tree");
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_asset(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    // The same contract once more, with the same holders and the same first note: as a stolen history would look.
    let mut twin = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    twin.try_send(order, proof).refused(refused(notes::Refused::UnknownNoteRoot));
    // With the roots of the other asset the proof does not hold, and no proof can be made of a note that is not there.
    let moved = Spending { note_root: twin.ledger.note_root(), ..order };
    twin.try_send(moved, proof).refused(refused(pool::Refused::ProofInvalid));
    let mut act = twin.sending(ALICE, BOB, 30)?;
    act.public.act.asset = scene.ledger.asset;
    unprovable::<circuits::Send, _>(&chain, &act, "the node is at its place");
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_chain(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let elsewhere = dusk_sdk::finance::confidential::asset(scene.asset.id(), chain.chain_id() + 1);
    assert_ne!(elsewhere, scene.ledger.asset);
    let mut act = scene.sending(ALICE, BOB, 30)?;
    act.public.act.asset = elsewhere;
    unprovable::<circuits::Send, _>(&chain, &act, "the node is at its place");
    Ok(())
}

#[dusk_sdk::test]
fn a_strange_root_is_refused_and_an_older_one_is_not(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    for note_root in [Field::default(), other(order.note_root), scene.ledger.nullifier_root()] {
        let strange = Spending { note_root, ..order };
        scene.try_send(strange, proof).refused(refused(notes::Refused::UnknownNoteRoot));
    }
    // The ends of the list of nullifiers are none.
    for end in [Field::default(), -Field::from(1)] {
        let reserved = Spending { nullifiers: [order.nullifiers[0], end], ..order };
        scene.try_send(reserved, proof).refused(refused(nullifiers::Refused::ReservedNullifier));
    }
    let by = scene.asset.by(&scene.relayer);
    for registry_root in [Field::default(), order.note_root] {
        let strange = by.confidential_transfer(order, registry_root, proof);
        strange.refused(refused(registry::Refused::UnknownRegistryRoot));
    }
    // Acts of others in between do not make the proof stale.
    scene.issue(CAROL, 5)?;
    assert!(scene.asset.accepts(order.note_root, scene.ledger.holder_root())?);
    scene.submit((order, proof))?;
    assert_eq!(scene.values(BOB), [30]);
    Ok(())
}

#[dusk_sdk::test]
fn nothing_that_goes_along_can_be_changed(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    let [first, second] = order.notes;
    let spoilt = NoteCipher {
        fields: [first.fields[0], first.fields[1], other(first.fields[2]), first.fields[3]],
        ..first
    };
    let AuditCipher { ephemeral, fields } = order.cipher;
    let changed = [
        // To another receiver, with another memo, with the ciphertexts changed round.
        Spending { commitments: [other(order.commitments[0]), order.commitments[1]], ..order },
        Spending { commitments: [order.commitments[1], order.commitments[0]], ..order },
        Spending { notes: [spoilt, second], ..order },
        Spending { notes: [second, first], ..order },
        Spending { cipher: AuditCipher { ephemeral, fields: [other(fields[0]), fields[1]] }, ..order },
        Spending { cipher: AuditCipher { ephemeral, fields: [fields[0], other(fields[1])] }, ..order },
        Spending { cipher: AuditCipher { ephemeral: [ephemeral[1], ephemeral[0]], fields }, ..order },
        Spending { nullifiers: [order.nullifiers[1], order.nullifiers[0]], ..order },
        Spending { nullifiers: [other(order.nullifiers[0]), order.nullifiers[1]], ..order },
    ];
    for order in changed {
        scene.try_send(order, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    // A transfer is no redemption, and a redemption is for its amount and reference.
    let root = scene.ledger.holder_root();
    let by = scene.asset.by(&scene.relayer);
    by.redeem(30, "mine".into(), order, root, proof).refused(refused(pool::Refused::ProofInvalid));
    let act = scene.redeeming(ALICE, 30)?;
    let redemption = prove(&chain, &act)?;
    let by = scene.asset.by(&scene.relayer);
    by.redeem(30, "invoice 13".into(), act.call, root, redemption)
        .refused(refused(pool::Refused::ProofInvalid));
    by.redeem(31, "invoice 12".into(), act.call, root, redemption)
        .refused(refused(pool::Refused::ProofInvalid));
    scene.try_send(act.call, redemption).refused(refused(pool::Refused::ProofInvalid));
    // The order itself is accepted, whoever submits it.
    scene.submit((order, proof))
}

#[dusk_sdk::test]
fn nothing_that_goes_along_with_an_issue_or_a_seizure_can_be_changed(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let fresh = scene.draw();
    let act = scene.issuing(BOB, 10, fresh)?;
    let (order, proof, root) = (act.call, prove(&chain, &act)?, scene.ledger.holder_root());
    let notes = spoilt_note(order.note).map(|note| Minting { note, ..order });
    let ciphers = spoilt_cipher(order.cipher).map(|cipher| Minting { cipher, ..order });
    let elsewhere = Minting { commitment: other(order.commitment), ..order };
    for changed in notes.into_iter().chain(ciphers).chain([elsewhere]) {
        let issued = scene.asset.by(&scene.officer).issue(changed, root, proof);
        issued.refused(refused(pool::Refused::ProofInvalid));
    }
    scene.asset.by(&scene.officer).issue(order, root, proof).succeeds();
    scene.issued(&order)?;
    let act = scene.seizing(ALICE, CAROL)?;
    let (order, proof) = (act.call, prove(&chain, &act)?);
    let notes = spoilt_note(order.note).map(|note| Seizing { note, ..order });
    let ciphers = spoilt_cipher(order.cipher).map(|cipher| Seizing { cipher, ..order });
    let elsewhere = [
        Seizing { commitment: other(order.commitment), ..order },
        Seizing { nullifier: other(order.nullifier), ..order },
    ];
    for changed in notes.into_iter().chain(ciphers).chain(elsewhere) {
        let seized = scene.asset.by(&scene.officer).seize(changed, root, REASON.into(), proof);
        seized.refused(refused(pool::Refused::ProofInvalid));
    }
    scene.asset.by(&scene.officer).seize(order, root, REASON.into(), proof).succeeds();
    scene.seized(&order)?;
    assert_eq!((scene.values(BOB), scene.values(CAROL)), (vec![10], vec![ISSUED]));
    Ok(())
}

#[dusk_sdk::test]
fn a_flipped_bit_of_a_proof_is_noticed(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    for place in [0, 48, 500, PROOF_BYTES - 1] {
        let mut bytes = *proof.as_bytes();
        bytes[place] ^= 1;
        scene.try_send(order, Proof::from_bytes(bytes)).refused(refused(pool::Refused::ProofInvalid));
    }
    Ok(())
}

#[dusk_sdk::test]
fn what_the_auditor_cannot_read_is_refused(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    // Another value than that of the notes, another receiver, or a key that is not the auditor's.
    let mut act = scene.sending(ALICE, BOB, 30)?;
    act.public.act.cipher.fields[0] = other(act.public.act.cipher.fields[0]);
    unprovable::<circuits::Send, _>(&chain, &act, "the auditor reads the values");
    let mut act = scene.sending(ALICE, BOB, 30)?;
    act.public.act.cipher.fields[1] = other(act.public.act.cipher.fields[1]);
    unprovable::<circuits::Send, _>(&chain, &act, "the auditor reads the owner");
    let mut terms = scene.terms()?;
    terms.auditor = Auditor::new(Scalar::from(98)).key();
    let to = scene.parties[BOB].address();
    let act = scene.sending_to(&terms, ALICE, &to, 30, 0.into())?;
    let proof = prove(&chain, &act)?;
    scene.try_send(act.call, proof).refused(refused(pool::Refused::ProofInvalid));
    Ok(())
}

#[dusk_sdk::test]
fn an_owner_registers_once_and_with_its_own_keys(chain: Chain) -> TestResult {
    let mut scene = Scene::empty(&chain)?;
    scene.enrol(ALICE)?;
    let again = scene.register(ALICE).expect_err("she is registered");
    assert!(again.is(&refused(registry::Refused::AlreadyRegistered)), "{again}");
    // Bob registers the owner of carol's notes: he knows neither her secret, nor what her keys are.
    let mut act = scene.enrolling(BOB)?;
    act.public.act.owner = scene.parties[CAROL].owner();
    unprovable::<circuits::Enrol, _>(&chain, &act, "the owner is the prover");
    // Or he tells the auditor other keys than his own.
    let mut act = scene.enrolling(BOB)?;
    act.public.act.cipher.fields[1] = other(act.public.act.cipher.fields[1]);
    unprovable::<circuits::Enrol, _>(&chain, &act, "the auditor reads nk");
    // Carol's registration is for her reading key: nobody makes others send to another one.
    let act = scene.enrolling(CAROL)?;
    let proof = prove(&chain, &act)?;
    let reading = scene.parties[BOB].address().reading;
    let stolen = circuits::Enrolment { reading, ..act.call };
    scene.asset.by(&scene.relayer).register(stolen, proof).refused(refused(pool::Refused::ProofInvalid));
    scene
        .asset
        .by(&scene.officer)
        .admit(holder(act.call.owner))
        .refused(refused(registry::Refused::NotRegistered));
    Ok(())
}

#[dusk_sdk::test]
fn a_freeze_ends_proofs_from_before(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    let before = scene.ledger.holder_root();
    scene.freeze(ALICE)?;
    let by = scene.asset.by(&scene.relayer);
    by.confidential_transfer(order, before, proof).refused(refused(registry::Refused::UnknownRegistryRoot));
    scene.try_send(order, proof).refused(refused(pool::Refused::ProofInvalid));
    unprovable::<circuits::Send, _>(&chain, &scene.sending(ALICE, BOB, 30)?, "the sender is active");
    // The same for a receiver, and for who was never admitted.
    scene.unfreeze(ALICE)?;
    scene.freeze(BOB)?;
    unprovable::<circuits::Send, _>(&chain, &scene.sending(ALICE, BOB, 30)?, "the receiver is active");
    let stranger = keys(9).address();
    let terms = scene.terms()?;
    let act = scene.sending_to(&terms, ALICE, &stranger, 30, 0.into())?;
    unprovable::<circuits::Send, _>(&chain, &act, "the receiver is in the registry");
    Ok(())
}

#[dusk_sdk::test]
fn a_freeze_and_a_waiting_transfer_of_one_block_have_an_order(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    let (root, alice) = (scene.ledger.holder_root(), scene.parties[ALICE].owner());
    let before = chain.snapshot();
    let freeze = || scene.asset.by(scene.officer.later()).freeze(alice, REASON.into());
    let send = || scene.asset.by(scene.relayer.later()).confidential_transfer(order, root, proof);
    let (frozen, sent) = chain.in_one_block((freeze(), send()));
    frozen.succeeds();
    sent.refused(refused(registry::Refused::UnknownRegistryRoot));
    assert!(!scene.asset.is_spent(order.nullifiers[0])?);
    chain.revert(&before);
    let (sent, frozen, again) = chain.in_one_block((send(), freeze(), send()));
    sent.succeeds();
    frozen.succeeds();
    again.refused(refused(registry::Refused::UnknownRegistryRoot));
    assert!(scene.asset.is_spent(order.nullifiers[0])?);
    scene.spent(&order)?;
    assert_eq!(scene.values(BOB), [30]);
    Ok(())
}

#[dusk_sdk::test]
fn rules_hold_for_receivers(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let act = scene.sending(ALICE, BOB, 30)?;
    let policy: PolicyNative = act.public.policy.clone();
    let mut late = act.clone();
    late.public.policy.today = holder(0.into()).valid_until + 1;
    unprovable::<circuits::Send, _>(&chain, &late, "the receiver is valid today");
    let mut higher = act.clone();
    higher.public.policy.level = policy.level + 1;
    unprovable::<circuits::Send, _>(&chain, &higher, "the receiver's level is high enough");
    // A proof under yesterday's rules is void.
    let proof = prove(&chain, &act)?;
    scene.asset.by(&scene.officer).set_policy(policy.today, 10, policy.level + 1).succeeds();
    scene.try_send(act.call, proof).refused(refused(pool::Refused::ProofInvalid));
    Ok(())
}

#[dusk_sdk::test]
fn holders_of_a_blocked_country_stop_at_once(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.relocate(BOB, 408)?;
    scene.send(ALICE, BOB, 40)?;
    // Proofs from before the block: from bob, to bob, and between others. The set is an input of each.
    let waiting =
        [scene.transfer(BOB, CAROL, 10)?, scene.transfer(ALICE, BOB, 10)?, scene.transfer(ALICE, CAROL, 10)?];
    scene.block(408, true)?;
    for (order, proof) in waiting {
        scene.try_send(order, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    let sends = "the sender's country is not blocked";
    let receives = "the receiver's country is not blocked";
    unprovable::<circuits::Send, _>(&chain, &scene.sending(BOB, CAROL, 10)?, sends);
    unprovable::<circuits::Send, _>(&chain, &scene.redeeming(BOB, 10)?, sends);
    unprovable::<circuits::Reserve, _>(&chain, &scene.reserving(BOB, CAROL, 10)?, sends);
    unprovable::<circuits::Send, _>(&chain, &scene.sending(ALICE, BOB, 10)?, receives);
    unprovable::<circuits::Reserve, _>(&chain, &scene.reserving(ALICE, BOB, 10)?, receives);
    let fresh = scene.draw();
    unprovable::<circuits::Issue, _>(&chain, &scene.issuing(BOB, 10, fresh)?, receives);
    // A proof about another set than the contract's is void.
    for countries in [&[][..], &[840], &[408, 840]] {
        let mut act = scene.sending(ALICE, CAROL, 10)?;
        act.public.blocked = BlockedCountries::of(countries).expect("these are countries");
        let proof = prove(&chain, &act)?;
        scene.try_send(act.call, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    // Others still send and receive, also without a stated country. Officers still seize a blocked holder's
    // notes.
    scene.relocate(CAROL, 0)?;
    scene.send(ALICE, CAROL, 10)?;
    scene.seize(BOB, CAROL)?;
    assert_eq!((scene.balance(BOB), scene.balance(CAROL)), (0, 50));
    scene.block(408, false)?;
    scene.send(CAROL, BOB, 45)?;
    scene.send(BOB, ALICE, 45)?;
    assert_eq!(scene.balance(ALICE), ISSUED - 5);
    Ok(())
}

#[dusk_sdk::test]
fn a_block_of_a_country_and_a_waiting_transfer_of_one_block_have_an_order(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    let (root, before) = (scene.ledger.holder_root(), chain.snapshot());
    let block = || scene.asset.by(scene.officer.later()).block_country(528, true);
    let send = || scene.asset.by(scene.relayer.later()).confidential_transfer(order, root, proof);
    let (blocked, sent) = chain.in_one_block((block(), send()));
    blocked.succeeds();
    sent.refused(refused(pool::Refused::ProofInvalid));
    assert!(!scene.asset.is_spent(order.nullifiers[0])?);
    chain.revert(&before);
    let (sent, blocked) = chain.in_one_block((send(), block()));
    sent.succeeds();
    blocked.succeeds();
    scene.spent(&order)?;
    assert_eq!(scene.values(BOB), [30]);
    Ok(())
}

#[dusk_sdk::test]
fn a_wallet_names_a_blocked_country_before_it_proves(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.relocate(BOB, 408)?;
    scene.block(408, true)?;
    let (terms, to) = (scene.terms()?, scene.parties[BOB].address());
    let sent = scene.parties[ALICE].transfer(&scene.ledger, &terms.auditor, &to, [30, 0], Field::default())?;
    let refusal = play::send_step(&terms, sent).expect_err("bob's country is blocked").to_string();
    assert!(refusal.contains("the receiver's country, 408, is blocked"), "{refusal}");
    let fresh = scene.draw();
    let issued = scene.ledger.mint(&terms.auditor, &to, 30, fresh)?;
    let refusal = play::issue_step(&terms, issued).expect_err("bob's country is blocked").to_string();
    assert!(refusal.contains("the receiver's country, 408, is blocked"), "{refusal}");
    Ok(())
}

#[dusk_sdk::test]
fn a_spent_note_is_not_seized(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let act = scene.seizing(ALICE, CAROL)?;
    let proof = prove(&chain, &act)?;
    scene.send(ALICE, BOB, 30)?;
    let root = scene.ledger.holder_root();
    let by = scene.asset.by(&scene.officer);
    let spent = nullifiers::Refused::AlreadySpent { nullifier: act.call.nullifier };
    by.seize(act.call, root, REASON.into(), proof).refused(refused(spent));
    // The change can be seized, with a proof for the reason and the receiver that are stated.
    let act = scene.seizing(ALICE, CAROL)?;
    let proof = prove(&chain, &act)?;
    let by = scene.asset.by(&scene.officer);
    by.seize(act.call, root, "another".into(), proof).refused(refused(pool::Refused::ProofInvalid));
    let to = scene.parties[BOB].owner();
    let elsewhere = pool::Seizing { to, ..act.call };
    by.seize(elsewhere, root, REASON.into(), proof).refused(refused(pool::Refused::ProofInvalid));
    by.seize(act.call, root, REASON.into(), proof).succeeds();
    scene.seized(&act.call)?;
    assert_eq!((scene.values(ALICE), scene.values(CAROL)), (vec![], vec![ISSUED - 30]));
    Ok(())
}

#[dusk_sdk::test]
fn who_knows_the_view_keys_cannot_spend(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let view = scene.auditor.keys(scene.parties[ALICE].owner()).expect("she is registered").clone();
    for guess in [view.ak, view.nk] {
        let mut act = scene.sending(ALICE, BOB, 30)?;
        act.private.secret.spend = guess;
        unprovable::<circuits::Send, _>(&chain, &act, "the node is at its place");
    }
    Ok(())
}

#[dusk_sdk::test]
fn a_settled_lock_stays_settled(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.lock(ALICE, BOB, 30)?;
    scene.lock(ALICE, BOB, 20)?;
    scene.release(0)?;
    scene.cancel(1)?;
    chain.mine(2 * DEADLINE_BLOCKS);
    for lock in [0, 1] {
        let id = scene.locks[lock].id;
        let by = scene.agent.by(&scene.officer);
        by.release(scene.asset.id(), id).panics("UnknownLock");
        by.cancel(scene.asset.id(), id).panics("UnknownLock");
        scene.asset.by(&scene.relayer).cancel(id).refused(refused(locks::Refused::UnknownLock));
    }
    assert_eq!((scene.balance(ALICE), scene.balance(BOB)), (ISSUED - 30, 30));
    assert_eq!(scene.asset.total_supply()?, ISSUED);
    Ok(())
}

#[dusk_sdk::test]
fn the_deadline_of_a_lock_is_one_height(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.lock(ALICE, BOB, 30)?;
    let deadline = scene.locks[0].deadline;
    let id = scene.locks[0].id;
    // Each call has a block of its own: the next one is that of the deadline.
    chain.mine(deadline - 1 - chain.height());
    let before = chain.snapshot();
    let early = refused(locks::Refused::BeforeDeadline { deadline });
    scene.asset.by(&scene.relayer).cancel(id).refused(early);
    chain.revert(&before);
    scene.agent.by(&scene.officer).release(scene.asset.id(), id).succeeds();
    chain.revert(&before);
    chain.mine(1);
    let by = scene.agent.by(&scene.officer);
    by.release(scene.asset.id(), id).panics("DeadlinePassed");
    chain.revert(&before);
    chain.mine(1);
    scene.cancel_by_anybody(0)?;
    assert_eq!(scene.balance(ALICE), ISSUED);
    Ok(())
}

#[dusk_sdk::test]
fn one_block_does_not_release_and_cancel_a_lock(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    scene.lock(ALICE, BOB, 30)?;
    let (deadline, id) = (scene.locks[0].deadline, scene.locks[0].id);
    let release = || scene.agent.by(scene.officer.later()).release(scene.asset.id(), id);
    let cancel = || scene.asset.by(scene.relayer.later()).cancel(id);
    let agent_cancels = || scene.agent.by(scene.officer.later()).cancel(scene.asset.id(), id);
    let notes = scene.asset.status()?.notes;
    chain.mine(deadline - 1 - chain.height());
    let before = chain.snapshot();
    // In the block of the deadline the lock is released, whoever comes first.
    let (early, released) = chain.in_one_block((cancel(), release()));
    early.refused(refused(locks::Refused::BeforeDeadline { deadline }));
    assert_eq!(released.succeeds().height(), deadline);
    chain.revert(&before);
    let (released, late) = chain.in_one_block((release(), cancel()));
    released.succeeds();
    late.refused(refused(locks::Refused::UnknownLock));
    assert_eq!(scene.asset.status()?.notes, notes + 1, "one note for one lock");
    chain.revert(&before);
    // The agent itself may cancel, and then cannot release.
    let (cancelled, released) = chain.in_one_block((agent_cancels(), release()));
    cancelled.succeeds();
    released.panics("UnknownLock");
    chain.revert(&before);
    // In the next block the lock is cancelled.
    chain.mine(1);
    let (late, cancelled, again) = chain.in_one_block((release(), cancel(), cancel()));
    late.panics("DeadlinePassed");
    assert_eq!(cancelled.succeeds().height(), deadline + 1);
    again.refused(refused(locks::Refused::UnknownLock));
    assert_eq!(scene.asset.status()?.notes, notes + 1, "one note for one lock");
    Ok(())
}

#[dusk_sdk::test]
fn a_lock_is_for_its_agent_its_instruction_and_its_leg(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let act = scene.reserving(ALICE, BOB, 30)?;
    let proof = prove(&chain, &act)?;
    let root = scene.ledger.holder_root();
    let by = scene.asset.by(&scene.relayer);
    let id = act.call.id;
    let agent = scene.asset.id();
    let changed = [
        pool::Locking { id: locks::LockId { agent, ..id }, ..act.call },
        pool::Locking { id: locks::LockId { instruction: other(id.instruction), ..id }, ..act.call },
        pool::Locking { id: locks::LockId { leg: other(id.leg), ..id }, ..act.call },
        pool::Locking { deadline: act.call.deadline + 1, ..act.call },
        pool::Locking { cancelled: act.call.released, ..act.call },
    ];
    for order in changed {
        by.lock(order, root, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    by.lock(act.call, root, proof).succeeds();
    scene.locked(&act.call)?;
    // Nobody but the agent releases it; another agent does not have it.
    let stranger = scene.relayer.clone();
    scene.asset.by(&stranger).release(id).refused(refused(locks::Refused::NotTheAgent));
    let second = chain.deploy(&stranger, ::agent::init())?;
    second.by(&stranger).release(scene.asset.id(), id).panics("NotTheAgent");
    second.by(&stranger).cancel(scene.asset.id(), id).panics("BeforeDeadline");
    scene.agent.by(&stranger).release(scene.asset.id(), id).refused(::agent::Refused::NotKeeper);
    scene.agent.by(&stranger).cancel(scene.asset.id(), id).refused(::agent::Refused::NotKeeper);
    // The amount in the leg is the locked one.
    let mut act = scene.reserving(ALICE, BOB, 20)?;
    act.public.act.leg = other(act.public.act.leg);
    unprovable::<circuits::Reserve, _>(&chain, &act, "the leg is what is locked");
    Ok(())
}

#[dusk_sdk::test]
fn a_snapshot_does_not_stop_a_waiting_transfer(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let owned = scene.parties[ALICE].notes()[0];
    let waiting = scene.transfer(ALICE, BOB, 30)?;
    let pinned = scene.asset.by(&scene.officer).take_snapshot().succeeds().value();
    let snapshot = scene.ledger.clone();
    scene.submit(waiting)?;
    // At the snapshot the amount was alice's: she can show it, and bob cannot.
    let act = disclose(&snapshot, pinned.height, &scene.parties[ALICE], &owned, ISSUED)?;
    let proof = prove(&chain, &act)?;
    scene.asset.check_disclosure(act.call, proof)?;
    let note = scene.parties[BOB].notes()[0];
    let act = disclose(&snapshot, pinned.height, &scene.parties[BOB], &note, 30)?;
    unprovable::<circuits::Disclose, _>(&chain, &act, "the note was in the tree");
    Ok(())
}

#[dusk_sdk::test]
fn a_snapshot_and_a_transfer_of_one_block_have_an_order(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    let (root, old) = (scene.ledger.holder_root(), scene.ledger.clone());
    let by = scene.asset.by(scene.relayer.later());
    let officer = scene.asset.by(scene.officer.later());
    let before = chain.snapshot();
    let snapshot_first =
        chain.in_one_block((officer.take_snapshot(), by.confidential_transfer(order, root, proof)));
    let pinned = snapshot_first.0.succeeds().value();
    snapshot_first.1.succeeds();
    assert_eq!((pinned.note_root, pinned.nullifier_root), (old.note_root(), old.nullifier_root()));
    chain.revert(&before);
    let transfer_first =
        chain.in_one_block((by.confidential_transfer(order, root, proof), officer.take_snapshot()));
    transfer_first.0.succeeds();
    let pinned = transfer_first.1.succeeds().value();
    scene.spent(&order)?;
    assert_eq!(
        (pinned.note_root, pinned.nullifier_root),
        (scene.ledger.note_root(), scene.ledger.nullifier_root())
    );
    // A height has one snapshot, whoever takes it first.
    let twice = chain.in_one_block([(); 2].map(|()| scene.asset.by(scene.officer.later()).take_snapshot()));
    let [first, second] = twice;
    first.succeeds();
    second.refused(Refused::from(snapshots::Refused::AlreadyPinned));
    Ok(())
}

#[dusk_sdk::test]
fn a_disclosure_is_true_and_for_one_who_asks(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let old = scene.parties[ALICE].notes()[0];
    scene.send(ALICE, BOB, 30)?;
    let pinned = scene.asset.by(&scene.officer).take_snapshot().succeeds().value();
    let (ledger, height) = (scene.ledger.clone(), pinned.height);
    let own = scene.parties[ALICE].notes()[0];
    let show = |least| disclose(&ledger, height, &scene.parties[ALICE], &own, least);
    unprovable::<circuits::Disclose, _>(&chain, &show(ISSUED - 29)?, "the note has at least this value");
    let act = show(ISSUED - 30)?;
    let proof = prove(&chain, &act)?;
    scene.asset.check_disclosure(act.call, proof)?;
    let asked = circuits::Disclosure { question: 8.into(), ..act.call };
    let more = circuits::Disclosure { least: ISSUED, ..act.call };
    for changed in [asked, more] {
        let found = scene.asset.check_disclosure(changed, proof).expect_err("it is another question");
        assert!(found.is(&Refused::NotProven), "{found}");
    }
    let event = scene.asset.by(&scene.relayer).disclose(act.call, proof);
    event.emits(::asset::AmountDisclosed { disclosure: act.call });
    // A note that was spent before the snapshot shows nothing.
    assert!(disclose(&ledger, height, &scene.parties[ALICE], &old, 1).is_err());
    let mut spent = show(1)?;
    let nk = scene.parties[ALICE].keys().spend.view().nk;
    spent.private.secret.input = old.input(&ledger);
    let act = spent.public.act.act;
    spent.public.act.act_nullifier = act_nullifier(nk, ledger.asset, old.position, act);
    unprovable::<circuits::Disclose, _>(&chain, &spent, "the note was not spent");
    Ok(())
}

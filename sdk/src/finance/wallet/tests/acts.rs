//! The witnesses satisfy the statements, and the auditor reads what they say. Its file is refused if it is damaged.

use std::sync::LazyLock;

use super::*;
use crate::finance::confidential::auditor::handover;
use crate::finance::confidential::snapshots::Pinned;
use crate::finance::confidential::statements::{
    Affirm, AffirmSecret, Held, HeldSecret, Lock, LockSecret, Mint, MintSecret, Party, Policy, PolicyNative,
    Register as RegisterAct, RegisterSecret, Seize, SeizeSecret, Transfer, TransferSecret,
};
use crate::finance::confidential::{AuditCipher, AuditorKey, BlockedCountries, ReadingKey, leg};
use crate::zk::{ConstraintSystem, Value, check};

const TODAY: u32 = 700_000;

/// Checks a witness against a statement.
fn holds(build: impl Fn(&mut ConstraintSystem)) {
    let mut cs = ConstraintSystem::with_witness("test");
    build(&mut cs);
    let (layout, assignment) = cs.finish();
    check(&layout, &assignment).unwrap();
}

/// Two holders and an auditor, who see the same events.
struct Scene {
    chain: Chain,
    one: Wallet,
    two: Wallet,
    auditor: Auditor,
    key: AuditorKey,
    seen: usize,
}

impl Scene {
    /// Both are registered, and the first has notes of these values.
    fn new(values: &[u64]) -> Self {
        let auditor = Auditor::new(words(9), IDENTITY);
        let key = auditor.key();
        let mut scene = Self { chain: Chain::default(), one: wallet(1), two: wallet(2), auditor, key, seen: 0 };
        for (position, first) in [(0, 1), (1, 2)] {
            let registration = wallet(first).register(&key).unwrap();
            let act = &registration.act;
            holds(|cs| {
                let act = RegisterAct::input(cs, Some(act));
                let secret = RegisterSecret::input(cs, Some(&registration.secret));
                act.assert(cs, &secret);
            });
            let place = scene.chain.next();
            let event = Event::Registered { owner: act.owner, cipher: act.cipher };
            scene.chain.events.push(Seen { place, event });
            scene.chain.admit(place, position, act.owner, true);
        }
        for value in values {
            let to = scene.one.address();
            scene.mint(&to, *value);
        }
        scene.sync();
        scene
    }

    /// The contract's part of an issue, if the proof holds.
    fn mint(&mut self, to: &Address, value: u64) {
        let witness = wallet(8).mint(&self.key, to, value).unwrap();
        holds(|cs| {
            let act = Mint::input(cs, Some(&witness.act));
            let secret = MintSecret::input(cs, Some(&witness.secret));
            let _ = act.assert(cs, &secret);
        });
        let place = self.chain.next();
        self.chain.leaf(place, witness.order.commitment, witness.order.note);
        self.act(place, witness.order.cipher);
    }

    fn act(&mut self, place: Place, cipher: AuditCipher) {
        self.chain.events.push(Seen { place, event: Event::Act { cipher } });
    }

    /// The contract's part of a transfer, if the proof holds.
    fn submit(&mut self, witness: &TransferWitness) {
        assert_eq!(witness.act.note_root, self.chain.notes.root());
        let policy = PolicyNative { registry_root: self.chain.holders.root(), today: TODAY, level: 2 };
        holds(|cs| {
            let act = Transfer::input(cs, Some(&witness.act));
            let policy = Policy::input(cs, Some(&policy));
            let secret = TransferSecret::input(cs, Some(&witness.secret));
            let moved = act.assert(cs, &secret);
            let sender = Party::input(cs, witness.sender.as_ref());
            policy.assert_sender(cs, &sender, moved.sender);
            let receiver = Party::input(cs, witness.receiver.as_ref());
            policy.assert_receiver(cs, &receiver, moved.receiver);
        });
        let (order, place) = (&witness.order, self.chain.next());
        order.nullifiers.iter().for_each(|nullifier| self.chain.nullify(place, *nullifier));
        for (commitment, cipher) in order.commitments.iter().zip(order.notes) {
            self.chain.leaf(place, *commitment, cipher);
        }
        self.act(place, order.cipher);
        self.sync();
    }

    fn snapshot(&self) -> Pinned {
        let chain = &self.chain;
        Pinned {
            height: chain.height,
            note_root: chain.notes.root(),
            nullifier_root: chain.spent.root(),
            notes: chain.count,
            nullifiers: chain.nullifiers,
            supply: 0,
        }
    }

    fn sync(&mut self) {
        let new = &self.chain.events[self.seen..];
        self.one.scan(new).unwrap();
        self.two.scan(new).unwrap();
        assert_eq!(self.auditor.scan(new).unwrap().unreadable, 0);
        self.seen = self.chain.events.len();
    }

    fn balances(&self) -> [u64; 2] {
        [self.one.balance().total, self.two.balance().total]
    }

    /// The auditor's balances are those of the holders.
    fn compare(&self) {
        let register = self.auditor.register_at(self.chain.height);
        for wallet in [&self.one, &self.two] {
            let row = register.rows.iter().find(|row| row.owner == wallet.address().owner).unwrap();
            assert_eq!((row.amount, row.notes), (wallet.balance().total.into(), wallet.balance().notes));
        }
        assert_eq!(register.supply.unread, 0);
    }
}

#[test]
fn a_transfer_moves_an_amount_and_the_auditor_follows() {
    let mut scene = Scene::new(&[100, 20]);
    let to = scene.two.address();
    let spending = scene.one.transfer(&scene.key, to, 30, 77.into()).unwrap();
    assert_eq!(scene.one.balance().free, 0, "both notes are taken");
    scene.submit(&spending);
    assert_eq!(scene.balances(), [90, 30]);
    assert_eq!(scene.two.history()[0].memos, vec![Field::from(77)]);
    let entry = scene.one.history().pop().unwrap();
    assert_eq!(entry.effect, Effect::Paid { amount: 30 });
    assert!(entry.place.is_some() && entry.made.is_some_and(|made| made.act == Act::Transfer(to)));
    // One note this time: an empty one stands in for the other.
    let back = scene.one.address();
    let spending = scene.two.transfer(&scene.key, back, 5, Field::default()).unwrap();
    scene.submit(&spending);
    assert_eq!(scene.balances(), [95, 25]);
    scene.compare();
    let movements = scene.auditor.movements();
    let named: Vec<_> = movements.iter().map(|it| (it.from, it.to, it.amount)).collect();
    let [one, two] = [scene.one.address().owner, scene.two.address().owner];
    assert_eq!(named, [(None, one, 100), (None, one, 20), (Some(one), two, 30), (Some(two), one, 5)]);
    // At the height before, the first had all.
    let before = scene.auditor.register_at(scene.chain.height - 2);
    assert_eq!(before.rows.iter().find(|row| row.owner == one).unwrap().amount, 120);
}

#[test]
fn a_redemption_leaves_and_the_supply_agrees() {
    let mut scene = Scene::new(&[100]);
    let spending = scene.one.redeem(&scene.key, 40).unwrap();
    assert_eq!(spending.act.public_out, 40);
    scene.submit(&spending);
    assert_eq!(scene.balances(), [60, 0]);
    scene.compare();
    let supply = scene.auditor.supply_at(scene.chain.height);
    assert!(supply.agrees(60) && !supply.agrees(100));
    let entry = scene.one.history().pop().unwrap();
    assert_eq!(entry.effect, Effect::Paid { amount: 40 });
}

#[test]
fn many_small_notes_are_merged_and_then_spent() {
    let mut scene = Scene::new(&[10; 5]);
    let to = scene.two.address();
    let refused = scene.one.transfer(&scene.key, to, 50, Field::default()).unwrap_err();
    let ActError::MergeFirst { pairs, rounds } = refused else { panic!("{refused}") };
    assert_eq!((pairs.len(), rounds), (2, 2));
    for pair in pairs {
        let merge = scene.one.merge(&scene.key, pair).unwrap();
        assert!(matches!(scene.one.merge(&scene.key, pair), Err(ActError::NotFree(_))), "they are taken");
        scene.submit(&merge);
    }
    assert_eq!(scene.one.history().pop().unwrap().effect, Effect::Merged { amount: 20 });
    let refused = scene.one.transfer(&scene.key, to, 50, Field::default()).unwrap_err();
    let ActError::MergeFirst { pairs, rounds: 1 } = refused else { panic!("{refused}") };
    let merge = scene.one.merge(&scene.key, pairs[0]).unwrap();
    scene.submit(&merge);
    let spending = scene.one.transfer(&scene.key, to, 50, Field::default()).unwrap();
    scene.submit(&spending);
    assert_eq!(scene.balances(), [0, 50]);
    scene.compare();
}

#[test]
fn a_lock_is_released_or_comes_back() {
    for released in [true, false] {
        let mut scene = Scene::new(&[100]);
        let to = scene.two.address();
        let agent = ContractId::from_bytes([4; 32]);
        let instruction = Instruction { agent, instruction: 6.into(), blinding: 5.into(), deadline: 90 };
        let LockWitness { order: locking, act, secret, .. } = scene.one.lock(&scene.key, to, 70, &instruction).unwrap();
        assert_eq!(locking.id.leg, leg(IDENTITY.asset(), 70, to.owner, 5.into()));
        holds(|cs| {
            let act = Lock::input(cs, Some(&act));
            let secret = LockSecret::input(cs, Some(&secret));
            let _ = act.assert(cs, &secret);
        });
        let place = scene.chain.next();
        locking.nullifiers.iter().for_each(|nullifier| scene.chain.nullify(place, *nullifier));
        scene.chain.leaf(place, locking.change, locking.notes[2]);
        scene.act(place, locking.cipher);
        scene.sync();
        assert_eq!(scene.balances(), [30, 0]);
        let supply = scene.auditor.supply_at(scene.chain.height);
        assert_eq!((supply.held, supply.locked, supply.unread), (30, 70, 0));
        assert!(supply.agrees(100));
        let locked_at = scene.chain.height;
        let place = scene.chain.next();
        if released {
            scene.chain.leaf(place, locking.released, locking.notes[0]);
        } else {
            scene.chain.leaf(place, locking.cancelled, locking.notes[1]);
        }
        scene.sync();
        assert_eq!(scene.balances(), if released { [30, 70] } else { [100, 0] });
        scene.compare();
        assert_eq!(scene.auditor.supply_at(scene.chain.height).locked, 0);
        assert_eq!(scene.auditor.supply_at(locked_at).locked, 70);
    }
}

#[test]
fn the_receiver_of_a_leg_affirms() {
    let mut scene = Scene::new(&[100]);
    let (to, blinding) = (scene.two.address(), Field::from(5));
    let agent = ContractId::from_bytes([4; 32]);
    let instruction = Instruction { agent, instruction: 6.into(), blinding, deadline: 90 };
    let locking = scene.one.lock(&scene.key, to, 70, &instruction).unwrap();
    assert_eq!(locking.parties().unwrap().map(|it| it.holder.owner), [scene.one.address().owner, to.owner]);
    let AffirmWitness { act, secret } = scene.two.affirm(70, blinding);
    assert_eq!(act.leg, locking.order.id.leg, "what is affirmed is what is locked");
    holds(|cs| {
        let secret = AffirmSecret::input(cs, Some(&secret));
        Affirm::input(cs, Some(&act)).assert(cs, &secret);
    });
    assert_ne!(scene.one.affirm(70, blinding).act.leg, act.leg, "nobody affirms for another");
}

#[test]
fn a_wallet_for_tests_repeats_itself() {
    let auditor = Auditor::key_of(&words(9), 0);
    let register = |seed| {
        let wallet = Wallet::for_tests([seed; 32], IDENTITY);
        [0, 1].map(|_| wallet.register(&auditor).unwrap().act.cipher)
    };
    assert_eq!(register(1), register(1));
    assert_ne!(register(1)[0], register(1)[1], "no two acts have the same ephemeral key");
    assert_ne!(register(1)[0], register(2)[0]);
}

#[test]
fn the_key_of_an_auditor_is_known_before_the_contract() {
    let there = Auditor::new(words(9), Identity { account: 3, ..IDENTITY });
    assert_eq!(Auditor::key_of(&words(9), 3), there.key());
    assert_ne!(Auditor::key_of(&words(9), 2), there.key());
}

#[test]
fn a_holding_is_shown_at_a_snapshot_even_if_it_was_spent_since() {
    let mut scene = Scene::new(&[100, 20, 3]);
    let snapshot = scene.snapshot();
    let spending = scene.one.transfer(&scene.key, scene.two.address(), 100, Field::default()).unwrap();
    scene.submit(&spending);
    let act = Field::from(31);
    let showing = scene.one.show(&snapshot, 50, act).unwrap();
    assert_eq!(showing.value, 100);
    holds(|cs| {
        let held = Held::input(cs, Some(&showing.act));
        let secret = HeldSecret::input(cs, Some(&showing.secret));
        let _ = held.assert(cs, &secret);
    });
    assert_eq!(scene.one.show(&snapshot, 20, act).unwrap().value, 20, "the smallest that suffices");
    assert_eq!(scene.one.show(&snapshot, 101, act).unwrap_err(), ActError::NotHeld { largest: 100 });
    assert_eq!(scene.two.show(&snapshot, 1, act).unwrap_err(), ActError::NotHeld { largest: 0 });
    assert_eq!(scene.one.show_all(&snapshot, act).unwrap().len(), 3);
    let other = Pinned { note_root: 1.into(), ..snapshot };
    assert_eq!(scene.one.show(&other, 1, act).unwrap_err(), ActError::Snapshot);
    // After the transfer the note of 100 is not held any more.
    let now = scene.snapshot();
    assert!(matches!(scene.one.show(&now, 50, act), Err(ActError::NotHeld { .. })));
    assert_eq!(scene.two.show(&now, 100, act).unwrap().value, 100);
}

#[test]
fn the_auditor_seizes_a_note() {
    let mut scene = Scene::new(&[100, 20]);
    let to = scene.two.address();
    let position = scene.auditor.notes().find(|known| known.note.value == 100).unwrap().position;
    let seizing = scene.auditor.seize(&scene.key, position, &to).unwrap();
    let policy = PolicyNative { registry_root: seizing.registry_root, today: TODAY, level: 2 };
    holds(|cs| {
        let act = Seize::input(cs, Some(&seizing.act));
        let policy = Policy::input(cs, Some(&policy));
        let secret = SeizeSecret::input(cs, Some(&seizing.secret));
        act.assert(cs, &secret);
        let receiver = Party::input(cs, seizing.receiver.as_ref());
        policy.assert_receiver(cs, &receiver, act.to);
    });
    let place = scene.chain.next();
    scene.chain.nullify(place, seizing.order.nullifier);
    scene.chain.leaf(place, seizing.order.commitment, seizing.order.note);
    scene.act(place, seizing.order.cipher);
    scene.sync();
    assert_eq!(scene.balances(), [20, 100]);
    scene.compare();
    let refused = scene.auditor.seize(&scene.key, position, &to).unwrap_err();
    assert_eq!(refused, ActError::NotFree(position), "it was spent");
    let last = scene.auditor.movements().pop().unwrap();
    assert_eq!((last.from, last.to), (Some(scene.one.address().owner), to.owner));
}

#[test]
fn numbers_of_acts_are_never_the_same() {
    let scene = Scene::new(&[100, 20]);
    let saved = content::encode(&scene.one);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4 {
        // The same backup, the same notes, the same receiver, the same amount.
        let mut restored = content::decode(&saved).unwrap();
        let spending = restored.transfer(&scene.key, scene.two.address(), 30, Field::default()).unwrap();
        assert!(seen.insert(spending.order.cipher.ephemeral[0].to_bytes()));
        assert!(spending.order.notes.iter().all(|cipher| seen.insert(cipher.ephemeral)));
        assert!(spending.order.commitments.iter().all(|it| seen.insert(it.to_bytes())), "rho differs");
        let registration = restored.register(&scene.key).unwrap();
        assert!(seen.insert(registration.act.cipher.ephemeral[0].to_bytes()));
    }
}

#[test]
fn a_stranger_is_not_in_the_registry_and_too_much_is_refused() {
    let mut scene = Scene::new(&[100]);
    let stranger = wallet(5).address();
    let spending = scene.one.transfer(&scene.key, stranger, 30, Field::default()).unwrap();
    assert!(spending.sender.is_some() && spending.receiver.is_none());
    assert_eq!(spending.parties().unwrap_err(), ActError::ReceiverNotAdmitted);
    let own = scene.two.address();
    let known = scene.one.mint(&scene.key, &own, 1).unwrap().party().unwrap();
    assert_eq!(known.holder.owner, own.owner);
    let unknown = scene.one.mint(&scene.key, &stranger, 1).unwrap();
    assert_eq!(unknown.party().unwrap_err(), ActError::ReceiverNotAdmitted);
    let back = TransferWitness { sender: None, ..spending };
    assert_eq!(back.parties().unwrap_err(), ActError::SenderNotAdmitted);
    scene.one.release();
    let mut refused = |amounts| scene.one.transfer_and_leave(&scene.key, stranger, amounts, 0.into()).unwrap_err();
    assert_eq!(refused([u64::MAX, 1]), ActError::TooMuch);
    let short = ChoiceError::Insufficient { available: 100, needed: 101 };
    assert_eq!(refused([100, 1]), ActError::Choice(short));
    let no_point = AuditorKey { u: 1.into(), v: 1.into() };
    assert!(matches!(scene.one.transfer(&no_point, stranger, 1, 0.into()), Err(ActError::AuditorKey(_))));
    assert_eq!(scene.one.balance().free, 100, "what is refused takes no notes");
}

#[test]
fn a_blocked_country_is_named_before_a_proof_is_made() {
    let mut scene = Scene::new(&[100]);
    let to = scene.two.address();
    let spending = scene.one.transfer(&scene.key, to, 30, Field::default()).unwrap();
    let minting = scene.one.mint(&scene.key, &to, 1).unwrap();
    let country = spending.parties().unwrap()[0].holder.country;
    let (blocked, other) = (BlockedCountries::of(&[country]).unwrap(), BlockedCountries::of(&[country + 1]).unwrap());
    assert_eq!((spending.require_unblocked(&other), minting.require_unblocked(&other)), (Ok(()), Ok(())));
    assert_eq!(spending.require_unblocked(&blocked), Err(ActError::SenderBlocked { country }));
    assert_eq!(minting.require_unblocked(&blocked), Err(ActError::ReceiverBlocked { country }));
    let mut abroad = spending.clone();
    abroad.sender.as_mut().unwrap().holder.country = 0;
    let refused = abroad.require_unblocked(&blocked).unwrap_err();
    assert_eq!(refused, ActError::ReceiverBlocked { country });
    let text = "the receiver's country, 756, is blocked: compliance has to end the block first";
    assert_eq!(alloc::format!("{refused}"), text);
}

#[test]
fn the_auditor_reads_in_any_order_and_again_after_a_crash() {
    let mut scene = Scene::new(&[100, 20]);
    let (one, two) = (scene.one.address(), scene.two.address());
    let spending = scene.one.transfer(&scene.key, two, 90, Field::default()).unwrap();
    scene.submit(&spending);
    let spending = scene.two.transfer(&scene.key, one, 50, Field::default()).unwrap();
    scene.submit(&spending);
    let height = scene.chain.height;
    let register = scene.auditor.register_at(height);
    assert_eq!(register.rows.iter().map(|row| row.amount).sum::<u128>(), 120);
    let mut backwards = Auditor::new(words(9), IDENTITY);
    for event in scene.chain.events.iter().rev() {
        backwards.scan(std::slice::from_ref(event)).unwrap();
        backwards = auditor_content::reopened(&backwards);
    }
    assert_eq!(backwards.register_at(height), register);
    assert_eq!(backwards.movements(), scene.auditor.movements());
    assert_eq!(backwards.roots(), scene.chain.roots());
    // The last block is reverted, and comes again.
    backwards.rewind(height - 1);
    assert_eq!(backwards.register_at(height).rows, scene.auditor.register_at(height - 1).rows);
    assert_eq!(backwards.scan(&scene.chain.events).unwrap().acts, 1);
    assert_eq!(backwards.register_at(height), register);
}

#[test]
fn what_nobody_has_proved_counts_for_nothing_at_the_auditor() {
    let mut scene = Scene::new(&[100]);
    let register = scene.auditor.register_at(scene.chain.height);
    let place = scene.chain.next();
    let owner = scene.one.address().owner;
    let (lie, _) = AuditCipher::seal(&scene.key.point().unwrap(), &Scalar::from(3), [500, 0], owner);
    let noise = AuditCipher { ephemeral: [1.into(), 1.into()], ..lie };
    let stranger = ReadingKey::new(Scalar::from(8)).public();
    let view = crate::finance::confidential::ViewCipher::seal(
        &stranger,
        &Scalar::from(4),
        &Keys::from_seed(&words(1).seed(), 0).spend.view(),
    );
    let events = [
        Event::Act { cipher: lie },
        Event::Act { cipher: noise },
        Event::Registered { owner: wallet(4).address().owner, cipher: view },
    ];
    let events: Vec<Seen> = events.into_iter().map(|event| Seen { place, event }).collect();
    assert_eq!(scene.auditor.scan(&events).unwrap().unreadable, 2);
    let after = scene.auditor.register_at(scene.chain.height - 1);
    assert_eq!(after, register);
    assert_eq!(scene.auditor.supply_at(scene.chain.height).total(), 100);
}

#[test]
fn the_register_is_a_table_and_csv() {
    let scene = Scene::new(&[100, 20]);
    let register = scene.auditor.register_at(scene.chain.height);
    let csv = register.to_csv();
    let mut lines = csv.split("\r\n");
    assert_eq!(lines.next(), Some("owner,amount,notes,class,country,level,valid_until,active"));
    let owner = scene.one.address().owner;
    assert!(csv.contains(&std::format!("\r\n{owner},120,2,1,756,2,800000,true\r\n")), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 3);
    let table = std::format!("{register}");
    assert!(table.contains("held 120, locked 0, together 120"), "{table}");
    assert!(table.lines().all(|line| line.len() < 140));
}

#[test]
fn the_register_continues_after_a_hand_over() {
    let mut scene = Scene::new(&[100, 20]);
    let (one, two, old_key) = (scene.one.address(), scene.two.address(), scene.key);
    let sent = scene.one.transfer(&old_key, two, 30, 0.into()).unwrap();
    scene.submit(&sent);
    // By itself the new auditor reads nothing of the past, and with the former one's words all of it.
    let mut new = Auditor::new(words(10), IDENTITY);
    assert_eq!(new.scan(&scene.chain.events).unwrap().acts, 0);
    assert!(new.add_former(words(9), 0));
    assert_eq!(new.scan(&scene.chain.events).unwrap().unreadable, 0);
    scene.key = new.key();
    let former = core::mem::replace(&mut scene.auditor, auditor_content::reopened(&new));
    assert_eq!(scene.auditor.movements(), former.movements());
    // Both sign the hand-over, each with its own key.
    let message = handover(IDENTITY.asset(), 1, scene.key);
    for (auditor, key) in [(&former, old_key), (&scene.auditor, scene.key)] {
        assert_eq!(auditor.key(), key);
        assert!(auditor.sign_handover(1, scene.key).verifies(key, message));
    }
    let sent = scene.two.transfer(&scene.key, one, 25, 0.into()).unwrap();
    scene.submit(&sent);
    scene.compare();
    let last = scene.auditor.movements().pop().unwrap();
    assert_eq!((last.from, last.to, last.amount), (Some(two.owner), one.owner, 25));
    let mut former = Auditor::new(words(9), IDENTITY);
    assert_eq!(former.scan(&scene.chain.events).unwrap().unreadable, 1, "the former auditor reads no later act");
    for _ in 1..MAX_FORMER {
        assert!(new.add_former(words(9), 0));
    }
    assert!(!new.add_former(words(9), 0));
}

/// The content of the file of an auditor that has read registrations, an issue and a transfer, and has a former key.
static CONTENT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut scene = Scene::new(&[100]);
    let two = scene.two.address();
    let spending = scene.one.transfer(&scene.key, two, 90, Field::default()).unwrap();
    scene.submit(&spending);
    assert!(scene.auditor.add_former(words(8), 0));
    assert_eq!(scene.auditor.scan(&scene.chain.events).unwrap().unreadable, 0);
    auditor_content::encode(&scene.auditor).to_vec()
});

#[test]
fn a_damaged_auditors_file_is_refused_wherever_the_damage_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auditor");
    let auditor = auditor_content::decode(&CONTENT).unwrap();
    let file = WalletFile::create(&path).unwrap().weakened();
    auditor.save(&file, &password()).unwrap();
    drop(file);
    let (opened, file) = Auditor::open(&path, &password(), None, None).unwrap();
    assert_eq!(opened.movements(), auditor.movements());
    drop(file);
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        match Auditor::open(&path, &password(), None, None) {
            Err(OpenError::File(FileError::Sealed { source, .. })) => source,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&[]), SealError::NotAWallet);
    for length in 1..whole.len() {
        assert_eq!(refused(&whole[..length]), SealError::Truncated, "{length}");
    }
    assert_eq!(refused(&[&whole[..], &[0]].concat()), SealError::Trailing);
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        let error = refused(&flipped);
        let expected = match place {
            0..8 => error == SealError::NotAWallet,
            8 => error == SealError::Version(FILE_VERSION ^ 1),
            // The stated length is too large or too small.
            9..17 => matches!(error, SealError::Truncated | SealError::Trailing | SealError::Damaged),
            _ => error == SealError::Damaged,
        };
        assert!(expected, "a flip of byte {place}: {error:?}");
    }
}

#[test]
fn a_shortened_auditors_content_is_refused_at_every_length() {
    assert!(auditor_content::decode(&CONTENT).is_some());
    for length in 0..CONTENT.len() {
        assert!(auditor_content::decode(&CONTENT[..length]).is_none(), "{length}");
    }
    assert!(auditor_content::decode(&[&CONTENT[..], &[0]].concat()).is_none());
}

#[test]
fn an_auditors_file_has_a_bounded_number_of_former_keys() {
    let whole = auditor_content::encode(&Auditor::new(words(9), IDENTITY));
    // The kind; contract, chain, account and words; then the number of former keys.
    let (before, after) = whole.split_at(1 + 32 + 1 + 4 + 8 + 32);
    let with = |former: usize| {
        let mut content = before.to_vec();
        content.extend((former as u64).to_le_bytes());
        content.extend(before[1..].repeat(former));
        content.extend(&after[8..]);
        auditor_content::decode(&content)
    };
    assert!(with(1).is_some() && with(MAX_FORMER).is_some());
    assert!(with(MAX_FORMER + 1).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_auditors_content_is_read_or_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        place in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        prop_assert!(auditor_content::decode(&bytes).is_none());
        let place = place.index(CONTENT.len());
        let begun = [&CONTENT[..place], &bytes[..]].concat();
        let mut flipped = CONTENT.to_vec();
        flipped[place] ^= flip;
        // Both may still be an auditor's, such as one of another account. They must not panic.
        for content in [begun, flipped] {
            let _ = auditor_content::decode(&content).map(|mut auditor| {
                let height = auditor.height();
                (auditor.roots(), auditor.register_at(height), auditor.movements(), auditor.gaps())
            });
        }
    }
}

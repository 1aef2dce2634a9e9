//! Tests of wallets with events in any order, repeated after a crash, and from hostile nodes and senders.

use alloc::vec;
use alloc::vec::Vec;
use std::fs;

use proptest::prelude::*;

use super::auditor::content as auditor_content;
use super::wallet::content;
use super::*;
use crate::finance::confidential::{
    Address, Holder, HolderTree, Keys, Note, NoteCipher, NoteTree, NullifierTree, nullifier,
};
use crate::zk::native::Scalar;
use crate::{ContractId, Field};

mod acts;
mod lines;
mod votes;

const IDENTITY: Identity = Identity { contract: ContractId::from_bytes([7; 32]), chain: 3, account: 0 };

fn words(first: u8) -> Words {
    Words::from_entropy(&[first; 32]).unwrap()
}

fn wallet(first: u8) -> Wallet {
    Wallet::new(words(first), IDENTITY)
}

fn password() -> Password {
    Password::new("long enough").unwrap()
}

/// The answers of the contract, with its trees.
#[derive(Default)]
struct Chain {
    notes: NoteTree,
    count: u64,
    spent: NullifierTree,
    holders: HolderTree,
    events: Vec<Seen>,
    nullifiers: u64,
    changes: u64,
    height: u64,
}

impl Chain {
    /// The next transaction.
    fn next(&mut self) -> Place {
        self.height += 1;
        Place { height: self.height, transaction: [u8::try_from(self.height % 251).unwrap(); 32] }
    }

    fn note(&mut self, place: Place, note: Note, cipher: NoteCipher) -> u64 {
        self.leaf(place, note.commitment(IDENTITY.asset()), cipher)
    }

    fn leaf(&mut self, place: Place, commitment: Field, cipher: NoteCipher) -> u64 {
        let position = self.count;
        self.notes.insert(position, commitment).unwrap();
        self.count += 1;
        self.events.push(Seen { place, event: Event::Note { position, commitment, cipher } });
        position
    }

    fn pay(&mut self, place: Place, to: &Address, value: u64, memo: u64) -> u64 {
        let note = Note { value, owner: to.owner, rho: Field::from(self.count) };
        let cipher = NoteCipher::seal(to, &Scalar::from(self.count + 1), &note, memo.into()).unwrap();
        self.note(place, note, cipher)
    }

    fn spend(&mut self, place: Place, keys: &Keys, position: u64) {
        let nullifier = nullifier(keys.spend.view().nk, self.notes.leaf(position).unwrap(), position);
        self.nullify(place, nullifier);
    }

    fn nullify(&mut self, place: Place, nullifier: Field) {
        self.spent.insert(nullifier).unwrap();
        let event = Event::Nullifier { index: self.nullifiers, nullifier };
        self.events.push(Seen { place, event });
        self.nullifiers += 1;
    }

    fn admit(&mut self, place: Place, position: u64, owner: Field, active: bool) {
        let holder = Holder { owner, class: 1, country: 756, level: 2, valid_until: 800_000, active };
        self.holders.insert(position, holder.leaf()).unwrap();
        self.events.push(Seen { place, event: Event::Holder { order: self.changes, position, holder: Some(holder) } });
        self.changes += 1;
    }

    fn roots(&self) -> [Field; 3] {
        [self.notes.root(), self.spent.root(), self.holders.root()]
    }
}

/// Two holders; the first receives, pays, merges and gets change.
fn story() -> (Chain, Wallet) {
    let (mut chain, one) = (Chain::default(), wallet(1));
    let (mine, keys) = (one.address(), Keys::from_seed(&words(1).seed(), 0));
    let other = wallet(2).address();
    let place = chain.next();
    chain.admit(place, 0, mine.owner, true);
    chain.admit(place, 1, other.owner, true);
    for value in [100, 20, 3] {
        let place = chain.next();
        chain.pay(place, &mine, value, value);
        chain.pay(place, &other, value, 0);
    }
    // Pays 70 of 100, and gets 30 back.
    let place = chain.next();
    chain.spend(place, &keys, 0);
    chain.pay(place, &other, 70, 0);
    chain.pay(place, &mine, 30, 0);
    // Merges 20 and 3.
    let place = chain.next();
    chain.spend(place, &keys, 2);
    chain.spend(place, &keys, 4);
    chain.pay(place, &mine, 23, 0);
    let place = chain.next();
    chain.admit(place, 1, other.owner, false);
    (chain, one)
}

fn assert_is_whole(wallet: &mut Wallet, chain: &Chain) {
    assert_eq!(wallet.gaps(), vec![]);
    assert_eq!(wallet.balance(), Balance { total: 53, free: 53, notes: 2 });
    assert_eq!(wallet.roots(), chain.roots());
    let effects: Vec<Effect> = wallet.history().iter().map(|entry| entry.effect).collect();
    let received = |amount| Effect::Received { amount };
    let expected =
        [received(100), received(20), received(3), Effect::Paid { amount: 70 }, Effect::Merged { amount: 23 }];
    assert_eq!(effects, expected);
    assert_eq!(wallet.history()[1].memos, vec![Field::from(20)]);
}

/// As after a crash: only what was saved is left.
fn reopened(wallet: &Wallet) -> Wallet {
    content::decode(&content::encode(wallet)).unwrap()
}

#[test]
fn a_scan_in_order_gives_notes_trees_and_history() {
    let (chain, mut wallet) = story();
    let scanned = wallet.scan(&chain.events).unwrap();
    assert_eq!(scanned, Scanned { new_events: chain.events.len() as u64, received: 5, spent: 0 });
    assert_is_whole(&mut wallet, &chain);
    assert_eq!(wallet.scan(&chain.events).unwrap(), Scanned::default(), "a second scan changes nothing");
    assert_is_whole(&mut wallet, &chain);
    assert_eq!(wallet.next_height(), chain.height);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_order_duplicates_and_crashes_give_the_same(
        order in Just((0..15usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0usize..15, 0..10),
        crash in prop::collection::vec(any::<bool>(), 25),
        chunk in 1usize..6,
    ) {
        let (chain, mut wallet) = story();
        prop_assert_eq!(chain.events.len(), 15);
        let events: Vec<Seen> = order.iter().chain(&again).map(|index| chain.events[*index].clone()).collect();
        for (part, crashes) in events.chunks(chunk).zip(&crash) {
            if *crashes {
                // The scan was not saved: it is as if it had not been, and comes again.
                let saved = reopened(&wallet);
                wallet.scan(part).unwrap();
                wallet = saved;
            }
            wallet.scan(part).unwrap();
            wallet = reopened(&wallet);
        }
        assert_is_whole(&mut wallet, &chain);
    }

    #[test]
    fn any_content_is_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        place in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        prop_assert!(content::decode(&bytes).is_none());
        let (chain, mut wallet) = story();
        wallet.scan(&chain.events).unwrap();
        let mut content = content::encode(&wallet).to_vec();
        prop_assert!(content::decode(&content[..place.index(content.len())]).is_none());
        // A changed byte may still be a wallet, such as one of another account. It must not panic.
        let place = place.index(content.len());
        content[place] ^= flip;
        let _ = content::decode(&content).map(|mut wallet| (wallet.roots(), wallet.balance(), wallet.history()));
    }
}

#[test]
fn missing_events_are_asked_for() {
    let (chain, mut wallet) = story();
    let missing =
        |event: &Seen| matches!(event.event, Event::Note { position: 1..=2, .. } | Event::Nullifier { index: 0, .. });
    let events: Vec<Seen> = chain.events.iter().filter(|event| !missing(event)).cloned().collect();
    wallet.scan(&events).unwrap();
    let gap = |kind, numbers| Gap { kind, numbers };
    assert_eq!(wallet.gaps(), vec![gap(Kind::Note, 1..3), gap(Kind::Nullifier, 0..1)]);
    // The first nullifier comes after the first note, so the scan begins anew at the bottom.
    assert_eq!(wallet.next_height(), 0);
    assert!(wallet.balance().total > wallet.balance().free, "notes after a gap have no path yet");
    wallet.scan(&chain.events).unwrap();
    assert_is_whole(&mut wallet, &chain);
}

#[test]
fn a_lost_file_is_rebuilt_from_the_words() {
    let (chain, mut first) = story();
    first.scan(&chain.events).unwrap();
    let words = first.words().reveal();
    drop(first);
    let mut restored = Wallet::new(Words::parse(&words).unwrap(), IDENTITY);
    restored.scan(&chain.events).unwrap();
    assert_is_whole(&mut restored, &chain);
    let mut other = Wallet::new(Words::parse(&words).unwrap(), Identity { account: 1, ..IDENTITY });
    other.scan(&chain.events).unwrap();
    assert_eq!(other.balance(), Balance::default(), "another account has other keys");
}

#[test]
fn spoilt_ciphertexts_do_no_harm_and_their_notes_are_not_lost() {
    let (mut chain, mut wallet) = (Chain::default(), wallet(1));
    let mine = wallet.address();
    let note = Note { value: 5, owner: mine.owner, rho: 77.into() };
    let good = NoteCipher::seal(&mine, &Scalar::from(9), &note, 1.into()).unwrap();
    let place = chain.next();
    let position = chain.note(place, note, NoteCipher { ephemeral: [0xff; 32], ..good });
    // An equal note, whose ciphertext says that it is worth more.
    let lie = NoteCipher::seal(&mine, &Scalar::from(9), &Note { value: 500, ..note }, 1.into()).unwrap();
    chain.note(place, note, lie);
    let dust = Note { value: 0, ..note };
    let cipher = NoteCipher::seal(&mine, &Scalar::from(10), &dust, 1.into()).unwrap();
    chain.note(place, dust, cipher);
    wallet.scan(&chain.events).unwrap();
    assert_eq!(wallet.balance(), Balance::default());
    assert_eq!(wallet.roots(), chain.roots());
    // The auditor tells what it was.
    assert_eq!(wallet.adopt(position, 500, note.rho), Err(AdoptError::Mismatch));
    assert_eq!(wallet.adopt(9, 5, note.rho), Err(AdoptError::Unknown));
    wallet.adopt(position, 5, note.rho).unwrap();
    wallet.adopt(position, 5, note.rho).unwrap();
    assert_eq!(reopened(&wallet).balance(), Balance { total: 10, free: 10, notes: 2 }, "equal notes have one opening");
}

#[test]
fn a_node_that_spoils_a_ciphertext_cannot_make_a_note_vanish() {
    let (mut chain, mut wallet) = (Chain::default(), wallet(1));
    let place = chain.next();
    chain.pay(place, &wallet.address(), 5, 1);
    let mut spoilt = chain.events.clone();
    let Event::Note { cipher, .. } = &mut spoilt[0].event else { panic!("the first event is a note") };
    cipher.fields[3] = 1.into();
    wallet.scan(&spoilt).unwrap();
    assert_eq!(wallet.balance().total, 0);
    assert_eq!(wallet.scan(&chain.events).unwrap().received, 1);
    assert_eq!(wallet.balance().total, 5);
}

#[test]
fn an_adopted_note_survives_a_rewind_and_a_new_scan() {
    let (mut chain, mut wallet) = (Chain::default(), wallet(1));
    let mine = wallet.address();
    let note = Note { value: 5, owner: mine.owner, rho: 77.into() };
    let good = NoteCipher::seal(&mine, &Scalar::from(9), &note, 1.into()).unwrap();
    let spoilt = NoteCipher { ephemeral: [0xff; 32], ..good };
    let place = chain.next();
    chain.pay(place, &mine, 3, 0);
    let place = chain.next();
    let position = chain.note(place, note, spoilt);
    wallet.scan(&chain.events).unwrap();
    wallet.adopt(position, 5, note.rho).unwrap();
    let both = Balance { total: 8, free: 8, notes: 2 };
    assert_eq!(wallet.balance(), both);

    let mut wallet = reopened(&wallet);
    wallet.rewind(1);
    assert_eq!(wallet.balance().total, 3, "the block of the note is reverted");
    let mut wallet = reopened(&wallet);
    assert_eq!(wallet.scan(&chain.events).unwrap().received, 1);
    assert_eq!(wallet.balance(), both);

    wallet.forget();
    assert_eq!(wallet.balance(), Balance::default());
    let mut wallet = reopened(&wallet);
    assert_eq!(wallet.scan(&chain.events).unwrap().received, 2);
    assert_eq!((wallet.balance(), wallet.roots()), (both, chain.roots()));

    // The same note again, at another position.
    let place = chain.next();
    let again = chain.note(place, note, spoilt);
    assert_eq!(wallet.scan(&chain.events).unwrap().received, 1);
    assert_eq!(wallet.balance().total, 13);
    let place = chain.next();
    chain.spend(place, &Keys::from_seed(&words(1).seed(), 0), again);
    wallet.forget();
    wallet.scan(&chain.events).unwrap();
    assert_eq!(wallet.balance(), both, "the second one is spent");
}

#[test]
fn an_adoption_finds_every_copy_of_the_note() {
    let (mut chain, mut wallet) = (Chain::default(), wallet(1));
    let mine = wallet.address();
    let note = Note { value: 5, owner: mine.owner, rho: 77.into() };
    let good = NoteCipher::seal(&mine, &Scalar::from(9), &note, 1.into()).unwrap();
    let spoilt = NoteCipher { ephemeral: [0xff; 32], ..good };
    let place = chain.next();
    let positions = [(); 2].map(|()| chain.note(place, note, spoilt));
    wallet.scan(&chain.events).unwrap();
    wallet.adopt(positions[1], 5, note.rho).unwrap();
    assert_eq!(wallet.notes().map(|held| held.position).collect::<Vec<_>>(), positions);
    assert_eq!(wallet.balance().total, 10);
}

#[test]
fn notes_that_were_read_once_are_found_again_without_their_ciphertexts() {
    let (chain, mut wallet) = story();
    wallet.scan(&chain.events).unwrap();
    let mut spoilt = chain.events.clone();
    for seen in &mut spoilt {
        if let Event::Note { cipher, .. } = &mut seen.event {
            cipher.ephemeral = [0xff; 32];
        }
    }
    let mut other = Wallet::new(words(1), IDENTITY);
    assert_eq!(other.scan(&spoilt).unwrap().received, 0);
    wallet.rewind(2);
    assert_eq!(wallet.balance().total, 100);
    wallet.scan(&spoilt).unwrap();
    assert_is_whole(&mut wallet, &chain);
    wallet.forget();
    let mut wallet = reopened(&wallet);
    assert_eq!(wallet.scan(&spoilt).unwrap().received, 5);
    assert_is_whole(&mut wallet, &chain);
}

#[test]
fn a_file_from_before_openings_is_read() {
    let (chain, mut wallet) = story();
    wallet.scan(&chain.events).unwrap();
    let content = content::encode(&wallet);
    let (earlier, openings) = content.split_at(content.len() - 8);
    assert_eq!((content[0], openings), (3, &[0; 8][..]), "the list of openings is empty");
    let mut earlier = earlier.to_vec();
    assert!(content::decode(&earlier).is_none());
    earlier[0] = 1;
    assert_is_whole(&mut content::decode(&earlier).unwrap(), &chain);
}

#[test]
fn contradictions_are_refused_and_a_rewind_mends_them() {
    let (chain, mut wallet) = story();
    wallet.scan(&chain.events).unwrap();
    let place = Place { height: 2, transaction: [1; 32] };
    let Event::Note { cipher, commitment, .. } = chain.events[2].event else { panic!("the third event is a note") };
    let holder = Holder { owner: 1.into(), class: 0, country: 0, level: 0, valid_until: 0, active: true };
    let strange = [
        (Event::Note { position: 0, commitment: 1.into(), cipher }, ScanError::Conflict(Kind::Note, 0)),
        (Event::Note { position: 1 << 26, commitment, cipher }, ScanError::Beyond(Kind::Note, 1 << 26)),
        (Event::Note { position: u64::MAX, commitment, cipher }, ScanError::Beyond(Kind::Note, u64::MAX)),
        (Event::Nullifier { index: 1, nullifier: 1.into() }, ScanError::Conflict(Kind::Nullifier, 1)),
        (Event::Holder { order: 9, position: 1 << 16, holder: Some(holder) }, ScanError::Beyond(Kind::Holder, 1 << 16)),
    ];
    for (event, error) in strange {
        assert_eq!(wallet.scan(&[Seen { place, event }]), Err(error), "{error}");
    }
    let first = chain.events[0].place;
    let other = Seen { place: first, event: Event::Holder { order: 0, position: 0, holder: Some(holder) } };
    assert_eq!(wallet.scan(&[other]), Err(ScanError::Conflict(Kind::Holder, 0)));
    let Event::Nullifier { nullifier, .. } =
        chain.events.iter().find(|seen| matches!(seen.event, Event::Nullifier { .. })).unwrap().event
    else {
        panic!("it is a nullifier")
    };
    let twice = Seen { place, event: Event::Nullifier { index: 7, nullifier } };
    assert_eq!(wallet.scan(&[twice]), Err(ScanError::SpentTwice(7)));
    assert_is_whole(&mut wallet, &chain);

    // The block with the payment of 70 is reverted: the note of 100 is there again.
    wallet.rewind(4);
    assert_eq!(wallet.balance(), Balance { total: 123, free: 123, notes: 3 });
    assert_eq!(wallet.height(), 4);
    wallet.scan(&chain.events).unwrap();
    assert_is_whole(&mut wallet, &chain);
    wallet.forget();
    assert_eq!((wallet.balance(), wallet.height()), (Balance::default(), 0));
    wallet.scan(&chain.events).unwrap();
    assert_is_whole(&mut wallet, &chain);
}

#[test]
fn events_before_a_contradiction_are_not_lost() {
    let (chain, mut wallet) = story();
    let mut events = chain.events.clone();
    let Event::Note { cipher, .. } = events[2].event else { panic!("the third event is a note") };
    let place = events[2].place;
    events.insert(5, Seen { place, event: Event::Note { position: 0, commitment: 1.into(), cipher } });
    assert_eq!(wallet.scan(&events), Err(ScanError::Conflict(Kind::Note, 0)));
    assert_eq!(wallet.balance().total, 120, "the first five events");
    wallet.scan(&chain.events).unwrap();
    assert_is_whole(&mut wallet, &chain);
}

#[test]
fn reserved_notes_are_not_chosen_until_their_transfer_ends() {
    let (chain, mut wallet) = story();
    wallet.scan(&chain.events).unwrap();
    let nullifier = wallet.unspent().find(|held| held.note.value == 30).unwrap().nullifier;
    let until = wallet.height() + RESERVED_BLOCKS;
    let act = Act::Transfer(wallet.address());
    wallet.reserve(Made { act, amount: 10, memo: Field::default(), nullifiers: vec![nullifier], until });
    let mut wallet = reopened(&wallet);
    assert_eq!(wallet.balance(), Balance { total: 53, free: 23, notes: 2 });
    assert_eq!(wallet.choose(30), Err(ChoiceError::Insufficient { available: 23, needed: 30 }));
    let last = wallet.history().pop().unwrap();
    assert_eq!((last.place, last.effect), (None, Effect::Paid { amount: 10 }));
    wallet.release();
    assert_eq!(wallet.balance().free, 53);
    assert_eq!(wallet.history().len(), 5);
}

#[test]
fn a_wallet_file_opens_for_its_own_asset_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    let (chain, mut wallet) = story();
    wallet.scan(&chain.events).unwrap();
    let file = WalletFile::create(&path).unwrap().weakened();
    wallet.save(&file, &password()).unwrap();
    drop(file);
    let open = |contract, chain| Wallet::open(&path, &password(), contract, chain).map(|(wallet, _)| wallet);
    let mut opened = open(Some(IDENTITY.contract), Some(IDENTITY.chain)).unwrap();
    assert_is_whole(&mut opened, &chain);
    let other = ContractId::from_bytes([8; 32]);
    let refused = std::format!("{}", open(Some(other), Some(IDENTITY.chain)).unwrap_err());
    let expected = std::format!("belongs to another asset: its contract is {}, not {other}", IDENTITY.contract);
    assert!(refused.ends_with(&expected), "{refused}");
    assert!(matches!(open(Some(other), None), Err(OpenError::OtherContract { .. })));
    assert!(matches!(open(None, Some(4)), Err(OpenError::OtherChain { found: 3, expected: 4 })));
    let wrong = Wallet::open(&path, &Password::new("another one").unwrap(), None, None);
    fn is(expected: SealError) -> impl Fn(OpenError) -> bool {
        move |error| matches!(error, OpenError::File(FileError::Sealed { source, .. }) if source == expected)
    }
    assert!(wrong.is_err_and(is(SealError::WrongPassword)));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(open(None, None).is_err_and(is(SealError::Truncated)));
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    fs::write(&path, &flipped).unwrap();
    assert!(open(None, None).is_err_and(is(SealError::Damaged)));
    flipped.clone_from(&whole);
    flipped[8] = FILE_VERSION + 1;
    fs::write(&path, &flipped).unwrap();
    assert!(open(None, None).is_err_and(is(SealError::Version(FILE_VERSION + 1))));
    for (content, error) in [(&b"\x01strange"[..], SealError::Content), (b"\x02strange", SealError::OtherKind)] {
        fs::remove_file(&path).unwrap();
        WalletFile::create(&path).unwrap().weakened().write(content, &password()).unwrap();
        assert!(open(None, None).is_err_and(is(error)));
    }
    assert!(Auditor::open(&path, &password(), None, None).is_err_and(is(SealError::Content)));
}

#[test]
fn an_auditors_file_opens_for_its_own_asset_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auditor");
    let auditor = Auditor::new(words(9), IDENTITY);
    let file = WalletFile::create(&path).unwrap().weakened();
    auditor.save(&file, &password()).unwrap();
    drop(file);
    let open = |contract, chain| Auditor::open(&path, &password(), contract, chain).map(|(auditor, _)| auditor);
    for (contract, chain) in [(None, None), (Some(IDENTITY.contract), Some(IDENTITY.chain))] {
        assert_eq!(open(contract, chain).unwrap().key(), auditor.key());
    }
    let other = ContractId::from_bytes([8; 32]);
    assert!(matches!(
        open(Some(other), Some(IDENTITY.chain)),
        Err(OpenError::OtherContract { found, expected }) if found == IDENTITY.contract && expected == other
    ));
    assert!(matches!(open(Some(IDENTITY.contract), Some(4)), Err(OpenError::OtherChain { found: 3, expected: 4 })));
    assert!(matches!(
        Wallet::open(&path, &password(), None, None),
        Err(OpenError::File(FileError::Sealed { source: SealError::OtherKind, .. }))
    ));
}

#[test]
fn nothing_secret_is_printed() {
    let (chain, mut wallet) = story();
    wallet.scan(&chain.events).unwrap();
    let printed = std::format!("{wallet:?} {:?}", wallet.notes().collect::<Vec<_>>());
    let secret = Keys::from_seed(&words(1).seed(), 0).spend.secret();
    for hidden in [secret, wallet.address().owner, wallet.notes().next().unwrap().note.rho] {
        assert!(!printed.contains(&std::format!("{hidden}")));
    }
    assert!(!printed.contains(words(1).reveal().split(' ').next().unwrap()));
}

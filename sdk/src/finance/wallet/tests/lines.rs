//! Events as the command line prints them.

use alloc::string::String;
use std::format;

use super::*;
use crate::Principal;
use crate::contract::Event as ContractEvent;
use crate::finance::confidential::notes::NoteAdded;
use crate::finance::confidential::nullifiers::NullifierSpent;
use crate::finance::confidential::registry::{HolderAdmitted, HolderChanged, HolderRemoved};

fn line<E: ContractEvent>(event: &E, block: u64, index: u64) -> String {
    let mut data = String::new();
    event.write_json(&mut data);
    let (contract, topic, tx) = (IDENTITY.contract, E::TOPIC, format!("{block:064x}"));
    let about = format!(r#""contract":"{contract}","contract_name":"asset","topic":"{topic}","tx":"{tx}""#);
    format!(
        r#"{{{about},"data":{data},"decoded":true,"reverted":false,"block":{block},"timestamp":1,"index":{index}}}"#
    )
}

/// A line as an earlier version of `cargo dusk events` prints it.
fn without_index(line: &str) -> String {
    let (earlier, _) = line.rsplit_once(",\"index\":").unwrap();
    format!("{earlier}}}")
}

fn read(text: &str) -> Result<Vec<News>, LineError> {
    let mut all = Vec::new();
    Events::of(IDENTITY.contract).read(text.as_bytes(), 2, |news| {
        assert!(!news.is_empty() && news.len() <= 2);
        all.extend(news);
        Ok::<_, LineError>(())
    })?;
    Ok(all)
}

fn events(text: &str) -> Vec<Seen> {
    let seen = |news: News| if let News::Event(seen) = news { seen } else { panic!("it is an event") };
    read(text).unwrap().into_iter().map(seen).collect()
}

fn story() -> Vec<String> {
    let mine = wallet(1).address();
    let note = Note { value: 5, owner: mine.owner, rho: 77.into() };
    let cipher = NoteCipher::seal(&mine, &Scalar::from(9), &note, 1.into()).unwrap();
    let holder = Holder { owner: mine.owner, class: 1, country: 756, level: 2, valid_until: 7, active: true };
    let by = Principal::Contract(IDENTITY.contract);
    vec![
        line(&HolderAdmitted { position: 0, holder, by }, 3, 0),
        line(&NoteAdded { position: 0, commitment: note.commitment(IDENTITY.asset()), cipher }, 4, 0),
        line(&NullifierSpent { index: 0, nullifier: 9.into() }, 4, 1),
        line(&HolderRemoved { position: 0, owner: mine.owner, by, reason: "lost".into() }, 4, 2),
    ]
}

/// Three blocks with several changes of the same places of the registry, and with a note. A place's holder at the end
/// of a block, and its level, depend on the order of the changes in it.
fn changes() -> Vec<String> {
    let (one, two) = (wallet(1).address(), wallet(2).address());
    let by = Principal::Contract(IDENTITY.contract);
    let entry = |owner, level| Holder { owner, class: 1, country: 756, level, valid_until: 7, active: true };
    let admitted = |position, owner, level| HolderAdmitted { position, holder: entry(owner, level), by };
    let changed = |position, owner, level| {
        let holder = entry(owner, level);
        HolderChanged { position, holder, by, reason: "review".into() }
    };
    let removed = |position, owner| HolderRemoved { position, owner, by, reason: "left".into() };
    let note = Note { value: 5, owner: one.owner, rho: 77.into() };
    let cipher = NoteCipher::seal(&one, &Scalar::from(9), &note, 1.into()).unwrap();
    vec![
        line(&admitted(0, one.owner, 1), 2, 0),
        line(&admitted(1, two.owner, 1), 2, 1),
        line(&changed(0, one.owner, 2), 2, 2),
        line(&changed(0, one.owner, 3), 2, 3),
        line(&NoteAdded { position: 0, commitment: note.commitment(IDENTITY.asset()), cipher }, 3, 0),
        line(&removed(1, two.owner), 3, 1),
        line(&admitted(1, two.owner, 4), 3, 2),
        line(&NullifierSpent { index: 0, nullifier: 9.into() }, 3, 3),
        line(&changed(1, two.owner, 5), 4, 0),
        line(&removed(0, one.owner), 4, 1),
        line(&admitted(0, one.owner, 6), 4, 2),
        line(&changed(0, one.owner, 7), 4, 3),
    ]
}

/// The levels of the holders at the end of each block of [`changes`].
const LEVELS: [(u64, [u8; 2]); 3] = [(2, [3, 1]), (3, [3, 4]), (4, [7, 5])];

fn levels_at(wallet: &Wallet, height: u64) -> Vec<u8> {
    wallet.holders_at(height).values().map(|holder| holder.level).collect()
}

#[test]
fn lists_and_lines_say_the_same() {
    let lines = story();
    let listed = format!(r#"{{"from_block":3,"events":[{}]}}"#, lines.join(","));
    let seen = events(&listed);
    assert_eq!(seen, events(&lines.join("\n")));
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[1].place.transaction[31], 4);
    let mut wallet = wallet(1);
    wallet.scan(&seen[..1]).unwrap();
    assert_eq!(wallet.holders_at(3).len(), 1);
    wallet.scan(&seen[1..]).unwrap();
    assert_eq!((wallet.balance().total, wallet.holders_at(3).len(), wallet.holders_at(4).len()), (5, 1, 0));
    assert_eq!(wallet.roots()[2], Field::default(), "an empty registry has the root 0");
}

#[test]
fn what_is_not_an_event_of_the_contract_is_left_out() {
    let [_, note, ..] = story().try_into().map_err(|_| ()).unwrap_or([const { String::new() }; 4]);
    let foreign = note.replace(&format!("{}", IDENTITY.contract), &"ab".repeat(32));
    let reverted = note.replace(r#""reverted":false"#, r#""reverted":true"#);
    let other = note.replace(NoteAdded::TOPIC, "Paused");
    assert_eq!(read(&[foreign.clone(), reverted, other].join("\n")).unwrap(), vec![]);
    let only_foreign = read(&[foreign, r#"{"taken_back_to":7}"#.into()].join("\n")).unwrap_err();
    assert!(matches!(&only_foreign, LineError::OtherContracts(own) if *own == format!("{}", IDENTITY.contract)));
    assert!(format!("{only_foreign}").contains("`cargo dusk events 0707"), "{only_foreign}");
    assert_eq!(read(r#"{"taken_back_to":7}"#).unwrap(), vec![News::TakenBack(7)]);
    assert_eq!(read("").unwrap(), vec![]);
}

#[test]
fn each_strange_document_has_its_own_error() {
    let note = story().swap_remove(1);
    let error = |text: &str| read(text).unwrap_err();
    assert!(matches!(error("nonsense"), LineError::Json(_)));
    assert!(matches!(error(&note[..note.len() - 1]), LineError::Json(_)));
    assert!(matches!(error("{}"), LineError::Document));
    assert!(matches!(error(r#"{"events":3}"#), LineError::Document));
    assert!(matches!(error(r#"{"taken_back_to":"x"}"#), LineError::Member("taken_back_to")));
    for member in ["block", "topic", "reverted", "decoded", "tx", "data"] {
        let renamed = note.replace(&format!("\"{member}\":"), "\"other\":");
        assert!(matches!(error(&renamed), LineError::Member(found) if found == member), "{member}");
    }
    assert!(matches!(error(&note.replace(r#""decoded":true"#, r#""decoded":false"#)), LineError::NotDecoded));
    let strange = note.replace(r#""position":0"#, r#""position":-1"#);
    assert!(matches!(error(&strange), LineError::Data(topic) if topic == NoteAdded::TOPIC));
    let short = note.replace(&format!("{:064x}", 4), "04");
    assert!(matches!(error(&short), LineError::Member("tx")));
    let strange = note.replace(r#""index":0"#, r#""index":"0""#);
    assert!(matches!(error(&strange), LineError::Member("index")));
}

#[test]
fn events_without_an_index_are_counted_in_the_order_of_the_chain() {
    let lines = story();
    let earlier: Vec<String> = lines.iter().map(|line| without_index(line)).collect();
    assert_eq!(events(&earlier.join("\n")), events(&lines.join("\n")));
    let [admitted, note, nullifier, removed] = <[String; 4]>::try_from(earlier).unwrap();
    let backwards = read(&[removed.clone(), admitted.clone()].join("\n"));
    assert!(matches!(backwards, Err(LineError::Unordered)));
    // Notes and nullifiers have numbers of the contract.
    let later = without_index(&line(&NullifierSpent { index: 1, nullifier: 8.into() }, 5, 0));
    assert_eq!(read(&[later, note, nullifier].join("\n")).unwrap().len(), 3);
    // After a revert the next block is a lower one.
    let reverted = r#"{"taken_back_to":2}"#.into();
    assert_eq!(read(&[removed, reverted, admitted].join("\n")).unwrap().len(), 3);
}

#[test]
fn the_index_says_which_change_is_the_last() {
    let mut lines = changes();
    lines.reverse();
    let mut wallet = wallet(1);
    wallet.scan(&events(&lines.join("\n"))).unwrap();
    for (height, levels) in LEVELS {
        assert_eq!(levels_at(&wallet, height), levels, "block {height}");
    }
    // Only the changes, as with `--topic`: they have the same numbers.
    let changed = lines.iter().filter(|line| !line.contains(NoteAdded::TOPIC) && !line.contains(NullifierSpent::TOPIC));
    let changed: Vec<&str> = changed.map(String::as_str).collect();
    assert_eq!(wallet.scan(&events(&changed.join("\n"))).unwrap(), Scanned::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lines_in_any_order_and_repeated_give_the_same_wallet(
        order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0usize..12, 0..8),
        part in 1usize..5,
        listed in any::<bool>(),
    ) {
        let lines = changes();
        prop_assert_eq!(lines.len(), 12);
        let mut expected = wallet(1);
        expected.scan(&events(&lines.join("\n"))).unwrap();
        let shuffled: Vec<&str> = order.iter().chain(&again).map(|index| lines[*index].as_str()).collect();
        let lists = shuffled.chunks(part).map(|part| format!(r#"{{"events":[{}]}}"#, part.join(",")));
        let text = if listed { lists.collect::<Vec<_>>().join("\n") } else { shuffled.join("\n") };
        let mut found = wallet(1);
        found.scan(&events(&text)).unwrap();
        prop_assert_eq!(content::encode(&found).to_vec(), content::encode(&expected).to_vec());
        prop_assert_eq!(found.roots(), expected.roots());
        prop_assert_eq!((found.balance().total, found.gaps().len()), (5, 0));
        for (height, levels) in LEVELS {
            prop_assert_eq!(levels_at(&found, height), levels);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = read(&text);
        let mut bytes = story().swap_remove(1).into_bytes();
        let place = cut.index(bytes.len());
        bytes[place] = byte;
        let _ = read(&String::from_utf8_lossy(&bytes));
    }
}

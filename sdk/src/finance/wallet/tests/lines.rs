//! Events as the command line prints them.

use alloc::string::String;
use std::format;

use super::*;
use crate::Principal;
use crate::contract::Event as ContractEvent;
use crate::finance::confidential::notes::NoteAdded;
use crate::finance::confidential::nullifiers::NullifierSpent;
use crate::finance::confidential::registry::{HolderAdmitted, HolderRemoved};

fn line<E: ContractEvent>(event: &E, block: u64) -> String {
    let mut data = String::new();
    event.write_json(&mut data);
    let (contract, topic, tx) = (IDENTITY.contract, E::TOPIC, format!("{block:064x}"));
    let about = format!(r#""contract":"{contract}","contract_name":"asset","topic":"{topic}","tx":"{tx}""#);
    format!(r#"{{{about},"data":{data},"decoded":true,"reverted":false,"block":{block},"timestamp":1}}"#)
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

fn story() -> Vec<String> {
    let mine = wallet(1).address();
    let note = Note { value: 5, owner: mine.owner, rho: 77.into() };
    let cipher = NoteCipher::seal(&mine, &Scalar::from(9), &note, 1.into()).unwrap();
    let holder = Holder { owner: mine.owner, class: 1, country: 756, level: 2, valid_until: 7, active: true };
    let by = Principal::Contract(IDENTITY.contract);
    vec![
        line(&HolderAdmitted { position: 0, holder, by }, 3),
        line(&NoteAdded { position: 0, commitment: note.commitment(IDENTITY.asset()), cipher }, 4),
        line(&NullifierSpent { index: 0, nullifier: 9.into() }, 4),
        line(&HolderRemoved { position: 0, owner: mine.owner, by, reason: "lost".into() }, 4),
    ]
}

#[test]
fn lists_and_lines_say_the_same() {
    let lines = story();
    let listed = format!(r#"{{"from_block":3,"events":[{}]}}"#, lines.join(","));
    let news = read(&listed).unwrap();
    assert_eq!(news, read(&lines.join("\n")).unwrap());
    let events: Vec<Seen> =
        news.into_iter().map(|news| if let News::Event(seen) = news { seen } else { panic!() }).collect();
    assert_eq!(events.len(), 4);
    assert_eq!(events[1].place.transaction[31], 4);
    let mut wallet = wallet(1);
    wallet.scan(&events[..1]).unwrap();
    assert_eq!(wallet.holders_at(3).len(), 1);
    wallet.scan(&events[1..]).unwrap();
    assert_eq!((wallet.balance().total, wallet.holders_at(3).len(), wallet.holders_at(4).len()), (5, 1, 0));
    assert_eq!(wallet.roots()[2], Field::default(), "an empty registry has the root 0");
}

#[test]
fn what_is_not_an_event_of_the_contract_is_left_out() {
    let [_, note, ..] = story().try_into().map_err(|_| ()).unwrap_or([const { String::new() }; 4]);
    let foreign = note.replace(&format!("{}", IDENTITY.contract), &"ab".repeat(32));
    let reverted = note.replace(r#""reverted":false"#, r#""reverted":true"#);
    let other = note.replace(NoteAdded::TOPIC, "Paused");
    assert_eq!(read(&[foreign, reverted, other].join("\n")).unwrap(), vec![]);
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

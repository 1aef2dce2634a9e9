//! Tests of the comparison on transactions made by hand: each kind of difference, with and without a declaration.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use dusk_sdk_protocol::ContractId as Id;
use dusk_sdk_protocol::execution::{CallError, Event, Frame};
use dusk_sdk_protocol::host::{Attached, HexBytes};
use dusk_sdk_protocol::observation::{Action, Changed, Compared, FindingKind, MAX_FINDINGS, Observation, Page, Part};

use super::compare::{Shown, compare};
use super::contracts::Contracts;
use super::private::{Declaration, Private};
use crate::Field;
use crate::interface::Described;
use crate::wire::Wire;

#[crate::contract]
mod notes {
    use crate::prelude::*;

    /// Notes.
    #[derive(Debug)]
    pub struct Notes {
        sent: u64,
    }

    /// A note.
    #[contract_type]
    pub struct Note {
        /// Its commitment.
        pub commitment: Field,
        /// Words of its owner.
        pub memo: Option<u32>,
    }

    /// Notes were sent.
    #[event]
    pub struct Sent {
        /// The notes.
        pub notes: Vec<Note>,
        /// The fee.
        pub fee: u64,
    }

    impl Notes {
        /// Opens it.
        pub fn init() -> Self {
            Self { sent: 0 }
        }

        /// Sends notes.
        pub fn send(&mut self, notes: Vec<Note>, fee: u64) -> u64 {
            emit(Sent { notes, fee });
            self.sent += 1;
            self.sent
        }
    }
}

use notes::{Note, Notes, Sent};

const ID: [u8; 32] = [9; 32];

/// The transaction of a run, given its private and random values.
fn seen(notes: Vec<Note>, fee: u64) -> Observation {
    let argument = Wire::encode(&(notes.clone(), fee)).unwrap();
    let contract = Id::from_bytes(ID);
    let call = Frame {
        contract,
        function: "send".into(),
        argument: argument.clone(),
        gas_limit: 100,
        gas_spent: 10,
        outcome: Ok(()),
        reason: None,
        output: Vec::new(),
        logs: Vec::new(),
        calls: Vec::new(),
        events: Vec::new(),
        steps: Vec::new(),
    };
    let data = Wire::encode(&Sent { notes, fee }).unwrap();
    Observation {
        action: Action::Call,
        from: "alice".into(),
        contract,
        function: "send".into(),
        argument,
        value: 0,
        deposit: 0,
        gas_limit: 100,
        height: 2,
        gas_spent: 20,
        result: Ok(HexBytes(Wire::encode(&1_u64).unwrap())),
        events: vec![Event { source: contract, topic: "Sent".into(), data, reverted: false }],
        call: Some(call),
        changes: vec![changed(1 << 17, &[(16, vec![0; 64])])],
    }
}

fn changed(length: u64, pages: &[(u32, Vec<u8>)]) -> Changed {
    let page = |(index, bytes): &(u32, Vec<u8>)| Page {
        index: *index,
        hash: [0; 32],
        parts: vec![Part { offset: u64::from(*index) * 65_536, bytes: Attached::new(bytes.clone()) }],
    };
    Changed { contract: Id::from_bytes(ID), length, pages: pages.iter().map(page).collect() }
}

/// Compares the runs of a test.
fn runs(test: impl Fn(&Private) -> Vec<Observation>) -> Compared {
    compare(|run| {
        let private = Private::new(run);
        let seen = test(&private);
        let (drawn, declared) = private.taken();
        Shown { seen, drawn, declared, contracts: Contracts(vec![(ID.into(), &Notes::INTERFACE)]) }
    })
}

fn note(commitment: Field) -> Note {
    Note { commitment, memo: None }
}

/// Kind and place of each finding.
fn found(compared: &Compared) -> Vec<(FindingKind, &str)> {
    compared.findings.iter().map(|finding| (finding.kind, finding.place.as_str())).collect()
}

/// A transaction that hides its private value, changed by `change` with the private amount.
fn with(change: impl Fn(&mut Observation, u64)) -> Compared {
    runs(|private| {
        let amount = private.one_of(&[3_u64, 700]);
        let mut seen = seen(vec![note(Field::from(1))], 5);
        change(&mut seen, amount);
        vec![seen]
    })
}

const AT: &str = "call 1, dusk-sdk.send by alice";

#[test]
fn what_does_not_differ_is_no_finding() {
    let compared = with(|_, _| {});
    assert_eq!(found(&compared), []);
    assert_eq!((compared.runs, compared.calls, compared.events, compared.pages), (4, 1, 1, 1));
    assert_eq!(compared.private_values, 1);
}

#[test]
fn each_place_that_shows_a_private_value_is_named() {
    let at = |place: &str| format!("{AT}: {place}");
    let case = |kind: FindingKind, place: &str, change: &dyn Fn(&mut Observation, u64)| {
        let compared = with(change);
        assert!(found(&compared).contains(&(kind, at(place).as_str())), "{kind:?} {place}: {compared:#?}");
    };
    let argument = |fee: u64| Wire::encode(&(vec![note(Field::from(1))], fee)).unwrap();
    case(FindingKind::Argument, "argument `fee`", &|seen, amount| seen.argument = argument(amount));
    case(FindingKind::Event, "event 1 (dusk-sdk.Sent) `fee`", &|seen, amount| {
        seen.events[0].data = Wire::encode(&Sent { notes: Vec::new(), fee: amount }).unwrap();
    });
    case(FindingKind::Event, "events", &|seen, amount| seen.events.truncate(usize::from(amount < 5)));
    case(FindingKind::Result, "result", &|seen, amount| {
        seen.result = Ok(HexBytes(Wire::encode(&amount).unwrap()));
    });
    case(FindingKind::Error, "error", &|seen, amount| {
        seen.result = Err(CallError::Panic(format!("E1: TooMuch {{\"amount\":{amount}}}")));
    });
    case(FindingKind::Gas, "gas", &|seen, amount| seen.gas_spent = amount);
    case(FindingKind::Gas, "gas", &|seen, amount| {
        seen.call.iter_mut().for_each(|call| call.gas_spent = amount);
    });
    case(FindingKind::Pages, "changed pages of dusk-sdk", &|seen, amount| {
        seen.changes = vec![changed(1 << 17, &[(u32::try_from(amount).unwrap(), Vec::new())])];
    });
    case(FindingKind::Pages, "contracts whose state changed", &|seen, amount| {
        seen.changes.truncate(usize::from(amount < 5));
    });
    case(FindingKind::Size, "length of the memory of dusk-sdk in bytes", &|seen, amount| {
        seen.changes[0].length = amount;
    });
    case(FindingKind::Content, "state of dusk-sdk, page 16, offset 0x100004", &|seen, amount| {
        let bytes = [&[0; 4][..], &amount.to_le_bytes()].concat();
        seen.changes = vec![changed(1 << 17, &[(16, bytes)])];
    });
    case(FindingKind::Size, "length of argument `notes`", &|seen, amount| {
        let notes = vec![note(Field::from(1)); if amount < 5 { 1 } else { 2 }];
        seen.argument = Wire::encode(&(notes, 5_u64)).unwrap();
    });
    case(FindingKind::Transaction, "deposit", &|seen, amount| seen.deposit = amount);
    case(FindingKind::InnerCall, "calls of other contracts", &|seen, amount| {
        let call = seen.call.as_mut().unwrap();
        if amount < 5 {
            call.calls.push(call.clone());
        }
    });
    case(FindingKind::InnerCall, "call of dusk-sdk.send, argument `fee`", &|seen, amount| {
        let call = seen.call.as_mut().unwrap();
        call.calls.push(Frame { argument: argument(amount), ..call.clone() });
    });
}

#[test]
fn other_transactions_in_another_run_end_the_comparison() {
    let compared = with(|seen, amount| seen.from = if amount < 5 { "alice".into() } else { "bob".into() });
    assert_eq!(compared.findings.len(), 1);
    assert_eq!(compared.findings[0].kind, FindingKind::Transaction);
    let compared = runs(|private| {
        let number = private.one_of(&[1, 2]);
        (0..number).map(|_| seen(Vec::new(), 5)).collect()
    });
    let text = "the runs have different numbers of transactions: ";
    assert!(compared.findings.iter().any(|it| it.text.starts_with(text)), "{compared:?}");
    let compared = runs(|private| {
        if private.flag() {
            let _ = private.field();
        }
        vec![seen(Vec::new(), 5)]
    });
    assert!(compared.findings[0].text.contains("draw 2 is "), "{compared:?}");
}

/// A commitment in an argument and an event, declared as a test would.
fn committing(commitment: impl Fn(u64, Field) -> Field, declare: impl Fn(&Private)) -> Compared {
    runs(|private| {
        declare(private);
        let (amount, blinding) = (private.between(1, 1_000), private.random_field());
        vec![seen(vec![note(Field::from(1)), note(commitment(amount, blinding))], 5)]
    })
}

fn hiding(amount: u64, blinding: Field) -> Field {
    crate::crypto::hash(&[&amount.to_le_bytes()[..], &blinding.to_bytes()].concat())
}

#[test]
fn what_hides_has_to_be_declared() {
    let compared = committing(hiding, |_| {});
    let at = format!("{AT}: argument `notes[1].commitment`");
    assert!(found(&compared).contains(&(FindingKind::Argument, at.as_str())), "{compared:#?}");
    assert!(compared.findings[0].text.contains("declare it random"), "{compared:#?}");
    let declarations: [&dyn Fn(&Private); 4] = [
        &|private| private.declare_random("dusk-sdk"),
        &|private| private.declare_random_type("Note"),
        &|private| {
            private.declare_random("dusk-sdk.send.notes");
            private.declare_random("Sent.notes.commitment");
        },
        &|private| {
            private.declare_public("send.notes", "the test says so");
            private.declare_public("Sent", "the test says so");
        },
    ];
    for declare in declarations {
        let compared = committing(hiding, declare);
        assert_eq!(found(&compared), [], "{:?}", compared.declared);
    }
}

#[test]
fn what_is_declared_random_and_is_not_is_found() {
    let declare = |private: &Private| private.declare_random("dusk-sdk");
    let kinds = |commitment: &dyn Fn(u64, Field) -> Field| {
        let compared = committing(commitment, declare);
        compared.findings.iter().map(|it| (it.kind, it.text.clone())).collect::<Vec<_>>()
    };
    let fixed = kinds(&|amount, _| hiding(amount, Field::from(7)));
    assert_eq!(fixed[0].0, FindingKind::NotRandom);
    assert!(fixed[0].1.contains("follows from private values alone"), "{fixed:?}");
    let half = kinds(&|amount, blinding| {
        let mut bytes = hiding(amount, blinding).to_bytes();
        bytes[4..12].copy_from_slice(&amount.to_le_bytes());
        Field::from_bytes(&bytes).unwrap()
    });
    assert!(half[0].1.contains("its bytes 4 to 7 follow"), "{half:?}");
    let shown = kinds(&|_, blinding| blinding);
    assert!(shown.is_empty() || shown[0].1.contains("random value of draw 2"), "{shown:?}");
    // The same value beside another that differs: the blinding factor is shown.
    let beside = runs(|private| {
        private.declare_random("dusk-sdk");
        let (amount, blinding) = (private.between(1, 1_000), private.random_field());
        vec![seen(vec![note(hiding(amount, blinding)), note(blinding)], 5)]
    });
    assert!(beside.findings.iter().any(|it| it.text.contains("the random value of draw 2")), "{beside:?}");
}

#[test]
fn gas_may_depend_on_random_values_within_what_is_declared() {
    let spending = |most: Option<u64>, gas: &dyn Fn(u64, u64) -> u64| {
        runs(|private| {
            if let Some(most) = most {
                private.declare_random_gas("dusk-sdk.send", most);
            }
            let amount = private.one_of(&[0_u64, 700]);
            let random = u64::from(private.random_bytes::<1>()[0] % 7);
            let mut seen = seen(Vec::new(), 5);
            seen.gas_spent = 1_000 + gas(amount, random);
            vec![seen]
        })
    };
    let mixed = |amount: u64, random: u64| amount / 100 * random;
    assert!(spending(None, &mixed).findings.iter().any(|it| it.kind == FindingKind::Gas));
    assert_eq!(found(&spending(Some(60), &mixed)), []);
    assert!(spending(Some(1), &mixed).findings[0].text.contains("a difference of 1 is declared"));
    let fixed = spending(Some(1_000), &|amount, _| amount);
    assert_eq!(fixed.findings[0].text, "the gas depends on private values and not on random ones");
}

/// The order of two nullifiers in a tree is one of two random contents: it is the same in two sets of random values
/// often, also where it differs between the private ones. It is told from an order that private values decide.
#[test]
fn what_is_equal_by_chance_is_looked_at_again() {
    let ordered = |number: u64, is_random: bool| {
        runs(move |private| {
            private.declare_random_gas("dusk-sdk.send", 100);
            private.declare_random("dusk-sdk.send.fee");
            let amount = private.one_of(&[3_u64, 700]);
            let seed = if is_random { private.random_bytes::<8>() } else { [1; 8] };
            let bits = crate::crypto::hash(&[&seed[..], &amount.to_le_bytes(), &number.to_le_bytes()].concat());
            let order = bits.to_bytes()[0] % 2;
            let mut seen = seen(Vec::new(), u64::from(order));
            seen.events.clear();
            seen.gas_spent += u64::from(order);
            seen.changes = vec![changed(1 << 17, &[(16, vec![order; 8])])];
            vec![seen]
        })
    };
    let most = u32::from(super::compare::MAX_RANDOM_SETS) * 2;
    let often: Vec<_> = (0..64).map(|number| ordered(number, true)).collect();
    assert!(often.iter().all(|compared| compared.findings.is_empty()), "{often:#?}");
    let again = often.iter().filter(|compared| (5..=most).contains(&compared.runs)).count();
    assert!((2..32).contains(&again), "one in eight is equal by chance: {again}");
    let decided: Vec<_> = (0..64).map(|number| ordered(number, false)).filter(|it| it.runs > 4).collect();
    assert!(decided.len() > 16, "the amounts decide in half of them");
    for compared in decided {
        assert_eq!(compared.runs, most);
        let kinds: Vec<_> = compared.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [FindingKind::NotRandom, FindingKind::Content, FindingKind::Gas], "{compared:#?}");
    }
}

#[test]
fn a_declaration_that_fits_nothing_is_a_mistake() {
    for declare in [
        (|private: &Private| private.declare_random("dusk-sdk.sent.notes")) as fn(&Private),
        |private| private.declare_random_type("Nota"),
        |private| private.declare_random_gas("pay", 5),
        |private| private.declare_public("dusk-sdk.stat", "x"),
    ] {
        let compared = committing(|_, _| Field::from(2), declare);
        assert_eq!(compared.findings.len(), 1, "{compared:?}");
        assert_eq!(compared.findings[0].kind, FindingKind::Declaration);
    }
    let public = with(|seen, amount| {
        seen.changes = vec![changed(1 << 17, &[(16, amount.to_le_bytes().to_vec())])];
    });
    assert_eq!(public.findings.len(), 1);
    let declared = runs(|private| {
        private.declare_public("dusk-sdk.state", "the amount is issued in public");
        let mut seen = seen(Vec::new(), 5);
        seen.changes = vec![changed(1 << 17, &[(16, private.between(1, 9).to_le_bytes().to_vec())])];
        vec![seen]
    });
    assert_eq!(found(&declared), []);
    assert_eq!(declared.declared, ["public: dusk-sdk.state (the amount is issued in public)"]);
}

#[test]
fn findings_are_bounded() {
    let compared = runs(|private| {
        let amount = private.one_of(&[3_u64, 700]);
        (0..MAX_FINDINGS + 10).map(|_| Observation { deposit: amount, ..seen(Vec::new(), 5) }).collect()
    });
    assert_eq!((compared.findings.len(), compared.more_findings), (MAX_FINDINGS, 10));
}

#[test]
fn declarations_read_as_they_are_written() {
    let place = |text: &str| text.split('.').map(String::from).collect::<Vec<_>>();
    assert_eq!(Declaration::Random(place("a.b")).to_string(), "random: a.b");
    assert_eq!(Declaration::Gas(place("a.b"), 5).to_string(), "random gas: a.b, up to 5");
}

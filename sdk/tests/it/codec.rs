//! The encoding that `#[contract_type]` writes out, beside that of rkyv's own derives: the same bytes, the same layout,
//! and the same bytes refused.
#![allow(clippy::cast_possible_truncation, reason = "any number will do as a sample")]

use dusk_sdk::wire::Wire;
use proptest::prelude::*;

/// Types under our macro.
mod ours {
    use std::collections::BTreeMap;

    use dusk_sdk::contract_type;

    #[contract_type]
    #[derive(Eq, PartialOrd, Ord)]
    pub(crate) struct Key {
        pub first: u8,
        pub second: u32,
    }

    #[contract_type]
    #[derive(Eq, PartialOrd, Ord)]
    pub(crate) enum Side {
        Buy,
        Sell,
    }

    #[contract_type]
    pub(crate) enum Kind {
        Plain,
        One(u8),
        Pair(u16, Option<u64>),
        Named { on: bool, label: String, side: Side },
        Many(Vec<Key>),
        Wide([u128; 2]),
    }

    #[contract_type]
    pub(crate) struct Empty {}

    #[contract_type]
    pub(crate) struct Mixed {
        pub small: u8,
        pub large: u64,
        pub text: String,
        pub some: Option<u32>,
        pub pair: (u8, u16),
        pub three: [i16; 3],
        pub kinds: Vec<Kind>,
        pub map: BTreeMap<Key, Kind>,
        pub sides: BTreeMap<Side, ()>,
        pub empty: Empty,
        pub last: bool,
    }
}

/// The same types under rkyv's derives.
mod derived {
    use std::collections::BTreeMap;

    use rkyv::{Archive, Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Archive, Serialize, Deserialize)]
    #[archive(check_bytes)]
    #[archive_attr(repr(C), derive(PartialEq, Eq, PartialOrd, Ord))]
    pub(crate) struct Key {
        pub first: u8,
        pub second: u32,
    }

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Archive, Serialize, Deserialize)]
    #[archive(check_bytes)]
    #[archive_attr(derive(PartialEq, Eq, PartialOrd, Ord))]
    pub(crate) enum Side {
        Buy,
        Sell,
    }

    #[derive(Clone, Debug, PartialEq, Archive, Serialize, Deserialize)]
    #[archive(check_bytes)]
    pub(crate) enum Kind {
        Plain,
        One(u8),
        Pair(u16, Option<u64>),
        Named { on: bool, label: String, side: Side },
        Many(Vec<Key>),
        Wide([u128; 2]),
    }

    #[derive(Clone, Debug, PartialEq, Archive, Serialize, Deserialize)]
    #[archive(check_bytes)]
    #[archive_attr(repr(C))]
    pub(crate) struct Empty {}

    #[derive(Clone, Debug, PartialEq, Archive, Serialize, Deserialize)]
    #[archive(check_bytes)]
    #[archive_attr(repr(C))]
    pub(crate) struct Mixed {
        pub small: u8,
        pub large: u64,
        pub text: String,
        pub some: Option<u32>,
        pub pair: (u8, u16),
        pub three: [i16; 3],
        pub kinds: Vec<Kind>,
        pub map: BTreeMap<Key, Kind>,
        pub sides: BTreeMap<Side, ()>,
        pub empty: Empty,
        pub last: bool,
    }
}

/// Values of one of the two modules.
macro_rules! values {
    ($module:ident, $seed:expr) => {{
        use $module::{Empty, Key, Kind, Mixed, Side};
        let Seed { number, text, flags, list } = $seed;
        let side = |which: bool| if which { Side::Buy } else { Side::Sell };
        let kind = |which: u8| match which % 6 {
            0 => Kind::Plain,
            1 => Kind::One(which),
            2 => Kind::Pair(which.into(), flags.0.then_some(*number)),
            3 => Kind::Named { on: flags.1, label: text.clone(), side: side(flags.0) },
            4 => Kind::Many(list.iter().map(|it| Key { first: *it, second: u32::from(*it) << 9 }).collect()),
            _ => Kind::Wide([u128::from(*number) << 50, which.into()]),
        };
        Mixed {
            small: list.len() as u8,
            large: *number,
            text: text.clone(),
            some: flags.1.then_some(*number as u32),
            pair: (*number as u8, *number as u16),
            three: [*number as i16, -1, 0],
            kinds: list.iter().map(|it| kind(*it)).collect(),
            map: list.iter().map(|it| (Key { first: *it, second: 7 }, kind(it.wrapping_add(1)))).collect(),
            sides: [flags.0, flags.1].into_iter().map(|it| (side(it), ())).collect(),
            empty: Empty {},
            last: flags.0,
        }
    }};
}

#[derive(Debug, Clone)]
struct Seed {
    number: u64,
    text: String,
    flags: (bool, bool),
    list: Vec<u8>,
}

fn seeds() -> impl Strategy<Value = Seed> {
    let list = prop::collection::vec(any::<u8>(), 0..12);
    (any::<u64>(), ".{0,20}", any::<(bool, bool)>(), list).prop_map(|(number, text, flags, list)| Seed {
        number,
        text,
        flags,
        list,
    })
}

fn is_read<T: Wire>(bytes: &[u8]) -> Option<T> {
    let mut aligned = rkyv::AlignedVec::new();
    aligned.extend_from_slice(bytes);
    T::decode_aligned(&aligned).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_bytes_are_those_of_rkyvs_derives(seed in seeds(), changes in prop::collection::vec(any::<(u16, u8)>(), 0..4)) {
        let (ours, derived) = (values!(ours, &seed), values!(derived, &seed));
        let bytes = ours.encode().unwrap();
        prop_assert_eq!(&bytes, &derived.encode().unwrap());
        prop_assert_eq!(is_read(&bytes), Some(ours));
        prop_assert_eq!(is_read(&bytes), Some(derived));
        // Foreign bytes are refused by both or by none, and read as the same.
        let mut hostile = bytes;
        for (place, byte) in changes {
            let place = usize::from(place) % hostile.len();
            hostile[place] = byte;
        }
        let (ours, derived) = (is_read::<ours::Mixed>(&hostile), is_read::<derived::Mixed>(&hostile));
        prop_assert_eq!(format!("{ours:?}"), format!("{derived:?}"));
    }
}

#[test]
fn the_layouts_are_those_of_rkyvs_derives() {
    fn layout<T: rkyv::Archive>() -> (usize, usize) {
        (size_of::<T::Archived>(), align_of::<T::Archived>())
    }
    assert_eq!(layout::<ours::Key>(), layout::<derived::Key>());
    assert_eq!(layout::<ours::Side>(), layout::<derived::Side>());
    assert_eq!(layout::<ours::Kind>(), layout::<derived::Kind>());
    assert_eq!(layout::<ours::Empty>(), layout::<derived::Empty>());
    assert_eq!(layout::<ours::Mixed>(), layout::<derived::Mixed>());
}

//! A contract with everything in it. Tests include it natively, and compile it as a package of its own.

use dusk_sdk::prelude::*;

/// Everything that a contract can have.
///
/// And more.
#[contract(events(outside::Elsewhere))]
pub mod everything {
    use super::*;

    /// The state.
    #[derive(Default)]
    pub struct Everything {
        last: u64,
        helpers: u8,
    }

    /// Something happened.
    #[event(topic = "happened")]
    pub struct Happened {
        /// How often.
        pub times: u64,
        pub what: Vec<Kind>,
    }

    /// A kind of thing.
    #[contract_type]
    pub enum Kind {
        /// Plain.
        Plain,
        Named {
            id: u16,
            label: String,
        },
        Pair(bool, Option<u64>),
    }

    /// A point.
    #[contract_type]
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub struct Point {
        pub x: u8,
        pub y: u64,
    }

    /// A wrapped number.
    #[contract_type]
    #[derive(Copy)]
    pub struct Amount(pub u64);

    #[error]
    pub enum Refused {
        /// Too much.
        Insufficient {
            held: u64,
            asked: Amount,
        },
        #[code(7)]
        Closed,
        After(bool),
    }

    #[error(first = 100)]
    pub enum Other {
        No,
    }

    impl Everything {
        /// Remembers a number.
        pub fn remember(&mut self, number: u64) {
            log!("{} becomes {number}", self.last);
            self.last = number;
            self.help();
        }

        pub fn last(&self) -> u64 {
            self.last
        }

        /// Takes all kinds of arguments.
        pub fn all(
            &mut self,
            to: Account,
            points: Vec<Point>,
            kinds: Vec<Kind>,
            data: Vec<u8>,
            digest: [u8; 32],
            map: BTreeMap<Point, String>,
            root: Field,
            amount: Amount,
        ) -> Result<Option<Kind>, Refused> {
            let _ = (to, points, data, digest, map, root);
            ensure!(amount.0 <= self.last, Refused::Insufficient { held: self.last, asked: amount });
            Ok(kinds.into_iter().next())
        }

        pub fn other(&self, id: ContractId, n: i64) -> Result<(u8, i64), Other> {
            let _ = id;
            ensure!(n != 0, Other::No);
            Ok((self.helpers, n))
        }
    }

    impl Everything {
        /// Returns that many bytes.
        pub fn bytes(&self, count: u32) -> Vec<u8> {
            vec![7; count as usize]
        }

        /// Calls a contract back, changing nothing.
        pub fn call_query(&self, id: ContractId) -> u64 {
            at(id).last()
        }

        /// Calls a contract back while changing.
        pub fn call_while_changing(&mut self, id: ContractId) -> Result<u64, Other> {
            self.last = 99;
            at(id).attempt().with_gas(1_000).last().map_err(|_| Other::No)
        }

        /// Panics with a formatted text.
        pub fn panics(&mut self, with: String) {
            self.last = 98;
            panic!("broken: {with:?}");
        }

        fn help(&mut self) {
            self.helpers = self.helpers.wrapping_add(1);
        }
    }
}

pub mod outside {
    use dusk_sdk::prelude::*;

    /// Declared elsewhere.
    #[event]
    pub struct Elsewhere;
}

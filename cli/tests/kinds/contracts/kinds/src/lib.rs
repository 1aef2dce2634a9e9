#![doc = "Values of all kinds, given back as they came; arguments named as options are; texts that command terminals."]
#![no_std]
use dusk_sdk::prelude::*;

#[doc = "Gives \u{1b}[31mvalues\u{1b}[0m back.\u{9b}2J Uses `{braces}`, \"quotes\" and a \\ in its text, \u{202e}and this."]
#[contract]
pub mod kinds {
    use super::*;

    /// What it remembers.
    pub struct Kinds {
        text: Option<String>,
        network_id: u64,
        labels: BTreeSet<String>,
        largest: u128,
    }

    #[contract_type]
    pub struct Pair(pub u32, pub u32);

    #[contract_type]
    pub enum Shape {
        Dot,
        Circle(u64),
        Oblong(u64, u64),
        Rect { w: u64, h: Option<u64> },
    }

    #[contract_type]
    pub struct Deep {
        pub r#type: Option<Vec<(u8, String)>>,
        pub map: BTreeMap<String, Vec<u8>>,
        pub three: [Option<u16>; 3],
        pub shape: Shape,
    }

    #[doc = "Said \u{1b}]0;title\u{7} by somebody."]
    #[event]
    pub struct Said {
        pub text: String,
    }

    /// Why it says no.
    #[error]
    pub enum Refused {
        #[doc = "No, \u{1b}[31mred\u{7f}"]
        No { why: String },
    }

    impl Kinds {
        pub fn init(labels: BTreeSet<String>, largest: u128) -> Self {
            Self { text: None, network_id: 0, labels, largest }
        }
        pub fn labels(&self) -> BTreeSet<String> {
            self.labels.clone()
        }
        pub fn largest(&self) -> u128 {
            self.largest
        }
        /// Stores a text; `null` takes it away.
        pub fn set_text(&mut self, text: Option<String>) {
            self.text = text;
        }
        pub fn text(&self) -> Option<String> {
            self.text.clone()
        }
        pub fn big(&self, n: u128) -> u128 {
            n
        }
        pub fn int(&self, n: i128) -> i128 {
            n
        }
        pub fn pair(&self, p: Pair) -> Pair {
            p
        }
        pub fn shape(&self, s: Shape) -> Shape {
            s
        }
        pub fn deep(&self, d: Deep) -> Deep {
            d
        }
        pub fn wide(&self, w: (u8, i16, u128, bool, String, Option<u8>, Pair, Shape)) -> (u8, i16, u128, bool, String, Option<u8>, Pair, Shape) {
            w
        }
        pub fn twice(&self, x: Option<Option<u8>>) -> Option<Option<u8>> {
            x
        }
        pub fn words(&self, m: BTreeMap<String, u8>) -> BTreeMap<String, u8> {
            m
        }
        pub fn set(&self, s: BTreeSet<u8>) -> BTreeSet<u8> {
            s
        }
        pub fn sets(&self, s: Option<BTreeSet<BTreeSet<String>>>) -> Option<BTreeSet<BTreeSet<String>>> {
            s
        }
        #[doc = "Does \u{1b}[31mred things.\u{1b}]0;title\u{7}"]
        pub fn say(&self, text: String) -> String {
            text
        }
        /// Says it to all.
        pub fn tell(&mut self, text: String) -> String {
            emit(Said { text: text.clone() });
            text
        }
        pub fn no(&mut self, why: String) -> Result<(), Refused> {
            Err(Refused::No { why })
        }
        pub fn fail(&mut self, text: String) {
            panic!("{text}")
        }

        // Arguments that are called as options of the command are.
        pub fn clash(&self, from: u64, arg_from: u64) -> u64 {
            from * 1000 + arg_from
        }
        pub fn options(&self, json: u64, help: u64, args: u64, network: u64, r#final: u64) -> u64 {
            json + 10 * help + 100 * args + 1000 * network + 10000 * r#final
        }
        pub fn more(&self, from: u64, dry_run: u64, gas_limit: u64, gas_price: u64, deposit: u64, manifest_path: u64) -> u64 {
            from + 10 * dry_run + 100 * gas_limit + 1000 * gas_price + 10000 * deposit + 100_000 * manifest_path
        }
        pub fn raw(&self, r#type: i8) -> i8 {
            r#type
        }
        pub fn two(&self, text: String, other: String) -> String {
            text + &other
        }
        pub fn set_network(&mut self, network_id: u64) {
            self.network_id = network_id;
        }
        pub fn network(&self) -> u64 {
            self.network_id
        }
        #[allow(non_snake_case, reason = "a name that others would write so")]
        pub fn camel(&self, someValue: u8) -> u8 {
            someValue
        }
    }
}

#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn pattern(&self, (a, b): (u8, u8)) {}

        pub fn unnamed(&self, _: u8) {}

        pub fn unused(&self, _value: u8) {}

        pub fn text(&self, text: &str) {}

        pub fn nested(&self, texts: Vec<&'static str>) {}

        pub fn float(&self, ratio: f64) {}

        pub fn letter(&self, letter: char) {}

        pub fn shared(&self, shared: Option<std::rc::Rc<u8>>) {}

        pub fn size(&self, index: usize) {}

        pub fn any(&self, items: impl Iterator<Item = u8>) {}

        pub fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8) {}
    }
}

fn main() {}

//! Types of std that cannot cross.
#![allow(unused)]
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use dusk_sdk::prelude::*;

#[contract]
pub mod faulty {
    use super::*;

    #[derive(Default)]
    pub struct Faulty;

    impl Faulty {
        pub fn map(&self, map: HashMap<u8, u8>) {}

        pub fn set(&self) -> HashSet<u8> {
            HashSet::new()
        }

        pub fn shared(&self, shared: Option<Rc<u8>>) {}

        pub fn letter(&self, letter: char) {}
    }
}

fn main() {}

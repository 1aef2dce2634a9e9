#![allow(unused)]

use dusk_sdk::prelude::*;

mod other {
    use dusk_sdk::prelude::*;

    #[event]
    pub struct Moved;
}

#[contract(events(other::Moved))]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    #[event(topic = "Moved")]
    pub struct Shifted;
}

fn main() {}

#![allow(unused)]

use dusk_sdk::prelude::*;

#[event]
pub enum Choice {
    A,
}

#[event]
pub struct Generic<T> {
    value: T,
}

#[event(topic = "two words")]
pub struct Spaced;

#[event(colour = "red")]
pub struct Coloured;

#[event]
pub struct Borrowed {
    text: &'static str,
}

fn main() {}

#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract_type]
pub struct NotAnEvent;

fn main() {
    emit(NotAnEvent);
}

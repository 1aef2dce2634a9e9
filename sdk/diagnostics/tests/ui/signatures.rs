#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn generic<T>(&self, value: T) {}

        pub fn borrowed<'a>(&'a self) -> u8 {
            1
        }

        pub async fn later(&self) {}

        pub unsafe fn dangerous(&mut self) {}

        pub extern "C" fn foreign(&self) {}

        #[cfg(test)]
        pub fn sometimes(&self) {}
    }
}

fn main() {}

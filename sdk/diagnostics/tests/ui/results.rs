#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State {
        name: String,
    }

    impl State {
        pub fn name(&self) -> &str {
            &self.name
        }

        pub fn all(&self) -> Self {
            State { name: String::new() }
        }

        pub fn numbers(&self) -> impl Iterator<Item = u8> {
            core::iter::empty()
        }

        pub fn checked(&self) -> Result<f32, Refused> {
            Ok(1.0)
        }
    }

    #[error]
    pub enum Refused {
        No,
    }
}

fn main() {}

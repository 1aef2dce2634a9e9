//! Methods that the macro does not see, and so would not export.
#![allow(unused)]

use dusk_sdk::prelude::*;

macro_rules! getter {
    ($name:ident, $ty:ty) => {
        pub fn $name(&self) -> $ty {
            self.$name
        }
    };
}

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State {
        left: u64,
        right: u64,
    }

    impl State {
        getter!(left, u64);
        getter! { right, u64 }
    }

    type Same = State;

    impl Same {
        pub fn same(&self) {}
    }

    impl crate::test::State {
        pub fn elsewhere(&self) {}
    }

    getters!(State);

    #[more_methods]
    impl State {
        pub fn more(&self) {}
    }

    mod parts {
        impl super::State {
            fn helper(&self) {}

            pub fn part(&self) {}
        }
    }
}

fn main() {}

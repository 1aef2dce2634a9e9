//! State and exports that the macro would not see.

use dusk_sdk::prelude::*;

#[contract]
pub mod faulty {
    use super::*;

    #[derive(Default)]
    pub struct Faulty {
        pub rate: f64,
        rates: Vec<f32>,
    }

    static mut CALLS: u64 = 0;
    static LAST: u64 = 0;

    impl Faulty {
        #[unsafe(no_mangle)]
        pub fn exported(&self) {}
    }
}

fn main() {}

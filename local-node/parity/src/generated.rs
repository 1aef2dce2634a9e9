//! Contracts from random numbers.
//!
//! They compute, branch, loop a bounded number of times, read and write memory (beyond its length, too), grow it, copy
//! and fill it, call each other, emit events and trap now and then. Each is a function of its seed.

use std::fmt::Write;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Functions of a generated contract: `f0`, `f1`, … Each may call those before it.
pub(crate) const FUNCTIONS: usize = 6;
/// Operators in a function, about.
const STATEMENTS: usize = 14;

/// The contract of a seed.
pub(crate) fn contract(seed: u64) -> Result<Vec<u8>> {
    let mut generator = Generator { rng: StdRng::seed_from_u64(seed), text: String::new(), functions: 0 };
    let mut functions = String::new();
    for index in 0..FUNCTIONS {
        generator.functions = index;
        generator.text.clear();
        for _ in 0..STATEMENTS {
            generator.statement(2)?;
        }
        write!(
            functions,
            "(func $f{index} (export \"f{index}\") (param $a i32) (result i32)
                (local $b i32) (local $c i64) (local $i i32) (local $j i32)
                {}
                (i64.store (i32.const 4096) (local.get $c))
                (i32.store (i32.const 4104) (local.get $b))
                (i32.const 12))",
            generator.text
        )?;
    }
    Ok(crate::contracts::module_32(&format!("(data (i32.const 512) \"some data\") {functions}")))
}

struct Generator {
    rng: StdRng,
    text: String,
    functions: usize,
}

impl Generator {
    /// An expression of type `i32`.
    fn word(&mut self, depth: u32) -> String {
        let small = self.rng.gen_range(-4..70_000_i32);
        match self.rng.gen_range(0..if depth == 0 { 3 } else { 9 }) {
            0 => format!("(i32.const {small})"),
            1 => "(local.get $a)".to_owned(),
            2 => "(local.get $b)".to_owned(),
            3 => format!("(i32.add {} {})", self.word(depth - 1), self.word(depth - 1)),
            4 => format!("(i32.mul {} (i32.const {small}))", self.word(depth - 1)),
            5 => format!("(i32.load offset={} {})", self.rng.gen_range(0..64), self.address(depth - 1)),
            6 => format!("(i32.wrap_i64 {})", self.long(depth - 1)),
            7 => format!("(i32.lt_u {} {})", self.word(depth - 1), self.word(depth - 1)),
            _ => format!("(select {} {} {})", self.word(depth - 1), self.word(depth - 1), self.word(depth - 1)),
        }
    }

    /// An expression of type `i64`.
    fn long(&mut self, depth: u32) -> String {
        match self.rng.gen_range(0..if depth == 0 { 2 } else { 6 }) {
            0 => format!("(i64.const {})", self.rng.gen_range(-9..9_000_000_000_i64)),
            1 => "(local.get $c)".to_owned(),
            2 => format!("(i64.extend_i32_u {})", self.word(depth - 1)),
            3 => format!("(i64.xor {} {})", self.long(depth - 1), self.long(depth - 1)),
            4 => format!("(i64.load {})", self.address(depth - 1)),
            _ => format!("(i64.rotl {} (i64.const {}))", self.long(depth - 1), self.rng.gen_range(1..63)),
        }
    }

    /// An address: mostly in the memory, sometimes beyond its length, never over 4 GiB.
    fn address(&mut self, depth: u32) -> String {
        let inside = if self.rng.gen_bool(0.95) { 0x2_fff0 } else { 0x6f_fff0 };
        format!("(i32.and {} (i32.const {inside}))", self.word(depth))
    }

    fn statement(&mut self, depth: u32) -> Result<()> {
        let text = match self.rng.gen_range(0..if depth == 0 { 8 } else { 16 }) {
            0 | 1 => format!("(local.set $b {})", self.word(3)),
            2 => format!("(local.set $c {})", self.long(3)),
            3 => format!("(i32.store {} {})", self.address(2), self.word(2)),
            4 => format!("(i64.store {} {})", self.address(2), self.long(2)),
            5 => format!("(i32.store8 {} {})", self.address(2), self.word(2)),
            6 => format!(
                "(memory.copy {} {} (i32.and {} (i32.const 0xff)))",
                self.address(1),
                self.address(1),
                self.word(1)
            ),
            7 => format!(
                "(memory.fill {} {} (i32.and {} (i32.const 0xff)))",
                self.address(1),
                self.word(1),
                self.word(1)
            ),
            8 => "(local.set $b (i32.add (local.get $b) (memory.grow (i32.and (local.get $b) (i32.const 1)))))"
                .to_owned(),
            9 => format!("(call $emit (i32.const 512) (i32.const 9) (i32.and {} (i32.const 31)))", self.word(1)),
            10 if self.functions > 0 => {
                let callee = self.rng.gen_range(0..self.functions);
                format!("(local.set $b (i32.add (local.get $b) (call $f{callee} {})))", self.word(1))
            }
            11 => {
                let condition = self.word(2);
                write!(self.text, "(if {condition} (then ")?;
                self.statement(depth - 1)?;
                self.text.push_str(") (else ");
                self.statement(depth - 1)?;
                "))".to_owned()
            }
            12 => {
                let counter = if depth == 2 { "$i" } else { "$j" };
                let times = self.rng.gen_range(1..12);
                write!(self.text, "(local.set {counter} (i32.const {times})) (loop $l{depth} ")?;
                self.statement(depth - 1)?;
                format!("(br_if $l{depth} (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1)))))")
            }
            13 => "(local.set $c (i64.add (local.get $c) (i64.sub (call $limit) (call $spent))))".to_owned(),
            14 if self.rng.gen_bool(0.2) => format!("(if (i32.eq {} (i32.const 3)) (then unreachable))", self.word(1)),
            _ => format!("(local.set $b (i32.div_s {} (i32.or {} (i32.const 1))))", self.word(2), self.word(1)),
        };
        self.text.push_str(&text);
        Ok(())
    }
}

//! Tests of the core from outside.

mod lone;
mod verdicts;

//! Tests of the core from outside.

mod hostile;
mod lone;
mod verdicts;

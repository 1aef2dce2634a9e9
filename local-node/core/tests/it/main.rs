//! Tests of the core from outside.

mod ahead;
mod emergency;
mod hostile;
mod lone;
mod verdicts;

//! `cargo dusk` as its users meet it: real processes, their words and their exit codes.

mod messages;
mod story;
mod support;

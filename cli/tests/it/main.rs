//! `cargo dusk` as its users meet it: real processes, their words and their exit codes.

#[cfg(test)]
mod looking;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod story;
#[cfg(test)]
mod support;

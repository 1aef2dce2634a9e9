//! `cargo dusk` as its users meet it: real processes, their words and their exit codes.

#[cfg(test)]
mod all_shipped;
#[cfg(test)]
mod book;
#[cfg(test)]
mod circuits;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod devnet;
#[cfg(test)]
mod devnet_templates;
#[cfg(test)]
mod drivers;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod gas_plot;
#[cfg(test)]
mod hints;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod launcher;
#[cfg(test)]
mod looking;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod observer;
#[cfg(test)]
mod picture;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod progress;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod session;
#[cfg(test)]
mod story;
#[cfg(test)]
mod support;
#[cfg(test)]
mod typed;
#[cfg(test)]
mod workflows;

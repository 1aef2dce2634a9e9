//! The crate as its users see it.

mod catalogue;
mod layouts;
mod numbers;
mod support;

//! The crate as its users see it.

mod catalogue;
mod curve;
mod layouts;
mod numbers;
mod support;

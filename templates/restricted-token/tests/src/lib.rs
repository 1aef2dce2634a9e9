//! What the contracts promise, as tests on a chain.
#![cfg(test)]

mod calls;
mod conform;
mod eligibility;
mod gas;
mod life;
mod model;
mod officers;
mod page;
mod people;
mod refusals;
mod register;
mod threats;

//! Tests of the consensus from outside.

mod lone_node;
mod network;
mod production;
mod support;

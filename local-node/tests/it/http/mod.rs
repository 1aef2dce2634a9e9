//! The node's interface over real sockets, as clients use it.

mod bad_input;
mod basics;
mod drivers;
mod feeders;
mod history;
mod pages;
mod peers;
mod raw;
mod served;
mod sizes;
mod slow;

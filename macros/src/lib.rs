//! The macros of dusk-sdk: contracts, their events, errors and types, and their tests.

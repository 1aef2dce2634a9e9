//! The target `genesis` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    local_node_fuzz::run("genesis", data);
});

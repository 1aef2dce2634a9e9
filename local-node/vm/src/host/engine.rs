//! The engine's settings, and the functions that modules are linked to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::{Config, InstancePre, Linker, Module, OperatorCost, OptLevel, VariableOperatorCost};

use super::clock::{Clock, Ticking};
use super::store_data::StoreData;
use super::{bulk, imports};
use crate::memory::{GUARD_BYTES, SPACE_BYTES, host_memory};
use crate::module::{BULK, ModuleError, ModuleInfo, PassiveData};
use crate::share::Shares;

/// Gas for a store of 4 bytes or fewer, except from 64-bit registers.
const STORE_32_GAS: u8 = 16;
/// Gas for a store from a 64-bit register.
const STORE_64_GAS: u8 = 32;
/// Gas for a store from a vector register.
const STORE_128_GAS: u8 = 64;
/// Bytes of stack that a contract's code may use.
const STACK_BYTES: usize = 0x8_0000;

/// The engine of wasmtime with its linkers, its clock and what its sessions share.
pub(crate) struct Engine {
    wasm: wasmtime::Engine,
    clock: Clock,
    interrupted: AtomicBool,
    /// The total that the sessions of queries hold.
    shares: Arc<Shares>,
    linker_32: Linker<StoreData>,
    linker_64: Linker<StoreData>,
}

impl Engine {
    /// Sets the engine up.
    pub(crate) fn new() -> wasmtime::Result<Self> {
        Self::with_config(&config())
    }

    /// Sets the engine up for code that never looks at the clock.
    pub(crate) fn without_clock() -> wasmtime::Result<Self> {
        Self::with_config(config().epoch_interruption(false))
    }

    fn with_config(config: &Config) -> wasmtime::Result<Self> {
        let wasm = wasmtime::Engine::new(config)?;
        let mut linker_32 = Linker::new(&wasm);
        imports::link_32(&mut linker_32)?;
        bulk::link_32(&mut linker_32)?;
        let mut linker_64 = Linker::new(&wasm);
        imports::link_64(&mut linker_64)?;
        bulk::link_64(&mut linker_64)?;
        let (clock, interrupted, shares) = (Clock::new(), AtomicBool::new(false), Arc::default());
        Ok(Self { wasm, clock, interrupted, shares, linker_32, linker_64 })
    }

    /// Lets running code look up at regular times, as long as the answer lives.
    pub(crate) fn start_clock(&self) -> io::Result<Ticking> {
        self.clock.start(&self.wasm)
    }

    /// Ends every call that runs, and every later one as it begins.
    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
        self.wasm.increment_epoch();
    }

    /// Whether the engine was told to stop.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The total that the sessions of queries hold.
    pub(crate) fn shares(&self) -> &Arc<Shares> {
        &self.shares
    }

    /// The engine of wasmtime.
    pub(crate) fn wasm(&self) -> &wasmtime::Engine {
        &self.wasm
    }

    /// Resolves the imports of a prepared module.
    pub(crate) fn link(
        &self,
        module: &Module,
        info: &ModuleInfo,
        passive: &[PassiveData],
    ) -> Result<InstancePre<StoreData>, ModuleError> {
        let common = if info.memory64 { &self.linker_64 } else { &self.linker_32 };
        let linked = if info.bulk.init.is_empty() && info.bulk.drop.is_empty() {
            common.instantiate_pre(module)
        } else {
            let mut linker = Linker::clone(common);
            bulk::link_segments(&mut linker, info, passive).and_then(|()| linker.instantiate_pre(module))
        };
        linked.map_err(|error| ModuleError::NotCompilable(format!("{error:#} (functions of `{BULK}` are internal)")))
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .operator_cost(operator_cost())
        .cranelift_opt_level(OptLevel::SpeedAndSize)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(STACK_BYTES)
        .memory_reservation(SPACE_BYTES as u64)
        .memory_guard_size(GUARD_BYTES as u64)
        .memory_may_move(false)
        .guard_before_linear_memory(false)
        .memory_init_cow(false)
        .wasm_memory64(true)
        .wasm_relaxed_simd(true)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(false)
        .generate_address_map(false)
        // Memories answer faults in a signal handler, which the engine does not ask where it uses mach ports.
        .macos_use_mach_ports(false)
        .with_host_memory(host_memory());
    config
}

/// Production's costs. Operators that are not named cost 1, or 0 where they generate no code, as the engine's own
/// table has it; amounts of bytes cost nothing.
fn operator_cost() -> OperatorCost {
    OperatorCost {
        I32Store: STORE_32_GAS,
        F32Store: STORE_32_GAS,
        I32Store8: STORE_32_GAS,
        I32Store16: STORE_32_GAS,
        I32AtomicStore: STORE_32_GAS,
        I32AtomicStore8: STORE_32_GAS,
        I32AtomicStore16: STORE_32_GAS,
        I64Store: STORE_64_GAS,
        F64Store: STORE_64_GAS,
        I64Store8: STORE_64_GAS,
        I64Store16: STORE_64_GAS,
        I64Store32: STORE_64_GAS,
        I64AtomicStore: STORE_64_GAS,
        I64AtomicStore8: STORE_64_GAS,
        I64AtomicStore16: STORE_64_GAS,
        I64AtomicStore32: STORE_64_GAS,
        V128Store: STORE_128_GAS,
        V128Store8Lane: STORE_128_GAS,
        V128Store16Lane: STORE_128_GAS,
        V128Store32Lane: STORE_128_GAS,
        V128Store64Lane: STORE_128_GAS,
        variable: VariableOperatorCost {
            memory_copy_per_byte: 0,
            memory_fill_per_byte: 0,
            memory_init_per_byte: 0,
            memory_grow_per_page: 0,
            table_copy_per_element: 0,
            table_fill_per_element: 0,
            table_init_per_element: 0,
            table_grow_per_element: 0,
            array_copy_per_element: 0,
            array_fill_per_element: 0,
            array_new_data_per_element: 0,
            array_init_data_per_element: 0,
            array_new_elem_per_element: 0,
            array_init_elem_per_element: 0,
            array_new_default_per_element: 0,
            array_new_per_element: 0,
        },
        ..OperatorCost::new()
    }
}

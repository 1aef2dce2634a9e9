//! Data drivers: modules that turn JSON into a contract's encoding and back (the book, "The virtual machine", section
//! "Data drivers").
//!
//! A driver is a WASM module of the contract's deployer. It runs here without imports, each time in
//! a fresh instance, and with bounds on its work, its time, its memory and its output.

mod clock;

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use wasmtime::{
    Config, Engine, InstancePre, Linker, Memory, Module, ResourceLimiter, Store, Trap, TypedFunc, WasmParams,
    WasmResults,
};

use self::clock::{Clock, TICK_MILLISECONDS, Ticking};
use crate::module::{LimitError, Objects, limits, on_one_line};

/// The longest driver, in bytes.
pub const MAX_DRIVER_BYTES: usize = 8 << 20;
/// The most that one operation returns, in bytes.
pub const MAX_OUTPUT_BYTES: u32 = 4 << 20;
/// The most that a driver's memory and tables may take together, in bytes.
pub const MAX_MEMORY_BYTES: usize = 128 << 20;
/// Steps that one operation may take.
const MAX_STEPS: u64 = 1_000_000_000;
/// Ticks of the clock that one operation may take.
const MAX_TICKS: u64 = 50;
/// The time that one operation may take, in seconds.
const MAX_SECONDS: u64 = MAX_TICKS * TICK_MILLISECONDS / 1000;
/// The size of a table's element, in bytes.
const TABLE_ELEMENT_BYTES: usize = 16;
/// The output buffer that is tried first, in bytes.
const FIRST_OUTPUT_BYTES: u32 = 64 << 10;
/// The longest text of an error that is asked for, in bytes.
const ERROR_BYTES: u32 = 4 << 10;

/// Why a driver did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// It is longer than accepted.
    #[error("the data driver has {length} bytes, but the maximum is {MAX_DRIVER_BYTES}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// It is not valid WebAssembly.
    #[error("the data driver is not valid WebAssembly: {}", engine_text(.0))]
    Malformed(wasmtime::Error),
    /// It exceeds a limit of the virtual machine.
    #[error("the data driver is refused: {0}")]
    Limit(#[from] LimitError),
    /// It has more than one memory.
    #[error("the data driver has {0} memories, but a driver has exactly one")]
    Memories(u32),
    /// It imports something.
    #[error("the data driver imports `{0}`, but a driver may import nothing")]
    Import(String),
    /// A function or the memory is missing, or has another type.
    #[error("the data driver does not export `{0}` with the type that drivers need")]
    Export(&'static str),
    /// The system or the engine failed.
    #[error("the data driver could not be started: {0:#}")]
    Start(wasmtime::Error),
    /// It trapped, or ran for too long.
    #[error("the data driver trapped in `{function}`: {trap}")]
    Trap {
        /// The function that ran.
        function: &'static str,
        /// The trap.
        trap: Trap,
    },
    /// It took more steps or time than allowed.
    #[error("the data driver did not finish `{0}` within {MAX_STEPS} steps and {MAX_SECONDS} seconds")]
    TooSlow(&'static str),
    /// It returned an error.
    #[error("{message}")]
    Refused {
        /// Its error code: 1 invalid input, 2 operation error, 3 not initialised.
        code: i32,
        /// Its own words.
        message: String,
    },
    /// Its output is longer than accepted.
    #[error("the data driver returns more than {MAX_OUTPUT_BYTES} bytes from `{0}`")]
    OutputTooLong(&'static str),
    /// It gave an address outside its memory.
    #[error("the data driver gave an address outside its memory in `{0}`")]
    Address(&'static str),
    /// Its output should be text, but is not.
    #[error("the data driver returned a text from `{0}` that is not UTF-8")]
    NotText(&'static str),
}

/// A data driver.
#[derive(Clone)]
pub struct Driver(InstancePre<Limits>);

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

impl Driver {
    /// Compiles a driver.
    ///
    /// # Errors
    /// When it is no driver.
    pub fn load(wasm: &[u8]) -> Result<Self, DriverError> {
        Self::make(wasm, |engine| Module::new(engine, wasm))
    }

    /// Compiles a driver, or takes it from a folder in which it has been kept. A folder that others can write to is not
    /// used, because what lies in it is run.
    ///
    /// # Errors
    /// When it is no driver.
    pub fn load_cached(wasm: &[u8], folder: &Path) -> Result<Self, DriverError> {
        let objects = Objects::in_folder(&folder.join("drivers"));
        Self::make(wasm, |engine| objects.module(engine, blake3::hash(wasm).as_bytes(), wasm))
    }

    fn make(wasm: &[u8], compile: impl FnOnce(&Engine) -> wasmtime::Result<Module>) -> Result<Self, DriverError> {
        if wasm.len() > MAX_DRIVER_BYTES {
            return Err(DriverError::TooLong { length: wasm.len() });
        }
        limits::check(wasm)?;
        match memories(wasm) {
            0 | 1 => {}
            more => return Err(DriverError::Memories(more)),
        }
        let engine = ENGINE.as_ref().map_err(|error| DriverError::Start(wasmtime::Error::msg(error.clone())))?;
        let module = compile(engine).map_err(DriverError::Malformed)?;
        if let Some(import) = module.imports().next() {
            return Err(DriverError::Import(import.name().to_owned()));
        }
        let instance = Linker::new(engine).instantiate_pre(&module).map_err(DriverError::Malformed)?;
        let driver = Self(instance);
        Running::start(&driver)?;
        Ok(driver)
    }

    /// Encodes a function's argument, which is given as JSON.
    ///
    /// # Errors
    /// When the driver refuses the argument or misbehaves.
    pub fn encode_input(&self, function: &str, json: &str) -> Result<Vec<u8>, DriverError> {
        self.convert("encode_input_fn", function, json.as_bytes())
    }

    /// Decodes a function's argument to JSON.
    ///
    /// # Errors
    /// When the driver refuses the bytes or misbehaves.
    pub fn decode_input(&self, function: &str, argument: &[u8]) -> Result<String, DriverError> {
        text("decode_input_fn", self.convert("decode_input_fn", function, argument)?)
    }

    /// Decodes a function's result to JSON.
    ///
    /// # Errors
    /// When the driver refuses the bytes or misbehaves.
    pub fn decode_output(&self, function: &str, result: &[u8]) -> Result<String, DriverError> {
        text("decode_output_fn", self.convert("decode_output_fn", function, result)?)
    }

    /// Decodes an event's data to JSON.
    ///
    /// # Errors
    /// When the driver refuses the bytes or misbehaves.
    pub fn decode_event(&self, topic: &str, data: &[u8]) -> Result<String, DriverError> {
        text("decode_event", self.convert("decode_event", topic, data)?)
    }

    /// The contract's description, as JSON.
    ///
    /// # Errors
    /// When the driver misbehaves.
    pub fn schema(&self) -> Result<String, DriverError> {
        text("get_schema", self.ask("get_schema")?)
    }

    /// The driver's version.
    ///
    /// # Errors
    /// When the driver misbehaves.
    pub fn version(&self) -> Result<String, DriverError> {
        text("get_version", self.ask("get_version")?)
    }

    fn convert(&self, operation: &'static str, name: &str, data: &[u8]) -> Result<Vec<u8>, DriverError> {
        self.with_output(operation, |running, output| {
            let name = running.put(name.as_bytes())?;
            let data = running.put(data)?;
            let function = running.function::<(u32, u32, u32, u32, u32, u32), i32>(operation)?;
            running.call(operation, &function, (name.0, name.1, data.0, data.1, output.0, output.1))
        })
    }

    fn ask(&self, operation: &'static str) -> Result<Vec<u8>, DriverError> {
        self.with_output(operation, |running, output| {
            let function = running.function::<(u32, u32), i32>(operation)?;
            running.call(operation, &function, output)
        })
    }

    /// Runs an operation, again with more room for its output if it asks for that.
    fn with_output(
        &self,
        operation: &'static str,
        run: impl Fn(&mut Running, Place) -> Result<i32, DriverError>,
    ) -> Result<Vec<u8>, DriverError> {
        for room in [FIRST_OUTPUT_BYTES, MAX_OUTPUT_BYTES] {
            let mut running = Running::start(self)?;
            let output = running.room(room)?;
            match run(&mut running, output)? {
                OK => return running.output(operation, output),
                BUFFER_TOO_SMALL => {}
                code => return Err(running.refusal(code)),
            }
        }
        Err(DriverError::OutputTooLong(operation))
    }
}

/// The engine's error about a module, with its causes.
fn engine_text(error: &wasmtime::Error) -> String {
    on_one_line(&format!("{error:#}"))
}

const OK: i32 = 0;
const BUFFER_TOO_SMALL: i32 = 4;

/// An address in the driver's memory, and a length.
type Place = (u32, u32);

/// The size of a driver's memory and tables.
#[derive(Debug, Default)]
struct Limits {
    bytes: usize,
}

impl Limits {
    fn grows(&mut self, current_bytes: usize, desired_bytes: usize) -> bool {
        let bytes = self.bytes.saturating_sub(current_bytes).saturating_add(desired_bytes);
        let fits = bytes <= MAX_MEMORY_BYTES;
        if fits {
            self.bytes = bytes;
        }
        fits
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grows(current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let bytes = |elements: usize| elements.saturating_mul(TABLE_ELEMENT_BYTES);
        Ok(self.grows(bytes(current), bytes(desired)))
    }
}

static ENGINE: LazyLock<Result<Engine, String>> = LazyLock::new(|| {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_backtrace_max_frames(None);
    Engine::new(&config).map_err(|error| format!("{error:#}"))
});

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::default);

/// How many memories a module has. A module that cannot be parsed is left to the engine.
fn memories(wasm: &[u8]) -> u32 {
    let sections = wasmparser::Parser::new(0).parse_all(wasm).map_while(Result::ok);
    sections
        .map(|section| match section {
            wasmparser::Payload::MemorySection(memories) => memories.count(),
            _ => 0,
        })
        .fold(0, u32::saturating_add)
}

/// A driver's instance for one operation.
struct Running {
    _ticking: Ticking,
    store: Store<Limits>,
    instance: wasmtime::Instance,
    memory: Memory,
    alloc: TypedFunc<u32, u32>,
}

impl Running {
    fn start(driver: &Driver) -> Result<Self, DriverError> {
        Self::start_for(driver, MAX_TICKS)
    }

    fn start_for(driver: &Driver, ticks: u64) -> Result<Self, DriverError> {
        let engine = driver.0.module().engine();
        let ticking = CLOCK.tick(engine).map_err(|error| DriverError::Start(error.into()))?;
        let mut store = Store::new(engine, Limits::default());
        store.limiter(|limits| limits);
        store.set_fuel(MAX_STEPS).map_err(DriverError::Start)?;
        store.set_epoch_deadline(ticks);
        let instance = driver.0.instantiate(&mut store).map_err(|error| failure("start", error))?;
        let memory = instance.get_memory(&mut store, "memory").ok_or(DriverError::Export("memory"))?;
        let alloc = instance.get_typed_func(&mut store, "alloc").map_err(|_| DriverError::Export("alloc"))?;
        let mut running = Self { _ticking: ticking, store, instance, memory, alloc };
        let init = running.function::<(), ()>("init")?;
        running.call("init", &init, ())?;
        Ok(running)
    }

    fn function<P: WasmParams, R: WasmResults>(&mut self, name: &'static str) -> Result<TypedFunc<P, R>, DriverError> {
        self.instance.get_typed_func(&mut self.store, name).map_err(|_| DriverError::Export(name))
    }

    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &'static str,
        function: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R, DriverError> {
        function.call(&mut self.store, params).map_err(|error| failure(name, error))
    }

    /// Gets room in the driver's memory.
    fn room(&mut self, length: u32) -> Result<Place, DriverError> {
        let alloc = self.alloc.clone();
        Ok((self.call("alloc", &alloc, length)?, length))
    }

    /// Puts bytes into the driver's memory.
    fn put(&mut self, bytes: &[u8]) -> Result<Place, DriverError> {
        let length = u32::try_from(bytes.len()).map_err(|_| DriverError::Address("alloc"))?;
        let place = self.room(length)?;
        let written = self.memory.write(&mut self.store, place.0 as usize, bytes);
        written.map_err(|_| DriverError::Address("alloc"))?;
        Ok(place)
    }

    /// Reads an output: its length as `u32`, little-endian, and then its bytes.
    fn output(&mut self, operation: &'static str, (address, room): Place) -> Result<Vec<u8>, DriverError> {
        let data = self.memory.data(&self.store).get(address as usize..);
        let data = data.and_then(|data| data.get(..room as usize)).ok_or(DriverError::Address(operation))?;
        let (length, rest) = data.split_first_chunk().ok_or(DriverError::Address(operation))?;
        let bytes = rest.get(..u32::from_le_bytes(*length) as usize).ok_or(DriverError::Address(operation))?;
        Ok(bytes.to_vec())
    }

    /// Asks the driver why it refused.
    fn refusal(&mut self, code: i32) -> DriverError {
        let message = (|| {
            let place = self.room(ERROR_BYTES)?;
            let function = self.function::<(u32, u32), i32>("get_last_error")?;
            match self.call("get_last_error", &function, place)? {
                OK => text("get_last_error", self.output("get_last_error", place)?),
                _ => Err(DriverError::OutputTooLong("get_last_error")),
            }
        })();
        let message = message.unwrap_or_else(|error| format!("the data driver gave up with code {code} ({error})"));
        DriverError::Refused { code, message }
    }
}

fn failure(function: &'static str, error: wasmtime::Error) -> DriverError {
    match error.downcast::<Trap>() {
        Ok(Trap::OutOfFuel | Trap::Interrupt) => DriverError::TooSlow(function),
        Ok(trap) => DriverError::Trap { function, trap },
        Err(error) => DriverError::Start(error),
    }
}

fn text(operation: &'static str, bytes: Vec<u8>) -> Result<String, DriverError> {
    String::from_utf8(bytes).map_err(|_| DriverError::NotText(operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Many steps of some operators take a long time: the clock ends what the steps do not.
    #[test]
    fn time_is_bounded_as_well_as_steps() {
        let wasm = wat::parse_str(
            r#"(module
                (memory (export "memory") 1)
                (func (export "init"))
                (func (export "alloc") (param i32) (result i32)
                    (loop $again (drop (memory.grow (i32.const 0))) (br $again)) unreachable))"#,
        );
        let driver = Driver::load(&wasm.unwrap()).unwrap();
        let mut running = Running::start_for(&driver, 1).unwrap();
        assert!(matches!(running.room(1), Err(DriverError::TooSlow("alloc"))));
        let left = running.store.get_fuel().unwrap();
        assert!(left > MAX_STEPS / 2, "the clock has ended it, and not the steps: {left} are left");
    }
}

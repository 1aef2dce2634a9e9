//! The data driver of a contract: a separate module that converts between JSON and the encodings of arguments, results
//! and events.
//!
//! Nodes, wallets, explorers and the command line load it in a sandbox. It imports nothing. Its functions, except
//! `init`, `alloc` and `dealloc`, write a length (32 bits, least significant byte first) and that many bytes to a
//! buffer of the caller. They return 0 or an error code; `get_last_error` then returns the text.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use crate::interface::Interface;

/// The version of the driver's own interface; `get_version` returns it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The result code of a driver's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// Success.
    Done = 0,
    /// A name or a text is not UTF-8.
    InvalidInput = 1,
    /// The conversion failed.
    Failed = 2,
    /// `init` was not called before.
    NotInitialised = 3,
    /// The caller's buffer is too small.
    BufferTooSmall = 4,
}

/// The contract that this driver is for, and the text of its last error.
#[derive(Debug)]
struct Driver {
    interface: Cell<Option<&'static Interface>>,
    last_error: RefCell<String>,
}

std::thread_local! {
    static DRIVER: Driver = const { Driver { interface: Cell::new(None), last_error: RefCell::new(String::new()) } };
}

/// Sets the contract that the driver serves. The macro calls this function in `init`.
pub fn serve(interface: &'static Interface) {
    DRIVER.with(|driver| driver.interface.set(Some(interface)));
}

/// A request to a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// Encodes a function's arguments from JSON.
    EncodeInput(&'a [u8], &'a [u8]),
    /// Decodes a function's arguments to JSON.
    DecodeInput(&'a [u8], &'a [u8]),
    /// Decodes a function's result to JSON.
    DecodeOutput(&'a [u8], &'a [u8]),
    /// Decodes an event's data to JSON.
    DecodeEvent(&'a [u8], &'a [u8]),
    /// Returns the schema.
    Schema,
    /// Returns the version of the driver.
    Version,
    /// Returns the text of the last error and clears it.
    LastError,
}

/// Writes the answer to a request into a buffer.
pub fn answer(request: Request<'_>, out: &mut [u8]) -> Code {
    DRIVER.with(|driver| {
        let answer = match request {
            Request::LastError => Ok(driver.last_error.take().into_bytes()),
            request => match driver.interface.get() {
                Some(interface) => convert(interface, request),
                None => Err((Code::NotInitialised, "the driver is not initialised: call `init` first".into())),
            },
        };
        let answer = answer.and_then(|bytes| {
            write(&bytes, out).ok_or_else(|| {
                (Code::BufferTooSmall, alloc::format!("the buffer is too small: {} bytes are needed", bytes.len() + 4))
            })
        });
        match answer {
            Ok(()) => Code::Done,
            Err((code, message)) => {
                driver.last_error.replace(message);
                code
            }
        }
    })
}

fn convert(interface: &Interface, request: Request<'_>) -> Result<Vec<u8>, (Code, String)> {
    let text = |bytes| core::str::from_utf8(bytes).map_err(|e| (Code::InvalidInput, e.to_string()));
    let converted = match request {
        Request::EncodeInput(name, json) => interface.encode_input(text(name)?, text(json)?),
        Request::DecodeInput(name, bytes) => interface.decode_input(text(name)?, bytes).map(String::into_bytes),
        Request::DecodeOutput(name, bytes) => interface.decode_output(text(name)?, bytes).map(String::into_bytes),
        Request::DecodeEvent(name, bytes) => interface.decode_event(text(name)?, bytes).map(String::into_bytes),
        Request::Schema => Ok(interface.schema().into_bytes()),
        Request::Version => Ok(VERSION.into()),
        Request::LastError => Ok(Vec::new()),
    };
    converted.map_err(|e| (Code::Failed, e.to_string()))
}

fn write(bytes: &[u8], out: &mut [u8]) -> Option<()> {
    let length = u32::try_from(bytes.len()).ok()?.to_le_bytes();
    out.get_mut(4..4 + bytes.len())?.copy_from_slice(bytes);
    out.get_mut(..4)?.copy_from_slice(&length);
    Some(())
}

#[cfg(target_family = "wasm")]
mod exports {
    use core::slice;

    use super::{Code, Request, answer};

    /// Allocates memory for the caller. The address is aligned to 16.
    #[unsafe(no_mangle)]
    extern "C" fn alloc(length: usize) -> *mut u8 {
        let Ok(layout) = core::alloc::Layout::from_size_align(length.max(1), 16) else { return core::ptr::null_mut() };
        // SAFETY: the layout's size is not zero. The memory is zeroed, so that it may be read before the caller writes
        // to it.
        unsafe { std::alloc::alloc_zeroed(layout) }
    }

    /// Frees memory of the caller.
    ///
    /// # Safety
    /// `address` came from [`alloc`] with the same length, and is not used any more.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn dealloc(address: *mut u8, length: usize) {
        if let Ok(layout) = core::alloc::Layout::from_size_align(length.max(1), 16)
            && !address.is_null()
        {
            // SAFETY: as the caller promises.
            unsafe { std::alloc::dealloc(address, layout) }
        }
    }

    /// # Safety
    /// There are `length` bytes at `address`, and no other code writes to them during `'a`.
    unsafe fn input<'a>(address: *const u8, length: usize) -> &'a [u8] {
        if address.is_null() || length == 0 {
            return &[];
        }
        // SAFETY: as the caller promises.
        unsafe { slice::from_raw_parts(address, length) }
    }

    /// # Safety
    /// There are `length` bytes at `address`, and no other code accesses them during `'a`.
    unsafe fn output<'a>(address: *mut u8, length: usize) -> &'a mut [u8] {
        if address.is_null() || length == 0 {
            return &mut [];
        }
        // SAFETY: as the caller promises.
        unsafe { slice::from_raw_parts_mut(address, length) }
    }

    macro_rules! conversions {
        ($($name:ident: $request:ident;)*) => {$(
            /// # Safety
            /// The three buffers come from [`alloc`], are distinct, and no other code accesses them during the call.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name(
                name: *const u8, name_length: usize,
                data: *const u8, data_length: usize,
                out: *mut u8, out_length: usize,
            ) -> Code {
                // SAFETY: as the caller promises.
                let name = unsafe { input(name, name_length) };
                // SAFETY: as the caller promises.
                let data = unsafe { input(data, data_length) };
                // SAFETY: as the caller promises.
                let out = unsafe { output(out, out_length) };
                answer(Request::$request(name, data), out)
            }
        )*};
    }

    macro_rules! getters {
        ($($name:ident: $request:ident;)*) => {$(
            /// # Safety
            /// The buffer comes from [`alloc`], and no other code accesses it during the call.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name(out: *mut u8, out_length: usize) -> Code {
                // SAFETY: as the caller promises.
                let out = unsafe { output(out, out_length) };
                answer(Request::$request, out)
            }
        )*};
    }

    conversions! {
        encode_input_fn: EncodeInput;
        decode_input_fn: DecodeInput;
        decode_output_fn: DecodeOutput;
        decode_event: DecodeEvent;
    }

    getters! {
        get_schema: Schema;
        get_version: Version;
        get_last_error: LastError;
    }
}

//! Production's reader of data drivers: one question a line on standard input, one reply a line on standard output.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use dusk_data_driver::Error as DriverError;
use dusk_data_driver::reader::DriverReader;

use crate::question::{Question, Reply};

/// Asks the driver in a file until there are no more questions.
pub(crate) fn read(file: &str) -> Result<(), Box<dyn Error>> {
    let driver = DriverReader::new(&std::fs::read(file)?).map_err(|error| error.to_string())?;
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        serde_json::to_writer(&mut out, &reply(&driver, &serde_json::from_str(&line?)?)?)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn reply(driver: &DriverReader, question: &Question) -> Result<Reply, Box<dyn Error>> {
    let reply = match question {
        Question::EncodeInput { function, json } => driver.encode_input_fn(function, json).map(Reply::Bytes),
        Question::DecodeInput { function, bytes } => driver.decode_input_fn(function, bytes).map(Reply::Json),
        Question::DecodeOutput { function, bytes } => driver.decode_output_fn(function, bytes).map(Reply::Json),
        Question::DecodeEvent { topic, bytes } => driver.decode_event(topic, bytes).map(Reply::Json),
        Question::Schema => driver.get_schema().map(Reply::Json),
        Question::Version => driver.get_version().map(Reply::Text),
    };
    reply.or_else(|error| refusal(&error).ok_or_else(|| error.to_string().into()))
}

/// The reader tells a driver's refusal as one text, of the form `FFI returned CODE: MESSAGE`.
fn refusal(error: &DriverError) -> Option<Reply> {
    let DriverError::FfiError(text) = error else { return None };
    let (code, message) = text.strip_prefix("FFI returned ")?.split_once(": ")?;
    Some(Reply::Refused { code: code.parse().ok()?, message: message.to_owned() })
}

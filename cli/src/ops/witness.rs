//! Files of witnesses: all inputs of a circuit by name, as JSON or TOML.
//!
//! Their values are secret: they are passed on as text, wiped when they are gone, and no message of ours repeats them.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Result;
use dusk_sdk_circuit::Layout;
use dusk_sdk_circuit::runner::{InputFault, Inputs, MAX_REQUEST_BYTES};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use super::settings::place;
use crate::error::{Fault, nearest};

/// What asks a circuit for the wires of a witness, around the text of its inputs.
const REQUEST: [&str; 2] = ["{\"witness\":{\"inputs\":", "}}"];
/// The name for standard input.
const STDIN: &str = "-";

/// The inputs of a circuit.
pub(crate) struct Witness {
    /// Where they come from.
    source: String,
    /// Their names, in the order of the file.
    names: Vec<String>,
    /// All of them, as the text of a JSON object.
    json: Zeroizing<String>,
}

impl Witness {
    /// Reads a file, or standard input for `-`. It is TOML where its name ends like that, else JSON.
    ///
    /// # Errors
    /// A usage fault with the place of the mistake, and without what stands there.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let source = if path == Path::new(STDIN) { "standard input".to_owned() } else { path.display().to_string() };
        let text =
            if path == Path::new(STDIN) { read_text(std::io::stdin()) } else { File::open(path).and_then(read_text) };
        let text = text.map_err(|error| {
            let hint = "give a file with the inputs by name, JSON or TOML; or `-` for JSON from standard input";
            Fault::usage(format!("cannot read the witness {source}: {error}"), hint)
        })?;
        let is_toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        Self::parse(text, is_toml, source)
    }

    fn parse(text: Zeroizing<String>, is_toml: bool, source: String) -> Result<Self> {
        let json = if is_toml { from_toml(&text, &source)? } else { text };
        let names = serde_json::from_str::<Names>(&json).map_err(|error| {
            Fault::usage(format!("{source}: {error}"), "a witness is an object with a member for each input")
        })?;
        Ok(Self { source, names: names.0, json })
    }

    /// What to ask the circuit for its wires with.
    pub(crate) fn request(&self) -> Zeroizing<String> {
        let [before, after] = REQUEST;
        let mut request = Zeroizing::new(String::with_capacity(before.len() + self.json.len() + after.len()));
        [before, &self.json, after].iter().for_each(|part| request.push_str(part));
        request
    }

    /// Sees that each input is there, and nothing else.
    ///
    /// # Errors
    /// A usage fault that offers the nearest name.
    pub(crate) fn check_names(&self, circuit: &str, layout: &Layout) -> Result<()> {
        let given = |name: &str| self.names.iter().any(|given| given == name);
        let missing: Vec<_> = layout.inputs.iter().filter(|input| !given(&input.name)).collect();
        let known = || layout.inputs.iter().map(|input| input.name.as_str());
        if let Some(unknown) = self.names.iter().find(|name| !known().any(|known| known == **name)) {
            // Where an input is missing, that one is meant.
            let hint = nearest(unknown, missing.iter().map(|input| input.name.as_str()))
                .or_else(|| nearest(unknown, known()))
                .map_or_else(|| inputs_hint(circuit, layout), |near| format!("did you mean `{near}`?"));
            return Err(Fault::usage(format!("{}: `{circuit}` has no input `{unknown}`", self.source), hint));
        }
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = missing.iter().map(|input| format!("`{}` ({})", input.name, input.kind)).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let message = format!("{}: {} {verb} missing", self.source, names.join(", "));
        Err(Fault::usage(message, inputs_hint(circuit, layout)))
    }

    /// What is told of an input that the circuit does not take.
    pub(crate) fn refused(&self, circuit: &str, fault: &InputFault) -> anyhow::Error {
        let hint = match fault {
            InputFault::Invalid { kind, .. } => form_of(kind),
            _ => format!("`cargo dusk circuit list` shows the inputs of `{circuit}`"),
        };
        Fault::usage(format!("{}: {fault}", self.source), hint)
    }

    /// The values of the public inputs by name, in the order of the circuit: they are no secret. A number that JSON's readers
    /// would round is a text.
    pub(crate) fn public(&self, layout: &Layout) -> serde_json::Map<String, Value> {
        let all: Inputs<'_> = serde_json::from_str(&self.json).unwrap_or_default();
        let public = layout.inputs.iter().filter(|input| input.public);
        let value = |text: &str| {
            let large = text.bytes().all(|digit| digit.is_ascii_digit()) && text.parse::<u64>().is_err();
            if large { Value::from(text) } else { serde_json::from_str(text).unwrap_or_default() }
        };
        public.filter_map(|input| Some((input.name.clone(), value(all.get(&input.name)?.get())))).collect()
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Witness({}, {} inputs)", self.source, self.names.len())
    }
}

fn inputs_hint(circuit: &str, layout: &Layout) -> String {
    let inputs: Vec<String> = layout.inputs.iter().map(|input| format!("{}: {}", input.name, input.kind)).collect();
    format!("`{circuit}` takes {}", inputs.join(", "))
}

/// How values of a type are written.
fn form_of(kind: &str) -> String {
    let bits = kind.strip_prefix('U').and_then(|bits| bits.parse::<u32>().ok()).filter(|bits| (1..=128).contains(bits));
    match (kind, bits) {
        (_, Some(bits)) => {
            let largest = u128::MAX >> (128 - bits);
            format!("a {kind} is a whole number from 0 to {largest}, as a number or as a text")
        }
        ("Bool", _) => "a Bool is true or false".to_owned(),
        ("Field", _) => {
            "a Field is a whole number, or 64 hexadecimal digits, the least significant byte first".to_owned()
        }
        ("Point", _) => "a Point is 64 hexadecimal digits: a point of JubJub's subgroup, compressed".to_owned(),
        ("Scalar", _) => {
            "a Scalar is 64 hexadecimal digits, the least significant byte first, below JubJub's order".to_owned()
        }
        _ if kind.starts_with('[') => format!("a {kind} is a list of that length"),
        _ => format!("write it as the type {kind} is written in JSON"),
    }
}

/// The text of a file, within bounds.
fn read_text(from: impl Read) -> std::io::Result<Zeroizing<String>> {
    // Room for all of it: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let mut from = from.take(MAX_REQUEST_BYTES as u64);
    let mut chunk = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        let count = from.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        if bytes.len() + count > bytes.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (bytes.len() + count)));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend_from_slice(&chunk[..count]);
    }
    if bytes.len() + REQUEST[0].len() + REQUEST[1].len() > MAX_REQUEST_BYTES {
        return Err(std::io::Error::other(format!("it is longer than {MAX_REQUEST_BYTES} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| std::io::Error::other("it is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn from_toml(text: &str, source: &str) -> Result<Zeroizing<String>> {
    let parsed = toml_edit::de::from_str::<Value>(text);
    let mut value = parsed.map_err(|error| {
        let place = error.span().map(|span| place(text, span.start)).unwrap_or_default();
        let message = error.message().trim();
        Fault::usage(
            format!("{source}{place}: {message}"),
            "a witness in TOML has a line `name = value` for each input",
        )
    })?;
    let json = Zeroizing::new(value.to_string());
    wipe(&mut value);
    Ok(json)
}

/// Overwrites what a value holds.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.iter_mut().for_each(|(_, value)| wipe(value)),
        other => *other = Value::Null,
    }
}

/// The names of an object's members, each once; their values are only looked over.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with the inputs by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Names, A::Error> {
                let mut names: Vec<String> = Vec::new();
                while let Some(name) = members.next_key::<String>()? {
                    if names.contains(&name) {
                        return Err(A::Error::custom(format_args!("the input `{name}` is given twice")));
                    }
                    members.next_value::<IgnoredAny>()?;
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use dusk_sdk_circuit::{Bool, Circuit, Field, runner};

    use super::*;

    fn layout() -> Layout {
        let mut cs = Circuit::new("product");
        cs.public::<Field>("product", None);
        cs.private::<Field>("number", None);
        cs.private::<Bool>("bit", None);
        cs.finish().0
    }

    fn parse(text: &str, is_toml: bool) -> Result<Witness> {
        Witness::parse(Zeroizing::new(text.to_owned()), is_toml, "w".to_owned())
    }

    #[test]
    fn json_and_toml_say_the_same() {
        let json = parse(r#"{"number": 7, "bit": true, "product": 7}"#, false).unwrap();
        let toml = parse("number = 7\nbit = true\nproduct = 7\n", true).unwrap();
        for witness in [json, toml] {
            witness.check_names("product", &layout()).unwrap();
            let request = witness.request();
            let request: runner::Request<'_> = serde_json::from_str(&request).unwrap();
            let runner::Request::Witness { inputs } = request else { panic!("a witness is asked for") };
            let inputs: Vec<_> = inputs.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
            assert_eq!(inputs, [("bit", "true"), ("number", "7"), ("product", "7")]);
            assert_eq!(Value::Object(witness.public(&layout())), serde_json::json!({ "product": 7 }));
            assert_eq!(format!("{witness:?}"), "Witness(w, 3 inputs)");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_without_their_values() {
        let told = |text: &str, is_toml| parse(text, is_toml).unwrap_err().to_string();
        assert!(told("[4242]", false).contains("expected an object"), "{}", told("[4242]", false));
        assert!(told("{\"a\": 4242,\n}", false).contains("line 2"));
        assert!(told(r#"{"a": 4242, "a": 1}"#, false).contains("the input `a` is given twice"));
        assert!(told(r#"{"a": 4242}}, "extra": {"#, false).contains("trailing"));
        assert!(told("a = 4242\nb = ", true).starts_with("w:2:"));
        for (text, is_toml) in [("[4242]", false), ("{\"a\": 4242,\n}", false), ("a = 4242\nb = ", true)] {
            assert!(!told(text, is_toml).contains("4242"), "{text}");
        }
    }

    #[test]
    fn names_that_do_not_fit_are_told_with_the_one_that_is_meant() {
        let told = |text: &str| {
            let error = parse(text, false).unwrap().check_names("product", &layout()).unwrap_err();
            error.to_string()
        };
        assert_eq!(told(r#"{"numbr": 7, "bit": true, "product": 7}"#), "w: `product` has no input `numbr`");
        assert_eq!(told(r#"{"product": 7}"#), "w: `number` (Field), `bit` (Bool) are missing");
        assert_eq!(told(r#"{"product": 7, "bit": true}"#), "w: `number` (Field) is missing");
    }

    #[test]
    fn forms_of_types_are_told() {
        assert_eq!(form_of("U8"), "a U8 is a whole number from 0 to 255, as a number or as a text");
        assert!(form_of("U128").contains("340282366920938463463374607431768211455"));
        assert!(form_of("Unheard").contains("Unheard"));
    }
}

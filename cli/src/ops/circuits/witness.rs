//! Files of witnesses: all inputs of a circuit by name, as JSON or TOML.
//!
//! Their values are secret: they are passed on as text, wiped when they are gone, and no message of ours repeats them.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Result;
use dusk_sdk_circuit::Layout;
use dusk_sdk_circuit::runner::{InputFault, Inputs, MAX_REQUEST_BYTES, is_numeric};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use toml_edit::{Document, Item, TableLike};
use zeroize::Zeroizing;

use crate::error::{Fault, nearest};
use crate::ops::exact;
use crate::ops::project::toml_text::{hint_for_digits, place};

/// The request for the assignment of a witness, around the text of its inputs.
const REQUEST: [&str; 2] = ["{\"witness\":{\"inputs\":", "}}"];
/// The largest integer that every reader of JSON keeps exact, as in the JSON of contracts.
const MAX_EXACT: u64 = (1 << 53) - 1;
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
            Fault::usage(format!("{source}: {error}"), "a witness is an object with one member for each input")
        })?;
        Ok(Self { source, names: names.0, json })
    }

    /// The request to the circuit for its assignment.
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

    /// The error for an input that the circuit does not take.
    pub(crate) fn refused(&self, circuit: &str, fault: &InputFault) -> anyhow::Error {
        let hint = match fault {
            InputFault::Invalid { kind, .. } => form_of(kind),
            _ => format!("`cargo dusk circuit list` shows the inputs of `{circuit}`"),
        };
        let fault = in_short(&fault.to_string());
        Fault::usage(format!("{}: {fault}", self.source), hint)
    }

    /// The values of the public inputs by name, in the order of the circuit: they are no secret. A number that JSON's
    /// readers would round is a text, at every depth.
    pub(crate) fn public(&self, layout: &Layout) -> serde_json::Map<String, Value> {
        let all: Inputs<'_> = serde_json::from_str(&self.json).unwrap_or_default();
        let public = layout.inputs.iter().filter(|input| input.public);
        let value = |text: &str| unrounded(exact::read(text, exact::Large::Text).unwrap_or_default());
        public.filter_map(|input| Some((input.name.clone(), value(all.get(&input.name)?.get())))).collect()
    }
}

/// The most characters of what is told of an input: it may repeat the input.
const MAX_REASON_CHARACTERS: usize = 300;

fn in_short(reason: &str) -> String {
    match reason.char_indices().nth(MAX_REASON_CHARACTERS) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    }
}

/// Numbers above those that every reader of JSON keeps exact, as texts.
fn unrounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number > MAX_EXACT) => number.to_string().into(),
        Value::Array(items) => items.into_iter().map(unrounded).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, unrounded(value))).collect(),
        other => other,
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
    let bits = kind.strip_prefix('U').filter(|_| is_numeric(kind)).and_then(|bits| bits.parse::<u32>().ok());
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
        _ => format!("write it in the JSON form of the type {kind}"),
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
    let text = std::str::from_utf8(&bytes).map_err(|_| std::io::Error::other("it is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn from_toml(text: &str, source: &str) -> Result<Zeroizing<String>> {
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let hint = hint_for_digits(text, at)
            .unwrap_or_else(|| "a witness in TOML has a line `name = value` for each input".to_owned());
        Fault::usage(format!("{source}{}: {}", place(text, at), error.message().trim()), hint)
    })?;
    // Room for all of it: growing would leave copies behind.
    let mut json = Zeroizing::new(String::with_capacity(2 * text.len() + 2));
    push_table(document.as_table(), &mut json).map_err(|name| {
        let message = format!(
            "{source}: `{name}` is neither a whole number, a text, true or false, nor a list or table of these"
        );
        Fault::usage(message, "circuits have no inputs that are fractions or dates")
    })?;
    Ok(json)
}

/// Appends a table as a JSON object.
///
/// # Errors
/// The name of a value that JSON has no exact form for.
fn push_table(table: &dyn TableLike, out: &mut Zeroizing<String>) -> Result<(), String> {
    let mut next = '{';
    for (name, item) in table.iter() {
        out.push(next);
        out.push_str(&Value::from(name).to_string());
        out.push(':');
        push_item(item, out)
            .map_err(|inner| if inner.is_empty() { name.to_owned() } else { format!("{name}.{inner}") })?;
        next = ',';
    }
    out.push_str(if next == '{' { "{}" } else { "}" });
    Ok(())
}

fn push_item(item: &Item, out: &mut Zeroizing<String>) -> Result<(), String> {
    match item {
        Item::Value(value) => push_value(value, out),
        Item::Table(table) => push_table(table, out),
        Item::ArrayOfTables(tables) => push_list(tables.iter(), out, |table, out| push_table(table, out)),
        Item::None => Err(String::new()),
    }
}

fn push_value(value: &toml_edit::Value, out: &mut Zeroizing<String>) -> Result<(), String> {
    match value {
        toml_edit::Value::String(text) => {
            let text = Zeroizing::new(serde_json::to_string(text.value()).unwrap_or_default());
            out.push_str(&text);
        }
        toml_edit::Value::Integer(number) => out.push_str(&Zeroizing::new(number.value().to_string())),
        toml_edit::Value::Boolean(value) => out.push_str(if *value.value() { "true" } else { "false" }),
        toml_edit::Value::Array(items) => return push_list(items.iter(), out, push_value),
        toml_edit::Value::InlineTable(table) => return push_table(table, out),
        toml_edit::Value::Float(_) | toml_edit::Value::Datetime(_) => return Err(String::new()),
    }
    Ok(())
}

fn push_list<T>(
    items: impl Iterator<Item = T>,
    out: &mut Zeroizing<String>,
    push: impl Fn(T, &mut Zeroizing<String>) -> Result<(), String>,
) -> Result<(), String> {
    let mut next = '[';
    for item in items {
        out.push(next);
        push(item, out)?;
        next = ',';
    }
    out.push_str(if next == '[' { "[]" } else { "]" });
    Ok(())
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
    use dusk_sdk_circuit::{Bool, ConstraintSystem, Field, runner};

    use super::*;

    #[test]
    fn reasons_that_repeat_an_input_are_cut() {
        assert_eq!(in_short("short é"), "short é");
        assert_eq!(in_short(&"é".repeat(1_000_000)), format!("{}…", "é".repeat(MAX_REASON_CHARACTERS)));
    }

    fn layout() -> Layout {
        let mut cs = ConstraintSystem::new("product");
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
    fn public_inputs_are_exact_at_every_depth() {
        let layout = {
            let mut cs = ConstraintSystem::new("shown");
            cs.public::<Field>("shown", None);
            cs.finish().0
        };
        let large = u128::MAX.to_string();
        let json = format!(
            "{{\"shown\": [{large}, {{\"a\": 18446744073709551616, \"b\": 9223372036854775808, \"c\": 9007199254740991}}]}}"
        );
        let expected = serde_json::json!([
            large, { "a": "18446744073709551616", "b": "9223372036854775808", "c": 9_007_199_254_740_991_u64 }
        ]);
        assert_eq!(parse(&json, false).unwrap().public(&layout)["shown"], expected);
        let toml = format!(
            "shown = [\"{large}\", {{ a = \"18446744073709551616\", b = \"9223372036854775808\", c = 9007199254740991 }}]"
        );
        assert_eq!(parse(&toml, true).unwrap().public(&layout)["shown"], expected);
    }

    #[test]
    fn what_toml_cannot_hold_is_told_with_the_name_of_the_input() {
        let told = |text: &str| {
            let error = parse(text, true).unwrap_err();
            let fault = error.downcast_ref::<Fault>().unwrap();
            (error.to_string(), fault.hint().to_owned())
        };
        let (message, hint) = told("a = 1\nline = { id = 18446744073709551616, amount = 1 }\n");
        assert!(message.starts_with("w:2:") && hint.contains("`id = \"…\"`"), "{message} / {hint}");
        let (_, hint) = told("bigs = [1, 340282366920938463463374607431768211455]\n");
        assert!(hint.contains("`bigs = "), "{hint}");
        for (text, name) in
            [("a = 1.5", "`a`"), ("l = { x = 1e30 }", "`l.x`"), ("d = 2026-01-01", "`d`"), ("[t]\nx = [nan]", "`t.x`")]
        {
            let (message, _) = told(text);
            assert!(message.contains(name), "{message}");
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
        for kind in ["Unheard", "U7", "U256"] {
            assert_eq!(form_of(kind), format!("write it in the JSON form of the type {kind}"));
        }
    }
}

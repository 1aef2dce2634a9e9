//! Differences between two descriptions of a contract, and whether they break callers.

use std::fmt::Debug;

use dusk_sdk_protocol::abi::{ContractAbi, Field, Function, Type};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Whether something that worked with the old contract does not work with the new one.
    pub(crate) breaking: bool,
    /// The difference.
    pub(crate) message: String,
}

/// All differences, in the order of the old description.
pub(crate) fn differences(old: &ContractAbi, new: &ContractAbi) -> Vec<Difference> {
    let mut found = Found::default();
    match (&old.init, &new.init) {
        (Some(old), Some(new)) => {
            found.changed(false, "the constructor's arguments", &types(&old.inputs), &types(&new.inputs));
        }
        (None, Some(_)) => found.other("there is a constructor now"),
        (Some(_), None) => found.other("there is no constructor any more"),
        (None, None) => {}
    }
    for function in &old.functions {
        match new.function(&function.name) {
            Some(now) => found.functions(function, now),
            None => found.breaking(format!("function `{}` is gone", function.name)),
        }
    }
    for function in new.functions.iter().filter(|function| old.function(&function.name).is_none()) {
        found.other(format!("function `{}` is new", function.name));
    }
    for event in &old.events {
        match new.event(&event.topic) {
            Some(now) => {
                found.changed(true, &format!("the data of event `{}`", event.topic), &event.data, &now.data);
            }
            None => found.breaking(format!("event `{}` is gone", event.topic)),
        }
    }
    for event in new.events.iter().filter(|event| old.event(&event.topic).is_none()) {
        found.other(format!("event `{}` is new", event.topic));
    }
    for error in &old.errors {
        match new.errors.iter().find(|now| now.name == error.name) {
            Some(now) => {
                found.changed(true, &format!("the code of error `{}`", error.name), &error.code, &now.code);
                let what = format!("the fields of error `{}`", error.name);
                found.changed(true, &what, &types(&error.fields), &types(&now.fields));
            }
            None => found.breaking(format!("error `{}` ({}) is gone", error.name, error.code)),
        }
    }
    for error in new.errors.iter().filter(|error| old.errors.iter().all(|before| before.name != error.name)) {
        found.other(format!("error `{}` ({}) is new", error.name, error.code));
    }
    for (name, definition) in &old.types {
        if let Some(now) = new.types.get(name) {
            found.changed(true, &format!("the type `{name}`"), &definition.shape, &now.shape);
        }
    }
    found.0
}

fn types(fields: &[Field]) -> Vec<&Type> {
    fields.iter().map(|field| &field.ty).collect()
}

#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn breaking(&mut self, message: impl Into<String>) {
        self.0.push(Difference { breaking: true, message: message.into() });
    }

    fn other(&mut self, message: impl Into<String>) {
        self.0.push(Difference { breaking: false, message: message.into() });
    }

    fn changed<T: PartialEq + Debug + ?Sized>(&mut self, breaking: bool, what: &str, old: &T, new: &T) {
        if old != new {
            self.0.push(Difference { breaking, message: format!("{what} changed: {old:?} → {new:?}") });
        }
    }

    fn functions(&mut self, old: &Function, new: &Function) {
        let name = &old.name;
        self.changed(true, &format!("the arguments of `{name}`"), &types(&old.inputs), &types(&new.inputs));
        self.changed(true, &format!("the result of `{name}`"), &old.output, &new.output);
        self.changed(true, &format!("the kind of `{name}`"), &old.kind, &new.kind);
        if !old.fallible && new.fallible {
            self.other(format!("`{name}` may now return an error"));
        }
        let names = |function: &Function| function.inputs.iter().map(|input| input.name.clone()).collect::<Vec<_>>();
        if types(&old.inputs) == types(&new.inputs) && names(old) != names(new) {
            self.other(format!("the arguments of `{name}` have other names: {}", names(new).join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn abi(functions: &Value, errors: &Value) -> ContractAbi {
        let document = json!({ "schema": 1, "name": "x", "sdk": "0", "functions": functions, "errors": errors });
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn callers_notice_what_is_gone_or_changed_and_not_what_is_new() {
        let function = |name: &str, ty: Value| json!({ "name": name, "kind": "query", "output": "unit", "inputs": [{ "name": "a", "type": ty }] });
        let old = abi(
            &json!([
                function("gone", json!("bool")),
                function("kept", json!("bool")),
                function("wider", json!({"uint": 32}))
            ]),
            &json!([{ "code": 1, "name": "Refused" }]),
        );
        let new = abi(
            &json!([
                function("kept", json!("bool")),
                function("wider", json!({"uint": 64})),
                function("new", json!("bool"))
            ]),
            &json!([{ "code": 2, "name": "Refused" }]),
        );
        let told = differences(&old, &new);
        let told: Vec<_> = told.iter().map(|it| (it.breaking, it.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (true, "function `gone` is gone"),
                (true, "the arguments of `wider` changed: [Uint(32)] → [Uint(64)]"),
                (false, "function `new` is new"),
                (true, "the code of error `Refused` changed: 1 → 2"),
            ]
        );
        assert_eq!(differences(&old, &old), []);
    }
}

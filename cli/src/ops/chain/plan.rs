//! The deployments and their order.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use crate::error::{Fault, nearest};
use crate::figures::listed;
use crate::ops::build::artifact::{self, Artifact};
use crate::ops::project::settings::{DeployEntry, SETTINGS_FILE};

/// How references to what another entry deploys begin.
const REFERENCE: &str = "@contract:";

/// One deployment of a plan.
#[derive(Debug, Clone)]
pub(crate) struct Step<'a> {
    /// The entry's name in the plan.
    pub(crate) entry: String,
    /// The contract.
    pub(crate) artifact: &'a Artifact,
    /// The name to call it by.
    pub(crate) alias: String,
    /// The signer, if the plan names one.
    pub(crate) from: Option<String>,
    /// The constructor's arguments, with their references.
    pub(crate) init: Option<Value>,
    /// Whether only dusk.toml says what it is: `--all` takes no other arguments.
    pub(crate) is_planned: bool,
    /// Entries that stand before it.
    after: BTreeSet<String>,
}

impl<'a> Step<'a> {
    fn new(name: &str, entry: &DeployEntry, artifacts: &'a [Artifact]) -> Result<Self> {
        let contract = entry.contract.as_deref().unwrap_or(name);
        let mut after: BTreeSet<String> = entry.after.iter().cloned().collect();
        if let Some(init) = &entry.init {
            references(init, &mut after);
        }
        Ok(Self {
            entry: name.to_owned(),
            artifact: artifact::pick(artifacts, Some(contract))?,
            alias: entry.alias.clone().unwrap_or_else(|| name.to_owned()),
            from: entry.from.clone(),
            init: entry.init.clone(),
            is_planned: false,
            after,
        })
    }
}

/// The one deployment of a contract, or of an entry; the only contract's where none is named.
///
/// # Errors
/// A usage fault where there is no such contract.
pub(crate) fn single<'a>(
    entries: &BTreeMap<String, DeployEntry>,
    artifacts: &'a [Artifact],
    name: Option<&str>,
) -> Result<Step<'a>> {
    let name = match name {
        Some(name) => name,
        None => artifact::pick(artifacts, None)?.name.as_str(),
    };
    Step::new(name, entries.get(name).unwrap_or(&DeployEntry::default()), artifacts)
}

/// All deployments of the plan, each behind those that it needs; all contracts where there is no plan.
///
/// # Errors
/// A usage fault for an entry that names what does not exist, or that needs itself.
pub(crate) fn all<'a>(entries: &BTreeMap<String, DeployEntry>, artifacts: &'a [Artifact]) -> Result<Vec<Step<'a>>> {
    let implied: BTreeMap<String, DeployEntry>;
    let entries = if entries.is_empty() {
        implied = artifacts.iter().map(|artifact| (artifact.name.clone(), DeployEntry::default())).collect();
        &implied
    } else {
        entries
    };
    let mut open: Vec<Step<'a>> =
        entries.iter().map(|(name, entry)| Step::new(name, entry, artifacts)).collect::<Result<_>>()?;
    for step in &open {
        if let Some(missing) = step.after.iter().find(|needed| !entries.contains_key(*needed)) {
            let names = || entries.keys().map(String::as_str);
            let hint = nearest(missing, names())
                .map_or_else(|| format!("entries: {}", listed(names())), |name| format!("did you mean `{name}`?"));
            let message =
                format!("{SETTINGS_FILE}: [deploy.{}] needs `{missing}`, but there is no such entry", step.entry);
            return Err(Fault::usage(message, hint));
        }
    }
    let mut ordered: Vec<Step<'a>> = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let stands = |needed: &String| ordered.iter().any(|step| step.entry == *needed);
        let Some(next) = open.iter().position(|step| step.after.iter().all(stands)) else {
            let names = listed(open.iter().map(|step| step.entry.as_str()));
            return Err(Fault::usage(
                format!("{SETTINGS_FILE}: the deployments {names} depend on each other"),
                "remove one `after` or one `@contract:` reference",
            ));
        };
        ordered.push(Step { is_planned: true, ..open.remove(next) });
    }
    Ok(ordered)
}

/// Gathers the entries that a value refers to.
fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => into.extend(text.strip_prefix(REFERENCE).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        Value::Object(fields) => fields.values().for_each(|value| references(value, into)),
        _ => {}
    }
}

/// The value with all references replaced by ids.
///
/// # Errors
/// A usage fault for a reference to what is not deployed.
pub(crate) fn resolved(value: Value, id_of: &dyn Fn(&str) -> Option<String>) -> Result<Value> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix(REFERENCE) {
            Some(name) => Value::String(id_of(name).ok_or_else(|| {
                Fault::usage(
                    format!("`{text}` cannot be resolved: `{name}` is not deployed on this chain"),
                    "deploy it first, or deploy all entries in order with `cargo dusk deploy --all`",
                )
            })?),
            None => Value::String(text),
        },
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| resolved(item, id_of)).collect::<Result<_>>()?)
        }
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| Ok((name, resolved(value, id_of)?))).collect::<Result<_>>()?,
        ),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn artifacts(names: &[&str]) -> Vec<Artifact> {
        names.iter().map(|name| Artifact::named(name)).collect()
    }

    fn entries(text: &str) -> BTreeMap<String, DeployEntry> {
        toml_edit::de::from_str(text).unwrap()
    }

    #[test]
    fn what_is_needed_comes_first() {
        let artifacts = artifacts(&["price", "shop", "token"]);
        let plan = entries(
            "[a]\ncontract = 'shop'\ninit = { price = '@contract:z', also = ['@contract:token'] }\n[token]\nafter = ['z']\n[z]\ncontract = 'price'\nalias = 'oracle'",
        );
        let steps = all(&plan, &artifacts).unwrap();
        let order: Vec<_> = steps.iter().map(|step| (step.entry.as_str(), step.alias.as_str())).collect();
        assert_eq!(order, [("z", "oracle"), ("token", "token"), ("a", "a")]);
        let without_plan = all(&BTreeMap::new(), &artifacts).unwrap();
        assert_eq!(without_plan.iter().map(|step| step.alias.as_str()).collect::<Vec<_>>(), ["price", "shop", "token"]);
    }

    #[test]
    fn plans_that_cannot_be_are_refused() {
        let artifacts = artifacts(&["a", "b"]);
        let told = |text: &str| all(&entries(text), &artifacts).unwrap_err().to_string();
        assert!(told("[a]\nafter = ['b']\n[b]\nafter = ['a']").contains("a, b depend on each other"));
        assert!(told("[a]\nafter = ['a']").contains("depend on each other"));
        assert!(told("[a]\nafter = ['c']").contains("[deploy.a] needs `c`"));
        assert!(told("[c]").contains("no contract `c`"));
    }

    #[test]
    fn references_become_ids_wherever_they_stand() {
        let id_of = |name: &str| (name == "token").then(|| "ab".to_owned());
        let value = json!({ "x": ["@contract:token", 1, "@alice"] });
        assert_eq!(resolved(value, &id_of).unwrap(), json!({ "x": ["ab", 1, "@alice"] }));
        assert!(resolved(json!("@contract:other"), &id_of).is_err());
    }
}

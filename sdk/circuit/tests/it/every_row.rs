//! For the whole catalogue: no wire can be changed by itself, and no row can be left out.

use std::collections::{BTreeMap, BTreeSet};

use dusk_sdk_circuit::*;

use crate::audit_soundness::is_stated;
use crate::forgeries::{refusing_names, refusing_rows};
use crate::support::{leaves_nothing_open, refusals, without};
use crate::witnesses::{self, Example};

/// The constraints that state something, by their places, each with its rows.
fn statements(layout: &Layout) -> BTreeMap<u32, Vec<usize>> {
    let mut found: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, row) in layout.rows.iter().enumerate() {
        if layout.selectors[row.selectors as usize].kind != GateKind::Idle {
            found.entry(row.constraint).or_default().push(at);
        }
    }
    found
}

/// The name of a constraint, with that of the region around it.
fn name_of(layout: &Layout, constraint: u32) -> (String, String) {
    let constraint = &layout.constraints[constraint as usize];
    (layout.regions[constraint.region as usize].name.clone(), constraint.name.clone())
}

#[test]
fn no_wire_of_a_gadget_can_be_changed_and_each_constraint_refuses_by_its_name() {
    let forged = refusing_names();
    for Example { name, layout, assignment } in witnesses::all() {
        let refused = refusals(&layout, &assignment);
        for constraint in statements(&layout).into_keys() {
            // Some refuse only what takes several wires: those have forgeries.
            let (region, constraint_name) = name_of(&layout, constraint);
            let is_named = refused.contains(&constraint) || forged.contains(constraint_name.as_str());
            assert!(is_named, "{name}: nothing is refused by {region} / {constraint_name}");
        }
    }
}

/// Names of constraints that mean something else in each region.
const GENERAL: [&str; 6] = ["is a bit", "constant", "difference", "product", "sum", "sum of points"];

/// Of layouts with more rows fewer are left out, as each takes an audit.
const LARGE: usize = 1000;

/// Without a row the audit finds something undetermined; or a wire is in no row any more; or there is a forgery that
/// passes.
#[test]
fn no_row_of_a_gadget_can_be_left_out() {
    let refusing = refusing_rows();
    let mut seen = BTreeSet::new();
    for Example { name, layout, .. } in witnesses::all() {
        for (constraint, all) in statements(&layout) {
            let of = name_of(&layout, constraint);
            let (region, statement) = &of;
            // The same rows, in a gadget before.
            let region = if GENERAL.contains(&statement.as_str()) { region.clone() } else { String::new() };
            if !seen.insert((region, statement.clone())) {
                continue;
            }
            let mut sample = BTreeSet::from([all[0], all[all.len() - 1]]);
            sample.extend((layout.rows.len() < LARGE).then_some(all[all.len() / 2]));
            for row in sample {
                let less = without(&layout, row);
                let is_needed = refusing.contains(&(name, row))
                    || leaves_unread(&layout, &less, row)
                    || !leaves_nothing_open(&audit(&less));
                assert!(is_needed, "{name}: nothing is lost without row {row}, {of:?}");
            }
        }
    }
}

/// Whether a wire that a row reads is read by none without it: then it may have any value.
fn leaves_unread(layout: &Layout, less: &Layout, row: usize) -> bool {
    let read = layout.rows[row..].iter().take(2).flat_map(|row| row.wires);
    read.filter(|wire| *wire > Wire::ONE).any(|wire| !is_stated(less, wire))
}

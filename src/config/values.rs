//! A plan as the values of its fields: as one tree, which is the config that gives this plan, and
//! as a list of single values by their paths, which screens show and two plans are compared by.

use super::field_path::FieldPath;
use super::fields::{self, Field, Read};
use super::plan::{AlertPlan, DomainPlan, RunPlan, Scheduled};
use super::value::Value;
use crate::control::Rule;

/// A single value of a plan.
#[derive(Clone, Debug)]
pub(super) struct PlanLeaf {
    /// Its path, as `--set` names it; domains by name.
    pub path: FieldPath,
    /// As a config writes it.
    pub value: Value,
}

/// The complete config of the plan.
pub(super) fn tree(plan: &RunPlan) -> Value {
    let mut tree = Vec::new();
    for (field, value) in whole_values(plan) {
        // What is still to be chosen for the device is left open by being left out.
        if !plan.fit.open.has(&field.path) {
            put(&mut tree, &field.path, value);
        }
    }
    Value::Fields(None, tree)
}

/// Every single value, in the order of the table. A value with fields inside (`Tune(lr: …)`) is
/// several: the name of its variant, and each of its fields. What is still to be chosen for the device is `Auto`.
pub(super) fn leaves(plan: &RunPlan) -> Vec<PlanLeaf> {
    let mut leaves = Vec::new();
    for (field, value) in whole_values(plan) {
        let is_open = plan.fit.open.has(&field.path);
        let value = if is_open { Value::word("Auto") } else { value };
        flatten(FieldPath::parse(&field.path).unwrap_or_default(), value, &mut leaves);
    }
    leaves
}

/// The value of the field of this path that a plan has once, with all that is inside it.
pub(super) fn whole_value(plan: &RunPlan, path: &str) -> Option<Value> {
    whole_values(plan).find(|(field, _)| field.path == path).map(|(_, value)| value)
}

/// The fields that a plan has once, and their values; domains and commands as lists.
fn whole_values(plan: &RunPlan) -> impl Iterator<Item = (&'static Field, Value)> {
    fields::all().filter_map(move |field| {
        let value = match field.read {
            Read::Run(read) => read(plan),
            Read::Domains => Value::List(plan.data.domains.iter().map(domain).collect()),
            Read::Schedule => Value::List(schedule(plan)),
            Read::Alerts => Value::List(plan.alerts.iter().map(alert).collect()),
            Read::Domain(_)
            | Read::Scheduled(_)
            | Read::Rule(_)
            | Read::Alert(_)
            | Read::Inside(_)
            | Read::UsedFor(_) => return None,
        };
        Some((field, value))
    })
}

fn domain(domain: &DomainPlan) -> Value {
    group("data.domains[]", |read| {
        let Read::Domain(read) = read else { return None };
        Some(read(domain))
    })
}

/// The commands with steps, then those with conditions.
fn schedule(plan: &RunPlan) -> Vec<Value> {
    plan.schedule.iter().map(scheduled).chain(plan.rules.iter().map(rule)).collect()
}

fn scheduled(entry: &Scheduled) -> Value {
    group("schedule[]", |read| {
        let Read::Scheduled(read) = read else { return None };
        Some(read(entry))
    })
}

fn rule(rule: &Rule) -> Value {
    group("schedule[]", |read| {
        let Read::Rule(read) = read else { return None };
        Some(read(rule))
    })
}

fn alert(alert: &AlertPlan) -> Value {
    group("alerts[]", |read| {
        let Read::Alert(read) = read else { return None };
        Some(read(alert))
    })
}

/// An entry of a list, with the fields that the table has for its entries.
fn group(path: &str, value: impl Fn(Read) -> Option<Value>) -> Value {
    let fields = fields::below(path);
    let fields = fields.filter_map(|(name, field)| Some((name.to_owned(), value(field.read)?)));
    Value::Fields(None, fields.collect())
}

/// Inserts a value at its path, and the groups around it where they are missing.
fn put(fields: &mut Vec<(String, Value)>, path: &str, value: Value) {
    let Some((group, rest)) = path.split_once('.') else {
        fields.push((path.to_owned(), value));
        return;
    };
    if let Some((_, Value::Fields(None, inside))) = fields.iter_mut().find(|(f, _)| f == group) {
        return put(inside, rest, value);
    }
    let mut inside = Vec::new();
    put(&mut inside, rest, value);
    fields.push((group.to_owned(), Value::Fields(None, inside)));
}

fn flatten(path: FieldPath, value: Value, leaves: &mut Vec<PlanLeaf>) {
    match value {
        Value::Fields(Some(variant), fields) => {
            leaves.push(PlanLeaf { path: path.clone(), value: Value::word(variant) });
            for (name, value) in fields {
                flatten(path.field(&name), value, leaves);
            }
        }
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Fields(None, _))) => {
            flatten_entries(&path, items, leaves);
        }
        value => leaves.push(PlanLeaf { path, value }),
    }
}

/// Domains by their names, each with its fields; commands by their index in the list.
fn flatten_entries(path: &FieldPath, items: Vec<Value>, leaves: &mut Vec<PlanLeaf>) {
    let names: Vec<String> = items.iter().filter_map(own_name).collect();
    if names.len() < items.len() {
        let entries = items.into_iter().enumerate();
        leaves.extend(entries.map(|(i, value)| PlanLeaf { path: path.index(i), value }));
        return;
    }
    let listed = names.iter().map(|name| Value::word(name)).collect();
    leaves.push(PlanLeaf { path: path.clone(), value: Value::List(listed) });
    for (name, item) in names.iter().zip(items) {
        let Value::Fields(_, fields) = item else { continue };
        for (field, value) in fields {
            flatten(path.field(name).field(&field), value, leaves);
        }
    }
}

/// The name by which an entry of a list is found.
fn own_name(item: &Value) -> Option<String> {
    let Value::Text(name) = item.field("name")? else { return None };
    Some(name.clone())
}

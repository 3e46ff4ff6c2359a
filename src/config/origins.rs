//! Where each value of a plan came from.

use super::field_path::{FieldPath, Key};
use super::fields;
use super::locate::{Kind, Node};
use super::plan::RunPlan;
use super::source::{self, Place, Source};
use super::values::{leaves, whole_value};
use crate::telemetry::{ConfigOrigin, ConfigValue};

/// Every single value of a plan that was made from this text, in the plan's order.
pub(super) fn values(plan: &RunPlan, source: &Source, tree: &Node) -> Vec<ConfigValue> {
    let values = leaves(plan).into_iter().map(|leaf| {
        let field = leaf.path.to_string();
        ConfigValue {
            origin: origin(&leaf.path, source, tree),
            live: fields::all().find(|known| known.path == field).and_then(|known| known.live),
            field,
            value: leaf.value.to_string(),
        }
    });
    values.collect()
}

fn origin(path: &FieldPath, source: &Source, tree: &Node) -> ConfigOrigin {
    let (node, depth) = tree.nearest(source.text(), path);
    let whole = depth == path.0.len();
    // A group without the field leaves it at its default; a single value gives everything inside it
    // (a short form the whole group, say).
    let group = matches!(node.kind, Kind::Fields { .. } | Kind::List(_));
    if whole || !group {
        return match source.origin(node.span.start) {
            source::Origin::Override(_) => ConfigOrigin::Override,
            source::Origin::File(_) | source::Origin::Expanded(_) => {
                match source.place(node.span.start) {
                    Place::File { line, .. } => ConfigOrigin::File(line),
                    Place::Override(_) | Place::Whole(_) => ConfigOrigin::Override,
                }
            }
        };
    }
    match for_all_domains(path) {
        Some(common) => origin(&common, source, tree),
        None => ConfigOrigin::Default,
    }
}

/// The field of `data` that serves every domain which does not have this field itself.
fn for_all_domains(path: &FieldPath) -> Option<FieldPath> {
    let [Key::Name(data), Key::Name(domains), _, Key::Name(field), ..] = path.0.as_slice() else {
        return None;
    };
    let common = match field.as_str() {
        "train" | "held_out" | "format" => field.as_str(),
        "only" => "domain_field",
        _ => return None,
    };
    (data == "data" && domains == "domains")
        .then(|| FieldPath(vec![Key::Name("data".into()), Key::Name(common.into())]))
}

/// The fields that a run decides by its data and its device where the config leaves them open.
const DECIDED: [&str; 5] = [
    "model.precision",
    "model.recompute",
    "mixing.every",
    "training.micro_batch",
    "evaluation.batch",
];

/// The values with what the run has meanwhile decided in the place of what its config left open.
pub fn decided(plan: &RunPlan, mut values: Vec<ConfigValue>) -> Vec<ConfigValue> {
    let left_out = |value: &&mut ConfigValue| {
        let field = value.field.as_str();
        value.origin == ConfigOrigin::Default
            && DECIDED.contains(&field)
            && !plan.fit.open.has(field)
    };
    for value in values.iter_mut().filter(left_out) {
        if let Some(decided) = whole_value(plan, &value.field) {
            value.value = decided.to_string();
        }
    }
    values
}

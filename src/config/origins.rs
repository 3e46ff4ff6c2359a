//! Where each value of a plan came from.

use super::field_path::{FieldPath, Key};
use super::fields;
use super::locate::{Kind, Node};
use super::plan::RunPlan;
use super::source::{self, Place, Source};
use super::values::leaves;
use crate::control::LiveField;

/// Where a value of a plan came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This line of the config file, from 1.
    File(usize),
    /// A `--set` on the command line.
    Override,
    /// Neither: it is the default.
    Default,
}

/// One value of a plan and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanValue {
    /// The field, as `--set` names it: `training.lr`, `data.domains.law.limit`.
    pub field: String,
    /// The value in RON.
    pub value: String,
    /// The line of the file, the `--set`, or the default.
    pub origin: Origin,
    /// The live value that begins with it.
    pub live: Option<LiveField>,
}

/// Every single value of a plan, in the plan's order, with where it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<PlanValue>);

impl Origins {
    /// All values, in the plan's order.
    pub fn iter(&self) -> impl Iterator<Item = &PlanValue> {
        self.0.iter()
    }

    /// Where the value of a field came from; `None` where the plan has no such field.
    pub fn of_field(&self, field: &str) -> Option<Origin> {
        self.0.iter().find(|value| value.field == field).map(|value| value.origin)
    }

    /// The values of a plan that was made from this text.
    pub(super) fn new(plan: &RunPlan, source: &Source, tree: &Node) -> Self {
        let values = leaves(plan).into_iter().map(|leaf| {
            let field = leaf.path.to_string();
            PlanValue {
                origin: origin(&leaf.path, source, tree),
                live: fields::all().find(|known| known.path == field).and_then(|known| known.live),
                field,
                value: leaf.value.to_string(),
            }
        });
        Origins(values.collect())
    }
}

fn origin(path: &FieldPath, source: &Source, tree: &Node) -> Origin {
    let (node, depth) = tree.nearest(source.text(), path);
    let whole = depth == path.0.len();
    // A group without the field leaves it at its default; a single value gives everything inside it
    // (a short form the whole group, say).
    let group = matches!(node.kind, Kind::Fields { .. } | Kind::List(_));
    if whole || !group {
        return match source.origin(node.span.start) {
            source::Origin::Override(_) => Origin::Override,
            source::Origin::File(_) | source::Origin::Expanded(_) => {
                match source.place(node.span.start) {
                    Place::File { line, .. } => Origin::File(line),
                    Place::Override(_) | Place::Whole(_) => Origin::Override,
                }
            }
        };
    }
    match for_all_domains(path) {
        Some(common) => origin(&common, source, tree),
        None => Origin::Default,
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

//! A plan as a list of single values by dotted path: what a screen of the config shows, and what
//! two plans are compared by.

use super::field_path::FieldPath;
use super::locate::{Kind, Node};
use super::plan::RunPlan;
use super::scan::scan;
use super::text::PlanTextError;
use crate::mixing::Parameter;
use crate::unit::DomainId;

/// One value of a plan.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// Its path, as a config and `--set` name it; entries of the domains by name.
    pub path: FieldPath,
    /// The value in RON.
    pub value: String,
}

/// All values of a plan, in its order.
pub(super) fn leaves(plan: &RunPlan) -> Result<Vec<Leaf>, PlanTextError> {
    let text = ron::to_string(plan).map_err(|e| PlanTextError::Unwritable(e.to_string()))?;
    let tree = scan(&text).map_err(|error| PlanTextError::Unreadable(error.found))?;
    let mut out = Vec::new();
    walk(&tree, &text, &FieldPath::default(), &mut out);
    say_as_configs_do(plan, &mut out);
    Ok(out)
}

/// The plan has places of domains and commands as data; a config has names and words.
fn say_as_configs_do(plan: &RunPlan, leaves: &mut [Leaf]) {
    let name = |domain: &DomainId| match plan.data.domains.get(domain.0) {
        Some(domain) => format!("{:?}", domain.name),
        None => domain.0.to_string(),
    };
    let targets: Vec<String> = plan.mixing.params.targets.iter().map(name).collect();
    let mut said = vec![("mixing.target".to_owned(), format!("[{}]", targets.join(", ")))];
    let domains: Vec<String> = plan.data.domains.iter().map(|domain| domain.name.clone()).collect();
    for (parameter, value) in plan.mixing.strategy.parameters(&domains) {
        said.push(match parameter {
            Parameter::UNNAMED => {
                ("mixing.strategy".to_owned(), plan.mixing.strategy.to_config(&domains))
            }
            parameter => (format!("mixing.strategy.{parameter}"), value),
        });
    }
    for (i, entry) in plan.schedule.iter().enumerate() {
        let command = entry.command.to_string();
        let text = format!("(at: {}, command: {command:?})", entry.at.0);
        said.push((format!("schedule[{i}]"), text));
    }
    for (path, value) in said {
        if let Some(leaf) = leaves.iter_mut().find(|leaf| leaf.path.to_string() == path) {
            leaf.value = value;
        }
    }
}

fn walk(node: &Node, text: &str, path: &FieldPath, out: &mut Vec<Leaf>) {
    let mut leaf = |value: String| out.push(Leaf { path: path.clone(), value });
    match &node.kind {
        Kind::Fields { name, fields, .. } => {
            if let Some(name) = name {
                leaf(name.clone());
            }
            for field in fields {
                walk(&field.value, text, &below(path, &field.name), out);
            }
        }
        // `Tune((…))`: the variant, then its fields.
        Kind::Tuple { name: Some(name), items } if is_group(items) => {
            leaf(name.clone());
            walk(&items[0], text, path, out);
        }
        Kind::List(items) if items.iter().any(|item| matches!(item.kind, Kind::Fields { .. })) => {
            let names: Vec<String> = items.iter().filter_map(|item| item.own_name(text)).collect();
            if names.len() == items.len() {
                leaf(format!("[{}]", names.join(", ")));
                for (item, name) in items.iter().zip(&names) {
                    walk(item, text, &path.field(name), out);
                }
            } else {
                for (i, item) in items.iter().enumerate() {
                    out.push(Leaf { path: path.index(i), value: item.text(text).to_owned() });
                }
            }
        }
        Kind::Word
        | Kind::Text
        | Kind::Scalar
        | Kind::Tuple { .. }
        | Kind::List(_)
        | Kind::Map(_) => leaf(node.text(text).to_owned()),
    }
}

fn is_group(items: &[Node]) -> bool {
    matches!(items, [Node { kind: Kind::Fields { name: None, .. }, .. }])
}

/// The path of a field as a config names it: the plan keeps the live values of `mixing` in a
/// group of their own.
fn below(path: &FieldPath, field: &str) -> FieldPath {
    match (path.to_string().as_str(), field) {
        ("mixing", "knobs") => path.clone(),
        ("mixing", "targets") => path.field("target"),
        _ => path.field(field),
    }
}

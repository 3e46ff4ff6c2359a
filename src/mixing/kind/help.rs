use super::STRATEGIES;
use crate::mixing::interface::{Cadence, DefaultDomain, Parameter, Slot, StrategySpec};

/// The reference of all strategies in Markdown, one section each: what it does, its formula, its
/// parameters with defaults and ranges, and where the formula comes from.
pub fn strategies_markdown() -> String {
    let sections: Vec<String> = STRATEGIES.iter().map(|spec| section(spec)).collect();
    sections.join("\n")
}

fn section(spec: &StrategySpec) -> String {
    let mut text = format!("## {}\n\n{}\n\n", spec.name, spec.summary);
    text += &format!("```text\n{}\n```\n\n", spec.formula);
    let mut prototype = (spec.new)(1);
    for parameter in prototype.parameters() {
        text += &format!("- {}\n", parameter_line(&parameter));
    }
    for source in spec.sources {
        text += &format!("- {source}\n");
    }
    let needs = match (spec.needs_reference, spec.needs_target) {
        (true, true) => "Needs mastery ceilings and `mixing.target`. ",
        (true, false) => "Needs mastery ceilings. ",
        (false, true) => "Needs `mixing.target`. ",
        (false, false) => "",
    };
    let held_out = match spec.needs_held_out {
        true => "",
        false => "Held-out losses are measured at the run's start and end only. ",
    };
    let cadence = match spec.cadence {
        Cadence::Interval => "",
        Cadence::EveryStep => "Updated after every step unless `mixing.every` says otherwise. ",
    };
    let about = format!("{needs}{held_out}{cadence}{}", spec.notes);
    if !about.is_empty() {
        text += &format!("\n{}\n", about.trim_end());
    }
    text
}

const REQUIRED: &str = "required";

/// `` `eta`: η, the step size; a number above 0, at most 1000000, by default 1.0 ``.
fn parameter_line(parameter: &Parameter<'_>) -> String {
    let name = match parameter.name {
        Parameter::UNNAMED => "in brackets, without a name".to_owned(),
        name => format!("`{name}`"),
    };
    let allowed = match &parameter.slot {
        Slot::Number { allowed, .. } => allowed.text.to_owned(),
        Slot::Word(field) => field.options().join(" or "),
        Slot::Domain { .. } => "a domain".to_owned(),
    };
    let default = match &parameter.slot {
        _ if parameter.is_required() => REQUIRED.to_owned(),
        Slot::Number { field, .. } => format!("by default {field:?}"),
        Slot::Word(field) => format!("by default {}", field.word()),
        Slot::Domain { default, .. } => default_text(*default),
    };
    format!("{name}: {}; {allowed}, {default}", parameter.help)
}

fn default_text(default: DefaultDomain) -> String {
    match default {
        DefaultDomain::Required => REQUIRED.into(),
        DefaultDomain::Named(name) => format!("by default \"{name}\""),
        DefaultDomain::Target => "by default that of `mixing.target`".into(),
    }
}

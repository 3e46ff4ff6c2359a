use super::row::ConfigRow;
use crate::control::{Actor, CommandOutcome, LiveField, LiveValues, NumberedRule, Tunable};
use crate::rules::RunValues;
use crate::telemetry::ConfigValue;
use crate::tui::draw::number;
use crate::tui::look::Role;
use crate::tui::scene::Scene;

/// The live values, each with the command that changed it or its line in the config; none before they
/// are known.
pub(super) fn rows(scene: &Scene<'_>) -> Vec<ConfigRow> {
    let Some(live) = &scene.run.history.live else { return Vec::new() };
    let values = LiveField::all().map(|field| row(scene, live, field));
    values.chain(live.rules.iter().map(|rule| rule_row(scene, rule))).collect()
}

/// A rule, and when it gave its command last, or the values that it waits for.
fn rule_row(scene: &Scene<'_>, numbered: &NumberedRule) -> ConfigRow {
    let NumberedRule { number, rule } = numbered;
    let is_its = |outcome: &CommandOutcome| matches!(&outcome.actor, Actor::Rule { number: of, .. } if of == number);
    let commands = &scene.run.history.commands;
    let given = commands.iter().rev().map(|mark| &mark.outcome).find(|outcome| is_its(outcome));
    let (origin, role_origin) = match given {
        Some(outcome) => (format!("gave its command at step {}", outcome.step), Role::Accent),
        None => match rule.when.found(&RunValues::new(scene.run)) {
            found if found.is_empty() => ("waits".into(), Role::Dim),
            found => (format!("waits: {found}"), Role::Dim),
        },
    };
    let field = format!("rule {number}");
    ConfigRow { field, value: rule.to_string(), origin, role_value: Role::Text, role_origin }
}

fn row(scene: &Scene<'_>, live: &LiveValues, live_field: LiveField) -> ConfigRow {
    let glyphs = scene.look.glyphs();
    let first_value = configured(scene, live_field);
    let now = shown(scene, live, live_field);
    // What is left to the number of steps has no value before they are counted.
    let is_decided = |value: &&ConfigValue| match live_field {
        LiveField::Set(Tunable::Every) => value.value != "None",
        LiveField::Set(Tunable::Length) => value.value.starts_with("Steps"),
        _ => true,
    };
    let first = first_value.filter(is_decided).map(|value| plain(&value.value));
    let differs = first.as_ref().is_some_and(|first| !is_same(first, &now));
    let value = match &first {
        Some(first) if differs => format!("{first} {} {now}", glyphs.arrow),
        _ => now,
    };
    let changed = scene.run.history.changed_by.get(&live_field);
    let (origin, role) = match (changed, first_value) {
        (Some(mark), _) => (command(&mark.outcome), Role::Accent),
        (None, Some(value)) if differs && value.value.starts_with("Auto(") => {
            (format!("solved, {}", super::row::origin(value.origin)), Role::Dim)
        }
        // The checkpoint of a resume holds changed values, whose commands may be in no record.
        (None, Some(_)) if differs => ("from a checkpoint".into(), Role::Accent),
        (None, Some(value)) => (super::row::origin(value.origin), Role::Dim),
        (None, None) if matches!(live_field, LiveField::Mixing | LiveField::Alerts) => {
            ("default".into(), Role::Dim)
        }
        (None, None) => ("not in the config".into(), Role::Dim),
    };
    let role_value = if differs || changed.is_some() { Role::Accent } else { Role::Text };
    ConfigRow { field: live_field.name().into(), value, origin, role_value, role_origin: role }
}

/// The row of a config field whose live value was changed since.
pub(super) fn changed(scene: &Scene<'_>, value: &ConfigValue) -> Option<ConfigRow> {
    let live = scene.run.history.live.as_ref()?;
    let row = row(scene, live, value.live?);
    (row.role_value == Role::Accent).then(|| ConfigRow { field: value.field.clone(), ..row })
}

/// The value of the config that a live value began with.
fn configured<'a>(scene: &Scene<'a>, live: LiveField) -> Option<&'a ConfigValue> {
    scene.run.config.as_ref()?.values.iter().find(|value| value.live == Some(live))
}

fn shown(scene: &Scene<'_>, live: &LiveValues, live_field: LiveField) -> String {
    match live_field {
        LiveField::Target if live.params.targets.is_empty() => "none".into(),
        LiveField::Target => {
            let names: Vec<&str> =
                live.params.targets.iter().map(|id| scene.domain(id.0)).collect();
            names.join(", ")
        }
        LiveField::Set(Tunable::Every) => live.every.to_string(),
        LiveField::Set(Tunable::Lambda) if live.lambda_auto => {
            format!("Auto({})", number::tunable(live.lambda_span))
        }
        LiveField::Set(tunable) => live.get(tunable).map_or_else(|| "none".into(), number::tunable),
        LiveField::Limits if live.params.forgetting_limit.is_empty() => "none".into(),
        LiveField::Limits => {
            let limits = live.params.forgetting_limit.iter();
            let words = limits.map(|(id, limit)| format!("{} {limit}", scene.domain(id.0)));
            words.collect::<Vec<_>>().join(", ")
        }
        LiveField::Mixing => if live.mixing_held { "held" } else { "moving" }.into(),
        LiveField::Rules => live.rules.to_string(),
        LiveField::Alerts => live.alerts_in_words(),
    }
}

/// `set at step 820 by ada@pts/3: general drifts`.
fn command(given: &CommandOutcome) -> String {
    let reason = given.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("set at step {} by {}{reason}", given.step, given.actor)
}

/// A value of the config as this screen writes it: `1.0` is 1, `["law"]` is law, `Confident(1.0)` is 1.
fn plain(ron: &str) -> String {
    if let Ok(value) = ron.parse::<f64>() {
        return number::tunable(value);
    }
    match ron.strip_suffix(')').and_then(|call| call.split_once('(')) {
        Some(("Confident" | "Steps", number)) => return plain(number),
        Some((name, argument)) => return format!("{name}({})", plain(argument)),
        None => {}
    }
    match ron {
        "None" | "[]" | "{}" => "none".into(),
        "Plain" => plain("0"),
        map if map.starts_with('{') => {
            map.trim_matches(['{', '}']).replace('"', "").replace(": ", " ")
        }
        list => list.trim_matches(['[', ']']).replace('"', ""),
    }
}

fn is_same(a: &str, b: &str) -> bool {
    a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_config_are_written_as_live_values_are() {
        let ron = ["1.0", "2e-5", "None", "[]", r#"["law", "code"]"#, "0.30", "Auto(2.0)"];
        let words = ["1", "2e-5", "none", "none", "law, code", "0.3", "Auto(2)"];
        assert_eq!(ron.map(plain), words);
        let ron = ["Plain", "Confident(1.0)", "{}", r#"{"law": 0.02, "code": 0.1}"#];
        assert_eq!(ron.map(plain), ["0", "1", "none", "law 0.02, code 0.1"]);
    }
}

//! All fields of one event.

use crate::control::{CommandOutcome, Verdict};
use crate::mixing::{Outcome, Threshold};
use crate::telemetry::words::kind;
use crate::telemetry::{Event, Record};
use crate::tui::draw::number::{four, short};
use crate::tui::draw::{Canvas, Fact, Panel};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::{Step, grouped};
use serde_json::Value;

/// Draws the event, or a note where none is selected.
pub(super) fn view(scene: &Scene<'_>, record: Option<&Record>, canvas: &mut Canvas<'_>) {
    let title = record.map_or("event", |record| kind(&record.event));
    let number = record.map_or(String::new(), |record| format!("event {}", grouped(record.seq)));
    let facts = match record {
        Some(record) => facts(scene, record),
        None => vec![Fact::new("", "none is selected").with(Role::Dim)],
    };
    canvas.panel(Panel::new(title).right(number)).inset(1).facts(&facts);
}

fn facts(scene: &Scene<'_>, record: &Record) -> Vec<Fact> {
    let mut facts = match &record.event {
        Event::CommandOutcome(outcome) | Event::CommandReplayed(outcome) => {
            commanded(scene, outcome)
        }
        Event::ThresholdTested { step, update, threshold } => {
            tested(scene, *step, *update, threshold)
        }
        event => fields(scene, event),
    };
    facts.push(Fact::new("at", scene.clock(record.unix_ms)));
    facts
}

fn commanded(scene: &Scene<'_>, outcome: &CommandOutcome) -> Vec<Fact> {
    let CommandOutcome { id, step, actor, command, reason, verdict, .. } = outcome;
    let arrow = scene.look.glyphs().arrow;
    // The outcome comes first: there may be few rows.
    let mut facts = vec![Fact::new("request", command.to_string())];
    match verdict {
        Verdict::Applied { old, new } => {
            let change = match (old, new) {
                (Some(old), Some(new)) => format!("applied: {old} {arrow} {new}"),
                (None, Some(new)) => format!("applied: {new}"),
                (Some(old), None) => format!("applied: {old} {arrow} nothing"),
                (None, None) => "applied".into(),
            };
            facts.push(Fact::new("outcome", change).with(Role::Good));
        }
        Verdict::Rejected { why } => {
            facts.push(Fact::new("outcome", format!("rejected: {why}")).with(Role::Error));
        }
    }
    facts.extend([
        Fact::new("by", actor.to_string()),
        Fact::new("why", reason.as_deref().unwrap_or("no reason was given")).with(match reason {
            Some(_) => Role::Text,
            None => Role::Dim,
        }),
        Fact::new("step", step.to_string()),
        Fact::new("command", format!("#{}", id.0)),
    ]);
    facts
}

fn tested(scene: &Scene<'_>, step: Step, update: u64, threshold: &Threshold) -> Vec<Fact> {
    let Threshold { targets, outcome, target_potential, mean_forgetting, ratio, tau, .. } =
        threshold;
    let glyphs = scene.look.glyphs();
    let targets: Vec<&str> = targets.iter().map(|id| scene.domain(id.0)).collect();
    let (word, role) = match outcome {
        Outcome::Expanded => ("expanded: the targets grow by delta", Role::Good),
        Outcome::Held => ("held: too much is forgotten for what is left to learn", Role::Warning),
        Outcome::Limited => (
            "limited: the target would grow, but a domain is beyond its forgetting limit",
            Role::Warning,
        ),
        Outcome::Full => ("full: the targets have all that the floor leaves them", Role::Dim),
    };
    let ratio = ratio.map_or_else(|| "none: nothing was forgotten".into(), short);
    let mut facts = vec![
        Fact::new("outcome", word).with(role),
        Fact::new("targets", targets.join(", ")).with(Role::Target),
        Fact::new(format!("{} target", glyphs.gamma), four(*target_potential)),
        Fact::new(glyphs.mean_phi, four(*mean_forgetting)),
        Fact::new(
            format!("{} {} {}", glyphs.tau, glyphs.times, glyphs.mean_phi),
            four(tau * mean_forgetting),
        ),
        Fact::new("ratio", ratio),
        Fact::new(glyphs.tau, short(*tau)),
    ];
    facts.extend(noise(scene, threshold));
    let beyond: Vec<&str> = threshold.beyond_limit.iter().map(|id| scene.domain(id.0)).collect();
    if !beyond.is_empty() {
        facts.push(Fact::new("beyond limit", beyond.join(", ")).with(Role::Warning));
    }
    facts.extend([Fact::new("step", step.to_string()), Fact::new("update", grouped(update))]);
    facts
}

/// How sure the test is, where its standard error is known.
fn noise(scene: &Scene<'_>, threshold: &Threshold) -> Vec<Fact> {
    let Some(error) = threshold.error else { return Vec::new() };
    let glyphs = scene.look.glyphs();
    let difference = format!(
        "{} - {} {} {} = {}, standard error {}",
        glyphs.gamma,
        glyphs.tau,
        glyphs.times,
        glyphs.mean_phi,
        four(threshold.statistic()),
        four(error)
    );
    let (sure, role) = match threshold.is_within_noise() {
        true => ("no: within 1.96 standard errors", Role::Warning),
        false => ("yes", Role::Good),
    };
    let mut facts =
        vec![Fact::new("difference", difference), Fact::new("beyond noise", sure).with(role)];
    if threshold.confidence > 0.0 {
        facts.push(Fact::new("confidence", short(threshold.confidence)));
        facts.push(Fact::new("margin", four(threshold.margin())));
    }
    facts
}

/// Every field of an event under its name in the record; lists with one number per domain have the
/// domains' names.
fn fields(scene: &Scene<'_>, event: &Event) -> Vec<Fact> {
    let Ok(Value::Object(fields)) = serde_json::to_value(event) else {
        return vec![Fact::new("", "it cannot be written").with(Role::Error)];
    };
    let shown = fields.iter().filter(|(name, _)| *name != "event");
    shown.map(|(name, value)| Fact::new(name.replace('_', " "), plain(scene, value))).collect()
}

fn plain(scene: &Scene<'_>, value: &Value) -> String {
    match value {
        Value::Null => scene.look.glyphs().none.into(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(value) if !(number.is_u64() || number.is_i64()) => short(value),
            _ => number.to_string(),
        },
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
        Value::Array(items) => {
            let named = items.len() == scene.run.domains.len();
            let item = |(i, item): (usize, &Value)| match named {
                true => format!("{} {}", scene.domain(i), plain(scene, item)),
                false => plain(scene, item),
            };
            items.iter().enumerate().map(item).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                format!("{} {}", name.replace('_', " "), plain(scene, value))
            };
            format!("({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

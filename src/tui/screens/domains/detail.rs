//! Everything about one domain.

use super::effects;
use super::row::{DomainColumn, DomainRow, losses};
use super::rows;
use crate::control::{Command, EngineCommand, LiveChange, Verdict};
use crate::telemetry::Lengths;
use crate::tui::draw::number::{four, percent, short, three, tunable};
use crate::tui::draw::{Canvas, Fact, Panel, dotted, highest, range, split_rows};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::scene::meaning::{change_role, limit_words, outcome};
use crate::unit::{DomainId, Step, grouped};
use ratatui::layout::Rect;

/// Rows of the curve at most.
const CURVE: u16 = 8;
/// Columns of the scale beside it.
const SCALE: u16 = 7;
/// Commands and tests that are listed.
const LISTED: usize = 6;

/// Draws the domain, or a note where none is selected.
pub(super) fn view(
    scene: &Scene<'_>,
    row: Option<&DomainRow>,
    shows_rows: bool,
    canvas: &mut Canvas<'_>,
) {
    let title = row.map_or("domain", |row| &row.name);
    let target = if row.is_some_and(|row| row.is_target) { "target" } else { "" };
    let other = if shows_rows { "left: numbers" } else { "right: rows" };
    let right = dotted(scene.look, [target.to_owned(), other.to_owned()]);
    let mut panel = canvas.panel(Panel::new(title).right(right));
    let mut inside = panel.inset(1);
    let Some(row) = row else {
        inside.facts(&[Fact::new("", "none is selected").with(Role::Dim)]);
        return;
    };
    if shows_rows {
        let data = scene.run.data.iter().find(|data| data.domain == row.name);
        rows::view(data.map_or(&[], |data| data.shown.as_slice()), &mut inside);
        return;
    }
    let all = [mixture(scene, row), loss_facts(scene, row), data(scene, row), happened(scene, row)];
    let Rect { width, height, .. } = inside.area();
    if width >= 100 {
        below_a_table(scene, row, &all, &mut inside);
    } else if width >= 56 && width / 2 > height {
        in_two_columns(scene, row, &all, &mut inside);
    } else {
        in_one_column(scene, row, &all, &mut inside);
    }
}

/// Three lists beside each other.
fn below_a_table(
    scene: &Scene<'_>,
    row: &DomainRow,
    all: &[Vec<Fact>; 4],
    canvas: &mut Canvas<'_>,
) {
    let [mixture, losses, data, happened] = all;
    let area = canvas.area();
    let width = area.width / 3;
    let column = |n: u16| Rect { x: area.x + n * width, width: width - 2, ..area };
    canvas.within(column(0)).facts(mixture);
    let below = canvas.within(column(1)).facts(losses);
    curve(scene, row, &mut canvas.within(below));
    let below = canvas.within(column(2)).facts(data);
    canvas.within(below).facts(happened);
}

fn in_two_columns(
    scene: &Scene<'_>,
    row: &DomainRow,
    all: &[Vec<Fact>; 4],
    canvas: &mut Canvas<'_>,
) {
    let [mixture, losses, data, happened] = all;
    let area = canvas.area();
    let width = area.width / 2;
    let column = |n: u16| Rect { x: area.x + n * width, width: width - 1, ..area };
    let below = canvas.within(column(0)).facts(mixture);
    canvas.within(below).facts(data);
    let below = canvas.within(column(1)).facts(losses);
    let below = canvas.within(below).facts(happened);
    curve(scene, row, &mut canvas.within(below));
}

fn in_one_column(
    scene: &Scene<'_>,
    row: &DomainRow,
    all: &[Vec<Fact>; 4],
    canvas: &mut Canvas<'_>,
) {
    let below = canvas.facts(&all[..2].concat());
    let height = CURVE.min(below.height / 3 + 1).min(below.height);
    let (above, rest) = split_rows(below, height);
    curve(scene, row, &mut canvas.within(above));
    let below = canvas.within(rest).facts(&all[2]);
    canvas.within(below).facts(&all[3]);
}

fn mixture(scene: &Scene<'_>, row: &DomainRow) -> Vec<Fact> {
    let glyphs = scene.look.glyphs();
    let fact = |label: &str, column: DomainColumn| {
        Fact::new(label, column.text(row, glyphs)).with(column.role(row))
    };
    let points = if row.change_points.is_nan() { "" } else { " points" };
    let mut facts = vec![
        fact("weight", DomainColumn::Weight),
        Fact::new("last change", DomainColumn::Change.text(row, glyphs) + points)
            .with(change_role(row.change_points)),
        fact("of samples", DomainColumn::SampleShare),
        fact("of targets", DomainColumn::TokenShare),
        fact("detected", DomainColumn::Detected),
    ];
    // Where the strategies that run beside the one in force would have it.
    for shadow in &scene.run.history.shadows {
        if let Some(weight) = shadow.weights.as_slice().get(row.domain) {
            let text = format!("{} %", percent(*weight));
            facts.push(Fact::new(shadow.strategy.as_str(), text).with(Role::Ghost));
        }
    }
    facts.extend(effects::facts(scene.run, row.domain, glyphs));
    facts
}

fn loss_facts(scene: &Scene<'_>, row: &DomainRow) -> Vec<Fact> {
    let glyphs = scene.look.glyphs();
    let standing = scene.run.standing(row.domain);
    let with_unit = |value: f64, unit: &str| match value.is_finite() {
        true => format!("{}{unit}", three(value)),
        false => glyphs.none.into(),
    };
    let nats = |value| with_unit(value, " nats/token");
    let within = |error: Option<f64>| match error.filter(|error| error.is_finite()) {
        Some(error) => format!(" {} {}", glyphs.plus_minus, four(error)),
        None => String::new(),
    };
    let mut facts = vec![
        Fact::new("loss", nats(row.loss) + &within(standing.loss.error)),
        Fact::new("untuned", nats(row.loss_first)).with(Role::Ghost),
        Fact::new("ceiling", nats(row.reference_loss)),
        Fact::new(glyphs.gamma, with_unit(row.potential, "") + &within(standing.potential.error)),
        Fact::new(glyphs.phi, with_unit(row.forgetting, "") + &within(standing.since_update.error))
            .with(DomainColumn::Forgetting.role(row)),
        Fact::new("forgotten", with_unit(row.forgotten, "") + &within(standing.since_start.error))
            .with(DomainColumn::Forgotten.role(row)),
    ];
    facts.extend(limit(scene, row.domain));
    let used = scene.run.history.losses.get(row.domain).map(|loss| loss.used);
    if let Some(used) = used.filter(|used| used.is_finite() && *used != row.loss) {
        facts.insert(1, Fact::new("mixer uses", nats(used)));
    }
    facts
}

/// How much of its forgetting limit is left.
fn limit(scene: &Scene<'_>, domain: usize) -> Option<Fact> {
    let rooms = scene.run.forgetting_rooms();
    let room = rooms.iter().find(|room| room.domain == DomainId(domain))?;
    let (words, role) = limit_words(room);
    Some(Fact::new("its limit", words).with(role))
}

fn data(scene: &Scene<'_>, row: &DomainRow) -> Vec<Fact> {
    let glyphs = scene.look.glyphs();
    let history = &scene.run.history;
    let mut facts = Vec::new();
    if let Some((low, high)) = history.detected_intervals.get(row.domain) {
        let text = format!("{} to {} %", percent(*low), percent(*high));
        facts.push(Fact::new("95 % interval", text).with(Role::Ghost));
    }
    if let Some(first) = history.weights_first.as_ref().and_then(|m| m.as_slice().get(row.domain)) {
        facts.push(Fact::new("first weight", format!("{} %", percent(*first))).with(Role::Ghost));
    }
    let drawn = history.domain_examples.get(row.domain).copied().unwrap_or(0);
    let share = if row.token_share.is_finite() {
        format!(", {} % of all", percent(row.token_share))
    } else {
        String::new()
    };
    facts.push(Fact::new("trained on", format!("{} tokens{share}", grouped(row.tokens))));
    facts.push(Fact::new(
        "rows drawn",
        format!("{}, {} passes", grouped(drawn), DomainColumn::Passes.text(row, glyphs)),
    ));
    let Some(data) = scene.run.data.iter().find(|data| data.domain == row.name) else {
        facts.push(Fact::new("data", "not counted yet").with(Role::Dim));
        return facts;
    };
    let rows = format!("{}, {} tokens", grouped(data.train_rows), data.train_tokens);
    facts.push(Fact::new("training rows", rows));
    let rows =
        format!("{}, {} target tokens", grouped(data.held_out_rows), data.held_out_target_tokens);
    facts.push(Fact::new("held-out rows", rows));
    let left =
        [(data.cut_rows, "cut"), (data.dropped_rows, "dropped"), (data.skipped_rows, "skipped")];
    let words = left.map(|(rows, word)| format!("{} {word}", grouped(rows))).join(", ");
    let role = if data.skipped_rows > 0 { Role::Warning } else { Role::Dim };
    facts.push(Fact::new("of its rows", words).with(role));
    if let Some(Lengths { median, p95, longest }) = data.lengths {
        let text = format!("{median}, 95 % {p95}, longest {longest}");
        facts.push(Fact::new("median tokens", text));
    }
    let shared = data.shared.iter().map(|other| format!("{} {}'s too", other.rows, other.domain));
    let twice =
        (data.duplicate_rows > 0).then(|| format!("{} twice", grouped(data.duplicate_rows)));
    let repeated: Vec<_> = twice.into_iter().chain(shared).collect();
    if !repeated.is_empty() {
        facts.push(Fact::new("repeated", repeated.join(", ")).with(Role::Dim));
    }
    let unused = data.unused_fields();
    if !unused.is_empty() {
        facts.push(Fact::new("unused fields", unused.join(", ")).with(Role::Dim));
    }
    facts
}

/// The newest commands and threshold tests that concern the domain, newest first.
fn happened(scene: &Scene<'_>, row: &DomainRow) -> Vec<Fact> {
    let glyphs = scene.look.glyphs();
    let history = &scene.run.history;
    let label = |step: Step| format!("step {step}");
    let mut facts: Vec<(Step, Fact)> = Vec::new();
    let tests = history.thresholds.iter().rev();
    let tests = tests.filter(|mark| mark.threshold.targets.contains(&DomainId(row.domain)));
    for mark in tests.take(LISTED) {
        let test = &mark.threshold;
        let (word, role) = outcome(test.outcome);
        let ratio = test.ratio.map_or_else(|| glyphs.none.into(), short);
        let text = format!("{word}, ratio {ratio}, {} {}", glyphs.tau, short(test.tau));
        facts.push((mark.step, Fact::new(label(mark.step), text).with(role)));
    }
    let commands = history.commands.iter().rev().map(|mark| &mark.outcome);
    for given in commands.filter(|given| names(&given.command, &row.name)).take(LISTED) {
        let (outcome, role) = match &given.verdict {
            Verdict::Applied { .. } => ("by", Role::Accent),
            Verdict::Rejected { .. } => ("rejected, by", Role::Error),
        };
        let text = format!("{} {outcome} {}", given.command, given.actor);
        facts.push((given.step, Fact::new(label(given.step), text).with(role)));
    }
    facts.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    facts.into_iter().take(LISTED).map(|(_, fact)| fact).collect()
}

/// Whether a command names the domain.
fn names(command: &Command, domain: &str) -> bool {
    match command {
        Command::Live(LiveChange::Target(names)) => names.iter().any(|name| name == domain),
        Command::Engine(EngineCommand::Weights(weights)) => {
            weights.iter().any(|(name, _)| name == domain)
        }
        Command::Live(_) | Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => false,
    }
}

/// The held-out loss over the run, its lowest and highest value beside it.
fn curve(scene: &Scene<'_>, row: &DomainRow, canvas: &mut Canvas<'_>) {
    let area = canvas.area();
    let height = area.height.min(CURVE);
    if height < 2 || area.width < SCALE + 4 {
        return;
    }
    let width = area.width - SCALE;
    let values = highest(&losses(scene, row.domain), usize::from(width));
    let Some((low, high)) = range(&values) else {
        canvas.line(0).put("no loss yet", Role::Dim);
        return;
    };
    canvas.line(0).put_most(SCALE, scale_text(high), Role::Dim);
    canvas.line(height - 1).put_most(SCALE, scale_text(low), Role::Dim);
    let right = Rect { x: area.x + SCALE, width, height, ..area };
    canvas.within(right).hill(&values, (low, high), scene.look.series(row.domain));
}

fn scale_text(value: f64) -> String {
    if value.abs() < 1000.0 { three(value) } else { tunable(value.round()) }
}

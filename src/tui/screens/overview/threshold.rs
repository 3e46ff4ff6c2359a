use crate::control::{CommandOutcome, Verdict};
use crate::telemetry::ThresholdMark;
use crate::tui::draw::{Canvas, Line, Panel, columns, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::scene::meaning::{limit_words, outcome};
use crate::tui::screens::over_time::awaited_test;
use crate::unit::Step;

/// Columns from which on the mean forgetting is shown.
const WITH_MEAN: u16 = 58;
/// Columns from which on numbers have a fourth decimal.
const WIDE: u16 = 64;

/// The latest threshold tests and commands, newest first.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let history = &scene.run.history;
    let counts = format!("{} expanded, {} held", history.expanded, history.held);
    let right = if history.thresholds.is_empty() { String::new() } else { counts };
    let mut inside = canvas.panel(Panel::new("threshold").right(right).chosen(chosen));
    let rows = usize::from(inside.area().height);
    let tests = history.thresholds.iter().rev().take(rows);
    let tests = tests.map(|mark| (mark.step, Entry::Test(mark)));
    let commands = history.commands.iter().rev().take(rows).map(|mark| &mark.outcome);
    let commands = commands.map(|outcome| (outcome.step, Entry::Command(outcome)));
    let mut entries: Vec<(Step, Entry<'_>)> = commands.chain(tests).collect();
    entries.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    if entries.is_empty() {
        inside.note(awaited_test(scene));
    }
    let rooms = scene.run.forgetting_rooms();
    let near: Vec<_> = rooms.iter().filter(|room| room.is_near()).collect();
    for (row, room) in (0..).zip(&near) {
        let (words, role) = limit_words(room);
        let text = format!("{} forgets: limit {words}", scene.domain(room.domain.0));
        inside.line(row).skip(1).put(text, role);
    }
    let first = near.len() as u16;
    for (row, (step, entry)) in (first..inside.area().height).zip(entries) {
        let mut line = inside.line(row);
        let width = line.space();
        // In as many columns as the last step will have.
        let digits = columns(&Step(scene.run.steps.max(step.0)).to_string());
        let step = format!("{:>digits$}", step.to_string(), digits = usize::from(digits));
        line.skip(1).cell(digits, step, Role::Dim).skip(2);
        match entry {
            Entry::Test(mark) => test(scene, mark, &mut line, width),
            Entry::Command(outcome) => command(scene, outcome, &mut line),
        }
    }
}

/// What a line is about.
enum Entry<'a> {
    Test(&'a ThresholdMark),
    Command(&'a CommandOutcome),
}

/// `1,200  expanded  γ law 0.2140 > τ·φ̄ 0.0310  φ̄ 0.0310  ratio 6.90`
fn test(scene: &Scene<'_>, mark: &ThresholdMark, line: &mut Line<'_>, width: u16) {
    let (glyphs, test) = (scene.look.glyphs(), &mark.threshold);
    let (word, role) = outcome(test.outcome);
    let sign = if test.statistic() > 0.0 { ">" } else { glyphs.at_most };
    let noise = if test.is_within_noise() { "  within noise" } else { "" };
    let names: Vec<&str> = test.targets.iter().map(|id| scene.domain(id.0)).collect();
    let ratio = test.ratio.map_or_else(|| glyphs.none.into(), number::short);
    // τ · φ̄ is what is compared; φ̄ itself is shown beside it where it fits.
    let figure = if width >= WIDE { number::four } else { number::three };
    let mean = match width >= WITH_MEAN {
        true => format!("  {} {}", glyphs.mean_phi, figure(test.mean_forgetting)),
        false => String::new(),
    };
    let text = format!(
        "{} {} {} {sign} {}{}{} {}{noise}{mean}  ratio {ratio}",
        glyphs.gamma,
        names.join(","),
        figure(test.target_potential),
        glyphs.tau,
        glyphs.dot,
        glyphs.mean_phi,
        figure(test.tau * test.mean_forgetting),
    );
    line.cell(10, word, role).put(text, Role::Text);
}

/// `◆ 820  set lambda 0.3: 0.2 → 0.3 by user@pts/3 “general drifts”`
fn command(scene: &Scene<'_>, given: &CommandOutcome, line: &mut Line<'_>) {
    let glyphs = scene.look.glyphs();
    let (outcome, role) = match &given.verdict {
        Verdict::Applied { old: Some(old), new: Some(new) } => {
            (format!(": {old} {} {new}", glyphs.arrow), Role::Accent)
        }
        Verdict::Applied { .. } => (String::new(), Role::Accent),
        Verdict::Rejected { why } => (format!(": rejected: {why}"), Role::Error),
    };
    let why = given.reason.as_ref().map_or_else(String::new, |why| format!(" “{why}”"));
    let text = format!("{} {}{outcome} by {}{why}", glyphs.diamond, given.command, given.actor);
    line.put(text, role);
}

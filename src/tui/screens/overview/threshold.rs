use crate::control::{CommandOutcome, Verdict};
use crate::telemetry::ThresholdMark;
use crate::tui::draw::{Canvas, Line, Panel, columns, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::scene::meaning::{limit_words, outcome};
use crate::tui::screens::over_time::awaited_test;
use crate::unit::Step;
use crate::verdict::decision;

/// Behind a test that rows drawn anew could well have decided otherwise, and the sign where that has no room.
const NOISE: &str = "within noise";
const ABOUT: &str = "≈";

/// The latest threshold tests and edits of the run, newest first.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let history = &scene.run.history;
    let counts = format!("{} expanded, {} held", history.expanded, history.held);
    let right = if history.thresholds.is_empty() { String::new() } else { counts };
    let mut inside = canvas.panel(Panel::new("threshold").right(right).chosen(chosen));
    let rows = usize::from(inside.area().height);
    let tests = history.thresholds.iter().rev().take(rows);
    let tests = tests.map(|mark| (mark.step, Entry::Test(mark)));
    // Saves and pauses are on the events screen; here they would leave no test in sight.
    let edits = history.commands.iter().rev().map(|mark| &mark.outcome);
    let commands = edits.filter(|outcome| outcome.command.is_edit()).take(rows);
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
        // In as many columns as the last step will have.
        let digits = columns(&Step(scene.run.steps.max(step.0)).to_string());
        let step = format!("{:>digits$}", step.to_string(), digits = usize::from(digits));
        line.skip(1).skip_end(1).cell(digits, step, Role::Dim).skip(2);
        match entry {
            Entry::Test(mark) => test(scene, mark, &mut line),
            Entry::Command(outcome) => command(scene, outcome, &mut line),
        }
    }
}

/// What a line is about.
enum Entry<'a> {
    Test(&'a ThresholdMark),
    Command(&'a CommandOutcome),
}

/// `1,200  held      0.6 % to gain ≤ 30 × 0.07 % forgotten  within noise  γ law 0.006  φ̄ 0.0007  ratio 8.6`: the
/// decision in words, and behind them the numbers, as far as they fit.
fn test(scene: &Scene<'_>, mark: &ThresholdMark, line: &mut Line<'_>) {
    let (glyphs, test) = (scene.look.glyphs(), &mark.threshold);
    let (word, role) = outcome(test.outcome);
    line.cell(9, word, role);
    let text = decision(test);
    let has_room = columns(&text) + 2 + columns(NOISE) <= line.space();
    match (test.is_within_noise(), has_room) {
        (true, true) => line.put(text, Role::Text).skip(2).put(NOISE, Role::Warning),
        (true, false) => line.end(ABOUT, Role::Warning).skip_end(1).put(text, Role::Text),
        (false, _) => line.put(text, Role::Text),
    };
    let names: Vec<&str> = test.targets.iter().map(|id| scene.domain(id.0)).collect();
    let ratio = test.ratio.map_or_else(|| glyphs.none.into(), number::short);
    let numbers = format!(
        "{} {} {}  {} {}  ratio {ratio}",
        glyphs.gamma,
        names.join(","),
        number::four(test.target_potential),
        glyphs.mean_phi,
        number::four(test.mean_forgetting),
    );
    if columns(&numbers) + 2 <= line.space() {
        line.skip(2).put(numbers, Role::Dim);
    }
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

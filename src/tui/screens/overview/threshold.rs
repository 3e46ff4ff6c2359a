use crate::control::{CommandOutcome, Verdict};
use crate::mixing::Outcome;
use crate::telemetry::ThresholdMark;
use crate::tui::look::Role;
use crate::tui::scene::meaning::outcome;
use crate::tui::draw::number;
use crate::tui::scene::{Scene, columns, panel, put};
use crate::tui::screens::over_time::awaited_test;
use crate::unit::Step;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns from which on a line has room for the mean forgetting.
const ROOMY: u16 = 58;
/// Columns from which on it has room for a fourth decimal.
const WIDE: u16 = 64;

/// The latest threshold tests and commands, newest first.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let history = &scene.run.history;
    let counts = format!("{} expanded, {} held", history.expanded, history.held);
    let right = if history.thresholds.is_empty() { String::new() } else { counts };
    let inside = panel(buf, scene.look, area, "threshold", &right, chosen);
    let rows = usize::from(inside.height);
    let tests =
        history.thresholds.iter().rev().take(rows).map(|mark| (mark.step, Line::Test(mark)));
    let commands = history.commands.iter().rev().take(rows).map(|mark| {
        let outcome = &mark.outcome;
        (outcome.step, Line::Command(outcome))
    });
    let mut lines: Vec<(Step, Line<'_>)> = commands.chain(tests).collect();
    lines.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    if lines.is_empty() {
        put(
            buf,
            scene.look,
            inside.x + 1,
            inside.y,
            inside.width,
            awaited_test(scene),
            scene.style(Role::Dim),
        );
    }
    for (y, (step, line)) in (inside.y..inside.bottom()).zip(lines) {
        let row = Rect { y, height: 1, ..inside };
        match line {
            Line::Test(mark) => test(scene, step, mark, row, buf),
            Line::Command(outcome) => command(scene, step, outcome, row, buf),
        }
    }
}

enum Line<'a> {
    Test(&'a ThresholdMark),
    Command(&'a CommandOutcome),
}

/// `1,200  expanded  γ law 0.2140 > τ·φ̄ 0.0310  φ̄ 0.0310  ratio 6.90`
fn test(scene: &Scene<'_>, step: Step, mark: &ThresholdMark, row: Rect, buf: &mut Buffer) {
    let (glyphs, test) = (scene.look.glyphs(), &mark.threshold);
    let (word, role) = outcome(test.outcome);
    let sign = if test.outcome == Outcome::Held { glyphs.at_most } else { ">" };
    let x = start(scene, step, row, buf);
    put(buf, scene.look, x, row.y, row.right().saturating_sub(x), word, scene.style(role));
    let names: Vec<&str> = test.targets.iter().map(|id| scene.domain(id.0)).collect();
    let ratio = test.ratio.map_or_else(|| glyphs.none.into(), number::short);
    // τ · φ̄ is what is compared; φ̄ itself stands beside it where there is room.
    let figure = if row.width >= WIDE { number::four } else { number::three };
    let mean = match row.width >= ROOMY {
        true => format!("  {} {}", glyphs.mean_phi, figure(test.mean_forgetting)),
        false => String::new(),
    };
    let text = format!(
        "{} {} {} {sign} {}{}{} {}{mean}  ratio {ratio}",
        glyphs.gamma,
        names.join(","),
        figure(test.target_potential),
        glyphs.tau,
        glyphs.dot,
        glyphs.mean_phi,
        figure(test.tau * test.mean_forgetting),
    );
    let x = x + 10;
    put(buf, scene.look, x, row.y, row.right().saturating_sub(x), &text, scene.style(Role::Text));
}

/// `◆ 820  set lambda 0.3: 0.2 → 0.3 by user@pts/3 “general drifts”`
fn command(scene: &Scene<'_>, step: Step, given: &CommandOutcome, row: Rect, buf: &mut Buffer) {
    let glyphs = scene.look.glyphs();
    let x = start(scene, step, row, buf);
    let (outcome, role) = match &given.verdict {
        Verdict::Applied { old: Some(old), new: Some(new) } => {
            (format!(": {old} {} {new}", glyphs.arrow), Role::Accent)
        }
        Verdict::Applied { .. } => (String::new(), Role::Accent),
        Verdict::Rejected { why } => (format!(": rejected: {why}"), Role::Error),
    };
    let why = given.reason.as_ref().map_or_else(String::new, |why| format!(" “{why}”"));
    let text = format!("{} {}{outcome} by {}{why}", glyphs.diamond, given.command, given.actor);
    put(buf, scene.look, x, row.y, row.right().saturating_sub(x), &text, scene.style(role));
}

/// The step, right-aligned in as many columns as the last one will have; returns what lies behind.
fn start(scene: &Scene<'_>, step: Step, row: Rect, buf: &mut Buffer) -> u16 {
    let width = columns(&Step(scene.run.steps.max(step.0)).to_string());
    let text = format!("{:>width$}", step.to_string(), width = usize::from(width));
    row.x + 1 + put(buf, scene.look, row.x + 1, row.y, width, &text, scene.style(Role::Dim)) + 2
}

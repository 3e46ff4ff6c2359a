//! Parts of charts over the run that several screens share: points, ceilings, labels, marks.

use crate::control::CommandOutcome;
use crate::telemetry::{Incident, Point, Series};
use crate::tui::chart::{Level, Mark, Sieve, Sight, smooth};
use crate::tui::draw::{columns, fit, number};
use crate::tui::look::{Glyphs, Marks, Role};
use crate::tui::scene::Scene;
use crate::tui::timeline::Timeline;
use crate::unit::Step;

/// Columns of a value beside a name.
const VALUE: u16 = 7;
/// Columns of a plot from which on values are beside the names.
const WIDE: u16 = 70;
/// Columns from one checkpoint's mark to the next.
const CLOSE: f64 = 4.0;
/// How values of steps become the points of a curve that can be seen.
#[derive(Clone, Copy)]
pub(super) struct Along<'a> {
    pub timeline: &'a Timeline,
    pub sight: Sight,
    /// What values are divided by.
    pub per: f64,
}

impl<'a> Along<'a> {
    pub fn new(timeline: &'a Timeline, sight: Sight) -> Self {
        Along { timeline, sight, per: 1.0 }
    }

    /// The points of a curve.
    pub fn all(self, series: &Series) -> Vec<(f64, f64)> {
        let (mut cursor, mut sieve) = (self.timeline.cursor(), Sieve::new(self.sight));
        series.each_span(|span| {
            sieve.push_span(&span.divided(self.per), |step| cursor.x(step as f64));
        });
        sieve.into_points()
    }

    /// The same where a value holds until the next: a second point makes the corner of the stairs.
    pub fn stairs(self, series: &Series) -> Vec<(f64, f64)> {
        let (mut cursor, mut sieve) = (self.timeline.cursor(), Sieve::new(self.sight));
        let mut held = None;
        for Point { step, value } in series.points() {
            let (x, y) = (cursor.x(step as f64), value / self.per);
            if let Some(before) = held.replace(y) {
                sieve.push(x, before);
            }
            sieve.push(x, y);
        }
        sieve.into_points()
    }

    /// Those of its exponential moving average with this weight of the past.
    pub fn smoothed(self, series: &Series, b: f64) -> Vec<(f64, f64)> {
        let (mut cursor, mut sieve) = (self.timeline.cursor(), Sieve::new(self.sight));
        smooth(series.means(), b)
            .for_each(|mean| sieve.push(cursor.x(mean.step as f64), mean.value / self.per));
        sieve.into_points()
    }
}

/// The mastery ceilings of the domains that are shown.
pub(super) fn reference_losses(scene: &Scene<'_>, shown: impl Fn(usize) -> bool) -> Vec<Level> {
    let reference_losses = scene.run.history.reference_losses.iter().enumerate();
    let shown = reference_losses.filter(|(domain, value)| {
        value.is_finite() && *domain < scene.run.domains.len() && shown(*domain)
    });
    let level = |(domain, value): (usize, &f64)| Level {
        value: *value,
        from_to: (f64::NEG_INFINITY, f64::INFINITY),
        label: format!("ceiling {} {}", scene.domain(domain), number::three(*value)),
        style: scene.look.series(domain),
    };
    shown.map(level).collect()
}

/// The note before the first threshold test.
pub(super) fn awaited_test(scene: &Scene<'_>) -> &'static str {
    let live = scene.run.history.live.as_ref();
    match live.map(|live| live.params.targets.is_empty()) {
        Some(true) => "no target: nothing is tested; t chooses one",
        Some(false) => "no test yet: the first comes with the first mixture update",
        None => "no test yet: they are made while the run trains",
    }
}

/// Columns of the labels at the right of a plot of `width` columns.
pub(super) fn labels(scene: &Scene<'_>, width: u16) -> u16 {
    let name = name_width(scene);
    // Where curves have signs, labels have them too.
    let sign = if scene.look.marks == Marks::Ascii { 2 } else { 0 };
    sign + if width >= WIDE { name + 1 + VALUE } else { name }
}

/// The label of a domain's curve in a plot of `width` columns.
pub(super) fn label(scene: &Scene<'_>, name: &str, value: &str, width: u16) -> String {
    if width < WIDE {
        return name.to_owned();
    }
    let width = usize::from(name_width(scene));
    let name: String = name.chars().take(width).collect();
    format!("{name:width$} {value:>6}")
}

/// Columns of a domain's name beside a plot.
fn name_width(scene: &Scene<'_>) -> u16 {
    scene.name_width().max(columns("training"))
}

/// Something that is marked on the x axis.
pub(super) enum Happening<'a> {
    Saved,
    Commanded(&'a CommandOutcome),
    Other(&'a Incident),
}

/// All happenings with their steps; the more important ones come later.
fn happenings<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (Step, Happening<'a>)> + use<'a> {
    let history = &scene.run.history;
    let saved = history.checkpoints.iter().map(|step| (*step, Happening::Saved));
    let applied = history.commands.iter().map(|mark| &mark.outcome).filter(|o| o.is_applied());
    let commanded = applied.map(|outcome| (outcome.step, Happening::Commanded(outcome)));
    let others = history.incidents.iter().map(|mark| (mark.step, Happening::Other(&mark.incident)));
    saved.chain(commanded).chain(others)
}

/// The steps of all that is marked on the x axis.
pub(super) fn marked_steps<'a>(scene: &Scene<'a>) -> impl Iterator<Item = Step> + use<'a> {
    happenings(scene).map(|(step, _)| step)
}

impl Happening<'_> {
    fn sign(&self, glyphs: &Glyphs) -> (&'static str, Role) {
        match self {
            Happening::Saved => ("s", Role::Dim),
            Happening::Commanded(_) => (glyphs.diamond, Role::Target),
            Happening::Other(Incident::Resumed) => ("r", Role::Accent),
            Happening::Other(Incident::StepSkipped | Incident::LossRejected(_)) => {
                ("!", Role::Warning)
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Happening::Saved => "saved".into(),
            Happening::Commanded(outcome) => outcome.command.to_string(),
            Happening::Other(Incident::Resumed) => "resumed".into(),
            Happening::Other(Incident::StepSkipped) => "step not taken".into(),
            Happening::Other(Incident::LossRejected(domain)) => {
                format!("loss of {domain} not used")
            }
        }
    }
}

/// Columns of the words about a happening.
const WORDS: usize = 32;

/// The happenings as marks on an x axis whose part `from..=to` is shown in `columns` columns. A
/// checkpoint close to the one before gets no mark, so that the ticks stay readable.
pub(super) fn marks(
    scene: &Scene<'_>,
    timeline: &Timeline,
    (from, to): (f64, f64),
    columns: u16,
) -> Vec<Mark> {
    let close = CLOSE * (to - from) / f64::from(columns.max(1));
    let mut last_saved = f64::NEG_INFINITY;
    let is_apart = |(step, happening): &(Step, Happening<'_>)| {
        let x = timeline.x(step.0 as f64);
        if !matches!(happening, Happening::Saved) {
            return true;
        }
        let apart = x - last_saved >= close;
        last_saved = if apart { x } else { last_saved };
        apart
    };
    let mark = |(step, happening): (Step, Happening<'_>)| {
        let (glyph, role) = happening.sign(scene.look.glyphs());
        Mark { x: timeline.x(step.0 as f64), glyph, style: scene.style(role) }
    };
    happenings(scene).filter(is_apart).map(mark).collect()
}

/// The happening nearest to `x` in words, if it is not further away than `near`.
pub(super) fn nearby(scene: &Scene<'_>, timeline: &Timeline, x: f64, near: f64) -> Option<String> {
    let away = |(step, _): &(Step, Happening<'_>)| (timeline.x(step.0 as f64) - x).abs();
    let all: Vec<_> = happenings(scene).filter(|happening| away(happening) <= near).collect();
    // Of several at one step the last is the most important.
    let nearest = all.iter().rev().min_by(|a, b| away(a).total_cmp(&away(b)));
    nearest.map(|(_, happening)| {
        let text = format!("{} {}", happening.sign(scene.look.glyphs()).0, happening.words());
        fit(scene.look, &text, WORDS).into_owned()
    })
}

use super::{Axis, Timeline};
use crate::telemetry::RunState;
use crate::tui::chart::{PlotLayout, Window};
use crate::tui::input::{Action, Mouse};
use crate::unit::Step;

/// Factor of the shown width by which a key or a notch of the wheel zooms in.
const ZOOM: f64 = 1.0 / 1.5;
/// Part of the shown width by which a key moves it.
const PAN: f64 = 0.25;

/// The shown part of the x axis, and the crosshair on it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct View {
    axis: Axis,
    window: Window,
    crosshair: Option<f64>,
    /// Whether the axis goes on to the end of the ways that rollbacks left.
    has_abandoned: bool,
}

impl View {
    /// The whole run with the ways that rollbacks left.
    pub fn with_abandoned() -> Self {
        View { has_abandoned: true, ..View::default() }
    }

    /// The axis for a run.
    pub fn timeline(&self, run: &RunState) -> Timeline {
        let timeline = Timeline::new(run, self.axis);
        if self.has_abandoned { timeline.with_abandoned(run) } else { timeline }
    }

    /// The quantity of the axis.
    pub fn axis(&self) -> Axis {
        self.axis
    }

    /// The first and the last x that are shown.
    pub fn range(&self, timeline: &Timeline) -> (f64, f64) {
        self.window.range(timeline.extent())
    }

    /// The x of the crosshair, if it is within the shown part; steps are whole numbers.
    pub fn crosshair(&self, timeline: &Timeline) -> Option<f64> {
        let (from, to) = self.range(timeline);
        let x = self.crosshair.filter(|x| (from..=to).contains(x))?;
        match self.axis {
            // The whole step beside the edge is within the picture, the one beyond is not.
            Axis::Step => Some(x.round().max(from.ceil()).min(to.floor())),
            Axis::Tokens | Axis::Time => Some(x),
        }
    }

    /// The shown part in words.
    pub fn text(&self, timeline: &Timeline) -> String {
        if self.window.is_whole() {
            return "the whole run".into();
        }
        if self.window.follows() {
            return "the newest part".into();
        }
        let (from, to) = self.range(timeline);
        let (from, to) = (self.axis.text(from), self.axis.text(to));
        format!("{from} to {}", to.trim_start_matches("step ").trim_start_matches("after "))
    }

    /// Carries out an action on a plot with this number of columns; `false` where the action is not
    /// about the x axis.
    pub fn act(&mut self, action: Action, run: &RunState, columns: u16) -> bool {
        let timeline = self.timeline(run);
        let extent = timeline.extent();
        let (from, to) = self.range(&timeline);
        let focus = self.crosshair.filter(|x| (from..=to).contains(x)).unwrap_or(to);
        match action {
            Action::ZoomIn => self.window.zoom(ZOOM, focus, extent),
            Action::ZoomOut => self.window.zoom(1.0 / ZOOM, focus, extent),
            Action::ZoomReset => self.window = Window::default(),
            Action::PanLeft => self.window.pan(-PAN, extent),
            Action::PanRight => self.window.pan(PAN, extent),
            Action::First => self.window.pan(f64::MIN, extent),
            Action::Last => {
                self.window.pan(f64::MAX, extent);
                self.crosshair = None;
            }
            Action::Left => self.step(-1.0, (from, to), columns),
            Action::Right => self.step(1.0, (from, to), columns),
            Action::XAxis => self.next_axis(run, &timeline),
            Action::Back if self.crosshair.is_some() => self.crosshair = None,
            _ => return false,
        }
        true
    }

    /// Carries out what the mouse does over a plot; `false` where it does nothing there.
    pub fn mouse(&mut self, mouse: Mouse, layout: &PlotLayout, run: &RunState) -> bool {
        let timeline = self.timeline(run);
        let (from, to) = self.range(&timeline);
        let at = |column| from + layout.share(column) * (to - from);
        match mouse {
            Mouse::Click(position) if !layout.columns().contains(&position.x) => return false,
            Mouse::Click(position) => self.crosshair = Some(at(position.x)),
            Mouse::Drag(before, now) => {
                let moved = f64::from(before.x) - f64::from(now.x);
                self.window.pan(moved / f64::from(layout.plot.width.max(1)), timeline.extent());
            }
            Mouse::Wheel { at: position, up } => {
                let factor = if up { ZOOM } else { 1.0 / ZOOM };
                self.window.zoom(factor, at(position.x), timeline.extent());
            }
        }
        true
    }

    /// Puts the crosshair on a step, in the middle of the shown part where that does not reach there.
    pub fn show_step(&mut self, step: Step, run: &RunState) {
        let timeline = self.timeline(run);
        let x = timeline.x(step.0 as f64);
        let (from, to) = self.range(&timeline);
        if !(from..=to).contains(&x) {
            let half = (to - from) / 2.0;
            self.window.show((x - half, x + half), timeline.extent());
        }
        self.crosshair = Some(x);
    }

    /// Puts the crosshair on the next of these steps, or on the one before; from the end where there is none yet.
    /// `false` where no step lies that way.
    pub fn show_next(
        &mut self,
        steps: impl Iterator<Item = Step>,
        forward: bool,
        run: &RunState,
    ) -> bool {
        let timeline = self.timeline(run);
        let end = run.history.step.0 as f64 + 1.0;
        let from = self.crosshair.map_or(end, |x| timeline.step(x));
        let away = |step: &Step| (step.0 as f64 - from) * if forward { 1.0 } else { -1.0 };
        // The crosshair may be between two steps.
        let beyond = steps.filter(|step| away(step) > 0.5);
        let Some(next) = beyond.min_by(|a, b| away(a).total_cmp(&away(b))) else { return false };
        self.show_step(next, run);
        true
    }

    /// Moves the crosshair by `columns` of a plot with `all`; it first appears at the right end.
    fn step(&mut self, columns: f64, (from, to): (f64, f64), all: u16) {
        let column = (to - from) / f64::from(all.max(1));
        let x = self.crosshair.map_or(to, |x| x + columns * column);
        self.crosshair = Some(x.clamp(from, to));
    }

    /// The next axis; the same steps are shown on it.
    fn next_axis(&mut self, run: &RunState, old: &Timeline) {
        self.axis = self.axis.next();
        let new = self.timeline(run);
        let moved = |x: f64| new.x(old.step(x));
        let (from, to) = self.window.range(old.extent());
        if !self.window.is_whole() {
            let follows = self.window.follows();
            self.window.show((moved(from), moved(to)), new.extent());
            if follows {
                self.window.pan(f64::MAX, new.extent());
            }
        }
        self.crosshair = self.crosshair.map(moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{fold, opening, records, step_sample};

    use ratatui::layout::{Position, Rect};

    fn run(steps: u64) -> RunState {
        let mut events = opening();
        events.extend((1..=steps).map(step_sample));
        fold(&records(events))
    }

    fn timeline(run: &RunState) -> Timeline {
        Timeline::new(run, Axis::Step)
    }

    fn shown(view: &View, run: &RunState) -> (f64, f64) {
        view.range(&Timeline::new(run, view.axis()))
    }

    #[test]
    fn a_zoom_at_the_end_follows_the_run() {
        let mut view = View::default();
        assert!(view.act(Action::ZoomIn, &run(300), 100));
        assert_eq!(shown(&view, &run(300)), (100.0, 300.0));
        assert_eq!(shown(&view, &run(400)), (200.0, 400.0));
        view.act(Action::PanLeft, &run(400), 100);
        assert_eq!(shown(&view, &run(900)), (150.0, 350.0));
        view.act(Action::First, &run(900), 100);
        assert_eq!(shown(&view, &run(900)), (0.0, 200.0));
        view.act(Action::Last, &run(900), 100);
        assert_eq!(shown(&view, &run(1000)), (800.0, 1000.0));
        assert!(!view.act(Action::Pause, &run(900), 100));
    }

    #[test]
    fn a_zoom_is_centred_on_the_crosshair() {
        let mut view = View::default();
        for _ in 0..51 {
            view.act(Action::Left, &run(400), 100);
        }
        assert_eq!(view.crosshair(&timeline(&run(400))), Some(200.0));
        view.act(Action::ZoomIn, &run(400), 100);
        let (from, to) = shown(&view, &run(400));
        assert!((from + to - 400.0).abs() < 1e-9, "{from} {to}");
        view.act(Action::Back, &run(400), 100);
        assert_eq!(view.crosshair(&timeline(&run(400))), None);
        assert!(!view.act(Action::Back, &run(400), 100));
    }

    #[test]
    fn another_axis_shows_the_same_steps() {
        let (run, mut view) = (run(400), View::default());
        view.act(Action::ZoomIn, &run, 100);
        view.act(Action::PanLeft, &run, 100);
        let steps = shown(&view, &run);
        view.act(Action::XAxis, &run, 100);
        let tokens = shown(&view, &run);
        assert!((tokens.0 - steps.0 * 512.0).abs() < 1e-6, "{tokens:?} of {steps:?}");
        view.act(Action::XAxis, &run, 100);
        view.act(Action::XAxis, &run, 100);
        let again = shown(&view, &run);
        assert!((again.0 - steps.0).abs() < 1e-6 && (again.1 - steps.1).abs() < 1e-6);
    }

    #[test]
    fn the_mouse_reads_zooms_and_pans() {
        let (run, mut view) = (run(400), View::default());
        let layout = PlotLayout::fit(Rect::new(0, 0, 108, 20), 0, true).unwrap();
        let at = |share: f64| Position { x: layout.plot.x + (share * 100.0) as u16, y: 5 };
        assert_eq!(layout.plot.width, 100);
        view.mouse(Mouse::Wheel { at: at(0.25), up: true }, &layout, &run);
        let (from, to) = shown(&view, &run);
        // Of 400 steps 2/3; step 102 (the middle of its column) stays where it was.
        assert!((to - from - 400.0 / 1.5).abs() < 1e-9);
        assert!((from + 0.255 * (to - from) - 102.0).abs() < 1e-9);
        view.mouse(Mouse::Drag(at(0.1), at(0.2)), &layout, &run);
        assert!((shown(&view, &run).0 - (from - 40.0 / 1.5)).abs() < 1e-9);
        // A click on the labels beside the picture reads nothing; one at its edge reads the step
        // that is within.
        let labels = Position { x: layout.plot.x - 2, y: 5 };
        assert!(!view.mouse(Mouse::Click(labels), &layout, &run));
        assert_eq!(view.crosshair(&timeline(&run)), None);
        for share in [0.0, 0.99] {
            view.mouse(Mouse::Click(at(share)), &layout, &run);
            let (from, to) = shown(&view, &run);
            let read = view.crosshair(&timeline(&run)).unwrap();
            assert!((from..=to).contains(&read), "{read} of {from} to {to}");
        }
    }
}

//! The legend beside the pictures: check boxes of metrics and domains, and how they are drawn.

use super::legend::{Entry, Legend, Shown};
use super::metric::Metric;
use super::style::CurveStyle;
use crate::tui::draw::{Canvas, Fact, Line, Panel, below_title, columns, number, split_rows};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use ratatui::layout::{Position, Rect};

/// Rows of the facts about how curves are drawn, their title included.
const FACTS: u16 = 7;
/// Domains that have a line each before the facts go.
const LEAST_DOMAINS: u16 = 4;

/// The panels of the legend.
pub(super) struct Panels {
    metrics: Rect,
    domains: Rect,
    drawn: Rect,
}

impl Panels {
    /// As they lie in an area, for so many domains.
    pub fn new(area: Rect, domains: usize) -> Self {
        let domains = u16::try_from(domains).unwrap_or(u16::MAX);
        let (metrics, rest) = split_rows(area, Metric::ALL.len() as u16 + 1);
        let facts = match rest.height > FACTS + domains.min(LEAST_DOMAINS) {
            true => FACTS,
            false => 0,
        };
        let listed = if domains == 0 { 0 } else { domains.saturating_add(1) };
        let (domains, drawn) = split_rows(rest, listed.min(rest.height - facts));
        Panels { metrics, domains, drawn }
    }

    /// The line at a position.
    pub fn entry_at(&self, at: Position, legend: &Legend, domains: usize) -> Option<Entry> {
        let metric = legend.metrics.line_at(Metric::ALL.len(), below_title(self.metrics), at);
        let domain = || legend.domains.line_at(domains, below_title(self.domains), at);
        metric.map(Entry::Metric).or_else(|| domain().map(Entry::Domain))
    }

    /// Adapts the lists to their areas.
    pub fn fit(&self, legend: &mut Legend, domains: usize) {
        let rows = |panel: Rect| usize::from(below_title(panel).height);
        legend.metrics.fit(Metric::ALL.len(), rows(self.metrics));
        legend.domains.fit(domains, rows(self.domains));
    }
}

/// The legend as it is drawn.
pub(super) struct LegendView<'a> {
    pub legend: &'a Legend,
    pub shown: &'a Shown,
    pub style: &'a CurveStyle,
}

impl LegendView<'_> {
    /// Draws it beside the pictures.
    pub fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let domains = scene.run.domains.len();
        let panels = Panels::new(canvas.area(), domains);
        let selected = self.legend.selected();
        let mut inside = canvas.within(panels.metrics);
        let mut inside = inside.panel("metrics");
        for (index, row) in self.legend.metrics.seen(Metric::ALL.len(), inside.area()) {
            let mut row = inside.within(row);
            if let Some(metric) = Metric::ALL.get(index) {
                self.metric(scene, *metric, &mut row.line(0));
            }
            if selected == Entry::Metric(index) {
                row.paint(Role::Selection);
            }
        }
        if panels.domains.height > 0 {
            self.domains(scene, &mut canvas.within(panels.domains));
        }
        if panels.drawn.height > 1 {
            let facts = drawn_facts(self.style, scene);
            canvas.within(panels.drawn).panel("drawn").inset(1).facts(&facts);
        }
    }

    fn domains(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let (count, below) = (scene.run.domains.len(), below_title(canvas.area()));
        let more = self.legend.domains.more(count, below, scene.look.glyphs());
        let mut inside = canvas.panel(Panel::new("domains").right(more));
        for (index, row) in self.legend.domains.seen(count, inside.area()) {
            let mut row = inside.within(row);
            self.domain(scene, index, &mut row.line(0));
            if self.legend.selected() == Entry::Domain(index) {
                row.paint(Role::Selection);
            }
        }
    }

    /// `● training loss    1.981`
    fn metric(&self, scene: &Scene<'_>, metric: Metric, line: &mut Line<'_>) {
        let glyphs = scene.look.glyphs();
        let (sign, sign_role, role) = match self.legend.drawn().contains(&metric) {
            true => (glyphs.lamp, Role::Accent, Role::Text),
            false => (glyphs.level, Role::Dim, Role::Dim),
        };
        line.skip(1).skip_end(1).cell(2, sign, sign_role).put(metric.name(glyphs), role).skip(1);
        if let ([series], false) = (metric.series(&scene.run.history.curves), metric.is_by_domain())
            && let Some(last) = series.last()
        {
            let text = format!("{} {}", metric.text()(last / metric.per()), short_unit(metric));
            line.end(text.trim_end(), role);
        }
    }

    /// `● law              1.750`: in the domain's colour, with its newest held-out loss.
    fn domain(&self, scene: &Scene<'_>, domain: usize, line: &mut Line<'_>) {
        let (glyphs, series) = (scene.look.glyphs(), scene.look.series(domain));
        let is_on = self.shown.has(domain);
        let sign = if is_on { glyphs.lamp } else { glyphs.level };
        line.skip(1).skip_end(1).cell(2, sign, series);
        let loss = scene.run.history.losses.get(domain).map(|loss| loss.last);
        if let Some(loss) = loss.filter(|loss| loss.is_finite()) {
            line.end(number::three(loss), if is_on { Role::Text } else { Role::Dim }).skip_end(1);
        }
        match is_on {
            true => line.put(scene.domain(domain), series),
            false => line.put(scene.domain(domain), Role::Dim),
        };
    }

    /// Draws one line above the pictures, on a narrow terminal: the selected metric or domain.
    pub fn view_line(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let glyphs = scene.look.glyphs();
        let domains = scene.run.domains.len();
        let (name, is_on, at, count) = match self.legend.selected() {
            Entry::Metric(index) => {
                let Some(metric) = Metric::ALL.get(index) else { return };
                let is_on = self.legend.drawn().contains(metric);
                (metric.name(glyphs), is_on, index, Metric::ALL.len())
            }
            Entry::Domain(index) => {
                (scene.domain(index).to_owned(), self.shown.has(index), index, domains)
            }
        };
        let (sign, role) = match is_on {
            true => (glyphs.lamp, Role::Accent),
            false => (glyphs.level, Role::Text),
        };
        let mut line = canvas.line(0);
        line.skip(1).skip_end(1).put(format!("{} {sign} {name}", glyphs.pointer), role).skip(2);
        let timeline = self.style.view.timeline(scene.run);
        let number = format!("{} of {count}", at + 1);
        let text = format!("{number} {} {}", glyphs.dot, self.style.view.text(&timeline));
        let text = if columns(&text) <= line.space() { text } else { number };
        line.end(text, Role::Dim);
    }
}

/// The unit of a metric, if it is short.
fn short_unit(metric: Metric) -> &'static str {
    Some(metric.unit()).filter(|unit| unit.len() <= 3).unwrap_or("")
}

/// How the curves are drawn, and the newest command.
fn drawn_facts(style: &CurveStyle, scene: &Scene<'_>) -> Vec<Fact> {
    let timeline = style.view.timeline(scene.run);
    let smoothing = match style.smoothing() {
        0.0 => "none".into(),
        b => format!("EMA {b}"),
    };
    let mut facts = vec![
        Fact::new("x axis", style.view.axis().quantity().0),
        Fact::new("shown", style.view.text(&timeline)),
        Fact::new("y axis", if style.log { "logarithmic" } else { "linear" }),
        Fact::new("smoothing", smoothing),
        Fact::new("outliers", if style.clipped { "clipped" } else { "shown" }),
    ];
    if !scene.filter.trim().is_empty() {
        facts.push(Fact::new("domains", format!("with \"{}\"", scene.filter.trim())));
    }
    if let Some(newest) = scene.run.history.commands.back() {
        let text = format!(
            "step {}: {}",
            number::count(newest.outcome.step.0 as f64),
            newest.outcome.command
        );
        facts.push(Fact::new("command", text));
    }
    facts
}

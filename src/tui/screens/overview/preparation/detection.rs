use super::note;
use crate::telemetry::{DetectionSample, JudgedText};
use crate::tui::draw::{Bar, Canvas, Panel, dotted, lines_shown, number, wrap};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::{duration_text, grouped};

/// The running estimate with its intervals, what it has cost, the newest texts.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let panel = Panel::new("detection").chosen(chosen);
    let Some(sample) = &scene.run.detection else {
        let text = match &scene.run.progress {
            Some(progress) => {
                format!("{}: {} of {}", progress.what, progress.done, progress.total.unwrap_or(0))
            }
            None => "preparing the judge".into(),
        };
        return canvas.panel(panel).note(&text);
    };
    let iteration = format!("iteration {} / {}", sample.iteration, sample.iterations);
    let eta = eta_secs(scene, sample).map(|secs| format!("ETA {}", duration_text(secs)));
    let right = dotted(scene.look, [Some(iteration), eta].into_iter().flatten());
    let mut inside = canvas.panel(panel.right(right));
    let mut row = 0;
    let width = usize::from(inside.area().width.saturating_sub(2));
    for text in wrap(&counts(scene, sample), width) {
        note(&mut inside, row, &text);
        row += 1;
    }
    row = estimates(scene, sample, row + 1, &mut inside);
    for (row, text) in (row + 1..).zip(&sample.latest) {
        judged(scene, text, row, &mut inside);
    }
}

/// As long as the texts before took, each of those that are left.
fn eta_secs(scene: &Scene<'_>, sample: &DetectionSample) -> Option<f64> {
    let done = (sample.judged + sample.unjudged) as f64;
    let left = sample.planned as f64 - done;
    let took = scene.run.unix_ms.checked_sub(scene.run.phase_began_ms?)? as f64 / 1000.0;
    (done > 0.0 && left > 0.0).then(|| took * left / done)
}

/// How many texts were drawn and judged, and what that took.
fn counts(scene: &Scene<'_>, sample: &DetectionSample) -> String {
    let DetectionSample { drawn, planned, judged, unjudged, usage, .. } = sample;
    let unjudged = if *unjudged > 0 { format!(", {unjudged} not judged") } else { String::new() };
    let texts = format!(
        "{} of {} texts drawn, {} judged{unjudged}",
        grouped(*drawn),
        grouped(*planned),
        grouped(*judged)
    );
    let cost = (usage.requests > 0).then(|| {
        let [requests, retries] = [usage.requests, usage.retries].map(grouped);
        format!("{requests} requests, {retries} again, {} tokens", usage.tokens)
    });
    dotted(scene.look, [Some(texts), cost].into_iter().flatten())
}

/// `law  2.3 %  [1.6 – 3.1]  ██▌` from a row on, as long as the panel has rows; the row after them.
fn estimates(
    scene: &Scene<'_>,
    sample: &DetectionSample,
    first: u16,
    inside: &mut Canvas<'_>,
) -> u16 {
    let top = sample.estimate.iter().map(|one| one.high).fold(0.0, f64::max);
    let (name_width, none) = (scene.name_width(), scene.look.glyphs().none);
    let room = usize::from(inside.area().height.saturating_sub(first));
    let all = sample.estimate.len();
    let shown = lines_shown(all, room);
    let mut row = first;
    for (i, one) in sample.estimate.iter().enumerate().take(shown) {
        let style = scene.look.series(i);
        let [share, low, high] = [one.share, one.low, one.high].map(number::percent);
        let mut line = inside.line(row);
        line.skip(1).skip_end(1).cell(name_width, scene.domain(i), style).skip(1);
        line.cell_right(7, format!("{share} %"), Role::Text).skip(2);
        line.cell(16, format!("[{low} {none} {high}]"), Role::Dim);
        line.bar(Bar { share: if top > 0.0 { one.share / top } else { 0.0 }, mark: None }, style);
        row += 1;
    }
    if shown < all {
        note(inside, row, &format!("{} more", all - shown));
        row += 1;
    }
    row
}

/// `law 90 %  The court held that …`
fn judged(scene: &Scene<'_>, text: &JudgedText, row: u16, inside: &mut Canvas<'_>) {
    let likeliest = text.probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let mut line = inside.line(row);
    line.skip(1).skip_end(1);
    match (&text.why, likeliest) {
        (None, Some((domain, share))) => {
            let name = scene.domain(domain);
            line.cell(scene.name_width(), name, scene.look.series(domain)).skip(1);
            line.cell_right(7, format!("{:.0} %", 100.0 * share), Role::Text).skip(2);
        }
        (why, _) => {
            let why = why.as_deref().unwrap_or("not judged");
            line.cell(scene.name_width() + 8, format!("({why})"), Role::Warning).skip(2);
        }
    }
    line.put(text.text.trim(), Role::Dim);
}

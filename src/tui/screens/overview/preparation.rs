use crate::telemetry::{DataSummary, DetectionSample, Event, Phase};
use crate::tui::draw::{Bar, Canvas, Panel, dotted, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::{duration_text, grouped};

/// Whether the first held-out losses are still to come.
pub(super) fn is_due(scene: &Scene<'_>) -> bool {
    let history = &scene.run.history;
    let measured = history.losses.iter().any(|loss| loss.first.is_finite());
    !measured && !matches!(scene.run.phase, Some(Phase::Finished | Phase::Failed))
}

/// What the run does before it trains, phase by phase.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    match scene.run.phase {
        Some(Phase::Detection) => detection(scene, canvas, chosen),
        Some(Phase::Reference) => reference_losses(scene, canvas, chosen),
        Some(Phase::Evaluating) => {
            let mut inside = canvas.panel(Panel::new("first held-out losses").chosen(chosen));
            inside.note("measuring every domain's held-out rows before the first step");
        }
        phase => {
            let title = if phase == Some(Phase::Tokenizing) { "data" } else { "getting ready" };
            data(scene, &mut canvas.panel(Panel::new(title).chosen(chosen)));
        }
    }
}

fn note(inside: &mut Canvas<'_>, row: u16, text: &str) {
    inside.line(row).skip(1).put(text, Role::Dim);
}

/// Device, model, and the domains' data as they become ready.
fn data(scene: &Scene<'_>, inside: &mut Canvas<'_>) {
    let run = scene.run;
    let device = run
        .device
        .as_ref()
        .map(|device| format!("{} · {} ({})", device.name, device.model, device.why));
    note(inside, 0, device.as_deref().unwrap_or("choosing the device"));
    let model = run.model.as_ref().map(|model| format!("{} · {}", model.source, model.precision));
    note(inside, 1, model.as_deref().unwrap_or("the weights are loaded after the data"));
    if run.data.is_empty() {
        let text = match &run.progress {
            Some(progress) => format!("{}: {}", progress.what, grouped(progress.done)),
            None => "reading the data".into(),
        };
        note(inside, 3, &text);
    }
    for (row, summary) in (3..).zip(&run.data) {
        note(inside, row, &data_line(summary));
    }
}

fn data_line(data: &DataSummary) -> String {
    let lost = data.cut_rows + data.dropped_rows + data.skipped_rows;
    let lost =
        if lost > 0 { format!(", {} cut or left out", grouped(lost)) } else { String::new() };
    format!(
        "{:<10} {} rows, {} tokens, {} held out{lost}",
        data.domain,
        grouped(data.train_rows),
        data.train_tokens,
        grouped(data.held_out_rows),
    )
}

/// The running estimate with its intervals, what it has cost, the newest texts.
fn detection(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
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
    let right = format!("iteration {} / {}", sample.iteration, sample.iterations);
    let mut inside = canvas.panel(panel.right(right));
    inside.note(&counts(sample));
    estimates(scene, sample, &mut inside);
    let first = 2 + u16::try_from(sample.estimate.len()).unwrap_or(0) + 1;
    for (row, text) in (first..).zip(&sample.latest) {
        let verdict = match &text.why {
            Some(why) => format!("({why})"),
            None => likeliest(scene, &text.probabilities),
        };
        note(&mut inside, row, &format!("{verdict}: {}", text.text.trim()));
    }
}

/// How many texts were drawn and judged, and what that took.
fn counts(sample: &DetectionSample) -> String {
    let DetectionSample { drawn, planned, judged, unjudged, usage, .. } = sample;
    let unjudged = if *unjudged > 0 { format!(", {unjudged} not judged") } else { String::new() };
    let cost = match usage.requests {
        0 => String::new(),
        n => format!(
            " · {} requests, {} again, {} tokens",
            grouped(n),
            grouped(usage.retries),
            usage.tokens
        ),
    };
    format!(
        "{} of {} texts drawn, {} judged{unjudged}{cost}",
        grouped(*drawn),
        grouped(*planned),
        grouped(*judged)
    )
}

fn likeliest(scene: &Scene<'_>, probabilities: &[f64]) -> String {
    let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or_else(String::new, |(i, p)| format!("{} {:.0} %", scene.domain(i), 100.0 * p))
}

/// `law  2.3 %  [1.6 – 3.1]  ██▌`
fn estimates(scene: &Scene<'_>, sample: &DetectionSample, inside: &mut Canvas<'_>) {
    let top = sample.estimate.iter().map(|one| one.high).fold(0.0, f64::max);
    let (name_width, none) = (scene.name_width(), scene.look.glyphs().none);
    for (row, (i, one)) in (2..).zip(sample.estimate.iter().enumerate()) {
        let style = scene.look.series(i);
        let [share, low, high] = [one.share, one.low, one.high].map(number::percent);
        let mut line = inside.line(row);
        line.skip(1).skip_end(1).cell(name_width, scene.domain(i), style).skip(1);
        line.cell_right(7, format!("{share} %"), Role::Text).skip(2);
        line.cell(16, format!("[{low} {none} {high}]"), Role::Dim);
        line.bar(Bar { share: if top > 0.0 { one.share / top } else { 0.0 }, mark: None }, style);
    }
}

/// `science, 4 of 6 · ETA 40 s`: as long as the domains before it took, each of those that are left.
fn how_far(scene: &Scene<'_>) -> String {
    let Some(name) = &scene.run.phase_detail else { return String::new() };
    let all = scene.run.domains.len();
    let Some(before) = scene.run.domains.iter().position(|domain| domain == name) else {
        return name.clone();
    };
    let is_epoch = |event: &Event| matches!(event, Event::ReferenceEpoch { .. });
    let epochs = || scene.log.events.iter().filter(|record| is_epoch(&record.event));
    let took = epochs()
        .next()
        .zip(epochs().next_back())
        .map(|(first, last)| last.unix_ms.saturating_sub(first.unix_ms) as f64 / 1000.0);
    let each = took.filter(|_| before > 0).map(|took| took / before as f64);
    let eta = each.map(|each| format!("ETA {}", duration_text(each * (all - before) as f64)));
    let counted = format!("{name}, {} of {all}", before + 1);
    dotted(scene.look, [Some(counted), eta].into_iter().flatten())
}

/// Reference tuning, domain by domain.
fn reference_losses(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let right = how_far(scene);
    let mut inside = canvas.panel(Panel::new("mastery ceilings").right(right).chosen(chosen));
    inside.note("a reference model is tuned on each domain by itself");
    let tuned = scene.log.events.iter().filter_map(|record| match &record.event {
        Event::ReferenceEpoch { domain, epoch, loss } => Some((domain, *epoch, *loss)),
        _ => None,
    });
    let mut lines: Vec<(&String, Vec<String>)> = Vec::new();
    for (domain, epoch, loss) in tuned {
        let text = if epoch == 0 {
            format!("untuned {}", number::three(loss))
        } else {
            number::three(loss)
        };
        match lines.iter_mut().find(|(name, _)| *name == domain) {
            Some((_, losses)) => losses.push(text),
            None => lines.push((domain, vec![text])),
        }
    }
    let arrow = format!(" {} ", scene.look.glyphs().arrow);
    for (row, (domain, losses)) in (2..).zip(lines) {
        note(&mut inside, row, &format!("{domain:<10} {}", losses.join(&arrow)));
    }
}

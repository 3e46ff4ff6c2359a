use crate::telemetry::{DataSummary, DetectionSample, Phase};
use crate::tui::look::Role;
use crate::tui::draw::number;
use crate::tui::scene::{Scene, bar, panel, put, put_right};
use crate::unit::grouped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Whether the run has not come to its first held-out losses yet.
pub(super) fn is_due(scene: &Scene<'_>) -> bool {
    let history = &scene.run.history;
    let measured = history.losses.iter().any(|loss| loss.first.is_finite());
    !measured && !matches!(scene.run.phase, Some(Phase::Finished | Phase::Failed))
}

/// What the run does before it trains: each phase has a face.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    match scene.run.phase {
        Some(Phase::Detection) => detection(scene, area, chosen, buf),
        Some(Phase::Reference) => reference_losses(scene, area, chosen, buf),
        Some(Phase::Evaluating) => {
            let inside = panel(buf, scene.look, area, "first held-out losses", "", chosen);
            say(
                scene,
                inside,
                0,
                "measuring every domain's held-out rows before the first step",
                buf,
            );
        }
        phase => {
            let title = if phase == Some(Phase::Tokenizing) { "data" } else { "getting ready" };
            data(scene, area, title, chosen, buf);
        }
    }
}

fn say(scene: &Scene<'_>, inside: Rect, row: u16, text: &str, buf: &mut Buffer) {
    let y = inside.y + row;
    if y < inside.bottom() {
        put(
            buf,
            scene.look,
            inside.x + 1,
            y,
            inside.width.saturating_sub(1),
            text,
            scene.style(Role::Dim),
        );
    }
}

/// Device, model, and the domains' data as they become ready.
fn data(scene: &Scene<'_>, area: Rect, title: &str, chosen: bool, buf: &mut Buffer) {
    let run = scene.run;
    let inside = panel(buf, scene.look, area, title, "", chosen);
    let device = run
        .device
        .as_ref()
        .map(|device| format!("{} · {} ({})", device.name, device.model, device.why));
    say(scene, inside, 0, device.as_deref().unwrap_or("choosing the device"), buf);
    let model = run.model.as_ref().map(|model| format!("{} · {}", model.source, model.precision));
    say(scene, inside, 1, model.as_deref().unwrap_or("the weights are loaded after the data"), buf);
    if run.data.is_empty() {
        let text = match &run.progress {
            Some(progress) => format!("{}: {}", progress.what, grouped(progress.done)),
            None => "reading the data".into(),
        };
        say(scene, inside, 3, &text, buf);
    }
    for (row, summary) in (3u16..).zip(&run.data) {
        say(scene, inside, row, &data_line(summary), buf);
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
fn detection(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let Some(sample) = &scene.run.detection else {
        let inside = panel(buf, scene.look, area, "detection", "", chosen);
        let text = match &scene.run.progress {
            Some(progress) => {
                format!("{}: {} of {}", progress.what, progress.done, progress.total.unwrap_or(0))
            }
            None => "preparing the judge".into(),
        };
        say(scene, inside, 0, &text, buf);
        return;
    };
    let DetectionSample { iteration, iterations, drawn, planned, judged, unjudged, .. } = sample;
    let right = format!("iteration {iteration} / {iterations}");
    let inside = panel(buf, scene.look, area, "detection", &right, chosen);
    let unjudged = if *unjudged > 0 { format!(", {unjudged} not judged") } else { String::new() };
    let usage = &sample.usage;
    let cost = match usage.requests {
        0 => String::new(),
        n => format!(
            " · {} requests, {} again, {} tokens",
            grouped(n),
            grouped(usage.retries),
            usage.tokens
        ),
    };
    let counts = format!(
        "{} of {} texts drawn, {} judged{unjudged}{cost}",
        grouped(*drawn),
        grouped(*planned),
        grouped(*judged)
    );
    say(scene, inside, 0, &counts, buf);
    estimates(scene, sample, inside, buf);
    let first = 2 + u16::try_from(sample.estimate.len()).unwrap_or(0) + 1;
    for (row, text) in (first..).zip(&sample.latest) {
        let verdict = match &text.why {
            Some(why) => format!("({why})"),
            None => likeliest(scene, &text.probabilities),
        };
        say(scene, inside, row, &format!("{verdict}: {}", text.text.trim()), buf);
    }
}

fn likeliest(scene: &Scene<'_>, probabilities: &[f64]) -> String {
    let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or_else(String::new, |(i, p)| format!("{} {:.0} %", scene.domain(i), 100.0 * p))
}

/// `law  2.3 %  [1.6 – 3.1]  ██▌`
fn estimates(scene: &Scene<'_>, sample: &DetectionSample, inside: Rect, buf: &mut Buffer) {
    let top = sample.estimate.iter().map(|one| one.high).fold(0.0, f64::max);
    let name_width = scene.name_width();
    for (i, one) in sample.estimate.iter().enumerate() {
        let y = inside.y + 2 + i as u16;
        if y >= inside.bottom() {
            return;
        }
        let (look, style) = (scene.look, scene.look.series(i));
        put(buf, look, inside.x + 1, y, name_width, scene.domain(i), style);
        let x = inside.x + name_width + 2;
        put_right(
            buf,
            look,
            x + 7,
            y,
            7,
            &format!("{} %", number::percent(one.share)),
            scene.style(Role::Text),
        );
        let interval = format!(
            "[{} {} {}]",
            number::percent(one.low),
            look.glyphs().none,
            number::percent(one.high)
        );
        put(buf, look, x + 9, y, 15, &interval, scene.style(Role::Dim));
        let room = Rect { x: x + 25, y, width: inside.right().saturating_sub(x + 26), height: 1 };
        bar(buf, look, room, if top > 0.0 { one.share / top } else { 0.0 }, None, style);
    }
}

/// Reference tuning, domain by domain.
fn reference_losses(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let right = scene.run.phase_detail.clone().unwrap_or_default();
    let inside = panel(buf, scene.look, area, "mastery ceilings", &right, chosen);
    say(scene, inside, 0, "a reference model is tuned on each domain by itself", buf);
    let tuned = scene.log.events().filter_map(|record| match &record.event {
        crate::telemetry::Event::ReferenceEpoch { domain, epoch, loss } => {
            Some((domain, *epoch, *loss))
        }
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
    for (row, (domain, losses)) in (2u16..).zip(lines) {
        say(scene, inside, row, &format!("{domain:<10} {}", losses.join(&arrow)), buf);
    }
}

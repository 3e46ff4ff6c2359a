use crate::telemetry::Event;
use crate::tui::chart::{Chart, Curve, Quantity};
use crate::tui::draw::{Canvas, Panel, dotted, lines_shown, number, split_rows};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::{duration_text, grouped};

/// Rows of the smallest curves, with their axis.
const CURVES: u16 = 8;

/// Reference tuning, domain by domain: where each began and has come to, and the way there.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let right = how_far(scene);
    let mut inside = canvas.panel(Panel::new("mastery ceilings").right(right).chosen(chosen));
    inside.note("a reference model is tuned on each domain by itself");
    let epochs: Vec<Vec<(f64, f64)>> =
        scene.run.domains.iter().map(|domain| epochs(scene, domain)).collect();
    let (_, below) = split_rows(inside.area(), 2);
    let listed = u16::try_from(epochs.len()).unwrap_or(u16::MAX);
    let rows = below.height.saturating_sub(listed.saturating_add(1));
    let curves = if rows >= CURVES { rows } else { 0 };
    let (list, plot) = split_rows(below, below.height - curves);
    lines(scene, &epochs, &mut inside.within(list));
    if curves > 0 {
        chart(scene, &epochs, &mut inside.within(plot));
    }
}

/// The held-out loss of a domain after each epoch so far; that of epoch 0 is the untuned model's.
fn epochs(scene: &Scene<'_>, name: &str) -> Vec<(f64, f64)> {
    let loss = |event: &Event| match event {
        Event::ReferenceEpoch { domain, epoch, loss } if domain == name => {
            Some((*epoch as f64, *loss))
        }
        _ => None,
    };
    let mut epochs: Vec<(f64, f64)> = Vec::new();
    for (epoch, loss) in scene.log.events.iter().filter_map(|record| loss(&record.event)) {
        // Where a process began anew, so do the epochs.
        epochs.retain(|(earlier, _)| *earlier < epoch);
        epochs.push((epoch, loss));
    }
    epochs
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

/// `law  3.000 → 1.750  −41.7 %  3 epochs` for each domain, as many as have room.
fn lines(scene: &Scene<'_>, epochs: &[Vec<(f64, f64)>], canvas: &mut Canvas<'_>) {
    let glyphs = scene.look.glyphs();
    let room = usize::from(canvas.area().height);
    let shown = lines_shown(epochs.len(), room);
    for (row, (domain, epochs)) in (0..).zip(epochs.iter().enumerate().take(shown)) {
        let mut line = canvas.line(row);
        let is_now = scene.run.phase_detail.as_deref() == Some(scene.domain(domain));
        line.put(if is_now { glyphs.pointer } else { " " }, Role::Accent).skip_end(1);
        line.cell(scene.name_width(), scene.domain(domain), scene.look.series(domain)).skip(1);
        let untuned = epochs.first().map_or(f64::NAN, |(_, untuned)| *untuned);
        line.cell_right(6, number::three(untuned), Role::Dim);
        let [_, .., (epoch, loss)] = epochs.as_slice() else { continue };
        line.skip(1).put(glyphs.arrow, Role::Dim).skip(1);
        line.cell_right(6, number::three(*loss), Role::Text).skip(2);
        let change = 100.0 * (loss / untuned - 1.0);
        let sign = if change < 0.0 { glyphs.minus } else { "+" };
        line.cell_right(8, format!("{sign}{:.1} %", change.abs()), Role::Text).skip(2);
        let word = if *epoch == 1.0 { "epoch" } else { "epochs" };
        line.put(format!("{} {word}", grouped(*epoch as u64)), Role::Dim);
    }
    if shown < epochs.len() {
        let text = format!("{} more", epochs.len() - shown);
        canvas.line(shown as u16).skip(1).put(text, Role::Dim);
    }
}

/// The losses over the epochs.
fn chart(scene: &Scene<'_>, epochs: &[Vec<(f64, f64)>], canvas: &mut Canvas<'_>) {
    let known = epochs.iter().enumerate().filter(|(_, epochs)| !epochs.is_empty());
    let curves = known.map(|(domain, epochs)| Curve {
        name: scene.domain(domain),
        label: scene.domain(domain).to_owned(),
        style: scene.look.series(domain),
        points: epochs.clone(),
        dotted: true,
        pattern: scene.look.series_before(domain),
        ..Curve::default()
    });
    let last = epochs.iter().flatten().map(|(epoch, _)| *epoch).fold(1.0, f64::max);
    let chart = Chart {
        curves: curves.collect(),
        right: scene.name_width(),
        awaited: "the untuned model is measured first",
        ..Chart::over((0.0, last), ("epoch", Quantity::Count))
    };
    chart.draw(canvas);
}

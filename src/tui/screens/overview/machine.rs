use crate::telemetry::{GpuSample, HostSample};
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel};
use crate::tui::screens::hardware::{gpu, waiting};
use crate::tui::draw::gauges::{Lines, share};
use crate::unit::duration_text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Lines below the cards: the host, the checkpoint.
const BELOW: u16 = 2;

/// GPUs as gauges with their history, or the processor where there is none; disk; checkpoints and
/// evaluations.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let host = scene.run.host.as_ref();
    let (title, right) = title(scene, host);
    let inside = panel(buf, scene.look, area, &title, &right, chosen);
    let mut lines = Lines::new(scene, inside);
    match host {
        None => lines.say(&waiting(scene), Role::Dim, buf),
        Some(host) => {
            match host.gpus.as_slice() {
                [] => processor(scene, host, &mut lines, buf),
                [card] => gpu::gauges(scene, card, 1, &mut lines, buf),
                cards => several(scene, cards, inside.height, &mut lines, buf),
            }
            machine(scene, host, &mut lines, buf);
        }
    }
    footer(scene, &mut lines, buf);
}

/// A line for each card, as many as leave room for what stands below them.
fn several(
    scene: &Scene<'_>,
    cards: &[GpuSample],
    rows: u16,
    lines: &mut Lines<'_>,
    buf: &mut Buffer,
) {
    let room = usize::from(rows.saturating_sub(BELOW).max(2));
    let shown = if cards.len() > room { room - 1 } else { cards.len() };
    for card in cards.iter().take(shown) {
        if let Some(row) = lines.take(1) {
            gpu::line(scene, card, row, buf);
        }
    }
    if shown < cards.len() {
        let text = format!("{} more on the hardware screen", cards.len() - shown);
        lines.say(&text, Role::Dim, buf);
    }
}

fn title(scene: &Scene<'_>, host: Option<&HostSample>) -> (String, String) {
    let gpus: &[GpuSample] = host.map_or(&[], |host| &host.gpus);
    match gpus {
        [] => {
            let why = host.and_then(|host| host.gpu_absent.as_ref());
            let why = why.map_or_else(String::new, |why| format!("no GPU: {why}"));
            ("processor".into(), why)
        }
        [card] => (gpu::title(scene, card), String::new()),
        cards => (format!("{} GPUs", cards.len()), String::new()),
    }
}

fn processor(scene: &Scene<'_>, host: &HostSample, lines: &mut Lines<'_>, buf: &mut Buffer) {
    let past: Vec<f64> = scene.run.readings.iter().map(|point| point.cpu_percent).collect();
    let text = format!("{:.0} % of {} cores", host.cpu_percent, host.cores);
    lines.curve(1, "CPU", &text, Role::Text, &past, (0.0, 100.0), buf);
    let text = format!("{} / {}", host.memory_used, host.memory_total);
    let own = share(host.process_memory, host.memory_total);
    lines.bar("memory", &text, share(host.memory_used, host.memory_total), Some(own), buf);
}

/// What is left to say of the machine, in a line.
fn machine(scene: &Scene<'_>, host: &HostSample, lines: &mut Lines<'_>, buf: &mut Buffer) {
    let dot = scene.look.glyphs().dot;
    let disk = format!("disk {} free", host.disk_free);
    let text = match host.gpus.is_empty() {
        true => disk,
        false => format!(
            "host {:.0} % of {} cores {dot} memory {} / {} {dot} {disk}",
            host.cpu_percent, host.cores, host.memory_used, host.memory_total,
        ),
    };
    lines.say(&text, Role::Dim, buf);
}

/// Checkpoint and evaluation: what an operator asks before he closes his laptop.
fn footer(scene: &Scene<'_>, lines: &mut Lines<'_>, buf: &mut Buffer) {
    let run = scene.run;
    let text = match (&run.history.checkpoint, run.checkpoint_age_secs(scene.now_ms)) {
        (Some(mark), Some(age)) => {
            format!("checkpoint {} ago (step {})", duration_text(age), mark.step)
        }
        _ => "no checkpoint yet".into(),
    };
    lines.say(&text, Role::Dim, buf);
    let history = &run.history;
    let all = history.overhead_secs + history.step_secs;
    if history.evaluations > 0 && all > 0.0 {
        let share = 100.0 * history.overhead_secs / all;
        let count = history.evaluations;
        let plural = if count == 1 { "" } else { "s" };
        let text = format!("{count} evaluation{plural}; with checkpoints {share:.1} % of the time");
        lines.say(&text, Role::Dim, buf);
    }
}

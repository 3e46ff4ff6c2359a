use crate::telemetry::{GpuSample, HostSample};
use crate::tui::draw::{Canvas, Gauge, Gauges, Panel};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::tui::screens::hardware::{gpu, machine as host_gauges, time, waiting};
use crate::unit::duration_text;

/// Lines below the cards: the host, the checkpoint.
const BELOW: u16 = 2;

/// Rows from which on there are the cores and the process too.
const ALL: u16 = 6;

/// GPUs as gauges with their history, or the processor where there are none; disk, checkpoints,
/// evaluations.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>, chosen: bool) {
    let host = scene.run.host.as_ref();
    let (title, right) = title(scene, host);
    let panel = Panel::new(title).right(right).chosen(chosen);
    let mut gauges = Gauges::new(canvas.panel(panel));
    match host {
        None => gauges.text(&waiting(scene), Role::Dim),
        Some(host) => {
            match host.gpus.as_slice() {
                [] => processor(scene, host, &mut gauges),
                [card] => gpu::gauges(scene, card, 1, &mut gauges),
                cards => several(scene, cards, &mut gauges),
            }
            machine(scene, host, &mut gauges);
        }
    }
    footer(scene, &mut gauges);
}

/// A line for each card, as many as fit above the other lines.
fn several(scene: &Scene<'_>, cards: &[GpuSample], gauges: &mut Gauges<'_>) {
    let rows = usize::from(gauges.rows().saturating_sub(BELOW).max(2));
    let shown = if cards.len() > rows { rows - 1 } else { cards.len() };
    for card in cards.iter().take(shown) {
        gpu::line(scene, card, &mut gauges.line());
    }
    if shown < cards.len() {
        let text = format!("{} more on the hardware screen", cards.len() - shown);
        gauges.text(&text, Role::Dim);
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

fn processor(scene: &Scene<'_>, host: &HostSample, gauges: &mut Gauges<'_>) {
    let past: Vec<f64> = scene.run.readings.iter().map(|point| point.cpu_percent).collect();
    let text = format!("{:.0} % of {} cores", host.cpu_percent, host.cores);
    gauges.curve(1, Gauge { label: "CPU", value: &text }, &past, (0.0, 100.0));
    if gauges.rows() >= ALL {
        host_gauges::cores(host, gauges);
        host_gauges::memory(host, gauges);
        host_gauges::process(host, gauges);
    } else {
        host_gauges::memory(host, gauges);
    }
}

/// The other readings in a line.
fn machine(scene: &Scene<'_>, host: &HostSample, gauges: &mut Gauges<'_>) {
    let dot = scene.look.glyphs().dot;
    let disk = format!("disk {} free", host.disk_free);
    let text = match host.gpus.is_empty() {
        true => disk,
        false => format!(
            "host {:.0} % of {} cores {dot} memory {} / {} {dot} {disk}",
            host.cpu_percent, host.cores, host.memory_used, host.memory_total,
        ),
    };
    gauges.text(&text, Role::Dim);
}

/// Checkpoint and evaluations: what an operator wants to know before leaving.
fn footer(scene: &Scene<'_>, gauges: &mut Gauges<'_>) {
    let run = scene.run;
    let text = match (&run.history.checkpoint, run.checkpoint_age_secs(scene.now_ms)) {
        (Some(mark), Some(age)) => {
            format!("checkpoint {} ago (step {})", duration_text(age), mark.step)
        }
        _ => "no checkpoint yet".into(),
    };
    gauges.text(&text, Role::Dim);
    if run.history.step.0 > 0 {
        gauges.text(&time::words(scene, &run.history), Role::Dim);
    }
}

use crate::telemetry::HostSample;
use crate::tui::draw::number::share;
use crate::tui::draw::{Bar, Canvas, Gauge, Gauges, Panel, range};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::duration_text;

/// Rows below the processor's curve.
const OTHERS: u16 = 7;
/// Rows of the processor's curve at most.
const TALLEST: u16 = 8;
/// Rows of the panel at most, with its title.
pub(super) const MOST: u16 = 1 + TALLEST + OTHERS;

/// Processor, memory, disk, process, and the device that the run took.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let mut gauges = Gauges::new(canvas.panel(Panel::new("machine").right(span(scene))));
    match &scene.run.host {
        None => gauges.text(&waiting(scene), Role::Dim),
        Some(host) => {
            processor(scene, host, &mut gauges);
            cores(host, &mut gauges);
            memory(host, &mut gauges);
            process(host, &mut gauges);
            let text = format!("{} free where the run lies", host.disk_free);
            gauges.value("disk", &text, Role::Text);
        }
    }
    device(scene, &mut gauges);
}

fn processor(scene: &Scene<'_>, host: &HostSample, gauges: &mut Gauges<'_>) {
    let rows = gauges.rows().saturating_sub(OTHERS).clamp(1, TALLEST);
    let past: Vec<f64> = scene.run.readings.iter().map(|p| p.cpu_percent).collect();
    let text = match host.cpu_percent.is_finite() {
        true => format!("{:>3.0} % of {} cores", host.cpu_percent, host.cores),
        false => format!("{} cores", host.cores),
    };
    gauges.curve(rows, Gauge { label: "CPU", value: &text }, &past, (0.0, 100.0));
}

/// The load of each core now; neighbours share a column, with the higher load, where not all have one.
pub(in crate::tui::screens) fn cores(host: &HostSample, gauges: &mut Gauges<'_>) {
    let loads: Vec<f64> = host.core_percents.iter().map(|percent| f64::from(*percent)).collect();
    let Some((low, high)) = range(&loads).filter(|_| loads.len() > 1) else { return };
    let value = format!("{low:>3.0} to {high:.0} %");
    gauges.columns(Gauge { label: "cores", value: &value }, &loads, (0.0, 100.0));
}

/// Memory and processor time of this process.
pub(in crate::tui::screens) fn process(host: &HostSample, gauges: &mut Gauges<'_>) {
    let cpu = host.process_cpu_percent;
    let cpu = if cpu.is_finite() { format!(", {cpu:.0} % of a core") } else { String::new() };
    gauges.value("process", &format!("{} resident{cpu}", host.process_memory), Role::Text);
}

/// How much of the machine's memory is used, and how much of that by this process.
pub(in crate::tui::screens) fn memory(host: &HostSample, gauges: &mut Gauges<'_>) {
    let text = format!("{} / {}", host.memory_used, host.memory_total);
    let own = share(host.process_memory, host.memory_total);
    let bar = Bar { share: share(host.memory_used, host.memory_total), mark: Some(own) };
    gauges.bar(Gauge { label: "memory", value: &text }, bar);
}

fn device(scene: &Scene<'_>, gauges: &mut Gauges<'_>) {
    let Some(device) = &scene.run.device else {
        gauges.value("device", "not chosen yet", Role::Dim);
        return;
    };
    let dot = scene.look.glyphs().dot;
    let peak = device.peak_flops.filter(|flops| flops.is_finite());
    let peak = peak.map_or_else(String::new, |flops| match flops {
        flops if flops < 1e12 => format!(" {dot} peak {:.0} GFLOP/s", flops / 1e9),
        flops => format!(" {dot} peak {:.0} TFLOP/s", flops / 1e12),
    });
    let text = format!("{} {dot} {} {dot} {}{peak}", device.name, device.model, device.memory);
    gauges.value("device", &text, Role::Text);
    gauges.value("because", &device.why, Role::Dim);
    gauges.value("threads", &format!("{} of libtorch", device.threads), Role::Text);
}

/// How far back the curves reach, and how old the newest reading is.
fn span(scene: &Scene<'_>) -> String {
    let (first, last) = (scene.run.readings.front(), scene.run.readings.back());
    let (Some(first), Some(last)) = (first, last) else { return String::new() };
    let secs = |from: u64, to: u64| to.saturating_sub(from) as f64 / 1000.0;
    let mut text = format!("the last {}", duration_text(secs(first.unix_ms, last.unix_ms)));
    let age = secs(last.unix_ms, scene.now_ms);
    if age >= 60.0 && scene.run.ended.is_none() {
        text =
            format!("no reading since {} {} {text}", duration_text(age), scene.look.glyphs().dot);
    }
    text
}

/// The note before the first reading.
pub(in crate::tui::screens) fn waiting(scene: &Scene<'_>) -> String {
    let values =
        scene.run.config.as_ref().map(|config| config.values.as_slice()).unwrap_or_default();
    let secs = values.iter().find(|value| value.field == "logging.host_secs");
    match secs.map(|value| (value.value.parse::<f64>(), &value.value)) {
        Some((Ok(0.0), _)) => "the machine is not read: logging.host_secs is 0".into(),
        Some((_, secs)) => format!("the first reading is awaited; one comes every {secs} s"),
        None => "the first reading of the machine is awaited".into(),
    }
}

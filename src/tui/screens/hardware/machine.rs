use super::waiting;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel};
use crate::tui::draw::gauges::{Lines, share};
use crate::unit::duration_text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows below that of the processor.
const OTHERS: u16 = 6;
/// Rows of the processor's curve at most.
const TALLEST: u16 = 8;

/// Processor, memory, disk, process, and the device that the run took.
pub(super) fn view(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let inside = panel(buf, scene.look, area, "machine", &span(scene), false);
    let mut lines = Lines::new(scene, inside);
    match &scene.run.host {
        None => lines.say(&waiting(scene), Role::Dim, buf),
        Some(host) => {
            let rows = inside.height.saturating_sub(OTHERS).clamp(1, TALLEST);
            let past: Vec<f64> = scene.run.readings.iter().map(|p| p.cpu_percent).collect();
            let text = match host.cpu_percent.is_finite() {
                true => format!("{:>3.0} % of {} cores", host.cpu_percent, host.cores),
                false => format!("{} cores", host.cores),
            };
            lines.curve(rows, "CPU", &text, Role::Text, &past, (0.0, 100.0), buf);
            let text = format!("{} / {}", host.memory_used, host.memory_total);
            let own = share(host.process_memory, host.memory_total);
            let used = share(host.memory_used, host.memory_total);
            lines.bar("memory", &text, used, Some(own), buf);
            let cpu = host.process_cpu_percent;
            let cpu =
                if cpu.is_finite() { format!(", {cpu:.0} % of a core") } else { String::new() };
            let text = format!("{} resident{cpu}", host.process_memory);
            lines.value(1, "process", &text, Role::Text, buf);
            let text = format!("{} free where the run lies", host.disk_free);
            lines.value(1, "disk", &text, Role::Text, buf);
        }
    }
    device(scene, &mut lines, buf);
}

fn device(scene: &Scene<'_>, lines: &mut Lines<'_>, buf: &mut Buffer) {
    let Some(device) = &scene.run.device else {
        lines.value(1, "device", "not chosen yet", Role::Dim, buf);
        return;
    };
    let dot = scene.look.glyphs().dot;
    let peak = device.peak_flops.filter(|flops| flops.is_finite());
    let peak = peak.map_or_else(String::new, |flops| match flops {
        flops if flops < 1e12 => format!(" {dot} peak {:.0} GFLOP/s", flops / 1e9),
        flops => format!(" {dot} peak {:.0} TFLOP/s", flops / 1e12),
    });
    let text = format!("{} {dot} {} {dot} {}{peak}", device.name, device.model, device.memory);
    lines.value(1, "device", &text, Role::Text, buf);
    lines.value(1, "because", &device.why, Role::Dim, buf);
    lines.value(1, "threads", &format!("{} of libtorch", device.threads), Role::Text, buf);
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

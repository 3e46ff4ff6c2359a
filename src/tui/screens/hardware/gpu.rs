use crate::telemetry::{GpuPoint, GpuSample};
use crate::tui::draw::number::share;
use crate::tui::draw::{Bar, Canvas, Gauge, Gauges, Line, Panel, range};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::Bytes;

/// Rows of a block: title, utilisation, memory, power and temperature.
pub(super) const LEAST: u16 = 5;
/// Rows of a block with clocks and PCIe too.
pub(super) const FULL: u16 = 7;
/// Rows of a block at most; those above [`FULL`] make the curve of the utilisation taller.
pub(super) const MOST: u16 = 14;
/// Columns from which on a line has totals and limits too.
const LONG: u16 = 90;

/// `GPU 0 · H100 80GB`.
pub(in crate::tui::screens) fn title(scene: &Scene<'_>, gpu: &GpuSample) -> String {
    format!("GPU {} {} {}", gpu.index, scene.look.glyphs().dot, gpu.name)
}

/// All readings of a card, the newest of them as curves.
pub(super) fn block(scene: &Scene<'_>, gpu: &GpuSample, canvas: &mut Canvas<'_>) {
    let rows = canvas.area().height;
    let panel = Panel::new(title(scene, gpu));
    let panel = match gpu.throttling.as_slice() {
        [] => panel,
        reasons => panel.warning(format!("slowed down: {}", reasons.join(", "))),
    };
    let mut gauges = Gauges::new(canvas.panel(panel));
    self::gauges(scene, gpu, rows.saturating_sub(FULL - 1).max(1), &mut gauges);
    let clock = |mhz: Option<u32>| known(mhz, |mhz| format!("{mhz} MHz"));
    let text = format!("SM {}, memory {}", clock(gpu.sm_clock_mhz), clock(gpu.memory_clock_mhz));
    gauges.value("clocks", &text, Role::Text);
    let rate = |rate: Option<u64>| known(rate, |rate| format!("{}/s", Bytes(rate)));
    let (received, sent) = (rate(gpu.pcie_rx_bytes_per_sec), rate(gpu.pcie_tx_bytes_per_sec));
    gauges.value("PCIe", &format!("in {received}, out {sent}"), Role::Text);
}

/// Utilisation over `tall` rows, memory, power and temperature.
pub(in crate::tui::screens) fn gauges(
    scene: &Scene<'_>,
    gpu: &GpuSample,
    tall: u16,
    gauges: &mut Gauges<'_>,
) {
    let past = |read: fn(&GpuPoint) -> Option<f64>| newest(scene, gpu.index, read);
    let used = past(|gpu| gpu.utilisation_percent.map(f64::from));
    let percent = known(gpu.utilisation_percent, |percent| format!("{percent:>3} %"));
    gauges.curve(tall, Gauge { label: "busy", value: &percent }, &used, (0.0, 100.0));
    memory(gpu, gauges);
    let watts = past(|gpu| gpu.power_watts);
    let top = gpu.power_limit_watts.or(range(&watts).map(|range| range.1)).unwrap_or(0.0);
    gauges.curve(1, Gauge { label: "power", value: &power(gpu) }, &watts, (0.0, top));
    let celsius = past(|gpu| gpu.temperature_celsius.map(f64::from));
    let text = known(gpu.temperature_celsius, |celsius| format!("{celsius:>3} °C"));
    let range = range(&celsius).map_or((20.0, 90.0), |(low, high)| (low.min(20.0), high.max(90.0)));
    gauges.curve(1, Gauge { label: "heat", value: &text }, &celsius, range);
}

/// A card in one line.
pub(in crate::tui::screens) fn line(scene: &Scene<'_>, gpu: &GpuSample, line: &mut Line<'_>) {
    let percent = known(gpu.utilisation_percent, |percent| format!("{percent:>3} %"));
    let temperature = known(gpu.temperature_celsius, |celsius| format!("{celsius} °C"));
    let mut text = match (gpu.memory_used, gpu.memory_total) {
        (Some(used), Some(total)) if line.space() >= LONG => {
            format!(
                "{:>2} {percent:<8} {used:>9} / {total:<9} {:<13} {temperature}",
                gpu.index,
                power(gpu)
            )
        }
        (used, _) => {
            let used = known(used, |used| used.to_string());
            let watts = known(gpu.power_watts, |watts| format!("{watts:.0} W"));
            format!("{:>2} {percent:<8} {used:<9} {watts:<8} {temperature}", gpu.index)
        }
    };
    if !gpu.throttling.is_empty() {
        text += &format!("  {}", gpu.throttling.join(", "));
    }
    let role = if gpu.throttling.is_empty() { Role::Text } else { Role::Warning };
    let past = newest(scene, gpu.index, |gpu| gpu.utilisation_percent.map(f64::from));
    line.skip(1).put(text, role).skip(2).sparkline(&past, (0.0, 100.0), Role::Good);
}

/// The bar is what is used on the card; the mark in it, this process's share.
fn memory(gpu: &GpuSample, gauges: &mut Gauges<'_>) {
    let (Some(used), Some(total)) = (gpu.memory_used, gpu.memory_total) else {
        return gauges.value("memory", "no value", Role::Text);
    };
    let own = gpu.memory_process;
    let text = match own {
        Some(own) => format!("{used} / {total}, ours {own}"),
        None => format!("{used} / {total}"),
    };
    let bar = Bar { share: share(used, total), mark: own.map(|own| share(own, total)) };
    gauges.bar(Gauge { label: "memory", value: &text }, bar);
}

fn power(gpu: &GpuSample) -> String {
    match (gpu.power_watts, gpu.power_limit_watts) {
        (Some(watts), Some(limit)) => format!("{watts:>3.0} / {limit:.0} W"),
        (Some(watts), None) => format!("{watts:>3.0} W"),
        (None, _) => "no value".into(),
    }
}

/// A reading as text, or `no value`.
fn known<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "no value".into(), text)
}

/// The newest readings of a card, oldest first; NaN where one is missing.
fn newest(scene: &Scene<'_>, index: u32, read: impl Fn(&GpuPoint) -> Option<f64>) -> Vec<f64> {
    let own = |gpus: &[GpuPoint]| gpus.iter().find(|gpu| gpu.index == index).and_then(&read);
    let points = scene.run.readings.iter();
    points.map(|point| own(&point.gpus).unwrap_or(f64::NAN)).collect()
}

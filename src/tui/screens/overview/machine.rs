use crate::telemetry::{GpuSample, HostSample};
use crate::tui::look::Role;
use crate::tui::scene::{Scene, bar, panel, put};
use crate::unit::{Bytes, duration_text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// GPUs as gauges, or the processor where there is none; disk; checkpoints and evaluations.
pub(super) fn view(scene: &Scene<'_>, area: Rect, chosen: bool, buf: &mut Buffer) {
    let host = scene.run.host.as_ref();
    let (title, right) = match host.map(|host| host.gpus.as_slice()) {
        Some([gpu]) => {
            (format!("GPU {} {} {}", gpu.index, scene.look.glyphs().dot, gpu.name), String::new())
        }
        Some(gpus @ [_, ..]) => (format!("{} GPUs", gpus.len()), String::new()),
        _ => ("processor".into(), absent(scene)),
    };
    let inside = panel(buf, scene.look, area, &title, &right, chosen);
    let mut rows = Rows { scene, inside, row: 0 };
    let Some(host) = host else {
        rows.say("no reading of the machine yet", Role::Dim, buf);
        return rows.footer(buf);
    };
    match host.gpus.as_slice() {
        [] => rows.processor(host, buf),
        [gpu] => rows.gpu(gpu, buf),
        gpus => gpus.iter().for_each(|gpu| rows.gpu_line(gpu, buf)),
    }
    if !host.gpus.is_empty() {
        let text = format!(
            "host {:.0} % of {} cores {dot} RAM {} / {} {dot} disk {} free",
            host.cpu_percent,
            host.cores,
            host.memory_used,
            host.memory_total,
            host.disk_free,
            dot = scene.look.glyphs().dot,
        );
        rows.say(&text, Role::Dim, buf);
    }
    rows.footer(buf);
}

fn absent(scene: &Scene<'_>) -> String {
    let why = scene.run.host.as_ref().and_then(|host| host.gpu_absent.clone());
    why.map_or_else(String::new, |why| format!("no GPU: {why}"))
}

struct Rows<'a> {
    scene: &'a Scene<'a>,
    inside: Rect,
    row: u16,
}

impl Rows<'_> {
    fn next(&mut self) -> Option<u16> {
        let y = self.inside.y + self.row;
        self.row += 1;
        (y < self.inside.bottom()).then_some(y)
    }

    fn say(&mut self, text: &str, role: Role, buf: &mut Buffer) {
        if let Some(y) = self.next() {
            let Rect { x, width, .. } = self.inside;
            put(
                buf,
                self.scene.look,
                x + 1,
                y,
                width.saturating_sub(1),
                text,
                self.scene.style(role),
            );
        }
    }

    /// `util  97 % ████████▏  power 688 / 700 W`
    fn gauge(&mut self, label: &str, value: &str, share: f64, more: &str, buf: &mut Buffer) {
        let Some(y) = self.next() else { return };
        let (look, Rect { x, width, .. }) = (self.scene.look, self.inside);
        put(buf, look, x + 1, y, 5, label, self.scene.style(Role::Dim));
        let used =
            put(buf, look, x + 6, y, width.saturating_sub(6), value, self.scene.style(Role::Text));
        let from = x + 6 + used.max(17) + 1;
        let behind = if width >= 60 { 24 } else { 0 };
        let room = self.inside.right().saturating_sub(from + 1 + behind);
        let role = if share >= 0.95 { Role::Warning } else { Role::Good };
        bar(
            buf,
            look,
            Rect { x: from, y, width: room, height: 1 },
            share,
            None,
            self.scene.style(role),
        );
        if behind > 0 {
            put(buf, look, from + room + 2, y, behind - 2, more, self.scene.style(Role::Text));
        }
    }

    fn processor(&mut self, host: &HostSample, buf: &mut Buffer) {
        let cpu = format!("{:.0} % of {} cores", host.cpu_percent, host.cores);
        let own = format!("ours {:.0} %", host.process_cpu_percent / host.cores.max(1) as f64);
        self.gauge("CPU", &cpu, host.cpu_percent / 100.0, &own, buf);
        let memory = memory(host.memory_used, host.memory_total);
        let own = format!("ours {}", host.process_memory);
        self.gauge("RAM", &memory, ratio(host.memory_used, host.memory_total), &own, buf);
        let disk = format!("disk  {} free where the run lies", host.disk_free);
        self.say(&disk, Role::Dim, buf);
    }

    fn gpu(&mut self, gpu: &GpuSample, buf: &mut Buffer) {
        let percent = gpu.utilisation_percent;
        let text = percent.map_or_else(|| "not told".into(), |percent| format!("{percent} %"));
        self.gauge("util", &text, f64::from(percent.unwrap_or(0)) / 100.0, &power(gpu), buf);
        if let (Some(used), Some(total)) = (gpu.memory_used, gpu.memory_total) {
            self.gauge("mem", &memory(used, total), ratio(used, total), &temperature(gpu), buf);
        }
        if !gpu.throttling.is_empty() {
            self.say(&format!("slowed down: {}", gpu.throttling.join(", ")), Role::Warning, buf);
        }
    }

    fn gpu_line(&mut self, gpu: &GpuSample, buf: &mut Buffer) {
        let percent = gpu.utilisation_percent.unwrap_or(0);
        let label = format!("{}", gpu.index);
        let memory = match (gpu.memory_used, gpu.memory_total) {
            (Some(used), Some(total)) => memory(used, total),
            _ => String::new(),
        };
        let text = format!("{percent:>3} %");
        let more = format!("{memory} {}", temperature(gpu));
        self.gauge(&label, &text, f64::from(percent) / 100.0, &more, buf);
    }

    /// Checkpoint and evaluation: what an operator asks before he closes his laptop.
    fn footer(&mut self, buf: &mut Buffer) {
        let run = self.scene.run;
        let text = match (&run.history.checkpoint, run.checkpoint_age_secs(self.scene.now_ms)) {
            (Some(mark), Some(age)) => {
                format!("checkpoint {} ago (step {})", duration_text(age), mark.step)
            }
            _ => "no checkpoint yet".into(),
        };
        self.say(&text, Role::Dim, buf);
        let history = &run.history;
        let all = history.overhead_secs + history.step_secs;
        if history.evaluations > 0 && all > 0.0 {
            let share = 100.0 * history.overhead_secs / all;
            let count = history.evaluations;
            let text = format!("{count} evaluations; with checkpoints {share:.1} % of the time");
            self.say(&text, Role::Dim, buf);
        }
    }
}

fn memory(used: Bytes, total: Bytes) -> String {
    format!("{used} / {total}")
}

fn ratio(used: Bytes, total: Bytes) -> f64 {
    if total.0 == 0 { 0.0 } else { used.0 as f64 / total.0 as f64 }
}

fn power(gpu: &GpuSample) -> String {
    match (gpu.power_watts, gpu.power_limit_watts) {
        (Some(power), Some(limit)) => format!("power {power:.0} / {limit:.0} W"),
        (Some(power), None) => format!("power {power:.0} W"),
        _ => String::new(),
    }
}

fn temperature(gpu: &GpuSample) -> String {
    gpu.temperature_celsius.map_or_else(String::new, |celsius| format!("temp {celsius} °C"))
}

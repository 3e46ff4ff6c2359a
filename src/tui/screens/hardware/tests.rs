use super::*;
use crate::telemetry::fixture::{configured, opening};
use crate::telemetry::{Event, HostSample};
use crate::tui::testing::{SIZES, Stage, text};
use crate::unit::Bytes;
use proptest::prelude::*;

const GIB: u64 = 1 << 30;

fn card(index: u32, n: u32) -> GpuSample {
    GpuSample {
        index,
        name: "NVIDIA H100 80GB HBM3".into(),
        utilisation_percent: Some(60 + n % 40),
        memory_used: Some(Bytes(71 * GIB)),
        memory_total: Some(Bytes(80 * GIB)),
        memory_process: (index == 0).then_some(Bytes(64 * GIB)),
        power_watts: Some(f64::from(500 + n)),
        power_limit_watts: Some(700.0),
        temperature_celsius: Some(50 + n / 4),
        sm_clock_mhz: Some(1755),
        memory_clock_mhz: Some(2619),
        throttling: if index == 1 { vec!["power cap".into()] } else { Vec::new() },
        pcie_rx_bytes_per_sec: Some(1_200_000_000),
        pcie_tx_bytes_per_sec: None,
    }
}

fn host(cards: u32, n: u32) -> Event {
    let absent = (cards == 0).then(|| "no NVIDIA driver (libnvidia-ml.so.1) was found".into());
    Event::Host(HostSample {
        cpu_percent: f64::from(20 + n % 60),
        core_percents: (0..16).map(|core| ((n * 7 + core * 13) % 100) as u8).collect(),
        cores: 16,
        memory_used: Bytes(41 * GIB),
        memory_total: Bytes(128 * GIB),
        process_memory: Bytes(9 * GIB),
        process_cpu_percent: 312.0,
        disk_free: Bytes(1100 * GIB),
        gpus: (0..cards).map(|index| card(index, n)).collect(),
        gpu_absent: absent,
    })
}

fn stage(cards: u32) -> Stage {
    Stage::new(opening().into_iter().chain((0..90).map(|n| host(cards, n))))
}

#[test]
fn cards_and_machine_are_drawn() {
    for size in SIZES {
        let picture = stage(2).picture(&mut Hardware::default(), size);
        insta::assert_snapshot!(format!("hardware_{}x{}", size.0, size.1), picture);
    }
}

#[test]
fn without_cards_the_reason_is_shown() {
    let picture = stage(0).picture(&mut Hardware::default(), (100, 30));
    insta::assert_snapshot!("hardware_no_gpu", picture);
}

#[test]
fn before_the_first_reading_a_note_says_when_it_comes() {
    let picture = Stage::new([]).picture(&mut Hardware::default(), (60, 20));
    insta::assert_snapshot!("hardware_nothing", picture);
    let mut events = configured();
    if let Some(Event::Configured { values, .. }) = events.first_mut() {
        values[0].field = "logging.host_secs".into();
        values[0].value = "0.0".into();
    }
    let shown = text(&Stage::new(events).draw(&mut Hardware::default(), (60, 20)));
    assert!(shown.contains("the machine is not read: logging.host_secs is 0"), "{shown}");
}

#[test]
fn eight_cards_have_a_line_each_and_scroll() {
    let (stage, mut screen) = (stage(8), Hardware::default());
    let shown = text(&stage.draw(&mut screen, (100, 14)));
    assert!(shown.contains("8 GPUs") && shown.contains(" 0  69 %"), "{shown}");
    assert!(!shown.contains(" 7  69 %"), "{shown}");
    assert!(screen.act(Action::Last, &stage.scene()));
    let shown = text(&stage.draw(&mut screen, (100, 14)));
    assert!(shown.contains(" 7  69 %"), "{shown}");
    let shown = text(&stage.draw(&mut screen, (200, 60)));
    assert_eq!(shown.matches("clocks").count(), 8, "{shown}");
}

#[test]
fn a_card_is_opened_by_keys_and_mouse() {
    let (stage, mut screen) = (stage(8), Hardware::default());
    let area = Rect { x: 0, y: 0, width: 100, height: 14 };
    let shown = text(&stage.draw(&mut screen, (100, 14)));
    assert!(!shown.contains("clocks"), "{shown}");
    screen.act(Action::Down, &stage.scene());
    screen.act(Action::Choose, &stage.scene());
    let shown = text(&stage.draw(&mut screen, (100, 14)));
    for word in ["GPU 1", "slowed down: power cap", "clocks", "PCIe", "CPU"] {
        assert!(shown.contains(word), "{word} in\n{shown}");
    }
    screen.act(Action::Back, &stage.scene());
    // By the mouse: a click selects, another opens.
    let click = Mouse::Click(Position { x: 4, y: 3 });
    screen.mouse(click, area, &stage.scene());
    assert!(text(&stage.draw(&mut screen, (100, 14))).contains("8 GPUs"));
    screen.mouse(click, area, &stage.scene());
    assert!(text(&stage.draw(&mut screen, (100, 14))).contains("GPU 2"));
}

fn any_card() -> impl Strategy<Value = GpuSample> {
    let numbers = (any::<u32>(), any::<Option<u32>>(), any::<Option<u64>>());
    (numbers, prop::option::of(any::<f64>()), ".{0,20}").prop_map(
        |((index, small, large), watts, name)| GpuSample {
            index,
            name: name.clone(),
            utilisation_percent: small,
            memory_used: large.map(Bytes),
            memory_total: large.map(Bytes),
            memory_process: large.map(Bytes),
            power_watts: watts,
            power_limit_watts: watts,
            temperature_celsius: small,
            sm_clock_mhz: small,
            memory_clock_mhz: small,
            throttling: vec![name],
            pcie_rx_bytes_per_sec: large,
            pcie_tx_bytes_per_sec: large,
        },
    )
}

proptest! {
    #[test]
    fn any_machine_is_drawn_in_any_size(
        cards in prop::collection::vec(any_card(), 0..20),
        percent in any::<f64>(),
        bytes in any::<u64>(),
        size in (1u16..=400, 1u16..=200),
    ) {
        let sample = HostSample {
            cpu_percent: percent,
            process_cpu_percent: percent,
            memory_used: Bytes(bytes),
            gpus: cards,
            ..HostSample::default()
        };
        let (stage, mut screen) = (Stage::new([Event::Host(sample)]), Hardware::default());
        stage.draw(&mut screen, size);
        screen.act(Action::Last, &stage.scene());
        stage.draw(&mut screen, size);
    }
}

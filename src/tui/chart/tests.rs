use super::*;
use crate::telemetry::Series;
use crate::tui::draw::number;
use crate::tui::look::{Look, Marks, Theme};
use crate::tui::testing::{picture, text};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn look(marks: Marks) -> Look {
    Look { theme: Theme::dark(), marks }
}

fn chart<'a>(look: &Look, curves: Vec<Curve<'a>>, x: (f64, f64)) -> Chart<'a> {
    let styled = |(i, curve): (usize, Curve<'a>)| Curve { style: look.series(i), ..curve };
    Chart {
        curves: curves.into_iter().enumerate().map(styled).collect(),
        levels: Vec::new(),
        marks: &[],
        x,
        quantity: ("step", Quantity::Count),
        axis: true,
        from_zero: false,
        log: false,
        clipped: false,
        crosshair: None,
        number: number::short,
        right: 10,
        legend: true,
        awaited: "no values yet",
    }
}

fn curve(name: &str, points: Vec<(f64, f64)>) -> Curve<'_> {
    Curve { name, label: name.into(), points, ..Curve::default() }
}

fn drawn(chart: &Chart<'_>, look: &Look, (width, height): (u16, u16)) -> Buffer {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buf = Buffer::empty(area);
    chart.draw(&mut Canvas::new(&mut buf, look));
    buf
}

/// Two losses that fall, one with a gap.
fn losses() -> Vec<Curve<'static>> {
    let falling = |start: f64, rate: f64| {
        (0..=100).map(f64::from).map(move |x| (x, start * (-rate * x).exp() + 1.0))
    };
    let holed =
        falling(1.5, 0.01).map(|(x, y)| (x, if (40.0..50.0).contains(&x) { f64::NAN } else { y }));
    vec![curve("law", falling(2.0, 0.03).collect()), curve("medical", holed.collect())]
}

#[test]
fn curves_are_drawn_in_every_kind_of_marks() {
    for marks in [Marks::Braille, Marks::Block, Marks::Ascii] {
        let look = look(marks);
        let mut chart = chart(&look, losses(), (0.0, 100.0));
        let label = "ceiling law 1.50".into();
        let all = (f64::NEG_INFINITY, f64::INFINITY);
        chart.levels.push(Level { value: 1.5, from_to: all, label, style: look.series(0) });
        let glyph = look.glyphs().diamond;
        let marks = [Mark { x: 60.0, glyph, style: look.style(Role::Accent) }];
        chart.marks = &marks;
        let crosshair = Crosshair {
            x: 30.0,
            lines: vec!["step 30".into()],
            words: &|x| format!("step {x:.0}"),
        };
        chart.crosshair = Some(&crosshair);
        let name = format!("chart_{:?}", look.marks).to_lowercase();
        insta::assert_snapshot!(name, picture(&drawn(&chart, &look, (70, 16)), &look));
    }
}

#[test]
fn a_smoothed_curve_is_drawn_on_a_clipped_log_axis() {
    let look = look(Marks::Braille);
    let noisy = |x: f64| 10.0 / (1.0 + x / 20.0) * (1.0 + 0.3 * (x * 7.3).sin());
    let mut points: Vec<(f64, f64)> =
        (0..400).map(|x| (f64::from(x), noisy(f64::from(x)))).collect();
    points[250].1 = 1e6;
    points[300].1 = f64::INFINITY;
    let smooth = points.iter().map(|(x, _)| (*x, 10.0 / (1.0 + x / 20.0))).collect();
    let curve = Curve { smoothed: Some(smooth), ..curve("loss", points) };
    let mut chart = chart(&look, vec![curve], (0.0, 400.0));
    (chart.log, chart.clipped) = (true, true);
    insta::assert_snapshot!("chart_smoothed", picture(&drawn(&chart, &look, (70, 16)), &look));
}

#[test]
fn small_charts_have_a_legend_or_only_values() {
    let look = look(Marks::Braille);
    let narrow = chart(&look, losses(), (0.0, 100.0));
    insta::assert_snapshot!("chart_legend", text(&drawn(&narrow, &look, (24, 8))));
    insta::assert_snapshot!("chart_words", text(&drawn(&narrow, &look, (12, 3))));
    let empty = chart(&look, vec![], (0.0, 100.0));
    assert!(text(&drawn(&empty, &look, (40, 8))).contains("no values yet"));
    assert!(text(&drawn(&empty, &look, (11, 1))).contains("no values"));
}

#[test]
fn levels_in_one_row_leave_each_others_labels_alone() {
    let look = look(Marks::Braille);
    let mut chart = chart(&look, losses(), (0.0, 40.0));
    let all = (f64::NEG_INFINITY, f64::INFINITY);
    for (value, label) in [(1.500, "ceiling law"), (1.501, "ceiling medical")] {
        let (label, style) = (label.to_owned(), look.series(0));
        chart.levels.push(Level { value, from_to: all, label, style });
    }
    let picture = text(&drawn(&chart, &look, (80, 12)));
    assert!(picture.contains("╌ ceiling law ceiling medical ╌"), "{picture}");
}

#[test]
fn of_labels_that_want_the_same_row_that_of_the_higher_value_is_above() {
    let look = look(Marks::Braille);
    let ending = |name, value| curve(name, vec![(0.0, 3.0), (50.0, 1.0), (100.0, value)]);
    let curves = vec![ending("lowest", 1.500), ending("highest", 1.502), ending("middle", 1.501)];
    let chart = chart(&look, curves, (0.0, 100.0));
    let picture = text(&drawn(&chart, &look, (60, 12)));
    let places = ["highest", "middle", "lowest"].map(|name| picture.find(name).unwrap());
    assert!(places.is_sorted(), "{picture}");
}

/// The rows, from above, of the cells in a column that hold dots.
fn lit(buf: &Buffer, x: u16) -> Vec<u16> {
    let braille =
        |y: &u16| buf[(x, *y)].symbol().chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
    (buf.area.top()..buf.area.bottom()).filter(braille).collect()
}

#[test]
fn one_spike_in_a_million_steps_is_seen_at_every_zoom() {
    let spike = 612_345;
    let mut series = Series::default();
    for step in 0..1_000_000 {
        series.push(step, if step == spike { 90.0 } else { 2.0 });
    }
    let points: Vec<(f64, f64)> =
        series.points().iter().map(|p| (p.step as f64, p.value)).collect();
    let look = look(Marks::Braille);
    let mut window = Window::default();
    let extent = Extent::new(0.0, 999_999.0, 8.0);
    let mut zooms = 0;
    loop {
        let x = window.range(extent);
        let chart = chart(&look, vec![curve("loss", points.clone())], x);
        let buf = drawn(&chart, &look, (100, 20));
        let plot = PlotLayout::fit(buf.area, 10, true).unwrap().plot;
        let tops = (plot.left()..plot.right()).filter(|x| lit(&buf, *x).contains(&0)).count();
        assert!(tops >= 1, "not seen at {x:?}");
        zooms += 1;
        if x.1 - x.0 <= 8.0 {
            break;
        }
        window.zoom(0.7, spike as f64, extent);
    }
    assert!(zooms > 30);
}

#[test]
fn a_gap_is_a_gap_at_every_zoom() {
    let look = look(Marks::Braille);
    let points =
        (0..100).map(|x| (f64::from(x), if x == 50 { f64::NAN } else { f64::from(x % 2) }));
    let points: Vec<(f64, f64)> = points.collect();
    for width in [2.0, 5.0, 20.0] {
        let chart = chart(&look, vec![curve("loss", points.clone())], (50.0 - width, 50.0 + width));
        let buf = drawn(&chart, &look, (120, 12));
        let plot = PlotLayout::fit(buf.area, 10, true).unwrap().plot;
        let middle = plot.x + plot.width / 2;
        assert!(lit(&buf, middle).is_empty(), "{}", text(&buf));
        assert!(!lit(&buf, plot.x + 1).is_empty() && !lit(&buf, plot.right() - 2).is_empty());
    }
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, f64::MAX, 5e-324]),
    ]
}

proptest! {
    #[test]
    fn any_data_is_drawn_in_any_size(
        values in prop::collection::vec(prop::collection::vec(any_value(), 0..60), 0..10),
        smoothed in any::<bool>(),
        (log, clipped, axis) in any::<(bool, bool, bool)>(),
        x in (any_value(), any_value()),
        level in any_value(),
        marks in prop::sample::select(vec![Marks::Braille, Marks::Block, Marks::Ascii]),
        size in (1u16..=400, 1u16..=200),
        right in 0u16..40,
    ) {
        let look = look(marks);
        let points = |values: &Vec<f64>| -> Vec<(f64, f64)> {
            values.iter().enumerate().map(|(i, v)| (i as f64 - 5.0, *v)).collect()
        };
        let any_curve = |values| Curve {
            smoothed: smoothed.then(|| points(values)),
            ..curve("a rather long name", points(values))
        };
        let mut chart = chart(&look, values.iter().map(any_curve).collect(), x);
        let label = "level".into();
        chart.levels.push(Level { value: level, from_to: (x.1, x.0), label, style: Style::new() });
        let happened = [Mark { x: level, glyph: look.glyphs().diamond, style: Style::new() }];
        chart.marks = &happened;
        let crosshair = Crosshair { x: x.0, lines: vec!["here".into(), "there".into()], words: &|x| format!("{x:.1}") };
        chart.crosshair = Some(&crosshair);
        (chart.log, chart.clipped, chart.axis, chart.right) = (log, clipped, axis, right);
        let shown = text(&drawn(&chart, &look, size));
        prop_assert!(marks != Marks::Ascii || shown.is_ascii());
        prop_assert!(!shown.trim().is_empty() || size.0 < 2);
    }
}

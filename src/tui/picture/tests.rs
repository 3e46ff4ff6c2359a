use super::*;
use crate::telemetry::Snapshot;
use crate::telemetry::fixture::{records, small_run};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Look, Marks, Theme};
use crate::tui::{Model, ModelInit, ScreenId, frame};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::sync::Arc;

const RED: Style = Style::new().fg(Color::Rgb(255, 0, 0));

fn small() -> Buffer {
    let mut buf = Buffer::empty(Rect { x: 0, y: 0, width: 8, height: 2 });
    buf.set_string(0, 0, "a<b", RED.add_modifier(Modifier::BOLD));
    buf.set_string(4, 0, "█─", Style::new());
    buf.set_string(1, 1, "漢x", Style::new().bg(Color::Rgb(0, 0, 9)));
    buf
}

fn screen(size: (u16, u16), id: ScreenId) -> Buffer {
    let mut run = Snapshot::default();
    records(small_run()).into_iter().for_each(|record| run.apply(&Arc::new(record)));
    let mut model = Model::new(ModelInit {
        now_ms: run.state.unix_ms,
        run,
        look: Look { theme: Theme::dark(), marks: Marks::Braille },
        themes: vec![Theme::dark()],
        keys: KeyMap::default(),
        zone: TimeZone::UTC,
        size,
        operator: String::new(),
    });
    model.show(id);
    frame(&mut model)
}

#[test]
fn text_has_the_letters_alone() {
    assert_eq!(text(&small()), "a<b █─\n 漢x\n");
}

#[test]
fn ansi_has_the_letters_with_their_colours() {
    let expected = "\u{1b}[1;38;2;255;0;0ma<b\u{1b}[0m █─\n \u{1b}[48;2;0;0;9m漢x\u{1b}[0m\n";
    assert_eq!(ansi(&small()), expected);
}

#[test]
fn an_image_of_a_few_cells() {
    insta::assert_snapshot!(svg(&small(), &Theme::dark(), "a & b"));
}

#[test]
fn an_image_of_a_screen() {
    let picture = screen((60, 20), ScreenId::Overview);
    insta::assert_snapshot!(svg(&picture, &Theme::dark(), "overview"));
}

#[test]
fn every_screen_opens() {
    for (id, words) in [
        (ScreenId::Overview, "─ mixture"),
        (ScreenId::Domains, "─ domains"),
        (ScreenId::Events, "─ events"),
        (ScreenId::Config, "─ live values"),
    ] {
        let picture = text(&screen((100, 30), id));
        assert!(picture.contains(words), "{words} in\n{picture}");
    }
}

/// Tags that are opened are closed, and nothing but tags and words is there.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, words) = part.split_once('>').expect("a tag ends");
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, false) => open.push(name),
            (false, true) => {}
        }
        assert!(!words.contains('>') && !words.chars().any(|c| c.is_control() && c != '\n'));
        for entity in words.split('&').skip(1) {
            assert!(
                ["lt;", "gt;", "amp;", "quot;"].iter().any(|e| entity.starts_with(e)),
                "{words}"
            );
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(open.is_empty(), "{open:?}");
}

proptest! {
    #[test]
    fn any_cells_are_an_image_and_what_a_terminal_shows_of_them(
        words in prop::collection::vec((0u16..20, 0u16..5, "[a-z<>&\"' █─⠿▁漢é]{1,8}", 0u8..5), 0..12)
    ) {
        let mut buf = Buffer::empty(Rect { x: 0, y: 0, width: 20, height: 5 });
        for (x, y, word, style) in &words {
            let style = match style {
                0 => Style::new(),
                1 => RED,
                2 => Style::new().add_modifier(Modifier::DIM | Modifier::REVERSED),
                3 => Style::new().bg(Color::Indexed(7)).add_modifier(Modifier::UNDERLINED),
                _ => Style::new().fg(Color::Green).add_modifier(Modifier::ITALIC),
            };
            buf.set_stringn(*x, *y, word, usize::from(20 - x), style);
        }
        assert_well_formed(&svg(&buf, &Theme::dark(), "<title>"));
        let size = |n| std::num::NonZero::new(n).unwrap();
        let mut terminal = vt100::Parser::new(size(6), size(20), 0);
        terminal.process(ansi(&buf).replace('\n', "\r\n").as_bytes());
        let shown: Vec<String> = terminal.screen().rows(0, 20).map(|row| row.trim_end().to_owned()).collect();
        let plain = text(&buf);
        for (row, line) in shown.iter().zip(plain.lines()) {
            prop_assert_eq!(row, line);
        }
    }
}

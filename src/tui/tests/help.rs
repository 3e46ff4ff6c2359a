//! The help over each screen.

use super::*;

const SIZES: [(u16, u16); 3] = [(200, 60), (80, 24), (60, 20)];

#[test]
fn the_help_explains_the_screen_it_stands_on_in_every_size() {
    for (screen, name) in [("1", "overview"), ("3", "curves")] {
        for size in SIZES {
            let mut model = training();
            press(&mut model, screen);
            press(&mut model, "?");
            let name = format!("help_{name}_{}x{}", size.0, size.1);
            insta::assert_snapshot!(name, shown(&mut model, size));
        }
    }
}

/// The lines of the dialog over a screen, scrolled through.
fn lines(number: u8, marks: Marks) -> Vec<String> {
    let mut model = training();
    model.look.marks = marks;
    press(&mut model, &format!("{number}?"));
    let mut lines = Vec::new();
    let wall = marks.glyphs().wall;
    loop {
        let picture = shown(&mut model, (60, 20));
        // Between the walls of the frame.
        let inside = picture.lines().skip(1).take(18).filter_map(|line| line.split(wall).nth(1));
        lines.extend(inside.map(|line| line.trim().to_owned()));
        update(&mut model, Message::Input(Input::Key(KeyCode::PageDown.into())));
        if shown(&mut model, (60, 20)) == picture {
            return lines;
        }
    }
}

#[test]
fn symbols_come_first_and_every_line_fits_into_the_smallest_terminal() {
    for number in 1..=8 {
        for marks in [Marks::Braille, Marks::Block, Marks::Ascii] {
            let lines = lines(number, marks);
            assert_eq!(lines[0], "symbols of this screen", "{number}");
            let at = |title: &str| lines.iter().position(|line| line == title);
            let titles = ["keys of this screen", "keys everywhere", "the terminal"].map(at);
            assert!(
                titles.iter().all(Option::is_some) && titles.is_sorted(),
                "{number} {titles:?}"
            );
            let is_cut = |line: &&String| line.ends_with(marks.glyphs().ellipsis);
            assert_eq!(lines.iter().find(is_cut), None, "{number}");
            let ascii = lines.iter().all(|line| line.is_ascii());
            assert!(ascii || marks != Marks::Ascii, "{number}: {lines:?}");
            let selects =
                |line: &String| line.ends_with("with the mouse: the terminal selects text");
            assert!(lines.iter().any(selects), "{number}");
        }
    }
}

#[test]
fn keys_that_do_nothing_here_are_left_out() {
    let on = |number| lines(number, Marks::Braille).join("\n");
    let (overview, curves) = (on(1), on(3));
    assert!(curves.contains("magnify the x axis") && !overview.contains("magnify the x axis"));
    assert!(overview.contains("γ") && !overview.contains("in a record: a step back"));
    assert!(curves.contains("copy what is selected"));
}

//! A live value as it is typed: the present one is selected, so that the first key replaces it.

use crate::control::{Number, Tunable};
use crate::tui::input::{type_key, type_text};
use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

/// A line with a value in it.
#[derive(Clone, Debug)]
pub(super) struct Value {
    input: Input,
    /// Whether the whole line is selected, as it is until the first key.
    is_selected: bool,
}

impl Value {
    /// With this text, selected.
    pub fn selected(text: String) -> Self {
        Value { input: Input::new(text), is_selected: true }
    }

    pub fn text(&self) -> &str {
        self.input.value()
    }

    pub fn input(&self) -> &Input {
        &self.input
    }

    pub fn is_selected(&self) -> bool {
        self.is_selected && !self.input.value().is_empty()
    }

    /// Takes a key: ↑ and ↓ step the value, within what is allowed in a run of so many domains.
    pub fn key(&mut self, key: &KeyEvent, tunable: Tunable, domains: usize) {
        match key.code {
            KeyCode::Up => self.step(1.0, tunable, domains),
            KeyCode::Down => self.step(-1.0, tunable, domains),
            KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete if self.is_selected() => {
                self.input.reset();
                type_key(&mut self.input, key);
            }
            _ => type_key(&mut self.input, key),
        }
        self.is_selected = false;
    }

    /// Takes pasted text, in the place of what is selected.
    pub fn paste(&mut self, text: &str) {
        if self.is_selected() {
            self.input.reset();
        }
        type_text(&mut self.input, text);
        self.is_selected = false;
    }

    fn step(&mut self, direction: f64, tunable: Tunable, domains: usize) {
        let Ok(now) = self.text().trim().parse::<f64>() else { return };
        let next = stepped(now, direction, tunable);
        if tunable.check(next, domains).is_ok() {
            self.input = Input::new(Number(next).to_string());
        }
    }
}

/// One unit of the second digit up or down; whole numbers for what is counted.
fn stepped(now: f64, direction: f64, tunable: Tunable) -> f64 {
    let is_whole = tunable.check(0.5, 2).is_err() && tunable.check(2.0, 2).is_ok();
    let digits = match now.abs() {
        0.0 => -2,
        size => size.log10().floor() as i32 - 1,
    };
    let digits = if is_whole { digits.max(0) } else { digits };
    // The nearest float of the decimal number, which products of floats miss.
    let units = (now / 10f64.powi(digits)).round() + direction;
    format!("{units}e{digits}").parse().unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    fn typed(text: &str, tunable: Tunable, keys: &[KeyCode]) -> String {
        let mut value = Value::selected(text.into());
        for code in keys {
            value.key(&KeyEvent::new(*code, KeyModifiers::NONE), tunable, 6);
        }
        value.text().into()
    }

    #[test]
    fn the_first_key_replaces_the_value_and_the_next_ones_go_on() {
        use KeyCode::{Backspace, Char, End};
        assert_eq!(typed("30", Tunable::Tau, &[Char('5')]), "5");
        assert_eq!(typed("30", Tunable::Tau, &[Char('5'), Char('0')]), "50");
        assert_eq!(typed("30", Tunable::Tau, &[End, Char('5')]), "305");
        assert_eq!(typed("30", Tunable::Tau, &[Backspace]), "");
        let mut pasted = Value::selected("0.2".into());
        pasted.paste("0.5");
        assert_eq!(pasted.text(), "0.5");
    }

    #[test]
    fn arrows_step_the_value_within_what_is_allowed() {
        use KeyCode::{Down, Up};
        assert_eq!(typed("30", Tunable::Tau, &[Up]), "31");
        assert_eq!(typed("0.3", Tunable::Lambda, &[Up, Up, Down]), "0.31");
        assert_eq!(typed("0", Tunable::Lambda, &[Up]), "0.01");
        assert_eq!(typed("0", Tunable::Lambda, &[Down]), "0", "below what is allowed");
        assert_eq!(typed("2e-5", Tunable::Lr, &[Up]), "2.1e-5");
        assert_eq!(typed("500", Tunable::Every, &[Down]), "490");
        assert_eq!(typed("2", Tunable::Every, &[Down, Down]), "1");
        assert_eq!(typed("none", Tunable::Clip, &[Up]), "none");
    }
}

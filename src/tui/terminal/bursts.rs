//! What one read of the terminal held: keys of a person, or text.
//!
//! Nobody types two characters at once. Where a terminal or a multiplexer passes a paste on without brackets, its
//! characters come together, and must not act as keys. Nor must a character that follows what is no input, the rest
//! of an answer that was cut, say.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The events of one read, with characters that are not a person's as pasted text. `is_pure` where the read held
/// whole events and nothing else.
///
/// A character is a key where it came alone; the mouse may go on moving behind it.
pub(super) fn as_text(events: Vec<Event>, is_pure: bool) -> Vec<Event> {
    let is_key = match &events[..] {
        [Event::Key(_), rest @ ..] => rest.iter().all(|next| matches!(next, Event::Mouse(_))),
        _ => false,
    };
    if is_pure && is_key {
        return events;
    }
    let has_text = events.iter().any(|event| typed(event).is_some());
    let stays = |event: &Event| is_of_a_burst(event) || is_pure && !has_text && leaves(event);
    let events: Vec<Event> = events.into_iter().filter(stays).collect();
    let mut kept = Vec::with_capacity(events.len());
    for together in events.chunk_by(|one, next| typed(one).is_some() && typed(next).is_some()) {
        match together {
            [event] if typed(event).is_none() => kept.push(event.clone()),
            keys => kept.push(Event::Paste(keys.iter().filter_map(typed).collect())),
        }
    }
    kept
}

/// The character that a key is in a text, if it is one.
fn typed(event: &Event) -> Option<char> {
    let Event::Key(KeyEvent { code, modifiers, kind, .. }) = event else { return None };
    let plain = (*modifiers - KeyModifiers::SHIFT).is_empty();
    match code {
        _ if *kind == KeyEventKind::Release => None,
        // A line feed, as keys have it.
        KeyCode::Char('j') if *modifiers == KeyModifiers::CONTROL => Some('\n'),
        KeyCode::Char(c) if plain => Some(*c),
        KeyCode::Enter if plain => Some('\n'),
        KeyCode::Tab if plain => Some('\t'),
        _ => None,
    }
}

/// Whether an event is one of what came together: keys of commands are not, whatever is held with them. Those that
/// move or delete may have been typed on a slow line.
fn is_of_a_burst(event: &Event) -> bool {
    let Event::Key(KeyEvent { code, .. }) = event else { return true };
    let moves = matches!(
        code,
        KeyCode::Up
            | KeyCode::Down
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::PageUp
            | KeyCode::PageDown
            | KeyCode::Home
            | KeyCode::End
            | KeyCode::Backspace
            | KeyCode::Delete
    );
    moves || typed(event).is_some()
}

/// Whether a key leaves something, as one does in haste: esc and ctrl-c.
fn leaves(event: &Event) -> bool {
    let Event::Key(KeyEvent { code, modifiers, .. }) = event else { return false };
    match code {
        KeyCode::Esc => true,
        code => *code == KeyCode::Char('c') && *modifiers == KeyModifiers::CONTROL,
    }
}

use crate::sandbox::{is_catching, panic_message};
use crate::tui;

/// Makes a panic print one line instead of a backtrace: what happened and where. The terminal is
/// restored first, so that the line can be read. A panic that is caught prints nothing: the error that
/// it becomes is told where it matters.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if is_catching() {
            return;
        }
        let location = panic
            .location()
            .map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
        let message = panic_message(panic.payload());
        let first_line = message.lines().next().unwrap_or_default();
        tui::terminal::restore();
        tracing::error!("internal error{location}: {message}");
        complain!("error: internal error{location}: {first_line}");
    }));
}

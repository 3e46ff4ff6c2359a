use crate::tui;

/// Makes a panic print one line instead of a backtrace: what happened and where. The terminal is
/// restored first, so that the line can be read.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic
            .location()
            .map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| text.to_string())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let first_line = message.lines().next().unwrap_or_default();
        tui::terminal::restore();
        tracing::error!("internal error{location}: {message}");
        complain!("error: internal error{location}: {first_line}");
    }));
}

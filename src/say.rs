/// `println!` that does not end the program when nobody reads its output any more (`… | head -1`).
macro_rules! say {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($arg)*);
    }};
}

/// `eprintln!` likewise: a run outlives the terminal that it was started from. To one that does not
/// read nothing is said: it would keep the process.
macro_rules! complain {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        if !$crate::tui::terminal::is_stuck() {
            let _ = writeln!(std::io::stderr(), $($arg)*);
        }
    }};
}

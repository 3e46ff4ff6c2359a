/// `println!` that does not end the program when nobody reads its output any more (`… | head -1`), in the
/// letters of the locale.
macro_rules! say {
    ($($arg:tt)*) => { $crate::print::out(format_args!($($arg)*)) };
}

/// `eprintln!` likewise: a run outlives the terminal that it was started from. To one that does not
/// read nothing is said: it would keep the process.
macro_rules! complain {
    ($($arg:tt)*) => { $crate::print::err(format_args!($($arg)*)) };
}

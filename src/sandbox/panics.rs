//! Panics of libraries that meet data which they did not expect.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// The outcome of `work`, or the message of its panic, of which nothing is printed.
///
/// # Errors
/// The first line of the panic's message.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = CATCHING.replace(true);
    // What `work` borrows is only looked at again where it returned.
    let outcome = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(before);
    outcome.map_err(|payload| {
        panic_message(payload.as_ref()).lines().next().unwrap_or_default().to_owned()
    })
}

/// Whether this thread works inside [`caught`]: its panic becomes an error that is told elsewhere.
pub fn is_catching() -> bool {
    CATCHING.get()
}

/// The message of a panic.
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_first_line() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| panic!("no\nmore")), Err::<(), _>("no".into()));
        assert_eq!(caught(|| panic!("{}", 7)), Err::<(), _>("7".into()));
        assert!(!is_catching());
    }
}

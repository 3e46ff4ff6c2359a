//! libtorch's warnings, which it would print on stderr and so across the screens.

use super::ffi;
use std::ffi::{CStr, c_char};

/// Sends the warnings of this thread to the log from now on.
pub(super) fn to_log() {
    // SAFETY: see the module `ffi`; the function lives as long as the program.
    unsafe { ffi::vt_on_warning(log_warning) }
}

/// # Safety
/// `text` is a string that ends with a zero and lives as long as the call.
unsafe extern "C" fn log_warning(text: *const c_char) {
    // SAFETY: as promised above.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    tracing::warn!("libtorch: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use tch::{Device, Kind, Tensor};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_warning_of_libtorch_is_a_line_of_the_log() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            to_log();
            let ones = Tensor::ones([3], (Kind::Float, Device::Cpu));
            let too_small = Tensor::ones([2], (Kind::Float, Device::Cpu));
            let _ = ones.f_add_out(&too_small, &ones).unwrap();
        });
        let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(
            log.contains("WARN") && log.contains("libtorch: An output with one or more"),
            "{log}"
        );
    }
}

//! Messages on a pipe: the length as a little-endian u64, then MessagePack, of which token ids take a
//! third of what JSON takes to write and read.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Write};

/// The longest message that is taken, bytes. Neither side asks for a longer one.
const LONGEST: u64 = 1 << 30;

pub(super) fn write(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let bytes = rmp_serde::to_vec(message).map_err(io::Error::other)?;
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(&bytes)?;
    out.flush()
}

/// The next message; `None` where the other side has closed the pipe.
pub(super) fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 8];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        outcome => outcome?,
    }
    let length = u64::from_le_bytes(length);
    if length > LONGEST {
        return Err(invalid(format!("a message of {length} bytes; at most {LONGEST} are taken")));
    }
    // The length is only believed as far as bytes follow.
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let message = rmp_serde::from_slice(&bytes);
    message.map(Some).map_err(|error| invalid(error.to_string()))
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_one_by_one_until_the_pipe_is_closed() {
        let mut pipe = Vec::new();
        write(&mut pipe, &"ä").unwrap();
        write(&mut pipe, &"b").unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(read::<String>(&mut input).unwrap(), Some("ä".into()));
        assert_eq!(read::<String>(&mut input).unwrap(), Some("b".into()));
        assert_eq!(read::<String>(&mut input).unwrap(), None);
    }

    #[test]
    fn a_message_that_is_cut_off_or_too_long_is_an_error() {
        let mut pipe = Vec::new();
        write(&mut pipe, &"whole").unwrap();
        let error = read::<String>(&mut &pipe[..pipe.len() - 1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let error = read::<String>(&mut u64::MAX.to_le_bytes().as_slice()).unwrap_err();
        assert!(error.to_string().contains("at most 1073741824"), "{error}");
    }
}

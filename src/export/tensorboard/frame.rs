use std::io::{self, Write};

/// Writes the frame that TFRecord files have around each message: its length, a checksum of that, the
/// message, a checksum of that, all little-endian.
///
/// # Errors
/// The system's.
pub fn write(out: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = (message.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&checksum(&length))?;
    out.write_all(message)?;
    out.write_all(&checksum(message))
}

/// CRC-32C, masked: data that hold checksums of themselves would have a poor one.
fn checksum(data: &[u8]) -> [u8; 4] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// A gzip file: one member after the other, and zeros behind one, with which tapes and block devices
/// fill their blocks.
pub(super) struct GzipMembers<R> {
    /// `None` behind the last.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    pub fn new(file: R) -> Self {
        GzipMembers { member: Some(GzDecoder::new(file)) }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(mut file) = self.member.take().map(GzDecoder::into_inner) else { break };
            if skip_zeros(&mut file)? {
                self.member = Some(GzDecoder::new(file));
            }
        }
        Ok(0)
    }
}

/// Whether anything follows the zeros.
fn skip_zeros(file: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let others = zeros < bytes.len();
        file.consume(zeros);
        if others {
            return Ok(true);
        }
    }
}

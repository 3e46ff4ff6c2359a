//! One safetensors file: tensors in and out by name, a piece at a time (by `pread`, nothing is mapped), so that
//! neither way needs more memory than a piece, and a file that is cut off is an error and no signal.

use super::ModelError;
use crate::disk::{self, FileSum, SummedFile};
use crate::torch::{HostCopy, HostMemory};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// Bytes that are read or written at one time.
pub(super) const PIECE_BYTES: usize = 16 << 20;
/// Longest header that the format allows.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// A safetensors file that is open for reading, its header checked against its length.
#[derive(Debug)]
pub struct TensorFile {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// Where the tensors' bytes begin.
    data_at: u64,
}

impl TensorFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn open(path: PathBuf) -> Result<Self, ModelError> {
        let file = disk::open(&path).map_err(ModelError::read(&path))?;
        let length = file.metadata().map_err(ModelError::read(&path))?.len();
        let error = |reason: String| {
            ModelError::malformed(&path, format!("{reason}; the file is damaged or cut off"))
        };
        if length < 8 {
            return Err(error(format!("{length} bytes are no safetensors file")));
        }
        let mut prefix = [0; 8];
        file.read_exact_at(&mut prefix, 0).map_err(ModelError::read(&path))?;
        let header_bytes = u64::from_le_bytes(prefix);
        if header_bytes > MAX_HEADER_BYTES || header_bytes + 8 > length {
            return Err(error(format!("its header would have {header_bytes} bytes")));
        }
        let mut text = vec![0; header_bytes as usize];
        file.read_exact_at(&mut text, 8).map_err(ModelError::read(&path))?;
        let header: Metadata =
            serde_json::from_slice(&text).map_err(|cause| error(format!("its header: {cause}")))?;
        let data_at = 8 + header_bytes;
        let needed = data_at + header.data_len() as u64;
        if needed != length {
            return Err(error(format!("it has {length} bytes where its header needs {needed}")));
        }
        Ok(TensorFile { path, file, header, data_at })
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of its tensors.
    pub(super) fn names(&self) -> Vec<String> {
        self.header.offset_keys()
    }

    /// Shape, type and place of a tensor.
    pub(super) fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.header.info(name)
    }

    /// Reads a tensor into one of the same shape and kind, on any device.
    ///
    /// # Errors
    /// The file has none of that name, or it has another shape or kind; it cannot be read.
    pub fn read_exactly(&self, name: &str, target: &Tensor) -> Result<(), ModelError> {
        let info = self.info(name).ok_or_else(|| self.malformed(format!("it has no {name}")))?;
        let shape: Vec<i64> = info.shape.iter().map(|n| *n as i64).collect();
        if shape != target.size() || kind_of(info.dtype) != Some(target.kind()) {
            return Err(self.malformed(format!(
                "{name} is {:?} {shape:?} there, and {:?} {:?} is needed",
                info.dtype,
                target.kind(),
                target.size()
            )));
        }
        self.read_pieces(name, target, |_| Ok(()))
    }

    /// Reads a tensor into one of as many elements, converting to its kind and device; `check` is called with
    /// each piece.
    ///
    /// # Errors
    /// The file has none of that name, or of a type that cannot be read; `check`'s.
    pub(super) fn read_pieces(
        &self,
        name: &str,
        target: &Tensor,
        check: impl Fn(&Tensor) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        let info = self.info(name).ok_or_else(|| self.malformed(format!("it has no {name}")))?;
        let kind = kind_of(info.dtype)
            .ok_or_else(|| self.malformed(format!("{name} has type {:?}", info.dtype)))?;
        let flat = target.f_view([-1])?;
        let element = kind.elt_size_in_bytes();
        let mut buffer = Vec::new();
        let (begin, end) = info.data_offsets;
        for at in (begin..end).step_by(PIECE_BYTES) {
            buffer.resize(PIECE_BYTES.min(end - at), 0);
            self.read_at(at, &mut buffer)?;
            let elements = (buffer.len() / element) as i64;
            let piece = Tensor::f_from_data_size(&buffer, &[elements], kind)?;
            check(&piece)?;
            flat.f_narrow(0, ((at - begin) / element) as i64, elements)?.f_copy_(&piece)?;
        }
        Ok(())
    }

    /// Bytes of the tensors' part of the file, from `at` on.
    pub(super) fn read_at(&self, at: usize, buffer: &mut [u8]) -> Result<(), ModelError> {
        self.file
            .read_exact_at(buffer, self.data_at + at as u64)
            .map_err(ModelError::read(&self.path))
    }

    fn malformed(&self, reason: String) -> ModelError {
        ModelError::malformed(&self.path, reason)
    }
}

/// A tensor to write by its name, and the kind that it is stored in.
pub struct StoredTensor {
    pub(super) name: String,
    size: Vec<i64>,
    kind: Kind,
    values: Values,
}

enum Values {
    /// The tensor as it is, on its device.
    Tensor(Tensor),
    /// Its bytes in the stored kind, as they were.
    Copy(HostCopy),
}

impl StoredTensor {
    /// A tensor in its own kind.
    pub fn new(name: impl Into<String>, tensor: &Tensor) -> Self {
        Self::of_kind(name, tensor, tensor.kind())
    }

    /// A tensor that is converted to `kind`.
    pub(super) fn of_kind(name: impl Into<String>, tensor: &Tensor, kind: Kind) -> Self {
        let (size, values) = (tensor.size(), Values::Tensor(tensor.shallow_clone()));
        StoredTensor { name: name.into(), size, kind, values }
    }

    /// The same with a copy in host memory, for a thread that writes it while the tensor changes.
    ///
    /// # Errors
    /// Too little host memory; the device fails.
    pub fn copied(self, memory: &HostMemory) -> Result<Self, ModelError> {
        let Values::Tensor(tensor) = &self.values else { return Ok(self) };
        let copy = HostCopy::of(&tensor.f_detach()?.f_to_kind(self.kind)?, memory)?;
        Ok(StoredTensor { values: Values::Copy(copy), ..self })
    }

    pub(super) fn elements(&self) -> u64 {
        self.size.iter().map(|n| *n as u64).product()
    }

    /// Bytes that it takes in a file.
    pub fn bytes(&self) -> u64 {
        self.elements() * self.kind.elt_size_in_bytes() as u64
    }

    fn write(&self, out: &mut impl Write, path: &Path) -> Result<(), ModelError> {
        match &self.values {
            Values::Tensor(tensor) => write_tensor(out, tensor, self.kind, path),
            Values::Copy(copy) => copy
                .pieces()
                .try_for_each(|piece| out.write_all(piece))
                .map_err(ModelError::write(path)),
        }
    }
}

/// Writes tensors by their names, each in its own kind, and forces them to disk. `on_block` is called with the
/// number of bytes of every block that was written; its error ends the writing.
///
/// # Errors
/// A kind that is not stored; the system's or `on_block`'s.
pub fn write_tensors(
    path: &Path,
    tensors: &[StoredTensor],
    on_block: &mut dyn FnMut(u64) -> io::Result<()>,
) -> Result<FileSum, ModelError> {
    let header = header(path, tensors)?;
    let file = SummedFile::create(path, on_block).map_err(ModelError::write(path))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    out.write_all(&(header.len() as u64).to_le_bytes()).map_err(ModelError::write(path))?;
    out.write_all(&header).map_err(ModelError::write(path))?;
    for tensor in tensors {
        tensor.write(&mut out, path)?;
    }
    let file =
        out.into_inner().map_err(|error| error.into_error()).map_err(ModelError::write(path))?;
    file.finish().map_err(ModelError::write(path))
}

fn header(path: &Path, tensors: &[StoredTensor]) -> Result<Vec<u8>, ModelError> {
    let mut infos = Vec::with_capacity(tensors.len());
    let mut at = 0;
    for stored in tensors {
        let begin = at;
        at += stored.bytes() as usize;
        let shape = stored.size.iter().map(|n| *n as usize).collect();
        let dtype = dtype_of(stored.kind).ok_or_else(|| {
            ModelError::malformed(path, format!("{} has kind {:?}", stored.name, stored.kind))
        })?;
        infos.push((stored.name.clone(), TensorInfo { dtype, shape, data_offsets: (begin, at) }));
    }
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let mut header = Metadata::new(Some(format), infos)
        .map_err(|error| error.to_string())
        .and_then(|header| serde_json::to_vec(&header).map_err(|error| error.to_string()))
        .map_err(|error| ModelError::malformed(path, error))?;
    header.resize(header.len().next_multiple_of(8), b' '); // keeps the tensors aligned
    Ok(header)
}

fn write_tensor(
    out: &mut impl Write,
    tensor: &Tensor,
    kind: Kind,
    path: &Path,
) -> Result<(), ModelError> {
    let flat = tensor.f_detach()?.f_contiguous()?.f_view([-1])?;
    let piece_elements = PIECE_BYTES / 4;
    let elements = flat.numel();
    let mut buffer = Vec::new();
    for at in (0..elements).step_by(piece_elements) {
        let length = piece_elements.min(elements - at);
        let piece = flat.f_narrow(0, at as i64, length as i64)?;
        let piece = piece.f_to_kind(kind)?.f_to(Device::Cpu)?.f_contiguous()?;
        buffer.resize(length * kind.elt_size_in_bytes(), 0);
        piece.f_copy_data_u8(&mut buffer, length)?;
        out.write_all(&buffer).map_err(ModelError::write(path))?;
    }
    Ok(())
}

/// Types that are read and written, with their kinds in libtorch.
const TYPES: [(Dtype, Kind); 4] = [
    (Dtype::F32, Kind::Float),
    (Dtype::F16, Kind::Half),
    (Dtype::BF16, Kind::BFloat16),
    (Dtype::U8, Kind::Uint8),
];

/// The libtorch kind of a stored type that can be read.
fn kind_of(dtype: Dtype) -> Option<Kind> {
    TYPES.iter().find(|(known, _)| *known == dtype).map(|(_, kind)| *kind)
}

fn dtype_of(kind: Kind) -> Option<Dtype> {
    TYPES.iter().find(|(_, known)| *known == kind).map(|(dtype, _)| *dtype)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, tensors: &[(String, Tensor)]) -> Result<FileSum, ModelError> {
        write_tensors(path, &stored(tensors), &mut |_| Ok(()))
    }

    fn stored(tensors: &[(String, Tensor)]) -> Vec<StoredTensor> {
        tensors.iter().map(|(name, tensor)| StoredTensor::new(name, tensor)).collect()
    }

    fn tensors() -> Vec<(String, Tensor)> {
        let cpu = |kind| (kind, Device::Cpu);
        // Longer than a piece, and of two kinds.
        let long = Tensor::arange(5_000_000, cpu(Kind::Float));
        let matrix = Tensor::ones([3, 4], cpu(Kind::BFloat16)).transpose(0, 1);
        vec![("long".into(), long), ("matrix".into(), matrix), ("n".into(), Tensor::from(7f32))]
    }

    #[test]
    fn what_was_written_is_read_to_the_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("some.safetensors");
        write(&path, &tensors()).unwrap();
        let file = TensorFile::open(path.clone()).unwrap();
        for (name, tensor) in tensors() {
            let read = Tensor::zeros(tensor.size(), (tensor.kind(), Device::Cpu));
            file.read_exactly(&name, &read).unwrap();
            assert!(read.equal(&tensor), "{name}");
        }
        // Other readers agree.
        let others = Tensor::read_safetensors(&path).unwrap();
        for (name, tensor) in tensors() {
            let (_, read) = others.iter().find(|(other, _)| *other == name).unwrap();
            assert!(read.equal(&tensor), "{name}");
        }
    }

    /// A copy is written while the tensors change, by another thread too; its checksum comes with it.
    #[test]
    fn copies_are_written_as_the_tensors_were() {
        let dir = tempfile::tempdir().unwrap();
        let [at_once, later] = ["at-once", "later"].map(|name| dir.path().join(name));
        let mut tensors = tensors();
        let sum = write(&at_once, &tensors).unwrap();
        let memory = HostMemory::new(Device::Cpu);
        let copy = |stored: StoredTensor| stored.copied(&memory).unwrap();
        let copies: Vec<StoredTensor> = stored(&tensors).into_iter().map(copy).collect();
        tensors.iter_mut().for_each(|(_, tensor)| drop(tensor.zero_()));
        let path = later.clone();
        let writer = std::thread::spawn(move || write_tensors(&path, &copies, &mut |_| Ok(())));
        assert_eq!(writer.join().unwrap().unwrap(), sum);
        assert!(std::fs::read(&later).unwrap() == std::fs::read(&at_once).unwrap());
        let read = std::fs::File::open(&later).unwrap();
        assert_eq!(disk::sha256(read, &mut |_| Ok(())).unwrap(), sum.sha256);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("some.safetensors");
        write(&path, &tensors()).unwrap();
        let file = TensorFile::open(path.clone()).unwrap();
        let target = Tensor::zeros([4, 3], (Kind::Float, Device::Cpu));
        let error = |name| file.read_exactly(name, &target).unwrap_err().to_string();
        assert!(error("other").contains("it has no other"), "{}", error("other"));
        assert!(
            error("matrix").contains("BF16 [4, 3] there, and Float [4, 3]"),
            "{}",
            error("matrix")
        );
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let error = TensorFile::open(path.clone()).unwrap_err().to_string();
        assert!(error.contains("damaged or cut off"), "{error}");
        let complex = [("c".to_owned(), Tensor::zeros([2], (Kind::ComplexFloat, Device::Cpu)))];
        assert!(write(&path, &complex).unwrap_err().to_string().contains("ComplexFloat"));
    }
}

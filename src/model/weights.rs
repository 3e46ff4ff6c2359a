//! A model's weights: one safetensors file or several with an index.

use super::ModelError;
use super::architecture::Architecture;
use super::tensor_file::{PIECE_BYTES, TensorFile};
use super::tensors::{TensorSpec, tensors};
use crate::disk;
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tch::Tensor;

/// Name of the only weights file of a small model.
pub(super) const SINGLE: &str = "model.safetensors";
/// Name of the list of weights files of a large one.
pub(super) const INDEX: &str = "model.safetensors.index.json";
/// Most tensors that are named in an error.
const MOST_ERRORS: usize = 20;

/// The weights files of a folder, open for reading. Every tensor named has its bytes in a file.
#[derive(Debug)]
pub(super) struct Weights {
    folder: PathBuf,
    files: Vec<TensorFile>,
    /// Tensor name → index in `files`.
    file_of: BTreeMap<String, usize>,
}

/// `model.safetensors.index.json`.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens the safetensors of a folder and reads their headers.
    ///
    /// # Errors
    /// There are none, one is missing, or one is damaged.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let index_path = folder.join(INDEX);
        if folder.join(SINGLE).exists() {
            let file = TensorFile::open(folder.join(SINGLE))?;
            let file_of = file.names().into_iter().map(|name| (name, 0)).collect();
            return Ok(Weights { folder: folder.to_owned(), files: vec![file], file_of });
        }
        if !index_path.exists() {
            return Err(no_weights(folder));
        }
        let text = disk::read_text(&index_path, disk::LARGEST_TEXT)
            .map_err(ModelError::read(&index_path))?;
        let index: Index = serde_json::from_str(&text)
            .map_err(|error| ModelError::malformed(&index_path, error))?;
        Self::open_shards(folder, &index_path, index)
    }

    fn open_shards(folder: &Path, index_path: &Path, index: Index) -> Result<Self, ModelError> {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut files: Vec<TensorFile> = Vec::new();
        for name in index.weight_map.values() {
            if !numbers.contains_key(name.as_str()) {
                if Path::new(name).file_name() != Some(name.as_ref()) {
                    let reason = format!("'{name}' is not the name of a file in this folder");
                    return Err(ModelError::malformed(index_path, reason));
                }
                numbers.insert(name, files.len());
                files.push(TensorFile::open(folder.join(name))?);
            }
        }
        let mut file_of = BTreeMap::new();
        for (tensor, name) in &index.weight_map {
            let index = numbers[name.as_str()];
            if files[index].info(tensor).is_none() {
                let reason = format!("'{tensor}' is said to lie in {name}, which does not hold it");
                return Err(ModelError::malformed(index_path, reason));
            }
            file_of.insert(tensor.clone(), index);
        }
        for (index, file) in files.iter().enumerate() {
            for tensor in file.names() {
                file_of.entry(tensor).or_insert(index);
            }
        }
        Ok(Weights { folder: folder.to_owned(), files, file_of })
    }

    /// Checks that the files hold exactly the architecture's tensors, in their shapes, in a type that
    /// can be read.
    ///
    /// A tied head may be stored too if it equals the embedding. Rotary buffers of old checkpoints are
    /// skipped.
    ///
    /// # Errors
    /// [`ModelError::Tensors`] with one line per error.
    pub fn check(&self, architecture: &Architecture) -> Result<(), ModelError> {
        let specs = tensors(architecture);
        let mut errors = Vec::new();
        for spec in &specs {
            match self.info(&spec.name) {
                None => errors.push(format!("{} {:?} is missing", spec.name, spec.shape)),
                Some(info) => errors.extend(mismatch(spec, info)),
            }
        }
        let known: BTreeSet<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        let (embedding, head) = (architecture.names.embedding, architecture.names.head);
        for name in self.file_of.keys() {
            if known.contains(name.as_str()) || name.ends_with("rotary_emb.inv_freq") {
                continue;
            }
            let shape = self.info(name).map(|info| info.shape.clone()).unwrap_or_default();
            if name != head {
                errors.push(format!("{name} {shape:?} is not part of this architecture"));
            } else if !self.same_bytes(head, embedding)? {
                errors.push(format!(
                    "{head} {shape:?} differs from {embedding}, but tie_word_embeddings is true"
                ));
            }
        }
        if errors.is_empty() {
            return Ok(());
        }
        let more = errors.len().saturating_sub(MOST_ERRORS);
        errors.truncate(MOST_ERRORS);
        if more > 0 {
            errors.push(format!("and {more} more"));
        }
        Err(ModelError::Tensors { folder: self.folder.clone(), errors })
    }

    /// Reads a tensor into `target`, whose shape it has (see [`Weights::check`]), converting to
    /// its kind and device.
    ///
    /// # Errors
    /// The file cannot be read, or a value is not finite.
    pub fn read_into(&self, name: &str, target: &Tensor) -> Result<(), ModelError> {
        let (file, _) = self.find(name)?;
        file.read_pieces(name, target, |piece| {
            match piece.f_isfinite()?.f_all()?.f_int64_value(&[])? {
                0 => Err(ModelError::NotFinite { path: file.path().to_owned(), name: name.into() }),
                _ => Ok(()),
            }
        })
    }

    fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.files[*self.file_of.get(name)?].info(name)
    }

    fn find(&self, name: &str) -> Result<(&TensorFile, &TensorInfo), ModelError> {
        self.file_of
            .get(name)
            .map(|index| &self.files[*index])
            .and_then(|file| Some((file, file.info(name)?)))
            .ok_or_else(|| ModelError::Tensors {
                folder: self.folder.clone(),
                errors: vec![format!("{name} is missing")],
            })
    }

    fn same_bytes(&self, a: &str, b: &str) -> Result<bool, ModelError> {
        let ((a_file, a), (b_file, b)) = (self.find(a)?, self.find(b)?);
        if a.shape != b.shape || a.dtype != b.dtype {
            return Ok(false);
        }
        let bytes = a.data_offsets.1 - a.data_offsets.0;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for at in (0..bytes).step_by(PIECE_BYTES) {
            let length = PIECE_BYTES.min(bytes - at);
            left.resize(length, 0);
            right.resize(length, 0);
            a_file.read_at(a.data_offsets.0 + at, &mut left)?;
            b_file.read_at(b.data_offsets.0 + at, &mut right)?;
            if left != right {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn mismatch(spec: &TensorSpec, info: &TensorInfo) -> Option<String> {
    let fits = info.shape.iter().map(|n| *n as i64).eq(spec.shape.iter().copied());
    if !fits {
        let (name, found, expected) = (&spec.name, &info.shape, &spec.shape);
        return Some(format!("{name} has shape {found:?}; config.json asks for {expected:?}"));
    }
    if !matches!(info.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
        let name = &spec.name;
        return Some(format!("{name} has type {:?}; supported: F32, F16, BF16", info.dtype));
    }
    None
}

/// The error for a folder without safetensors: says what lies there instead.
fn no_weights(folder: &Path) -> ModelError {
    let pickle = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| [".bin", ".pt", ".pth"].iter().any(|end| name.ends_with(end)))
        .min();
    let hint = match pickle {
        Some(name) => format!(
            "{name} is a pickle file, which can run any code and is not read; convert it with \
             transformers: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder)"
        ),
        None => "is this the folder of a model?".into(),
    };
    ModelError::NoWeights { folder: folder.to_owned(), hint }
}

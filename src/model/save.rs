//! Safetensors out: a folder in HF layout that `transformers` loads unchanged.

use super::ModelError;
use super::param::Param;
use super::tensor_file::{StoredTensor, write_tensors};
use super::weights::{INDEX, SINGLE};
use crate::disk::{self, FileSum};
use crate::torch::HostMemory;
use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tch::Kind;

/// Largest weights file; more tensors go into the next one.
pub(super) const SHARD_BYTES: u64 = 5_000_000_000;

/// Folder of the chat templates that have names of their own, in a model's folder.
pub(super) const TEMPLATES: &str = "additional_chat_templates";

/// Number format of stored weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredAs {
    /// 4 bytes.
    F32,
    /// 2 bytes with the range of f32.
    Bf16,
}

impl StoredAs {
    /// The format that stores this kind without loss.
    pub(super) fn from_kind(kind: Kind) -> Self {
        if kind == Kind::BFloat16 { StoredAs::Bf16 } else { StoredAs::F32 }
    }

    fn kind(self) -> Kind {
        match self {
            StoredAs::F32 => Kind::Float,
            StoredAs::Bf16 => Kind::BFloat16,
        }
    }

    fn config_name(self) -> &'static str {
        match self {
            StoredAs::F32 => "float32",
            StoredAs::Bf16 => "bfloat16",
        }
    }
}

/// What a model's folder is written from.
pub struct ModelFolder {
    /// The folder whose config, tokenizer and chat template are carried over.
    source: PathBuf,
    stored: StoredAs,
    weights: Vec<StoredTensor>,
    shard_bytes: u64,
}

impl ModelFolder {
    pub(super) fn new(source: &Path, params: &[Param], stored: StoredAs, shard_bytes: u64) -> Self {
        let kind = stored.kind();
        let weight = |param: &Param| StoredTensor::of_kind(&param.name, &param.tensor, kind);
        let weights = params.iter().map(weight).collect();
        ModelFolder { source: source.to_owned(), stored, weights, shard_bytes }
    }

    /// The same with copies of the weights, for a thread that writes them while the model changes.
    ///
    /// # Errors
    /// Too little host memory; the device fails.
    pub fn copied(self, memory: &HostMemory) -> Result<Self, ModelError> {
        let weights = self.weights.into_iter().map(|weight| weight.copied(memory));
        Ok(ModelFolder { weights: weights.collect::<Result<_, _>>()?, ..self })
    }

    /// Bytes of each of the weights.
    pub fn tensor_bytes(&self) -> impl Iterator<Item = u64> {
        self.weights.iter().map(StoredTensor::bytes)
    }

    /// Writes the files into a folder that is empty, and returns the sums of those with weights. `on_block` is
    /// called with the number of bytes of every block of them; its error ends the writing.
    ///
    /// # Errors
    /// Something cannot be read or written; `on_block`'s.
    pub fn write_into(
        &self,
        folder: &Path,
        on_block: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> Result<Vec<(String, FileSum)>, ModelError> {
        let sums = self.write_weights(folder, on_block)?;
        write_config(folder, &self.source, self.stored)?;
        copy_companions(folder, &self.source)?;
        sync_folder(folder)?;
        Ok(sums)
    }

    fn write_weights(
        &self,
        folder: &Path,
        on_block: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> Result<Vec<(String, FileSum)>, ModelError> {
        let shards = shards(&self.weights, self.shard_bytes);
        if let [only] = shards.as_slice() {
            let sum = write_tensors(&folder.join(SINGLE), only, on_block)?;
            return Ok(vec![(SINGLE.into(), sum)]);
        }
        let mut weight_map = Map::new();
        let mut sums = Vec::with_capacity(shards.len());
        for (index, shard) in shards.iter().enumerate() {
            let name = format!("model-{:05}-of-{:05}.safetensors", index + 1, shards.len());
            let sum = write_tensors(&folder.join(&name), shard, on_block)?;
            weight_map.extend(shard.iter().map(|weight| (weight.name.clone(), json!(name))));
            sums.push((name, sum));
        }
        let total: u64 = self.weights.iter().map(StoredTensor::elements).sum();
        let metadata =
            json!({ "total_parameters": total, "total_size": self.tensor_bytes().sum::<u64>() });
        write_json(folder.join(INDEX), &json!({ "metadata": metadata, "weight_map": weight_map }))?;
        Ok(sums)
    }
}

/// Writes a model's folder. It is made beside its final path, synced, and renamed to it: either
/// `folder` holds everything or it is as before.
///
/// # Errors
/// `folder` exists and is not empty; something cannot be read or written.
pub(super) fn save_folder(folder: &Path, contents: &ModelFolder) -> Result<(), ModelError> {
    let parent = disk::parent(folder);
    fs::create_dir_all(parent).map_err(ModelError::write(parent))?;
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ModelError::NotEmpty { folder: folder.to_owned() });
    }
    let staged = disk::temporary_folder(parent).map_err(ModelError::write(parent))?;
    contents.write_into(staged.path(), &mut |_| Ok(()))?;
    fs::rename(staged.path(), folder).map_err(ModelError::write(folder))?;
    drop(staged.keep()); // it is no longer under its old name, there is nothing to remove
    sync_folder(parent)
}

/// Groups tensors, in order, into files of at most `limit` bytes (a larger tensor stands alone).
fn shards(weights: &[StoredTensor], limit: u64) -> Vec<&[StoredTensor]> {
    let mut shards = Vec::new();
    let (mut begin, mut bytes) = (0, 0);
    for (index, weight) in weights.iter().enumerate() {
        let more = weight.bytes();
        if index > begin && bytes + more > limit {
            shards.push(&weights[begin..index]);
            (begin, bytes) = (index, 0);
        }
        bytes += more;
    }
    shards.push(&weights[begin..]);
    shards
}

/// Carries `config.json` over with the type of the weights put right, in the spelling that it has.
fn write_config(folder: &Path, source: &Path, stored: StoredAs) -> Result<(), ModelError> {
    let path = source.join("config.json");
    let text = disk::read_text(&path, disk::LARGEST_TEXT).map_err(ModelError::read(&path))?;
    let mut config: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| ModelError::malformed(&path, error))?;
    let name = json!(stored.config_name());
    if config.contains_key("dtype") {
        config.insert("dtype".into(), name.clone());
    }
    if config.contains_key("torch_dtype") || !config.contains_key("dtype") {
        config.insert("torch_dtype".into(), name);
    }
    write_json(folder.join("config.json"), &Value::Object(config))
}

/// Whether a file of a model's folder belongs to the tokenizer or to generation, and is carried
/// over as it is.
pub(super) fn is_companion(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "merges.txt",
        "generation_config.json",
        "tekken.json",
    ];
    NAMES.contains(&name) || name.starts_with("tokenizer") || name.starts_with("chat_template")
}

fn copy_companions(folder: &Path, source: &Path) -> Result<(), ModelError> {
    copy_files(folder, source, is_companion)?;
    let named = source.join(TEMPLATES);
    if !named.is_dir() {
        return Ok(());
    }
    let target = folder.join(TEMPLATES);
    fs::create_dir(&target).map_err(ModelError::write(&target))?;
    copy_files(&target, &named, |name| name.ends_with(".jinja"))?;
    sync_folder(&target)
}

/// Copies the files of a folder whose names are wanted.
fn copy_files(
    target: &Path,
    source: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<(), ModelError> {
    for entry in fs::read_dir(source).map_err(ModelError::read(source))? {
        let from = entry.map_err(ModelError::read(source))?.path();
        let Some(name) = from.file_name().filter(|name| name.to_str().is_some_and(&is_wanted))
        else {
            continue;
        };
        if from.is_file() {
            let bytes = fs::read(&from).map_err(ModelError::read(&from))?;
            write_synced(target.join(name), &bytes)?;
        }
    }
    Ok(())
}

fn write_json(path: PathBuf, value: &Value) -> Result<(), ModelError> {
    write_synced(path, format!("{value:#}\n").as_bytes())
}

fn write_synced(path: PathBuf, bytes: &[u8]) -> Result<(), ModelError> {
    let mut file = File::create(&path).map_err(ModelError::write(&path))?;
    file.write_all(bytes).map_err(ModelError::write(&path))?;
    file.sync_all().map_err(ModelError::write(&path))
}

fn sync_folder(folder: &Path) -> Result<(), ModelError> {
    disk::sync_folder(folder).map_err(ModelError::write(folder))
}

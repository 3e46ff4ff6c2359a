//! A model: its parameters on a device, and the tensors that its layers share.

use super::layer::Layer;
use super::layout::{self, EMBEDDING, FINAL_NORM, HEAD, Role, Spec, specs};
use super::save::{SHARD_BYTES, StoredAs, save_folder};
use super::weights::Weights;
use super::{Architecture, ModelError, ModelSource, Precision, init};
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// One parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name in HF's layout.
    pub name: String,
    /// Its values, a leaf that gathers gradients: f32, or bf16 under `PureBf16`.
    pub tensor: Tensor,
    /// Whether weight decay applies (not to norms and biases).
    pub decays: bool,
}

/// A decoder on a device. All tensors belong to the thread that made it.
///
/// The order of the parameters depends on the architecture alone.
#[derive(Debug)]
pub struct Model {
    architecture: Architecture,
    source: PathBuf,
    params: Params,
    pub(super) compute: Kind,
    pub(super) embedding_vd: Tensor,
    pub(super) layers: Vec<Layer>,
    pub(super) norm_d: Tensor,
    pub(super) head_vd: Tensor,
    /// Inverse frequencies of the rotary positions, `[e / 2]`, f32.
    pub(super) frequencies: Tensor,
}

/// Parameters by name.
#[derive(Debug)]
pub(super) struct Params(Vec<Param>);

impl Params {
    /// Makes every parameter, filling it by `fill`, and lets it gather gradients.
    fn new(
        specs: &[Spec],
        kind: Kind,
        device: Device,
        mut fill: impl FnMut(&Spec, &Tensor) -> Result<(), ModelError>,
    ) -> Result<Self, ModelError> {
        let mut params = Vec::with_capacity(specs.len());
        for spec in specs {
            let tensor = Tensor::f_empty(&spec.shape, (kind, device))?;
            fill(spec, &tensor)?;
            let tensor = tensor.f_set_requires_grad(true)?;
            let decays = spec.role == Role::Weight;
            params.push(Param { name: spec.name.clone(), tensor, decays });
        }
        Ok(Params(params))
    }

    fn get(&self, name: &str) -> Result<Tensor, ModelError> {
        match self.0.iter().find(|param| param.name == name) {
            Some(param) => Ok(param.tensor.shallow_clone()),
            None => Err(ModelError::Row { fault: format!("the model has no {name}") }),
        }
    }

    /// A parameter of a layer, by the last part of its name.
    pub fn in_layer(&self, place: usize, part: &str) -> Result<Tensor, ModelError> {
        self.get(&layout::in_layer(place, part))
    }
}

impl Model {
    /// The model of a source whose files lie in `folder`: [`Model::open`], or [`Model::random`] by
    /// `seed` where the source says so.
    ///
    /// # Errors
    /// As those.
    pub fn of(
        source: &ModelSource,
        folder: &Path,
        seed: u64,
        device: Device,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        match source {
            ModelSource::Random(_) => Self::random(folder, seed, device, precision),
            ModelSource::Folder(_) | ModelSource::Hub { .. } => {
                Self::open(folder, device, precision)
            }
        }
    }

    /// Loads a model from a folder in HF layout.
    ///
    /// # Errors
    /// The config is unreadable or unsupported; the weights are unreadable or not those of the
    /// config (every fault is named); the device has too little memory.
    pub fn open(folder: &Path, device: Device, precision: Precision) -> Result<Self, ModelError> {
        let architecture = Architecture::read(folder)?;
        let weights = Weights::open(folder)?;
        let specs = specs(&architecture);
        weights.check(&specs)?;
        let params = Params::new(&specs, param_kind(precision), device, |spec, tensor| {
            weights.read_into(&spec.name, tensor)
        })?;
        Self::new(architecture, folder, params, device, precision)
    }

    /// A model of random weights, of the architecture that `folder/config.json` gives: weights
    /// normal with deviation `initializer_range`, norms one, biases zero. Each tensor's numbers
    /// depend on `seed` and its name alone.
    ///
    /// # Errors
    /// As [`Model::open`], weights excepted.
    pub fn random(
        folder: &Path,
        seed: u64,
        device: Device,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let architecture = Architecture::read(folder)?;
        let specs = specs(&architecture);
        let deviation = architecture.initializer_range;
        let params = Params::new(&specs, param_kind(precision), device, |spec, tensor| {
            init::fill(spec, tensor, seed, deviation)
        })?;
        Self::new(architecture, folder, params, device, precision)
    }

    fn new(
        architecture: Architecture,
        source: &Path,
        params: Params,
        device: Device,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let frequencies = architecture.rope.inverse_frequencies(architecture.head_dim);
        let layers = (0..architecture.layers)
            .map(|place| Layer::new(place, &architecture, &params))
            .collect::<Result<_, _>>()?;
        let head = if architecture.tied { EMBEDDING } else { HEAD };
        Ok(Model {
            compute: compute_kind(precision),
            embedding_vd: params.get(EMBEDDING)?,
            layers,
            norm_d: params.get(FINAL_NORM)?,
            head_vd: params.get(head)?,
            frequencies: Tensor::f_from_slice(&frequencies)?.f_to(device)?,
            source: source.to_owned(),
            architecture,
            params,
        })
    }

    /// Shape of the decoder.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Folder that config and tokenizer came from.
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// Every parameter, in the order that the architecture gives; a tied head is not listed.
    pub fn params(&self) -> &[Param] {
        &self.params.0
    }

    /// Number of parameters; a tied head counts once.
    pub fn parameter_count(&self) -> u64 {
        self.architecture.parameter_count()
    }

    /// Writes the model in HF layout (weights in their own format, config, tokenizer, chat
    /// template), sharded above 5 GB. `folder` then holds all of it or, after an error, is as before.
    ///
    /// # Errors
    /// `folder` exists and is not empty; something cannot be read or written.
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        self.save_as(folder, StoredAs::of(self.embedding_vd.kind()))
    }

    /// As [`Model::save`], with the weights converted (rounded to nearest).
    ///
    /// # Errors
    /// As [`Model::save`].
    pub fn save_as(&self, folder: &Path, stored: StoredAs) -> Result<(), ModelError> {
        save_folder(folder, &self.source, self.params(), stored, SHARD_BYTES)
    }

    /// Takes the weights of another folder of the same architecture, in place (for a resume).
    ///
    /// # Errors
    /// The folder's tensors are unreadable or not this model's. The model may then be half changed.
    pub fn load_from(&self, folder: &Path) -> Result<(), ModelError> {
        let weights = Weights::open(folder)?;
        weights.check(&specs(&self.architecture))?;
        tch::no_grad(|| {
            self.params().iter().try_for_each(|param| weights.read_into(&param.name, &param.tensor))
        })
    }
}

/// Kind of the parameters.
fn param_kind(precision: Precision) -> Kind {
    match precision {
        Precision::F32 | Precision::MixedBf16 => Kind::Float,
        Precision::PureBf16 => Kind::BFloat16,
    }
}

/// Kind of activations and products.
fn compute_kind(precision: Precision) -> Kind {
    match precision {
        Precision::F32 => Kind::Float,
        Precision::MixedBf16 | Precision::PureBf16 => Kind::BFloat16,
    }
}

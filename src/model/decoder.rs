//! A model: its parameters on a device, and the tensors that its layers share.

use super::architecture::Architecture;
use super::layer::{Layer, LayerParams, Norm};
use super::param::Param;
use super::params::Params;
use super::save::{ModelFolder, SHARD_BYTES, StoredAs, save_folder};
use super::tensors::tensors;
use super::weight::Weight;
use super::weights::Weights;
use super::{ModelError, ModelSource, Precision, init};
use crate::torch::{TorchError, Trace, beside};
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// A decoder on a device. All tensors belong to the thread that made it.
///
/// The order of the parameters depends on the architecture alone. All are trainable at first.
#[derive(Debug)]
pub struct Model {
    architecture: Architecture,
    source: PathBuf,
    pub(super) params: Params,
    pub(super) compute: Kind,
    pub(super) embedding_vd: Tensor,
    pub(super) layers: Vec<Layer>,
    pub(super) final_norm: Norm,
    pub(super) head_vd: Weight,
    /// Inverse frequencies of the rotary positions, `[e / 2]`, f32.
    pub(super) frequencies: Tensor,
}

impl Model {
    /// The model of a source whose files lie in `folder`: [`Model::open`], or [`Model::random`] by
    /// `seed` where the source says so.
    ///
    /// # Errors
    /// As those.
    pub fn from_source(
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
    /// config (every error is named); the device has too little memory.
    pub fn open(folder: &Path, device: Device, precision: Precision) -> Result<Self, ModelError> {
        Self::open_with(folder, folder, device, precision)
    }

    /// As [`Model::open`], with the weights of another folder: a checkpoint of the model in `folder`.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn open_with(
        folder: &Path,
        weights: &Path,
        device: Device,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let architecture = Architecture::read(folder)?;
        let weights = Weights::open(weights)?;
        weights.check(&architecture)?;
        let specs = tensors(&architecture);
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
        let specs = tensors(&architecture);
        let deviation = architecture.initializer_range;
        let params = Params::new(&specs, param_kind(precision), device, |spec, tensor| {
            init::fill(spec, tensor, seed, deviation)
        })?;
        Self::new(architecture, folder, params, device, precision)
    }

    /// A model of shapes alone, for a trace: nothing is computed with it.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn traced(
        architecture: &Architecture,
        precision: Precision,
        trace: &Trace,
    ) -> Result<Self, ModelError> {
        let params = Params::traced(&tensors(architecture), param_kind(precision), trace)?;
        let like = params.get(architecture.names.embedding)?;
        let place = |tensor: Tensor| beside(&tensor, &like);
        Self::with_params(architecture.clone(), Path::new(""), params, place, precision)
    }

    fn new(
        architecture: Architecture,
        source: &Path,
        params: Params,
        device: Device,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let place = |tensor: Tensor| Ok(tensor.f_to(device)?);
        Self::with_params(architecture, source, params, place, precision)
    }

    /// `place` puts a tensor where the parameters are.
    fn with_params(
        architecture: Architecture,
        source: &Path,
        params: Params,
        place: impl Fn(Tensor) -> Result<Tensor, TorchError>,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let a = &architecture;
        // The families have one size of head in all layers.
        let head_dim = a.layers.first().map_or(0, |layer| layer.attention.head_dim);
        let frequencies = a.rope.inverse_frequencies(head_dim);
        let layers = a.layers.iter().enumerate().map(|(index, spec)| {
            Layer::new(spec, &LayerParams::new(&params, a.layer_prefix(index)))
        });
        let head = if a.tied { a.names.embedding } else { a.names.head };
        Ok(Model {
            compute: compute_kind(precision),
            embedding_vd: params.get(a.names.embedding)?,
            layers: layers.collect::<Result<_, _>>()?,
            final_norm: LayerParams::new(&params, String::new()).norm(&a.final_norm)?,
            head_vd: Weight::new(params.get(head)?),
            frequencies: place(Tensor::f_from_slice(&frequencies)?)?,
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
        self.params.all()
    }

    /// Number of parameters; a tied head counts once.
    pub fn parameter_count(&self) -> u64 {
        self.architecture.parameter_count()
    }

    /// Makes the parameters that `trainable` picks trainable and freezes the others. What gradients
    /// there were are gone; an optimizer is made after this.
    ///
    /// # Errors
    /// libtorch fails.
    pub fn set_trainable(
        &mut self,
        trainable: impl FnMut(&Param) -> bool,
    ) -> Result<(), ModelError> {
        Ok(self.params.set_trainable(trainable)?)
    }

    /// Writes the model in HF layout (weights in their own format, config, tokenizer, chat
    /// template), sharded above 5 GB. `folder` then holds all of it or, after an error, is as before.
    ///
    /// # Errors
    /// `folder` exists and is not empty; something cannot be read or written.
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        save_folder(folder, &self.contents())
    }

    /// What [`Model::save`] writes.
    pub fn contents(&self) -> ModelFolder {
        self.contents_as(StoredAs::from_kind(self.embedding_vd.kind()))
    }

    fn contents_as(&self, stored: StoredAs) -> ModelFolder {
        ModelFolder::new(&self.source, self.params(), stored, SHARD_BYTES)
    }

    /// As [`Model::save`], with the weights converted (rounded to nearest).
    ///
    /// # Errors
    /// As [`Model::save`].
    pub fn save_as(&self, folder: &Path, stored: StoredAs) -> Result<(), ModelError> {
        save_folder(folder, &self.contents_as(stored))
    }

    /// Takes the weights of another folder of the same architecture, in place (for a resume).
    ///
    /// # Errors
    /// The folder's tensors are unreadable or not this model's. The model may then be half changed.
    pub fn load_from(&self, folder: &Path) -> Result<(), ModelError> {
        let weights = Weights::open(folder)?;
        weights.check(&self.architecture)?;
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

/// Kind of activations and matmuls.
fn compute_kind(precision: Precision) -> Kind {
    match precision {
        Precision::F32 => Kind::Float,
        Precision::MixedBf16 | Precision::PureBf16 => Kind::BFloat16,
    }
}

//! The top of a config, and its model.

use super::super::plan::{DeviceChoice, FitChoice, ModelSource, Precision, Recompute};
use super::field::{Field, Read, adopt, at};
use super::limits::or_none;
use super::section::Section;
use super::spec::Spec;
use crate::unit::allowed::whole;
use std::path::PathBuf;

pub(in crate::config) const SEED: Spec<u64> = Spec::new("seed", || 0);
pub(in crate::config) const DEVICE: Spec<DeviceChoice> = Spec::new("device", || DeviceChoice::Auto);
pub(in crate::config) const THREADS: Spec<Option<usize>> =
    Spec::within("threads", || None, or_none!(whole!(1 to 4096)));
pub(in crate::config) const FIT: Spec<FitChoice> = Spec::new("fit", || FitChoice::Auto);
pub(in crate::config) const REVISION: Spec<Option<String>> =
    Spec::new("model.source.revision", || None);

/// What a run may be called, in words.
pub(in crate::config) const NAME: &str =
    "the name of a folder: letters, digits, `_`, `-`, `.`, no dot first";

pub(super) fn run() -> Section {
    Section {
        path: "",
        help: "Every field may be left out except `model` and `data`.",
        fields: vec![
            Field::derived::<String>(
                "name",
                "the config file's name without `.ron`",
                at!(name),
                "Name of the run and of its folder in `runs_dir`.",
            )
            .allowed(NAME)
            .obeyed(adopt!(name)),
            Field::derived::<PathBuf>(
                "runs_dir",
                "`runs` in the working directory",
                at!(runs_dir),
                "Folder in which each run gets a folder of its own.",
            )
            .obeyed(adopt!(runs_dir)),
            Field::new(&SEED, at!(seed), "Seed of every random stream of the run."),
            Field::new(
                &DEVICE,
                at!(device),
                "What to compute on. `Auto` takes the first GPU that works, else the CPU, and \
                 reports which and why; `Cuda(0)` takes that GPU or ends with an error.",
            ),
            Field::new(
                &THREADS,
                at!(threads),
                "CPU threads of libtorch. `None` takes all that the process may use.",
            ),
            Field::new(
                &FIT,
                at!(fit.choice),
                "What `model.precision`, `model.recompute`, `training.micro_batch` and `evaluation.batch` are \
                 where the config does not give them. `Auto`: what is fastest, by an estimate, among what fits \
                 into the memory of the device; weights in f32 where that costs less than 3 %. It is chosen \
                 once, from what the device has and not from what is free at the moment, and a resume keeps it. \
                 `Off`: fixed defaults.",
            ),
        ],
    }
}

pub(super) fn model() -> Section {
    Section {
        path: "model",
        help: "The model to tune. `model: \"owner/name\"` is short for `model: (source: …)`.",
        fields: vec![
            Field::required::<ModelSource>(
                "model.source",
                at!(model.source),
                "Where the weights come from: a folder in Hugging Face layout, a model on the Hub, \
                 or random weights for the config and tokenizer in a folder. `\"owner/name\"` is a \
                 folder if there is one of that name, or a folder `owner`; else a Hub id.",
            ),
            Field::required::<String>(
                "model.source.id",
                Read::Inside("Hub"),
                "Owner and name of a model on the Hub: `meta-llama/Meta-Llama-3-8B`.",
            )
            .allowed("owner/name, as on the Hub"),
            Field::new(
                &REVISION,
                Read::Inside("Hub"),
                "Branch, tag or commit on the Hub. `None` is the repository's main branch.",
            ),
            Field::derived::<Option<Precision>>(
                "model.precision",
                "chosen by `fit`",
                at!(model.precision),
                "Number formats of weights, activations and optimizer state. `F32`: f32 throughout. \
                 `MixedBf16`: bf16 matmuls and activations, f32 master weights. `PureBf16`: bf16 \
                 throughout, with stochastic rounding in the update. `None`, and the default with `fit: Off`, is \
                 `MixedBf16` on a GPU with bf16 units and `F32` elsewhere.",
            ),
            Field::derived::<Recompute>(
                "model.recompute",
                "chosen by `fit`",
                at!(model.recompute),
                "What is computed again in the backward pass instead of being kept; no bit of the result \
                 changes. `Selective`: the widest part of each layer, the activations of the feed-forward's \
                 gate and up, for about a seventh more time. `Full` (or `true`): everything but the inputs of layers, for \
                 about a third more. `Layers(full: 4, selective: 20)`: the lowest four in full, the twenty above \
                 selectively. `versatune check` says what each takes. With `fit: Off` the default is `None`.",
            )
            .obeyed(adopt!(model.recompute)),
        ],
    }
}

//! VersaTune: fine-tune a language model on several domains while the data mixture moves.
//!
//! This page is the map. The README says what the program does for its user, [`help`] holds the
//! reference, and each module explains itself at the top of its own file.
//!
//! # Picture
//!
//! ```text
//!  configs/*.ron ─▶ config ─▶ RunPlan (complete, valid)
//!                                │
//!  data files ───▶ data ─▶ Batch ┤                       ┌▶ events.jsonl (ordered, on disk)
//!  model folder ─▶ model ────────┼▶ train ──Event──▶ Hub ┼▶ Snapshot, the fold ─▶ report
//!                    └─▶ detect ─┤     ▲              ▲  ├▶ headless: log lines · export: TensorBoard
//!                                │     │              │  └▶ tui: the screens
//!  mixing (pure) ────────────────┘     │              │
//!                                   Request           │
//!                                      │            Event
//!   tui · remote · signals · schedule · rules         │
//!                                          host samples, alerts
//! ```
//!
//! Two plain enums are the whole contract between the engine and everything that a person sees:
//! [`Event`](telemetry::Event) out, [`Command`](control::Command) in.
//! [`Snapshot`](telemetry::Snapshot) is the fold of the events, with the state of the run in it.
//! Screens, log lines and reports read an [`EventSource`](telemetry::EventSource), a snapshot and
//! then records: a live run and a recorded one give the same screens, table and plots. One engine
//! thread owns every tensor.
//!
//! The engine thread follows the method ([`train`]): device, data, w(0), mastery ceilings, model,
//! ℓ(0); then, for each step, commands, a batch drawn by w, forward, backward, AdamW; every few
//! steps the held-out losses, γ and φ, and a new w.
//!
//! # Modules
//!
//! Lowest first, which is the order of the modules below: each imports only from those above it.
//!
//! | module | what is in it | imports from the crate |
//! |---|---|---|
//! | [`unit`](mod@unit) | quantities as types: `Step`, `Tokens`, `Bytes`, `DomainId`; ranges of numbers | – |
//! | [`echo`] | how texts of others are shown: no key, no control character | – |
//! | [`disk`] | durable writes; checksums, also of files as they are written; reading of regular files only; who can read and write | – |
//! | [`limits`] | memory, CPU time and CPUs that the process may use: control groups, affinity | `unit` |
//! | [`sandbox`] | what strangers made works in a child with limits | – |
//! | `net` | what every HTTP client starts from: TLS | – |
//! | [`hub`] | the Hugging Face Hub: files of models and data sets, through huggingface_hub's cache | `disk`, `net` |
//! | [`lr`] | the learning rate over a run | `unit` |
//! | [`mixing`] | `Mixture`, γ, φ, presets, one file per strategy; no tensors, no clock, no files | `unit` |
//! | [`torch`] | what tch does not bind: the C++ shim with its loops and GPU kernels, safe wrappers, the choice of a device, copies in host memory, the self-test of its kernels, traces on shapes alone | `unit`, `limits` |
//! | [`data`] | files → conversations → tokens on disk → packed sequences → `Batch`, drawn by a mixture; data sets on the Hub | `unit`, `disk`, `sandbox`, `hub`, `mixing` |
//! | [`model`] | decoder layers, forward and backward of a sequence, generation, weights in and out | `unit`, `disk`, `hub`, `torch`, `data` |
//! | [`control`] | `Command` in its groups, its text form, its checks, its verdict; the live values; conditions and rules | `unit`, `mixing` |
//! | [`telemetry`] | `Event`, the record, `RunState`, bounded history, the hub, `EventSource` | `unit`, `disk`, `echo`, `lr`, `mixing`, `torch`, `data`, `control` |
//! | [`rules`] | when a condition over a run comes true: for the engine's rules and for alerts | `mixing`, `control`, `telemetry` |
//! | [`verdict`] | how a run is, in words: well or not, what is forgotten, what comes next | `unit`, `mixing`, `control`, `telemetry` |
//! | [`compare`] | several runs beside each other: paired differences of losses, of configs, interventions | `unit`, `mixing`, `control`, `telemetry`, `verdict` |
//! | [`config`] | one table of fields; RON as written → checked → `RunPlan`, all errors at once; `run.ron`; what a resume obeys | `unit`, `echo`, `disk`, `lr`, `mixing`, `torch`, `data`, `model`, `control`, `telemetry` |
//! | [`detect`] | Algorithm 1: texts of the base model, judges, the estimate with its error, evidence from the tokenizer | `unit`, `echo`, `disk`, `sandbox`, `net`, `mixing`, `data`, `model`, `telemetry`, `config` |
//! | [`train`] | the engine: preparation, step, optimizer, mixture updates, sample texts, checkpoints, resume | `unit`, `disk`, `sandbox`, `lr`, `mixing`, `torch`, `data`, `model`, `control`, `telemetry`, `rules`, `config`, `detect` |
//! | [`host`] | readings of processor, memory, disk and NVIDIA cards | `unit`, `limits`, `telemetry` |
//! | [`remote`] | a run from other processes: its socket, the lines that are spoken there, which runs are live | `unit`, `disk`, `echo`, `control`, `telemetry` |
//! | [`alerts`] | alerts that leave the process: commands and webhooks | `unit`, `echo`, `net`, `telemetry`, `rules`, `config` |
//! | [`headless`] | log lines on stdout, rolling log files | `unit`, `echo`, `telemetry` |
//! | [`plain`] | the run in lines for screen readers: what changes is said once, commands are typed | `unit`, `echo`, `mixing`, `control`, `telemetry`, `verdict` |
//! | [`export`] | a run as TensorBoard's events, CSV and JSON lines, from its record or while it goes | `unit`, `echo`, `disk`, `mixing`, `control`, `telemetry` |
//! | [`tui`] | the screens: keys and events folded into a model, drawn by themes; the terminal; a screen as a picture | `unit`, `echo`, `lr`, `mixing`, `control`, `telemetry`, `rules`, `verdict`, `compare` |
//! | `print` | lines on stdout and stderr | `echo`, `tui` |
//! | [`report`] | closing table, JSON and plots of a run's record; the same of a comparison | `unit`, `echo`, `disk`, `mixing`, `telemetry`, `verdict`, `compare`, `tui` |
//! | [`bench`](mod@bench) | timed training steps, generated texts and checkpoints, a device's numerics against f32 on the CPU, a step counted on shapes | `unit`, `disk`, `torch`, `data`, `model`, `config`, `train` |
//! | [`help`] | the reference, one page per topic | – |
//! | [`app`] | the composition root: opens the run, connects its parts, joins the threads, exit codes | all |
//! | [`cli`] | arguments in, text and exit code out; one file per subcommand | all |
//!
//! A type belongs to the lowest module that needs it and is re-exported above: `telemetry` reports
//! a `DataSummary` of `data` and a `DeviceInfo` of `torch`, `config` has a `ModelSource` of `model`.
//! Front ends know of them through `telemetry` only.
//!
//! Beside `src/`: `configs/` (ready configs, the demo's model, data and pictures), `themes/`,
//! `tests/`, `benches/`.
//!
//! # Threads
//!
//! [`app`] starts the engine's and the signals' threads, the host sampler's by [`host::spawn`], and that of the
//! run's socket, which has two more for each client; where a config has alerts, one that follows the run and
//! one that sends them; where it asks for TensorBoard's events, one that writes them; a record that is gone through is read on one, a list of runs is kept up to date on
//! one, and so are runs that are compared on a screen;
//! log lines are written, or the screens drawn, on the process's first thread. The screens read keys
//! and write frames on a thread each. Besides these there are the log writer of
//! tracing-appender, one that writes a checkpoint from a copy while training goes on and before it one that makes the memory of the copy ([`train`]), rayon's pool (tokenizing, random weights), a download's thread in [`hub`]
//! while a model or data set is fetched, one that reads the stderr of a [`sandbox`]'s child, one that reads this process's own stderr
//! while the screens have the terminal, and libtorch's own. A judge's requests are in flight on the
//! engine's thread.
//!
//! # Invariants
//!
//! Each is held by a test.
//!
//! 1. Only `torch`, `model`, `detect`, `train` and `bench` name `tch`, and only `torch` has unsafe code. One
//!    engine thread owns every tensor: libtorch's gradient mode is per thread. The thread that writes a checkpoint
//!    has copies in host memory, of which it reads the bytes and computes nothing.
//!    `tests/suite/architecture.rs`
//! 2. Front ends (`headless`, `tui`) name nothing of `train`, `model`, `data` or `torch`, no module
//!    imports more or less than its line in the table above, and no files of a module import each
//!    other in a circle. `tests/suite/architecture.rs`
//! 3. Training never waits for a viewer: samples are dropped and counted where one is slow,
//!    lifecycle events never are, and the record holds them all. Tests of [`telemetry`]
//! 4. Every request gets exactly one outcome event, applied or rejected with the reason. Commands
//!    take effect between optimizer steps, are looked for in every phase, and act while paused.
//!    `train/tests.rs`, `tests/suite/commands.rs`
//! 5. A `Snapshot` is a function of the event list; a record reads back to the bit.
//!    `telemetry/tests.rs`
//! 6. A run is a function of config, data, seed and commands: the same again gives the same losses,
//!    weights and rows, after a SIGKILL and a resume too, on the same device and library.
//!    `tests/suite/end_to_end.rs`, `tests/suite/commands.rs`, `train/command_replay.rs`; of the parts, the tests of
//!    `data::Sampler` and of the strategies
//! 7. In a step, tensors come back to the host in one place, once; loss and gradient norm are
//!    checked finite before the optimizer moves. `train/tests.rs`
//! 8. Checkpoints, plans and stored answers are never written in place: temporary file or folder,
//!    fsync, rename; a checkpoint has checksums and a marker that is written last. One that is written while training
//!    goes on holds the step at which it was begun, and when it is done decides nothing. The record,
//!    the logs and TensorBoard's events are appended to; a resume repairs a damaged record, and keeps it as it was. An error in
//!    the training saves first. `telemetry/record/tests.rs`, `train/whole_runs/saving.rs`, `tests/suite/end_to_end.rs`
//! 9. Weights are at least the floor and sum to 1; permuting the domains permutes the answer; equal
//!    potentials leave the mixture as it is. `mixing/strategy/tests.rs`
//! 10. No document of a packed sequence attends to another, each token's loss is its domain's, and the split
//!     into micro-batches changes no result. `torch/ops/tests`, `data/pack.rs`, `train/tests.rs`,
//!     `tests/suite/golden.rs`
//! 11. Logits, losses, gradients and greedy texts are those of `transformers`. `tests/suite/golden.rs`,
//!     `tests/suite/generation.rs`
//! 12. A detection that was interrupted gives the answer that it would have given; a judge's key is
//!     in no file and no message. `tests/suite/detection.rs`, `detect/judge/endpoint/tests`
//! 13. A generated text's random numbers depend on its seed, its number and the place in the text,
//!     not on its batch. `model/generate`
//! 14. Texts that are written for people to read change nothing of a run. `tests/suite/commands.rs`
//! 15. The terminal is given back on every way out, and one that does not read holds up neither the
//!     run nor the process's end. `tests/suite/screens.rs`
//! 16. No chat template, tokenizer or row ends the process: they are worked on in a child with limits, and
//!     what ends that is an error or a bad row, the same one each time. `tests/suite/untrusted.rs`
//! 17. Strategies that run beside the one in force change nothing of a run. `train/whole_runs.rs`
//! 18. What comes through the socket is a command of the run's owner or nothing: it is bounded, and no client
//!     holds up the run. `remote/tests.rs`, `tests/suite/attach.rs`
//! 19. After a rollback a run is one that was stopped at that checkpoint and resumed; a branch goes on as its run did,
//!     a replayed run has the losses of the first, and a rehearsal and a prompt that was asked leave no bit
//!     behind. `tests/suite/back.rs`
//!
//! 19. A rule that looks at speed or at the card acts in a resume where the record says that it did, and no alert
//!     holds up or changes a run. `tests/suite/rules.rs`, `train/rule_book.rs`
//!
//! 20. What comes together from a terminal is text or an answer of it, never a command; so is what follows noise.
//!     `tui/terminal/bytes`, `tests/attack/terminal.rs`
//!
//! # Where new things go
//!
//! - A mixing strategy: a file in `mixing/strategy`, and its line in `STRATEGIES`.
//! - A model family: a file in `model/families`, and its line in the list of families.
//! - A screen: a file in `tui/screens` behind `Screen`, and its line in `ScreenId`.
//! - A value that conditions look at: its line in `control/condition/quantity`, and where it comes from in
//!   `rules/values`.
//! - A config field: its entry in `config/fields`, from which checks, defaults, `run.ron`, resume
//!   and help follow, and its place in the written and the checked form.
//! - A file format of data: a file in `data/read`; a form of rows: a file in `data/row_format`; a form of
//!   tokenizers: a file in `data/tokenizer`. Each with its line in `tests/attack`.
//! - A kernel of the GPU: its arithmetic in `torch/shim/arith`, its source in `torch/shim/gpu_kernels`, its line in
//!   `gpu_kernels.cpp`, and its run beside the CPU's loop in `tests/fixtures/gpu`.
//! - A message of the socket: its variant in `remote/message`, and its line in `versatune help socket`.
//! - Several devices: [`train::Trainer`]. There the replicas' gradients are to be summed, after the
//!   last micro-batch of a step and before the norm.

#![warn(missing_docs)]

#[macro_use]
mod say;

pub mod unit;
pub mod echo;
pub mod disk;
pub mod limits;
pub mod sandbox;
mod net;
pub mod hub;
pub mod lr;
pub mod mixing;
pub mod torch;
pub mod data;
pub mod model;
pub mod control;
pub mod telemetry;
pub mod rules;
pub mod verdict;
pub mod compare;
pub mod config;
pub mod detect;
pub mod train;
pub mod host;
pub mod remote;
pub mod alerts;
pub mod headless;
pub mod plain;
pub mod export;
pub mod tui;
mod print;
pub mod report;
pub mod bench;
pub mod help;
pub mod app;
pub mod cli;

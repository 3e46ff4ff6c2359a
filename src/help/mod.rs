//! The reference: one page per topic, shown by `versatune help` in the terminal.
//!
//! Pages are Markdown. Those that a table drives (`config`, `strategies`, `commands`, `keys`) are
//! generated from it; `tests/help.rs` fails where they differ, and rewrites them with `UPDATE_HELP=1`.

mod render;

pub use render::{Style, render};

/// A page of the reference.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// The word after `versatune help`.
    pub name: &'static str,
    /// What the page is about, in a few words.
    pub summary: &'static str,
    /// Markdown.
    pub text: &'static str,
}

macro_rules! topics {
    ($($name:ident: $summary:literal,)*) => {
        $(
            #[doc = include_str!(concat!(stringify!($name), ".md"))]
            pub mod $name {}
        )*

        /// Every page, in the order in which `versatune help` lists them.
        pub static TOPICS: &[Topic] = &[$(Topic {
            name: stringify!($name),
            summary: $summary,
            text: include_str!(concat!(stringify!($name), ".md")),
        }),*];
    };
}

topics! {
    method: "how the mixture follows what the model learns and forgets",
    config: "every field of a config, with default and range",
    strategies: "the mixing strategies and their formulas",
    data: "files, formats, templates, held-out rows",
    models: "model sources, families, precision and memory",
    detection: "measuring what the base model knows (Algorithm 1)",
    commands: "what can be changed while a run goes, and how to write it",
    rules: "commands and alerts on conditions",
    screens: "what each screen shows",
    keys: "every key of the screens",
    socket: "come back to a run, list runs, command them from a shell or a script",
    files: "what a run's folder holds; reports and pictures",
    export: "a run for TensorBoard, as CSV or as JSON lines",
    resume: "going on after an interruption",
    logs: "log lines, exit codes, signals",
    security: "what is trusted and what is not, and the limits that hold",
    gpu: "running on a GPU",
    benchmarks: "measured speed and memory, and how to measure",
}

impl Topic {
    /// The page of this name.
    pub fn find(name: &str) -> Option<&'static Topic> {
        TOPICS.iter().find(|topic| topic.name == name)
    }
}

//! Plans for tests that need one and little of it.

use super::{Files, LoadOptions, RunPlan, load_str};
use std::path::Path;

/// A plan of two domains without files, with a model as a config writes it and further fields.
pub(crate) fn small_plan(model: &str, further: &str) -> RunPlan {
    let text = format!(
        "(model: {model}, data: (domains: [(name: \"law\", train: \"a\"), (name: \"b\", train: \"b\")]), \
         mixing: (strategy: Uniform), {further})"
    );
    let options = LoadOptions {
        files: Files::MayBeMissing,
        cwd: "/".into(),
        home: None,
        cache: "/".into(),
        is_stored: false,
    };
    match load_str(&text, Path::new("x.ron"), &[], &options) {
        Ok(loaded) => loaded.plan,
        Err(error) => panic!("{error}"),
    }
}

//! Text → [`Run`], or the first thing in it that `ron` cannot read.

use super::field_path::{FieldPath, Key};
use super::written::Run;
use ron::Options;
use ron::error::{Error as RonError, SpannedError};
use ron::extensions::Extensions;
use serde_path_to_error::{Segment, Track};

/// The options with which configs are read.
fn options() -> Options {
    Options::default()
        .with_default_extension(Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES)
}

/// Reads a text with its short forms expanded.
///
/// # Errors
/// The first error, and the path at which reading stopped.
pub(super) fn read(text: &str) -> Result<Run, (FieldPath, SpannedError)> {
    let mut ron = ron::Deserializer::from_str_with_options(text, &options())
        .map_err(|error| (FieldPath::default(), error))?;
    let mut track = Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut ron, &mut track);
    let run: Result<Run, RonError> = serde::Deserialize::deserialize(tracked);
    let run = match run {
        Ok(run) => ron.end().map(|()| run),
        Err(error) => Err(error),
    };
    run.map_err(|code| (keys(&track.path()), ron.span_error(code)))
}

fn keys(path: &serde_path_to_error::Path) -> FieldPath {
    let keys = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(Key::Index(*index)),
        Segment::Map { key } => Some(Key::Name(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    FieldPath(keys.collect())
}

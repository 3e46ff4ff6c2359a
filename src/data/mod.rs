//! Files → conversations → tokens → packed rows → [`Batch`], drawn by a mixture.

mod batch;

pub use batch::{Batch, PackedRow, Sample};

//! Files → conversations → tokens → packed rows → [`Batch`], drawn by a mixture.

mod batch;
mod pack;
mod sampler;

pub use batch::{Batch, PackedRow, Sample};
pub use pack::pack;
pub use sampler::{Sampler, SamplerError, SamplerState};

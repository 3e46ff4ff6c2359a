//! Keys and values of past tokens, as a layer reads and extends them while texts are generated.

use super::sequence::Rotation;
use crate::torch::TorchError;
use tch::Tensor;

/// Keys and values of one layer, `[b, g, c, e]`, rotated by their positions.
#[derive(Debug)]
pub(super) struct KeyValues {
    pub keys_bgce: Tensor,
    pub values_bgce: Tensor,
}

/// The column of the newest token of each sample, and the columns that it sees.
#[derive(Debug)]
pub(super) struct Newest {
    /// Its column.
    pub column: i64,
    /// Its rotary angles; `t` is the sample.
    pub rotation: Rotation,
    /// 0 where it sees a column, −∞ where not; none if it sees all.
    pub mask_b11c: Option<Tensor>,
}

impl KeyValues {
    /// Writes the newest column, `[b, g, e]` each, and gives all columns up to it: views.
    pub fn append(
        &self,
        column: i64,
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<(Tensor, Tensor), TorchError> {
        let put = |all_bgce: &Tensor, new_bge: &Tensor| -> Result<Tensor, TorchError> {
            all_bgce.f_select(2, column)?.f_copy_(new_bge)?;
            Ok(all_bgce.f_narrow(2, 0, column + 1)?)
        };
        Ok((put(&self.keys_bgce, keys)?, put(&self.values_bgce, values)?))
    }
}

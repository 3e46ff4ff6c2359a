//! The keys and values of all tokens so far, layer by layer, in memory that is set aside in advance.
//!
//! All samples share the columns: the newest tokens of all are in the same one. The prompts end in
//! one column, so the shorter ones begin later, and the columns before them are masked. Where all
//! prompts are of one length there is no mask.

use super::prompts::Prompts;
use crate::model::key_values::{KeyValues, Newest};
use crate::model::sequence::{Rotation, on};
use crate::torch::TorchError;
use tch::{Device, Kind, Tensor};

/// Columns that are set aside beyond the prompts at first; then their number doubles.
const FIRST_COLUMNS: i64 = 64;
/// CUDA's attention kernels take a mask whose rows begin at multiples of this without copying it.
const MASK_ALIGNMENT: i64 = 16;

/// The cache of all layers: 2 · layers · g · e numbers for each token of each sample.
#[derive(Debug)]
pub(super) struct Cache {
    pub layers: Vec<KeyValues>,
    /// Columns that are filled.
    columns: i64,
    /// Columns that memory is set aside for.
    capacity: i64,
    /// Columns that will ever be filled.
    most: i64,
    mask_b11c: Option<Tensor>,
}

impl Cache {
    /// A cache for prompts that up to `new_tokens` follow; layers are added by [`Cache::add`].
    pub fn new(
        prompts: &Prompts,
        new_tokens: usize,
        device: Device,
        compute: Kind,
    ) -> Result<Self, TorchError> {
        let columns = prompts.columns();
        let most = columns + new_tokens as i64;
        let capacity = most.min(columns + FIRST_COLUMNS);
        let mask_b11c = mask(prompts, most, device, compute)?;
        Ok(Cache { layers: Vec::new(), columns, capacity, most, mask_b11c })
    }

    /// Adds the next layer: keys and values `[b·c, g, e]` of the prompts, sample after sample.
    pub fn add(&mut self, keys: &Tensor, values: &Tensor) -> Result<(), TorchError> {
        let side_by_side = |flat: &Tensor| -> Result<Tensor, TorchError> {
            let (_, kv_heads, width) = flat.size3()?;
            let prompts_bgce =
                flat.f_view([-1, self.columns, kv_heads, width])?.f_transpose(1, 2)?;
            moved(&prompts_bgce, self.capacity)
        };
        let layer =
            KeyValues { keys_bgce: side_by_side(keys)?, values_bgce: side_by_side(values)? };
        self.layers.push(layer);
        Ok(())
    }

    /// Opens the next column, setting more memory aside where there is none.
    pub fn open_column(&mut self, rotation: Rotation) -> Result<Newest, TorchError> {
        if self.columns == self.capacity {
            self.capacity = self.most.min(2 * self.capacity).max(self.columns + 1);
            self.move_to(None)?;
        }
        let column = self.columns;
        self.columns += 1;
        let seen = |mask: &Tensor| mask.f_narrow(3, 0, self.columns);
        let mask_b11c = self.mask_b11c.as_ref().map(seen).transpose()?;
        Ok(Newest { column, rotation, mask_b11c })
    }

    /// Keeps these samples alone.
    pub fn keep(&mut self, rows: &Tensor) -> Result<(), TorchError> {
        self.move_to(Some(rows))?;
        let kept = self.mask_b11c.as_ref().map(|mask| mask.f_index_select(0, rows));
        self.mask_b11c = kept.transpose()?;
        Ok(())
    }

    /// Moves what is filled to new memory with `capacity` columns, one tensor at a time.
    fn move_to(&mut self, rows: Option<&Tensor>) -> Result<(), TorchError> {
        for layer in &mut self.layers {
            for tensor in [&mut layer.keys_bgce, &mut layer.values_bgce] {
                let filled = tensor.f_narrow(2, 0, self.columns)?;
                *tensor = match rows {
                    Some(rows) => moved(&filled.f_index_select(0, rows)?, self.capacity)?,
                    None => moved(&filled, self.capacity)?,
                };
            }
        }
        Ok(())
    }
}

/// A copy at the beginning of memory for `capacity` columns.
fn moved(filled_bgce: &Tensor, capacity: i64) -> Result<Tensor, TorchError> {
    let (samples, kv_heads, columns, width) = filled_bgce.size4()?;
    let options = (filled_bgce.kind(), filled_bgce.device());
    let tensor = Tensor::f_empty([samples, kv_heads, capacity, width], options)?;
    tensor.f_narrow(2, 0, columns)?.f_copy_(filled_bgce)?;
    Ok(tensor)
}

/// −∞ in the columns before each prompt, 0 elsewhere, `[b, 1, 1, c]`; none if no prompt is shorter
/// than another.
fn mask(
    prompts: &Prompts,
    most: i64,
    device: Device,
    compute: Kind,
) -> Result<Option<Tensor>, TorchError> {
    if prompts.are_equally_long() {
        return Ok(None);
    }
    let width = (most + MASK_ALIGNMENT - 1) / MASK_ALIGNMENT * MASK_ALIGNMENT;
    let before_b = on(device, &prompts.begins())?;
    let samples = before_b.size1()?;
    let columns_c = Tensor::f_arange(width, (Kind::Int64, device))?;
    let hidden_bc = columns_c.f_unsqueeze(0)?.f_lt_tensor(&before_b.f_unsqueeze(1)?)?;
    let mask_bc = Tensor::f_zeros([samples, width], (compute, device))?
        .f_masked_fill(&hidden_bc, f64::NEG_INFINITY)?;
    Ok(Some(mask_bc.f_view([samples, 1, 1, width])?))
}

//! Gradients of the trainable parameters: one flat buffer for each layer, of which every `.grad` is a view. A layer's
//! gradients are zeroed at once, and are one piece of memory for whoever has to send them somewhere.

use super::param::Param;
use crate::torch::{TorchError, full_beside, set_grad};
use tch::Tensor;

/// Elements at whose multiples each gradient begins: 256 bytes of bf16, as the memory of a GPU is read.
const ALIGNED: i64 = 128;

/// The buffers of all gradients, in the order of the parameters.
#[derive(Debug, Default)]
pub(super) struct Gradients(Vec<Tensor>);

impl Gradients {
    /// Gives every trainable parameter a gradient of zeros, unless they have them.
    pub fn ensure(&mut self, params: &[Param]) -> Result<(), TorchError> {
        if !self.0.is_empty() {
            return Ok(());
        }
        let trainable: Vec<&Param> = params.iter().filter(|param| param.is_trainable()).collect();
        let layers = trainable.chunk_by(|a, b| layer_of(&a.name) == layer_of(&b.name));
        match layers.map(buffer).collect() {
            Ok(buffers) => self.0 = buffers,
            // None of them is kept, so that the next try has the memory, and finds nothing half made.
            Err(error) => {
                self.forget(params)?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Zeros all of them.
    pub fn zero(&mut self) -> Result<(), TorchError> {
        tch::no_grad(|| {
            for buffer in &mut self.0 {
                let _ = buffer.f_zero_()?;
            }
            Ok(())
        })
    }

    /// Takes them away.
    pub fn forget(&mut self, params: &[Param]) -> Result<(), TorchError> {
        self.0.clear();
        params.iter().try_for_each(|param| set_grad(&param.tensor, None))
    }
}

/// A buffer of zeros for these parameters, which get their views of it.
fn buffer(params: &[&Param]) -> Result<Tensor, TorchError> {
    let mut begins = Vec::with_capacity(params.len());
    let mut length = 0;
    for param in params {
        begins.push(length);
        length += (param.tensor.numel() as i64 + ALIGNED - 1) / ALIGNED * ALIGNED;
    }
    let first = &params[0].tensor;
    let buffer = full_beside(&[length], 0.0, first.kind(), &first.detach())?;
    for (param, begin) in params.iter().zip(begins) {
        let flat = buffer.f_narrow(0, begin, param.tensor.numel() as i64)?;
        set_grad(&param.tensor, Some(&flat.f_view(&param.tensor.size()[..])?))?;
    }
    Ok(buffer)
}

/// What the names of a layer's parameters begin with; the whole name of a parameter outside of the layers.
fn layer_of(name: &str) -> &str {
    let number = name.split('.').find(|part| part.parse::<usize>().is_ok());
    let end = number.and_then(|number| Some(name.find(&format!(".{number}."))? + number.len() + 2));
    &name[..end.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::super::{Model, Precision};
    use super::*;
    use tch::Device;

    const GOLDEN: &str = "tests/fixtures/golden/qwen2";

    #[test]
    fn the_gradients_of_a_layer_are_views_of_one_buffer() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
        let mut model = Model::open(&folder, Device::Cpu, Precision::PureBf16).unwrap();
        let grads = model.grads().unwrap();
        let layers = model.architecture().layer_count();
        let of = |param: &Param| layer_of(&param.name).to_owned();
        let mut buffers: Vec<String> = model.params().iter().map(of).collect();
        buffers.dedup();
        // Embedding, layers, final norm, and a head where it has one of its own.
        assert!([2, 3].contains(&(buffers.len() - layers)), "{buffers:?}");
        for (param, grad) in model.params().iter().zip(&grads) {
            assert_eq!((grad.size(), grad.kind()), (param.tensor.size(), param.tensor.kind()));
            assert!(
                grad.is_contiguous() && (grad.data_ptr() as usize).is_multiple_of(16),
                "{}",
                param.name
            );
        }
        let name = |param: &Param| param.name.starts_with("model.layers.0.");
        let first: Vec<usize> = (0..grads.len()).filter(|i| name(&model.params()[*i])).collect();
        let storage = |i: usize| grads[i].f_as_strided([1], [1], 0).unwrap().data_ptr();
        assert!(first.len() > 8 && first.iter().all(|i| storage(*i) == storage(first[0])));
        // Frozen ones have none, and the others new ones.
        model.set_trainable(|param| !param.name.contains("layers.0.")).unwrap();
        assert_eq!(model.grads().unwrap().len(), grads.len() - first.len());
    }

    #[test]
    fn layers_are_told_apart_by_their_numbers() {
        assert_eq!(layer_of("model.layers.12.mlp.up_proj.weight"), "model.layers.12.");
        assert_eq!(layer_of("model.layers.1.mlp.up_proj.weight"), "model.layers.1.");
        assert_eq!(layer_of("model.norm.weight"), "model.norm.weight");
    }
}

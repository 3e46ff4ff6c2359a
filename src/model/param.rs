use tch::Tensor;

/// One parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name in the weights files.
    pub name: String,
    /// Its values: f32, or bf16 under `PureBf16`. It requires a gradient if it is trainable.
    pub tensor: Tensor,
    /// Whether weight decay applies (not to norms and biases).
    pub decays: bool,
}

impl Param {
    /// Whether training changes it. A frozen parameter gets no gradient and no optimizer state.
    pub fn is_trainable(&self) -> bool {
        self.tensor.requires_grad()
    }
}

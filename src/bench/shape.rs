/// Model shapes by name; their weights are random.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Shape {
    /// Llama-3-8B: 8.03 B parameters
    #[value(name = "llama3-8b")]
    Llama3_8b,
    /// Qwen2.5-7B: 7.62 B parameters
    #[value(name = "qwen2.5-7b")]
    Qwen25_7b,
    /// The model of `make bench`: Qwen2, 26.8 M parameters, d 512, 8 layers, vocabulary 8192
    #[value(name = "bench-27m")]
    Bench27m,
}

impl Shape {
    /// The `config.json` of the shape.
    pub fn config_json(self) -> &'static str {
        match self {
            Shape::Llama3_8b => include_str!("../../benches/shapes/llama3-8b.json"),
            Shape::Qwen25_7b => include_str!("../../benches/shapes/qwen2.5-7b.json"),
            Shape::Bench27m => include_str!("../../benches/shapes/bench-27m.json"),
        }
    }
}

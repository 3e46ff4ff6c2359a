/// Model shapes by name; their weights are random.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Shape {
    /// Llama-3-8B: 8.03 B parameters
    #[value(name = "llama3-8b")]
    Llama3_8b,
    /// Qwen2.5-7B: 7.62 B parameters
    #[value(name = "qwen2.5-7b")]
    Qwen25_7b,
    /// Llama-3.2-1B: 1.24 B parameters
    #[value(name = "llama3.2-1b")]
    Llama32_1b,
    /// SmolLM2-135M: 134.5 M parameters
    #[value(name = "smollm2-135m")]
    Smollm2_135m,
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
            Shape::Llama32_1b => include_str!("../../benches/shapes/llama3.2-1b.json"),
            Shape::Smollm2_135m => include_str!("../../benches/shapes/smollm2-135m.json"),
            Shape::Bench27m => include_str!("../../benches/shapes/bench-27m.json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Architecture;
    use clap::ValueEnum;
    use std::path::Path;

    #[test]
    fn every_shape_is_a_file_by_its_name_with_the_parameters_that_it_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/shapes");
        let mut files = std::fs::read_dir(&folder).unwrap().count();
        for shape in Shape::value_variants() {
            let value = shape.to_possible_value().unwrap();
            let text = shape.config_json();
            let path = folder.join(format!("{}.json", value.get_name()));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            let parameters = Architecture::parse(text, &path).unwrap().parameter_count();
            let said = value.get_help().unwrap().to_string();
            let words = [
                format!("{:.2} B", parameters as f64 / 1e9),
                format!("{:.1} M", parameters as f64 / 1e6),
            ];
            assert!(words.iter().any(|words| said.contains(words)), "{parameters}: {said}");
            files -= 1;
        }
        assert_eq!(files, 0, "a shape has no name");
    }
}

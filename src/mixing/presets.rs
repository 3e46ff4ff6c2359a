//! Detected distributions of base models as the paper's authors measured them (Algorithm 1, their
//! own counts): w(0) without a judge for a user of one of these models.

use super::Mixture;

/// The paper's six domains, in the order of a preset's numbers.
pub const PRESET_DOMAINS: [&str; 6] = ["law", "medical", "finance", "science", "code", "other"];

/// Other names by which a run may call a preset's domain.
const SYNONYMS: [(&str, &str); 2] = [("medicine", "medical"), ("general", "other")];

/// The detected distribution of one base model. A tuned variant (`-Instruct`, `-Chat`) is another
/// model and has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// The model, as the paper writes it.
    pub name: &'static str,
    /// Shares in percent, in the order of [`PRESET_DOMAINS`]; they sum to 100 up to rounding.
    pub percent: [f64; 6],
}

/// The presets, in the paper's order.
pub static PRESETS: [Preset; 7] = [
    Preset { name: "LLaMA-2-7B", percent: [5.72, 8.67, 6.54, 5.96, 8.14, 64.97] },
    Preset { name: "LLaMA-2-13B", percent: [5.64, 7.85, 6.65, 6.09, 9.53, 64.24] },
    Preset { name: "LLaMA-3-8B", percent: [1.94, 6.49, 2.89, 7.49, 55.58, 25.61] },
    Preset { name: "Qwen-1.5-7B", percent: [5.53, 8.44, 5.26, 21.64, 28.46, 30.67] },
    Preset { name: "Qwen-2-7B", percent: [10.61, 8.30, 4.31, 10.70, 41.29, 24.80] },
    Preset { name: "Qwen-2.5-7B", percent: [3.38, 5.53, 4.03, 8.33, 56.51, 22.22] },
    Preset { name: "Qwen-2.5-14B", percent: [2.21, 4.01, 4.06, 9.90, 62.78, 17.04] },
];

/// Why there is no preset for a model, or why it does not fit a run's domains.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresetError {
    /// The paper has no numbers for the model.
    #[error(
        "no preset '{name}'; there is one for each of {}. For another model give the numbers, or \
         a stored detection.ron",
        PRESETS.each_ref().map(|preset| preset.name).join(", ")
    )]
    Unknown {
        /// The model, as it was written.
        name: String,
    },
    /// The run's domains are not the preset's.
    #[error(
        "the preset {preset} is for the domains {} (medicine = medical, general = other); {}. Give \
         the numbers yourself where your domains differ",
        PRESET_DOMAINS.join(", "), difference(missing, surplus)
    )]
    Domains {
        /// The preset's model.
        preset: &'static str,
        /// Its domains that the run does not have.
        missing: Vec<&'static str>,
        /// The run's domains that it does not have, or that are there twice.
        surplus: Vec<String>,
    },
}

fn difference(missing: &[&str], surplus: &[String]) -> String {
    let part = |what: &str, names: String| format!("{what}: {names}");
    let missing = (!missing.is_empty()).then(|| part("missing in this run", missing.join(", ")));
    let surplus = (!surplus.is_empty()).then(|| part("not in the preset", surplus.join(", ")));
    missing.into_iter().chain(surplus).collect::<Vec<_>>().join("; ")
}

/// The preset of a model, by the paper's name or a Hub id, in any case: `LLaMA-2-7B`,
/// `llama2-7b` and `meta-llama/Llama-2-7b-hf` are the same.
///
/// # Errors
/// A model without a preset; the known ones are named.
pub fn preset(model: &str) -> Result<&'static Preset, PresetError> {
    let wanted = words(model);
    let found = PRESETS.iter().find(|preset| words(preset.name) == wanted);
    found.ok_or_else(|| PresetError::Unknown { name: model.into() })
}

/// The parts of a model's name that identify it: `Meta-Llama-3-8B` → llama, 3, 8b.
fn words(model: &str) -> Vec<String> {
    let name = model.rsplit('/').next().unwrap_or(model).to_lowercase();
    let mut words = Vec::new();
    for part in name.split(['-', '_', ' ']).filter(|part| !["", "meta", "hf"].contains(part)) {
        // `qwen2.5` is `qwen` and `2.5`.
        let letters = part.find(|c: char| !c.is_alphabetic()).unwrap_or(part.len());
        let (family, version) = part.split_at(letters);
        words.extend([family, version].iter().filter(|w| !w.is_empty()).map(|w| w.to_string()));
    }
    words
}

impl Preset {
    /// The distribution in the order of a run's domains, which must be the paper's six (in any
    /// case, `medicine` for `medical` and `general` for `other`).
    ///
    /// # Errors
    /// Missing and surplus domains, all of them named.
    pub fn mixture_for<S: AsRef<str>>(&self, domains: &[S]) -> Result<Mixture, PresetError> {
        let mut left: Vec<Option<&'static str>> = PRESET_DOMAINS.map(Some).to_vec();
        let mut surplus = Vec::new();
        let mut shares = Vec::new();
        for domain in domains {
            let domain = domain.as_ref();
            let index = left.iter().position(|name| *name == Some(canonical(domain).as_str()));
            match index {
                Some(index) => {
                    left[index] = None;
                    shares.push(self.percent[index]);
                }
                None => surplus.push(domain.to_string()),
            }
        }
        let missing: Vec<&'static str> = left.into_iter().flatten().collect();
        if missing.is_empty() && surplus.is_empty() {
            return Ok(Mixture::from_shares(&shares, 0.0));
        }
        Err(PresetError::Domains { preset: self.name, missing, surplus })
    }
}

fn canonical(domain: &str) -> String {
    let name = domain.to_lowercase();
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == name);
    synonym.map_or(name, |(_, domain)| domain.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_sums_to_100_percent() {
        for preset in &PRESETS {
            let sum: f64 = preset.percent.iter().sum();
            assert!((sum - 100.0).abs() < 0.03, "{}: {sum}", preset.name);
        }
    }

    #[test]
    fn models_are_found_by_paper_name_and_hub_id() {
        for (written, name) in [
            ("LLaMA-2-7B", "LLaMA-2-7B"),
            ("meta-llama/Llama-2-7b-hf", "LLaMA-2-7B"),
            ("llama2-13b", "LLaMA-2-13B"),
            ("meta-llama/Meta-Llama-3-8B", "LLaMA-3-8B"),
            ("Qwen/Qwen1.5-7B", "Qwen-1.5-7B"),
            ("qwen/qwen2-7b", "Qwen-2-7B"),
            ("Qwen/Qwen2.5-14B", "Qwen-2.5-14B"),
        ] {
            assert_eq!(preset(written).unwrap().name, name);
        }
        // Other models, however near their names.
        for other in ["Llama-27b", "meta-llama/Llama-3.1-8B", "Qwen/Qwen2.5-7B-Instruct", ""] {
            let message = preset(other).unwrap_err().to_string();
            assert!(message.contains("'") && message.contains("Qwen-2.5-14B"), "{message}");
        }
    }

    #[test]
    fn numbers_follow_the_order_of_the_run() {
        let domains = ["general", "Code", "law", "medicine", "science", "finance"];
        let mixture = preset("LLaMA-2-7B").unwrap().mixture_for(&domains).unwrap();
        let expected = [0.6497, 0.0814, 0.0572, 0.0867, 0.0596, 0.0654];
        assert!(mixture.as_slice().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn other_domains_are_an_error_that_names_them() {
        let error = PRESETS[0].mixture_for(&["law", "medical", "medicine", "maths"]).unwrap_err();
        let PresetError::Domains { missing, surplus, .. } = &error else { panic!("{error}") };
        assert_eq!(missing, &["finance", "science", "code", "other"]);
        assert_eq!(surplus, &["medicine", "maths"]);
        let message = error.to_string();
        assert!(message.contains("missing in this run: finance, science"), "{message}");
        assert!(message.contains("not in the preset: medicine, maths"), "{message}");
    }
}

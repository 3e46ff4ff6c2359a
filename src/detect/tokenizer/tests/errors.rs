use super::fixture::{from_json, infer, tokenizer};
use crate::detect::tokenizer::{DomainTexts, InferenceError, Limits, infer_mixture};
use crate::unit::Bytes;
use serde_json::{Value, json};
use tokenizers::Tokenizer;

fn from_model(model: Value) -> Tokenizer {
    from_json(&json!({"version": "1.0", "added_tokens": [], "model": model}))
}

#[test]
fn other_models_than_bpe_are_named() {
    let word_piece = json!({
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1},
    });
    let unigram = json!({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.0]]});
    let word_level = json!({"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0}});
    for (model, name) in
        [(word_piece, "WordPiece"), (unigram, "Unigram"), (word_level, "WordLevel")]
    {
        let error = infer(&from_model(model), &["a"]).unwrap_err();
        assert_eq!(error, InferenceError::NotBpe { found: name });
        assert!(error.to_string().contains("Detect with a judge"), "{error}");
    }
}

#[test]
fn a_bpe_without_merges_is_an_error() {
    let error = infer(&from_model(json!({"type": "BPE", "vocab": {"a": 0}, "merges": []})), &["a"]);
    assert_eq!(error.unwrap_err(), InferenceError::NoMerges);
}

#[test]
fn a_domain_without_text_is_named() {
    let tokenizer = tokenizer(&["a b"]);
    let expected = |texts| InferenceError::NoText { domain: "b".into(), texts };
    assert_eq!(infer(&tokenizer, &["ab", ""]).unwrap_err(), expected(1));
    let domains =
        [DomainTexts { name: "a", texts: &["ab"] }, DomainTexts { name: "b", texts: &[] }];
    let error = infer_mixture(&tokenizer, &domains, &Limits::default()).unwrap_err();
    assert_eq!(error, expected(0));
    assert!(error.to_string().starts_with("domain 'b' has no text"), "{error}");
    assert_eq!(infer(&tokenizer, &[]).unwrap_err(), InferenceError::NoDomains);
}

#[test]
fn texts_in_which_no_merge_occurs_are_no_evidence() {
    let error = infer(&tokenizer(&["a b"]), &["xy xy", "yx"]).unwrap_err();
    assert_eq!(error, InferenceError::NothingInCommon { merges: 1 });
}

#[test]
fn limits_are_checked_and_the_text_at_the_limit_is_cut_between_characters() {
    let tokenizer = tokenizer(&["a b"]);
    let domains = [DomainTexts { name: "a", texts: &["ab é", "ab"] }];
    let infer = |merges, text| {
        infer_mixture(&tokenizer, &domains, &Limits { merges, text_per_domain: Bytes(text) })
    };
    assert!(matches!(infer(0, 10), Err(InferenceError::Limit { name: "merges", .. })));
    let text = |limit| infer(1, limit).map(|found| found.text);
    assert!(matches!(text(0), Err(InferenceError::Limit { name: "text_per_domain", .. })));
    assert!(matches!(text((1 << 30) + 1), Err(InferenceError::Limit { .. })));
    // é is of two bytes, the texts are of 5 and 2.
    assert_eq!(text(5), Ok(vec![Bytes(5)]));
    assert_eq!(text(100), Ok(vec![Bytes(7)]));
    assert_eq!(text(3), Ok(vec![Bytes(3)]));
}

//! Examples worked out on paper.

use super::fixture::{infer, tokenizer, with_parts};
use crate::unit::Bytes;
use serde_json::{Value, json};

/// 25 bytes: "ab" 4 times, "ef" 4 times.
const FOUR: &str = "ab ab ab ab ef ef ef ef z";
/// 25 bytes: "cd" 6 times.
const SIX: &str = "cd cd cd cd cd cd z z z z";

#[test]
fn the_order_of_three_merges_pins_the_share() {
    // ab before cd: 4α ≥ 6(1−α). cd before ef: 6(1−α) ≥ 4α. So 10α = 6.
    let found = infer(&tokenizer(&["a b", "c d", "e f"]), &[FOUR, SIX]).unwrap();
    assert!((found.mixture.as_slice()[0] - 0.6).abs() < 1e-3, "{found:?}");
    assert!(found.violation < 1e-4 && found.complete, "{found:?}");
    assert_eq!((found.merges_listed, found.merges_read, found.merges_used), (3, 3, 3));
    assert_eq!(found.text, [Bytes(25), Bytes(25)]);
}

#[test]
fn shares_are_of_bytes() {
    // Each pair is now half as frequent in the second domain: 4α/25 = 6(1−α)/50, so α = 3/7.
    let twice = format!("{SIX}{}", " z".repeat(12) + " ");
    assert_eq!(twice.len(), 2 * SIX.len());
    let found = infer(&tokenizer(&["a b", "c d", "e f"]), &[FOUR, &twice]).unwrap();
    assert!((found.mixture.as_slice()[0] - 3.0 / 7.0).abs() < 1e-3, "{found:?}");
}

#[test]
fn an_order_that_no_mixture_explains_costs_the_least_slack() {
    // ab before cd although both have cd more often, by 1 and by 3: the slack is α + 3(1−α), least
    // at α = 1, where it is 1. The merges then occur 1 and 2 times.
    let texts = ["ab cd cd z z", "ab cd cd cd "].map(String::from);
    let texts = [texts[0].as_str(), &format!("{}cd", &texts[1])];
    let padded = format!("{} z", texts[0]);
    assert_eq!(padded.len(), texts[1].len());
    let found = infer(&tokenizer(&["a b", "c d"]), &[&padded, texts[1]]).unwrap();
    assert!(found.mixture.as_slice()[0] > 1.0 - 1e-6, "{found:?}");
    assert!((found.violation - 1.0 / 3.0).abs() < 1e-4, "{found:?}");
}

#[test]
fn a_merge_takes_its_neighbours_with_it() {
    // Before any merge b·c is as frequent as a·b; after a·b is merged only ab·c is there. In the
    // second domain nothing but d·e occurs: 3α ≥ 2(1−α) twice, then 2(1−α) ≥ 0.
    let merges = ["a b", "ab c", "d e"];
    let found = infer(&tokenizer(&merges), &["abc abc abc", "de de z z z"]).unwrap();
    assert_eq!(found.merges_used, 3);
    assert!(found.mixture.as_slice()[0] > 0.4 - 1e-3, "{found:?}");
    assert!(found.violation < 1e-4, "{found:?}");
}

#[test]
fn one_domain_has_everything() {
    let found = infer(&tokenizer(&["a b", "e f"]), &[FOUR]).unwrap();
    assert_eq!(found.mixture.as_slice(), [1.0]);
    assert_eq!(found.violation, 0.0);
}

#[test]
fn the_tokenizers_own_normalizer_and_splitter_are_used() {
    let lower = json!({"type": "Lowercase"});
    let digits = json!({"type": "Digits", "individual_digits": true});
    let found = infer(&with_parts(&["a b", "1 2"], digits, lower), &["AB ab", "1212"]).unwrap();
    // The digits stand alone, so that 1·2 is never a pair.
    assert_eq!(found.merges_used, 1);
}

#[test]
fn words_begin_at_sentencepieces_mark_of_a_space() {
    let spaces = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    // Without the cut b·▁ would be the most frequent pair of all, and slack would have to pay.
    let tokenizer = with_parts(&["a b", "▁ ab"], Value::Null, spaces);
    let found = infer(&tokenizer, &["ab ab ab ab"]).unwrap();
    assert_eq!((found.merges_used, found.violation), (2, 0.0));
    let crossing = with_parts(
        &["b ▁"],
        Value::Null,
        json!({
            "type": "Replace", "pattern": {"String": " "}, "content": "▁"
        }),
    );
    assert!(infer(&crossing, &["ab ab"]).is_err());
}

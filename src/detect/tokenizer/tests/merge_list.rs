use super::fixture::tokenizer;
use crate::detect::tokenizer::merges::{Merge, MergeList};
use tokenizers::Tokenizer;

fn pairs(tokenizer: &Tokenizer, limit: usize) -> Vec<(String, String)> {
    let name = |id| tokenizer.id_to_token(id).unwrap();
    let list = MergeList::read(tokenizer, limit).unwrap();
    list.merges.iter().map(|Merge { pair, .. }| (name(pair.0), name(pair.1))).collect()
}

fn written(pairs: &[&str]) -> Vec<(String, String)> {
    let split = pairs.iter().map(|pair| pair.split_once(' ').unwrap());
    split.map(|(left, right)| (left.to_owned(), right.to_owned())).collect()
}

#[test]
fn a_learned_list_is_read_in_order_up_to_the_limit() {
    let merges = ["a b", "c d", "ab cd", "e f"];
    assert_eq!(pairs(&tokenizer(&merges), 10), written(&merges));
    assert_eq!(pairs(&tokenizer(&merges), 2), written(&merges[..2]));
}

#[test]
fn of_the_cuts_that_a_conversion_wrote_the_learned_one_is_kept() {
    // With ab and cd before, abcd is ab·cd; abc·d and a·bcd are only ways to cut it.
    let converted = ["a b", "c d", "b cd", "ab c", "a bcd", "ab cd", "abc d", "e f"];
    let learned = ["a b", "c d", "b cd", "ab c", "ab cd", "e f"];
    assert_eq!(pairs(&tokenizer(&converted), 10), written(&learned));
    assert_eq!(MergeList::read(&tokenizer(&converted), 10).unwrap().listed, 8);
}

#[test]
fn two_merges_to_one_token_at_different_times_are_both_learned() {
    let merges = ["a b", "ab c", "b c", "d e", "a bc"];
    assert_eq!(pairs(&tokenizer(&merges), 10), written(&merges));
}

#[test]
fn a_character_outside_the_vocabulary_is_no_symbol() {
    let tokenizer = tokenizer(&["a b"]);
    let list = MergeList::read(&tokenizer, 1).unwrap();
    let found: Vec<bool> = list.symbols("aéb").iter().map(Option::is_some).collect();
    assert_eq!(found, [true, false, true]);
}

#[test]
fn subword_prefix_and_word_suffix_are_part_of_the_symbols() {
    let tokenizer = super::fixture::from_json(&serde_json::json!({
        "version": "1.0", "added_tokens": [],
        "model": {
            "type": "BPE", "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>",
            "vocab": {"a": 0, "##b": 1, "##c</w>": 2, "ab": 3, "abc</w>": 4},
            "merges": ["a ##b", "ab ##c</w>"],
        },
    }));
    let list = MergeList::read(&tokenizer, 2).unwrap();
    assert_eq!(list.symbols("abc"), [Some(0), Some(1), Some(2)]);
    let expected = [Merge { pair: (0, 1), merged: 3 }, Merge { pair: (3, 2), merged: 4 }];
    assert_eq!(list.merges, expected);
}

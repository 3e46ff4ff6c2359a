//! Tokenizers without a tokenizer.json, and what is wrong with the files beside one.

use super::*;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

fn forms() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer_forms")
}

fn open(folder: &Path) -> Result<TokenizerFolder, String> {
    let files = TokenizerFiles::read(folder).map_err(|error| error.to_string())?;
    TokenizerFolder::new(files).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    with_special: Vec<u32>,
    decoded: String,
}

/// See expected.py there.
#[test]
fn every_form_gives_the_tokens_of_transformers() {
    let expected = fs::read(forms().join("expected.json")).unwrap();
    let expected: BTreeMap<String, Vec<Case>> = serde_json::from_slice(&expected).unwrap();
    assert_eq!(expected.len(), 6);
    for (name, cases) in expected {
        let folder = open(&forms().join(&name)).unwrap();
        for Case { text, ids, with_special, decoded } in cases {
            let found = folder.tokenizer.encode_fast(text.as_str(), false).unwrap();
            assert_eq!(found.get_ids(), ids, "{name}: {text:?}");
            let whole = [folder.text_prefix.as_slice(), found.get_ids()].concat();
            assert_eq!(whole, with_special, "{name}: {text:?}");
            assert_eq!(folder.tokenizer.decode(found.get_ids(), false).unwrap(), decoded, "{name}");
        }
    }
}

#[test]
fn a_model_of_sentencepiece_names_its_ends() {
    let folder = tempfile::tempdir().unwrap();
    let model = forms().join("sentencepiece/tokenizer.model");
    fs::copy(&model, folder.path().join("tokenizer.model")).unwrap();
    let files = TokenizerFiles::read(folder.path()).unwrap();
    assert_eq!((files.special["bos_token"].as_str(), files.eos()), ("<s>", Some("</s>")));
    let long = [&b"\x0a\xb3\x02\x0a\xb0\x02"[..], &[b'a'; 304], b"\x12\x02\x18\x02"].concat();
    for bytes in [&b"\x12\x02\x18\x01"[..], b"no model", b"", &long] {
        fs::write(folder.path().join("tokenizer.model"), bytes).unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(error.contains("tokenizer.model: "), "{error}");
    }
}

/// The files of GPT-2's form with one of them changed.
fn changed(name: &str, change: impl FnOnce(String) -> String) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["vocab.json", "merges.txt", "tokenizer_config.json"] {
        let text = fs::read_to_string(forms().join("gpt2").join(file)).unwrap();
        fs::write(folder.path().join(file), text).unwrap();
    }
    let path = folder.path().join(name);
    let text = fs::read_to_string(&path).unwrap_or_default();
    fs::write(path, change(text)).unwrap();
    folder
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let config = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        changed("tokenizer_config.json", move |text| text.replace(&from, &to))
    };
    let cases = [
        (config("GPT2Tokenizer", "RobertaTokenizer"), "the class RobertaTokenizer, of which only"),
        (changed("merges.txt", |text| text + "a b c\n"), "it is not two pieces"),
        (changed("vocab.json", |_| "[]".into()), "vocab.json is no JSON object of ids"),
        (config("\"3\"", "\"7\""), "'<|im_start|>' has the id 3 here and 7 in"),
        (config("\"512\"", "\"600\""), "'<tool>' should be token 600 by"),
        (config("\"512\"", "\"x\""), "has the entry \"x\", which is not an id"),
        (
            changed("added_tokens.json", |_| json!({"<other>": 512}).to_string()),
            "id 512 is '<tool>' in tokenizer_config.json and '<other>' in added_tokens.json",
        ),
        (
            changed("added_tokens.json", |_| json!({"<other>": "512"}).to_string()),
            "gives '<other>' no id",
        ),
    ];
    for (folder, expected) in cases {
        let error = open(folder.path()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let more = changed("added_tokens.json", |_| json!({"<other>": 513}).to_string());
    let folder = open(more.path()).unwrap();
    let ids = folder.tokenizer.encode_fast("a<other><tool>", false).unwrap();
    assert_eq!(ids.get_ids()[1..], [513, 512]);
    fs::remove_file(more.path().join("merges.txt")).unwrap();
    let error = open(more.path()).unwrap_err();
    assert!(error.contains("merges.txt"), "{error}");
    fs::remove_file(more.path().join("vocab.json")).unwrap();
    let error = open(more.path()).unwrap_err();
    assert!(error.contains("there is no tokenizer.json in this folder, nor vocab.json"), "{error}");
}

/// As transformers does with tokens that only tokenizer_config.json has.
#[test]
fn a_tokenizer_json_gets_the_tokens_that_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer");
    fs::copy(fixture.join("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    let config = json!({"added_tokens_decoder": {
        "4": {"content": "<|im_end|>", "special": true}, "512": {"content": "<think>"}}});
    fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    let open = open(folder.path()).unwrap();
    let ids = open.tokenizer.encode_fast("<think><|im_end|>", false).unwrap();
    assert_eq!(ids.get_ids(), [512, 4]);
}

/// The ids that transformers gives them.
#[test]
fn special_tokens_that_only_the_config_names_are_one_token_each() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer");
    fs::copy(fixture.join("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    let config = json!({
        "eos_token": "<x1>", "bos_token": {"content": "<x2>"}, "pad_token": "</s>",
        "extra_special_tokens": {"e_token": "<e1>"},
    });
    fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    let open = open(folder.path()).unwrap();
    let ids = open.tokenizer.encode_fast("<x1><x2><e1></s>", false).unwrap();
    assert_eq!(ids.get_ids(), [513, 512, 514, 1]);
    assert_eq!(open.eos_id(), Some(513));
}

/// Of a token in both files, transformers takes the options of tokenizer_config.json.
#[test]
fn options_of_a_token_are_those_of_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer");
    fs::copy(fixture.join("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    let tokens = |text: &str| {
        let ids = open(folder.path()).unwrap().tokenizer.encode_fast(text, false).unwrap();
        ids.get_ids().to_vec()
    };
    let before = tokens("a  </s>");
    let token = json!({"content": "</s>", "lstrip": true, "special": true});
    let config = json!({"added_tokens_decoder": {"1": token}});
    fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    assert_eq!(tokens("a  </s>"), tokens("a</s>"));
    assert_ne!(tokens("a  </s>"), before);
}

#[test]
fn a_sentencepiece_model_of_another_class_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = forms().join("unigram/tokenizer.model");
    fs::copy(&model, folder.path().join("tokenizer.model")).unwrap();
    let config = json!({"tokenizer_class": "XLMRobertaTokenizer"});
    fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(error.contains("the class XLMRobertaTokenizer, of which only"), "{error}");
}

/// The highest bit of a token on disk says whether the loss counts it.
#[test]
fn ids_that_have_no_place_on_disk_are_refused_with_their_place() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer");
    let text = fs::read_to_string(fixture.join("tokenizer.json")).unwrap();
    let definition: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (place, expected) in [
        ("/added_tokens/0/id", "added_tokens[0].id is 2147483648; ids are below 2147483648"),
        ("/model/vocab/a", "model.vocab['a'] is 2147483648; ids are below 2147483648"),
    ] {
        let mut definition = definition.clone();
        *definition.pointer_mut(place).unwrap() = json!(1_u64 << 31);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tokenizer.json"), definition.to_string()).unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

use super::*;
use crate::data::conversation::{ChatRole, Turn};
use crate::data::plan::{LossRule, TemplateChoice};
use crate::data::tokenizer::TokenizerFiles;
use std::path::Path;

fn encoder(template: TemplateChoice, sequence_length: usize, too_long: TooLong) -> Encoder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer");
    let files = TokenizerFiles::read(&folder).unwrap();
    encoder_of(files, template, sequence_length, too_long)
}

fn encoder_of(
    files: TokenizerFiles,
    template: TemplateChoice,
    sequence_length: usize,
    too_long: TooLong,
) -> Encoder {
    let folder = TokenizerFolder::new(files).unwrap();
    let template = TemplateSource::read(&template, &folder.files).unwrap();
    let choices = Choices { sequence_length, too_long, loss: LossRule::Assistant, tools: None };
    Encoder::new(folder, template.as_ref(), choices).unwrap()
}

fn built_in(name: &str) -> TemplateChoice {
    TemplateChoice::BuiltIn(name.into())
}

fn fixture(name: &str) -> TemplateChoice {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/templates");
    TemplateChoice::File(folder.join(name))
}

fn talk() -> Document {
    Document::Conversation(
        vec![
            Turn::new(ChatRole::System, "Be brief."),
            Turn::new(ChatRole::User, "Bond?"),
            Turn::new(ChatRole::Assistant, "A loan."),
            Turn::new(ChatRole::User, "é?"),
            Turn::new(ChatRole::Assistant, "Né 漢"),
        ]
        .into(),
    )
}

/// The document's tokens, and which of them are counted.
fn kept(encoder: &Encoder, document: &Document) -> (Vec<u32>, Vec<bool>) {
    match encoder.encode(document).unwrap() {
        Encoded::Kept { tokens, counted, .. } => (tokens, counted),
        Encoded::Dropped(why) => panic!("{why:?}"),
    }
}

/// Every token behind a bar; those that the loss counts behind a double bar.
fn shown(encoder: &Encoder, document: &Document) -> String {
    let (tokens, counted) = kept(encoder, document);
    assert_eq!(tokens.len(), counted.len());
    let name = |id: &u32| encoder.folder.tokenizer.id_to_token(*id).unwrap();
    let bar = |counted: &bool| if *counted { "‖" } else { "|" };
    tokens
        .iter()
        .zip(&counted)
        .map(|(id, counted)| format!("{}{}", bar(counted), name(id)))
        .collect()
}

/// The text of each run of counted tokens.
fn counted(encoder: &Encoder, document: &Document) -> Vec<String> {
    let (tokens, counted) = kept(encoder, document);
    let both: Vec<(u32, bool)> = tokens.into_iter().zip(counted).collect();
    both.chunk_by(|a, b| a.1 == b.1)
        .filter(|run| run[0].1)
        .map(|run| {
            let ids: Vec<u32> = run.iter().map(|(id, _)| *id).collect();
            encoder.folder.tokenizer.decode(&ids, false).unwrap()
        })
        .collect()
}

#[test]
fn the_loss_counts_the_assistants_tokens_token_by_token() {
    let names = ["chatml", "llama2", "llama3", "mistral", "alpaca", "plain"];
    let shown: Vec<String> = names
        .map(|name| {
            let encoder = encoder(built_in(name), 4096, TooLong::Drop);
            format!("{name}\n{}", shown(&encoder, &talk()))
        })
        .into();
    insta::assert_snapshot!("built_in_templates", shown.join("\n\n"));
}

#[test]
fn the_loss_counts_the_assistants_tokens_under_templates_of_real_models() {
    let names = ["generation", "llama2", "llama3", "mistral", "qwen2", "qwen3"];
    let shown: Vec<String> = names
        .map(|name| {
            let encoder = encoder(fixture(&format!("{name}.jinja")), 4096, TooLong::Drop);
            format!("{name}\n{}", shown(&encoder, &talk()))
        })
        .into();
    insta::assert_snapshot!("real_templates", shown.join("\n\n"));
}

#[test]
fn counted_tokens_decode_to_the_answers_and_their_end() {
    let cases = [
        (built_in("chatml"), ["A loan.<|im_end|>", "Né 漢<|im_end|>"]),
        (built_in("llama2"), [" A loan. </s>", " Né 漢 </s>"]),
        (built_in("llama3"), ["A loan.<|eot_id|>", "Né 漢<|eot_id|>"]),
        (built_in("mistral"), [" A loan.</s>", " Né 漢</s>"]),
        (built_in("alpaca"), ["A loan.</s>", "Né 漢</s>"]),
        (built_in("plain"), ["A loan.</s>", "Né 漢</s>"]),
        (fixture("generation.jinja"), ["A loan.<|im_end|>\n", "Né 漢<|im_end|>\n"]),
        (fixture("llama2.jinja"), [" A loan. </s>", " Né 漢 </s>"]),
        (fixture("llama3.jinja"), ["A loan.<|eot_id|>", "Né 漢<|eot_id|>"]),
        (fixture("mistral.jinja"), [" A loan.</s>", " Né 漢</s>"]),
        (fixture("qwen2.jinja"), ["A loan.<|im_end|>", "Né 漢<|im_end|>"]),
        (fixture("qwen3.jinja"), ["A loan.<|im_end|>", "<think>\n\n</think>\n\nNé 漢<|im_end|>"]),
    ];
    for (template, expected) in cases {
        let encoder = encoder(template.clone(), 4096, TooLong::Drop);
        assert_eq!(counted(&encoder, &talk()), expected, "{template:?}");
    }
}

#[test]
fn running_text_counts_every_token_but_the_first_and_is_ended_once() {
    let encoder = encoder(TemplateChoice::Tokenizer, 64, TooLong::Drop);
    let text = |text: &str| shown(&encoder, &Document::Text(text.into()));
    assert_eq!(text("rent."), "|<s>‖re‖nt‖.‖</s>");
    assert_eq!(text("rent.</s>"), "|<s>‖re‖nt‖.‖</s>");
}

/// Dropout would leave merges out at random: other tokens each time, and other results of a run.
#[test]
fn a_tokenizer_with_dropout_gives_the_same_tokens_each_time_and_says_so() {
    let whole = encoder(TemplateChoice::Tokenizer, 64, TooLong::Drop);
    let mut files = whole.folder.files.clone();
    files.definition = files.definition.replace(r#""dropout":null"#, r#""dropout":0.9"#);
    assert_ne!(files.definition, whole.folder.files.definition);
    let sampling = encoder_of(files, TemplateChoice::Tokenizer, 64, TooLong::Drop);
    let text = Document::Text("rent rent rent rent".into());
    assert_eq!(kept(&sampling, &text), kept(&whole, &text));
    let warnings = sampling.facts().warnings;
    assert!(warnings[0].contains("samples its tokens (model.dropout)"), "{warnings:?}");
    assert!(whole.facts().warnings.is_empty());
}

#[test]
fn the_beginning_is_written_once_and_only_where_the_tokenizer_writes_it() {
    for name in ["llama2", "llama3", "mistral", "alpaca", "plain"] {
        let encoder = encoder(built_in(name), 4096, TooLong::Drop);
        let one = Document::Conversation(
            [Turn::new(ChatRole::User, "Bond?"), Turn::new(ChatRole::Assistant, "A loan.")]
                .to_vec()
                .into(),
        );
        assert_eq!(shown(&encoder, &one).matches("<s>").count(), 1, "{name}");
    }
}

#[test]
fn long_documents_are_cut_or_dropped() {
    let text = Document::Text("rent rent rent rent rent rent".into());
    let cut = encoder(TemplateChoice::Tokenizer, 3, TooLong::Cut);
    let Encoded::Kept { tokens, length, .. } = cut.encode(&text).unwrap() else {
        panic!("dropped")
    };
    assert_eq!((tokens.len(), length), (3, 14));
    let drop = encoder(TemplateChoice::Tokenizer, 3, TooLong::Drop);
    assert_eq!(drop.encode(&text).unwrap(), Encoded::Dropped(Dropped::TooLong(14)));
    // A cut that leaves only the question leaves nothing to learn.
    let question = encoder(built_in("chatml"), 12, TooLong::Cut);
    let nothing = Encoded::Dropped(Dropped::NothingCounts);
    assert_eq!(question.encode(&talk()).unwrap(), nothing);
}

#[test]
fn an_encoded_row_is_the_same_on_the_other_side_of_a_pipe() {
    let encoder = encoder(built_in("chatml"), 64, TooLong::Cut);
    let rows = encoder.encode_all(&[talk(), Document::Text("é".into())]);
    let json = serde_json::to_string(&rows).unwrap();
    assert_eq!(serde_json::from_str::<Vec<EncodedRow>>(&json).unwrap(), rows);
    assert!(serde_json::from_str::<Encoded>(&json.replace("\"00", "\"20")).is_err());
}

#[test]
fn what_cannot_be_encoded_at_all_is_an_error_before_the_first_row() {
    let bare = encoder(TemplateChoice::Tokenizer, 64, TooLong::Drop);
    let bare = bare.facts();
    let error = bare.check(false).unwrap_err().to_string();
    assert!(error.contains("name a built-in one: chatml, llama2"), "{error}");
    assert!(bare.check(true).is_ok());
}

/// The fixture's tokenizer with its bytes alone, which makes more tokens of every text.
fn bytes_alone(change: impl Fn(&mut serde_json::Value)) -> TokenizerFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizer");
    let mut files = TokenizerFiles::read(&folder).unwrap();
    let mut definition: serde_json::Value = serde_json::from_str(&files.definition).unwrap();
    definition["model"]["merges"] = serde_json::json!([]);
    change(&mut definition);
    files.definition = definition.to_string();
    files
}

/// Decoded tokens, all of them and those that are counted.
fn texts(encoder: &Encoder, encoded: &Encoded) -> (String, String) {
    let Encoded::Kept { tokens, counted, .. } = encoded else { panic!("{encoded:?}") };
    let target: Vec<u32> =
        tokens.iter().zip(counted).filter(|(_, counted)| **counted).map(|(id, _)| *id).collect();
    let decode = |ids: &[u32]| encoder.folder.tokenizer.decode(ids, false).unwrap();
    (decode(tokens), decode(&target))
}

#[test]
fn where_another_tokenizer_cuts_the_text_is_the_same() {
    let running =
        Document::Text("The rent of a flat is due on the first day of a month, é.".into());
    let mut cut = 0;
    for document in [running, talk()] {
        for length in 2..60 {
            let other = encoder(built_in("chatml"), length, TooLong::Cut);
            let own = encoder_of(bytes_alone(|_| {}), built_in("chatml"), 4, TooLong::Cut);
            let own = own.cut_by(Some(Box::new(encoder(built_in("chatml"), length, TooLong::Cut))));
            let (theirs, ours) = (other.encode(&document).unwrap(), own.encode(&document).unwrap());
            if matches!(theirs, Encoded::Dropped(_)) {
                assert_eq!(ours, theirs);
                continue;
            }
            // A cut within a character keeps the whole character here.
            if !texts(&other, &theirs).0.contains('\u{fffd}') {
                assert_eq!(texts(&own, &ours), texts(&other, &theirs), "{length}");
            }
            let size = |encoded: &Encoded| match encoded {
                Encoded::Kept { is_cut, text, .. } => (*is_cut, *text),
                Encoded::Dropped(why) => panic!("{why:?}"),
            };
            assert_eq!(size(&ours), size(&theirs), "{length}");
            cut += u32::from(size(&ours).0);
        }
    }
    assert!(cut > 30, "{cut}");
}

/// `Né 漢` has 7 bytes, `A loan.` too; the ends of answers count as tokens and not as words.
#[test]
fn under_another_template_the_same_words_count() {
    let whole = encoder(built_in("chatml"), 4096, TooLong::Drop);
    let Encoded::Kept { text, counted, .. } = whole.encode(&talk()).unwrap() else { panic!() };
    let tokens = counted.iter().filter(|counted| **counted).count() as u64;
    assert_eq!(text, TextSize { bytes: 7 + 7, tokens });
    for template in ["llama2", "llama3", "mistral", "alpaca", "plain"] {
        let mut seen = 0;
        for length in 20..60 {
            let other = encoder(built_in("chatml"), length, TooLong::Cut);
            let theirs = other.encode(&talk()).unwrap();
            let own = encoder_of(bytes_alone(|_| {}), built_in(template), 4, TooLong::Cut);
            let own = own.cut_by(Some(Box::new(other)));
            let ours = own.encode(&talk()).unwrap();
            let is_kept = |encoded: &Encoded| matches!(encoded, Encoded::Kept { .. });
            if !is_kept(&ours) || texts(&whole, &theirs).0.contains('\u{fffd}') {
                continue;
            }
            let words = |text: String| {
                let ends = ["<|im_end|>", "</s>", "<|eot_id|>"];
                let text = ends.iter().fold(text, |text, end| text.replace(end, ""));
                text.split_whitespace().collect::<Vec<_>>().join("")
            };
            assert_eq!(words(texts(&own, &ours).1), words(texts(&whole, &theirs).1), "{template}");
            seen += 1;
        }
        assert!(seen > 10, "{template} {seen}");
    }
}

/// A tokenizer that begins a text with a token of its own predicts the first word, one without does not.
#[test]
fn what_only_one_of_two_tokenizers_predicts_is_not_counted() {
    let without_begin = |definition: &mut serde_json::Value| {
        definition["post_processor"] = serde_json::Value::Null;
    };
    let text = Document::Text("rent rent".into());
    let with = || encoder(TemplateChoice::Tokenizer, 64, TooLong::Cut);
    let without =
        || encoder_of(bytes_alone(without_begin), TemplateChoice::Tokenizer, 64, TooLong::Cut);
    let size = |encoded: Encoded| match encoded {
        Encoded::Kept { text, .. } => text,
        Encoded::Dropped(why) => panic!("{why:?}"),
    };
    // `re|nt|…` and `r|e|n|t|…`: from byte 2 on both have an edge.
    let own = without().cut_by(Some(Box::new(with())));
    let ours = own.encode(&text).unwrap();
    assert_eq!(texts(&own, &ours).1, "nt rent</s>");
    assert_eq!(size(ours).bytes, 7);
    let own = with().cut_by(Some(Box::new(without())));
    let ours = own.encode(&text).unwrap();
    assert_eq!(texts(&own, &ours).1, "nt rent</s>");
    // Nine bytes and the end, without `r` and `e`.
    assert_eq!(size(ours), TextSize { bytes: 7, tokens: 8 });
}

#[test]
fn what_another_tokenizer_drops_is_dropped() {
    let text = Document::Text("rent rent rent rent rent rent".into());
    let other = encoder(TemplateChoice::Tokenizer, 3, TooLong::Drop);
    let own = encoder(TemplateChoice::Tokenizer, 64, TooLong::Cut).cut_by(Some(Box::new(other)));
    assert_eq!(own.encode(&text).unwrap(), Encoded::Dropped(Dropped::TooLong(14)));
}

use super::*;
use crate::detect::judge::endpoint::reply::{Candidate, Logprobs, ReplyMessage};

fn domains() -> Vec<String> {
    ["law", "code", "Other Things"].map(String::from).to_vec()
}

fn replied(content: &str) -> Reply {
    let message = ReplyMessage { content: Some(content.into()), refusal: None };
    Reply { choices: vec![Choice { message, ..Choice::default() }], usage: None }
}

fn read(form: AnswerForm, content: &str) -> Result<Vec<f64>, String> {
    AnswerReader::new(form, &domains()).read(&replied(content)).map(Vec::from)
}

fn probabilities(content: &str) -> Result<Vec<f64>, String> {
    read(AnswerForm::Probabilities, content)
}

#[test]
fn probabilities_are_read_in_any_order_and_wrapping() {
    let expected = Ok(vec![0.5, 0.25, 0.25]);
    for content in [
        r#"{"law": 0.5, "code": 0.25, "Other Things": 0.25}"#,
        r#"{"other things": 0.25, "CODE": 0.25, " law ": 0.5}"#,
        "```json\n{\"law\": 0.5, \"code\": 0.25, \"Other Things\": 0.25}\n```",
        "<think>{is it law?}</think>\nSure: {\"law\":0.5,\"code\":0.25,\"Other Things\":0.25}.",
    ] {
        assert_eq!(probabilities(content), expected, "{content}");
    }
}

#[test]
fn a_rounded_sum_is_corrected_and_a_wrong_one_is_not() {
    // 0.33 + 0.33 + 0.33 = 0.99: divided by it, a third each.
    let thirds = probabilities(r#"{"law": 0.33, "code": 0.33, "Other Things": 0.33}"#).unwrap();
    assert!(thirds.iter().all(|weight| (weight - 1.0 / 3.0).abs() < 1e-15));
    let why = probabilities(r#"{"law": 0.9, "code": 0.9, "Other Things": 0}"#).unwrap_err();
    assert!(why.contains("sum to 1.8, not to 1"), "{why}");
    let percent = probabilities(r#"{"law": 50, "code": 25, "Other Things": 25}"#).unwrap_err();
    assert!(percent.contains("sum to 100"), "{percent}");
}

#[test]
fn what_is_no_distribution_over_the_domains_is_refused_with_the_reason() {
    for (content, why) in [
        ("", "the answer is empty"),
        ("<think>law, I think</think>", "the answer is empty"),
        (r#"{"law": 0.5, "code": 0.5"#, "no JSON object"),
        (r#"["law"]"#, "no JSON object"),
        (r#"{"law": 0.5, "code": 0.5}"#, "no probability for Other Things"),
        (r#"{"law": 0.5, "sport": 0.5}"#, "'sport' is not one of the domains"),
        (r#"{"law": 1.5, "code": -0.5, "Other Things": 0}"#, "code has probability -0.5"),
        (r#"{"law": "1", "code": 0, "Other Things": 0}"#, "law has probability \"1\""),
        (r#"{"law": null, "code": 0, "Other Things": 1}"#, "law has probability null"),
        (r#"{"law": 1, "Law": 0, "code": 0, "Other Things": 0}"#, "Law is named twice"),
        (r#"{"law": 0, "code": 0, "Other Things": 0}"#, "sum to 0, not to 1"),
        (r#"{"law": 1e999, "code": 0, "Other Things": 0}"#, "no JSON object"),
    ] {
        let found = probabilities(content).unwrap_err();
        assert!(found.contains(why), "{content}: {found}");
    }
}

#[test]
fn a_label_is_taken_as_json_or_by_itself() {
    for content in [r#"{"domain": "Code"}"#, "code", "\"code\"", "Code.\n"] {
        assert_eq!(read(AnswerForm::Label, content), Ok(vec![0.0, 1.0, 0.0]), "{content}");
    }
    for content in [r#"{"domain": "sport"}"#, "sport", "law or code"] {
        let why = read(AnswerForm::Label, content).unwrap_err();
        assert!(why.contains("is not one of the domains"), "{why}");
    }
    assert!(read(AnswerForm::Label, r#"{"domain": 1}"#).unwrap_err().contains("no domain in"));
}

#[test]
fn a_cut_answer_and_a_refusal_are_named_as_such() {
    let mut cut = replied("{\"law\": 0.5,");
    cut.choices[0].finish_reason = Some("length".into());
    let reader = AnswerReader::new(AnswerForm::Probabilities, &domains());
    assert!(reader.read(&cut).unwrap_err().contains("cut off at answer_tokens"));
    let mut declined = replied("");
    declined.choices[0].message.refusal = Some("I cannot judge this".into());
    assert_eq!(reader.read(&declined).unwrap_err(), "the model declined: I cannot judge this");
    let none = reader.read(&Reply::default()).unwrap_err();
    assert_eq!(none, "the response holds no answer");
}

fn with_candidates(candidates: &[(&str, f64)]) -> Reply {
    let candidate = |&(token, p): &(&str, f64)| Candidate { token: token.into(), logprob: p.ln() };
    let at = |token: &str, top_logprobs| Position { token: token.into(), top_logprobs };
    let content = vec![at("\n", Vec::new()), at("A", candidates.iter().map(candidate).collect())];
    let mut reply = replied("A");
    reply.choices[0].logprobs = Some(Logprobs { content: Some(content) });
    reply
}

#[test]
fn letters_share_the_mass_that_they_hold() {
    let reader = AnswerReader::new(AnswerForm::Logprobs, &domains());
    // A has 0.4 + 0.2 in two spellings, B 0.2, C is no candidate: 0.6/0.8, 0.2/0.8, 0.
    let reply = with_candidates(&[("A", 0.4), (" A", 0.2), ("B", 0.2), ("The", 0.1), ("AB", 0.1)]);
    let read = reader.read(&reply).unwrap();
    let expected = [0.75, 0.25, 0.0];
    assert!(read.as_slice().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{read:?}");
}

#[test]
fn letters_that_hold_too_little_are_no_answer() {
    let reader = AnswerReader::new(AnswerForm::Logprobs, &domains());
    let why = reader.read(&with_candidates(&[("The", 0.7), ("A", 0.25)])).unwrap_err();
    assert!(why.contains("hold only 25.0 % there"), "{why}");
    let why = reader.read(&replied("A")).unwrap_err();
    assert!(why.contains("no log-probabilities"), "{why}");
}

//! `versatune rows --packed`: the packed sequences of the first step.

use super::rows::{TextStyle, counted_words};
use crate::app::{self, Exit};
use crate::config::RunPlan;
use crate::data::{DocumentView, SequenceView};
use crate::echo;
use crate::print;
use crate::train::FirstStep;
use crate::tui::look::in_locale;
use serde::Serialize;

/// Prints `count` sequences, or all.
pub fn run(
    plan: &RunPlan,
    count: Option<usize>,
    json: bool,
    style: TextStyle,
) -> anyhow::Result<Exit> {
    let step = app::first_step(plan)?;
    if let Some(notice) = &step.notice {
        complain!("{notice}");
    }
    let shown = count.unwrap_or(usize::MAX).min(step.sequences.len());
    for (index, sequence) in step.sequences[..shown].iter().enumerate() {
        if json {
            let line = serde_json::to_string(&Line::new(&step, index, sequence))?;
            print::raw(&echo::json(&line));
        } else {
            print::raw(&in_locale(&text(&step, index, sequence, style)));
        }
    }
    Ok(Exit::Done)
}

/// What `--json` prints of a sequence.
#[derive(Serialize)]
struct Line<'a> {
    /// From 1.
    sequence: usize,
    /// Token ids of the whole sequence.
    tokens: Vec<u32>,
    counted: Vec<bool>,
    cu_seqlens: &'a [i64],
    documents: Vec<Document<'a>>,
}

#[derive(Serialize)]
struct Document<'a> {
    domain: &'a str,
    text: String,
    counted_text: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn new(step: &'a FirstStep, index: usize, sequence: &'a SequenceView) -> Self {
        let documents = &sequence.documents;
        Line {
            sequence: index + 1,
            tokens: documents.iter().flat_map(|document| document.tokens.clone()).collect(),
            counted: documents.iter().flat_map(|document| document.counted.clone()).collect(),
            cu_seqlens: &sequence.cu_seqlens,
            documents: documents.iter().map(|document| Document::new(step, document)).collect(),
        }
    }
}

impl<'a> Document<'a> {
    fn new(step: &'a FirstStep, document: &'a DocumentView) -> Self {
        let counted = document.runs.iter().filter(|(counted, _)| *counted);
        Document {
            domain: &step.domains[document.domain.0],
            text: document.runs.iter().map(|(_, text)| text.as_str()).collect(),
            counted_text: counted.map(|(_, text)| text.as_str()).collect(),
        }
    }
}

/// A sequence for people, each document under the line of its bounds.
fn text(step: &FirstStep, index: usize, sequence: &SequenceView, style: TextStyle) -> String {
    let tokens: usize = sequence.documents.iter().map(|document| document.tokens.len()).sum();
    let mut out = format!(
        "sequence {} of the first step's {} · {} documents, {tokens} of at most {} tokens\n",
        index + 1,
        step.sequences.len(),
        sequence.documents.len(),
        step.capacity,
    );
    for (ends, document) in sequence.cu_seqlens.windows(2).zip(&sequence.documents) {
        out += &format!(
            "── {} · tokens {} to {} · {}\n{}\n",
            step.domains[document.domain.0],
            ends[0],
            ends[1] - 1,
            counted_words(&document.counted),
            style.runs(&document.runs),
        );
    }
    out
}

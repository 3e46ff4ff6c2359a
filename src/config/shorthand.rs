//! Short forms, which are expanded into the one form that `written.rs` reads.
//!
//! | field | short | stands for |
//! |---|---|---|
//! | `model` | `"owner/name"`, `Hub(…)` | `(source: …)` |
//! | `model.source`, `mixing.reference.model`, `detection.model` | `"owner/name"` | a folder of that name, else a Hub id |
//! | `model.recompute` | `true`, `false` | `Full`, `None` |
//! | an entry of `data.domains` | `"law"` | `(name: "law")` |
//! | `train` | `"a.jsonl"` | `["a.jsonl"]` |
//! | `held_out` | `"a.jsonl"`, `["a.jsonl"]`, `0.02` | `Files(["a.jsonl"])`, `Share(0.02)` |
//! | `format`, `strategy`, an entry of `shadow`, `judge` | `Alpaca`, `Odm` | `Alpaca()`, `Odm()` |
//! | `shadow` | `Odm`, `DoReMi(eta: 2)` | `[Odm]`, `[DoReMi(eta: 2)]` |
//! | `template` | `"chatml"` | `BuiltIn("chatml")` |
//! | `detected`, `reference` | `{"law": 1}`, `[1]` | `Given(…)` |
//! | anything | `Tune(lr: 1e-4)` | `Tune((lr: 1e-4))`, which is allowed too |
//! | `lambda` | `0.3` | `Fixed(0.3)` |
//! | `target` | `"law"` | `["law"]` |
//! | `alert`, `notify.usual` | `Bell`, `Command("…")` | `[Bell]`, `[Command("…")]` |
//! | `Webhook` | `Webhook("https://…")` | `Webhook(Here("https://…"))` |

use super::locate::{Kind, Node};
use super::scan::{SyntaxError, scan};
use super::source::Source;
use crate::mixing;
use std::ops::Range;

/// Kinds of values that may be a short form.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Word,
    /// `true` or `false`.
    Flag,
    Text,
    Scalar,
    Named,
    List,
    Map,
}

/// At this path (`*` is every entry of a list, a variant's name what is in it), values of these forms are short ones, and this text is
/// put around them.
struct Rule {
    at: &'static [&'static str],
    forms: &'static [Form],
    around: (&'static str, &'static str),
}

const fn rule(
    at: &'static [&'static str],
    forms: &'static [Form],
    around: (&'static str, &'static str),
) -> Rule {
    Rule { at, forms, around }
}

const LIST: (&str, &str) = ("[", "]");
const CALL: (&str, &str) = ("", "()");
const NAMED: (&str, &str) = ("Named(", ")");
const GIVEN: (&str, &str) = ("Given(", ")");
const HERE: (&str, &str) = ("Here(", ")");
const FILES: (&str, &str) = ("Files(", ")");
const SHARE: (&str, &str) = ("Share(", ")");

const RULES: &[Rule] = &[
    rule(&["model"], &[Form::Text, Form::Named], ("(source: ", ")")),
    rule(&["model", "source"], &[Form::Text], NAMED),
    rule(&["model", "recompute"], &[Form::Flag], ("Flag(", ")")),
    rule(&["mixing", "reference", "model"], &[Form::Text], NAMED),
    rule(&["data", "domains", "*"], &[Form::Text], ("(name: ", ")")),
    rule(&["data", "train"], &[Form::Text], LIST),
    rule(&["data", "domains", "*", "train"], &[Form::Text], LIST),
    rule(&["data", "held_out"], &[Form::Text], ("Files([", "])")),
    rule(&["data", "held_out"], &[Form::List], FILES),
    rule(&["data", "held_out"], &[Form::Scalar], SHARE),
    rule(&["data", "domains", "*", "held_out"], &[Form::Text], ("Files([", "])")),
    rule(&["data", "domains", "*", "held_out"], &[Form::List], FILES),
    rule(&["data", "domains", "*", "held_out"], &[Form::Scalar], SHARE),
    rule(&["data", "format"], &[Form::Word], CALL),
    rule(&["data", "domains", "*", "format"], &[Form::Word], CALL),
    rule(&["data", "template"], &[Form::Text], ("BuiltIn(", ")")),
    rule(&["mixing", "strategy"], &[Form::Word], CALL),
    rule(&["mixing", "shadow", "*"], &[Form::Word], CALL),
    rule(&["mixing", "shadow"], &[Form::Word, Form::Named], LIST),
    rule(&["detection", "model"], &[Form::Text], NAMED),
    rule(&["detection", "judge"], &[Form::Word], CALL),
    rule(&["mixing", "lambda"], &[Form::Scalar], ("Fixed(", ")")),
    rule(&["mixing", "detected"], &[Form::List, Form::Map], GIVEN),
    rule(&["mixing", "reference"], &[Form::List, Form::Map], GIVEN),
    rule(&["mixing", "target"], &[Form::Text], LIST),
    rule(&["alerts", "*", "alert"], &[Form::Word, Form::Named], LIST),
    rule(&["alerts", "*", "alert", "*", "Webhook"], &[Form::Text], HERE),
    rule(&["notify", "usual"], &[Form::Word, Form::Named], LIST),
    rule(&["notify", "usual", "*", "Webhook"], &[Form::Text], HERE),
];

/// Expands every short form, and gives the tree of the text that results.
pub(super) fn expand(source: &mut Source) -> Result<Node, SyntaxError> {
    // A short form may be inside another. No rule matches the result of a rule, and none nests deeper
    // than `model`, so this ends after at most three rounds.
    loop {
        let mut tree = scan(source.text())?;
        let mut doubled = Vec::new();
        collect_doubled(&tree, &mut doubled);
        if !doubled.is_empty() {
            doubled.into_iter().for_each(|span| blank(source, span));
            tree = scan(source.text())?;
        }
        let mut insertions = Vec::new();
        for rule in RULES {
            collect(&tree, source.text(), rule.at, rule, &mut insertions);
        }
        if insertions.is_empty() {
            return Ok(tree);
        }
        insertions.sort_by_key(|(span, _)| std::cmp::Reverse(span.end));
        for (span, (before, after)) in insertions {
            source.expand(span.end, after, span.start);
            source.expand(span.start, before, span.start);
        }
    }
}

type Insertion = (Range<usize>, (&'static str, &'static str));

/// The brackets that are too many in `Name((…))`: with its extension that unwraps them, `ron`
/// takes `Name(…)` alone.
fn collect_doubled(node: &Node, out: &mut Vec<Range<usize>>) {
    if let Kind::Tuple { name: Some(_), items } = &node.kind
        && let [inner @ Node { kind: Kind::Fields { name: None, .. }, .. }] = items.as_slice()
    {
        out.push(inner.span.start..inner.span.start + 1);
        out.push(inner.span.end - 1..node.span.end - 1);
    }
    node.children().for_each(|(_, child)| collect_doubled(child, out));
}

fn blank(source: &mut Source, span: Range<usize>) {
    for at in span.filter(|at| source.text().is_char_boundary(*at)).collect::<Vec<_>>() {
        let len = source.text()[at..].chars().next().map_or(0, char::len_utf8);
        let origin = source.origin(at);
        source.splice(at..at + len, &" ".repeat(len), origin);
    }
}

fn collect(node: &Node, text: &str, at: &[&str], rule: &Rule, out: &mut Vec<Insertion>) {
    let node = inside_some(node);
    match (at, &node.kind) {
        ([], _) => {
            if form(node, text).is_some_and(|form| rule.forms.contains(&form))
                && !is_complete(node, text)
            {
                out.push((node.span.clone(), rule.around));
            }
        }
        (["*", rest @ ..], Kind::List(items)) => {
            items.iter().for_each(|item| collect(item, text, rest, rule, out));
        }
        ([name, rest @ ..], Kind::Fields { fields, .. }) => {
            for field in fields.iter().filter(|field| field.name == *name) {
                collect(&field.value, text, rest, rule, out);
            }
        }
        ([variant, rest @ ..], Kind::Tuple { name: Some(name), items }) if name == variant => {
            items.iter().for_each(|item| collect(item, text, rest, rule, out));
        }
        (
            _,
            Kind::Word
            | Kind::Text
            | Kind::Scalar
            | Kind::Tuple { .. }
            | Kind::List(_)
            | Kind::Map(_),
        ) => {}
    }
}

/// `Some(x)` means the same as `x`.
fn inside_some(node: &Node) -> &Node {
    match &node.kind {
        Kind::Tuple { name: Some(name), items } if name == "Some" => match items.as_slice() {
            [only] => only,
            _ => node,
        },
        _ => node,
    }
}

/// Whether a word is not to be expanded: `None`, and a strategy that needs the value in its brackets
/// (`Only`).
fn is_complete(node: &Node, text: &str) -> bool {
    let word = node.text(text);
    matches!(node.kind, Kind::Word) && (word == "None" || mixing::takes_unnamed_value(word))
}

fn form(node: &Node, text: &str) -> Option<Form> {
    Some(match &node.kind {
        Kind::Word if matches!(node.text(text), "true" | "false") => Form::Flag,
        Kind::Word => Form::Word,
        Kind::Text => Form::Text,
        Kind::Scalar => Form::Scalar,
        Kind::Fields { name: Some(_), .. } | Kind::Tuple { name: Some(_), .. } => Form::Named,
        Kind::Fields { name: None, .. } | Kind::Tuple { name: None, .. } => return None,
        Kind::List(_) => Form::List,
        Kind::Map(_) => Form::Map,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn expanded(text: &str) -> String {
        let mut source = Source::new(text, Path::new("x.ron"));
        expand(&mut source).unwrap();
        source.text().to_owned()
    }

    #[test]
    fn short_forms_become_the_long_ones() {
        for (short, long) in [
            (r#"(model: "a/b")"#, r#"(model: (source: Named("a/b")))"#),
            (r#"(model: Hub(id: "a/b"))"#, r#"(model: (source: Hub(id: "a/b")))"#),
            (
                r#"(data: (domains: ["law", (name: "x", train: "x.jsonl", held_out: 0.1)]))"#,
                r#"(data: (domains: [(name: "law"), (name: "x", train: ["x.jsonl"], held_out: Share(0.1))]))"#,
            ),
            (
                r#"(mixing: (strategy: Odm, detected: [1], target: Some("law")))"#,
                r#"(mixing: (strategy: Odm(), detected: Given([1]), target: Some(["law"])))"#,
            ),
            (
                r#"(mixing: (shadow: [Odm, Only("law"), DoReMi(eta: 2)]))"#,
                r#"(mixing: (shadow: [Odm(), Only("law"), DoReMi(eta: 2)]))"#,
            ),
            (r#"(mixing: (shadow: Odm))"#, r#"(mixing: (shadow: [Odm()]))"#),
            (
                r#"(mixing: (reference: Tune(model: "a/b")))"#,
                r#"(mixing: (reference: Tune(model: Named("a/b"))))"#,
            ),
            (
                r#"(data: (held_out: "v", format: Alpaca))"#,
                r#"(data: (held_out: Files(["v"]), format: Alpaca()))"#,
            ),
            (
                r#"(a: Some((b: 1, c: Tune((d: 2,),) )))"#,
                r#"(a: Some( b: 1, c: Tune( d: 2,  )  ))"#,
            ),
            (
                r#"(mixing: (reference: None, target: None))"#,
                r#"(mixing: (reference: None, target: None))"#,
            ),
        ] {
            assert_eq!(expanded(short), long);
            assert_eq!(expanded(long), long, "the long form stays");
        }
    }
}

use super::super::scan::scan;
use super::super::source::line_and_column;
use super::*;
use proptest::prelude::*;

fn at(text: &str, path: &str) -> String {
    let path = FieldPath::parse(path).unwrap();
    let tree = scan(text).unwrap();
    tree.find(text, &path).map_or("–".into(), |node| node.text(text).to_owned())
}

const EXAMPLE: &str = r###"
#![enable(implicit_some)]
// A comment with ( and ".
Run(
    model: "a/b", /* nested /* ( */ */
    data: (
        domains: [
            (name: "law", train: ["l(1).jsonl", r#"a "quoted" one"#]),
            (name: "código", limit: Some(100), held_out: Share(0.1)),
        ],
    ),
    mixing: (
        detected: Given({"law": 0.25, "código": 0.75}),
        reference: Tune((lr: 1e-5)),
        sign: 'x', quote: '\'', pair: (1, -2.5e3),
    ),
)
"###;

#[test]
fn paths_lead_to_values() {
    assert_eq!(at(EXAMPLE, "model"), "\"a/b\"");
    assert_eq!(at(EXAMPLE, "data.domains[0].train[1]"), r###"r#"a "quoted" one"#"###);
    assert_eq!(at(EXAMPLE, "data.domains.código.limit"), "Some(100)");
    assert_eq!(at(EXAMPLE, "data.domains.1.held_out"), "Share(0.1)");
    assert_eq!(at(EXAMPLE, "mixing.detected.law"), "0.25");
    assert_eq!(at(EXAMPLE, "mixing.reference.lr"), "1e-5");
    assert_eq!(at(EXAMPLE, "mixing.quote"), r"'\''");
    assert_eq!(at(EXAMPLE, "mixing.pair"), "(1, -2.5e3)");
    assert_eq!(at(EXAMPLE, "data.domains[2]"), "–");
    assert_eq!(at(EXAMPLE, "model.source"), "–");
}

#[test]
fn a_field_ends_with_its_comma() {
    let text = "(a: 1 /* , */ , b: (c: 2))";
    let tree = scan(text).unwrap();
    let Kind::Fields { fields, .. } = &tree.kind else { panic!() };
    assert_eq!(&text[fields[0].span.clone()], "a: 1 /* , */ ,");
    assert_eq!(&text[fields[1].span.clone()], "b: (c: 2)");
    assert_eq!(tree.field_around(text.find('2').unwrap()).unwrap().name, "c");
    assert_eq!(tree.field_around(text.find('b').unwrap()).unwrap().name, "b");
}

#[test]
fn syntax_errors_say_where_and_what() {
    for (text, at, found, allowed) in [
        ("(a: 1 b: 2)", 6, "b", "`,` or `)`"),
        ("(a: [1, 2)", 9, ")", "`,` or `]`"),
        ("(a: (b: 1)", 0, "`(` that is never closed", "a `)` for every `(`"),
        ("(a: \"b)", 4, "\"", "a quote that ends this text"),
        ("(a: )", 4, ")", "a value"),
        ("(a: 1, 2)", 7, "2", "a field: `name: value`"),
        ("(a: 1) x", 7, "x", "the end of the file"),
        ("/* (a: 1)", 0, "/", "a `*/` that ends this comment"),
        ("", 0, "the end of the file", "a value"),
        ("{1, 2}", 2, ",", "`:` after the key"),
    ] {
        let error = scan(text).unwrap_err();
        assert_eq!(error.offset, at, "{text}");
        assert_eq!(error.found, found, "{text}");
        assert_eq!(error.allowed, allowed, "{text}");
    }
    assert!(scan(&"(".repeat(100_000)).is_err(), "deep nesting is an error, no overflow");
    assert!(scan(&"[".repeat(100_000)).is_err());
}

/// A value as text, and the paths of the leaves in it with the leaf's own text.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(String),
    Fields(Vec<Tree>),
    List(Vec<Tree>),
    Map(Vec<Tree>),
    Named(Box<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let text = r#"[a-z(),:"\\ \[\]{}ö]{0,8}"#.prop_map(|s| Tree::Leaf(format!("{s:?}")));
    let number = any::<f64>().prop_filter("finite", |x| x.is_finite());
    let leaf = prop_oneof![
        text,
        number.prop_map(|x| Tree::Leaf(format!("{x:?}"))),
        Just(Tree::Leaf("None".into())),
        any::<bool>().prop_map(|b| Tree::Leaf(b.to_string())),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::Fields),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::Map),
            prop::collection::vec(inner, 0..5).prop_map(|t| Tree::Named(Box::new(Tree::Fields(t)))),
        ]
    })
}

const GAPS: [&str; 5] = ["", " ", "\n", " // note: (\n", "/* [ */"];

fn write(
    tree: &Tree,
    path: &FieldPath,
    out: &mut String,
    leaves: &mut Vec<(FieldPath, usize, String)>,
    gap: &mut impl FnMut() -> &'static str,
) {
    let mut list = |out: &mut String,
                    open: &str,
                    close: &str,
                    items: &[Tree],
                    key: &dyn Fn(usize) -> (String, FieldPath)| {
        out.push_str(open);
        for (i, item) in items.iter().enumerate() {
            out.push_str(gap());
            let (label, path) = key(i);
            out.push_str(&label);
            out.push_str(gap());
            write(item, &path, out, leaves, gap);
            out.push_str(gap());
            if i + 1 < items.len() || gap().is_empty() {
                out.push(',');
            }
        }
        out.push_str(gap());
        out.push_str(close);
    };
    match tree {
        Tree::Leaf(text) => {
            leaves.push((path.clone(), out.len(), text.clone()));
            out.push_str(text);
        }
        Tree::Fields(items) => {
            list(out, "(", ")", items, &|i| (format!("f{i}:"), path.field(&format!("f{i}"))))
        }
        Tree::List(items) => list(out, "[", "]", items, &|i| (String::new(), path.index(i))),
        Tree::Map(items) => {
            list(out, "{", "}", items, &|i| (format!("\"k{i}\":"), path.field(&format!("k{i}"))))
        }
        Tree::Named(inner) => {
            list(out, "Some(", ")", std::slice::from_ref(inner.as_ref()), &|_| {
                (String::new(), path.clone())
            })
        }
    }
}

proptest! {
    #[test]
    fn every_path_of_a_generated_text_leads_to_its_line_and_column(
        items in prop::collection::vec(tree(), 1..5), seed in any::<u64>(),
    ) {
        let (mut text, mut leaves, mut state) = (String::new(), Vec::new(), seed);
        let mut gap = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            GAPS[(state >> 33) as usize % GAPS.len()]
        };
        write(&Tree::Fields(items), &FieldPath::default(), &mut text, &mut leaves, &mut gap);
        prop_assert!(ron::from_str::<ron::Value>(&text).is_ok() , "not RON: {text}");
        let tree = scan(&text).map_err(|e| TestCaseError::fail(format!("{e:?} in {text}")))?;
        for (path, start, leaf) in leaves {
            let node = tree.find(&text, &path);
            let node = node.ok_or_else(|| TestCaseError::fail(format!("{path} in {text}")))?;
            prop_assert_eq!(node.text(&text), leaf);
            prop_assert_eq!(line_and_column(&text, node.span.start), line_and_column(&text, start));
        }
    }

    #[test]
    fn no_text_makes_the_scanner_panic(text in "\\PC*", brackets in r#"[()\[\]{}:,"'/*#r\\ a1\n]*"#) {
        let _ = scan(&text);
        let _ = scan(&brackets);
    }
}

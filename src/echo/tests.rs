use super::*;
use proptest::prelude::*;

/// A key of one of the services.
pub(crate) fn key() -> impl Strategy<Value = (String, String)> {
    (prop::sample::select(KEY_PREFIXES.to_vec()), "[A-Za-z0-9]{20,40}").prop_map(
        |(prefix, secret)| {
            let capitals = prefix.ends_with("IA");
            let secret = if capitals { secret.to_ascii_uppercase() } else { secret };
            (format!("{prefix}{secret}"), secret)
        },
    )
}

#[test]
fn a_key_is_hidden_wherever_it_stands_and_common_words_are_not() {
    let key = "sk-proj-AbCdEfGh0123456789";
    for text in ["K", "\"K\"", "key=K", "no such key: K.", "x\nK", "{\"a\":\"\\nK\"}", "_K"] {
        let shown = hide_keys(&text.replace('K', key)).into_owned();
        assert!(!shown.contains("AbCdEfGh"), "{shown}");
        assert!(shown.contains("[key hidden]"), "{shown}");
    }
    assert_eq!(hide_keys("https://me:pass@host/v1"), "https://[hidden]@host/v1");
    for text in [
        "task-force-of-the-whole-department",
        "ASIA-pacific-region-of-the-company",
        "hf_datasets_of_last_year",
        "sk-short",
        "disk",
    ] {
        assert_eq!(hide_keys(text), text);
        assert!(!holds_key(text), "{text}");
    }
}

#[test]
fn what_controls_a_terminal_is_written_out() {
    assert_eq!(line("a\u{1b}[2J\nb\tc\u{9b}\u{202e}"), "a\\u{1b}[2J b c\\u{9b}\\u{202e}");
    assert_eq!(lines("a\nb\r"), "a\nb\\u{d}");
    assert_eq!(json("\"\u{7f}\u{2066}\""), "\"\\u007f\\u2066\"");
    assert!(matches!(line("λ · 漢"), Cow::Borrowed(_)));
}

proptest! {
    #[test]
    fn no_text_brings_a_key_or_a_control_character_through(
        before in "(\\PC|\\pC){0,12}", (key, secret) in key(), after in "([^A-Za-z0-9]\\PC{0,9})?",
    ) {
        prop_assume!(!before.ends_with(|c: char| c.is_ascii_alphanumeric()));
        let first = key.chars().next().unwrap();
        let spellings = [
            key.clone(),
            key.replacen(first, &first.escape_unicode().to_string(), 1),
            key.replacen(first, &format!("%{:02x}", u32::from(first)), 1),
        ];
        for spelled in spellings {
            let text = format!("{before}{spelled}{after}");
            prop_assert!(holds_key(&text));
            for shown in [line(&text), lines(&text)] {
                prop_assert!(!shown.contains(&secret), "{}", shown);
                prop_assert!(shown.chars().all(|c| is_shown(c) || c == '\n'));
            }
        }
    }

    #[test]
    fn json_stays_json(text in "(\\PC|\\pC){0,30}") {
        let written = serde_json::to_string(&text).unwrap();
        let shown = json(&written).into_owned();
        prop_assert!(shown.chars().all(is_shown));
        let read: String = serde_json::from_str(&shown).unwrap();
        prop_assert!(read == text || holds_key(&text) || text.contains('@'));
    }
}

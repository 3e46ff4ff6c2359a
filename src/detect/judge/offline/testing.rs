//! The demo's rows and a classifier of them, made once for all tests.

use super::judge::OfflineJudge;
use super::settings::OfflineSettings;
use super::texts::Row;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;

pub(in crate::detect) const DOMAINS: [&str; 6] =
    ["law", "medicine", "finance", "science", "code", "general"];

/// Answers alone, with their domain.
pub(in crate::detect) type Texts = Vec<(String, usize)>;

pub(in crate::detect) struct Demo {
    pub judge: OfflineJudge,
    pub held_out: Texts,
}

/// Rows that are no longer than the texts that will be judged.
pub(in crate::detect) fn whole(texts: &[(String, usize)]) -> Vec<Row<'_>> {
    texts.iter().map(|(text, domain)| Row { text, beginning: text, domain: *domain }).collect()
}

/// For fits whose progress is of no interest.
pub(in crate::detect) fn unwatched(_done: u64, _total: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Fitted on the answers of the demo's training rows.
pub(in crate::detect) fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let train = answers("train");
        let judge = OfflineJudge::fit(
            &whole(&train),
            DOMAINS.len(),
            &OfflineSettings::default(),
            1,
            &mut unwatched,
        );
        Demo { judge: judge.unwrap(), held_out: answers("held_out") }
    })
}

/// The answers of one of the demo's files.
pub(in crate::detect) fn answers(file: &str) -> Texts {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo/data");
    let file = std::fs::File::open(data.join(format!("{file}.jsonl.gz"))).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let answer = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let domain = DOMAINS.iter().position(|name| row["domain"] == **name).unwrap();
        (row["output"].as_str().unwrap().to_owned(), domain)
    };
    text.lines().map(answer).collect()
}

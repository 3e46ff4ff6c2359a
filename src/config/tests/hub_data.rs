//! Data sets on the Hub in place of data files.

use super::*;

fn load_data(sets: &[&str]) -> Result<Loaded, String> {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    let path = Path::new("tests/configs/valid/small.ron");
    load_with(path, &sets, &options(Files::MustExist)).map_err(|error| error.to_string())
}

#[test]
fn an_address_is_kept_as_it_is_written() {
    let all = "hf://datasets/owner/name";
    let parts = "hf://datasets/owner/name@v1.0/data/train-*.parquet";
    let sets = [
        format!("data.domains[0].train=[\"{parts}\", \"{all}\"]"),
        format!("data.domains[0].held_out=\"{all}\""),
    ];
    let plan = load_data(&[&sets[0], &sets[1]]).unwrap().plan;
    let domain = &plan.data.domains[0];
    assert_eq!(domain.train, [parts, all].map(PathBuf::from));
    assert_eq!(domain.held_out, HeldOut::Files(vec![all.into()]), "another split of it");
    let text = plan.to_ron().unwrap();
    assert!(text.contains(&format!("\"{parts}\"")), "{text}");
    assert_eq!(RunPlan::from_ron(&text).unwrap(), plan);
}

#[test]
fn what_is_wrong_with_an_address_is_told_with_its_place() {
    for (train, words) in [
        ("hf://datasets/squad", "hf://datasets/squad, without an owner and a name"),
        ("hf://owner/name", "write `hf://datasets/owner/name`"),
        ("hf://datasets/o/n/../../x", "with a path that leads out of the data set"),
        ("https://huggingface.co/datasets/o/n", "write `hf://datasets/o/n`"),
        ("openai/gsm8k", "or write `hf://datasets/openai/gsm8k` for the data set on the Hub"),
    ] {
        let error = load_data(&[&format!("data.domains[0].train=\"{train}\"")]).unwrap_err();
        assert!(error.contains(words), "{error}");
        assert!(error.contains("data.domains[0].train[0]"), "{error}");
        assert!(error.contains("hf://datasets/owner/name"), "what is allowed: {error}");
    }
    let both = "\"hf://datasets/o/n/a-*.csv\"";
    let sets =
        [format!("data.domains[0].train={both}"), format!("data.domains[0].held_out={both}")];
    let error = load_data(&[&sets[0], &sets[1]]).unwrap_err();
    assert!(error.contains("which is trained on too"), "{error}");
    let twice = format!("data.domains[0].train=[{both}, {both}]");
    assert!(load_data(&[&twice]).unwrap_err().contains("a second time"));
}

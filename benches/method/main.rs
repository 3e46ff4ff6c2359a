//! What the method does and what it costs: `make bench-method`. Figures also in `target/bench-method.json`.
//!
//! Every random stream has its seed here. Counts, not clocks, but for the second run with cached ceilings.

mod cost;
mod coverage;
mod run;
mod simulated;

use run::Runs;
use serde_json::json;
use std::fs;
use std::path::Path;

fn main() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let mut figures = serde_json::Map::new();
    let mut note = |name: &str, value: f64| {
        println!("{name:<32} {value:.4}");
        figures.insert(name.into(), json!(value));
    };

    println!("simulated threshold tests, seed {}", simulated::SEED);
    let tests = simulated::run();
    tests.iter().for_each(|cell| println!("  {cell}"));
    let summary = simulated::summary(&tests);
    note("wrong_holds_plain", summary.wrong_holds_plain);
    note("wrong_holds_confident", summary.wrong_holds_confident);
    note("wrong_expansions_plain", summary.wrong_expansions_plain);
    note("wrong_expansions_confident", summary.wrong_expansions_confident);

    println!("measuring, as a share of the tokens trained on");
    note("measuring_paper", cost::paper());
    note("measuring_first", cost::first());

    let runs = Runs::new(&target.join("bench-method"));
    println!("the demo's model with lambda Auto");
    let first = runs.demo("first");
    note("auto_variation", first.variation());
    note("halfway_error", first.halfway_error());
    note("measuring_demo", first.measured_share());
    let second = runs.demo("second");
    note("cached_ceilings_ratio", second.secs_to_training() / first.secs_to_training());

    println!("coverage of 95 % intervals, seed {}", coverage::SEED);
    let measured = runs.all_rows("rows");
    let coverage = coverage::of(&measured);
    coverage.iter().for_each(|domain| println!("  {domain}"));
    note("coverage", coverage::mean(&coverage));

    let file = target.join("bench-method.json");
    let text = serde_json::to_string_pretty(&figures).expect("figures are JSON");
    fs::write(&file, text + "\n").expect("target can be written to");
    println!("written to {}", file.display());
}

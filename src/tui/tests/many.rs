//! Runs of one, six, twenty and sixty-four domains: every screen, in every size, with every kind of colour.

use super::*;
use crate::telemetry::many::{names, training_of, wide_names};
use crate::tui::look::Depth;
use crate::tui::testing::picture;

const DOMAINS: [usize; 4] = [1, 6, 20, 64];

/// How a terminal shows colours and signs.
const LOOKS: [(&str, Depth, Marks); 5] = [
    ("24bit", Depth::True, Marks::Braille),
    ("256", Depth::Indexed, Marks::Braille),
    ("16", Depth::Basic, Marks::Block),
    ("mono", Depth::None, Marks::Braille),
    ("ascii", Depth::None, Marks::Ascii),
];

/// Numbers of a screen, a size, a number of domains, a look, and 1 for names that are two columns a sign.
type Case = [usize; 5];

/// How many there are of each.
const COUNTS: Case = [8, SIZES.len(), DOMAINS.len(), LOOKS.len(), 2];

fn screen(id: ScreenId, names: Vec<String>, look: usize) -> Model {
    let mut model = model(training_of(names));
    let (_, depth, marks) = LOOKS[look];
    model.look = Look { theme: Theme::dark().at(depth), marks };
    model.show(id);
    model
}

fn screen_of(case: Case) -> Model {
    let id = ScreenId::all().nth(case[0]).unwrap();
    let count = DOMAINS[case[2]];
    screen(id, if case[4] == 1 { wide_names(count) } else { names(count) }, case[3])
}

#[test]
fn six_domains_are_drawn_on_every_screen() {
    for id in ScreenId::all() {
        let mut model = screen(id, names(6), 0);
        for (width, height) in SIZES {
            let buf = drawn(&mut model, width, height);
            let name = format!("six_{}_{width}x{height}", id.name().to_lowercase());
            insta::assert_snapshot!(name, picture(&buf, &model.look));
        }
    }
}

/// Every pair of a screen, a size, a number of domains, a look and a kind of names is in one of the pictures.
#[test]
fn every_pair_of_circumstances_is_drawn() {
    for case in pairwise() {
        let (mut model, (width, height)) = (screen_of(case), SIZES[case[1]]);
        let buf = drawn(&mut model, width, height);
        let names = if case[4] == 1 { "wide" } else { "plain" };
        let [screen, look] = [model.shown.name().to_lowercase(), LOOKS[case[3]].0.into()];
        let name = format!("{screen}_{width}x{height}_{}_{look}_{names}", DOMAINS[case[2]]);
        insta::assert_snapshot!(name, picture(&buf, &model.look));
    }
}

/// Cases that have every pair of values of two factors, by taking each time one with the most new pairs.
fn pairwise() -> Vec<Case> {
    let mut all = vec![[0; 5]];
    for (factor, count) in COUNTS.iter().enumerate() {
        let with = |case: &Case, value| {
            let mut case = *case;
            case[factor] = value;
            case
        };
        all = all.iter().flat_map(|case| (0..*count).map(move |value| with(case, value))).collect();
    }
    let pairs = |case: &Case| {
        let case = *case;
        let of = move |a: usize| (a + 1..5).map(move |b| (a, case[a], b, case[b]));
        (0..5).flat_map(of).collect::<Vec<_>>()
    };
    let mut open: std::collections::BTreeSet<_> = all.iter().flat_map(pairs).collect();
    let mut chosen = Vec::new();
    while !open.is_empty() {
        let new = |case: &&Case| pairs(case).iter().filter(|pair| open.contains(pair)).count();
        // Of several with as many the first: `max_by_key` takes the last.
        let Some(best) = all.iter().rev().max_by_key(new) else { break };
        open = &open - &pairs(best).into_iter().collect();
        chosen.push(*best);
    }
    chosen
}

#[test]
fn of_many_smoothed_curves_the_selected_one_alone_has_its_own_behind() {
    let mut model = screen(ScreenId::Curves, names(20), 0);
    press(&mut model, "a");
    assert!(shown(&mut model, (200, 60)).contains("EMA 0.6, unsmoothed: none"));
    let mut few = screen(ScreenId::Curves, names(6), 0);
    press(&mut few, "a");
    let picture = shown(&mut few, (200, 60));
    assert!(picture.contains("EMA 0.6") && !picture.contains("unsmoothed"), "{picture}");
}

/// Whether a name is in a picture, whole or with the sign that it was cut.
fn is_named(picture: &str, name: &str) -> bool {
    let squeezed = |text: &str| text.replace(' ', "");
    let (picture, name) = (squeezed(picture), squeezed(name));
    let cut = |count: usize| name.chars().take(count).collect::<String>();
    let is_cut = |n: usize| ["…", "~"].iter().any(|mark| picture.contains(&(cut(n) + mark)));
    picture.contains(&name) || (2..name.chars().count()).any(is_cut)
}

/// Whether a picture says that there is more than it shows.
fn says_more(picture: &str) -> bool {
    let words: Vec<&str> = picture.split_whitespace().collect();
    let is_number = |word: &str| word.parse::<u64>().is_ok();
    words.windows(2).any(|two| match two {
        [count, "more" | "others"] => is_number(count),
        ["▼", count] => is_number(count),
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_domain_is_left_out_unsaid(
        count in 1usize..=70,
        wide in any::<bool>(),
        width in 60u16..=220,
        height in 20u16..=70,
        look in 0usize..4,
        number in 0usize..4,
    ) {
        let id = [ScreenId::Overview, ScreenId::Domains, ScreenId::Curves, ScreenId::Mixture][number];
        let names = if wide { wide_names(count) } else { names(count) };
        let mut model = screen(id, names.clone(), look);
        let picture = shown(&mut model, (width, height));
        let missing: Vec<&String> = names.iter().filter(|name| !is_named(&picture, name)).collect();
        prop_assert!(missing.is_empty() || says_more(&picture), "{missing:?} in\n{picture}");
    }

    #[test]
    fn the_whole_product_is_drawn(case in (0usize..8, 0usize..4, 0usize..4, 0usize..5, 0usize..2)) {
        let case = [case.0, case.1, case.2, case.3, case.4];
        let mut model = screen_of(case);
        let (width, height) = SIZES[case[1]];
        let buf = drawn(&mut model, width, height);
        prop_assert!(case[3] != 4 || buf.content().iter().all(|cell| cell.symbol().is_ascii()));
    }
}

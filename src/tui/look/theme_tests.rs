use super::*;
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// A theme from files that exist only in this test.
fn load(name: &str, files: &[(&str, &str)]) -> Result<Theme, ThemeError> {
    Theme::load(name, &|path: &Path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, text)| (*text).into()).ok_or_else(|| io::ErrorKind::NotFound.into())
    })
}

fn shipped() -> Vec<Theme> {
    Theme::names().map(|name| load(name, &[]).unwrap_or_else(|e| panic!("{e}"))).collect()
}

/// The colour of plain text on the theme's background.
fn foreground(theme: &Theme) -> Rgb {
    let (black, white) = (Rgb([0; 3]), Rgb([255; 3]));
    let ground = theme.ground.rgb;
    theme.style(Role::Text).fg.and_then(Rgb::from_color).unwrap_or_else(|| {
        if ground.contrast(white) > ground.contrast(black) { Rgb([229; 3]) } else { black }
    })
}

/// The message for a file of this text.
fn wrong(text: &str) -> String {
    load("my/own.ron", &[("my/own.ron", text)]).unwrap_err().to_string()
}

#[test]
fn the_shipped_themes_load_and_differ() {
    let themes = shipped();
    assert_eq!(themes.len(), 10);
    for (i, one) in themes.iter().enumerate() {
        for other in &themes[i + 1..] {
            let styles = |theme: &Theme| Role::ALL.map(|role| theme.style(role));
            assert_ne!(styles(one), styles(other), "{} and {}", one.name, other.name);
        }
    }
    assert_eq!(Theme::dark(), themes[0]);
    // Every file of the folder is shipped.
    let folder = Path::new(file!()).parent().unwrap().join("../../../themes");
    let files = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(files, themes.len());
}

#[test]
fn every_role_is_set_and_can_be_read() {
    for theme in shipped() {
        let background = theme.ground.rgb;
        assert_ne!(theme.style(Role::Selection), Style::new(), "{}", theme.name);
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Selection) {
            let color = theme.style(role).fg;
            let rgb = match color {
                None => panic!("{}: {role:?} has no colour", theme.name),
                Some(Color::Reset) => foreground(&theme),
                Some(color) => Rgb::from_color(color).unwrap(),
            };
            let least = match role {
                Role::Text | Role::Title | Role::Warning | Role::Error => 4.5,
                Role::Target | Role::Accent | Role::Rising | Role::Falling => 4.5,
                Role::Good | Role::Key => 4.5,
                Role::Dim => 3.0,
                Role::Ghost => 2.5,
                // Rules are to be overlooked.
                Role::Faint | Role::Selection => 1.3,
            };
            let contrast = rgb.contrast(background);
            assert!(contrast >= least, "{}: {role:?} {rgb} {contrast:.2}", theme.name);
        }
        for i in 0..8 {
            if let Some(rgb) = theme.series(i).fg.and_then(Rgb::from_color) {
                let contrast = rgb.contrast(background);
                assert!(contrast >= 3.0, "{}: series {i} {rgb} {contrast:.2}", theme.name);
            }
        }
        if let Some(row) = theme.style(Role::Selection).bg.and_then(Rgb::from_color) {
            let contrast = foreground(&theme).contrast(row);
            assert!(contrast >= 4.0, "{}: selection {contrast:.2}", theme.name);
        }
    }
}

/// Roles that must not look the same on any terminal.
const APART: &[&[Role]] = &[
    &[
        Role::Text,
        Role::Dim,
        Role::Title,
        Role::Accent,
        Role::Target,
        Role::Warning,
        Role::Error,
        Role::Selection,
    ],
    &[Role::Rising, Role::Falling],
    &[Role::Good, Role::Warning, Role::Error],
    &[Role::Key, Role::Dim],
    &[Role::Text, Role::Ghost],
    &[Role::Text, Role::Faint],
];

#[test]
fn roles_differ_at_every_depth() {
    for theme in shipped() {
        for depth in [Depth::True, Depth::Indexed, Depth::Basic, Depth::None] {
            let at = theme.at(depth);
            for group in APART {
                let styles: Vec<Style> = group.iter().map(|role| at.style(*role)).collect();
                for (i, one) in styles.iter().enumerate() {
                    for (j, other) in styles.iter().enumerate().skip(i + 1) {
                        let roles = (group[i], group[j]);
                        assert_ne!(one, other, "{} at {depth:?}: {roles:?}", theme.name);
                    }
                }
            }
            let series: BTreeSet<String> = (0..6).map(|i| format!("{:?}", at.series(i))).collect();
            assert!(series.len() >= 4, "{} at {depth:?}: {series:?}", theme.name);
        }
    }
}

#[test]
fn a_terminal_gets_only_colours_that_it_can_show() {
    for theme in shipped() {
        for depth in [Depth::Indexed, Depth::Basic, Depth::None] {
            let at = theme.at(depth);
            let mut styles: Vec<Style> = Role::ALL.map(|role| at.style(role)).into();
            styles.extend((0..8).map(|i| at.series(i)));
            styles.push(at.ground());
            for color in styles.iter().flat_map(|style| [style.fg, style.bg]).flatten() {
                let shown = match (depth, color) {
                    (_, Color::Rgb(..)) => false,
                    (Depth::Basic, Color::Indexed(_)) => false,
                    (Depth::None, color) => color == Color::Reset,
                    _ => true,
                };
                assert!(shown, "{} at {depth:?}: {color:?}", theme.name);
            }
        }
    }
}

#[test]
fn a_theme_without_colours_looks_like_the_monochrome_theme() {
    let (monochrome, dark) = (load("monochrome", &[]).unwrap(), Theme::dark().at(Depth::None));
    for role in Role::ALL {
        let modifiers = monochrome.style(role).add_modifier;
        assert_eq!(modifiers, dark.style(role).add_modifier, "{role:?}");
    }
    for i in 0..12 {
        assert_eq!(monochrome.series(i), dark.series(i));
    }
    // A theme that is colourless by itself keeps its own letters.
    let own = r#"(inherits: "monochrome", roles: (dim: (modifiers: [italic])))"#;
    let own = load("own.ron", &[("own.ron", own)]).unwrap().at(Depth::None);
    assert_eq!(own.style(Role::Dim).add_modifier, Modifier::ITALIC);
}

#[test]
fn a_row_that_a_background_cannot_mark_is_reversed() {
    let text = r##"(background: "#000000", roles: (selection: (bg: "#0a0a0a")))"##;
    let theme = load("own.ron", &[("own.ron", text)]).unwrap();
    let row = theme.at(Depth::Basic).style(Role::Selection);
    assert_eq!(row, Style::new().add_modifier(Modifier::REVERSED));
}

#[test]
fn a_file_patches_its_parents() {
    let mine = r##"(
        inherits: "../base.ron",
        roles: (text: (modifiers: [underline, italic]), title: (fg: "default", bg: "red")),
        series: [(fg: "bright-blue", modifiers: [bold])],
    )"##;
    let base = r##"Theme(
        inherits: "nord",
        paint_background: true,
        roles: (text: (fg: "#010203"), title: (modifiers: [])),
    )"##;
    let theme = load("a/mine.ron", &[("a/mine.ron", mine), ("a/../base.ron", base)]).unwrap();
    let nord = load("nord", &[]).unwrap();
    let text = Style::new().fg(Color::Rgb(1, 2, 3));
    assert_eq!(theme.name, "mine");
    assert_eq!(theme.style(Role::Text), text.add_modifier(Modifier::UNDERLINED | Modifier::ITALIC));
    assert_eq!(theme.style(Role::Title), Style::new().fg(Color::Reset).bg(Color::Red));
    assert_eq!(theme.style(Role::Dim), nord.style(Role::Dim));
    let series = Style::new().fg(Color::LightBlue).add_modifier(Modifier::BOLD);
    assert_eq!((theme.series(0), theme.series(7)), (series, series));
    assert_eq!(nord.ground(), Style::new());
    assert_eq!(theme.ground(), Style::new().bg(Color::Rgb(0x2e, 0x34, 0x40)));
    assert_eq!(theme.at(Depth::None).ground(), Style::new());
    // Without a parent, the default is patched.
    let mut bare = load("b.ron", &[("b.ron", "()")]).unwrap();
    bare.name = "dark".into();
    assert_eq!(bare, Theme::dark());
}

#[test]
fn an_error_has_its_position_and_a_fix() {
    let errors = [
        "(\n    roles: (\n        titel: (fg: \"red\"),\n    ),\n)",
        "(\n    rules: (),\n)",
        "(roles: (text: (color: \"red\")))",
        "(roles: (text: (fg: \"bright-blu\")))",
        "(roles: (text: (\n  fg: \"#12345\")))",
        "(roles: (text: (fg: \"1e2127\")))",
        "(roles: (text: (fg: \"#abc\")))",
        "(roles: (text: (fg: red)))",
        "(background: \"black\")",
        "(roles: (text: (modifiers: [bold, undrline])))",
        "(roles: (text: (modifiers: [\"bold\"])))",
        "(roles: (text: (modifiers: bold)))",
        "(inherits: \"nrod\")",
        "(series: [])",
        "(series: [(fg: \"red\"), \"blue\"])",
        "(roles: (text: (), text: ()))",
        "(paint_background: yes)",
        "(roles: (text: (fg: \"red\")",
        "(roles: (text: (fg: \"red\" bg: \"blue\")))",
        "(roles (text: ()))",
        "(roles: (text: (fg: \"red",
        "()\n\nroles: ()",
        "",
        "(roles: (tëxt: ()))",
    ];
    let messages: Vec<String> =
        errors.iter().map(|text| format!("{text}\n{}\n", wrong(text))).collect();
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_wrong_parent_is_an_error_with_a_fix() {
    let unknown = load("gruvbox", &[]).unwrap_err().to_string();
    let absent = load("no/such.ron", &[]).unwrap_err().to_string();
    let orphan = ("own.ron", "(\n  // inherits: \"a.ron\"\n  inherits: \"no/such.ron\",\n)");
    let orphan = load("own.ron", &[orphan]).unwrap_err().to_string();
    let circle = [
        ("t/a.ron", "(inherits: \"b.ron\")"),
        ("t/b.ron", "(\n    inherits: \"../t/./a.ron\",\n)"),
    ];
    let files = [circle[0], circle[1], ("t/../t/./a.ron", circle[0].1)];
    let circle = load("t/a.ron", &files).unwrap_err().to_string();
    let itself = load("a.ron", &[("a.ron", "(inherits: \"a.ron\")")]).unwrap_err().to_string();
    let broken = [("a.ron", "(inherits: \"b.ron\")"), ("b.ron", "(\n roles: (txt: ()))")];
    let broken = load("a.ron", &broken).unwrap_err().to_string();
    insta::assert_snapshot!([unknown, absent, orphan, circle, itself, broken].join("\n\n"));
}

#[test]
fn a_chain_of_parents_is_bounded() {
    let deep = Theme::load("a.ron", &|_| Ok("(inherits: \"x/a.ron\")".into())).unwrap_err();
    assert!(deep.to_string().contains("a chain of more than 16 parents"), "{deep}");
    // A link to the folder above makes ever new paths to the same file.
    let link = Theme::load("a.ron", &|_| Ok("(inherits: \"../a.ron\")".into())).unwrap_err();
    assert!(link.to_string().contains("a chain of more than 16 parents"), "{link}");
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_theme_or_an_error(text in "[(){}\\[\\]:,\"#a-fé\n roles/text*fgmodifiersbold0-9]{0,60}") {
        let _ = load("own.ron", &[("own.ron", &text)]).map_err(|error| error.to_string());
    }

    #[test]
    fn a_damaged_theme_is_a_theme_or_an_error(at in 0_usize..2000, other in "[\\PC\n]{0,3}") {
        let text = include_str!("../../../themes/dark.ron");
        let cut = text.floor_char_boundary(at);
        let text = format!("{}{other}{}", &text[..cut], &text[cut..]);
        let _ = load("own.ron", &[("own.ron", &text)]).map_err(|error| error.to_string());
        let _ = load("own.ron", &[("own.ron", &text[..cut])]).map_err(|error| error.to_string());
    }
}

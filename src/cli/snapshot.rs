use crate::app::Exit;
use crate::disk;
use crate::print;
use crate::telemetry::{RecordedRun, RunView};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Look, Marks, Theme};
use crate::tui::{Model, ModelInit, ScreenId, frame, picture};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// `versatune snapshot`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the run, such as runs/demo; it may be going on
    run: PathBuf,
    /// Columns and rows, 60x20 to 400x200
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "120x40", value_parser = size)]
    size: (u16, u16),
    #[arg(long, value_name = "NUMBER", default_value = "1", help = screens(), value_parser = screen)]
    screen: ScreenId,
    /// With colours, for a terminal
    #[arg(long, conflicts_with = "svg")]
    ansi: bool,
    /// As an SVG image, for a page
    #[arg(long)]
    svg: bool,
    /// Colours: dark, light, … or a file of your own, as `screen.theme` takes it
    #[arg(long, default_value = "dark")]
    theme: String,
    /// Marks that curves and bars are made of
    #[arg(long, value_enum, default_value = "braille")]
    marks: MarksArg,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum MarksArg {
    Braille,
    Block,
    Ascii,
}

/// Prints the screen as it was at the last event of the record: the same record always gives the same
/// picture.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    let read = |path: &Path| disk::read_text(path, disk::LARGEST_TEXT);
    let theme = Theme::load(&args.theme, &read)?;
    let marks = match args.marks {
        MarksArg::Braille => Marks::Braille,
        MarksArg::Block => Marks::Block,
        MarksArg::Ascii => Marks::Ascii,
    };
    let (record, run) = RunView::open(RecordedRun::open(&args.run)?)?.finish()?;
    super::warn_of(record.damage());
    let title = format!("VersaTune: {}", run.state.run);
    let mut model = Model::new(ModelInit {
        now_ms: run.state.unix_ms,
        run,
        look: Look { theme: theme.clone(), marks },
        themes: vec![theme.clone()],
        keys: KeyMap::default(),
        zone: TimeZone::system(),
        size: args.size,
        operator: String::new(),
    });
    model.show(args.screen);
    let shown = frame(&mut model);
    let text = match (args.ansi, args.svg) {
        (true, _) => picture::ansi(&shown),
        (_, true) => picture::svg(&shown, &theme, &title),
        (false, false) => picture::text(&shown),
    };
    // Its cells are clean, and its colours are escape sequences.
    print::raw(text.trim_end_matches('\n'));
    Ok(Exit::Done)
}

/// `1 overview, 2 domains, …`
fn screens() -> String {
    let screens = ScreenId::all().map(|id| format!("{} {}", id.number(), id.name()));
    screens.collect::<Vec<_>>().join(", ")
}

fn screen(text: &str) -> Result<ScreenId, String> {
    let id = text.parse().ok().and_then(ScreenId::from_number);
    id.ok_or_else(|| format!("write the number of a screen: {}", screens()))
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text
        .split_once('x')
        .and_then(|(columns, rows)| columns.parse::<u16>().ok().zip(rows.parse::<u16>().ok()));
    match parts {
        Some((columns @ 60..=400, rows @ 20..=200)) => Ok((columns, rows)),
        _ => Err("write columns x rows, from 60x20 to 400x200, as in 120x40".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_are_chosen_by_number() {
        assert_eq!(screen("6"), Ok(ScreenId::Events));
        for wrong in ["0", "9", "events", ""] {
            assert!(screen(wrong).unwrap_err().contains("1 overview, 2 domains"), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_two_numbers_in_their_range() {
        assert_eq!(size("120x40"), Ok((120, 40)));
        for wrong in ["120", "59x20", "60x19", "401x40", "ax40", "120x40x2", ""] {
            assert!(size(wrong).unwrap_err().contains("60x20 to 400x200"), "{wrong}");
        }
    }
}

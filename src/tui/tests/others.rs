//! Who else looks at a run, and what they do.

use super::*;
use crate::control::CommandId;

fn came(client: &str, read_only: bool) -> Event {
    Event::ClientAttached { client: client.into(), read_only }
}

/// The screens of a run that these look at too.
fn with(clients: &[(&str, bool)]) -> Model {
    let mut events = small_run();
    events.pop();
    events.splice(1..1, configured());
    events.extend(clients.iter().map(|(client, read_only)| came(client, *read_only)));
    model(events)
}

/// The line of the tabs.
fn tabs(model: &mut Model, size: (u16, u16)) -> String {
    shown(model, size).lines().nth(1).unwrap().to_owned()
}

fn happens(model: &mut Model, event: Event) {
    update(model, Message::Record(Arc::new(records([event]).remove(0))));
}

fn outcome(actor: Actor, verdict: Verdict) -> Event {
    Event::CommandOutcome(CommandOutcome {
        id: CommandId(9),
        request: RequestId(0),
        step: Step(40),
        actor,
        command: LiveChange::Set(Tunable::Lambda, 0.3).into(),
        reason: None,
        verdict,
        undone: None,
    })
}

fn applied() -> Verdict {
    Verdict::Applied { old: Some("0.2".into()), new: Some("0.3".into()) }
}

#[test]
fn the_others_are_named_as_room_allows() {
    let clients = [("ada@pts/3", false), ("bob@pts/4", false), ("wall@tty1", true)];
    for (size, words) in [
        ((200, 60), "with bob@pts/4, wall@tty1 (looks)"),
        ((80, 24), "with bob@pts/4 +1"),
        ((60, 20), "with 2"),
    ] {
        let tabs = tabs(&mut with(&clients), size);
        assert!(tabs.contains(words) && !tabs.contains("ada"), "{tabs}");
    }
    // Alone, and one's own name twice: another terminal that cannot tell its name.
    assert!(!tabs(&mut with(&clients[..1]), (100, 30)).contains("with "));
    let twice = [clients[0], clients[0]];
    assert!(tabs(&mut with(&twice), (100, 30)).contains("with ada@pts/3"));
    let mut left = with(&clients);
    happens(&mut left, Event::ClientLeft { client: "bob@pts/4".into() });
    assert!(tabs(&mut left, (100, 30)).contains("with wall@tty1 (looks)"));
}

#[test]
fn what_another_does_passes_by_and_covers_no_answer() {
    let mut model = with(&[]);
    happens(&mut model, outcome(Actor::Remote("bob@pts/4".into()), applied()));
    assert!(shown(&mut model, (100, 30)).contains("bob@pts/4: lambda 0.2 → 0.3"));
    let why = Verdict::Rejected { why: "it is below 0".into() };
    happens(&mut model, outcome(Actor::Operator("eve@pts/5".into()), why));
    let line = "eve@pts/5: set lambda 0.3: rejected: it is below 0";
    assert!(shown(&mut model, (100, 30)).contains(line));
    // Schedules and signals are in the events.
    happens(&mut model, outcome(Actor::Schedule, applied()));
    assert!(shown(&mut model, (100, 30)).contains(line));

    // An answer to the operator stays, and what came meanwhile follows it.
    let mut model = with(&[]);
    press(&mut model, "/x\x1b");
    update(&mut model, Message::Input(Input::Paste("text".into())));
    happens(&mut model, outcome(Actor::Remote("bob@pts/4".into()), applied()));
    assert!(shown(&mut model, (100, 30)).contains("pasted text, not keys"));
    let later = model.now_ms + 8_000;
    update(&mut model, Message::Tick(later));
    assert!(shown(&mut model, (100, 30)).contains("bob@pts/4: lambda 0.2 → 0.3"));
    update(&mut model, Message::Tick(later + 8_000));
    assert!(!shown(&mut model, (100, 30)).contains("bob@pts/4: lambda 0.2"));
}

#[test]
fn screens_of_another_process_are_stopped_by_ctrl_z() {
    let ctrl_z = || Input::Key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL));
    let mut own = with(&[]);
    assert_eq!(update(&mut own, Message::Input(ctrl_z())), []);
    assert!(shown(&mut own, (100, 30)).contains("would stop the training too"));
    let mut guest = with(&[]);
    guest.be_guest(false);
    press(&mut guest, ":note");
    assert_eq!(update(&mut guest, Message::Input(ctrl_z())), [Effect::Stop]);
}

//! Several requests at once, the order in which their answers come, and stopping.

use super::*;
use std::sync::{Arc, Condvar, Mutex};

#[test]
fn as_many_as_planned_are_in_flight_and_never_more() {
    // An answer is given only when four requests wait for it: fewer at once would never end, and
    // the server's own count shows that there were not more.
    let waiting = Arc::new((Mutex::new(0_usize), Condvar::new()));
    let server = Server::start(move |asked| {
        if asked.text == "law first" {
            return well(asked);
        }
        let (count, all_here) = &*waiting;
        let mut count = count.lock().unwrap();
        *count += 1;
        let wave = count.div_ceil(4) * 4;
        all_here.notify_all();
        while *count < wave {
            let (guard, timeout) = all_here.wait_timeout(count, Duration::from_secs(5)).unwrap();
            count = guard;
            assert!(!timeout.timed_out(), "four never came together");
        }
        drop(count);
        well(asked)
    });
    let texts: Vec<String> = (0..16).map(|i| format!("code {i}")).collect();
    let texts: Vec<&str> = ["law first"].into_iter().chain(texts.iter().map(|t| &**t)).collect();
    let heard = Tunable::of(&server).hear(&texts);
    assert_eq!(heard.counts(), (17, 0, 17, 0));
    assert_eq!(server.most_at_once(), 4);
}

#[test]
fn the_first_texts_go_alone() {
    let server = Server::start(|asked| match &*asked.text {
        "bad" => Answer::status("400 Bad Request", "not this one"),
        _ => Answer::After(Duration::from_millis(50), Box::new(well(asked))),
    });
    let heard = Tunable::of(&server).hear(&["bad", "law 2", "code 3"]);
    assert_eq!(heard.counts(), (2, 1, 4, 1));
    let asked = server.asked();
    let order: Vec<&str> = asked.iter().map(|asked| &*asked.text).collect();
    assert_eq!(order, ["bad", "bad", "law 2", "code 3"]);
    assert!(asked[3].at - asked[2].at >= Duration::from_millis(50));
}

#[test]
fn the_order_of_the_answers_changes_no_judgement() {
    let texts = ["law 0", "code 1", "law 2", "bad 3", "law 4", "code 5"];
    let heard = |first_is_slow: bool| {
        let server = Server::start(move |asked| {
            let place: u64 = asked.text[asked.text.len() - 1..].parse().unwrap();
            let steps = if first_is_slow { 5 - place } else { place };
            let answer = match (asked.text.starts_with("bad"), asked.before) {
                (true, _) => Answer::says("no idea"),
                (false, 0) => Answer::status("503 Service Unavailable", "once"),
                (false, _) => well(asked),
            };
            Answer::After(Duration::from_millis(25 * steps), Box::new(answer))
        });
        Tunable::of(&server).hear(&texts)
    };
    let (one, other) = (heard(true), heard(false));
    assert_eq!(one.counts(), (5, 1, 13, 7));
    assert_eq!(one.counts(), other.counts());
    assert_eq!((one.judged, one.unjudged), (other.judged, other.unjudged));
}

#[test]
fn a_waiting_judge_is_heard_of_every_200_ms() {
    let slow = Duration::from_millis(700);
    let server = Server::start(move |asked| Answer::After(slow, Box::new(well(asked))));
    let heard = Tunable::of(&server).hear(&["law"]);
    assert_eq!(heard.counts(), (1, 0, 1, 0));
    let gaps = heard.moments.windows(2).map(|pair| pair[1] - pair[0]);
    let longest = gaps.max().unwrap();
    assert!(longest <= Duration::from_millis(200), "{longest:?}");
}

/// Time from the wish to stop, half a second after the begin, to the end of the call.
fn time_to_stop(tunable: &Tunable, texts: &[&str]) -> Duration {
    let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
    let begun = Instant::now();
    let mut wished = None;
    let end = tunable.judge().judge(&texts, &mut |_| {
        assert!(wished.is_none(), "nothing is said after the wish to stop");
        if begun.elapsed() < Duration::from_millis(500) {
            return ControlFlow::Continue(());
        }
        wished = Some(Instant::now());
        ControlFlow::Break(())
    });
    assert!(end.is_ok(), "{end:?}");
    let total = begun.elapsed();
    assert!(total < Duration::from_millis(1500), "{total:?}");
    wished.unwrap().elapsed()
}

#[test]
fn a_stop_is_heard_while_the_server_is_silent_or_pauses_us() {
    for answer in [Answer::Silence, Answer::too_many("60")] {
        let server = Server::start(move |_| answer.clone());
        let took = time_to_stop(&Tunable::of(&server), &["law 1", "code 2"]);
        assert!(took < Duration::from_millis(200), "{took:?}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_break_at_a_judgement_keeps_it() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    let texts = ["law 1".to_owned(), "code 2".to_owned()];
    let end = tunable.judge().judge(&texts, &mut |finding| match finding {
        Finding::Judged { .. } => ControlFlow::Break(()),
        Finding::Unjudged { .. } | Finding::Notice(_) | Finding::Working(_) => {
            ControlFlow::Continue(())
        }
    });
    assert!(end.is_ok());
    assert_eq!(tunable.hear(&["law 1"]).counts(), (1, 0, 0, 0));
}

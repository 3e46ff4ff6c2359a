//! Several requests at once, the order in which their answers come, and stopping.

use super::*;
use std::sync::{Arc, Condvar, Mutex};

#[test]
fn as_many_as_planned_are_in_flight_and_never_more() {
    // An answer is given only when four requests wait for it: fewer at once would never end, and
    // the server's own count shows that there were not more.
    let waiting = Arc::new((Mutex::new(0_usize), Condvar::new()));
    let server = Server::start(move |request| {
        if request.text == "law first" {
            return well(request);
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
        well(request)
    });
    let texts: Vec<String> = (0..16).map(|i| format!("code {i}")).collect();
    let texts: Vec<&str> = ["law first"].into_iter().chain(texts.iter().map(|t| &**t)).collect();
    let findings = Setup::new(&server.url).judge_texts(&texts);
    assert_eq!(findings.counts(), (17, 0, 17, 0));
    assert_eq!(server.most_at_once(), 4);
}

#[test]
fn the_first_texts_are_sent_one_by_one() {
    let server = Server::start(|request| match &*request.text {
        "bad" => Answer::status("400 Bad Request", "not this one"),
        _ => Answer::After(Duration::from_millis(50), Box::new(well(request))),
    });
    let findings = Setup::new(&server.url).judge_texts(&["bad", "law 2", "code 3"]);
    assert_eq!(findings.counts(), (2, 1, 4, 1));
    let requests = server.requests();
    let order: Vec<&str> = requests.iter().map(|request| &*request.text).collect();
    assert_eq!(order, ["bad", "bad", "law 2", "code 3"]);
    assert!(requests[3].at - requests[2].at >= Duration::from_millis(50));
}

#[test]
fn the_order_of_the_answers_changes_no_judgement() {
    let texts = ["law 0", "code 1", "law 2", "bad 3", "law 4", "code 5"];
    let findings = |first_is_slow: bool| {
        let server = Server::start(move |request| {
            let place: u64 = request.text[request.text.len() - 1..].parse().unwrap();
            let steps = if first_is_slow { 5 - place } else { place };
            let answer = match (request.text.starts_with("bad"), request.before) {
                (true, _) => Answer::content("no idea"),
                (false, 0) => Answer::status("503 Service Unavailable", "once"),
                (false, _) => well(request),
            };
            Answer::After(Duration::from_millis(25 * steps), Box::new(answer))
        });
        Setup::new(&server.url).judge_texts(&texts)
    };
    let (one, other) = (findings(true), findings(false));
    assert_eq!(one.counts(), (5, 1, 13, 7));
    assert_eq!(one.counts(), other.counts());
    assert_eq!((one.judged, one.unjudged), (other.judged, other.unjudged));
}

#[test]
fn a_waiting_judge_reports_at_least_every_200_ms() {
    let slow = Duration::from_millis(700);
    let server = Server::start(move |request| Answer::After(slow, Box::new(well(request))));
    let findings = Setup::new(&server.url).judge_texts(&["law"]);
    assert_eq!(findings.counts(), (1, 0, 1, 0));
    let gaps = findings.moments.windows(2).map(|pair| pair[1] - pair[0]);
    let longest = gaps.max().unwrap();
    assert!(longest <= Duration::from_millis(200), "{longest:?}");
}

/// Time from the request to stop, half a second after the beginning, to the end of the call.
fn time_to_stop(setup: &Setup, texts: &[&str]) -> Duration {
    let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
    let begun = Instant::now();
    let mut stopped_at = None;
    let end = setup.judge().judge(&texts, &mut |_| {
        assert!(stopped_at.is_none(), "nothing is reported after the request to stop");
        if begun.elapsed() < Duration::from_millis(500) {
            return ControlFlow::Continue(());
        }
        stopped_at = Some(Instant::now());
        ControlFlow::Break(())
    });
    assert!(end.is_ok(), "{end:?}");
    let total = begun.elapsed();
    assert!(total < Duration::from_millis(1500), "{total:?}");
    stopped_at.unwrap().elapsed()
}

#[test]
fn a_stop_is_obeyed_while_the_server_is_silent_or_makes_us_wait() {
    for answer in [Answer::Silence, Answer::too_many("60")] {
        let server = Server::start(move |_| answer.clone());
        let took = time_to_stop(&Setup::new(&server.url), &["law 1", "code 2"]);
        assert!(took < Duration::from_millis(200), "{took:?}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_break_at_a_judgement_keeps_it() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    let texts = ["law 1".to_owned(), "code 2".to_owned()];
    let end = setup.judge().judge(&texts, &mut |finding| match finding {
        Finding::Judged { .. } => ControlFlow::Break(()),
        Finding::Unjudged { .. } | Finding::Notice(_) | Finding::Working(_) => {
            ControlFlow::Continue(())
        }
    });
    assert!(end.is_ok());
    assert_eq!(setup.judge_texts(&["law 1"]).counts(), (1, 0, 0, 0));
}

use chatwoot::client::Cause;
use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const ABSENCE: Duration = Duration::from_secs(20);
/// What a request takes at most.
const TIMEOUT: Duration = Duration::from_secs(15);
const BOUNDS: Bounds = Bounds { most_tries: 3, give_up: Duration::from_hours(24) };
const RETRY: Policy = Policy { shortest: SECOND, longest: Duration::from_mins(30) };

fn attempt(outcome: Option<AttemptOutcome>, ended_ago: Duration) -> Attempt {
    Attempt { number: 1, outcome, ended_ago, look_after: 0 }
}

#[test]
fn what_was_written_long_before_or_after_a_try_is_none_of_it() {
    let ended_at = DateTime::UNIX_EPOCH;
    let tried = Open { user: None, began_at: ended_at - TIMEOUT, ended_at };
    let window = window(&tried, ABSENCE);
    assert!(window.contains(&tried.began_at) && window.contains(&(tried.ended_at + ABSENCE)));
    assert!(!window.contains(&(tried.began_at - SKEW * 2)));
    assert!(!window.contains(&(tried.ended_at + ABSENCE + SKEW * 2)));
}

#[test]
fn only_what_the_message_itself_is_turned_down_for_will_be_again() {
    let said = |text: &str| CallError::Unknown(Cause::Unprocessable(text.to_owned()));
    assert!(is_validation(&said("Validation failed: Content is too long")));
    for passing in ["Error connecting to Redis", "Validation failed: Too many messages"] {
        assert!(!is_validation(&said(passing)), "{passing}");
    }
    assert!(!is_validation(&CallError::Unknown(Cause::Timeout)));
}

#[test]
fn only_tries_known_not_to_have_happened_are_followed_by_another() {
    use AttemptOutcome::{Absent, Done, Failed, Retry, Unknown};
    assert_eq!(next(None), Next::Send);
    for (outcome, expected) in [
        (Some(Retry), Next::Send),
        (Some(Failed), Next::Send),
        (Some(Unknown), Next::LookUp),
        (Some(Absent), Next::LookUp),
        (None, Next::LookUp),
        (Some(Done), Next::Finished),
    ] {
        assert_eq!(next(Some(&attempt(outcome, ABSENCE * 9))), expected, "{outcome:?}");
    }
}

#[test]
fn absence_is_believed_the_second_time_and_late() {
    let judged = |outcome, ago, found| judge(&attempt(Some(outcome), ago), found, ABSENCE, SECOND);
    let (unknown, absent) = (AttemptOutcome::Unknown, AttemptOutcome::Absent);
    assert_eq!(judged(absent, ABSENCE, None), Verdict::Send);
    assert!(matches!(judged(unknown, ABSENCE * 9, None), Verdict::LookAgain(_)), "only once");
    let early = ABSENCE.saturating_sub(Duration::from_millis(1));
    assert!(matches!(judged(absent, early, None), Verdict::LookAgain(_)), "too early");
    assert_eq!(judged(unknown, Duration::ZERO, Some(7)), Verdict::Sent(7));
}

#[test]
fn what_is_absent_is_sent_again_as_late_as_what_was_refused() {
    let pause = until_sent_again(9, RETRY);
    assert_eq!(pause, SECOND * 256);
    let judged = |ago| judge(&attempt(Some(AttemptOutcome::Absent), ago), None, ABSENCE, pause);
    let Verdict::SendLater(wait) = judged(ABSENCE) else { panic!("too soon") };
    assert!(wait >= pause.saturating_sub(ABSENCE) && wait < pause * 2);
    assert_eq!(judged(ABSENCE + wait), Verdict::Send);
    assert_eq!(until_sent_again(0, RETRY), SECOND);
    assert_eq!(until_sent_again(99, RETRY), RETRY.longest);
}

#[test]
fn what_may_have_happened_is_not_repeated_before_chatwoot_is_certainly_done() {
    use AttemptOutcome::{Retry, Unknown};
    let wait = |outcome, ago| until_repeated(&attempt(outcome, ago), ABSENCE);
    for open in [Some(Unknown), None] {
        assert_eq!(wait(open, SECOND), (ABSENCE + GRAIN).checked_sub(SECOND));
        assert_eq!(wait(open, ABSENCE), None);
    }
    assert_eq!(wait(Some(Retry), SECOND), None, "it did not happen");
}

#[test]
fn looks_lie_further_apart_until_absence_can_be_believed() {
    let (mut at, mut looks) = (SECOND, 0);
    while at < ABSENCE {
        at += until_next_look(at, ABSENCE);
        looks += 1;
    }
    assert!((3..8).contains(&looks), "{looks} looks");
    assert!(at < ABSENCE + SECOND, "the last one comes in time");
}

fn slow(seconds: u32) -> CallError {
    CallError::RateLimited { retry_after: Some(SECOND * seconds) }
}

/// P10: what is nobody's fault here uses up no tries.
#[test]
fn what_could_not_be_tried_fails_by_time_and_what_came_to_nothing_by_number() {
    let ended = |error: CallError, tries, ago| ending(&error, tries, ago, BOUNDS, RETRY);
    let tries = |made, spared| Tries { made, spared };
    let night = Duration::from_hours(12);
    let waits = ended(slow(1), tries(40, 39), night);
    assert!(matches!(waits, Ending::Spared(wait) if wait >= RETRY.longest / 2), "{waits:?}");
    assert_eq!(ended(slow(1), tries(60, 59), BOUNDS.give_up), Ending::Failed);
    let early = ended(slow(1), tries(1, 0), BOUNDS.give_up);
    assert!(matches!(early, Ending::Spared(_)), "it has waited for others: {early:?}");
    let locked_out = || CallError::Unauthorized(Refusal::Token);
    assert!(matches!(ended(locked_out(), tries(40, 38), night), Ending::Retry(_)));
    assert_eq!(ended(locked_out(), tries(41, 38), night), Ending::Failed);
}

/// A day is a day, however few tries a busy account has left for it.
#[test]
fn what_cannot_be_tried_ends_by_time_after_a_few_tries() {
    let bounds = Bounds { most_tries: 12, ..BOUNDS };
    let tries = |made| Tries { made, spared: made };
    assert!(!bounds.are_over(tries(2), bounds.give_up));
    assert!(bounds.are_over(tries(3), bounds.give_up));
    assert!(!bounds.are_over(tries(40), bounds.give_up / 2));
    assert!(Bounds { most_tries: 1, ..BOUNDS }.are_over(tries(1), BOUNDS.give_up));
}

#[test]
fn looks_that_come_to_nothing_lie_further_apart_and_end_by_time() {
    let ended = |error: CallError, made, spared, ago| {
        ending_of_look(&error, Tries { made, spared }, ago, BOUNDS, RETRY)
    };
    let silent = || CallError::Unknown(Cause::Timeout);
    let first = ended(silent(), 1, 0, BOUNDS.give_up * 2);
    assert!(matches!(first, Ending::Spared(wait) if wait <= SECOND * 2), "{first:?}");
    let later = ended(silent(), 20, 19, SECOND);
    assert!(matches!(later, Ending::Spared(wait) if wait >= RETRY.longest / 2), "{later:?}");
    assert_eq!(ended(silent(), 20, 19, BOUNDS.give_up), Ending::Failed);
    assert_eq!(ended(CallError::NotFound, 1, 0, SECOND), Ending::Failed);
}

/// However long ago its try was.
#[test]
fn what_is_not_seen_is_looked_for_a_few_times_and_for_long() {
    let unseen = Duration::from_hours(6);
    assert!(!stays_unseen(unseen * 9, 2, unseen));
    assert!(!stays_unseen(unseen / 2, 99, unseen));
    assert!(stays_unseen(unseen, 3, unseen));
}

#[test]
fn endings_follow_what_is_known_of_the_call() {
    let ended =
        |error: CallError, made| ending(&error, Tries { made, spared: 0 }, SECOND, BOUNDS, RETRY);
    assert_eq!(ended(CallError::NotFound, 1), Ending::Failed);
    assert!(matches!(ended(slow(60), 1), Ending::Spared(wait) if wait >= SECOND * 60));
    assert!(matches!(ended(slow(1_000_000), 1), Ending::Spared(wait) if wait <= RETRY.longest));
    for (refusal, waits) in [
        (Refusal::Token, true),
        (Refusal::Other, true),
        (Refusal::Role, false),
        (Refusal::Bot, false),
    ] {
        let early = ended(CallError::Unauthorized(refusal), 1);
        assert_eq!(matches!(early, Ending::Retry(_)), waits, "{refusal:?}");
        assert_eq!(ended(CallError::Unauthorized(refusal), 3), Ending::Failed);
    }
    for tries in [1, 3] {
        let unknown = ended(CallError::Unknown(Cause::Timeout), tries);
        assert!(matches!(unknown, Ending::Unknown(wait) if wait >= SECOND && wait <= SECOND * 2));
    }
}

/// What becomes of the next thing that is done, be it a try or a look.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// The answer comes as it should.
    Good,
    /// 429: nothing happened.
    Refused,
    /// Stored `late` after the answer that does not tell, or not at all.
    Unclear { stored: bool, late: Duration },
    /// The program dies while it asks; stored `late` after that, or not at all.
    Crash { stored: bool, late: Duration },
    /// The program dies when it has the answer, before it can write it down.
    CrashAfter,
}

fn fates() -> impl Strategy<Value = Fate> {
    // Chatwoot may still work on a request, for less time than it takes to believe in absence.
    let late = || (0u64..19_900).prop_map(Duration::from_millis);
    prop_oneof![
        1 => Just(Fate::Good),
        2 => Just(Fate::Refused),
        4 => (any::<bool>(), late()).prop_map(|(stored, late)| Fate::Unclear { stored, late }),
        3 => (any::<bool>(), late()).prop_map(|(stored, late)| Fate::Crash { stored, late }),
        2 => Just(Fate::CrashAfter),
    ]
}

#[derive(Debug)]
struct Try {
    outcome: Option<AttemptOutcome>,
    started: Duration,
    ended: Option<Duration>,
}

/// One reply, its tries as the database has them, and Chatwoot.
#[derive(Debug, Default)]
struct Model {
    now: Duration,
    tries: Vec<Try>,
    /// When each copy became visible in Chatwoot.
    stored: Vec<Duration>,
    finished: bool,
    /// Looks at which the last try was not there, and when the try had ended.
    absences: Vec<Duration>,
}

impl Model {
    fn step(&mut self, fate: Fate) -> Duration {
        let now = self.now;
        if let Some(last) = self.tries.last_mut()
            && last.outcome.is_none()
        {
            last.outcome = Some(AttemptOutcome::Unknown);
            last.ended = Some(now.max(last.started + TIMEOUT));
        }
        let last = self.tries.last().map(|last| {
            let ended_ago = last.ended.map_or(Duration::ZERO, |ended| now.saturating_sub(ended));
            attempt(last.outcome, ended_ago)
        });
        match next(last.as_ref()) {
            Next::Finished => self.finished = true,
            Next::Send => return self.send(fate),
            Next::LookUp => {
                let last = last.unwrap();
                if matches!(fate, Fate::Refused | Fate::Unclear { .. }) {
                    return until_retried_look(last.ended_ago, RETRY);
                }
                let found = self.stored.iter().position(|stored| *stored <= now);
                let found = found.map(|index| i64::try_from(index).unwrap());
                let failures = u32::try_from(self.tries.len()).unwrap();
                let pause = until_sent_again(failures, RETRY);
                let verdict = judge(&last, found, ABSENCE, pause);
                if matches!(fate, Fate::Crash { .. } | Fate::CrashAfter) {
                    return SECOND;
                }
                match verdict {
                    Verdict::Sent(_) => {
                        self.tries.last_mut().unwrap().outcome = Some(AttemptOutcome::Done);
                        self.finished = true;
                    }
                    Verdict::LookAgain(wait) => {
                        self.tries.last_mut().unwrap().outcome = Some(AttemptOutcome::Absent);
                        self.absences.push(last.ended_ago);
                        return wait;
                    }
                    Verdict::SendLater(wait) => return wait,
                    Verdict::Send => {
                        assert!(!self.absences.is_empty(), "absent at one look only");
                        assert!(last.ended_ago >= ABSENCE, "absence believed too early");
                        return self.send(fate);
                    }
                }
            }
        }
        Duration::ZERO
    }

    fn send(&mut self, fate: Fate) -> Duration {
        let started = self.now;
        self.absences.clear();
        let mut ending = |took: Duration, outcome: Option<AttemptOutcome>| {
            self.now += took;
            let ended = outcome.map(|_| self.now);
            self.tries.push(Try { outcome, started, ended });
        };
        match fate {
            Fate::Good => {
                ending(SECOND, Some(AttemptOutcome::Done));
                self.stored.push(self.now);
                self.finished = true;
            }
            Fate::Refused => ending(SECOND, Some(AttemptOutcome::Retry)),
            Fate::Unclear { stored, late } => {
                ending(TIMEOUT, Some(AttemptOutcome::Unknown));
                self.stored.extend(stored.then_some(self.now + late));
            }
            Fate::Crash { stored, late } => {
                ending(SECOND, None);
                self.stored.extend(stored.then_some(self.now + late));
            }
            Fate::CrashAfter => {
                ending(SECOND, None);
                self.stored.push(self.now);
            }
        }
        SECOND
    }
}

#[test]
fn what_chatwoot_said_is_told_to_people_and_to_no_log() {
    let said = || "it is too long: my card is 4111".to_owned();
    for error in [
        CallError::Forbidden { message: said() },
        CallError::Invalid { message: said(), attributes: Vec::new() },
        CallError::Unknown(Cause::Unprocessable(said())),
    ] {
        assert!(reason(&error).contains(&said()), "{error:?}");
        assert!(!unquoted(&error).contains("card"), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// P4: whatever goes wrong and whenever somebody looks, a reply is in Chatwoot once at most;
    /// and when things stop going wrong, it gets there.
    #[test]
    fn a_reply_arrives_once_whatever_happens(
        story in proptest::collection::vec((fates(), 0u64..40_000), 0..40),
    ) {
        let mut model = Model::default();
        for (fate, gap) in story {
            model.now += Duration::from_millis(gap);
            model.step(fate);
            prop_assert!(model.stored.len() <= 1, "sent twice: {model:?}");
            if model.finished {
                break;
            }
        }
        let mut steps = 0;
        while !model.finished {
            let wait = model.step(Fate::Good);
            model.now += wait;
            steps += 1;
            prop_assert!(steps < 30, "never arrives: {model:?}");
        }
        prop_assert_eq!(model.stored.len(), 1);
    }
}

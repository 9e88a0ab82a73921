//! The table at the end.

use std::path::Path;

use crate::ledger::Ledger;
use crate::rig::Rig;
use crate::verdict::{Span, Verdict};

/// How many of what is wrong are named.
const NAMED: usize = 10;

pub fn print(rig: &Rig, ledger: &Ledger, verdict: &Verdict) {
    let Verdict { sent, acknowledged, events, applied_once, .. } = verdict;
    println!("faults     {} with {}", count(ledger.timeline.len(), "fault"), rig.layout);
    println!("webhooks   sent {sent} · acknowledged {acknowledged} · of these different {events}");
    println!(
        "events     applied once {applied_once} · twice {} · lost {} · dead letters {}",
        verdict.applied_twice.len(),
        verdict.lost.len(),
        verdict.dead_letters
    );
    println!(
        "replies    written {} · once {} · twice {} · missing {} · out of order {}",
        verdict.replies,
        verdict.replies_once,
        verdict.replies_twice.len(),
        verdict.replies_missing.len(),
        verdict.replies_disordered.len()
    );
    println!(
        "screens    activities {} · connections {} · resets {} ({} of a new epoch) · told again \
         after one {} · gaps {} · passed over {} · repeats {} · out of order {} · foreign {}",
        verdict.activities,
        verdict.connections,
        verdict.resets,
        verdict.new_epochs,
        verdict.told_again,
        verdict.gaps.len(),
        verdict.passed_over.len(),
        verdict.repeats.len(),
        verdict.screens_disordered.len(),
        verdict.foreign.len()
    );
    println!("latency    milliseconds               count     p50     p90     p99     max");
    for (what, spans) in
        [("webhook to screen", &verdict.to_screen), ("reply to Chatwoot", &verdict.to_chatwoot)]
    {
        let quiet = spans.iter().filter(|span| ledger.was_quiet(span.from, span.to));
        latency(what, "quiet", quiet);
        latency(what, "all", spans.iter());
    }
}

fn latency<'a>(what: &str, when: &str, spans: impl Iterator<Item = &'a Span>) {
    let mut millis: Vec<f64> =
        spans.map(|span| (span.to - span.from).as_seconds_f64() * 1_000.0).collect();
    millis.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let last = millis.len().checked_sub(1)?;
        Some(millis[last * percent / 100])
    };
    let shown = [50, 90, 99, 100].map(|percent| match at(percent) {
        Some(millis) => format!("{millis:>7.1}"),
        None => format!("{:>7}", "-"),
    });
    println!(
        "           {:<24} {:>7} {}",
        format!("{what}, {when}"),
        millis.len(),
        shown.join(" ")
    );
}

/// What was done to whom, and what is wrong.
pub fn explain(rig: &Rig, seed: u64, ledger: &Ledger, verdict: &Verdict) {
    println!("\nseed {seed}; what was done:");
    for fault in &ledger.timeline {
        let (from, to) = (fault.from.format("%H:%M:%S%.3f"), fault.to.format("%H:%M:%S%.3f"));
        println!("  {from} to {to}  {} {}", fault.target, fault.what);
    }
    let wrong = [
        ("applied twice", &verdict.applied_twice),
        ("lost", &verdict.lost),
        ("replies twice", &verdict.replies_twice),
        ("replies missing", &verdict.replies_missing),
        ("replies out of order", &verdict.replies_disordered),
        ("gaps on screens", &verdict.gaps),
        ("passed over on screens", &verdict.passed_over),
        ("repeats on screens", &verdict.repeats),
        ("out of order on screens", &verdict.screens_disordered),
        ("another tenant's on screens", &verdict.foreign),
        ("still under way", &verdict.under_way),
    ];
    for (what, list) in wrong {
        if !list.is_empty() {
            println!("{what}: {}", list.len());
            for one in list.iter().take(NAMED) {
                println!("  {one}");
            }
        }
    }
    // Where they are, the next test to begin removes them.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{seed}"));
    std::fs::create_dir_all(&kept).unwrap();
    for slot in &rig.programs {
        std::fs::copy(&slot.log, kept.join(&slot.name)).unwrap();
    }
    println!("the programs' logs are in {}", kept.display());
}

fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

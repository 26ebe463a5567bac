//! Windows worked by hand.

use std::time::Duration;

use super::*;

const MINUTE: i64 = 60_000;
/// 2026-03-29T00:30:00Z: half an hour before clocks in Europe jump.
const START: i64 = 1_774_744_200_000;

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

fn fixed(count: u64) -> Lifetime {
    Lifetime::Fixed(minutes(count))
}

fn recorded(minutes: i64) -> TimeSpan {
    TimeSpan { start_millis: START, end_millis: START + minutes * MINUTE }
}

/// A line of the table: options, minutes recorded, and for each interval the minutes from the start
/// of the recording between which the canary's and the baseline's points lie.
struct Case {
    name: &'static str,
    options: WindowOptions,
    recorded: i64,
    canary: &'static [(i64, i64)],
    baseline: &'static [(i64, i64)],
}

#[test]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn windows_are_as_worked_by_hand() {
    let whole = WindowOptions::default();
    let hour = WindowOptions { lifetime: fixed(60), ..whole };
    let by_20 = WindowOptions { interval: Some(minutes(20)), ..hour };
    let sliding = |length| Lookback::Sliding(minutes(length));
    let cases = [
        Case {
            name: "one window over the recording",
            options: whole,
            recorded: 47,
            canary: &[(0, 47)],
            baseline: &[(0, 47)],
        },
        Case {
            name: "one window over the lifetime, though more was recorded",
            options: hour,
            recorded: 90,
            canary: &[(0, 60)],
            baseline: &[(0, 60)],
        },
        Case {
            name: "one window over the lifetime, though less was recorded: gaps at its end",
            options: hour,
            recorded: 59,
            canary: &[(0, 60)],
            baseline: &[(0, 60)],
        },
        Case {
            name: "growing",
            options: by_20,
            recorded: 60,
            canary: &[(0, 20), (0, 40), (0, 60)],
            baseline: &[(0, 20), (0, 40), (0, 60)],
        },
        Case {
            name: "growing after a warm-up, which is no part of the lifetime",
            options: WindowOptions { warm_up: minutes(5), ..by_20 },
            recorded: 65,
            canary: &[(5, 25), (5, 45), (5, 65)],
            baseline: &[(5, 25), (5, 45), (5, 65)],
        },
        Case {
            name: "sliding by its own length",
            options: WindowOptions { lookback: sliding(20), ..by_20 },
            recorded: 60,
            canary: &[(0, 20), (20, 40), (40, 60)],
            baseline: &[(0, 20), (20, 40), (40, 60)],
        },
        Case {
            name: "sliding and overlapping: the first reaches before the recording",
            options: WindowOptions { lookback: sliding(30), ..by_20 },
            recorded: 60,
            canary: &[(-10, 20), (10, 40), (30, 60)],
            baseline: &[(-10, 20), (10, 40), (30, 60)],
        },
        Case {
            name: "sliding and shorter than the interval: minutes 0-10 and 20-30 are never judged",
            options: WindowOptions { lookback: sliding(10), ..by_20 },
            recorded: 60,
            canary: &[(10, 20), (30, 40), (50, 60)],
            baseline: &[(10, 20), (30, 40), (50, 60)],
        },
        Case {
            name: "sliding after a warm-up: the first reaches 5 minutes into it",
            options: WindowOptions { warm_up: minutes(10), lookback: sliding(25), ..by_20 },
            recorded: 70,
            canary: &[(5, 30), (25, 50), (45, 70)],
            baseline: &[(5, 30), (25, 50), (45, 70)],
        },
        Case {
            name: "the baseline an hour earlier",
            options: WindowOptions { baseline_offset: minutes(60), ..by_20 },
            recorded: 60,
            canary: &[(0, 20), (0, 40), (0, 60)],
            baseline: &[(-60, -40), (-60, -20), (-60, 0)],
        },
        Case {
            name: "the baseline a week earlier, sliding after a warm-up",
            options: WindowOptions {
                warm_up: minutes(10),
                lookback: sliding(20),
                baseline_offset: minutes(10_080),
                ..by_20
            },
            recorded: 70,
            canary: &[(10, 30), (30, 50), (50, 70)],
            baseline: &[(-10_070, -10_050), (-10_050, -10_030), (-10_030, -10_010)],
        },
        Case {
            name: "a lifetime of 3.5 intervals: the last half is not judged",
            options: WindowOptions { lifetime: fixed(70), ..by_20 },
            recorded: 70,
            canary: &[(0, 20), (0, 40), (0, 60)],
            baseline: &[(0, 20), (0, 40), (0, 60)],
        },
        Case {
            name: "the same by the recording's end, after a warm-up",
            options: WindowOptions { lifetime: Lifetime::Recorded, warm_up: minutes(3), ..by_20 },
            recorded: 73,
            canary: &[(3, 23), (3, 43), (3, 63)],
            baseline: &[(3, 23), (3, 43), (3, 63)],
        },
        Case {
            name: "a recording shorter than one interval is judged once, whole",
            options: WindowOptions { lifetime: Lifetime::Recorded, ..by_20 },
            recorded: 13,
            canary: &[(0, 13)],
            baseline: &[(0, 13)],
        },
        Case {
            name: "the canary ended after 31 of 60 minutes: the third interval has nothing new",
            options: by_20,
            recorded: 31,
            canary: &[(0, 20), (0, 40)],
            baseline: &[(0, 20), (0, 40)],
        },
        Case {
            name: "it ended exactly with the second interval",
            options: by_20,
            recorded: 40,
            canary: &[(0, 20), (0, 40)],
            baseline: &[(0, 20), (0, 40)],
        },
        Case {
            name: "an interval as long as the lifetime",
            options: WindowOptions { interval: Some(minutes(60)), ..hour },
            recorded: 60,
            canary: &[(0, 60)],
            baseline: &[(0, 60)],
        },
    ];
    for case in cases {
        let (all, whole) = (Windows::try_from(case.options).unwrap(), recorded(case.recorded));
        let windows = all.cut(whole).unwrap();
        let one_by_one: Vec<Window> = (1..).map_while(|number| all.window(whole, number)).collect();
        assert_eq!((all.count(whole), &one_by_one), (Ok(windows.len()), &windows), "{}", case.name);
        assert_eq!(all.window(whole, 0), None, "{}", case.name);
        let minutes = |span: TimeSpan| {
            let since = |millis: i64| (millis - START) / MINUTE;
            (since(span.start_millis), since(span.end_millis))
        };
        let canary: Vec<_> = windows.iter().map(|window| minutes(window.canary)).collect();
        let baseline: Vec<_> = windows.iter().map(|window| minutes(window.baseline)).collect();
        assert_eq!(canary, case.canary, "{}", case.name);
        assert_eq!(baseline, case.baseline, "{}", case.name);
        let numbers: Vec<usize> = windows.iter().map(|window| window.interval).collect();
        assert_eq!(numbers, (1..=case.canary.len()).collect::<Vec<_>>(), "{}", case.name);
    }
}

#[test]
fn a_day_without_an_hour_and_a_leap_second_change_no_window() {
    let day = WindowOptions {
        interval: Some(minutes(12 * 60)),
        lifetime: fixed(24 * 60),
        ..WindowOptions::default()
    };
    let windows = Windows::try_from(day).unwrap();
    // Berlin skips an hour at 2026-03-29T01:00Z; UTC had a leap second at the end of 2016.
    for start in [START, 1_483_228_800_000 - 6 * 60 * MINUTE] {
        let recorded = TimeSpan { start_millis: start, end_millis: start + 24 * 60 * MINUTE };
        let lengths: Vec<u64> =
            windows.cut(recorded).unwrap().iter().map(|window| window.canary.millis()).collect();
        assert_eq!(lengths, [12 * 3_600_000, 24 * 3_600_000]);
    }
}

#[test]
fn impossible_plans_are_refused_with_a_way_out() {
    let zero = Duration::ZERO;
    let whole = WindowOptions::default();
    let cases = [
        (
            WindowOptions { lifetime: Lifetime::Fixed(zero), ..whole },
            "lifetime: expected a millisecond to ten years",
        ),
        (WindowOptions { interval: Some(zero), ..whole }, "interval: expected a millisecond"),
        (WindowOptions { step: Some(zero), ..whole }, "step: "),
        (WindowOptions { lookback: Lookback::Sliding(zero), ..whole }, "lookback: "),
        (WindowOptions { warm_up: Duration::MAX, ..whole }, "warm-up: expected 0 to ten years"),
        (
            WindowOptions { warm_up: Duration::from_micros(1500), ..whole },
            "in whole milliseconds, got 1.5ms",
        ),
        (
            WindowOptions { lifetime: fixed(10), interval: Some(minutes(11)), ..whole },
            "interval: expected at most the lifetime, 10m, got 11m; leave it out",
        ),
        (
            WindowOptions { interval: Some(minutes(1)), step: Some(minutes(2)), ..whole },
            "interval: expected at least the step, 2m, got 1m",
        ),
    ];
    for (options, part) in cases {
        let error = Windows::try_from(options).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let warm_up = Windows::try_from(WindowOptions { warm_up: minutes(30), ..whole }).unwrap();
    let error = warm_up.cut(recorded(30)).unwrap_err().to_string();
    assert!(error.contains("recorded for 30m, and the first 30m are warm-up"), "{error}");
    let interval = Some(Duration::from_millis(1));
    let fine = Windows::try_from(WindowOptions { interval, ..whole }).unwrap();
    let error = fine.cut(recorded(60)).unwrap_err().to_string();
    assert!(error.contains("at most 1000000 intervals, got 3600000"), "{error}");
}

#[test]
fn the_last_window_has_the_most_points() {
    let options = |lifetime, interval| WindowOptions {
        lifetime: fixed(lifetime),
        interval: Some(minutes(interval)),
        step: Some(minutes(1)),
        ..WindowOptions::default()
    };
    let sliding = WindowOptions { lookback: Lookback::Sliding(minutes(3)), ..options(60, 5) };
    for (options, points) in [
        (options(4, 2), Some(4)),
        // A rest shorter than an interval is not judged.
        (options(9, 5), Some(5)),
        (sliding, Some(3)),
        (WindowOptions { step: None, ..options(4, 2) }, None),
    ] {
        let windows = Windows::try_from(options).unwrap();
        assert_eq!(windows.most_points(recorded(60)), points, "{options:?}");
    }
}

//! Every pair of state and event, and every order in which the venue's words may come.

use proptest::prelude::*;

use super::OrderEvent as E;
use super::OrderState as S;
use super::*;

const STATES: [S; 14] = [
    S::Planned,
    S::Lapsed,
    S::Sending,
    S::NotSent,
    S::Unknown,
    S::Held,
    S::Open,
    S::Partial,
    S::Canceling,
    S::Filled,
    S::Canceled,
    S::Rejected,
    S::Expired,
    S::Absent,
];

const EVENTS: [E; 14] = [
    E::Licensed,
    E::Lapsed,
    E::NotSent,
    E::OutcomeUnknown,
    E::Held,
    E::Working,
    E::PartlyFilled,
    E::CancelSent,
    E::CancelRefused,
    E::Filled,
    E::Canceled,
    E::Rejected,
    E::Expired,
    E::Absent,
];

/// One line a state, one word an event in the order of [`EVENTS`]: the state it leads to, `!` before a tombstone revived,
/// `-` for old news, `x` for what cannot be.
const TABLE: &str = "
planned   sending lapsed not_sent x x x x x x x x x x x
lapsed    x x x x x x x x x x x x x x
sending   x x not_sent unknown held open partial - - filled canceled rejected expired -
not_sent  x x - - !held !open !partial - - !filled !canceled rejected !expired -
unknown   x x not_sent - held open partial - - filled canceled rejected expired absent
held      x x - - - open partial canceling - filled canceled rejected expired absent
open      x x - - - - partial canceling - filled canceled x expired absent
partial   x x - - - - partial canceling - filled canceled x expired absent
canceling x x - - - - canceling - open filled canceled x expired absent
filled    x x - - - - - - - - - - - -
canceled  x x - - - - - - - !filled - - - -
rejected  x x - - - - - - - - - - - -
expired   x x - - - - - - - !filled - - - -
absent    x x - - !held !open !partial - - !filled !canceled rejected !expired -
";

fn word(transition: Transition) -> String {
    match transition {
        Transition::To(state) => state.as_str().to_owned(),
        Transition::Revived(state) => format!("!{}", state.as_str()),
        Transition::Stale => "-".to_owned(),
        Transition::Illegal => "x".to_owned(),
    }
}

#[test]
fn every_pair_is_as_the_table_says() {
    let written: Vec<String> = STATES
        .iter()
        .map(|state| {
            let words: Vec<String> = EVENTS.iter().map(|event| word(transition(*state, *event))).collect();
            format!("{} {}", state.as_str(), words.join(" "))
        })
        .collect();
    let wanted: Vec<String> = TABLE.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for (written, wanted) in written.iter().zip(&wanted) {
        assert_eq!(written, wanted);
    }
    assert_eq!(written.len(), wanted.len());
}

#[test]
fn a_rank_never_falls_unless_a_tombstone_is_revived_or_a_cancel_refused() {
    for from in STATES {
        for event in EVENTS {
            match transition(from, event) {
                Transition::To(to) => {
                    let refused = event == E::CancelRefused || from == S::Absent || from == S::NotSent;
                    assert!(to.rank() >= from.rank() || refused, "{from:?} {event:?} {to:?}");
                }
                Transition::Revived(_) => assert!(from.is_done(), "{from:?} {event:?}"),
                Transition::Stale | Transition::Illegal => {}
            }
        }
    }
}

#[test]
fn only_a_licence_leads_from_a_plan_to_the_venue() {
    for event in EVENTS {
        if let Transition::To(state) = transition(S::Planned, event) {
            assert!(!state.is_live() || event == E::Licensed, "{event:?}");
        }
    }
}

fn fold(from: S, events: &[E]) -> S {
    events.iter().fold(from, |state, event| match transition(state, *event) {
        Transition::To(state) | Transition::Revived(state) => state,
        Transition::Stale | Transition::Illegal => state,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_venues_words_may_come_in_any_order(
        news in prop::collection::vec(prop::sample::select(vec![E::Held, E::Working, E::PartlyFilled]), 0..7),
        end in prop::sample::select(vec![E::Filled, E::Canceled, E::Expired]),
        from in prop::sample::select(vec![S::Sending, S::Unknown]),
        seed in any::<u64>(),
    ) {
        let mut events = news;
        events.push(end);
        let straight = fold(from, &events);
        let mut shuffled = events.clone();
        for i in (1..shuffled.len()).rev() {
            let at = usize::try_from(seed.rotate_left(u32::try_from(i).unwrap() * 7) % (i as u64 + 1)).unwrap();
            shuffled.swap(i, at);
        }
        prop_assert_eq!(fold(from, &shuffled), straight, "{:?}", shuffled);
        prop_assert!(straight.is_done());
    }

    #[test]
    fn no_series_of_events_leads_back_before_the_wire(events in prop::collection::vec(prop::sample::select(EVENTS.to_vec()), 0..12)) {
        let state = fold(S::Sending, &events);
        prop_assert!(state != S::Planned && state != S::Lapsed && state != S::Sending || events.iter().all(|event| fold(S::Sending, &[*event]) == S::Sending));
    }
}

/// Rows that were written before an order could trail or be paired read as they were, and are written as they were.
#[test]
fn rows_of_plain_orders_keep_their_form() {
    let old = r#"{"id":"e","instrument":"BTC/USDT:perp","side":"buy","order_type":"stop_market","quantity":"1","price":null,"trigger":"90","tif":"gtc","reduce_only":false,"leverage":"5","attached":[{"id":"s","leg":"stop","price":"80","share":"1"}]}"#;
    let spec: OrderSpec = serde_json::from_str(old).unwrap();
    assert_eq!((spec.trail, &spec.oco, spec.attached[0].limit), (None, &None, None));
    assert_eq!(serde_json::to_string(&spec).unwrap(), old);
    let listed: crate::domain::order_types::OrderTypes = Default::default();
    assert!(listed.permits(OrderType::StopMarket) && !listed.permits(OrderType::TrailingStop) && !listed.oco);
}

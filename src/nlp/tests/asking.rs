//! Sentences that must not act: something is missing, has two readings, is left over, or is no command.

use super::market::lexicon;
use super::ordering::check;
use crate::nlp::read::{TEXT_MAX_CHARS, read};
use crate::nlp::reading::Reading;

#[test]
fn what_is_missing_or_doubtful_is_asked() {
    check(QUESTIONS.iter().copied());
}

#[test]
fn what_is_left_over_or_no_command_does_nothing() {
    check(LEFT.iter().copied());
}

const QUESTIONS: &[(&str, &str)] = &[
    ("buy", "? symbol"),
    ("buy btc", "? amount"),
    ("sell btc", "? amount"),
    ("long sol", "? amount"),
    ("buy 200 usdt", "? symbol"),
    ("0.1 btc", "? side"),
    ("btc 5x with 300", "? side"),
    ("buy btc 200", "? amount"),
    ("long btc 500", "? amount"),
    ("long btc 10x 0.5", "? amount"),
    ("buy 1,500 sol", "? amount"),
    ("buy 0 btc", "? amount"),
    ("buy $0 of btc", "? amount"),
    ("buy -0.1 btc", "? amount"),
    ("sell -5% of my btc", "? amount"),
    ("sell 120% of my btc", "? amount"),
    ("buy 1234567890123456789012345678901234567890 btc", "? number"),
    ("buy 9999999999999999999999999999 usdt of btc", "? number"),
    ("buy nan btc", "? number"),
    ("buy inf btc", "? number"),
    ("buy 1e5 usdt of btc", "? number"),
    ("buy 1.2.3 btc", "? number"),
    ("buy ٠٫١ btc", "? number"),
    ("buy ５ btc", "? number"),
    ("buy 5q btc", "? number"),
    ("buy btc at.5", "? number"),
    ("buy 0.1 btc limit", "? price"),
    ("buy 0.1 btc post only", "? price"),
    ("buy 0.1 btc at 0", "? price"),
    ("buy 0.1 btc at -61000", "? price"),
    ("buy 0.1 btc market at 61k", "? order_type"),
    ("buy 0.1 btc when it hits 60k", "? order_type"),
    ("buy 0.1 btc limit when it breaks 70k", "? order_type"),
    ("buy stop 0.1 btc", "? price"),
    ("buy 0.1 btc at 61k at 62k", "? price"),
    ("buy 0.1 btc and 0.2 btc", "? amount"),
    ("buy 0.1 btc and sell 1 eth", "? side"),
    ("buy 0.1 btc or eth", "? symbol"),
    ("buy 0.1 btc stop", "? stop"),
    ("buy 0.1 btc stop 0%", "? stop"),
    ("buy 0.1 btc stop 100%", "? stop"),
    ("buy 0.1 btc stop 58k stop 57k", "? stop"),
    ("buy 0.1 btc tp", "? target"),
    ("buy 0.1 btc tp -5%", "? target"),
    ("buy 0.1 btc tp 6% 50%", "? target"),
    ("buy 0.1 btc tp1 65k 70% tp2 70k 70%", "? target"),
    ("buy 0.1 btc trailing stop 500", "? trailing"),
    ("buy 0.1 btc trail", "? trailing"),
    ("long btc 0x with 100", "? leverage"),
    ("long btc 0.5x with 100", "? leverage"),
    ("long btc 5x 10x with 100", "? leverage"),
    ("long btc 5x risk $100", "? amount"),
    ("long btc 5x risk 0%", "? amount"),
    ("buy 0.1 btc spot perp", "? market"),
    ("buy 100 of foo", "? symbol"),
    ("buy 100 usdt of btcc", "? symbol"),
    ("price of etherium", "? symbol"),
    ("close foo", "? symbol"),
    ("cancel foo", "? symbol"),
    ("close btc at 65k", "? price"),
    ("close 50", "? amount"),
    ("close 0.5", "? amount"),
    ("close $50", "? symbol"),
    ("reduce btc", "? amount"),
    ("close all my longs", "? symbol"),
    ("close 0 btc", "? amount"),
    ("move stop", "? stop"),
    ("move my btc stop", "? stop"),
    ("protect btc", "? stop"),
    ("trail btc", "? trailing"),
    ("set targets on eth", "? target"),
    ("stop 58k and trail 2%", "? stop"),
    ("buy 0.1 btc when eth breaks 2k", "? symbol"),
    ("buy 0.1 btc if it drops 5%", "? price"),
    ("buy 0.1 btc limit 5%", "? price"),
    ("buy 0.1 btc stop 4% above entry", "? stop"),
    ("short 1 eth stop 4% below entry", "? stop"),
    ("buy 0.1 btc stop 2,500%", "? stop"),
    ("long with 300 sol 5x", "? amount"),
    ("long worth 500 btc 2x", "? amount"),
    ("raise stop 2%", "? stop"),
    ("set btc stop 4% below entry", "? stop"),
    ("buy 60-62k btc", "? amount"),
    ("buy 0.1 btc\nclose eth", "? symbol"),
    ("price", "? symbol"),
    ("history 0", "? count"),
    ("history 5000", "? count"),
    ("pnl 3 days", "? window"),
    ("wait", "? duration"),
    ("wait 0s", "? duration"),
    ("wait 10", "? duration"),
    ("wait 500 days", "? duration"),
    ("wait 99999999999999999999 days", "? duration"),
    ("nan", "? number"),
    ("positions and balance", "? topic"),
];

const LEFT: &[(&str, &str)] = &[
    ("", "- []"),
    ("   \t\n", "- []"),
    ("!!!", "- []"),
    ("xylophone", "- [xylophone]"),
    ("buy 0.1 btc quickly", "- [quickly]"),
    ("buy 0.1 btc in 10 minutes", "- [10 minutes]"),
    ("buy 0.1 btc over 6 hours", "- [over 6 hours]"),
    ("buy 0.1 btc ioc", "- [ioc]"),
    ("close 5x btc", "- [5x]"),
    ("cancel my btc buy orders", "- [buy]"),
    ("buy 100 usdc of btc", "- [usdc]"),
    ("raise stop by 2%", "- [by]"),
    ("move stop up 500", "- [up]"),
    ("lower the target by 5%", "- [by]"),
    ("cancel my stop orders", "- [stop]"),
    ("cancel stop order on btc", "- [stop]"),
    ("buy 0.1 btc 🚀", "- [🚀]"),
    ("buy €200 of btc", "- [€]"),
    ("panic sell everything", "- [panic]"),
    ("add $100 to my btc", "- [$100]"),
    ("add 0.5 btc", "- [0.5]"),
    ("lower my leverage to 3x", "- [leverage 3x]"),
    ("what if i buy 0.1 btc", "- [if buy 0.1]"),
    ("pnl btc", "- [btc]"),
    ("history today", "- [today]"),
    ("/stop btc", "- [btc]"),
    ("/frobnicate", "- [/frobnicate]"),
    ("200", "- [200]"),
    ("don't buy 0.1 btc", "- []"),
    ("don’t buy 0.1 btc", "- []"),
    ("do not close btc", "- []"),
    ("never sell my eth", "- []"),
    ("should I buy 0.1 btc?", "- []"),
    ("would you sell 1 eth", "- []"),
    ("buy 0.1 btc?", "- []"),
    ("I bought 0.1 btc", "- []"),
    ("i sold my eth yesterday", "- [sold yesterday]"),
    ("suppose i buy 0.1 btc", "- []"),
    ("maybe buy 0.1 btc", "- []"),
    ("he said \"buy 0.1 btc\"", "- []"),
    ("“sell 1 eth”", "- []"),
    ("/buy 0.1 btc?", "- []"),
    ("pozitions", "- [pozitions] -> positions"),
    ("balanse", "- [balanse] -> balance"),
    ("/positons", "- [/positons] -> /positions"),
    ("buuy 0.1 btc", "- [buuy] -> buy 0.1 btc"),
    ("buy 0.1 btc witth stop 4%", "- [witth] -> buy 0.1 btc with stop 4%"),
    ("clsoe my btc", "- [clsoe] -> close my btc"),
    ("show my pozitions", "- [pozitions] -> show my positions"),
    ("cancle all", "- [cancle] -> cancel all"),
];

#[test]
fn a_question_says_what_is_clear_and_what_to_choose() {
    let lexicon = lexicon();
    let Reading::Question(question) = read("buy btc 200", &lexicon) else { panic!("must ask") };
    assert_eq!(question.text, "Do you mean 200 USDT or 200 BTC?");
    assert_eq!(question.choices, ["buy 200 usdt of btc", "buy 200 btc"]);
    assert_eq!(question.understood, "buy BTC/USDT amount 200");
    let Reading::Question(question) = read("buy 100 usdt of btcc", &lexicon) else { panic!("must ask") };
    assert_eq!(question.text, "I do not know btcc. Did you mean BTC?");
    assert_eq!(question.choices, ["buy 100 usdt of btc"]);
}

#[test]
fn an_answer_says_what_was_understood() {
    let Reading::NotUnderstood(not) = read("buy 0.1 btc at 61k quickly", &lexicon()) else { panic!("must not act") };
    assert_eq!(not.understood, "buy BTC/USDT quantity 0.1 price 61000");
    assert_eq!(
        not.text,
        "I do not know what “quickly” means here, so I did nothing. What I did understand: buy BTC/USDT quantity 0.1 price 61000. \
         Say it in other words, for example: buy 200 usdt of btc, or say help."
    );
}

#[test]
fn a_text_beyond_the_limit_is_refused_unread() {
    let lexicon = lexicon();
    let padded = |chars: usize| format!("buy 0.1 btc{}", " ".repeat(chars - 11));
    assert!(matches!(read(&padded(TEXT_MAX_CHARS), &lexicon), Reading::Request(_)));
    for text in [padded(TEXT_MAX_CHARS + 1), "buy 0.1 btc ".repeat(9_000), "ü".repeat(5_000)] {
        let Reading::NotUnderstood(not) = read(&text, &lexicon) else { panic!("must not act") };
        assert!(not.text.contains("4096"), "{}", not.text);
    }
}

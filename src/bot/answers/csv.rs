//! Executions as a file of comma-separated values (RFC 4180): a header, then a row an execution, oldest first.
//!
//! | column | what |
//! |---|---|
//! | `time_utc` | when, ISO 8601 in UTC |
//! | `at_ms` | the same in milliseconds since 1970 |
//! | `trade_id`, `order_id` | the venue's id of the execution, our id of the order |
//! | `symbol`, `market` | such as `BTC/USDT`, and `spot` or `perp` |
//! | `side`, `leg` | `buy` or `sell`, and what the order was for |
//! | `quantity`, `price`, `notional` | base currency, quote currency, quantity × price |
//! | `fee`, `fee_currency` | above zero when paid |
//! | `realized` | profit or loss without fees |
//! | `leverage`, `maker`, `cause` | as the venue reported them |
//!
//! Numbers are exact and never grouped. A text that a spreadsheet would take for a formula gets an apostrophe in front.

use crate::bot::render::exact;
use crate::domain::order::FillCause;
use crate::domain::report::DOCUMENT_BYTES_MAX;
use crate::domain::rows::FillRow;

/// The first line.
pub const HEADER: &str =
    "time_utc,at_ms,trade_id,order_id,symbol,market,side,leg,quantity,price,notional,fee,fee_currency,realized,leverage,maker,cause";
/// Executions in one file: as many of the longest rows as fit into a document.
pub const ROWS_MAX: u32 = 1_250;
/// Longest row, in bytes: six decimals of 31 digits and signs, five texts of which every byte is doubled, two times, words.
const ROW_BYTES_MAX: usize = 6 * 32 + 5 * (2 * TEXT_BYTES_MAX + 4) + 60;
/// Longest text in a row, in bytes; a venue chooses them.
const TEXT_BYTES_MAX: usize = 48;

const _: () = assert!(HEADER.len() + 2 + ROWS_MAX as usize * ROW_BYTES_MAX <= DOCUMENT_BYTES_MAX);

/// Returns the file.
pub fn of_fills(fills: &[FillRow]) -> String {
    let mut out = String::with_capacity(fills.len().saturating_mul(160));
    out.push_str(HEADER);
    out.push_str("\r\n");
    for row in fills {
        out.push_str(&line(row));
        out.push_str("\r\n");
    }
    out
}

fn line(row: &FillRow) -> String {
    let fill = &row.fill;
    let notional = fill.price.notional(fill.quantity).map_or_else(|_| String::new(), |notional| notional.to_string());
    let cause = match fill.cause {
        FillCause::Order => "order",
        FillCause::Liquidation => "liquidation",
    };
    let cells = [
        time(fill.at.ms()),
        fill.at.ms().to_string(),
        text(fill.trade_id.as_str()),
        text(fill.order.as_ref().map_or("", |order| order.as_str())),
        text(&fill.instrument.symbol.to_string()),
        fill.instrument.market.as_str().to_owned(),
        fill.side.as_str().to_owned(),
        text(&row.leg.map_or_else(String::new, exact::leg)),
        fill.quantity.to_string(),
        fill.price.to_string(),
        notional,
        fill.fee.to_string(),
        text(fill.fee_currency.as_str()),
        row.realized.to_string(),
        fill.leverage.to_string(),
        fill.maker.to_string(),
        cause.to_owned(),
    ];
    cells.join(",")
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// Returns a text as a cell: short, on one line, quoted where it must be, and no formula.
fn text(words: &str) -> String {
    let mut bytes = 0;
    let fits = |c: &char| {
        bytes += c.len_utf8();
        bytes <= TEXT_BYTES_MAX
    };
    let words: String = words.chars().filter(|c| !c.is_control()).take_while(fits).collect();
    let formula = words.starts_with(['=', '+', '-', '@']);
    let words = if formula { format!("'{words}") } else { words };
    if words.contains([',', '"']) { format!("\"{}\"", words.replace('"', "\"\"")) } else { words }
}

#[cfg(test)]
mod tests {
    use super::{HEADER, text};

    #[test]
    fn texts_are_quoted_cut_and_never_a_formula() {
        for (words, cell) in [("abc", "abc"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("=1+1", "'=1+1"), ("a\r\nb", "ab"), ("", "")] {
            assert_eq!(text(words), cell);
        }
        assert_eq!(text(&"x".repeat(1_000)).len(), 48);
        assert_eq!(text(&"₿".repeat(1_000)).len(), 48);
        assert_eq!(HEADER.split(',').count(), 17);
    }
}

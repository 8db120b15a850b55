//! Candle files: CSV, plain or gzip, `timestamp_ms,open,high,low,close,volume`.
//!
//! Invariant: a file is read exactly and whole, or refused with the line that is wrong; line length, size and number of
//! rows are bounded.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use rust_decimal::Decimal;

use super::line_guard::LineGuard;
use super::timeframe::Timeframe;
use crate::domain::market::Bar;
use crate::domain::money::{Price, Quantity};
use crate::domain::time::Timestamp;

/// The first line of every candle file.
const HEADER: [&str; 6] = ["timestamp_ms", "open", "high", "low", "close", "volume"];
/// Largest unpacked size.
const BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Most rows: ten years of one-minute candles.
const ROWS_MAX: usize = 5_300_000;
/// Longest line.
const LINE_BYTES_MAX: usize = 1_024;
/// Latest candle: the year 2200.
const TIMESTAMP_MS_MAX: i64 = 7_258_118_400_000;
/// Longest number.
const NUMBER_BYTES_MAX: usize = 40;
/// Largest power of ten in a number.
const EXPONENT_MAX: u32 = 28;

/// Why a candle file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CandleError {
    /// The file or folder cannot be opened or read.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// A line is not a candle.
    #[error("{}, line {line}: {what}", path.display())]
    BadLine {
        /// Which file.
        path: PathBuf,
        /// Which line, from one.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Two files claim to be the same.
    #[error("{} and {} hold the same symbol and candle length; keep one", first.display(), second.display())]
    Twice {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

/// Reads a candle file whose name ends in `.csv` or `.csv.gz`, oldest candle first.
///
/// # Errors
/// [`CandleError`] with file and line.
pub fn read(path: &Path, timeframe: Timeframe) -> Result<Vec<Bar>, CandleError> {
    let unreadable = |error: std::io::Error| CandleError::Unreadable { path: path.to_owned(), why: error.to_string() };
    let file = File::open(path).map_err(unreadable)?;
    let packed = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    let source: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    parse(source, path, timeframe)
}

/// Reads candles from `source`; `path` is named in errors.
///
/// # Errors
/// [`CandleError`] with file and line.
pub fn parse(source: impl Read, path: &Path, timeframe: Timeframe) -> Result<Vec<Bar>, CandleError> {
    let guarded = LineGuard::new(source, LINE_BYTES_MAX, BYTES_MAX);
    // Quotes are refused as part of a number, so that no candle can span lines.
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).quoting(false).from_reader(guarded);
    let bad_line = |line: u64, what: String| CandleError::BadLine { path: path.to_owned(), line, what };
    let mut bars: Vec<Bar> = Vec::new();
    let mut record = ByteRecord::new();
    let mut header_seen = false;
    loop {
        let line = reader.position().line();
        let more = reader.read_byte_record(&mut record).map_err(|error| bad_line(line, error.to_string()))?;
        if !more {
            break;
        }
        let line = record.position().map_or(line, csv::Position::line);
        if !header_seen {
            check_header(&record).map_err(|what| bad_line(line, what))?;
            header_seen = true;
            continue;
        }
        if bars.len() >= ROWS_MAX {
            return Err(bad_line(line, format!("more than {ROWS_MAX} candles")));
        }
        let bar = bar(&record).and_then(|bar| follows(bars.last(), bar, timeframe)).map_err(|what| bad_line(line, what))?;
        bars.push(bar);
    }
    if bars.is_empty() { Err(bad_line(1, "it holds no candles".to_owned())) } else { Ok(bars) }
}

fn check_header(record: &ByteRecord) -> Result<(), String> {
    if record.iter().eq(HEADER.map(str::as_bytes)) {
        return Ok(());
    }
    Err(format!("the first line must be {}", HEADER.join(",")))
}

fn bar(record: &ByteRecord) -> Result<Bar, String> {
    if record.len() != HEADER.len() {
        return Err(format!("{} fields where there should be {}", record.len(), HEADER.len()));
    }
    let text = |index: usize| record.get(index).and_then(|field| std::str::from_utf8(field).ok()).unwrap_or_default();
    let price = |index: usize| {
        number(text(index)).and_then(|value| Price::new(value).ok()).ok_or_else(|| {
            let name = HEADER.get(index).copied().unwrap_or_default();
            format!("{name} {:?} is no price above zero", text(index))
        })
    };
    let ms: i64 = text(0).parse().map_err(|_| format!("{:?} is no time in milliseconds", text(0)))?;
    if !(0..=TIMESTAMP_MS_MAX).contains(&ms) {
        return Err(format!("{ms} is no time between 1970 and 2200 in milliseconds"));
    }
    let (open, high, low, close) = (price(1)?, price(2)?, price(3)?, price(4)?);
    if high < low || high < open.max(close) || low > open.min(close) {
        return Err(format!("open {open}, high {high}, low {low}, close {close} contradict each other"));
    }
    let volume = number(text(5))
        .and_then(|value| Quantity::new(value).ok())
        .ok_or_else(|| format!("volume {:?} is no number of at least zero", text(5)))?;
    Ok(Bar { open_at: Timestamp::from_ms(ms), open, high, low, close, volume })
}

fn follows(last: Option<&Bar>, bar: Bar, timeframe: Timeframe) -> Result<Bar, String> {
    let Some(last) = last else { return Ok(bar) };
    let apart = bar.open_at.since(last.open_at);
    let (at, before) = (bar.open_at.ms(), last.open_at.ms());
    match apart {
        0 => Err(format!("the time {at} stands there twice")),
        ..0 => Err(format!("the time {at} comes after {before}: candles must be oldest first")),
        _ if apart < timeframe.ms() => Err(format!("{at} is closer to {before} than one {timeframe} candle")),
        _ => Ok(bar),
    }
}

/// Reads a decimal exactly, with or without an exponent (`2.3e-05`); `None` if it is none or would lose digits.
fn number(text: &str) -> Option<Decimal> {
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    if text.is_empty() || text.len() > NUMBER_BYTES_MAX || !text.bytes().all(plain) {
        return None;
    }
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return Decimal::from_str_exact(text).ok() };
    let mut value = Decimal::from_str_exact(mantissa).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let places = exponent.unsigned_abs();
    if places > EXPONENT_MAX {
        return None;
    }
    let scale = value.scale();
    if exponent < 0 {
        value.set_scale(scale.checked_add(places)?).ok()?;
        return Some(value);
    }
    value.set_scale(scale.saturating_sub(places)).ok()?;
    (scale..places).try_fold(value, |value, _| value.checked_mul(Decimal::TEN))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::dec;

    use super::*;

    const HEAD: &str = "timestamp_ms,open,high,low,close,volume\n";

    fn parse_text(text: &str) -> Result<Vec<Bar>, String> {
        parse(text.as_bytes(), Path::new("X.csv"), "5m".parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_decimals_exactly() {
        let bars =
            parse_text(&format!("{HEAD}0,2.334e-05,2.4E-5,0.00002282,2.301e-05,564671068833.0\n300000,1e2,1.5e+2,1,20,0\n")).unwrap();
        assert_eq!(bars.len(), 2);
        assert_eq!(bars[0].open.value(), dec!(0.00002334));
        assert_eq!(bars[0].volume.value(), dec!(564671068833));
        assert_eq!(bars[1].high.value(), dec!(150));
    }

    #[test]
    fn a_bad_row_is_refused_with_its_line() {
        let good = "0,1,2,1,2,5\n";
        let cases = [
            ("300000,NaN,2,1,2,5", "open \"NaN\" is no price"),
            ("300000,inf,2,1,2,5", "no price"),
            ("300000,-1,2,1,2,5", "no price"),
            ("300000,1,2,0,2,5", "low \"0\" is no price"),
            ("300000,1_0,20,1,2,5", "no price"),
            ("300000,1,2,1,2,-5", "volume"),
            ("300000,1,2,1,2,", "volume"),
            ("300000,1,1,2,1,5", "contradict"),
            ("300000,3,2,1,2,5", "contradict"),
            ("0,1,2,1,2,5", "twice"),
            ("-300000,1,2,1,2,5", "1970"),
            ("99999999999999,1,2,1,2,5", "2200"),
            ("60000,1,2,1,2,5", "closer"),
            ("soon,1,2,1,2,5", "no time"),
            ("300000,1,2,1,2", "5 fields"),
            ("300000,1,2,1,2,5,6", "7 fields"),
            ("300000,\"1\",2,1,2,5", "no price"),
            ("300000,1e99,2,1,2,5", "no price"),
            ("300000,0.12345678901234567890123456789012,2,0.1,2,5", "no price"),
        ];
        for (row, expected) in cases {
            let error = parse_text(&format!("{HEAD}{good}{row}\n")).unwrap_err();
            assert!(error.starts_with("X.csv, line 3: ") && error.contains(expected), "{row}: {error}");
        }
        let error = parse_text(&format!("{HEAD}600000,1,2,1,2,5\n300000,1,2,1,2,5\n")).unwrap_err();
        assert!(error.contains("oldest first"), "{error}");
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        assert!(parse_text("").unwrap_err().contains("no candles"));
        assert!(parse_text(HEAD).unwrap_err().contains("no candles"));
        assert!(parse_text("a,b\n1,2\n").unwrap_err().contains("line 1: the first line must be"));
        assert!(parse_text(&format!("{HEAD}{}", "9".repeat(5_000))).unwrap_err().contains("longer than"));
        assert!(parse_text(&format!("{HEAD}\u{1F4A9},\0,,,,\n")).is_err());
    }

    #[test]
    fn a_packed_file_that_is_cut_off_is_refused() {
        let packed = {
            use std::io::Write;
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(format!("{HEAD}0,1,2,1,2,5\n").as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let path = Path::new("X.csv.gz");
        let timeframe = "5m".parse().unwrap();
        assert_eq!(parse(MultiGzDecoder::new(&packed[..]), path, timeframe).unwrap().len(), 1);
        assert!(parse(MultiGzDecoder::new(&packed[..packed.len() / 2]), path, timeframe).is_err());
        assert!(parse(MultiGzDecoder::new(&b"not packed"[..]), path, timeframe).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_give_candles_or_a_sentence(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut text = HEAD.as_bytes().to_vec();
            text.extend(bytes);
            let _ = parse(&text[..], Path::new("X.csv"), "5m".parse().unwrap());
        }

        #[test]
        fn a_number_is_what_was_written(units in 0i64..1_000_000_000_000, scale in 0u32..12, shift in -10i32..10) {
            let value = Decimal::new(units, scale);
            prop_assert_eq!(number(&value.to_string()), Some(value));
            let shifted = number(&format!("{value}e{shift}")).unwrap();
            prop_assert_eq!(number(&format!("{shifted}e{}", -shift)), Some(value));
        }
    }
}

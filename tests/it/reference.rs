//! Agreement with the results of other software, kept beside the repository in `../shared/reference`.
#![allow(clippy::print_stdout, reason = "clippy exempts test functions only, not what they call")]

use std::fs::File;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use outcry::engine::indicators::atr;

/// Largest relative difference that counts as agreement.
const TOLERANCE: f64 = 1e-8;

#[test]
fn atr_agrees_with_ta_lib() {
    let Some(path) = shared("reference/indicators.csv.gz") else { return };
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path).unwrap()));
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let [high, low, close, expected] = ["high", "low", "close", "ATR_14"].map(column);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let number = |row: &csv::StringRecord, column: usize| row[column].parse::<f64>().ok();

    let bars: Vec<_> = rows.iter().map(|row| [high, low, close].map(|c| number(row, c).unwrap())).map(|[h, l, c]| (h, l, c)).collect();
    let ours = atr::batch(&bars, 14).unwrap();

    assert_eq!(ours.len(), 2_000);
    assert_eq!(ours.iter().position(Option::is_some), Some(14), "first valid row");
    for (index, (ours, row)) in ours.iter().zip(&rows).enumerate() {
        match (ours, number(row, expected)) {
            (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() <= TOLERANCE * theirs, "row {index}: {ours}, {theirs}"),
            (ours, theirs) => assert_eq!(*ours, theirs, "row {index}"),
        }
    }
}

/// Returns a file of the shared pages, or says plainly that the test is skipped.
pub fn shared(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(file);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("OUTCRY_REQUIRE_SHARED").is_none(), "../shared/{file} is required and absent");
    println!("SKIPPED: ../shared/{file} is absent, agreement with it was not checked");
    None
}

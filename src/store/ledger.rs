//! The last look at ledger lines before they are written: each transaction sums to zero per currency (invariant I6).

use std::collections::BTreeMap;

use crate::domain::instrument::Currency;
use crate::domain::money::Amount;
use crate::domain::rows::Posting;

/// Checks that every transaction among `postings` sums to zero per currency.
///
/// # Errors
/// A sentence that names the transaction and its sum; such lines are a defect of the caller and must not reach the books.
pub(super) fn balanced(postings: &[Posting]) -> Result<(), String> {
    let mut sums: BTreeMap<(&str, &Currency), Amount> = BTreeMap::new();
    for posting in postings {
        let sum = sums.entry((&posting.transaction, &posting.currency)).or_insert(Amount::ZERO);
        *sum = sum
            .plus(posting.amount)
            .map_err(|error| format!("the ledger transaction {} cannot be summed: {error}", posting.transaction))?;
    }
    match sums.iter().find(|(_, sum)| !sum.is_zero()) {
        None => Ok(()),
        Some(((transaction, currency), sum)) => {
            Err(format!("the ledger transaction {transaction} does not balance: its {currency} lines sum to {sum} instead of 0"))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::time::Timestamp;

    fn line(transaction: &str, currency: &str, units: i64) -> Posting {
        Posting {
            transaction: transaction.into(),
            ledger: "cash".into(),
            currency: Currency::new(currency),
            amount: Amount::new(Decimal::new(units, 8)).unwrap(),
            at: Timestamp::default(),
        }
    }

    #[test]
    fn sums_are_taken_per_transaction_and_currency() {
        assert_eq!(balanced(&[]), Ok(()));
        assert_eq!(balanced(&[line("a", "BTC", 5), line("a", "BTC", -5)]), Ok(()));
        assert!(balanced(&[line("a", "BTC", 5), line("b", "BTC", -5)]).unwrap_err().contains("transaction a"));
        assert!(balanced(&[line("a", "BTC", 5), line("a", "ETH", -5)]).unwrap_err().contains("BTC lines sum to 0.00000005"));
    }

    proptest! {
        #[test]
        fn any_lines_with_their_opposites_balance_and_one_more_unit_does_not(units in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 1..20)) {
            let mut lines: Vec<Posting> = units.iter().map(|unit| line("t", "USDT", *unit)).collect();
            lines.push(line("t", "USDT", -units.iter().sum::<i64>()));
            prop_assert_eq!(balanced(&lines), Ok(()));
            lines.push(line("t", "USDT", 1));
            prop_assert!(balanced(&lines).is_err());
        }
    }
}

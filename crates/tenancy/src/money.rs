//! Amounts of money.

use std::fmt;

/// An amount with two decimal places, stored in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Why a text is not a decimal number of at most ten digits, two of them after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// The text is not a decimal number.
    #[error("a valid number is required")]
    NotANumber,
    /// More than two digits after the point.
    #[error("ensure that there are no more than 2 decimal places")]
    TooManyPlaces,
    /// More than ten digits in total.
    #[error("ensure that there are no more than 10 digits in total")]
    TooManyDigits,
}

impl Money {
    /// Wraps an amount in hundredths.
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents)
    }

    /// Returns the amount in hundredths.
    pub const fn cents(self) -> i64 {
        self.0
    }

    /// Parses a decimal number such as `12`, `12.5` or `-12.50`.
    ///
    /// # Errors
    /// The first rule that the text breaks, in the order of [`InvalidMoney`].
    pub fn parse(text: &str) -> Result<Self, InvalidMoney> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(InvalidMoney::NotANumber);
        }
        if fraction.len() > 2 {
            return Err(InvalidMoney::TooManyPlaces);
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 8 {
            return Err(InvalidMoney::TooManyDigits);
        }
        // There are at most ten digits left, so neither parsing nor arithmetic can overflow.
        let units: i64 = format!("{whole}{fraction:0<2}").parse().map_err(|_| InvalidMoney::NotANumber)?;
        Ok(Self(sign * units))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_and_prints_two_places() {
        for (text, shown) in
            [("99.99", "99.99"), ("5", "5.00"), (".5", "0.50"), ("-1.05", "-1.05"), ("00012345678", "12345678.00")]
        {
            assert_eq!(Money::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn money_refuses_by_the_first_broken_rule() {
        assert_eq!(Money::parse("ten"), Err(InvalidMoney::NotANumber));
        assert_eq!(Money::parse("."), Err(InvalidMoney::NotANumber));
        assert_eq!(Money::parse("1.234"), Err(InvalidMoney::TooManyPlaces));
        assert_eq!(Money::parse("123456789"), Err(InvalidMoney::TooManyDigits));
    }
}

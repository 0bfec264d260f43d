//! Values that statements attach to resources, such as quotas.

use serde::{Deserialize, Serialize};

/// A configured value, read with [`Permissions::get`](super::Permissions::get).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Configuration {
    /// A number that is never negative.
    Unsigned(u64),
    /// A number.
    Signed(i64),
    /// Text.
    String(String),
}

impl Configuration {
    /// Returns the value as a signed number; `None` if it is too large or is text that is not a number.
    pub fn to_signed(&self) -> Option<i64> {
        match self {
            Self::Unsigned(value) => i64::try_from(*value).ok(),
            Self::Signed(value) => Some(*value),
            Self::String(text) => text.parse().ok(),
        }
    }

    /// Returns the value as an unsigned number; `None` if it is negative or is text that is not a number.
    pub fn to_unsigned(&self) -> Option<u64> {
        match self {
            Self::Unsigned(value) => Some(*value),
            Self::Signed(value) => u64::try_from(*value).ok(),
            Self::String(text) => text.parse().ok(),
        }
    }
}

impl From<u64> for Configuration {
    fn from(value: u64) -> Self {
        Self::Unsigned(value)
    }
}

impl From<i64> for Configuration {
    fn from(value: i64) -> Self {
        Self::Signed(value)
    }
}

impl From<String> for Configuration {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<&str> for Configuration {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_convert_when_they_fit() {
        assert_eq!(Configuration::from(7_u64).to_signed(), Some(7));
        assert_eq!(Configuration::from(u64::MAX).to_signed(), None);
        assert_eq!(Configuration::from(7_i64).to_unsigned(), Some(7));
        assert_eq!(Configuration::from(-7_i64).to_unsigned(), None);
        assert_eq!(Configuration::from(-7_i64).to_signed(), Some(-7));
        assert_eq!(Configuration::from("-7").to_signed(), Some(-7));
        assert_eq!(Configuration::from("-7").to_unsigned(), None);
        assert_eq!(Configuration::from(String::from("many")).to_signed(), None);
    }
}

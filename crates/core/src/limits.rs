//! Limits that every kind of connection keeps.

/// The most transactions that one call of `list_executed_transactions` returns.
pub const LIST_TRANSACTIONS_MAX_RESULTS: u32 = 1000;

/// How many transactions `list_executed_transactions` returns if the caller does not say.
pub const LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT: u32 = 100;

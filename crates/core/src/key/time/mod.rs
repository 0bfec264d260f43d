//! Time as keys: `std`'s [`Duration`](std::time::Duration) and
//! [`SystemTime`](std::time::SystemTime), and the types of [`limited`], which count whole units
//! (seconds, days, ...) and so take fewer bytes.
//!
//! The aliases here are the ones to use: durations ([`Seconds`], ...), timestamps that count from
//! 1970 ([`SecondsSinceUnixEpoch`], ...), and timestamps that count from
//! [`BonsaiEpoch`], whose keys are the shortest for dates of these decades
//! ([`TimestampAsSeconds`], ...).
//!
//! ```
//! use bonsaidb_core::key::KeyEncoding;
//! use bonsaidb_core::key::time::TimestampAsMinutes;
//!
//! let now = TimestampAsMinutes::now();
//! assert!(now.as_ord_bytes().unwrap().len() <= 5);
//! ```

mod error;
pub mod limited;
mod standard;

use self::limited::{
    BonsaiEpoch, LimitedResolutionDuration, LimitedResolutionTimestamp, UnixEpoch,
};

pub use self::error::{DeltaNotRepresentable, TimeError};

macro_rules! aliases {
    ($($resolution:ident, $since_unix:ident, $as_resolution:ident, $unit:literal;)+) => {$(
        #[doc = concat!("A duration in whole ", $unit, ".")]
        pub type $resolution = LimitedResolutionDuration<limited::$resolution>;
        #[doc = concat!("A moment as the ", $unit, " since the Unix epoch.")]
        pub type $since_unix = LimitedResolutionTimestamp<limited::$resolution, UnixEpoch>;
        #[doc = concat!("A moment as the ", $unit, " since the `BonsaiDb` epoch.")]
        pub type $as_resolution = LimitedResolutionTimestamp<limited::$resolution, BonsaiEpoch>;
    )+};
}

aliases! {
    Weeks, WeeksSinceUnixEpoch, TimestampAsWeeks, "weeks";
    Days, DaysSinceUnixEpoch, TimestampAsDays, "days";
    Hours, HoursSinceUnixEpoch, TimestampAsHours, "hours";
    Minutes, MinutesSinceUnixEpoch, TimestampAsMinutes, "minutes";
    Seconds, SecondsSinceUnixEpoch, TimestampAsSeconds, "seconds";
    Milliseconds, MillisecondsSinceUnixEpoch, TimestampAsMilliseconds, "milliseconds";
    Microseconds, MicrosecondsSinceUnixEpoch, TimestampAsMicroseconds, "microseconds";
    Nanoseconds, NanosecondsSinceUnixEpoch, TimestampAsNanoseconds, "nanoseconds";
}

//! Times that count whole units. What is smaller than the unit is dropped, always toward the past,
//! so that converting keeps the order of times.

mod duration;
mod epoch;
mod resolution;
mod signed;
mod timestamp;

pub use self::duration::LimitedResolutionDuration;
pub use self::epoch::{AnyTimestamp, BonsaiEpoch, TimeEpoch, UnixEpoch};
pub use self::resolution::{
    Days, Hours, Microseconds, Milliseconds, Minutes, Nanoseconds, Seconds, TimeResolution, Weeks,
};
pub use self::signed::SignedDuration;
pub use self::timestamp::LimitedResolutionTimestamp;

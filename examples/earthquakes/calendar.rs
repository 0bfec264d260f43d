//! Days of the UTC calendar, counted from 1 January 1970.

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Returns the day in which a moment falls, also before 1970.
pub fn day_of(unix_ms: i64) -> i64 {
    unix_ms.div_euclid(DAY_MS)
}

/// Writes a day as `YYYY-MM-DD`.
pub fn date(day: i64) -> String {
    // Years begin in March here, so that a leap day is the last day of its year, and 400 years, which are always
    // 146,097 days, begin on 1 March of the year 0, which is 719,468 days before 1970.
    let day = day + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    // Without the leap days before it (the last of every 1,461 days, but not the last of 36,525, but the last of
    // 146,097) a day is counted in years of 365.
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    // Months from March on have 153 days in every five.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

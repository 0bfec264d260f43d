//! The earthquakes example as its user sees it: what it prints, what it refuses, and what it leaves behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const EXPECTED: &str = include_str!("../earthquakes/expected.txt");

/// A folder of a test's own, with a database and feeds in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn write(&self, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("feed.json");
        fs::write(&path, contents).expect("the temporary folder can be written to");
        path
    }

    fn feed(&self, features: &[Value]) -> PathBuf {
        self.write(json!({ "type": "FeatureCollection", "features": features }).to_string())
    }

    /// Imports a feed and returns what was printed after the line about the place.
    fn import(&self, file: Option<&Path>) -> String {
        let output = run(&self.data(), file);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let printed = String::from_utf8(output.stdout).expect("text");
        let (place, rest) = printed.split_once('\n').expect("more than a line");
        assert_eq!(place, format!("database: {}", self.data().display()));
        rest.to_owned()
    }

    fn import_features(&self, features: &[Value]) -> String {
        self.import(Some(&self.feed(features)))
    }

    /// Expects the feed to be refused with status 1 and one line that contains `words`, and the database to stay as
    /// it was.
    fn refuses(&self, file: &Path, words: &[&str]) {
        let before = self.import_features(&[]);
        let output = run(&self.data(), Some(file));
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let message = String::from_utf8(output.stderr).expect("text");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
        assert_eq!(self.import_features(&[]), before);
    }
}

fn run(data: &Path, file: Option<&Path>) -> Output {
    let this = std::env::current_exe().expect("the path of the test");
    let target = this.ancestors().nth(2).expect("<target>/deps/<test>");
    let program = target.join("examples").join("earthquakes");
    Command::new(&program)
        .args(file)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "{}: {error}; examples are built by `cargo test --workspace`",
                program.display()
            )
        })
}

fn report(id: &str, magnitude: f64) -> Value {
    json!({ "id": id, "properties": { "mag": magnitude, "time": 0, "updated": 10, "place": "here" } })
}

#[test]
fn the_bundled_week_is_imported_once() {
    let folder = Folder::new();
    assert_eq!(folder.import(None), EXPECTED);
    let again = EXPECTED.replace(
        "imported 1707 reports (0 already there)",
        "imported 0 reports (1707 already there)",
    );
    assert_eq!(folder.import(None), again);
}

#[test]
fn an_empty_feed_gives_an_empty_database() {
    let printed = Folder::new().import_features(&[]);
    assert_eq!(
        printed,
        "imported 0 reports (0 already there)\nreports: 0\n\n\n\nmagnitude 4.5 or more: 0\nfelt reports: 0\n"
    );
}

#[test]
fn unknown_things_are_left_out() {
    let folder = Folder::new();
    let printed = folder.import_features(&[
        json!({ "id": "bare" }),
        json!({ "id": "null", "properties": null, "geometry": null }),
        json!({ "id": "nulls", "properties": { "mag": null, "place": null, "time": null, "felt": null } }),
        json!({ "id": "types", "properties": { "mag": "5", "place": 1, "time": "now", "felt": -1 } }),
        json!({ "id": 17, "properties": { "mag": 5.06 }, "geometry": { "coordinates": [1, null] } }),
    ]);
    assert_eq!(
        printed,
        "imported 5 reports (0 already there)\nreports: 5\n\nmagnitude 5: 1\n\n\n\
         strongest: 17 M5.1 at an unknown place\nmagnitude 4.5 or more: 1\nfelt reports: 0\n"
    );
}

#[test]
fn magnitudes_are_exact() {
    let printed = Folder::new().import_features(&[
        report("a", 4.499_999_999_999_999),
        report("b", 4.5),
        report("c", -0.000_1),
        report("d", -1.0),
        report("e", 0.999_999_999_999_999_9),
        report("f", 4.500_000_000_000_001),
        report("g", 4.25),
        report("h", -0.0),
    ]);
    for line in [
        "magnitude -1: 2",
        "magnitude 0: 2",
        "magnitude 4: 4",
        "strongest: f M4.5 here",
        "magnitude 4.5 or more: 2",
    ] {
        assert!(
            printed.lines().any(|printed| printed == line),
            "{line}: {printed}"
        );
    }
}

#[test]
fn days_are_those_of_utc_at_any_time() {
    let at = |id: &str, time: i64| json!({ "id": id, "properties": { "time": time } });
    let printed = Folder::new().import_features(&[
        at("a", -1),
        at("b", 0),
        at("c", 951_782_400_000 - 1),
        at("d", 951_782_400_000),
        at("e", 951_868_800_000),
        at("f", -2_203_977_600_000),
        at("g", -2_203_891_200_001),
        at("h", 253_402_300_799_999),
    ]);
    let days = printed.split("\n\n").nth(1).expect("the paragraph of days");
    let days = days.trim_start().lines().collect::<Vec<_>>();
    assert_eq!(
        days,
        [
            "1900-02-28: 2",
            "1969-12-31: 1",
            "1970-01-01: 1",
            "2000-02-28: 1",
            "2000-02-29: 1",
            "2000-03-01: 1",
            "9999-12-31: 1",
        ]
    );
}

#[test]
fn a_report_given_twice_counts_once() {
    let printed = Folder::new().import_features(&[report("a", 1.0), report("a", 1.0)]);
    assert!(
        printed.starts_with("imported 1 reports (0 already there)\nreports: 1\n"),
        "{printed}"
    );
}

#[test]
fn a_later_feed_updates_what_it_revises() {
    let folder = Folder::new();
    folder.import_features(&[report("a", 1.0), report("b", 2.0)]);
    let mut revised = report("a", 3.5);
    revised["properties"]["updated"] = json!(11);
    let printed = folder.import_features(&[revised, report("b", 2.0), report("c", 1.5)]);
    assert_eq!(
        printed,
        "imported 1 reports (2 already there)\nupdated 1 of those already there\nreports: 3\n\n\
         magnitude 1: 1\nmagnitude 2: 1\nmagnitude 3: 1\n\n1970-01-01: 3\n\n\
         strongest: a M3.5 here\nmagnitude 4.5 or more: 0\nfelt reports: 0\n"
    );
}

#[test]
fn an_earlier_feed_takes_nothing_back() {
    let folder = Folder::new();
    folder.import_features(&[report("a", 1.0)]);
    let mut earlier = report("a", 3.5);
    earlier["properties"]["updated"] = json!(9);
    let printed = folder.import_features(&[earlier]);
    assert!(
        printed.starts_with(
            "imported 0 reports (1 already there)\n\
             kept 1 of those already there, which are newer than in the file\n\
             reports: 1\n\nmagnitude 1: 1\n"
        ),
        "{printed}"
    );
}

#[test]
fn one_id_with_different_contents_is_refused() {
    let folder = Folder::new();
    folder.import_features(&[report("a", 1.0)]);
    let file = folder.0.path().join("other.json");
    let features = [report("b", 1.0), report("a", 2.0), report("a", 3.0)];
    fs::write(&file, json!({ "features": features }).to_string()).expect("written");
    folder.refuses(&file, &["other.json", "report a ", "twice"]);
}

#[test]
fn a_report_without_id_is_refused() {
    let folder = Folder::new();
    folder.import_features(&[report("a", 1.0)]);
    let file = folder.0.path().join("other.json");
    for without in [
        json!({}),
        json!({ "id": null }),
        json!({ "id": "" }),
        json!("text"),
    ] {
        let features = [report("b", 1.0), without];
        fs::write(&file, json!({ "features": features }).to_string()).expect("written");
        folder.refuses(&file, &["other.json", "report 2 has no id"]);
    }
}

#[test]
fn what_is_no_feed_is_refused() {
    let folder = Folder::new();
    let file = folder.0.path().join("other.json");
    folder.refuses(&file, &["other.json", "cannot read"]);
    for text in [
        "",
        "{",
        "[1, 2]",
        "{}",
        "null",
        r#"{ "features": 1 }"#,
        "\u{0}\u{1}",
    ] {
        fs::write(&file, text).expect("written");
        folder.refuses(&file, &["other.json", "not "]);
    }
    folder.refuses(folder.0.path(), &["cannot read"]);
}

#[test]
fn a_refused_first_feed_leaves_no_database() {
    let folder = Folder::new();
    let file = folder.write("{");
    assert_eq!(run(&folder.data(), Some(&file)).status.code(), Some(1));
    assert!(!folder.data().exists());
}

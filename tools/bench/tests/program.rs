//! Every workload on BonsaiDb at the smallest size, through the program as it is run: so that benchmarks cannot rot.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

const WORKLOADS: [&str; 13] = [
    "insert-1",
    "insert-16",
    "bulk",
    "get",
    "list",
    "update-16",
    "get-after-updates",
    "view-build",
    "view-query",
    "view-reduce",
    "view-reduce-1k",
    "change-then-ask",
    "open-after-kill",
];

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bonsaidb-bench"));
    command.args(arguments).output().unwrap()
}

#[test]
fn every_workload_is_measured_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let databases = path("databases");
    fs::create_dir(&databases).unwrap();
    let sizes = ["--documents", "2500", "--seconds", "0.02", "--rounds", "2"];
    let outputs = [
        "--folder",
        &databases,
        "--json",
        &path("json"),
        "--markdown",
        &path("md"),
        "--plot",
        &path("svg"),
    ];
    let output = bench(&[&sizes[..], &outputs[..]].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let json = fs::read_to_string(path("json")).unwrap();
    let json = serde_json::from_str::<Value>(&json).unwrap();
    let rows = json["results"].as_array().unwrap();
    for workload in WORKLOADS {
        let mut rows = rows.iter().filter(|row| row["workload"] == workload);
        let ours = rows
            .find(|row| row["engine"] == "bonsaidb")
            .unwrap_or_else(|| panic!("{workload} is missing"));
        assert!(ours["per_second"].as_f64().unwrap() > 0.0, "{workload}");
        assert!(
            ours["p99_us"].as_f64() >= ours["p50_us"].as_f64(),
            "{workload}"
        );
        assert!(ours["ratio_to_raw"].as_f64().unwrap() > 0.0, "{workload}");
        assert_eq!(ours["rounds"].as_array().unwrap().len(), 2, "{workload}");
    }
    let opened = rows
        .iter()
        .find(|row| row["workload"] == "open-after-kill" && row["engine"] == "bonsaidb");
    let facts = &opened.unwrap()["facts"];
    assert!(facts["durable_before_kill"].as_u64().unwrap() > 0);
    assert_eq!(facts["lost"], 0);

    assert_eq!(
        fs::read_to_string(path("md"))
            .unwrap()
            .matches("| bonsaidb |")
            .count(),
        14
    );
    assert_eq!(
        fs::read_to_string(path("svg"))
            .unwrap()
            .matches(r#"class="ours""#)
            .count(),
        13
    );
    assert_eq!(
        fs::read_dir(&databases).unwrap().count(),
        0,
        "nothing is left"
    );

    let again = bench(&["--from", &path("json"), "--markdown", &path("again")]);
    assert!(again.status.success());
    assert_eq!(
        fs::read(path("again")).unwrap(),
        fs::read(path("md")).unwrap()
    );
}

#[test]
fn what_comes_before_is_done_but_not_reported() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("json");
    let output = bench(&[
        "--only",
        "view-query",
        "--documents",
        "1500",
        "--seconds",
        "0.01",
        "--rounds",
        "1",
        "--folder",
        folder.path().to_str().unwrap(),
        "--json",
        json.to_str().unwrap(),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let json = serde_json::from_str::<Value>(&fs::read_to_string(json).unwrap()).unwrap();
    let rows = json["results"].as_array().unwrap().iter();
    let names = rows.map(|row| {
        (
            row["workload"].as_str().unwrap(),
            row["engine"].as_str().unwrap(),
        )
    });
    assert_eq!(
        names.collect::<Vec<_>>(),
        [("view-query", "raw"), ("view-query", "bonsaidb")]
    );
}

#[test]
fn a_mistake_on_the_command_line_is_told() {
    let output = bench(&["--only", "nothing"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing"));
}

//! Measures BonsaiDb of this repository against the bare disk. For other databases see `tools/bench-peers`.

use std::process::ExitCode;

fn main() -> ExitCode {
    bonsaidb_bench::main(&[bonsaidb_bench::this_bonsaidb()])
}

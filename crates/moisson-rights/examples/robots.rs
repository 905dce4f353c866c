//! Prints generated cases of robots.txt as JSON lines, with what our matcher says of each: other matchers are held against
//! them (`tests/third_party/robots.py`).

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::Write;

use moisson_rights::robots::Robots;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for case in common::Cases::new(2026, true).take(20_000) {
        let verdict = Robots::parse(case.file.as_bytes()).verdict(case.agent, &case.path);
        let line = serde_json::json!({
            "file": case.file,
            "agent": case.agent,
            "path": case.path,
            "allowed": verdict.allowed,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

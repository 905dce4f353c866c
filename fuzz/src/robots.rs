//! Feeds any bytes to the parser of robots.txt, and asks it about a path made of the last line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use moisson_rights::robots::Robots;

fuzz_target!(|bytes: &[u8]| {
    let path = bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let path = format!("/{}", String::from_utf8_lossy(path));
    let robots = Robots::parse(bytes);
    let _ = robots.verdict("moisson", &path);
    let _ = robots.crawl_delay("moisson");
});

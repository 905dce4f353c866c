//! Feeds any bytes to one reader, named by the environment variable `READER`, through the container as the engine
//! does: no crash, no hang, no memory beyond the limits, whatever comes in.
#![no_main]

use std::cell::RefCell;
use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use moisson_core::{Contents, Document, Fault, Limits, Result, Sink, Tombstone};
use moisson_ingest::{Include, ReadSeek, Reader, SourceFile, READERS, build, read_file};

/// Counts what a reader hands over, and holds it to its word: at least one record before anything of it.
#[derive(Default)]
struct Counting {
    records: u64,
}

impl Counting {
    fn one(&self) -> Result<()> {
        assert!(self.records > 0, "something came before its record");
        Ok(())
    }
}

impl Sink for Counting {
    fn begin_record(&mut self) -> Result<bool> {
        self.records += 1;
        Ok(true)
    }

    fn document(&mut self, _: Document) -> Result<()> {
        self.one()
    }

    fn fault(&mut self, fault: Fault) -> Result<()> {
        assert!(moisson_core::reason::find(fault.reason).is_some());
        if fault.whole_file { Ok(()) } else { self.one() }
    }

    fn tombstone(&mut self, _: Tombstone) -> Result<()> {
        self.one()
    }

    fn contents(&mut self, _: Contents) -> Result<()> {
        self.one()
    }
}

thread_local! {
    static READER: RefCell<Option<(Box<dyn Reader>, String)>> = const { RefCell::new(None) };
}

/// The reader that is fuzzed, and a name its files have.
fn reader() -> (Box<dyn Reader>, String) {
    // The hook of libfuzzer aborts at once; readers that take a panic of a library for a fault must get to see it. One
    // that nobody takes ends the fuzzer all the same.
    std::panic::set_hook(Box::new(|_| {}));
    let name = std::env::var("READER").expect("READER names a reader");
    let entry = READERS.iter().find(|entry| entry.name == name).expect("a known reader");
    let options = match name.as_str() {
        "csv" | "tsv" => serde_json::json!({"text": "{a}"}),
        "json" => serde_json::json!({"records": "$..*", "text": "$", "text_format": "html"}),
        "jsonl" => serde_json::json!({"text": "text"}),
        _ => serde_json::Value::Null,
    };
    let extension = entry.extensions.first().copied().unwrap_or("bin");
    let file = std::env::var("READER_FILE").unwrap_or_else(|_| format!("a.{extension}"));
    (build(&name, &options).expect("a reader without options"), file)
}

fuzz_target!(|bytes: &[u8]| {
    READER.with_borrow_mut(|slot| {
        let (reader, name) = slot.get_or_insert_with(reader);
        let limits = Limits {
            record_bytes_max: 1 << 20,
            depth_max: 64,
            expansion_ratio_max: 50,
            members_max: 1000,
        };
        let file = SourceFile {
            name,
            size: bytes.len() as u64,
            open: &|| Ok(Box::new(Cursor::new(bytes.to_vec())) as Box<dyn ReadSeek>),
        };
        let mut sink = Counting::default();
        read_file(reader.as_ref(), &file, &Include::default(), &limits, &mut sink)
            .expect("only the sink fails, and it does not");
    });
});

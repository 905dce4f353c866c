//! Limits on what one input may ask of us. Every limit is a setting and has a test.

/// Bounds that keep hostile or broken input from exhausting memory, disk or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "each is a greatest value, and says so last, with its unit"
)]
pub struct Limits {
    /// Largest raw record, in bytes; a larger one becomes `extract/too-large`, read in constant memory.
    pub record_bytes_max: u64,
    /// Deepest nesting of XML, HTML or JSON.
    pub depth_max: u32,
    /// Largest ratio of decompressed to compressed bytes of a file, once 16 MiB have come out of it.
    pub expansion_ratio_max: u64,
    /// Most members of one archive.
    pub members_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes_max: 64 << 20,
            depth_max: 256,
            expansion_ratio_max: 200,
            members_max: 50_000_000,
        }
    }
}

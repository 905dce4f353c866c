#!/usr/bin/env bash
# Fuzzes every reader, or those named, for SECONDS each (default 120), starting from its sample and from what earlier runs
# left in corpus/NAME. Needs a nightly toolchain and cargo-fuzz. What covers more is minimised into corpus/NAME, which the
# tests replay on stable Rust. A crash is kept in artifacts/NAME: once mended, it belongs into corpus/NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-120}
shift || true
readers=("$@")
if [ ${#readers[@]} -eq 0 ]; then
    mapfile -t readers < <(sed -n 's/^| \[`\([a-z0-9-]*\)`\].*/\1/p' docs/readers/README.md | grep -v '^parquet$')
fi
cargo +nightly fuzz build --sanitizer none reader
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
program=${CARGO_TARGET_DIR:-fuzz/target}/$host/release/reader
for reader in "${readers[@]}"; do
    new=$(mktemp -d)
    seeds=$(mktemp -d)
    mkdir -p "fuzz/corpus/$reader" "fuzz/artifacts/$reader"
    find "data-samples/$reader" -type f ! -name '*.py' ! -name PROVENANCE.md -size -200k -exec cp -t "$seeds" {} + 2>/dev/null || true
    echo "== $reader: $seconds s"
    READER=$reader "$program" "$new" "$seeds" "fuzz/corpus/$reader" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=65536 -artifact_prefix="fuzz/artifacts/$reader/" -print_final_stats=1 2>&1 | tail -8 || true
    # The smallest set of small inputs that covers what was found: kept in the repository, so few and small.
    READER=$reader "$program" -merge=1 -max_len=2048 "fuzz/corpus/$reader" "$new" > /dev/null 2>&1 || true
    find "fuzz/corpus/$reader" -type f -size +2k -delete
    # Names are digests, so the first forty are any forty; those with a name of words were put there by hand.
    (cd "fuzz/corpus/$reader" && find . -type f -regextype posix-extended -regex './[0-9a-f]{40}' | sort | tail -n +41 | xargs -r rm)
    rm -rf "$new" "$seeds"
done

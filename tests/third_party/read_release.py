"""Opens a release with the readers its users have, and checks it with nothing of moisson's own.

    python read_release.py OUT

pyarrow, DuckDB, Polars and Hugging Face datasets must agree on the rows; no row may lack a licence that is on the list
below; every digest is computed again with the standard library's relatives; the books must balance.
"""

import json
import pathlib
import sys

import blake3
import datasets
import duckdb
import polars
import pyarrow.parquet
import yaml

# Identifiers that a release may carry, written out here on purpose: not read from moisson's catalogue.
OPEN = {
    "CC0-1.0", "CC-PDM-1.0", "PDDL-1.0", "LicenseRef-moisson-public-domain", "LicenseRef-moisson-official-act-fr",
    "etalab-2.0", "LicenseRef-moisson-licence-ouverte-1.0", "ODC-By-1.0", "OGL-UK-3.0", "ODbL-1.0",
    *(f"CC-BY-{v}" for v in ("1.0", "2.0", "2.5", "3.0", "4.0")),
    *(f"CC-BY-SA-{v}" for v in ("1.0", "2.0", "2.5", "3.0", "4.0")),
    "CC-BY-3.0-IGO", "CC-BY-SA-3.0-IGO", "GFDL-1.3-or-later", "MIT", "Apache-2.0",
}


def identifiers(expression: str) -> set[str]:
    for mark in "()":
        expression = expression.replace(mark, " ")
    return {word for word in expression.split() if word not in {"AND", "OR", "WITH"}}


def main(out: pathlib.Path) -> None:
    release = out / "release"
    manifest = json.loads((release / "manifest.json").read_text())
    shards = [release / shard["path"] for shard in manifest["shards"]]
    assert shards, "the release is empty"

    tables = [pyarrow.parquet.read_table(shard) for shard in shards]
    rows = sum(table.num_rows for table in tables)
    assert rows == manifest["totals"]["released"], (rows, manifest["totals"])

    licences: dict[str, int] = {}
    ids = set()
    for shard, table in zip(manifest["shards"], tables, strict=True):
        metadata = pyarrow.parquet.ParquetFile(release / shard["path"]).metadata.metadata
        assert metadata[b"moisson.schema_version"] == b"1"
        for row in table.select(["doc_id", "text", "licence", "text_digest", "attribution"]).to_pylist():
            assert row["licence"], f"{row['doc_id']}: no licence"
            unknown = identifiers(row["licence"]) - OPEN
            assert not unknown, f"{row['doc_id']}: {unknown}"
            assert row["text"], f"{row['doc_id']}: no text"
            assert blake3.blake3(row["text"].encode()).hexdigest() == row["text_digest"], row["doc_id"]
            assert row["doc_id"] not in ids, f"{row['doc_id']}: twice"
            ids.add(row["doc_id"])
            licences[row["licence"]] = licences.get(row["licence"], 0) + 1
        digest = blake3.blake3((release / shard["path"]).read_bytes()).hexdigest()
        assert digest == shard["file_digest"], shard["path"]

    glob = str(release / "data" / "**" / "*.parquet")
    counted = duckdb.sql(f"SELECT count(*), count(DISTINCT doc_id) FROM read_parquet('{glob}')").fetchall()
    assert counted == [(rows, rows)], counted
    assert polars.scan_parquet(glob).select(polars.len()).collect().item() == rows

    ledger = str(out / "ledger" / "**" / "*.parquet")
    if manifest["ledger"]:
        dropped = duckdb.sql(
            f"SELECT reason, count(*) FROM read_parquet('{ledger}') WHERE counted GROUP BY reason"
        ).fetchall()
        assert dict(dropped) == manifest["totals"]["dropped"], dropped
        orphans = duckdb.sql(
            f"SELECT count(*) FROM read_parquet('{ledger}') WHERE kept_doc_id IS NOT NULL AND kept_doc_id NOT IN "
            f"(SELECT doc_id FROM read_parquet('{glob}'))"
        ).fetchall()
        assert orphans == [(0,)], f"{orphans} receipts point at documents that are not released"
    books = [manifest["totals"], *(books for _, books in manifest["sources"])]
    for account in books:
        assert account["read"] == account["released"] + sum(account["dropped"].values()), account

    front = yaml.safe_load((release / "README.md").read_text().split("---")[1])
    loaded = 0
    for config in front["configs"]:
        dataset = datasets.load_dataset(str(release), config["config_name"])
        loaded += sum(split.num_rows for split in dataset.values())
    assert loaded == rows, (loaded, rows)
    default = datasets.load_dataset(str(release))
    assert sum(split.num_rows for split in default.values()) > 0
    assert (release / "ATTRIBUTION.md").read_text().strip()
    print(f"{rows} rows in {len(shards)} shards, {len(front['configs'])} configs, licences: {licences}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

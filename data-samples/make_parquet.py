#!/usr/bin/env python3
"""Writes parquet/rapports.parquet from prose.py. Needs pyarrow 17 or later.

    python3 data-samples/make_parquet.py
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import prose

GROUPS = [(0, 2, 3, 6), (1, 4, 7, 5), (3, 7, 0, 4), (5, 6, 1, 2), (4, 0, 6, 1), (7, 3, 5, 2)]


def main():
    rows = [
        {
            "ark": f"ark:/99999/r{number:04}",
            "titre": f"Rapport de tournée, printemps {1880 + number}",
            "annee": 1880 + number,
            "texte": "\n\n".join(prose.OLD_REPORTS[n] for n in group),
            "licence": "https://creativecommons.org/publicdomain/mark/1.0/",
        }
        for number, group in enumerate(GROUPS, start=1)
    ]
    path = Path(__file__).parent / "parquet" / "rapports.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd", row_group_size=3)


if __name__ == "__main__":
    main()

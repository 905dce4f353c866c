"""Validates every SPDX identifier and expression that moisson can emit with license-expression.

    python spdx.py MOISSON

Identifiers, and the expressions of licences whose version is not stated, come from `moisson list licences --format json`.
`LicenseRef-moisson-…` are ours, so the library cannot know them: each must be well-formed and have a page with its text.
The joined forms that statements and layers can lead to (`AND`, `OR`, `WITH`, in parentheses) are made of all neighbours.
"""

import json
import subprocess
import sys

from license_expression import ExpressionError, get_spdx_licensing

OWN = "LicenseRef-moisson-"
IDS_MIN = 90
# On the SPDX list since a later version than the one the library carries; the `spdx` crate knows them.
NEWER = {"CC-BY-NC-3.0-IGO"}


def main(program: str) -> None:
    def ask(*arguments: str) -> str:
        return subprocess.run([program, "list", "licences", *arguments], check=True, capture_output=True, text=True).stdout

    rows = [json.loads(line) for line in ask("--format", "json").splitlines()]
    ids = [row["id"] for row in rows]
    assert len(ids) >= IDS_MIN and len(set(ids)) == len(ids), len(ids)
    licensing = get_spdx_licensing()
    known = set(licensing.known_symbols)
    assert not NEWER & known, f"the library knows {NEWER & known} now: take them out of NEWER"
    own = [name for name in ids if name.startswith(OWN)]
    for name in ids:
        if name in own:
            assert f"# {name}\n" in ask(name), name
        elif name not in NEWER:
            assert name in known, f"{name} is no SPDX identifier"
            assert not licensing.known_symbols[name].is_exception, name

    expressions = [*ids, *(row["without version"] for row in rows if row["without version"])]
    for left, right in zip(ids, ids[1:] + ids[:1]):
        expressions += [f"{left} AND {right}", f"({left} OR {right}) AND {left}"]
    expressions += [f"{name} WITH Classpath-exception-2.0" for name in ids if name.startswith("GPL-")]
    for expression in expressions:
        try:
            parsed = licensing.parse(expression, validate=False, strict=True)
        except ExpressionError as error:
            raise AssertionError(f"{expression}: {error}") from error
        unknown = [key for key in licensing.unknown_license_keys(parsed) if key not in own and key not in NEWER]
        assert not unknown, (expression, unknown)
        assert set(licensing.license_keys(parsed)) <= known | set(own) | NEWER, expression
    # The oracle itself refuses what it should refuse.
    assert licensing.unknown_license_keys("CC-BY-7.0") == ["CC-BY-7.0"]
    print(f"{len(ids)} identifiers ({len(own)} of our own), {len(set(expressions))} expressions")


if __name__ == "__main__":
    main(sys.argv[1])

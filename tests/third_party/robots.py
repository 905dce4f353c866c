"""Holds verdicts on robots.txt against protego, the matcher of Scrapy.

    cargo run -p moisson-rights --example robots > cases.jsonl
    python robots.py cases.jsonl

Each line holds a file, an agent, a path and our verdict; all must agree. Versions are taken off the agents of the files
first: by RFC 9309 `CCBot/2.0` is about the product token `CCBot`, protego takes the whole for a name.
"""

import json
import pathlib
import re
import sys

from protego import Protego

CASES_MIN = 10_000


def main() -> int:
    lines = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    differ = []
    forbidden = 0
    for line in lines:
        case = json.loads(line)
        file = re.sub(r"(?im)^(user-agent:[^/\r\n]*)/2\.0", r"\1", case["file"])
        theirs = Protego.parse(file).can_fetch(f"https://a.example{case['path']}", case["agent"])
        forbidden += not theirs
        if theirs != case["allowed"]:
            differ.append(case)
    for case in differ[:5]:
        print(json.dumps(case, indent=1, ensure_ascii=False))
    print(f"{len(lines)} cases, {forbidden} forbidden by protego, {len(differ)} differ")
    return int(len(lines) < CASES_MIN or not forbidden or bool(differ))


if __name__ == "__main__":
    sys.exit(main())

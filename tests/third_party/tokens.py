"""Counts the tokens of a release with the libraries that the tokenizers come from.

    python tokens.py MOISSON PIPELINE SAMPLES

Two small byte-level BPE models are trained on the samples with the library `tokenizers`, cut as GPT-2 and as GPT-4 cut, and
`mistral-common` brings real `tekken.json` files. moisson runs the pipeline with each; for every released document the column `tokens` must hold what the library counts in `text`, and the sums must be those of the
manifest and of the card.
"""

import importlib.resources
import json
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable

import pyarrow.parquet
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

# What GPT-4 and those after it split text by.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# Texts on which tokenizers have been seen to differ.
HARD = [
    "a</s>b <s>x <|endoftext|>fin",
    "[INST] une consigne [/INST]",
    "e\u0301 ﬁ ½ ① \u200b x ﷺ Ǆ",
    "日本語 テキスト 123456789",
    "😀😀 essai\r\n\r\n  fin  ",
    "a" * 5000,
    "1" * 999,
    "\t\t x\n\n\n   y",
    "l'été’d’avant — « oui » ; « non »…",
]


def texts(samples: pathlib.Path) -> list[str]:
    files = [*samples.glob("markdown/**/*.md"), *samples.glob("text/*.txt"), *samples.glob("html/*.html")]
    assert files, f"no samples in {samples}"
    return [file.read_text(encoding="utf-8", errors="replace") for file in sorted(files)]


def byte_level(samples: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1000,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(samples, trainer)
    return tokenizer


def split_by_pattern(samples: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(samples, trainer)
    return tokenizer


def released(out: pathlib.Path) -> tuple[dict, dict[str, tuple[str, int | None, str]]]:
    manifest = json.loads((out / "release/manifest.json").read_text())
    rows = {}
    for shard in manifest["shards"]:
        table = pyarrow.parquet.read_table(out / "release" / shard["path"], columns=["doc_id", "text", "tokens", "source"])
        for row in table.to_pylist():
            rows[row["doc_id"]] = (row["text"], row["tokens"], row["source"])
    return manifest, rows


def run(program: str, pipeline: str, out: pathlib.Path, *arguments: str) -> None:
    command = [program, "run", pipeline, "--out", str(out), "--progress", "none", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def hard_pipeline(folder: pathlib.Path) -> str:
    lines = (json.dumps({"id": str(at), "text": text}) + "\n" for at, text in enumerate(HARD))
    (folder / "hard.jsonl").write_text("".join(lines))
    pipeline = folder / "hard.toml"
    pipeline.write_text(
        "name = 'hard'\ntier = 'attribution'\naccept_assumed = true\n[alarm]\nshare_max = 1.0\n"
        f"[source.hard]\npath = '{folder}/hard.jsonl'\nreader = 'jsonl'\noptions = {{ id = 'id', text = 'text' }}\n"
        "licence = { work = 'etalab-2.0', reason = 'ours' }\n"
    )
    return str(pipeline)


def check(name: str, out: pathlib.Path, count: Callable[[str], int]) -> None:
    manifest, rows = released(out)
    wrong = {
        doc_id: (found, count(text)) for doc_id, (text, found, _) in rows.items() if found != count(text)
    }
    assert not wrong, f"{name}: {len(wrong)} of {len(rows)} documents differ: {list(wrong.items())[:5]}"
    by_source: dict[str, int] = {}
    for _, tokens, source in rows.values():
        by_source[source] = by_source.get(source, 0) + tokens
    told: dict[str, int] = {}
    for line in manifest["facts"]:
        told[line["source"]] = told.get(line["source"], 0) + line.get("tokens", 0)
    assert told == by_source, (name, told, by_source)
    total = sum(by_source.values())
    card = (out / "release/README.md").read_text()
    assert f"The texts come to {total:,} tokens" in card, name
    for source, tokens in by_source.items():
        assert re.search(rf"^- `{source}`.*, {tokens:,} tokens,", card, re.MULTILINE), (name, source)
    assert manifest["models"]["tokens"]
    print(f"{name}: {len(rows)} documents, {total:,} tokens, all equal")


def main(program: str, pipeline: str, samples: pathlib.Path) -> None:
    trained_on = texts(samples)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        counters: dict[str, tuple[pathlib.Path, Callable[[str], int]]] = {}
        for name, train in [("byte-level", byte_level), ("split-by-pattern", split_by_pattern)]:
            tokenizer = train(trained_on)
            file = folder / name / "tokenizer.json"
            file.parent.mkdir()
            tokenizer.save(str(file))
            counters[name] = (file, lambda text, t=tokenizer: len(t.encode(text, add_special_tokens=False).ids))
        packaged = importlib.resources.files("mistral_common") / "data"
        for file in sorted(packaged.glob("tekken_*.json")):
            tekken = Tekkenizer.from_file(file)
            counters[file.stem] = (file, lambda text, t=tekken: len(t.encode(text, bos=False, eos=False)))
        assert len(counters) > 2, "mistral-common brings no tekken file"
        for name, (file, count) in counters.items():
            for which in (pipeline, hard_pipeline(folder)):
                out = folder / f"{name}-{pathlib.Path(which).stem}"
                run(program, which, out, "--set", f"tokens.tokenizer={file}")
                check(out.name, out, count)
        # Without a tokenizer nothing is counted, and nothing is told.
        run(program, pipeline, folder / "none")
        manifest, rows = released(folder / "none")
        assert all(tokens is None for _, tokens, _ in rows.values())
        assert "tokens" not in manifest["models"] and "come to" not in (folder / "none/release/README.md").read_text()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))

"""Has every document about a release checked by a program that is not ours.

    python documents.py PROGRAM OUT

Writes the documents with what a publisher would state, and has each read by the validator its readers use; then breaks a
copy, and the validator must refuse that. $MOISSON_REFERENCE holds the SHACL shapes of DCAT-AP and the JSON Schemas of the
Dataspace Protocol; without it those two checks say that they are skipped. Asks no server.
"""

import copy
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import jsonschema
import prov.model
import pyarrow.parquet
import rdflib
import rdflib.compare
import referencing
import yaml
from huggingface_hub import DatasetCard

HERE = pathlib.Path(__file__).parent
STATED = {
    "publication.publisher": "Institut \\\"d'essai\\\" <b>| de l'Aune",
    "publication.publisher_url": "https://institut.example.org",
    "publication.contact": "contact@institut.example.org",
    "publication.creator": "Atelier des corpus",
    "publication.landing_page": "https://institut.example.org/corpus",
    "publication.base_url": "https://data.example.org/corpus",
    "publication.participant_id": "did:web:institut.example.org",
    "publication.connector_url": "https://connector.example.org/protocol",
    "publication.version": "1.2.0",
    "publication.date": "2026-11-01",
    "publication.themes": ["JUST", "GOVE"],
    "publication.frequency": "MONTHLY",
    "publication.keywords_fr": ["droit", "débats"],
    "publication.keywords_en": ["law"],
    "publication.hvd_category": "http://data.europa.eu/bna/c_a9135398",
}
ATTESTED = {
    "attestations.provider": "Institut d'essai, contact@institut.example.org",
    "attestations.model_names": ["modele-essai-1"],
    "attestations.placed_on_market": "01/12/2026",
    "attestations.latest_acquisition": "10/2026",
    "attestations.illegal_content": "Sources are official publications.",
    "attestations.public_datasets": "yes",
    **{
        f"attestations.{name}": "no"
        for name in (
            "continuous_training licensed_datasets private_datasets crawlers user_interactions product_interactions "
            "synthetic_data other_sources code_of_practice"
        ).split()
    },
}


class Refused(Exception):
    """A validator says no."""


def offline(*_args, **_kwargs):
    raise OSError("a document made its reader ask a server")


def publish(program: str, out: pathlib.Path, to: pathlib.Path, settings: dict) -> pathlib.Path:
    """Writes all documents below `to`."""
    command = [program, "publish", str(out), "--as", "all", "--to", str(to), "--format", "json"]
    for key, value in settings.items():
        value = f'"{value}"' if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        command += ["--set", f"{key}={value}"]
    written = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for file in written["files"]:
        assert (to / file["path"]).is_file(), file
    return to


def tool(*command: str) -> str:
    """Runs a command of this environment; a failure is a refusal."""
    path = pathlib.Path(sys.executable).parent / command[0]
    done = subprocess.run([str(path), *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stdout + done.stderr)
    return done.stdout


def refuses(check, *arguments) -> None:
    """The negative control: a broken copy must be refused."""
    try:
        check(*arguments)
    except (Refused, jsonschema.ValidationError, ValueError, KeyError, TypeError) as refusal:
        assert str(refusal), "refused without a word"
        return
    raise AssertionError(f"{check.__name__} accepted a broken copy")


def load(path: pathlib.Path):
    return json.loads(path.read_text(encoding="utf-8"))


def croissant(page: dict, folder: pathlib.Path) -> dict[str, int]:
    """mlcroissant: no error, and the records of every family load from the files beside it."""
    import mlcroissant

    path = folder / "croissant.json"
    path.write_text(json.dumps(page), encoding="utf-8")
    try:
        dataset = mlcroissant.Dataset(jsonld=path)
    except mlcroissant.ValidationError as error:
        raise Refused(str(error)) from error
    counts = {}
    for record_set in dataset.metadata.record_sets:
        count = 0
        for record in dataset.records(record_set.uuid):
            assert record[f"{record_set.uuid}/text"], record
            count += 1
        counts[record_set.name if isinstance(record_set.name, str) else record_set.uuid] = count
    return counts


def shacl(turtle: str, shapes: list[pathlib.Path]) -> None:
    import pyshacl

    graph = rdflib.Graph().parse(data=turtle, format="turtle")
    for path in shapes:
        rules = rdflib.Graph().parse(path, format="turtle")
        # Shapes may import the ontologies they are about from the web; they are checked without.
        rules.remove((None, rdflib.OWL.imports, None))
        conforms, _, report = pyshacl.validate(graph, shacl_graph=rules)
        if not conforms:
            raise Refused(f"{path.name}: {report}")


def dcat(folder: pathlib.Path, reference: pathlib.Path | None) -> str:
    turtle = (folder / "metadata/dcat-ap.ttl").read_text(encoding="utf-8")
    both_forms(turtle, (folder / "metadata/dcat-ap.jsonld").read_text(encoding="utf-8"))
    if reference is None:
        return "Turtle and JSON-LD agree; skipped: no SHACL shapes, MOISSON_REFERENCE is not set"
    shapes = sorted(reference.glob("dcat-ap/*.ttl"))
    assert len(shapes) >= 4, shapes
    shacl(turtle, shapes)
    for lost in (
        "http://purl.org/dc/terms/publisher",
        "http://www.w3.org/ns/dcat#accessURL",
        "http://spdx.org/rdf/terms#checksumValue",
        "http://data.europa.eu/r5r/hvdCategory",
    ):
        broken = rdflib.Graph().parse(data=turtle, format="turtle")
        assert (None, rdflib.URIRef(lost), None) in broken, lost
        broken.remove((None, rdflib.URIRef(lost), None))
        refuses(shacl, broken.serialize(format="turtle"), shapes)
    return f"conforms to {', '.join(path.name for path in shapes)}; Turtle and JSON-LD agree"


def both_forms(turtle: str, json_ld: str) -> None:
    first = rdflib.Graph().parse(data=turtle, format="turtle")
    second = rdflib.Graph().parse(data=json_ld, format="json-ld")
    assert len(first) > 20
    same = rdflib.compare.isomorphic(first, second)
    if not same:
        _, left, right = rdflib.compare.graph_diff(first, second)
        raise Refused(f"only in Turtle: {list(left)[:3]}; only in JSON-LD: {list(right)[:3]}")


def dsp_validator(reference: pathlib.Path) -> jsonschema.Draft201909Validator:
    schemas = [load(path) for path in sorted(reference.glob("dsp/*/*.json"))]
    resources = [(schema["$id"], referencing.Resource.from_contents(schema)) for schema in schemas]
    registry = referencing.Registry().with_resources(resources)
    root = next(schema for schema in schemas if schema["title"] == "CatalogSchema")
    return jsonschema.Draft201909Validator(root, registry=registry)


def dsp(catalogue: dict, reference: pathlib.Path | None) -> str:
    if reference is None:
        return "skipped: no JSON Schemas, MOISSON_REFERENCE is not set"
    check = dsp_validator(reference).validate
    check(catalogue)

    def broken(change) -> dict:
        page = copy.deepcopy(catalogue)
        change(page)
        return page

    refuses(check, broken(lambda page: page.pop("participantId")))
    refuses(check, broken(lambda page: page["dataset"][0]["hasPolicy"][0].update(target="urn:x")))
    refuses(check, broken(lambda page: page["dataset"][0]["distribution"][0].pop("format")))
    offers = [offer for dataset in catalogue["dataset"] for offer in dataset["hasPolicy"]]
    return f"{len(catalogue['dataset'])} datasets, {len(offers)} offers"


def edc(folder: pathlib.Path) -> str:
    """The models of edc-client must take each request and give it back unchanged."""
    from edc_client.models.asset_input_v3 import AssetInputV3
    from edc_client.models.contract_definition_input_v3 import ContractDefinitionInputV3
    from edc_client.models.policy_definition_input_v3 import PolicyDefinitionInputV3

    kinds = {
        "asset": AssetInputV3,
        "policy-definition": PolicyDefinitionInputV3,
        "contract-definition": ContractDefinitionInputV3,
    }
    required = {"asset": "dataAddress", "policy-definition": "policy", "contract-definition": "accessPolicyId"}
    seen, ids = 0, {}
    for kind, model in kinds.items():
        for path in sorted((folder / "metadata/edc").glob(f"*.{kind}.json")):
            request = load(path)
            # The client's model of a criterion takes objects only, though the client itself sends texts, as EDC's
            # documentation shows them.
            sent = copy.deepcopy(request)
            for criterion in sent.get("assetsSelector", []):
                for side in ("operandLeft", "operandRight"):
                    assert isinstance(criterion[side], str), criterion
                    criterion[side] = {"@value": criterion[side]}
            again = json.loads(model.from_json(json.dumps(sent)).to_json())
            for key in request:
                assert key in again, f"{path.name}: {key} is lost"
            refuses(model.from_dict, {key: value for key, value in request.items() if key != required[kind]})
            ids[request["@id"]] = request
            seen += 1
    for request in ids.values():
        if request["@type"] == "ContractDefinition":
            assert ids[request["contractPolicyId"]]["@type"] == "PolicyDefinition"
            assert ids[request["assetsSelector"][0]["operandRight"]]["@type"] == "Asset"
    assert seen and seen % 3 == 0, seen
    return f"{seen} requests"


def ours(name: str, pages: list[dict], lost: str) -> str:
    check = jsonschema.Draft202012Validator(load(HERE / "schemas" / name)).validate
    for page in pages:
        check(page)
        broken = {key: value for key, value in page.items() if key != lost}
        refuses(check, broken)
    return f"{len(pages)} documents by our own schema, since no validator is published"


def ai_act(folder: pathlib.Path, unattested: pathlib.Path) -> str:
    path = folder / "metadata/ai-act/summary.yaml"
    told = tool("corpuscard", "check", str(path))
    assert "ERROR" not in told, told
    page = tool("corpuscard", "generate", str(path))
    manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert manifest == load(folder / "metadata/ai-act/summary.json")
    sources = manifest["data_sources"]["publicly_available_datasets"]["large_datasets"]
    for source in sources:
        assert source["identifier_or_name"] in page, source
    # Nobody attested anything: every answer says so, and the checker takes none of them for an answer.
    nothing = unattested / "metadata/ai-act/summary.yaml"
    refuses(tool, "corpuscard", "check", str(nothing))
    answers = yaml.safe_load(nothing.read_text(encoding="utf-8"))["data_sources"]
    assert answers["crawled_data"]["crawlers_used"] == "to be provided"
    assert answers["publicly_available_datasets"]["used"] == "to be provided"
    for language, missing in (("fr", "à compléter"), ("en", "to be provided")):
        assert missing in (unattested / f"metadata/ai-act/summary.{language}.md").read_text(encoding="utf-8")
    return f"checked and generated; {len(sources)} large sources; unattested answers refused"


def card(release: pathlib.Path, text: str) -> str:
    """The front matter as the Hub's own library reads it, against the files."""
    data = DatasetCard(text).data
    rows = 0
    for config in data.configs:
        for part in config["data_files"]:
            rows += sum(pyarrow.parquet.ParquetFile(release / path).metadata.num_rows for path in part["path"])
    told = {info["config_name"]: info for info in data.dataset_info} if data.dataset_info else {}
    for name, info in told.items():
        columns = [feature["name"] for feature in info["features"]]
        shard = next((release / "data" / name).glob("*.parquet"))
        assert columns == pyarrow.parquet.read_schema(shard).names, columns
    if told and sum(split["num_examples"] for info in told.values() for split in info["splits"]) != rows:
        raise Refused(f"dataset_info does not tell {rows} rows")
    assert told, "no dataset_info"
    return f"{len(data.configs)} configurations, {rows} rows, licences {data.license}"


def provenance(folder: pathlib.Path) -> str:
    text = (folder / "metadata/prov.json").read_text(encoding="utf-8")
    document = prov.model.ProvDocument.deserialize(content=text, format="json")
    records = list(document.get_records())
    used = [record for record in records if isinstance(record, prov.model.ProvUsage)]
    graph = rdflib.Graph().parse(folder / "metadata/prov.ttl", format="turtle")
    told = list(graph.subject_objects(rdflib.PROV.used))
    assert len(used) == len(told) > 0, (len(used), len(told))
    broken = json.loads(text)
    broken["nonsense"] = {"r:x": {"prov:activity": "unknown:run"}}

    def read(page: dict) -> None:
        try:
            prov.model.ProvDocument.deserialize(content=json.dumps(page), format="json")
        except Exception as error:
            raise Refused(repr(error)) from error

    refuses(read, broken)
    return f"{len(records)} records, {len(used)} sources used, as in the Turtle"


def spdx(page: dict) -> str:
    from license_expression import get_spdx_licensing

    licensing = get_spdx_licensing()
    expressions = {family["expression"] for family in page["families"]}
    expressions |= {one for family in page["families"] for one in family["documents"]}
    own = {name for name, licence in page["licences"].items() if not licence["listed"]}

    def check(expression: str) -> None:
        parsed = licensing.validate(expression)
        unknown = set(parsed.invalid_symbols) - own
        if unknown or (parsed.errors and not parsed.invalid_symbols):
            raise Refused(f"{expression}: {parsed.errors}")

    for expression in expressions:
        check(expression)
    refuses(check, "CC-BY-4.0 AND Licence-du-voisin-9.9")
    refuses(check, "CC-BY-4.0 AND (MIT")
    return f"{len(expressions)} expressions, {len(own)} licences of our own"


def attributions(folder: pathlib.Path, rows: int) -> str:
    entries = load(folder / "ATTRIBUTION.json")["attributions"]
    assert sum(entry["documents"] for entry in entries) == rows
    return f"{len(entries)} entries that add up to {rows} documents"


def main(program: str, out: pathlib.Path) -> None:
    reference = os.environ.get("MOISSON_REFERENCE")
    reference = pathlib.Path(reference) if reference else None
    release = out / "release"
    manifest = load(release / "manifest.json")
    socket.getaddrinfo = offline
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        stated = publish(program, out, work / "stated", STATED | ATTESTED)
        bare = publish(program, out, work / "bare", {})

        def say(name: str, told: str) -> None:
            print(f"{name}: {told}", flush=True)

        # Without an address the paths are relative: the page stands beside links to the shards.
        shutil.copytree(release / "data", work / "beside/data")
        page = load(bare / "croissant.json")
        page["datePublished"] = page.get("datePublished", "2026-11-01")
        counts = croissant(page, work / "beside")
        assert sum(counts.values()) == manifest["totals"]["released"], counts
        for lost in ("@type", "distribution"):
            refuses(croissant, {key: value for key, value in page.items() if key != lost}, work / "beside")
        broken = copy.deepcopy(page)
        broken["recordSet"][0]["field"][0]["source"]["fileSet"]["@id"] = "nowhere"
        refuses(croissant, broken, work / "beside")
        print(tool("mlcroissant", "validate", "--jsonld", str(stated / "croissant.json")).strip(), end="")
        say("croissant", f"mlcroissant validates, {sum(counts.values())} records of {len(counts)} families load")

        say("dcat-ap", dcat(stated, reference))
        say("dcat-ap, nothing stated", dcat_bare(bare, reference))
        say("dsp", dsp(load(stated / "metadata/dsp-catalogue.json"), reference))
        say("edc", edc(stated))
        pages = [load(path) for path in sorted((stated / "metadata/prometheus-x").glob("*.json"))]
        say("prometheus-x", ours("prometheus-x.schema.json", pages, "name"))
        offers = load(stated / "metadata/odrl.jsonld")
        assert len(rdflib.Graph().parse(data=json.dumps(offers), format="json-ld")) > 5
        say("odrl", ours("odrl.schema.json", [offers], "@graph"))
        say("ai-act", ai_act(stated, bare))
        text = (stated / "README.md").read_text(encoding="utf-8")
        say("card", card(release, text))
        refuses(card, release, text.replace("num_examples: ", "num_examples: 1", 1))
        say("prov", provenance(stated))
        say("spdx", spdx(load(stated / "metadata/licences.spdx.json")))
        say("attribution", attributions(stated, manifest["totals"]["released"]))


def dcat_bare(folder: pathlib.Path, reference: pathlib.Path | None) -> str:
    """What a publisher who states nothing gets is still DCAT-AP, but no high-value dataset."""
    if reference is None:
        return "skipped: no SHACL shapes, MOISSON_REFERENCE is not set"
    shapes = [path for path in sorted(reference.glob("dcat-ap/*.ttl")) if not path.name.startswith("hvd")]
    shacl((folder / "metadata/dcat-ap.ttl").read_text(encoding="utf-8"), shapes)
    return f"conforms to {', '.join(path.name for path in shapes)}"


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))

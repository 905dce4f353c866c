#!/usr/bin/env python3
"""Writes the samples of this folder, the same bytes each time. Standard library only."""

import gzip
import zlib
from pathlib import Path

HERE = Path(__file__).parent
WHEN = "2025-03-14T09:30:00Z"


def member(data):
    """One gzip member, as crawlers write one a record."""
    return gzip.compress(data, 9, mtime=0)


def record(kind, fields, block, version="1.0"):
    head = [f"WARC/{version}", f"WARC-Type: {kind}", *fields, f"Content-Length: {len(block)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def ident(number):
    return f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012d}>"


def http(status, fields, body):
    return "\r\n".join([f"HTTP/1.1 {status}", *fields]).encode() + b"\r\n\r\n" + body


def response(number, url, answer, when=WHEN, more=()):
    fields = [f"WARC-Target-URI: {url}", f"WARC-Date: {when}", ident(number), *more]
    return record("response", [*fields, "Content-Type: application/http; msgtype=response"], answer)


def chunked(body):
    parts = [body[at : at + 400] for at in range(0, len(body), 400)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def page(title, paragraphs, head="", footer=""):
    text = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><title>{title}</title>{head}</head>
<body>
<nav><ul><li><a href="/">Accueil</a></li><li><a href="/ville">La ville</a></li><li><a href="/agenda">Agenda</a></li></ul></nav>
<main>
<h1>{title}</h1>
{text}
</main>
<footer>Mairie de Pontvert, place de l'Écluse. {footer}</footer>
</body>
</html>
"""


BUDGET = [
    "Le conseil municipal a adopté le budget de l'année, en équilibre à quatre millions d'euros. Les dépenses d'école "
    "augmentent d'un dixième, parce que deux classes ouvrent à la rentrée et que la cantine passe aux produits locaux.",
    "L'entretien des berges est confié au syndicat de rivière. La commune lui verse une contribution calculée sur la "
    "longueur des rives, et reçoit en retour un compte rendu annuel que chacun peut lire en mairie.",
]
BUDGET_CORRECTED = [BUDGET[0], BUDGET[1].replace("annuel que", "semestriel que")]
MARKET = [
    "Le marché du samedi s'installe désormais sous la halle rénovée. Les emplacements sont attribués pour l'année, les "
    "producteurs de la vallée ayant la priorité. Deux bancs restent libres pour les ventes d'un jour.",
    "La halle est fermée aux voitures de six heures à quatorze heures. Un parc à vélos a été posé côté canal.",
]
LIBRARY = [
    "La médiathèque rouvre après trois semaines de travaux. La salle de lecture a été repeinte, la lumière y est plus "
    "douce, et un fonds de livres en breton et en occitan a rejoint les rayons.",
]
SITTING = [
    "La séance du conseil du mois de mars a porté sur la réfection de la passerelle. Après l'exposé des travaux, les "
    "élus ont voté à l'unanimité le principe d'une consultation des entreprises.",
]


def capture():
    base = "https://www.pontvert.example"
    info = b"software: invented 1.0\r\nformat: WARC File Format 1.1\r\nrobots: classic\r\n"
    yield record("warcinfo", [f"WARC-Date: {WHEN}", ident(1), "Content-Type: application/warc-fields"], info, "1.1")
    rules = b"User-agent: CCBot\nUser-agent: GPTBot\nDisallow: /avis\n\nUser-agent: *\nDisallow: /prive/\n"
    yield response(13, f"{base}/robots.txt", http("200 OK", ["Content-Type: text/plain"], rules))
    request = b"GET /budget HTTP/1.1\r\nHost: www.pontvert.example\r\n\r\n"
    yield record(
        "request",
        [f"WARC-Target-URI: {base}/budget", f"WARC-Date: {WHEN}", ident(2), "Content-Type: application/http; msgtype=request"],
        request,
    )
    licence = '<link rel="license" href="https://www.etalab.gouv.fr/licence-ouverte-open-licence">'
    first = page("Le budget de la commune", BUDGET, licence).encode()
    html = ["Content-Type: text/html; charset=utf-8"]
    yield response(3, f"{base}/budget", http("200 OK", [*html, "Transfer-Encoding: chunked"], chunked(first)))
    # Chunked is stated and not there; the body is packed.
    market = gzip.compress(page("Le marché", MARKET).encode(), 9, mtime=0)
    fields = [
        *html,
        "Transfer-Encoding: chunked",
        "Content-Encoding: gzip",
        'Link: <https://creativecommons.org/licenses/by-sa/4.0/>; rel="license"',
        "X-Robots-Tag: noai",
        "TDM-Reservation: 1",
        "TDM-Policy: https://www.pontvert.example/tdm.json",
    ]
    digest = "WARC-Payload-Digest: sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    yield response(4, f"{base}/marche", http("200 OK", fields, market), more=[digest])
    # The older kind of server: Latin-1 in the field, raw deflate, bare line feeds in the head.
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = page("La médiathèque", LIBRARY).replace('<meta charset="utf-8">', "").encode("latin-1")
    body = packer.compress(body) + packer.flush()
    answer = http("200 OK", ["Content-Type: text/html; charset=ISO-8859-1", "Content-Encoding: deflate"], b"")
    yield response(5, f"<{base}/médiathèque et salle>", answer.replace(b"\r\n", b"\n") + body)
    yield response(6, f"{base}/absent", http("404 Not Found", html, page("Page introuvable", ["Cette page n'existe pas."]).encode()))
    yield response(7, f"{base}/plan.png", http("200 OK", ["Content-Type: image/png"], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))
    yield response(8, f"{base}/br", http("200 OK", [*html, "Content-Encoding: br"], b"\x1b\x2f\x00\xf8\x8d\x94\x6e"))
    # The same address a day later, corrected: the newer capture counts.
    second = page("Le budget de la commune", BUDGET_CORRECTED, licence).encode()
    yield response(9, f"{base}/budget", http("200 OK", html, second), when="2025-03-15T08:00:00.250Z")
    revisit = [f"WARC-Target-URI: {base}/marche", "WARC-Date: 2025-03-15T08:00:01Z", ident(10)]
    profile = "WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
    yield record("revisit", [*revisit, profile, "Content-Type: application/http; msgtype=response"], http("304 Not Modified", [], b""))
    note = [f"WARC-Target-URI: {base}/avis.txt", f"WARC-Date: {WHEN}", ident(11), "Content-Type: text/plain; charset=utf-8"]
    text = "Avis au public. Le registre de l'enquête est ouvert en mairie jusqu'au 30 avril, aux heures de bureau.\n"
    yield record("resource", note, text.encode())
    yield record("metadata", [f"WARC-Date: {WHEN}", ident(12), "Content-Type: application/warc-fields"], b"via: https://www.pontvert.example/\r\n")


def broken():
    """Lengths that lie, a head without length, and an end in the middle of a record."""
    plain = ["Content-Type: text/plain; charset=utf-8"]
    texts = [
        "Premier avis. La rue basse est fermée à la circulation pendant la pose des pavés.",
        "Deuxième avis. La collecte des encombrants est avancée au lundi matin.",
        "Troisième avis. Le bac ne circule pas les jours de crue.",
        "Quatrième avis. Les jardins familiaux sont attribués au printemps.",
        "Cinquième avis. La piscine est vidée pour contrôle.",
    ]
    records = [
        response(20 + at, f"https://www.pontvert.example/avis/{at}", http("200 OK", plain, text.encode()))
        for at, text in enumerate(texts)
    ]

    def stated(data, change):
        head, _, rest = data.partition(b"Content-Length: ")
        length, _, rest = rest.partition(b"\r\n")
        return head + b"Content-Length: %d\r\n" % change(int(length)) + rest

    records[0] = stated(records[0], lambda length: length - 7)
    records[1] = stated(records[1], lambda length: length + 120)
    head, _, rest = records[2].partition(b"Content-Length: ")
    records[2] = head + rest.partition(b"\r\n")[2]
    records[4] = records[4][:-40]
    return b"".join(records)


def wet():
    yield record("warcinfo", [f"WARC-Date: {WHEN}", ident(40), "Content-Type: application/warc-fields"], b"Software-Info: invented\r\n")
    for number, url, language, text in [
        (
            41,
            "https://journal.example/canal",
            "fra",
            "Le canal reprend vie\nAccueil\nÀ la une\nAprès deux ans de travaux, le canal est rouvert aux promeneurs sur douze "
            "kilomètres. Les écluses ont été repeintes et les berges replantées.\nLe syndicat attend plusieurs milliers de visiteurs.",
        ),
        (42, "https://kelaouenn.example/", "bre,fra", "Ar c'hanol\nAdkempennet eo bet ar c'hanol hag al lec'hioù tro-dro dezhañ. Echu eo al labourioù."),
        (43, "https://vide.example/", "", " \n"),
    ]:
        fields = [f"WARC-Target-URI: {url}", f"WARC-Date: {WHEN}", ident(number), "Content-Type: text/plain"]
        if language:
            fields.append(f"WARC-Identified-Content-Language: {language}")
        yield record("conversion", fields, text.encode())


def arc():
    version = b"1 0 Invented\nURL IP-address Archive-date Content-type Archive-length\n"
    yield b"filedesc://pontvert.arc 0.0.0.0 20030402101112 text/plain %d\n" % len(version) + version + b"\n"
    body = page("Compte rendu du conseil", SITTING).replace('<meta charset="utf-8">', "").encode("cp1252")
    answer = b"HTTP/1.0 200 OK\nServer: Apache/1.3\nContent-Type: text/html\n\n" + body
    yield b"http://www.pontvert.example/seance du 2.asp 192.0.2.7 20030402101113 text/html %d\n" % len(answer) + answer + b"\n"
    yield b"http://www.pontvert.example/court 192.0.2.7 20030402101114 text/html -1\n\n"


def main():
    (HERE / "pontvert-20250314093000-00000.warc.gz").write_bytes(b"".join(map(member, capture())))
    (HERE / "broken.warc").write_bytes(broken())
    (HERE / "pontvert-20250314093000-00000.wet.gz").write_bytes(b"".join(map(member, wet())))
    (HERE / "pontvert-2003.arc").write_bytes(b"".join(arc()))


if __name__ == "__main__":
    main()

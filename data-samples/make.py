#!/usr/bin/env python3
"""Writes the samples, the same bytes each time. Standard library only.

    python3 data-samples/make.py            write the files
    python3 data-samples/make.py --check    compare their content with what would be written, and change nothing

`parquet/` is made by make_parquet.py, which needs pyarrow.
"""

import bz2
import csv
import gzip
import html
import io
import json
import sys
import tarfile
from pathlib import Path

import fonds
import prose

HERE = Path(__file__).parent
CODE_ID = "LEGITEXT000099000001"
CODE_TITLE = "Code des canaux et des passerelles"
OPEN = "2999-01-01"


# --- jsonl ---------------------------------------------------------------------------------------------------------


def decision(index):
    """A decision: facts, three reasons, a ruling; no two share more than two paragraphs."""
    second = index >= len(prose.FACTS)
    i = index % len(prose.FACTS)
    reasons = [(i + step) % 8 for step in ((1, 4, 6) if second else (0, 2, 5))]
    shift = 3 if second else 0
    words = {
        "a": prose.NAMES[(i + shift) % 8],
        "b": prose.PLACES[(i + shift) % 8],
        "n": 3 + i + 9 * second,
        "d": prose.DAYS[(i + shift) % 8],
    }
    ruling = prose.RULINGS[(i + 2 * second) % 4]
    paragraphs = [prose.FACTS[i], *(prose.REASONS[r] for r in reasons), ruling]
    text = "\n".join(p.format(**words) for p in paragraphs)
    return {
        "id": f"DEC-2024-{index + 1:04}",
        "titre": f"Tribunal de {words['b']}, décision n° 24-{index + 101}",
        "date": f"2024-{1 + index % 12:02}-{3 + index:02}",
        "texte": text,
        "licence": "Licence Ouverte 2.0",
        "url": f"https://decisions.example/24-{index + 101}",
    }


def decisions():
    rows = [decision(index) for index in range(16)]
    copies = [
        # The same text under another id.
        dict(rows[1], id="DEC-2024-0101"),
        dict(rows[12], id="DEC-2024-0102", url="https://miroir.example/24-113"),
        # Nearly the same text: a corrected word, another amount.
        dict(rows[0], id="DEC-2024-0103", texte=rows[0]["texte"].replace("requérante", "demanderesse")),
        dict(rows[5], id="DEC-2024-0104", texte=rows[5]["texte"].replace("maison ancienne", "maison très ancienne")),
        dict(rows[10], id="DEC-2024-0105", texte=rows[10]["texte"].replace("deux avertissements", "trois avertissements")),
        # The same statement of rights on all of these would be an error: here nobody said anything usable.
        dict(notice(7, 3, 5), id="DEC-2024-0106", licence="Voir les conditions du site"),
        dict(notice(4, 1, 6), id="DEC-2024-0107", licence=""),
        # A decision of which only the ruling was filed.
        dict(rows[2], id="DEC-2024-0108", texte="La requête est rejetée. Les dépens sont réservés."),
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows + copies]
    lines.insert(7, '{"id": "DEC-2024-0999", "texte": "ligne interrompue au milieu')
    return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)


def notice(*numbers):
    return {
        "id": "N" + "".join(str(n) for n in numbers),
        "titre": prose.NOTICES[numbers[0]].split(",")[0].split(" est ")[0],
        "date": "2024-09-15",
        "texte": "\n".join(prose.NOTICES[n] for n in numbers),
        "licence": "https://creativecommons.org/licenses/by-sa/4.0/deed.fr",
        "url": "https://notices.example/" + "-".join(str(n) for n in numbers),
    }


def notices():
    groups = [(0, 1, 2), (3, 4, 7), (5, 6, 1), (2, 4, 5), (6, 0, 3), (7, 2, 6), (1, 3, 5)]
    rows = [dict(notice(*group), langue="fr") for group in groups]
    rows.append(dict(notice(0, 7, 4), licence="CC BY-NC 4.0", langue="fr"))
    for name, langue, licence, paragraphs in [
        ("Ar c'hanol", "br", "CC-BY-SA-4.0", prose.BRETON),
        ("Lo canal", "oc", "CC-BY-SA-4.0", prose.OCCITAN),
        ("The old canal", "en", "CC-BY-4.0", prose.ENGLISH),
    ]:
        rows.append({
            "id": f"N-{langue}", "titre": name, "date": "2024-10-01", "texte": "\n".join(paragraphs),
            "licence": licence, "url": f"https://notices.example/{langue}", "langue": langue,
        })
    return bz2.compress("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


# --- dila ----------------------------------------------------------------------------------------------------------


def folders(ident):
    """LEGIARTI000099000012 lies in LEGI/ARTI/00/00/99/00/00."""
    digits = ident[8:18]
    return "/".join([ident[:4], ident[4:8], *(digits[i : i + 2] for i in range(0, 10, 2))])


def legi_path(kind, ident, state="en_vigueur"):
    base = f"legi/global/code_et_TNC_{state}/code_{state}/{folders(CODE_ID)}/{CODE_ID}"
    return f"{base}/{kind}/{folders(ident)}/{ident}.xml"


def paragraphs(texts, mark=lambda text: text):
    return "".join(f"<p>{mark(html.escape(text, quote=False))}</p>" for text in texts)


def article(ident, num, texts, etat="VIGUEUR", start="2020-01-01", end=OPEN, versions=(), nota="", content=None, section=0):
    links = "".join(
        f'<VERSION etat="{e}"><LIEN_ART debut="{s}" etat="{e}" fin="{f}" id="{i}" num="{num}" origine="LEGI"/></VERSION>'
        for i, e, s, f in versions or [(ident, etat, start, end)]
    )
    titles = ["Partie législative", ["Livre Ier : Du domaine", "Livre II : Des usages"][section]]
    tm = (
        f'<TM><TITRE_TM debut="2020-01-01" fin="{OPEN}" id="LEGISCTA000099000001">{titles[0]}</TITRE_TM>'
        f'<TM><TITRE_TM debut="2020-01-01" fin="{OPEN}" id="LEGISCTA00009900000{2 + section}">{titles[1]}</TITRE_TM></TM></TM>'
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ARTICLE>
<META><META_COMMUN><ID>{ident}</ID><ANCIEN_ID/><ORIGINE>LEGI</ORIGINE><URL>article/{folders(ident)}/{ident}.xml</URL><NATURE>Article</NATURE></META_COMMUN>
<META_SPEC><META_ARTICLE><NUM>{num}</NUM><ETAT>{etat}</ETAT><DATE_DEBUT>{start}</DATE_DEBUT><DATE_FIN>{end}</DATE_FIN><TYPE>AUTONOME</TYPE></META_ARTICLE></META_SPEC></META>
<CONTEXTE><TEXTE autorite="" cid="{CODE_ID}" date_publi="{OPEN}" date_signature="{OPEN}" ministere="" nature="CODE" nor="" num="" num_parution_jo="">
<TITRE_TXT c_titre_court="C. canaux" debut="2020-01-01" fin="{OPEN}" id_txt="{CODE_ID}">{CODE_TITLE}</TITRE_TXT>{tm}</TEXTE></CONTEXTE>
<VERSIONS>{links}</VERSIONS>
<NOTA><CONTENU>{nota}</CONTENU></NOTA>
<BLOC_TEXTUEL><CONTENU>{paragraphs(texts) if content is None else content}</CONTENU></BLOC_TEXTUEL>
<LIENS/>
</ARTICLE>
"""


def arti(number):
    return f"LEGIARTI0000990000{number:02}"


def legi_archives():
    first, second, third = arti(1), arti(2), arti(3)
    dates = ["2020-01-01", "2022-07-01", "2025-09-01"]
    chain = [
        (first, "MODIFIE", dates[0], dates[1]),
        (second, "VIGUEUR", dates[1], OPEN),
    ]
    later = [chain[0], (second, "MODIFIE", dates[1], dates[2]), (third, "VIGUEUR_DIFF", dates[2], OPEN)]
    old, newer = prose.CODE_VERSIONS
    full = {
        legi_path("article", first, "non_vigueur"): article(first, "L. 1", old, *chain[0][1:], versions=chain),
        legi_path("article", second): article(second, "L. 1", newer, *chain[1][1:], versions=chain),
        # The same record lies in the other folder as well: the archives do that.
        legi_path("article", second, "non_vigueur"): article(second, "L. 1", newer, *chain[1][1:], versions=chain),
        legi_path("section_ta", "LEGISCTA000099000002"): "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SECTION_TA><ID>LEGISCTA000099000002</ID><TITRE_TA>Livre Ier : Du domaine</TITRE_TA><STRUCTURE_TA/></SECTION_TA>\n",
        legi_path("texte/struct", CODE_ID): f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TEXTELR><META><META_COMMUN><ID>{CODE_ID}</ID></META_COMMUN></META><STRUCT/></TEXTELR>\n",
        legi_path("texte/version", CODE_ID): f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TEXTE_VERSION><META><META_COMMUN><ID>{CODE_ID}</ID><NATURE>CODE</NATURE></META_COMMUN><META_SPEC><META_TEXTE_CHRONICLE><CID>{CODE_ID}</CID></META_TEXTE_CHRONICLE><META_TEXTE_VERSION><TITRE>{CODE_TITLE}</TITRE><ETAT>VIGUEUR</ETAT></META_TEXTE_VERSION></META_SPEC></META><VISAS><CONTENU/></VISAS><SIGNATAIRES><CONTENU/></SIGNATAIRES></TEXTE_VERSION>\n",
        "legi/global/eli/LEGIARTI000099000099.xml": "<ID>hors du champ</ID>\n",
    }
    for index, texts in enumerate(prose.CODE[1:], start=2):
        ident = arti(index + 8)
        nota = "<p>Ces dispositions s'appliquent aux visites faites à compter du 1er janvier 2021.</p>" if index == 4 else ""
        full[legi_path("article", ident)] = article(ident, f"L. {index}", texts, nota=nota, section=index > 5)
    # Written with entities escaped twice and soft hyphens, as some records are.
    untidy = prose.CODE[2]
    mark = lambda text: text.replace(" ;", "&amp;nbsp;;").replace("navigation", "navi\u00adgation").replace("'", "&amp;rsquo;")
    full[legi_path("article", arti(11))] = article(arti(11), "L. 3", [], content=paragraphs(untidy, mark))

    table = (
        "<p>Les droits d'écluse sont fixés comme suit pour la saison, par passage et par embarcation. Le tarif réduit est "
        "accordé aux embarcations immatriculées dans une commune riveraine, aux associations d'usagers déclarées et aux "
        "établissements d'enseignement ; il l'est aussi, hors saison, à toutes les embarcations de moins de six mètres. Les "
        "droits sont perçus par l'éclusier contre un reçu numéroté.</p>"
        "<table><tr><th>Longueur</th><th>Plein tarif</th><th>Tarif réduit</th></tr>"
        "<tr><td>moins de 6 m</td><td>4 €</td><td>2 €</td></tr><tr><td>de 6 à 12 m</td><td>7 €</td><td>4 €</td></tr></table>"
    )
    first_increment = {
        legi_path("article", second, "non_vigueur"): article(second, "L. 1", newer, *later[1][1:], versions=later),
        legi_path("article", third): article(third, "L. 1", prose.CODE[0], *later[2][1:], versions=later),
        legi_path("article", arti(20)): article(arti(20), "L. 12", [], content=table, section=1),
        "liste_suppression_legi.dat": legi_path("article", arti(18))[:-4] + "\n",
    }
    repaired = [prose.CODE[8 - 1][0], prose.CODE[8 - 1][1].replace("au dixième", "au huitième")]
    cut = article(arti(21), "L. 13", prose.CODE[3])
    second_increment = {
        legi_path("article", arti(16)): article(arti(16), "L. 8", repaired, section=1),
        # An article repealed without a word, and a record cut short while it was written.
        legi_path("article", arti(22)): article(arti(22), "L. 14", [], etat="ABROGE", end="2025-01-01"),
        legi_path("article", arti(21)): cut[: len(cut) * 2 // 3],
    }
    yield "Freemium_legi_global_20250713-140000.tar.gz", full
    for stamp, members in [("20250714-203006", first_increment), ("20250715-204512", second_increment)]:
        yield f"LEGI_{stamp}.tar.gz", {f"{stamp}/{name}": text for name, text in members.items()}


def jorf_archive():
    text = "JORFTEXT000099000100"
    title = "Décret n° 2025-9901 du 4 juillet 2025 relatif à la visite des passerelles ouvertes au public"

    def path(kind, ident):
        return f"jorf/global/{kind}/{folders(ident)}/{ident}.xml"

    members = {
        path("conteneur", "JORFCONT000099000001"): "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<JO><META><META_COMMUN><ID>JORFCONT000099000001</ID></META_COMMUN></META></JO>\n",
        path("texte/version", text): f"""<?xml version="1.0" encoding="UTF-8"?>
<TEXTE_VERSION>
<META><META_COMMUN><ID>{text}</ID><ANCIEN_ID/><ORIGINE>JORF</ORIGINE><URL>texte/version/{folders(text)}/{text}.xml</URL><NATURE>DECRET</NATURE></META_COMMUN>
<META_SPEC><META_TEXTE_CHRONICLE><CID>{text}</CID><NUM>2025-9901</NUM><NUM_SEQUENCE>1</NUM_SEQUENCE><NOR>EAUX2599901D</NOR><DATE_PUBLI>2025-07-06</DATE_PUBLI><DATE_TEXTE>2025-07-04</DATE_TEXTE><DERNIERE_MODIFICATION>{OPEN}</DERNIERE_MODIFICATION><ORIGINE_PUBLI>JORF n°0155 du 6 juillet 2025</ORIGINE_PUBLI><PAGE_DEB_PUBLI>0</PAGE_DEB_PUBLI><PAGE_FIN_PUBLI>0</PAGE_FIN_PUBLI></META_TEXTE_CHRONICLE>
<META_TEXTE_VERSION><TITRE>Décret n° 2025-9901 du 4 juillet 2025</TITRE><TITREFULL>{title}</TITREFULL><AUTORITE/><MINISTERE>Ministère des eaux et des promenades</MINISTERE></META_TEXTE_VERSION></META_SPEC></META>
<VISAS><CONTENU>{paragraphs(prose.DECREE_VISAS)}</CONTENU></VISAS>
<SIGNATAIRES><CONTENU>{paragraphs([prose.DECREE_END])}</CONTENU></SIGNATAIRES>
<TP><CONTENU/></TP><NOTA><CONTENU/></NOTA><ABRO><CONTENU/></ABRO><RECT><CONTENU/></RECT>
</TEXTE_VERSION>
""",
    }
    for number, body in enumerate(prose.DECREE, start=1):
        ident = f"JORFARTI00009900010{number}"
        members[path("article", ident)] = f"""<?xml version="1.0" encoding="UTF-8"?>
<ARTICLE>
<META><META_COMMUN><ID>{ident}</ID><ANCIEN_ID/><ORIGINE>JORF</ORIGINE><URL>article/{folders(ident)}/{ident}.xml</URL><NATURE>Article</NATURE></META_COMMUN>
<META_SPEC><META_ARTICLE><NUM>{number}</NUM><MCS_ART/><DATE_DEBUT>{OPEN}</DATE_DEBUT><DATE_FIN>{OPEN}</DATE_FIN><TYPE>AUTONOME</TYPE></META_ARTICLE></META_SPEC></META>
<CONTEXTE><TEXTE cid="{text}" date_publi="2025-07-06" date_signature="2025-07-04" ministere="Ministère des eaux et des promenades" nature="DECRET" nor="EAUX2599901D" num="2025-9901"><TITRE_TXT c_titre_court="Décret n° 2025-9901" debut="2025-07-06" fin="{OPEN}" id_txt="{text}">{title}</TITRE_TXT></TEXTE></CONTEXTE>
<VERSIONS/>
<SM><CONTENU/></SM>
<BLOC_TEXTUEL><CONTENU>{paragraphs([body])}</CONTENU></BLOC_TEXTUEL>
</ARTICLE>
"""
    return members


def tar_gz(members):
    """A tar in the order given, without a clock or an owner in it."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, text in members.items():
            data = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = 0
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(tar.getvalue(), mtime=0)


# --- json ----------------------------------------------------------------------------------------------------------


def agreement():
    def node(number):
        texts = [prose.AGREEMENT[(number - 1) % 6], prose.AGREEMENT[(number + 1) % 6]]
        body = f"<p>{texts[0]}</p><p align='left'>{texts[1]}<br/></p>"
        if number == 5:
            body += (
                "<table><tr><th>Ancienneté</th><th>Prime</th></tr><tr><td>3 ans</td><td>3 %</td></tr>"
                "<tr><td>6 ans</td><td>6 %</td></tr></table>"
            )
        return {
            "type": "article",
            "data": {
                "cid": f"KALIARTI00009900000{number}", "intOrdre": number * 1000, "id": f"KALIARTI00009900000{number}",
                "num": str(number), "content": body.replace("'align", "align"), "etat": "VIGUEUR_ETEN", "dateDebut": 1704067200000,
            },
        }

    section = lambda number, title, articles: {
        "type": "section",
        "data": {"cid": f"KALISCTA00009900000{number}", "id": f"KALISCTA00009900000{number}", "title": title, "etat": "VIGUEUR_ETEN"},
        "children": articles,
    }
    tree = {
        "type": "convention collective",
        "data": {"num": 9999, "title": "Convention collective nationale de l'entretien des canaux et des berges", "id": "KALICONT000099000001", "shortTitle": "Entretien des canaux"},
        "children": [
            section(1, "Texte de base", [
                section(2, "Titre Ier : Dispositions générales", [node(1), node(2)]),
                section(3, "Titre II : Conditions de travail", [node(3), node(4)]),
            ]),
            section(4, "Textes salaires", [node(5), node(6)]),
        ],
    }
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()


# --- markdown ------------------------------------------------------------------------------------------------------


def law(date, wordings):
    """One dated state of a code, in one file with front matter."""
    head = {
        "title": "Code des jardins et des rigoles", "identifier": "LEGITEXT000099000002", "country": "fr", "rank": "code",
        "publication_date": "2015-06-01", "last_updated": date, "status": "in_force",
        "source": "https://www.legifrance.gouv.fr/codes/texte_lc/LEGITEXT000099000002", "license": "etalab-2.0",
    }
    lines = ["---", *(f'{key}: "{value}"' for key, value in head.items()), "---", f"# {head['title']}", ""]
    lines += ["## Livre Ier : Du partage de l'eau", ""]
    for number, texts in enumerate(wordings, start=1):
        lines += [f"### Article J{number}", ""]
        for text in texts:
            lines += [text, ""]
    return ("\n".join(lines).rstrip() + "\n").encode()


def laws():
    base = [prose.CODE[n] for n in (6, 5, 4, 8)]
    second = [[t.replace("15 avril", "1er avril").replace("deux mois", "trois mois") for t in texts] for texts in base]
    third = [[t.replace("trois mètres", "quatre mètres").replace("quinze jours", "un mois") for t in texts] for texts in second]
    third.append([prose.CODE[9][0]])
    for date, wordings in [("2015-06-01", base), ("2019-01-01", second), ("2024-03-15", third)]:
        yield f"markdown/LEGITEXT000099000002/{date}.md", law(date, wordings)


# --- html ----------------------------------------------------------------------------------------------------------

ETALAB = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
MENU = """<header role="banner"><p>Commune de Montrigole</p>
<nav><ul><li><a href="/">Accueil</a></li><li><a href="/demarches">Démarches</a></li><li><a href="/agenda">Agenda</a></li><li><a href="/contact">Contact</a></li></ul></nav>
<form role="search"><label>Rechercher <input name="q"></label><button>OK</button></form></header>
<div class="cookie-banner"><p>Ce site utilise des cookies pour mesurer son audience.</p><button>Tout accepter</button></div>
<ol class="breadcrumb"><li><a href="/">Accueil</a></li><li><a href="/demarches">Démarches</a></li></ol>"""
FOOTER = """<footer role="contentinfo"><ul><li><a href="/plan">Plan du site</a></li><li><a href="/mentions">Mentions légales</a></li><li><a href="/accessibilite">Accessibilité : non conforme</a></li></ul>%s</footer>"""


def sheet(title, address, numbers, licence, head=""):
    body = "".join(f"<h2>{index}. {prose.GUIDES[n].split(',')[0].rstrip('.?')}</h2>\n<p>{prose.GUIDES[n]}</p>\n" for index, n in enumerate(numbers, start=1))
    notice = f'<p>Contenu sous <a rel="license" href="{licence}">licence</a></p>' if licence else ""
    return f"""<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{title}</title>
<link rel="canonical" href="https://montrigole.example/{address}">
<meta property="article:published_time" content="2023-04-03"><meta property="article:modified_time" content="2024-11-18">
{head}<style>.x{{color:red}}</style><script>var a = 1 < 2 ? "<p>non</p>" : "";</script></head>
<body>{MENU}
<main><article><h1>{title}</h1>
<div class="share-buttons"><a href="#">Partager sur un réseau</a><a href="#">Envoyer</a></div>
{body}</article>
<aside><h2>À lire aussi</h2><ul><li><a href="/a">Les horaires</a></li><li><a href="/b">Le plan</a></li></ul></aside></main>
{FOOTER % notice}
</body></html>
""".encode()


def old_sitting():
    """A page of 2006: no main element, unclosed tags, windows-1252 declared as iso-8859-1."""
    speakers = ["M. le président", "Mme Aubrac", "M. Delorme", "Mme Ferrand", "M. Joly"]
    summary = "".join(f'<p class=som><a href="#S{n}">{speaker}</a></p>' for n, speaker in enumerate(speakers))
    body = "".join(
        f'<a name="S{n}"></a><p><b>{speaker}.</b> {prose.SPEECHES[n + 5]}\n' for n, speaker in enumerate(speakers)
    )
    page = f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
<title>Conseil de Rives-sur-Aune ~ séance du 12 octobre 2006</title></head>
<body bgcolor=white><div id="menu"><table><tr><td><a href="/">Accueil</a></td><td><a href="/seances">Séances</a></td></tr></table></div>
<div><div class="titre"><p align=center>Compte rendu intégral</p></div><div>{summary}</div>
<h5>Présidence de M. Rivoire</h5>
{body}
<p><i>(La séance est levée à vingt heures trente…)</i></div>
<p><a rel=license href="{ETALAB}">Licence Ouverte</a>
</body></html>
"""
    return page.replace("'", "\u2019").encode("cp1252")


def pages():
    yield "html/ecole.html", sheet("Inscrire son enfant à l'école", "ecole", (0, 1, 4), ETALAB)
    yield "html/compost.html", sheet("Compost, jardins et vide-greniers", "compost", (2, 3, 8), ETALAB)
    yield "html/maison.html", sheet("L'eau, la maison, le ravalement", "maison", (5, 6, 9), ETALAB)
    yield "html/etat-civil.html", sheet("Actes et contraventions", "etat-civil", (7, 9, 0), "https://creativecommons.org/licenses/by-nc/4.0/")
    yield "html/mediatheque.html", sheet("La médiathèque", "mediatheque", (4, 8, 7), None)
    # Open by its licence, and yet not to be mined: an opt-out is a veto besides the licence.
    reserved = '<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://montrigole.example/fouille">\n'
    yield "html/patrimoine.html", sheet("Le patrimoine de la commune", "patrimoine", (1, 6, 8), ETALAB, reserved)
    yield "html/seance-2006-10-12.html", old_sitting()


# --- csv and text --------------------------------------------------------------------------------------------------


def questions():
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["numero", "date", "ministere", "titre", "question", "reponse"])
    for number, (title, question, answer) in enumerate(prose.QUESTIONS, start=1):
        writer.writerow([f"Q{number:03}", f"2025-0{number}-14", "Eaux et promenades", title, question, answer])
    out.write("Q099;2025-05-14;une ligne sans ses colonnes\r\n")
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def sittings():
    speakers = ["M. LE PRÉSIDENT", "Mme BERTHOU", "M. CASTAING", "Mme DUVIVIER", "M. ESNAULT", "Mme FLOCH"]
    for date, numbers in [
        ("2023-03-09", (0, 1, 2, 3)), ("2023-06-22", (4, 5, 6, 7)), ("2023-10-12", (8, 9, 0, 5)), ("2024-01-18", (2, 6, 8, 1)),
    ]:
        lines = [f"CONSEIL DE LA VALLÉE DE L'AUNE\n\nSéance du {date}\n"]
        for turn, n in enumerate(numbers):
            lines.append(f"{speakers[(n + turn) % 6]}. — {prose.SPEECHES[n]}\n")
        lines.append("(La séance est levée à vingt-deux heures dix.)\n")
        yield f"text/seance-{date}.txt", "\n".join(lines).encode()


# --- all -----------------------------------------------------------------------------------------------------------


def files():
    yield "jsonl/decisions.jsonl.gz", decisions()
    yield "jsonl/notices.jsonl.bz2", notices()
    for name, members in legi_archives():
        yield f"dila/{name}", tar_gz(members)
    yield "dila/Freemium_jorf_global_20250713-140000.tar.gz", tar_gz(jorf_archive())
    yield "json/KALICONT000099000001.json", agreement()
    yield from laws()
    yield from pages()
    yield "csv/questions.csv", questions()
    yield from sittings()
    yield from fonds.files()


def content(name, data):
    """What counts of a file: compressors of other versions may write other bytes."""
    if name.endswith(".gz"):
        return gzip.decompress(data)
    return bz2.decompress(data) if name.endswith(".bz2") else data


def main():
    check = sys.argv[1:] == ["--check"]
    stale = []
    for name, data in files():
        path = HERE / name
        if check:
            if not path.exists() or content(name, path.read_bytes()) != content(name, data):
                stale.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or content(name, path.read_bytes()) != content(name, data):
            path.write_bytes(data)
    if stale:
        sys.exit("not what make.py writes: " + ", ".join(stale))


if __name__ == "__main__":
    main()

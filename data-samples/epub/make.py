#!/usr/bin/env python3
"""Writes the EPUB samples, the same bytes each time. Standard library only."""

import zipfile
from pathlib import Path

HERE = Path(__file__).parent
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="fr">\n<head><title>{}</title><link rel="stylesheet" href="style.css"/></head>\n<body>{}</body></html>\n'


def xhtml(title, body):
    return HEAD.format(title, body)


def book(name, members):
    with zipfile.ZipFile(HERE / name, "w") as archive:
        for path, text in members:
            info = zipfile.ZipInfo(path, (2023, 3, 9, 10, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if path == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, text)


OPF = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="pub-id" xml:lang="fr">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
  <dc:identifier id="pub-id">urn:uuid:00000000-0000-4000-8000-000000000009</dc:identifier>
  <dc:title>Le Lavoir et autres récits du canal</dc:title>
  <dc:creator>Autrice inventée</dc:creator>
  <dc:language>fr</dc:language>
  <dc:publisher>Éditions de l’Écluse</dc:publisher>
  <dc:date>1921</dc:date>
  <dc:rights>Domaine public</dc:rights>
  <dc:subject>Récits</dc:subject>
  <meta property="dcterms:modified">2023-03-09T10:00:00Z</meta>
</metadata>
<manifest>
  <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
  <item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/>
  <item id="c1" href="texte/chapitre%201.xhtml" media-type="application/xhtml+xml"/>
  <item id="c2" href="../OEBPS/texte/c2.xhtml" media-type="application/xhtml+xml"/>
  <item id="notes" href="texte/notes.xhtml" media-type="application/xhtml+xml"/>
  <item id="perdu" href="texte/perdu.xhtml" media-type="application/xhtml+xml"/>
  <item id="css" href="style.css" media-type="text/css"/>
</manifest>
<spine>
  <itemref idref="cover"/><itemref idref="nav"/><itemref idref="c1"/><itemref idref="c2"/><itemref idref="perdu"/>
  <itemref idref="notes" linear="no"/>
</spine>
<guide><reference type="cover" href="cover.xhtml"/></guide>
</package>
"""
FIRST = """<section epub:type="chapter"><h1>I. Le lavoir</h1>
<p><a id="debut"/>Chaque lundi, avant que le soleil ne passe le clocher, les femmes descendaient au lavoir avec leurs paniers<a epub:type="noteref" href="notes.xhtml#n1">1</a>. On les entendait rire depuis le pont.</p>
<p>« Encore un hiver comme celui-là, disait la Mariette, et je laisse le linge aux grenouilles. »</p>
<p>Personne ne la croyait<span epub:type="pagebreak" title="12" id="p12">12</span>, et l’eau continuait de courir.</p></section>"""
SECOND = """<section><h1>II. L’éclusier</h1><p>L’éclusier parlait peu. Il tenait dans un cahier le compte des bateaux, leur nom et leur charge, et n’en oubliait aucun.</p>
<table><tr><th>Bateau</th><th>Charge</th></tr><tr><td>La Belle-Marie</td><td>grain</td></tr></table></section>"""


def main():
    book("recits.epub", [
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", CONTAINER),
        ("OEBPS/content.opf", OPF),
        ("OEBPS/nav.xhtml", xhtml("Table", "<nav epub:type='toc'><ol><li><a href='texte/chapitre%201.xhtml'>Le lavoir</a></li></ol></nav>")),
        ("OEBPS/cover.xhtml", xhtml("Couverture", "<p>Couverture</p>")),
        ("OEBPS/texte/chapitre 1.xhtml", xhtml("Le lavoir", FIRST)),
        ("OEBPS/texte/c2.xhtml", xhtml("L’éclusier", SECOND)),
        ("OEBPS/texte/notes.xhtml", xhtml("Notes", "<p id='n1'>1. Des paniers d’osier.</p>")),
        ("OEBPS/style.css", "p { margin: 0 }"),
    ])
    book("sans-paquet.epub", [
        ("mimetype", "application/epub+zip"),
        ("OEBPS/02.html", xhtml("", "<p>La suite du carnet dit que la crue emporta le pont de bois au mois de février.</p>").replace("<title></title>", "<title/>")),
        ("OEBPS/01.html", xhtml("Carnet", "<p>Le carnet de l’éclusier commence un dimanche de pluie.</p>")),
    ])
    book("chiffre.epub", [
        ("mimetype", "application/epub+zip"),
        ("META-INF/encryption.xml", '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/><enc:CipherData><enc:CipherReference URI="a.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>'),
        ("a.xhtml", "chiffré"),
    ])


main()

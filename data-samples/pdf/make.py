#!/usr/bin/env python3
"""Writes the PDF samples, the same bytes each time. Standard library only."""

import zlib
from pathlib import Path

HERE = Path(__file__).parent
TWO_COLUMNS_LEFT = [
    "Le conseil municipal s’est réuni le jeudi 9 mars 2023 à",
    "la salle des fêtes, sous la présidence du maire. Dix-",
    "sept élus sont présents et trois ont donné procura-",
    "tion. Le procès-verbal de la séance précédente est",
    "adopté sans observation.",
    "    Le premier point porte sur la réfection du lavoir.",
    "La charpente, qui date de 1843, menace de céder ; le",
    "devis de l’entreprise retenue s’élève à 42 000 euros,",
    "dont la moitié est prise en charge par le départe-",
    "ment. Le conseil approuve les travaux à l’unanimité.",
]
TWO_COLUMNS_RIGHT = [
    "Le deuxième point porte sur le chemin des Aulnes,",
    "que les riverains disent impraticable après la pluie.",
    "Une visite est fixée au samedi suivant ; le rapport",
    "sera lu à la prochaine séance, et le public pourra en",
    "prendre copie en mairie.",
    "    Enfin, le maire informe le conseil que la biblio-",
    "thèque ouvrira désormais le mercredi après-midi, à",
    "la demande des parents d’élèves. Personne ne de-",
    "mande la parole, et la séance est levée à vingt-deux",
    "heures trente.",
]


def text(x, y, string, size=10, font="F1"):
    escaped = string.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET\n"


def lines(x, y, strings):
    out = ""
    for index, string in enumerate(strings):
        indent = 12 if string.startswith("    ") else 0
        out += text(x + indent, y - 12 * index, string.strip())
    return out


def furniture(number):
    return text(60, 815, f"Commune de Fontclaire – Séance du 9 mars 2023", 8) + text(292, 28, str(number), 8)


def pdf(pages, info="", catalog="", more=(), resources=""):
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 595 842] "
        f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> {resources} >> >>",
        font.format("Times-Roman"),
        font.format("Courier"),
        f"<< {info} >>",
    ]
    objects = [o.encode("cp1252") for o in objects]
    for index, page in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {7 + 2 * index} 0 R >>".encode())
        data = zlib.compress(page.encode("cp1252"), 9)
        objects.append(b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(data) + data + b"\nendstream")
    objects.extend(more)
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    for number, data in enumerate(objects, 1):
        table += f"{len(out):010} 00000 n \n"
        out += b"%d 0 obj\n" % number + data + b"\nendobj\n"
    start = len(out)
    out += table.encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def seance():
    first = furniture(1) + text(140, 770, "Compte rendu du conseil municipal", 16)
    first += lines(60, 730, TWO_COLUMNS_LEFT) + lines(320, 730, TWO_COLUMNS_RIGHT)
    second = furniture(2) + lines(60, 740, [
        "Annexe – Table des délibérations",
        "Réfection du lavoir . . . . . . . . . . . . . . . . . . . . 1",
        "Chemin des Aulnes . . . . . . . . . . . . . . . . . . . . . 1",
        "Horaires de la bibliothèque . . . . . . . . . . . . . . . . 2",
    ])
    second += "BT /F1 10 Tf 60 640 Td (Le texte int\xe9gral est affich\xe9 en mairie) Tj /F1 6 Tf 4 Ts (1) Tj /F1 10 Tf 0 Ts (.) Tj ET\n"
    second += text(60, 60, "1. Place de l’Église, aux heures d’ouverture.", 8)
    third = furniture(3) + lines(60, 740, ["Le registre des présents est tenu par le secrétaire de séance.", "• Présents : dix-sept.", "• Procurations : trois."])
    third += "BT /F2 9 Tf 11 TL 60 660 Td (vote = 20) Tj T* (pour = 20) Tj ET\n"
    third += "q 0.7 g BT /F1 60 Tf 0.7 0.7 -0.7 0.7 150 250 Tm (COPIE) Tj ET Q\n"
    xmp = ('<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
           'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" '
           'rdf:about=""><dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Licence Ouverte 2.0</rdf:li></rdf:Alt></dc:rights>'
           '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>').encode()
    metadata = b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n" % len(xmp) + xmp + b"\nendstream"
    return pdf(
        [first, second, third],
        info="/Title (Compte rendu du 9 mars 2023) /CreationDate (D:20230315101500+01'00') /ModDate (D:20230316) /Producer (make.py)",
        catalog="/Lang (fr-FR) /Metadata 12 0 R",
        more=[metadata],
    )


def numerise():
    image = b"<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /BitsPerComponent 1 /ColorSpace /DeviceGray /Length 8 >>\nstream\n\xaa\x55\xaa\x55\xaa\x55\xaa\x55\nendstream"
    return pdf(["q 595 0 0 842 0 0 cm /Im Do Q"], resources="/XObject << /Im 8 0 R >>", more=[image])


def ocr():
    page = "q 595 0 0 842 0 0 cm Q BT 3 Tr /F1 11 Tf 13 TL 70 760 Td (Arr\xeat\xe9 du maire portant r\xe8glement du march\xe9 hebdo-) Tj T* (madaire, affich\xe9 le 4 mai 1931 \xe0 la porte de la mairie.) Tj ET\n"
    return pdf([page], info="/Title (Arr\xeat\xe9 de 1931)")


def main():
    files = {"seance-2023-03-09.pdf": seance(), "numerise.pdf": numerise(), "arrete-1931.pdf": ocr()}
    files["coupe.pdf"] = seance()[:400]
    for name, data in files.items():
        (HERE / name).write_bytes(data)


main()

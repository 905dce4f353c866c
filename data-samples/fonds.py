"""Samples of the other bases of the DILA, of its debates, of Judilibre and of administrative justice; see make.py."""

import gzip
import html
import io
import json
import tarfile
import zipfile

import prose

OPEN = "2999-01-01"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def words(i):
    return {"a": prose.NAMES[i % 8], "b": prose.PLACES[i % 8], "n": 3 + i, "d": prose.DAYS[i % 8]}


def reasoning(i, names=None):
    """Facts, two reasons, a ruling."""
    w = words(i) if names is None else dict(words(i), a=names)
    parts = [prose.FACTS[i % 8], prose.REASONS[(i + 1) % 8], prose.REASONS[(i + 4) % 8], prose.RULINGS[i % 4]]
    return [part.format(**w) for part in parts]


def lines(texts, between=" <br/>\n<br/>\n"):
    """Paragraphs as the bases of decisions write them: text and line ends, no element around."""
    return between.join(html.escape(text, quote=False) for text in texts)


def paragraphs(texts):
    return "".join(f"<p>{html.escape(text, quote=False)}</p>" for text in texts)


def folders(ident):
    digits = ident[8:18]
    return "/".join([ident[:4], ident[4:8], *(digits[i : i + 2] for i in range(0, 10, 2))])


def tar(members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members.items():
            content = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mtime = 1752408000
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def zipped(members):
    """A zip without compression, so that its bytes depend on no library."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 7, 13, 12, 0, 0)), content)
    return data.getvalue()


def compress(data, bits_max=16):
    """What compress(1) writes, in block mode, without ever clearing the table."""
    table, free, current, codes = {bytes([b]): b for b in range(256)}, 257, b"", []
    for byte in data:
        longer = current + bytes([byte])
        if longer in table:
            current = longer
            continue
        codes.append(table[current])
        if free < 1 << bits_max:
            table[longer] = free
            free += 1
        current = bytes([byte])
    if current:
        codes.append(table[current])
    out, bits, known, group = bytearray([0x1F, 0x9D, 0x80 | bits_max]), 9, 257, []

    def flush(padded):
        number = sum(code << (bits * at) for at, code in enumerate(group))
        size = bits if padded and group else (len(group) * bits + 7) // 8
        out.extend(number.to_bytes(size, "little"))
        group.clear()

    for index, code in enumerate(codes):
        if bits < bits_max and known >= 1 << bits:
            flush(True)
            bits += 1
        if len(group) == 8:
            flush(False)
        group.append(code)
        if index and known < 1 << bits_max:
            known += 1
    flush(False)
    return bytes(out)


# --- decisions of the DILA -----------------------------------------------------------------------------------------


def decision(family, ident, number, court, day, texts, own, summary="", solution="Rejet", after="", title=""):
    nature = {"JUDI": "ARRET", "ADMIN": "Texte", "CONSTIT": "QPC"}[family]
    origin = {"JUDI": "JURI", "ADMIN": "CETAT", "CONSTIT": "CONSTIT"}[family]
    return f"""{HEAD}<TEXTE_JURI_{family}>
<META><META_COMMUN><ID>{ident}</ID><ANCIEN_ID/><ORIGINE>{origin}</ORIGINE><URL>texte/juri/{family.lower()}/{folders(ident)}/{ident}.xml</URL><NATURE>{nature}</NATURE></META_COMMUN>
<META_SPEC><META_JURI><TITRE>{title or f"{court}, {day}, {number}"}</TITRE><DATE_DEC>{day}</DATE_DEC><JURIDICTION>{court}</JURIDICTION><NUMERO>{number}</NUMERO><SOLUTION>{solution}</SOLUTION></META_JURI>
<META_JURI_{family}>{own}</META_JURI_{family}></META_SPEC></META>
<TEXTE><BLOC_TEXTUEL><CONTENU>{texts if isinstance(texts, str) else lines(texts)}</CONTENU></BLOC_TEXTUEL>
<SOMMAIRE>{summary}</SOMMAIRE>
<CITATION_JP/>{after}</TEXTE>
<LIENS><LIEN cidtexte="" datesignatexte="" id="" naturetexte="" nortexte="" num="" numtexte="" sens="source" typelien="CITATION">Article L. 4 du code des canaux et des passerelles.</LIEN></LIENS>
</TEXTE_JURI_{family}>
"""


def judicial(number, case, ecli, formation="CHAMBRE_CIVILE_3", published="oui"):
    return (
        f"<NUMEROS_AFFAIRES>{''.join(f'<NUMERO_AFFAIRE>{c}</NUMERO_AFFAIRE>' for c in case)}</NUMEROS_AFFAIRES>"
        f'<PUBLI_BULL publie="{published}"/><FORMATION>{formation}</FORMATION><FORM_DEC_ATT>Cour d\'appel de Montrigole</FORM_DEC_ATT>'
        f"<DATE_DEC_ATT>2023-05-04</DATE_DEC_ATT><PRESIDENT>Mme Halage</PRESIDENT><AVOCAT_GL>M. Bief</AVOCAT_GL>"
        f"<AVOCATS>SCP Vanne et Vanne</AVOCATS><RAPPORTEUR>M. Écluse</RAPPORTEUR><ECLI>{ecli}</ECLI>"
    )


SUMMARY = (
    '<SCT ID="1" TYPE="PRINCIPAL">VENTE - Garantie - Vices cachés - Toiture</SCT>'
    '<SCT ID="1" TYPE="REFERENCE">VENTE</SCT>'
    '<ANA ID="1">Le vendeur qui a fait exécuter les travaux ne peut ignorer le désordre qu\'ils cachent.</ANA>'
)


def cassation():
    def path(ident):
        return f"juri/cass/global/{folders(ident)}/{ident}.xml"

    first, second, analysis = (f"JURITEXT0000990000{n:02}" for n in (1, 2, 3))
    marked = reasoning(5, "M. [X] [A]")
    full = {
        path(first): decision("JUDI", first, "32400101", "Cour de cassation", "2024-03-14", marked, judicial(1, ["23-10.101", "23-10.102"], "ECLI:FR:CCASS:2024:C300101"), SUMMARY, title="Cour de cassation, civile, Chambre civile 3, 14 mars 2024, 23-10.101, Publié au bulletin"),
        path(second): decision("JUDI", second, "32400102", "Cour de cassation", "2024-03-21", reasoning(2, "M. [Y]"), judicial(2, ["23-10.110"], "ECLI:FR:CCASS:2024:C300102", published="non"), title="Cour de cassation, civile, Chambre civile 3, 21 mars 2024, 23-10.110, Inédit"),
        # Of old decisions only the summary was ever typed.
        path(analysis): decision("JUDI", analysis, "05600001", "Cour de cassation", "1956-02-02", "", "<NUMEROS_AFFAIRES/>", SUMMARY),
    }
    spoilt = lines(reasoning(7, "Mme [Z]")).encode().decode("latin-1")
    third = "JURITEXT000099000004"
    cut = decision("JUDI", "JURITEXT000099000005", "32400105", "Cour de cassation", "2024-06-06", reasoning(3), judicial(3, ["23-10.120"], "ECLI:FR:CCASS:2024:C300105"))
    increment = {
        # The whole content was encoded twice.
        path(third): decision("JUDI", third, "32400104", "Cour de cassation", "2024-06-06", spoilt, judicial(4, ["23-10.115"], "ECLI:FR:CCASS:2024:C300104", "CHAMBRE_SOCIALE"), solution="Cassation"),
        path("JURITEXT000099000005"): cut[: len(cut) // 2],
        path("JURITEXT000099000006"): "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head><title>503 Service Unavailable</title></head>\n<body><h1>Service Unavailable</h1><p>Retry.<hr></body></html>\n",
        "liste_suppression_cass.dat": path(second)[:-4] + "\n",
    }
    yield "Freemium_cass_global_20250713-140000.tar.gz", full
    yield "CASS_20250721-210916.tar.gz", {f"20250721-210916/{name}": text for name, text in increment.items()}


def other_decisions():
    appeal, inca = "JURITEXT000099000021", "JURITEXT000099000031"
    yield "Freemium_capp_global_20250713-140000.tar.gz", {
        f"juri/capp/global/{folders(appeal)}/{appeal}.xml": decision(
            "JUDI", appeal, "21/00417", "Cour d'appel de Montrigole", "2023-05-04", reasoning(1, "M. X..."),
            "<NUMEROS_AFFAIRES><NUMERO_AFFAIRE>21/00417</NUMERO_AFFAIRE></NUMEROS_AFFAIRES><PUBLI_BULL publie=\"non\"/><FORMATION>1re chambre</FORMATION><SIEGE_APPEL>MONTRIGOLE</SIEGE_APPEL>", solution="Confirme"),
    }
    yield "Freemium_inca_global_20250713-140000.tar.gz", {
        f"juri/inca/global/{folders(inca)}/{inca}.xml": decision(
            "JUDI", inca, "42400777", "Cour de cassation", "2024-04-10", reasoning(6, "l'association [1]"), judicial(5, ["22-20.777"], "ECLI:FR:CCASS:2024:CO00777", "CHAMBRE_COMMERCIALE", "non"), solution="Non-admission"),
    }
    listed, plain = "CETATEXT000099000001", "CETATEXT000099000002"
    admin = "<FORMATION>{}</FORMATION><TYPE_REC>Excès de pouvoir</TYPE_REC><PUBLI_RECUEIL>{}</PUBLI_RECUEIL><DEMANDEUR>M. Nom</DEMANDEUR><PRESIDENT>Mme Quai</PRESIDENT><AVOCATS>SCP RIVE</AVOCATS><RAPPORTEUR>M. Pont</RAPPORTEUR><COMMISSAIRE_GVT>Mme Digue</COMMISSAIRE_GVT>{}"
    yield "Freemium_jade_global_20250713-140000.tar.gz", {
        f"jade/global/publie/{folders(listed)}/{listed}.xml": decision(
            "ADMIN", listed, "449513", "Conseil d'État", "2021-06-10", paragraphs(["Vu la procédure suivante :", *reasoning(0, "M. B... A...")]),
            admin.format("6ème - 5ème chambres réunies", "A", "<ECLI>ECLI:FR:CECHR:2021:449513.20210610</ECLI>"),
            '<SCT ID="01" TYPE="PRINCIPAL">24-01 DOMAINE. - DOMAINE PUBLIC.</SCT><ANA ID="01">Le refus d\'une autorisation doit être motivé.</ANA>',
            "", title="Conseil d'État, 6ème - 5ème chambres réunies, 10/06/2021, 449513, Publié au recueil Lebon"),
        f"jade/global/inedit/2025/{folders(plain)}/{plain}.xml": decision(
            "ADMIN", plain, "24PV03561", "CAA de PONTVERT", "2025-04-30", reasoning(3, "M. A... B..."), admin.format("9ème chambre", "C", ""), solution="",
            title="CAA de PONTVERT, 9ème chambre, 30/04/2025, 24PV03561, Inédit au recueil Lebon"),
    }
    council = "CONSTEXT000099000001"
    yield "Freemium_constit_global_20250713-140000.tar.gz", {
        f"constit/global/{folders(council)}/{council}.xml": decision(
            "CONSTIT", council, "2025-9180", "Conseil constitutionnel", "2025-02-06",
            "LE CONSEIL CONSTITUTIONNEL A ÉTÉ SAISI d'une question portant sur l'article L. 9 du code des canaux et des passerelles.<br/><br/>" + lines([prose.REASONS[5], prose.REASONS[2]]) + "<br/><br/>LE CONSEIL CONSTITUTIONNEL DÉCIDE :<br/>Article 1er.- L'article L. 9 est conforme à la Constitution.<br/>Article 2.- Cette décision sera publiée.",
            "<NOR>CSCX2599180S</NOR><NATURE_QUALIFIEE>QPC</NATURE_QUALIFIEE><LOI_DEF date=\"2999-01-01\" nor=\"\" num=\"\"/><TITRE_JO>JORF n°0032 du 7 février 2025, texte n° 66</TITRE_JO><URL_CC>https://conseil.example/decision/2025/20259180QPC.htm</URL_CC><ECLI>ECLI:FR:CC:2025:2025.9180.QPC</ECLI>",
            solution="Conformité", after="\n<SAISINES><CONTENU>Saisine du 3 novembre 2024</CONTENU></SAISINES>\n<OBSERVATIONS><CONTENU>Observations du Gouvernement</CONTENU></OBSERVATIONS>",
            title="Association des riverains de l'Aune"),
    }


def deliberations():
    full, register = "CNILTEXT000099000001", "CNILTEXT000099000002"

    def record(ident, number, kind, content):
        return f"""{HEAD}<TEXTE_CNIL>
<META><META_COMMUN><ID>{ident}</ID><ANCIEN_ID/><ORIGINE>CNIL</ORIGINE><URL>texte/{folders(ident)}/{ident}.xml</URL><NATURE>DELIBERATION</NATURE></META_COMMUN>
<META_SPEC><META_CNIL><TITRE>Délibération {number} du 12 mars 2025</TITRE><TITREFULL>Délibération n° {number} du 12 mars 2025 portant avis sur un projet d'arrêté relatif au comptage des promeneurs</TITREFULL><NUMERO>{number}</NUMERO><NOR/><NATURE_DELIB>{kind}</NATURE_DELIB><DATE_TEXTE>2025-03-12</DATE_TEXTE><DATE_PUBLI>2025-04-02</DATE_PUBLI><ETAT_JURIDIQUE>VIGUEUR</ETAT_JURIDIQUE></META_CNIL></META_SPEC></META>
<BLOC_TEXTUEL><CONTENU>{content}</CONTENU></BLOC_TEXTUEL>
</TEXTE_CNIL>
"""

    texts = [
        "La Commission, saisie par le ministre chargé des promenades d'une demande d'avis concernant un projet d'arrêté relatif au comptage des promeneurs sur les chemins de halage,",
        "Formule les observations suivantes. Le dispositif compte les passages à l'aide de capteurs au sol qui ne captent ni image ni identifiant ; il ne traite donc pas de données à caractère personnel tant que les relevés ne sont pas croisés avec ceux des téléphones.",
        "Elle recommande que les relevés soient publiés par tranches d'une heure au moins, afin que le passage d'une personne seule ne puisse être déduit des données d'un sentier peu fréquenté.",
    ]
    yield "Freemium_cnil_global_20250713-140000.tar.gz", {
        f"cnil/global/{folders(full)}/{full}.xml": record(full, "2025-9021", "Avis", paragraphs(texts)),
        # An entry of the register, published without a text.
        f"cnil/global/{folders(register)}/{register}.xml": record(register, "2025-9022", "Autorisation de recherche", ""),
    }


# --- agreements and legislative files ------------------------------------------------------------------------------


def kali():
    container, text, section = "KALICONT000099000011", "KALITEXT000099000011", "KALISCTA000099000011"
    title = "Convention collective nationale de l'entretien des canaux et des berges du 4 mai 2019"

    def path(kind, ident):
        return f"kali/global/{kind}/{folders(ident)}/{ident}.xml"

    def article(number, body):
        ident = f"KALIARTI0000990000{10 + number}"
        return path("article", ident), f"""{HEAD}<ARTICLE>
<META><META_COMMUN><ID>{ident}</ID><ANCIEN_ID/><ORIGINE>KALI</ORIGINE><URL>article/{folders(ident)}/{ident}.xml</URL><NATURE>Article</NATURE></META_COMMUN>
<META_SPEC><META_ARTICLE><NUM>{number}</NUM><TITRE/><ETAT>VIGUEUR_ETEN</ETAT><DATE_DEBUT>2019-06-01</DATE_DEBUT><DATE_FIN>{OPEN}</DATE_FIN><DATE_DEB_EXT>2020-01-01</DATE_DEB_EXT><DATE_FIN_EXT>{OPEN}</DATE_FIN_EXT><TYPE>AUTONOME</TYPE></META_ARTICLE></META_SPEC></META>
<CONTEXTE><TEXTE cid="{text}" date_publi="2019-07-13" date_signature="2019-05-04" nature="Convention collective nationale" nor="ASET9950507M"><TITRE_TXT c_titre_court="Convention collective nationale de l'entretien des canaux" id_txt="{text}"/><TM><TITRE_TM debut="2019-06-01" fin="{OPEN}" id="{section}">Titre Ier : Dispositions générales</TITRE_TM></TM></TEXTE>
<CONTENEUR cid="{container}" date_publi="2019-07-13" etat="VIGUEUR_ETEN" nature="IDCC" num="9998" titre="{title}"/></CONTEXTE>
<VERSIONS><VERSION etat="VIGUEUR_ETEN"><LIEN_ART debut="2019-06-01" etat="VIGUEUR_ETEN" fin="{OPEN}" id="{ident}" num="{number}" origine="KALI"/></VERSION></VERSIONS>
<NOTA><CONTENU/></NOTA>
<BLOC_TEXTUEL><CONTENU>{paragraphs([body])}</CONTENU></BLOC_TEXTUEL>
<LIENS/>
</ARTICLE>
"""

    yield "Freemium_kali_global_20250713-140000.tar.gz", {
        path("conteneur", container): f"{HEAD}<IDCC><META><META_COMMUN><ID>{container}</ID><NATURE>IDCC</NATURE></META_COMMUN><META_SPEC><META_CONTENEUR><TITRE>{title}</TITRE><ETAT>VIGUEUR_ETEN</ETAT><NUM>9998</NUM><DATE_PUBLI>2019-07-13</DATE_PUBLI></META_CONTENEUR></META_SPEC></META><STRUCTURE_TXT><TM niv=\"1\"><TITRE_TM>Texte de base</TITRE_TM><LIEN_TXT idtxt=\"{text}\" titretxt=\"{title}\"/></TM></STRUCTURE_TXT></IDCC>\n",
        path("texte/struct", text): f"{HEAD}<TEXTELR><META><META_COMMUN><ID>{text}</ID></META_COMMUN></META><STRUCT><LIEN_SECTION_TA cid=\"{section}\" debut=\"2019-06-01\" etat=\"VIGUEUR_ETEN\" fin=\"{OPEN}\" id=\"{section}\" niv=\"1\" url=\"/section\">Titre Ier : Dispositions générales</LIEN_SECTION_TA></STRUCT></TEXTELR>\n",
        path("section_ta", section): f"{HEAD}<SECTION_TA><ID>{section}</ID><TITRE_TA>Titre Ier : Dispositions générales</TITRE_TA><STRUCTURE_TA><LIEN_ART debut=\"2019-06-01\" etat=\"VIGUEUR_ETEN\" fin=\"{OPEN}\" id=\"KALIARTI000099000011\" num=\"1\"/></STRUCTURE_TA></SECTION_TA>\n",
        **dict([article(1, prose.AGREEMENT[3]), article(2, prose.AGREEMENT[5])]),
    }


def office(texts):
    """A Word file of a few paragraphs and a table, as small as one can be."""
    run = lambda text: f'<w:p><w:r><w:t xml:space="preserve">{html.escape(text, quote=False)}</w:t></w:r></w:p>'
    row = lambda cells: "<w:tr>" + "".join(f"<w:tc>{run(cell)}</w:tc>" for cell in cells) + "</w:tr>"
    table = "<w:tbl>" + row(["Passages", "Prime"]) + row(["moins de 10", "20 €"]) + row(["10 et plus", "45 €"]) + "</w:tbl>"
    body = "".join(run(text) for text in texts) + table + run("Fait à Pontvert, le 12 juin 2025. Pour l'entreprise, XXX. Pour le syndicat, XXX.")
    document = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>'
    kinds = '<?xml version="1.0" encoding="UTF-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
    return zipped({"[Content_Types].xml": kinds, "word/document.xml": document, "word/footer1.xml": "<w:ftr/>"})


def acco():
    ident, file = "ACCOTEXT000099000001", "T09925000123-99900000100019"
    meta = f"""<TITRE_TXT>ACCORD RELATIF AUX ASTREINTES DES ÉCLUSIERS</TITRE_TXT><DOCUMENT_BUREAUTIQUE>/2025/07/11/{file}.docx</DOCUMENT_BUREAUTIQUE><NUMERO>T09925000123</NUMERO><SIRET>99900000100019</SIRET><CODE_UNITE_SIGNATAIRE/><DATE_MAJ>2025-07-08</DATE_MAJ><DATE_DEPOT>2025-06-20</DATE_DEPOT><DATE_TEXTE>2025-06-12</DATE_TEXTE><DATE_EFFET>2025-07-01</DATE_EFFET><DATE_FIN>{OPEN}</DATE_FIN><DATE_DIFFUSION>2025-07-11</DATE_DIFFUSION><CODE_APE>5222Z</CODE_APE><CODE_IDCC>9998</CODE_IDCC><RAISON_SOCIALE>COMPAGNIE DES BIEFS</RAISON_SOCIALE><CONFORME_VERSION_INTEGRALE>true</CONFORME_VERSION_INTEGRALE><SECTEUR>PRIVE</SECTEUR><THEMES><THEME><CODE>052</CODE><LIBELLE>Heures supplémentaires (contingent, majoration)</LIBELLE><GROUPE>03</GROUPE></THEME><THEME><CODE>131</CODE><LIBELLE>Autre, précisez</LIBELLE><GROUPE>11</GROUPE></THEME></THEMES><NEGOCIATEURS><NEGOCIATEUR><NOM>HALAGE</NOM><PRENOM>Jeanne</PRENOM></NEGOCIATEUR></NEGOCIATEURS>"""
    texts = ["ACCORD RELATIF AUX ASTREINTES DES ÉCLUSIERS", "Article 1", prose.AGREEMENT[2], "Article 2", prose.AGREEMENT[1]]
    yield "ACCO_20250714-064627.tar.gz", {
        f"20250714-064627/acco/global/{folders(ident)}/{ident}.xml": f"{HEAD}<TEXTE_ACCO>\n<META><META_COMMUN><ID>{ident}</ID><ANCIEN_ID/><ORIGINE>ACCO</ORIGINE><URL>acco/{folders(ident)}/{ident}.xml</URL><NATURE>ACCORD</NATURE></META_COMMUN>\n<META_SPEC><META_ACCO>{meta}</META_ACCO></META_SPEC></META>\n</TEXTE_ACCO>\n",
        f"20250714-064627/acco/global/bureautique/2025/07/11/{file}.docx": office(texts),
        "20250714-064627/liste_suppression_acco.dat": "acco/global/ACCO/TEXT/00/00/99/00/00/ACCOTEXT000099000009\nacco/global/bureautique//2024/12/22/T09924000001-99900000100019.docx\n",
    }


def dole():
    ident = "JORFDOLE000099000001"
    reasons = "".join(f"<p>{text}</p>" for text in ["Mesdames, Messieurs,", prose.SPEECHES[3], prose.SPEECHES[6]])
    links = '<ARBORESCENCE id="1" libelle="Travaux préparatoires"><LIEN id="2" libelle="Projet de loi n° 99" lien="https://assemblee.example/99"/></ARBORESCENCE>'
    meta = f"<TITRE>LOI n° 2025-990 du 3 juin 2025 relative au partage de l'eau des rigoles</TITRE><TYPE>LOI_PUBLIEE</TYPE><DATE_CREATION>2025-01-15</DATE_CREATION><DATE_DERNIERE_MODIFICATION>2025-06-04</DATE_DERNIERE_MODIFICATION><LEGISLATURE><NUMERO>17</NUMERO><LIBELLE>XVIIe législature</LIBELLE><DATE_DEBUT>2024-07-18</DATE_DEBUT><DATE_FIN>{OPEN}</DATE_FIN></LEGISLATURE><ID_TEXTE_1>JORFTEXT000099000990</ID_TEXTE_1>"
    record = lambda ident, meta, content: f"{HEAD}<DOSSIER_LEGISLATIF>\n<META><META_COMMUN><ID>{ident}</ID><ANCIEN_ID/><ORIGINE>JORF</ORIGINE><URL>dole/{folders(ident)}/{ident}.xml</URL></META_COMMUN>\n<META_DOSSIER_LEGISLATIF>{meta}</META_DOSSIER_LEGISLATIF></META>\n<CONTENU>{content}{links}</CONTENU>\n</DOSSIER_LEGISLATIF>\n"
    empty = "JORFDOLE000099000002"
    yield "DOLE_20250714-064700.tar.gz", {
        f"20250714-064700/dole/global/{folders(ident)}/{ident}.xml": record(ident, meta, f"<LIBELLE_TEXTE_1>LOI n° 2025-990</LIBELLE_TEXTE_1><EXPOSE_MOTIF>{html.escape(reasons)}</EXPOSE_MOTIF>"),
        # An ordinance: a file of links.
        f"20250714-064700/dole/global/{folders(empty)}/{empty}.xml": record(empty, "<TITRE>Ordonnance n° 2025-991 du 5 juin 2025</TITRE><TYPE>ORDONNANCE_PUBLIEE</TYPE><DATE_CREATION>2025-02-01</DATE_CREATION>", ""),
    }


# --- debates -------------------------------------------------------------------------------------------------------


def spoken(number, name, quality, text):
    quality = f"<QualiteMouvement>{quality}</QualiteMouvement>" if quality else ""
    return f'<Para Ident="P{number}" idsyceron="{990000 + number}"><Orateur href="https://assemblee.example/tribun/fiches_id/99{number}.asp"><Nom>{name}</Nom>{quality}</Orateur>{text}</Para>\n'


def sitting(day, number, journee, numbers, start):
    speakers = [("M. Esnault", ""), ("Mme Duvivier,", "rapporteure de la commission des eaux."), ("M. Castaing.", ""), ("Mme Floch,", "ministre des promenades.")]
    paras = "".join(
        spoken(start + at, *speakers[at % 4], (". " if at % 4 == 0 else "") + html.escape(prose.SPEECHES[n], quote=False))
        for at, n in enumerate(numbers)
    )
    return f"""<CompteRendu>
<Metadonnees><dateSeance>{day}</dateSeance><numSeance>{number}</numSeance><parution>17</parution><sessionOrd>ORD</sessionOrd></Metadonnees>
<Sommaire><TitreStruct><Intitule>SOMMAIRE</Intitule></TitreStruct><Para Ident="S1">1. Questions au Gouvernement</Para><Para Ident="S2">M. Esnault ; Mme Duvivier</Para></Sommaire>
<Quantiemes><Journee>{journee}</Journee></Quantiemes>
<Contenu><PresidentSeance>Présidence de Mme Berthou</PresidentSeance>
<Section><TitreStruct Ident="T1"><Numero>1</Numero><Intitule>Partage de l'eau</Intitule></TitreStruct>
<Para Ident="P0" idsyceron="{980000 + start}"><Orateur href=""><Nom>Mme la présidente.</Nom></Orateur>La séance est ouverte.<Italique> (Il est quinze heures.)</Italique></Para>
<SousSection1><TitreStruct><Intitule>Article 1<Exposant>er</Exposant></Intitule></TitreStruct>
{paras}<Para Ident="P9" idsyceron="{970000 + start}"><Italique>(Applaudissements sur quelques bancs.)</Italique></Para>
</SousSection1>
<ResultatVote><NombreVotants><Libelle>Nombre de votants</Libelle> <Valeur>61</Valeur></NombreVotants> <Pour><Libelle>Pour l'adoption</Libelle> <Valeur>40</Valeur></Pour> <Contre><Libelle>Contre</Libelle> <Valeur>21</Valeur></Contre></ResultatVote>
</Section></Contenu>
</CompteRendu>
"""


def report(sittings):
    return f"""{HEAD}<PublicationDANBlanc xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<Metadonnees><typePublication>DEBAT_AN</typePublication><dateParution>2024-01-10</dateParution><numParution>17</numParution><LegislatureNumero>16</LegislatureNumero></Metadonnees>
<ContenuDANBlanc>
{sittings}</ContenuDANBlanc>
</PublicationDANBlanc>
"""


def debates():
    first = sitting("2024-01-09", "97", "Première séance du mardi 9 janvier 2024", (0, 3, 5), 10)
    second = sitting("2024-01-09", "98", "Deuxième séance du mardi 9 janvier 2024", (6, 8, 1), 40)
    inner = {
        "AAA_20240109_017.xml": f"{HEAD}<PublicationTable/>\n",
        "CRI_20240109_017.xml": report(first + second),
        # The second file of the archive repeats a sitting.
        "CRI_20240109_018.xml": report(second),
        "PARU_2024017.xml": f"{HEAD}<Parution><NumParution>17</NumParution></Parution>\n",
    }
    yield "debats/AN_2024017.taz", compress(tar({"AN_2024017.tar": tar(inner)}))
    old = f"""{HEAD}<PublicationDAN>
<Metadonnees><PublicationNumero>52</PublicationNumero><DateParution>Jeudi-23-05-Mai-2013</DateParution><DateSeance>Mercredi-22-05-Mai-2013</DateSeance><SessionNom>Session ordinaire</SessionNom><SessionParlementaire>2012-2013</SessionParlementaire><LegislatureNumero>14</LegislatureNumero></Metadonnees>
<CompteRendu><Sommaire><Para>Table</Para></Sommaire>
<Contenu><Para><Orateur><Nom>M. le président.</Nom></Orateur> La parole est à M. Joly.</Para>
<Para><Orateur><Nom>M. Joly.</Nom></Orateur> {html.escape(prose.SPEECHES[7], quote=False)}</Para></Contenu></CompteRendu>
</PublicationDAN>
"""
    yield "debats/AN_2013052.taz", tar({"AN_2013052.tar": tar({"CRI_20130522_052.xml": old})})


# --- Judilibre -----------------------------------------------------------------------------------------------------


def judilibre_decision(index, ident, **more):
    facts, first, second, ruling = reasoning(index, "M. [X]")
    head = "COUR DE CASSATION\r\n______________________\r\n\r\nAudience publique du 14 mars 2024\r\n\r\n"
    pieces = [head, f"{facts}\r\n\r\n", f"{first}\r\n\r\n", f"{second}  \r\n\r\n\r\n", f"PAR CES MOTIFS, la Cour :\r\n\r\n{ruling}"]
    names = ["introduction", "expose", "motivations", "motivations", "dispositif"]
    zones, at = {}, 0
    for name, piece in zip(names, pieces):
        length = len(piece.encode("utf-16-le")) // 2
        zones.setdefault(name, []).insert(0, {"start": at, "end": at + length})
        at += length
    return {
        "id": ident, "source": "jurinet", "text": "".join(pieces), "chamber": "civ3", "decision_date": "2024-03-14",
        "ecli": f"ECLI:FR:CCASS:2024:C30{index:04}", "jurisdiction": "cc", "number": f"23-10.{100 + index}", "numbers": [f"23-10.{100 + index}"],
        "publication": ["b"], "solution": "rejet", "type": "arret", "formation": "fs", "location": None, "update_date": "2024-04-02",
        "update_datetime": f"2024-04-02T0{index}:10:20.000Z", "summary": "Le vendeur qui a fait exécuter les travaux ne peut ignorer le désordre.",
        "themes": ["vente", "garantie", "vices cachés"], "nac": None, "bulletin": None, "files": [],
        "contested": {"id": None, "date": "2023-05-04", "title": "Cour d'appel de Montrigole", "number": "21/00417"},
        "visa": [{"title": "Article L. 4 du code des canaux."}], "rapprochements": [], "zones": zones, "partial": False, "particularInterest": False,
        **more,
    }


def judilibre():
    dump = lambda value, **how: (json.dumps(value, ensure_ascii=False, **how) + "\n").encode()
    full, stars = judilibre_decision(1, "99a0000000000000000000a1"), judilibre_decision(2, "99a0000000000000000000a2")
    # Two units of UTF-16 for one character: the zones are told in units.
    shift = len("𝒜 ".encode("utf-16-le")) // 2
    stars["text"] = "𝒜 " + stars["text"]
    stars["zones"] = {name: [{"start": p["start"] + (shift if p["start"] else 0), "end": p["end"] + shift} for p in pieces] for name, pieces in stars["zones"].items()}
    short = {key: value for key, value in judilibre_decision(3, "99a0000000000000000000a3").items() if key not in ("text", "zones")}
    page = {"batch": 0, "batch_size": 1000, "query": {"jurisdiction": ["cc"]}, "total": 3, "previous_batch": None, "next_batch": None, "took": 5, "results": [full, stars, short]}
    yield "judilibre/20240501102030-000001.json", dump(page, indent=1)
    appeal = judilibre_decision(4, "99a0000000000000000000b1", jurisdiction="ca", chamber=None, formation="1re chambre", location="ca_montrigole", ecli=None, publication=[], partial=True, zones=None, nac="54Z", update_datetime=None)
    gone = judilibre_decision(5, "99a0000000000000000000b2", to_be_deleted=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in (appeal, gone)]
    yield "judilibre/20240501102030-000002.jsonl", ("\n".join(lines) + "\n" + lines[0][:200]).encode()
    yield "judilibre/20240502080000-000001.json", dump({"deleted": [{"id": "99a0000000000000000000a2", "date": "2024-05-01T22:15:00.000Z"}, {"id": "99a0000000000000000000c9"}]})
    yield "judilibre/99a0000000000000000000d1.json", dump(judilibre_decision(6, "99a0000000000000000000d1"))


# --- administrative justice ----------------------------------------------------------------------------------------


def administrative():
    def record(name, court, title, number, day, updated, text, more="", publication="D"):
        return f"""{HEAD}<Document>
<Donnees_Techniques><Identification>{name}.xml</Identification><Date_Mise_Jour>{updated}</Date_Mise_Jour></Donnees_Techniques>
<Dossier><Code_Juridiction>{court}</Code_Juridiction><Nom_Juridiction>{title}</Nom_Juridiction><Numero_Dossier>{number}</Numero_Dossier><Date_Lecture>{day}</Date_Lecture>{more}<Avocat_Requerant>SCP RIVE</Avocat_Requerant><Type_Decision>Décision</Type_Decision><Type_Recours>Excès de pouvoir</Type_Recours><Code_Publication>{publication}</Code_Publication><Solution>Rejet</Solution></Dossier>
<Audience><Date_Audience>{day}</Date_Audience><Numero_Role>25111</Numero_Role><Formation_Jugement>3ème chambre</Formation_Jugement></Audience>
<Decision><Texte_Integral>{text}</Texte_Integral></Decision>
</Document>
"""

    vu = "Vu la procédure suivante :"
    city = "Tribunal Administratif de Rives-sur-Aune"
    texts = [vu, *reasoning(4, "Mme A... B...")]
    yield "justice-administrative/TA_202512.zip", zipped({
        "DTA_2520143_20251205.xml": record("DTA_2520143_20251205", "TA99", city, "2520143", "2025-12-05", "2025-12-09", paragraphs(texts)),
        "ORTA_2520144_20251208.xml": record("ORTA_2520144_20251208", "TA99", city, "2520144", "2025-12-08", "2025-12-12", html.escape(paragraphs([vu, *reasoning(6, "l'association")]), quote=False)),
        # Nothing but lines; and a decision that was not transmitted.
        "DTA_2520145_20251210.xml": record("DTA_2520145_20251210", "TA99", city, "2520145", "2025-12-10", "2025-12-15", "\n" + "\n\n".join(reasoning(2, "M. C...")) + "\n"),
        "DTA_2520146_20251211.xml": record("DTA_2520146_20251211", "TA99", city, "2520146", "2025-12-11", "2025-12-16", ""),
        "LISEZMOI.txt": "Décisions du mois.\n",
    })
    # The same decision, corrected the month after.
    yield "justice-administrative/TA_202601.zip", zipped({
        "DTA_2520143_20251205.xml": record("DTA_2520143_20251205", "TA99", city, "2520143", "2025-12-05", "2026-01-27", paragraphs([text.replace("élèves", "enfants") for text in texts])),
    })
    yield "justice-administrative/CE_202109.zip", zipped({
        "DCE_449513_20210910.xml": record("DCE_449513_20210910", "CE", "Conseil d'Etat", "449513", "2021-09-10", "2021-09-20", lines([vu, *reasoning(0, "M. B... A...")], " <br/>\n<br/>"), "<Numero_ECLI>ECLI:FR:CECHR:2021:449513.20210910</Numero_ECLI>", "A"),
    })


def files():
    for group in (cassation(), other_decisions(), deliberations(), kali(), acco(), dole()):
        for name, members in group:
            yield f"dila/{name}", gzip.compress(tar(members), mtime=0)
    yield from debates()
    yield from judilibre()
    yield from administrative()

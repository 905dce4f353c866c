"""Writes the sample beside it: `python3 make.py`. The same files every time; nothing is copied from anywhere."""

import pathlib
import xml.sax.saxutils as sax
import zlib

HERE = pathlib.Path(__file__).parent
WIDTH = 44

# `|` is where a word may be broken at the end of a line.
NEWS = [
    "LE COUR|RIER DU VAL",
    "Le con|seil du canton s'est réu|ni mer|cre|di dans la grande salle de la mai|rie d'Arques-en-Val, sous la pré|si|dence "
    "de M. Ver|nier, doyen d'âge. L'ordre du jour appe|lait la dis|cus|sion du rap|port sur les che|mins vici|naux, que "
    "l'hiver a lais|sés dans un état déplo|rable.",
    "Plu|sieurs membres ont fait obser|ver que les pres|ta|tions en nature ne suf|fisent plus à l'en|tre|tien de la route "
    "de Mont|ri|gole, dont les char|rois de la fila|ture défoncent chaque semaine la chaus|sée. Le rap|por|teur a répon|du "
    "que le cré|dit de l'an|née était épui|sé depuis la Saint-Jean, mais qu'une sub|ven|tion serait deman|dée au "
    "dépar|te|ment.",
]
MORE = [
    "La ques|tion du mar|ché aux bes|tiaux a sou|le|vé un débat plus vif. Celui-ci se tient depuis trente ans sur le "
    "champ de foire, que les eaux recou|vrent à chaque crue. Après une longue dis|cus|sion, le trans|fert sur la ter|rasse "
    "des tilleuls a été voté par onze voix contre sept.",
    "On nous écrit de Beau|champ-le-Vieux que la mois|son s'an|nonce belle. Les blés, long|temps retar|dés par la "
    "séche|resse du prin|temps, ont repris vigueur avec les pluies de la semaine der|nière.",
]
NOTICE = [
    "NOTICE SUR LES FON|TAINES",
    "Les fon|taines du bourg sont ali|men|tées par une conduite de pierre que les moines firent éta|blir au temps de "
    "l'ab|bé Gré|goire. L'eau, prise à la source des Aulnes, tra|verse le val|lon sur un petit aque|duc de sept arches.",
    "Il fal|lut trois étés pour rele|ver les arches que la tour|mente de 1788 avait ren|ver|sées ; les habi|tants y "
    "tra|vail|lèrent à tour de rôle, et le curé lui-|même por|ta la pierre.",
]


def attribute(text: str) -> str:
    return sax.escape(text, {'"': "&quot;"})


def lines(paragraph: str, width: int = WIDTH) -> list[list[tuple[str, str]]]:
    """Lines of (word, rest of it on the next line)."""
    done, line, used = [], [], 0
    for word in paragraph.split():
        whole = word.replace("|", "")
        if used + len(whole) <= width:
            line.append((whole, ""))
            used += len(whole) + 1
            continue
        head, rest = "", whole
        parts = word.split("|")
        for count in range(len(parts) - 1, 0, -1):
            start = "".join(parts[:count])
            if used + len(start) < width:
                head, rest = start, whole[len(start):]
                break
        if head:
            line.append((head, rest))
        done.append(line)
        line, used = [(rest, "")], len(rest) + 1
    return [*done, line]


def confidence(word: str) -> tuple[str, str]:
    """A made-up confidence of the word, and of each character."""
    value = zlib.crc32(word.encode()) % 60
    return f"{1 - value / 100:.2f}", "".join(str((ord(c) * 7 + value) % 5) for c in word)


class Alto:
    """One page. `said` is which of the facts about broken words and confidence the format is to state."""

    def __init__(self, prefix: str, said: set[str]) -> None:
        self.prefix, self.said, self.out, self.pending, self.count = prefix, said, [], "", 0

    def tag(self, name: str, attributes: str = "", close: bool = True) -> None:
        self.out.append(f"<{self.prefix}{name}{' ' if attributes else ''}{attributes}{'/' if close else ''}>")

    def end(self, name: str) -> None:
        self.out.append(f"</{self.prefix}{name}>")

    def word(self, word: str, kind: str, whole: str) -> None:
        self.count += 1
        facts = f'ID="ST{self.count:05}" HPOS="{100 + self.count % 9 * 80}" VPOS="{200 + self.count}" WIDTH="72" HEIGHT="31" CONTENT="{attribute(word)}"'
        if kind and "subs" in self.said:
            facts += f' SUBS_TYPE="{kind}" SUBS_CONTENT="{attribute(whole)}"'
        wc, cc = confidence(word)
        facts += f' WC="{wc}"' if "wc" in self.said else ""
        facts += f' CC="{cc}"' if "cc" in self.said else ""
        self.tag("String", facts)

    def block(self, paragraph: str, facts: str) -> None:
        self.tag("TextBlock", facts, close=False)
        for line in lines(paragraph):
            self.tag("TextLine", 'HPOS="100" VPOS="200" WIDTH="800" HEIGHT="40"', close=False)
            for place, (word, rest) in enumerate(line):
                if place:
                    self.tag("SP", 'HPOS="0" VPOS="0" WIDTH="14"')
                if self.pending and place == 0:
                    self.word(word, "HypPart2", self.pending)
                    self.pending = ""
                else:
                    self.word(word, "HypPart1" if rest else "", word + rest)
                if rest:
                    self.pending = word + rest
                    self.tag("HYP", 'HPOS="0" VPOS="0" WIDTH="12" CONTENT="-"')
            self.end("TextLine")
        self.end("TextBlock")

    def text(self) -> str:
        depth, rows = 0, []
        for tag in self.out:
            depth -= tag.startswith("</")
            rows.append("  " * depth + tag)
            depth += not tag.startswith("</") and not tag.endswith("/>") and "</" not in tag
        return "\n".join(rows) + "\n"


def newspaper(number: int, blocks: list[str], carried: str = "") -> tuple[str, str]:
    """ALTO 1.4 without namespace, as docWorks writes it."""
    page = Alto("", {"subs", "wc", "cc"})
    page.pending = carried
    page.tag("alto", 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://schema.ccs-gmbh.com/docworks/version20/alto-1-4.xsd"', close=False)
    page.tag("Description", close=False)
    page.out += ["<MeasurementUnit>pixel</MeasurementUnit>", "<sourceImageInformation>", f"<fileName>//SCAN-1/IN/VAL/18840702/T000000{number}.tif</fileName>", "</sourceImageInformation>", '<OCRProcessing ID="OCR_1">', "<ocrProcessingStep>", "<processingSoftware>", "<softwareCreator>Atelier du Val</softwareCreator>", "<softwareName>LecteurOptique</softwareName>", "<softwareVersion>2.1</softwareVersion>", "</processingSoftware>", "</ocrProcessingStep>", "</OCRProcessing>"]
    page.end("Description")
    page.tag("Layout", close=False)
    page.tag("Page", f'ID="P{number}" PHYSICAL_IMG_NR="{number}" HEIGHT="3978" WIDTH="2467" PC="0.831"', close=False)
    page.tag("TopMargin", f'ID="P{number}_TM1"', close=False)
    kept, page.pending = page.pending, ""
    page.block(f"{number} LE COURRIER DU VAL 2 juillet 1884", f'ID="P{number}_TB00000"')
    page.pending = kept
    page.end("TopMargin")
    page.tag("PrintSpace", f'ID="P{number}_PS1"', close=False)
    for place, block in enumerate(blocks, 1):
        if place == len(blocks):
            page.tag("ComposedBlock", f'ID="P{number}_CB1" TYPE="Article"', close=False)
        page.block(block, f'ID="P{number}_TB{place:05}" STYLEREFS="TXT_0 PAR_BLOCK"')
        if place == len(blocks):
            page.end("ComposedBlock")
    page.end("PrintSpace")
    for name in ("Page", "Layout", "alto"):
        page.end(name)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + page.text(), page.pending


def book(blocks: list[str]) -> str:
    """ALTO 2 in the namespace of the BnF; declared as ISO-8859-1, written as UTF-8."""
    page = Alto("", {"cc"})
    page.tag("alto", 'xmlns="http://bibnum.bnf.fr/ns/alto_prod"', close=False)
    page.tag("Layout", close=False)
    page.tag("Page", 'ID="PAG_1" PHYSICAL_IMG_NR="1" ACCURACY="88.5"', close=False)
    page.tag("PrintSpace", close=False)
    # The title is the last block of the file; the chain says that it is read first.
    for place, block in [*enumerate(blocks[1:], 2), (1, blocks[0])]:
        follows = f' IDNEXT="B{place + 1}"' if place < len(blocks) else ""
        page.block(block, f'ID="B{place}"{follows} language="fr"')
    for name in ("PrintSpace", "Page", "Layout", "alto"):
        page.end(name)
    return '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + page.text()


def empty() -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<alto xmlns="http://bibnum.bnf.fr/ns/alto_prod">\n  <Layout>\n    <Page ID="PAG_2" PHYSICAL_IMG_NR="2">\n      <PrintSpace/>\n    </Page>\n  </Layout>\n</alto>\n'


def register() -> str:
    """ALTO 4 as eScriptorium writes it: a line is one String, the hyphen is in it, no confidence; zones are tags."""
    tags = "".join(f'<OtherTag ID="BT{n}" LABEL="{label}" DESCRIPTION="block type {label}"/>' for n, label in enumerate(["RunningTitleZone", "NumberingZone", "MainZone"]))
    def block(n: int, kind: int, *rows: str) -> str:
        body = "".join(f'<TextLine ID="l{n}{i}" BASELINE="1 2 3 4"><Shape><Polygon POINTS="1 2 3 4"/></Shape><String CONTENT="{attribute(row)}" HPOS="1"></String></TextLine>\n' for i, row in enumerate(rows))
        return f'<TextBlock ID="b{n}" TAGREFS="BT{kind}">\n{body}</TextBlock>\n'
    body = block(1, 0, "Registre des délibérations") + block(
        2, 2, "L'an mil neuf cent sept et le douze avril, le conseil d'ad-", "ministration de la société de secours mutuels s'est réu-", "ni au siège, rue des Tanneurs, sur convocation du prési-", "dent. Étaient présents MM. Aubrac, Saint-", "Léger et Peyrol. M. le trésorier donne lecture des comp-", "tes de l'exercice, qui sont approuvés à l'unanimité."
    ) + block(3, 1, "(14)")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">\n<Description><MeasurementUnit>pixel</MeasurementUnit><sourceImageInformation><fileName>registre_0014.jpg</fileName><fileIdentifier>https://gallica.bnf.fr/iiif/ark:/12148/btv1b0000014/f14/full/full/0/default.jpg</fileIdentifier></sourceImageInformation></Description>\n<Tags>{tags}</Tags>\n<Layout><Page ID="eSc_dummypage_" PHYSICAL_IMG_NR="14"><PrintSpace>\n{body}</PrintSpace></Page></Layout>\n</alto>\n'


def mets(names: list[str], root: str, description: str, href: str, use: str) -> str:
    files = "".join(f'<mets:file ID="ALTO{n:05}" MIMETYPE="text/xml"><mets:FLocat LOCTYPE="URL" xlink:href="{href.format(name)}"/></mets:file>\n' for n, name in enumerate(names, 1))
    images = "".join(f'<mets:file ID="IMG{n:05}"><mets:FLocat LOCTYPE="URL" xlink:href="file://./OCRmaster/{name}.jp2"/></mets:file>\n' for n, name in enumerate(names, 1))
    divs = "".join(f'<mets:div ID="DIVP{n}" ORDER="{n}" TYPE="CONTENT_PAGE"><mets:fptr><mets:par><mets:area FILEID="IMG{n:05}"/><mets:area FILEID="ALTO{n:05}" BETYPE="IDREF" BEGIN="P{n}"/></mets:par></mets:fptr></mets:div>\n' for n in range(1, len(names) + 1))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<mets:mets {root} xmlns:mets="http://www.loc.gov/METS/" xmlns:mods="http://www.loc.gov/mods/v3" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink">\n<mets:metsHdr><mets:agent ROLE="OTHER" OTHERROLE="OWNER"><mets:name>Bibliothèque du Val</mets:name></mets:agent></mets:metsHdr>\n{description}\n<mets:fileSec>\n<mets:fileGrp ID="OCRMasterFiles" USE="Preservation">\n{images}</mets:fileGrp>\n<mets:fileGrp {use}>\n{files}</mets:fileGrp>\n</mets:fileSec>\n<mets:structMap TYPE="PHYSICAL"><mets:div TYPE="Newspaper">\n{divs}</mets:div></mets:structMap>\n</mets:mets>\n'


def main() -> None:
    issue = HERE / "courrier-18840702"
    (issue / "ALTO").mkdir(parents=True, exist_ok=True)
    names = [f"courrier-18840702-000{n}" for n in (1, 2)]
    # The first page ends inside of a word; the second begins with the rest of it.
    first, _ = newspaper(1, NEWS)
    last = 'CONTENT="département."'
    assert first.count(last) == 1
    first = first.replace(last, 'CONTENT="dépar" SUBS_TYPE="HypPart1" SUBS_CONTENT="département."')
    second, _ = newspaper(2, ["tement.", *MORE], "département.")
    (issue / "ALTO" / f"{names[0]}.xml").write_text(first, "utf-8")
    (issue / "ALTO" / f"{names[1]}.xml").write_text(second, "utf-8")
    described = '<mets:dmdSec ID="MODSMD_ISSUE1"><mets:mdWrap MDTYPE="MODS"><mets:xmlData><mods:mods><mods:titleInfo><mods:title>Le Courrier du Val</mods:title><mods:partNumber>27</mods:partNumber></mods:titleInfo><mods:language><mods:languageTerm type="code">fr</mods:languageTerm></mods:language><mods:originInfo><mods:dateIssued keyDate="yes">02.07.1884</mods:dateIssued></mods:originInfo><mods:accessCondition>domaine public</mods:accessCondition></mods:mods></mets:xmlData></mets:mdWrap></mets:dmdSec>\n<mets:dmdSec ID="MODSMD_ARTICLE1"><mets:mdWrap MDTYPE="MODS"><mets:xmlData><mods:mods><mods:titleInfo><mods:title>Conseil du canton</mods:title></mods:titleInfo></mods:mods></mets:xmlData></mets:mdWrap></mets:dmdSec>'
    (issue / "courrier-18840702-METS.xml").write_text(mets(names, 'TYPE="Newspaper" LABEL="Le Courrier du Val no. 27 02.07.1884"', described, "file://./ALTO/{}.xml", 'ID="ALTOFiles" USE="content"'), "utf-8")

    volume = HERE / "bpt6k0000027"
    (volume / "ocr").mkdir(parents=True, exist_ok=True)
    (volume / "ocr" / "X0000001.xml").write_text(book(NOTICE), "utf-8")
    (volume / "ocr" / "X0000002.xml").write_text(empty(), "utf-8")
    described = '<mets:dmdSec ID="DMD.1"><mets:mdWrap MDTYPE="DC"><mets:xmlData><dc:title>Notice sur les fontaines d\'Arques-en-Val</dc:title><dc:date>1846</dc:date><dc:language>fre</dc:language><dc:rights>domaine public</dc:rights><dc:rights>public domain</dc:rights></mets:xmlData></mets:mdWrap></mets:dmdSec>'
    (volume / "manifest.xml").write_text(mets(["X0000001", "X0000002"], 'TYPE="Monograph" OBJID="ark:/12148/bpt6k0000027"', described, "ocr\\{}.xml", 'USE="ocr"'), "utf-8")

    (HERE / "registre").mkdir(exist_ok=True)
    (HERE / "registre" / "registre_0014.xml").write_text(register(), "utf-8")
    (HERE / "registre" / "registre_0015.xml").write_text(register()[:900], "utf-8")
    (HERE / "registre" / "transcription.xml").write_text('<?xml version="1.0" encoding="UTF-8"?>\n<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body><p>Registre des délibérations.</p></body></text></TEI>\n', "utf-8")


if __name__ == "__main__":
    main()

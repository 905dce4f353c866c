#!/usr/bin/env python3
"""Writes the samples of this folder, the same bytes each time. Standard library only."""

import bz2
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent


def head(site, database, base, generator_lang, namespaces):
    names = "\n".join(
        f'      <namespace key="{key}" case="first-letter">{name}</namespace>' if name else f'      <namespace key="{key}" case="first-letter" />'
        for key, name in namespaces
    )
    return f"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11" xml:lang="{generator_lang}">
  <siteinfo>
    <sitename>{site}</sitename>
    <dbname>{database}</dbname>
    <base>{base}</base>
    <generator>MediaWiki 1.44.0-wmf.9</generator>
    <case>first-letter</case>
    <namespaces>
{names}
    </namespaces>
  </siteinfo>
"""


def page(title, ns, ident, text, redirect=None, model="wikitext", when="2025-01-18T07:41:03Z"):
    turn = f'\n    <redirect title="{escape(redirect)}" />' if redirect else ""
    return f"""  <page>
    <title>{escape(title)}</title>
    <ns>{ns}</ns>
    <id>{ident}</id>{turn}
    <revision>
      <id>{ident * 1000 + 7}</id>
      <parentid>{ident * 1000 + 3}</parentid>
      <timestamp>{when}</timestamp>
      <contributor>
        <username>Éclusière inventée</username>
        <id>1</id>
      </contributor>
      <comment>/* Histoire */ coquille</comment>
      <origin>{ident * 1000 + 7}</origin>
      <model>{model}</model>
      <format>text/x-wiki</format>
      <text bytes="{len(text.encode())}" sha1="0000000000000000000000000000000" xml:space="preserve">{escape(text, {'"': "&quot;"})}</text>
      <sha1>0000000000000000000000000000000</sha1>
    </revision>
  </page>
"""


CANAL = """{{Infobox Canal
 | nom = Canal de Pontvert
 | image = Pontvert écluse.jpg
 | légende = L'écluse du [[Vieux-Halage]].
 | longueur = {{unité|42|km}}
}}
{{Voir homonymes|Pontvert}}
Le '''canal de Pontvert''' ({{lang-oc|canal de Pontvèrd}}) est une voie d'eau inventée, longue de {{unité|42|km}}, qui relie la [[Rivière (cours d'eau)|rivière]] Aune au bassin des Trois-Biefs<ref>{{Ouvrage|auteur=A. Halage|titre=Canaux|année=1998|pages=12}}</ref>. Ouvert au {{s-|XIX|e}}, il est classé depuis le {{date|3|mai|1994}}{{refnec}}, et sert d'abord à la promenade.<!-- à compléter -->

Il est décrit dans l'''Atlas des eaux lentes'', où l'on lit : {{citation|Nulle part l'eau n'est plus patiente}}. [[Fichier:Pontvert carte.png|vignette|redresse=1.2|Carte du canal, par [[Anne Halage]].]]

== Histoire ==
{{Article détaillé|Histoire du canal de Pontvert}}
=== Le chantier ===
Les travaux commencent en 1822, sous la conduite de l'ingénieur {{nobr|Jean Vanne}}. Trois mille ouvriers y travaillent&nbsp;; la pente moyenne est de <math>p = \\frac{h}{L}</math>.
Les pierres viennent des carrières voisines.

=== La navigation ===
Le trafic atteint {{formatnum:120000}} tonnes en 1869 :
* le bois, pour un tiers ;
* l'ardoise, pour un quart ;
** dont l'ardoise violette ;
* le vin.

{| class="wikitable"
|+ Trafic
! Année !! Tonnes
|-
| 1869 || 120 000
|-
| 1913 || 64 000
|}

== Galerie ==
<gallery>
Fichier:Un.jpg|Une écluse
Fichier:Deux.jpg|Un pont
</gallery>

== Dans la littérature ==
Une chanson de batelier dit :
<poem>
Sur le canal, la barque lente
:S'en va sans voile et sans rameur.

Le cheval tire, l'eau consente,
Et l'éclusier n'a jamais peur.
</poem>

== Notes et références ==
{{Références}}

== Voir aussi ==
=== Liens externes ===
* [https://canal.example/ Site du canal]
{{Portail|transports|eau}}
[[Catégorie:Canal inventé]]
[[br:Kanol Pontvert]]
"""

BIEF = """Un '''bief''' est la portion d'un canal comprise entre deux écluses. Sa longueur dépend du relief : quelques centaines de mètres en terrain accidenté, plusieurs kilomètres en plaine {{incise|le plus long dépasse cinquante kilomètres|stop}}.

; Bief de partage : le plus élevé d'un canal, où l'eau se partage entre les deux versants.
; Faux bief : bras où l'eau ne coule qu'en crue.

{{Palette|Canaux}}
"""

LIVRE = """<noinclude><pagequality level="4" user="Éclusière inventée" /><div class="pagetext">{{nr||LES CANAUX DE MON ENFANCE.|12}}</noinclude>{{t3|CHAPITRE II.}}

{{PetitTitre|Le passage de l'écluse.}}

{{Lettrine|L}}e lendemain, nous descendîmes avant le jour. L'éclusier,
{{M.|{{sc|Vanne}}}}, {{corr|atendait|attendait}} déjà sur le pont, sa lanterne à la
main ; il nous fit signe de ne pas parler<ref>L'usage voulait qu'on se tût.</ref>.

— Vous allez voir, dit-il à voix basse, la plus vieille porte du canal. Elle est d'avant la {{tiret|Révo|lution}}<noinclude>
<references/></div></noinclude>"""

SUITE = """<noinclude><pagequality level="3" user="Éclusière inventée" />{{nr|13|LES CANAUX DE MON ENFANCE.}}</noinclude>{{tiret2|Révo|lution}}, et n'a jamais été remplacée.

<poem>
Porte de chêne, porte sage,
{{em|2}}Ouvre-toi pour le passage.
</poem>

Nous passâmes au {{1er}} coup de cloche.<noinclude>
<references/></noinclude>"""

BRUT = """<noinclude><pagequality level="1" user="" /></noinclude>Texte lu par la machine, non corrigé : les cana1ix de mon enfanee."""


def main():
    wikipedia = head(
        "Wikipédia",
        "frwiki",
        "https://fr.wikipedia.org/wiki/Wikip%C3%A9dia:Accueil_principal",
        "fr",
        [(-2, "Média"), (0, ""), (1, "Discussion"), (6, "Fichier"), (10, "Modèle"), (14, "Catégorie")],
    )
    articles = [
        page("Canal de Pontvert", 0, 101, CANAL),
        page("Bief", 0, 102, BIEF, when="2024-11-02T20:15:59Z"),
        page("Canal de Pont-Vert", 0, 103, "#REDIRECTION [[Canal de Pontvert]]", redirect="Canal de Pontvert"),
        page("Modèle:Infobox Canal", 10, 104, "<includeonly>{{{nom}}}</includeonly>"),
        page("Pontvert (homonymie)", 0, 105, "{{Homonymie}}\n{{Portail|toponymie}}"),
        page("Module:Canal", 828, 106, "return {}", model="Scribunto"),
        page("Écluse", 0, 107, "Une écluse & rien").replace("&amp;", "&"),
    ]
    # As in a multistream dump: the head, then a stream for some pages, then the end.
    streams = [wikipedia, "".join(articles[:3]), "".join(articles[3:]), "</mediawiki>\n"]
    dump = b"".join(bz2.compress(part.encode()) for part in streams)
    (HERE / "frwiki-20250201-pages-articles-multistream.xml.bz2").write_bytes(dump)
    wikisource = head(
        "Wikisource",
        "frwikisource",
        "https://fr.wikisource.org/wiki/Wikisource:Accueil",
        "fr",
        [(0, ""), (6, "Fichier"), (14, "Catégorie"), (104, "Page"), (112, "Livre")],
    )
    book = "Page:Halage - Les Canaux de mon enfance, 1887.djvu"
    pages = [
        page(f"{book}/16", 104, 201, LIVRE),
        page(f"{book}/17", 104, 202, SUITE),
        page(f"{book}/18", 104, 203, BRUT),
    ]
    # Cut short: the end tag is missing.
    (HERE / "frwikisource-20250201-pages-articles.xml").write_text(wikisource + "".join(pages), "utf-8")


if __name__ == "__main__":
    main()

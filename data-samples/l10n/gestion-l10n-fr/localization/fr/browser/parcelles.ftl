# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at http://mozilla.org/MPL/2.0/.

### Carnet des parcelles

-nom-application = Carnet du jardin
parcelles-titre = Parcelles
    .title = Parcelles
# Variables :
#   $nombre (Number) : parcelles libres
parcelles-libres =
    { $nombre ->
        [one] Une parcelle est libre.
       *[other] { $nombre } parcelles sont libres.
    }
parcelles-ajouter =
    .label = Ajouter une parcelle…
    .accesskey = A
    .tooltip = Inscrire une parcelle dans { -nom-application }
    .style = width: 20em
parcelles-aide = Lisez <a data-l10n-name="reglement">le règlement du jardin</a> avant de demander
    une parcelle{ "\u00A0" }; il est affiché à l’entrée.
parcelles-renvoi = { parcelles-titre }
cette ligne est cassée
parcelles-adresse = https://jardin.exemple.fr/

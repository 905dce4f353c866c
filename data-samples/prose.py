"""Paragraphs invented for the samples. No place, person, decision or law of that name exists; nothing is copied."""

# Articles of an imaginary code. Each entry is one article: its paragraphs.
CODE = [
    [
        "Les canaux, rigoles, bassins et passerelles énumérés au tableau annexé au présent code forment le domaine fluvial de proximité. Ce domaine est affecté à la promenade, à la navigation légère et à l'arrosage des jardins. Il ne peut être aliéné qu'après une enquête d'un mois, conduite dans chacune des communes traversées.",
        "Nul ne peut y construire, y planter ou y déposer des matériaux sans une autorisation écrite du syndicat gestionnaire. L'autorisation est personnelle, précaire et révocable ; elle fixe la durée de l'occupation et la redevance due, qui tient compte de l'avantage que le bénéficiaire en retire.",
    ],
    [
        "Le syndicat gestionnaire est un établissement public qui réunit les communes riveraines, le département et les associations d'usagers déclarées depuis trois ans au moins. Son conseil se réunit quatre fois l'an, et chaque fois que le tiers de ses membres le demande. Les séances sont ouvertes au public, sauf lorsque le conseil délibère d'une situation individuelle.",
        "Le président prépare les délibérations, les exécute et représente le syndicat en justice. Il rend compte chaque printemps, dans un rapport mis en ligne, de l'état des berges, des travaux de l'année et des accidents survenus.",
    ],
    [
        "L'éclusier veille au niveau des biefs et à la sécurité des passages. Il peut interrompre la navigation lorsque la crue, le gel ou le manque d'eau l'exigent. La décision est affichée à chaque écluse et portée à la connaissance des mairies dans la journée ; elle cesse de plein droit au bout de dix jours si elle n'a pas été confirmée par le président du syndicat.",
        "Le batelier qui passe outre à une interruption régulièrement affichée répond des dommages qu'il cause aux ouvrages, même en l'absence de faute lourde.",
    ],
    [
        "Toute passerelle ouverte au public est visitée une fois par an par un agent formé à cet effet. Le procès-verbal de visite décrit l'état du tablier, des garde-corps et des appuis. Il indique les réparations à faire, le délai dans lequel elles doivent l'être et, s'il y a lieu, les restrictions de passage à prononcer sans attendre.",
        "Lorsque la visite révèle un péril, l'ouvrage est fermé le jour même. Il n'est rouvert qu'après une épreuve de charge dont le compte rendu est conservé pendant trente ans avec les plans de l'ouvrage.",
    ],
    [
        "Les riverains souffrent le passage des agents chargés de l'entretien sur une bande de trois mètres comptée depuis la crête de la berge. Cette servitude s'exerce de jour, après un avertissement donné une semaine à l'avance, et ne fait pas obstacle à la clôture des fonds pourvu qu'une porte y soit ménagée.",
        "Les dommages causés aux cultures par le passage sont indemnisés à l'amiable. À défaut d'accord dans les deux mois, l'indemnité est fixée par le juge du lieu, sur le rapport d'un expert choisi d'un commun accord ou désigné d'office.",
    ],
    [
        "La pêche à une seule ligne est libre et gratuite dans les biefs ouverts, du premier samedi de mars au dernier dimanche de novembre. Elle s'exerce de la berge, à plus de vingt mètres des écluses et des passes à poissons. Les prises d'une taille inférieure à celle que fixe le règlement local sont rendues à l'eau aussitôt.",
        "Les associations de pêche peuvent être chargées, par convention, du repeuplement des biefs et de la surveillance des frayères. La convention est publiée ; elle ne peut être renouvelée plus de deux fois sans une nouvelle mise en concurrence.",
    ],
    [
        "L'eau des rigoles est partagée entre les jardins à proportion de leur surface, par tours d'arrosage. Le tableau des tours est arrêté avant le 15 avril par l'assemblée des arrosants et affiché jusqu'à la fin de la saison. Un tour manqué par négligence ne se rattrape pas ; un tour manqué par force majeure est rendu dans la semaine.",
        "En période de sécheresse, les potagers familiaux et les pépinières publiques sont servis les premiers. Les pelouses d'agrément ne le sont qu'après tous les autres usages.",
    ],
    [
        "Les recettes du syndicat comprennent les redevances d'occupation, les droits d'écluse, les participations des communes, les subventions et le produit des dons et legs. Les droits d'écluse ne peuvent dépasser le coût du service rendu ; les embarcations mues à la force des bras en sont dispensées.",
        "Le budget est voté en équilibre réel. Une part des recettes, qui ne peut être inférieure au dixième, est placée en réserve pour les grosses réparations. Le conseil ne peut en disposer que par une délibération motivée prise à la majorité des deux tiers.",
    ],
    [
        "Est puni de l'amende prévue pour les contraventions de la quatrième classe le fait de jeter dans un canal des déblais, des déchets ou des eaux souillées, d'entraver une vanne, ou de circuler sur une passerelle fermée. La peine est doublée lorsque le fait a été commis de nuit ou en réunion.",
        "Les infractions sont constatées par les gardes assermentés du syndicat, dont les procès-verbaux font foi jusqu'à preuve contraire. Une copie du procès-verbal est remise à l'intéressé, qui dispose de quinze jours pour présenter ses observations.",
    ],
    [
        "Les ouvrages anciens dont la liste est arrêtée par le ministre chargé de la culture sont restaurés selon les règles de leur construction. Le remplacement d'une pièce n'est permis que si sa réparation est impossible ou hors de proportion avec l'intérêt de l'ouvrage ; la pièce déposée est alors conservée et inventoriée.",
        "Les relevés, dessins et photographies établis à l'occasion des travaux sont versés aux archives départementales dans l'année qui suit la réception. Ils sont librement communicables et réutilisables, sous la seule réserve de citer leur origine et la date de leur établissement.",
    ],
]

# Later wordings of the first article, oldest first: a chain of versions.
CODE_VERSIONS = [
    [
        "Les canaux et rigoles énumérés au tableau annexé au présent code forment le domaine fluvial de proximité. Ce domaine est affecté à la promenade et à l'arrosage des jardins. Il ne peut être aliéné qu'après une enquête de quinze jours.",
        "Nul ne peut y construire ou y planter sans une autorisation écrite du maire. L'autorisation est précaire ; elle fixe la durée de l'occupation. La redevance est fixée chaque année par le conseil municipal, après avis des usagers.",
    ],
    [
        "Les canaux, rigoles et bassins énumérés au tableau annexé au présent code forment le domaine fluvial de proximité. Ce domaine est affecté à la promenade, à la navigation légère et à l'arrosage des jardins. Il ne peut être aliéné qu'après une enquête d'un mois.",
        "Nul ne peut y construire, y planter ou y déposer des matériaux sans une autorisation écrite du syndicat gestionnaire. L'autorisation est personnelle et précaire ; elle fixe la durée de l'occupation et la redevance due, qui est la même pour tous les occupants.",
    ],
]

# Paragraphs of decisions; {a} is a name made anonymous, {b} a place, {n} a number, {d} a date.
FACTS = [
    "Par une requête enregistrée le {d}, {a} demande au tribunal d'annuler la décision par laquelle le maire de {b} a refusé de lui délivrer l'autorisation d'installer un ponton de {n} mètres au droit de sa propriété. La requérante soutient que la décision n'est pas motivée, qu'elle a été prise par une autorité incompétente et qu'aucun motif tiré de la sécurité de la navigation ne la justifiait.",
    "{a}, agent technique de la commune de {b} depuis {n} ans, a été placé en congé à la suite d'une chute survenue alors qu'il déneigeait les marches de la médiathèque. La commune a refusé de reconnaître l'imputabilité de l'accident au service, au motif que l'agent avait commencé sa journée avant l'heure fixée par le tableau de service.",
    "La société qui exploite le marché couvert de {b} a résilié, le {d}, le contrat d'emplacement de {a}, marchand de légumes, qui occupait depuis {n} ans l'étal le plus proche de l'entrée. Elle lui reproche d'avoir étendu son étalage sur l'allée de circulation malgré deux avertissements écrits. Le commerçant répond que l'allée a été rétrécie par l'exploitant lui-même.",
    "Le {d}, un orage a fait déborder le collecteur d'eaux pluviales qui longe la rue basse de {b}. L'atelier de reliure de {a} a été inondé sur une hauteur de {n} centimètres et une partie des ouvrages confiés par des clients a été perdue. L'assureur de l'atelier, subrogé dans ses droits, demande réparation à la communauté de communes.",
    "Les parents d'une élève scolarisée à l'école de {b} contestent la décision de fermer la classe unique à la rentrée. Ils font valoir que l'effectif prévu, soit {n} élèves, avait été calculé sans tenir compte de deux familles dont l'installation était annoncée depuis le {d}, et que le trajet jusqu'à l'école voisine dépasse trois quarts d'heure en hiver.",
    "{a} a acheté le {d} une maison ancienne à {b}. L'acte de vente précisait que la toiture avait été refaite. Au premier hiver, {n} fuites sont apparues et l'expert désigné a constaté que seules les tuiles visibles de la rue avaient été remplacées. L'acheteur demande la restitution d'une partie du prix.",
    "Une association de riverains de {b} demande la suspension de l'arrêté du {d} autorisant l'abattage de {n} platanes le long du canal. Elle soutient que l'étude phytosanitaire a porté sur un échantillon trop réduit et que des méthodes moins radicales, éprouvées dans les communes voisines, n'ont pas été examinées.",
    "{a}, bibliothécaire recrutée par contrat par la commune de {b}, a vu son engagement renouvelé {n} fois avant d'apprendre, le {d}, qu'il ne le serait plus. Elle soutient que le besoin auquel elle répondait était permanent et que le motif invoqué, tiré d'une réorganisation, cache une sanction.",
]

REASONS = [
    "Il résulte de l'instruction que la décision attaquée énonce les dispositions dont elle fait application ainsi que les éléments de fait sur lesquels elle repose. La circonstance que ces éléments soient contestés est sans incidence sur la régularité de la motivation. Le moyen tiré de son insuffisance doit donc être écarté.",
    "Il appartient à celui qui se prévaut d'une obligation d'en rapporter la preuve. Or les attestations produites, rédigées dans des termes presque identiques et après l'introduction de l'instance, ne suffisent pas à établir que l'accord allégué avait été conclu. Aucune pièce contemporaine des faits ne vient les corroborer.",
    "L'autorité administrative doit, avant de prendre une mesure de cette nature, mettre l'intéressé à même de présenter ses observations. Cette garantie n'est pas de pure forme. En l'espèce, la convocation a été remise la veille de l'entretien, sans que l'urgence soit alléguée ; l'intéressé a ainsi été privé du temps nécessaire pour préparer sa défense.",
    "Le maître d'un ouvrage public répond, même sans faute, des dommages que cet ouvrage cause aux tiers. Il ne peut s'exonérer qu'en prouvant la force majeure ou la faute de la victime. Un orage dont l'intensité se rencontre en moyenne tous les quinze ans ne présente pas le caractère imprévisible de la force majeure.",
    "L'expert relève que le désordre ne pouvait être décelé par un acheteur normalement attentif, dès lors qu'il fallait déposer la charpente pour le constater. Le vendeur, qui avait fait exécuter les travaux, ne pouvait l'ignorer. La clause qui l'exonère de toute garantie ne saurait, dans ces conditions, produire effet.",
    "La mesure contestée doit être proportionnée au but poursuivi. Le rapport produit par la commune conclut qu'un traitement par élagage et haubanage offrirait, pour un coût comparable, une sécurité équivalente. En s'abstenant d'examiner cette solution, l'auteur de l'arrêté a entaché sa décision d'une erreur d'appréciation.",
    "Le règlement du marché, accepté par tous les occupants, prévoit que la résiliation ne peut intervenir qu'après deux avertissements portant sur des faits de même nature. Les deux lettres produites visent l'une un retard de paiement, l'autre l'encombrement de l'allée. La condition posée par le règlement n'était donc pas remplie.",
    "Le besoin auquel répond un emploi s'apprécie au regard de la nature des tâches et de la durée pendant laquelle elles ont été exercées. L'accueil du public, le catalogage et l'animation d'un service ouvert toute l'année ne présentent aucun caractère saisonnier. Le recours répété à des contrats courts était donc irrégulier.",
]

RULINGS = [
    "Par ces motifs, la décision attaquée est annulée. Il est enjoint à l'autorité compétente de statuer à nouveau sur la demande dans un délai de deux mois. La commune versera à la partie requérante la somme de {n} euros au titre des frais exposés. Le surplus des conclusions est rejeté et les dépens sont partagés par moitié entre les parties.",
    "Par ces motifs, la requête est rejetée. Il n'y a pas lieu, dans les circonstances de l'espèce, de mettre à la charge de l'une ou l'autre des parties les frais qu'elles ont exposés. Le présent jugement sera notifié aux parties et une copie en sera adressée au préfet du département.",
    "Par ces motifs, le vendeur est condamné à restituer la somme de {n} euros, avec intérêts à compter de l'assignation. L'exécution provisoire est ordonnée à hauteur de la moitié. Les frais d'expertise suivront le sort des dépens, dont la charge incombe à la partie qui succombe.",
    "Par ces motifs, avant dire droit, il est ordonné une mesure d'instruction. L'expert aura pour mission de décrire l'état des lieux, de rechercher l'origine des désordres et de chiffrer les travaux nécessaires. Il déposera son rapport dans un délai de {n} semaines ; les droits des parties sont réservés jusqu'en fin d'instance.",
]

# Speeches of an imaginary council.
SPEECHES = [
    "Mes chers collègues, la délibération qui nous est soumise paraît technique ; elle ne l'est pas. Derrière le tableau des subventions, il y a des associations qui ouvrent leur porte chaque soir, des bénévoles qui avancent parfois les frais sur leurs propres deniers, et des habitants qui comptent sur elles. Je demande que nous prenions le temps d'examiner chaque ligne.",
    "Je ne partage pas l'optimisme de mon collègue. Le rapport annonce une baisse des consommations d'énergie, mais il compare un hiver doux à un hiver rigoureux. Corrigée du climat, la baisse est presque nulle. Nous devons isoler les écoles avant de repeindre la façade de l'hôtel de ville, et nous devons le dire clairement à ceux qui nous ont élus.",
    "Permettez-moi de rappeler d'où nous venons. Il y a dix ans, la ligne d'autocar ne passait que deux fois par jour et s'arrêtait à la nuit tombée. Aujourd'hui, elle circule toutes les heures et les lycéens peuvent rentrer après l'étude. Ce progrès a un coût, que nous assumons ; le remettre en cause au premier déficit serait une faute.",
    "La question de l'eau ne se réglera pas dans cette enceinte en une soirée. Les relevés montrent que la nappe baisse depuis six ans. Nous proposons trois mesures : publier chaque mois les prélèvements, aider les agriculteurs à changer leurs cultures les plus assoiffées, et réserver l'eau potable à ce qui se boit. Rien de tout cela n'est populaire, mais tout est nécessaire.",
    "J'entends les inquiétudes des commerçants du centre. Fermer la place aux voitures pendant les travaux leur fera perdre une partie de leur clientèle, c'est vrai. C'est pourquoi l'amendement que je défends prévoit un fonds d'indemnisation, un calendrier affiché rue par rue et un seul interlocuteur en mairie, joignable tous les jours, y compris le samedi.",
    "Monsieur le président, notre groupe votera contre. Non par hostilité à la médiathèque, que nous avons soutenue dès l'origine, mais parce que le plan de financement repose sur une vente de terrain qui n'est pas signée. Si cette vente échoue, c'est l'entretien des chemins qui paiera. Nous demandons simplement que l'on attende la signature.",
    "Ce débat oublie ceux qui n'ont pas d'ordinateur. Chaque démarche mise en ligne est un guichet de moins. Je ne plaide pas pour le papier à tout prix : je demande qu'à chaque service dématérialisé corresponde une personne, dans chaque canton, capable d'accompagner celles et ceux que l'écran arrête. Cela représente quatre emplois ; nous en avons les moyens.",
    "Je voudrais remercier les agents qui ont préparé ce dossier, et répondre sur un point précis. Non, le chantier de la passerelle n'a pas pris deux ans de retard : il en a pris un, parce que les plongeurs ont trouvé sous l'eau des pieux de chêne que les archéologues ont voulu dater. Ils remontent au quatorzième siècle. Avouez que cela valait bien une saison.",
    "Sur la cantine, les chiffres sont connus : la moitié des produits viennent désormais de moins de cinquante kilomètres, le gaspillage a diminué d'un tiers, et le prix du repas n'a pas bougé pour les familles modestes. Les cuisinières ont été formées sur leur temps de travail. Je souhaite que l'on étende la méthode aux deux résidences pour personnes âgées.",
    "La parole est à l'opposition, et je vous remercie de me la laisser. Nous ne contestons pas l'utilité des caméras devant le collège ; nous contestons qu'on les installe sans dire qui regarde les images, combien de temps elles sont gardées et qui peut les effacer. Un règlement de trois pages suffirait. Il n'est pas joint à la délibération.",
]

# Practical sheets.
GUIDES = [
    "Pour inscrire votre enfant à l'école maternelle, présentez-vous à la mairie de votre domicile avec le livret de famille, un justificatif de domicile de moins de trois mois et le carnet de vaccinations. La mairie vous remet un certificat d'inscription qui indique l'école dont dépend votre rue. Prenez ensuite rendez-vous avec la directrice ou le directeur, qui enregistrera l'admission.",
    "Si vous déménagez en cours d'année, demandez un certificat de radiation à l'ancienne école. Ce document est gratuit et doit vous être remis sans délai. La nouvelle école ne peut refuser l'enfant au motif que les listes sont closes : l'instruction est obligatoire dès trois ans, et l'inscription se fait à tout moment.",
    "La demande de composteur se fait en ligne ou au comptoir de la déchèterie. Un seul composteur est prêté par foyer, pour la durée de l'occupation du logement. Une heure de formation, proposée le premier samedi du mois, est vivement conseillée : un compost trop humide attire les moucherons, un compost trop sec ne travaille pas.",
    "Vous souhaitez organiser un vide-greniers dans votre rue ? Déposez votre demande en mairie au moins deux mois avant la date choisie. Indiquez le nombre d'exposants attendu, le plan de l'emprise et le nom d'une personne responsable. La mairie prend alors un arrêté de circulation et vous prête des barrières, que vous rapporterez le lundi suivant.",
    "Le prêt de livres est gratuit pour tous les habitants, sans condition d'âge. La carte s'obtient sur place, en quelques minutes, avec une pièce d'identité. Vous pouvez emprunter dix documents pour quatre semaines et prolonger le prêt une fois, sauf si un autre lecteur a réservé l'ouvrage. En cas de perte, le livre est remplacé par un exemplaire d'occasion.",
    "En cas de coupure d'eau, vérifiez d'abord le robinet d'arrêt et interrogez vos voisins. Si toute la rue est touchée, appelez le numéro d'astreinte indiqué sur votre facture : une équipe intervient jour et nuit. Après le rétablissement, laissez couler l'eau froide deux minutes avant de la boire ; une couleur laiteuse, due à des bulles d'air, est sans danger.",
    "L'aide au ravalement s'adresse aux propriétaires d'une maison de plus de cinquante ans située dans le périmètre du vieux bourg. Elle couvre le tiers des dépenses, dans la limite d'un plafond revu chaque année. Les travaux ne doivent pas commencer avant la réponse écrite de la commission, qui se réunit à chaque changement de saison.",
    "Pour obtenir la copie d'un acte de naissance, adressez-vous à la mairie du lieu de naissance. La demande peut être faite par courrier, en ligne ou au guichet. Elle ne coûte rien. Précisez les nom, prénoms et date de naissance, ainsi que les noms des parents si vous demandez une copie intégrale. Le délai habituel est d'une semaine.",
    "Les jardins familiaux sont attribués au printemps, dans l'ordre d'inscription sur la liste d'attente. Chaque parcelle mesure environ cent mètres carrés et dispose d'un abri et d'un point d'eau. Les engrais chimiques et les désherbants y sont interdits. Une parcelle laissée à l'abandon pendant une saison entière est proposée à la personne suivante.",
    "Vous pouvez contester une contravention dans les quarante-cinq jours qui suivent l'envoi de l'avis. Ne payez pas l'amende : le paiement vaut reconnaissance de l'infraction. Joignez à votre lettre l'original de l'avis, un exposé des faits et toute pièce utile. La réponse vous parvient par courrier ; en cas de rejet, le dossier peut être porté devant le juge.",
]

# Encyclopaedic notices.
NOTICES = [
    "La passerelle à bascule est un petit pont mobile dont le tablier pivote autour d'un axe horizontal, équilibré par un contrepoids. Apparue sur les canaux de jonction au début du dix-neuvième siècle, elle permettait à un seul éclusier de livrer passage aux bateaux halés. Les plus anciennes étaient de chêne ; la fonte, puis l'acier, les remplacèrent peu à peu.",
    "Le contrepoids prend la forme d'une caisse lestée de pierres ou d'un balancier placé au-dessus du tablier. Dans le second cas, la silhouette rappelle celle d'un puits à balancier, ce qui explique le nom de chèvre qu'on lui donne dans plusieurs vallées. Le mécanisme demande peu d'entretien, mais craint les vents de travers.",
    "On appelle bief la portion d'un canal comprise entre deux écluses. La longueur d'un bief dépend du relief : quelques centaines de mètres en terrain accidenté, plusieurs kilomètres en plaine. Son niveau est maintenu par des déversoirs latéraux, qui évacuent le trop-plein, et par des rigoles d'alimentation, qui compensent les fuites et l'évaporation.",
    "La tanche fréquente volontiers ces eaux lentes, où elle fouille la vase à la recherche de larves et de petits mollusques. Elle supporte les fortes chaleurs et le manque d'oxygène mieux que la plupart des poissons. En hiver elle s'enfonce dans le fond et n'en sort qu'aux premiers beaux jours, lorsque l'eau dépasse une douzaine de degrés.",
    "Le chemin de halage, d'abord tracé pour les hommes et les chevaux qui tiraient les bateaux, est devenu au vingtième siècle un lieu de promenade. Son sol battu, sa faible pente et l'ombre des alignements d'arbres se prêtent à la marche comme à la bicyclette. Beaucoup de sections font aujourd'hui partie d'itinéraires européens.",
    "L'ardoise de ces vallées se fend en feuilles minces et régulières, d'un gris qui tire sur le violet. Les carrières, ouvertes à flanc de coteau, furent exploitées en famille jusqu'aux années 1930. Les déchets de taille servaient à bâtir les murets des jardins, que l'on reconnaît encore à leurs assises obliques et à leurs joints de terre.",
    "La fête des éclusiers se tient le dernier dimanche de juin. Elle réunissait autrefois les familles logées dans les maisons de fonction, séparées le reste de l'année par des heures de marche. On y échangeait des boutures, des nouvelles et des recettes. Les joutes, ajoutées plus tard, en sont devenues l'épisode le plus bruyant.",
    "Le registre d'écluse consigne le passage des bateaux : date, heure, nom du patron, tonnage, provenance et destination. Tenu sans interruption pendant plus d'un siècle, il forme une source de premier ordre pour l'histoire du commerce local. On y suit le déclin du vin, l'essor de la brique et, pendant les guerres, le silence des pages blanches.",
]

# In the manner of a report of the 1880s; entirely invented.
OLD_REPORTS = [
    "Monsieur le Préfet, j'ai l'honneur de vous rendre compte de la tournée que j'ai faite au mois de mai dans les trois cantons de la rive gauche. Les chemins, que l'hiver avait rompus en maint endroit, ont été remis en état par les prestataires, et je n'ai eu à réprimander que deux communes, qui avaient employé à cet ouvrage plus de discours que de pierres.",
    "L'école des garçons est tenue avec soin par un maître qui compte vingt-deux ans de service. J'y ai trouvé soixante-dix élèves, dont un tiers lit couramment et écrit sous la dictée. La salle est basse et prend jour sur une cour humide ; je vous prie d'appuyer auprès du conseil la demande de deux fenêtres, qui coûteraient moins qu'une rougeole.",
    "La récolte de seigle s'annonce médiocre, celle des châtaignes abondante. Les cultivateurs se plaignent du prix de la journée, que les chantiers du chemin de fer ont fait monter d'un quart. Il est vrai que les jeunes gens s'en vont volontiers manier la pioche à la ligne nouvelle, et qu'il en revient peu à la charrue.",
    "Le bac, dont la corde s'était rompue deux fois l'an passé, a été remplacé par un pont de bateaux d'une construction légère et ingénieuse. Le passage y est de deux centimes pour les piétons, et de dix pour les attelages. Les vieilles gens continuent d'appeler le passeur, par habitude, et s'étonnent de le voir assis à la porte de sa maison.",
    "Il existe au chef-lieu une société de lecture qui reçoit quatre journaux et possède environ six cents volumes. Elle se réunit le jeudi dans l'arrière-salle d'un café, où l'on fume trop. J'y ai entendu lire, avec une sincérité qui en faisait passer l'inexpérience, un mémoire sur les moyens de garantir les berges contre les crues d'automne.",
    "Je ne terminerai pas sans vous entretenir des enfants employés à la filature. Ils y entrent à dix ans, quelquefois plus tôt, et n'en sortent qu'à la nuit. Le directeur, homme humain, m'a montré la salle où on leur apprend à lire le dimanche. C'est quelque chose ; ce n'est pas assez, et la loi, Monsieur le Préfet, demande davantage.",
    "Le pays est sain, à l'exception des bas quartiers, où la fièvre revient avec les eaux d'octobre. Le médecin cantonal, qui fait à cheval jusqu'à dix lieues par jour, attribue le mal aux mares que l'on laisse croupir devant les étables. J'ai fait prendre un arrêté ; je ne me flatte pas qu'il soit mieux obéi que les précédents.",
    "Les archives de la commune étaient entassées dans un coffre dont trois clefs avaient été confiées à trois notables, aujourd'hui morts tous les trois. On a fait venir le serrurier. Nous y avons trouvé, sous une couche de poussière et de noix, un cadastre de l'ancien régime en fort bon état, et les comptes de la fabrique depuis le temps de Louis le Grand.",
]

# Collective agreement, in HTML.
AGREEMENT = [
    "La présente convention règle les rapports entre les employeurs et les salariés des entreprises qui entretiennent les canaux, les berges et les ouvrages de petite navigation. Elle s'applique sur l'ensemble du territoire, y compris aux entreprises de travail temporaire pour les salariés qu'elles mettent à disposition.",
    "La durée du travail est fixée à trente-cinq heures par semaine en moyenne sur l'année. Pendant la saison de navigation, elle peut être portée à quarante-deux heures sans dépasser douze semaines de suite. Le planning est remis au salarié quinze jours à l'avance ; un changement imposé dans un délai plus court ouvre droit à une prime.",
    "Les interventions de nuit, les dimanches et les jours de crue sont confiées en priorité aux salariés volontaires. Elles sont majorées de moitié et suivies d'un repos d'une durée au moins égale. Aucun salarié ne peut être appelé plus de deux nuits par semaine, ni travailler seul à moins de deux mètres de l'eau.",
    "Tout salarié reçoit dans le mois de son embauche une formation au sauvetage et aux premiers secours, renouvelée tous les deux ans. Le temps de formation est du temps de travail. Les équipements de flottaison sont fournis, entretenus et remplacés par l'employeur, qui en tient le registre à la disposition de l'inspection.",
    "La prime d'ancienneté est égale à trois pour cent du salaire minimum de l'emploi après trois ans de présence, à six pour cent après six ans et à douze pour cent après douze ans. Les périodes de congé de maternité, d'adoption ou de formation sont prises en compte pour la totalité de leur durée.",
    "Le préavis est d'un mois pour les ouvriers et les employés, de deux mois pour les agents de maîtrise et de trois mois pour les cadres. Pendant le préavis, le salarié licencié peut s'absenter deux heures par jour pour chercher un emploi ; ces heures peuvent être réunies en accord avec l'employeur.",
]

QUESTIONS = [
    ("Entretien des haies le long des canaux", "L'attention de la ministre est appelée sur l'entretien des haies qui bordent les canaux de petite navigation. Faute de crédits, plusieurs syndicats ont cessé de les tailler ; les racines soulèvent les chemins et les branches gênent le passage des bateaux. Il lui est demandé si une aide particulière est envisagée, et selon quel calendrier les communes pourront y prétendre.", "L'entretien des haies relève des gestionnaires des voies. L'État les accompagne toutefois par un appel à projets doté pour trois ans, dont le cahier des charges sera publié avant l'été. Les dossiers qui associent plusieurs communes et prévoient la valorisation du bois seront retenus en priorité. Une avance pourra être versée dès la signature de la convention, afin que la taille d'automne puisse se faire cette année."),
    ("Horaires des bibliothèques rurales", "Un grand nombre de bibliothèques rurales ne sont ouvertes que quelques heures par semaine, souvent pendant que les habitants travaillent. Les bénévoles, dont l'engagement est remarquable, ne peuvent tout assumer. Il est demandé au ministre quelles mesures il compte prendre pour que l'ouverture du samedi devienne la règle, et si le concours de l'État peut être pérennisé.", "Le Gouvernement partage ce souci. Le concours particulier destiné aux bibliothèques a été prolongé et sa part consacrée aux horaires a été relevée. Les communes qui s'engagent à ouvrir le samedi bénéficient d'une aide de cinq ans, dégressive à partir de la troisième année. Un bilan sera remis au Parlement ; les premières remontées montrent une hausse sensible de la fréquentation par les familles."),
    ("Signalisation des passages d'eau", "La signalisation des bacs et des passages d'eau reste très inégale d'un département à l'autre. Des promeneurs se trouvent arrêtés devant un embarcadère hors service, sans qu'aucun panneau les en ait avertis. Il est demandé si un modèle unique de panneau pourrait être arrêté, et si l'état de service des bacs pourrait être publié en données ouvertes.", "Un groupe de travail a été constitué avec les départements et les associations d'usagers. Il proposera avant la fin de l'année un modèle de panneau lisible de loin et compréhensible par tous. Quant à l'état de service, un format commun de publication a été défini ; onze départements l'utilisent déjà, et leurs données sont rassemblées chaque nuit sur le portail national."),
    ("Formation des éclusiers saisonniers", "Les éclusiers saisonniers sont recrutés chaque printemps, souvent parmi des étudiants, et formés en deux jours. Plusieurs incidents de l'été dernier montrent que cette formation ne suffit pas lorsque l'ouvrage est automatisé et que le système tombe en panne. Il est demandé à la ministre si une durée minimale pourrait être fixée par voie réglementaire.", "La sécurité des usagers et des agents est une priorité. Un arrêté en préparation portera la formation initiale à cinq jours, dont deux d'exercices pratiques sur la conduite manuelle des ouvrages. Un tuteur expérimenté sera désigné pour chaque groupe de quatre écluses. Ces dispositions s'appliqueront dès la prochaine saison, après consultation des organisations représentatives."),
]

BRETON = [
    "Er bloaz tremenet e oa bet savet ur greizenn nevez evit ar re yaouank e-kreiz ar gumun. Bep Sadorn e vez kinniget eno kentelioù sonerezh, abadennoù c'hoariva ha stalioù liegañ levrioù. Tud eus pep oad a zeu da zeskiñ ha da eskemm o gouiziegezh. Niver ar re enskrivet a zo kresket buan abaoe ma'z eo digor an ti, hag emañ ar c'huzul-kêr o soñjal astenn ar savadur.",
    "Ar c'hanol kozh a dremen dre greiz ar geoded, hag a-hed an hent-bale e c'haller gwelet pontoù bihan graet gant koad derv. Ar bageoù a veze sachet gwechall gant kezeg, met bremañ ne chom nemet ar besketaerien hag ar valeerien. Bep hañv e vez aozet ur gouel war an dour, gant redadegoù bigi, kanaouennoù ha krampouezh evit an holl.",
    "Evit reiñ harp d'ar yezh, eo bet divizet gant ar skol lakaat an holl banelloù e brezhoneg hag e galleg. Ar vugale a zesk lenn ha skrivañ en div yezh adalek ar skol-vamm. Ar gerent a lavar ez int laouen gant an disoc'hoù, rak ar vugale a gomz brezhoneg gant o zadoù-kozh hag o mammoù-kozh, ar pezh ne oa ket gwelet abaoe pell.",
]
OCCITAN = [
    "L'an passat, lo conselh municipal decidiguèt de tornar dobrir lo camin que sèc lo canal entre los dos vilatges. Los estatjants demandavan dempuèi longtemps un luòc segur per se passejar a pè o en bicicleta, luènh de las veituras. Los trabalhs comencèron a la prima e s'acabèron abans las vendémias, amb l'ajuda de las associacions e dels escolans del collègi.",
    "Lo dimenge de la fèsta, i aguèt un grand dinnar jos las platanas, puèi los musicaires toquèron fins a la nuèch. Los ancians contèron cossí se viviá dins los ostals dels esclusièrs, quand los batèls portavan lo vin e lo blat cap a la mar. Los joves escotavan amb atencion, e mai d'un prometèt de venir ajudar a la bibliotèca per servar aquelas istòrias.",
    "Ara, la comuna vòl plantar d'arbres novèls e metre de bancs de pèira cada mila passes. Una escòla d'arquitectura a prepausat de plans que respèctan las parets vièlhas e los ponts de fusta. Lo projècte serà presentat al mes de mai dins la sala de las fèstas, e totes los que vòlon dire lor vejaire i son convidats.",
]
ENGLISH = [
    "The towpath along the old canal was reopened to walkers and cyclists last spring, after two years of careful restoration. Volunteers cleared the ditches, rebuilt the dry stone walls and replaced more than a hundred metres of oak railing. The work was paid for by the county, a national heritage fund and a large number of small private gifts.",
    "Visitors often ask why the bridges are so low. When they were built, boats on this branch carried no masts and were pulled by a single horse, so the engineers saved money by keeping the arches close to the water. In times of flood the lowest of them had to be taken down by hand, plank by plank, and put back again once the river had dropped.",
    "A small museum in the lock keeper's house tells the story of the families who lived there. Its collection includes tools, painted signs, school notebooks and a register of every boat that passed between the two wars. Entrance is free, and the garden, which grows the vegetables listed in an old seed catalogue, is open from April to the end of October.",
]

PLACES = ["Saint-Aubin-les-Vannes", "Montrigole", "Vieux-Halage", "La Chapelle-aux-Joncs", "Bourg-l'Écluse", "Pontvert", "Les Trois-Biefs", "Rives-sur-Aune"]
NAMES = ["Mme A...", "M. B...", "M. C... D...", "Mme E...", "Mme F... G...", "M. H...", "Mme J...", "M. K..."]
DAYS = ["3 février 2021", "17 mars 2022", "9 juin 2020", "28 septembre 2023", "14 novembre 2019", "6 mai 2024", "21 janvier 2023", "30 avril 2018"]

# A decree of the Journal officiel: its visas, its articles, its end.
DECREE_VISAS = [
    "Le ministre chargé des eaux et des promenades,",
    "Vu le code des canaux et des passerelles, notamment ses articles L. 1 et L. 4 ;",
    "Vu l'avis du conseil supérieur de la petite navigation en date du 12 mai 2025 ;",
    "Vu les observations formulées lors de la consultation du public, ouverte du 2 au 30 avril 2025, et la synthèse qui en a été faite ;",
    "Considérant que les visites annuelles des passerelles ouvertes au public ont révélé, dans plusieurs départements, un vieillissement des appuis que l'examen à l'œil nu ne permet pas d'apprécier ; qu'il convient en conséquence de préciser les méthodes d'auscultation, la qualification des agents et la forme des procès-verbaux,",
    "Décrète :",
]
DECREE = [
    "Les agents chargés de la visite des passerelles justifient d'une formation d'au moins soixante heures, dont vingt sur le terrain. La formation porte sur la résistance des bois et des métaux, la lecture des plans anciens, la conduite d'une épreuve de charge et la rédaction du procès-verbal. Elle est sanctionnée par une épreuve, dont le jury comprend un représentant des gestionnaires et un représentant des usagers.",
    "La visite comprend un examen du tablier, lame par lame, un relevé des déformations et un sondage des pieux au marteau. Lorsque l'ouvrage a plus de cinquante ans, il est procédé en outre, tous les six ans, à une auscultation par ultrasons. Les résultats sont reportés sur un plan à l'échelle du cinquantième, daté et signé, qui est joint au procès-verbal.",
    "Les procès-verbaux sont publiés par le syndicat gestionnaire dans le mois de la visite, sous une licence ouverte et dans un format lisible par une machine. Les noms des agents n'y figurent pas. Le présent décret entre en vigueur le premier jour du troisième mois qui suit sa publication ; les visites commencées avant cette date s'achèvent selon les règles antérieures.",
]
DECREE_END = "Fait le 4 juillet 2025. Le ministre chargé des eaux et des promenades, A. Halage."

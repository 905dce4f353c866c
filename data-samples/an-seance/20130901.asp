<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
<title>Assemblée nationale ~  Deuxième séance du mardi 29&nbsp;janvier 2013</title>
<meta name="QUANTIEME_SEANCE" content="Deuxième séance du mardi 29&nbsp;janvier 2013">
<meta name="LEGISLATURE_ID" content="14">
<meta name="TYPE_DOCUMENT" content="Compte rendu intégral">
<meta name="NUMERO_DOCUMENT" content="20130901">
<meta name="TXT_DEPUTES_INTERVENANTS" content="Odile Carpentier;Lucien Hardouin;">
</head>
<body><a name="TopOfPage"> </a>
<header><div id="header"><ul class="sf-menu"><li><a href="/index.asp">Accueil</a></li><li><a href="/qui/">577 députés</a></li></ul></div></header>
<div align="center"><table><tr><td><a class="menu" href="/">Accueil</a> &gt; <a class="menu" href="/14/cri/2012-2013/">Les comptes rendus de la session</a> &gt; Compte rendu intégral</td></tr></table></div>
<div id="zutilite"><a href="javascript:choixStyle(2);"><img src="../commun/dgrand.gif" alt="Afficher en plus grand"></a></div>
<div id="englobe">
<h2 class="entete">Assemblée nationale<br>XIV<sup>e</sup> législature<br>Session ordinaire de 2012-2013</h2>
<h1 class="seance">Deuxième séance du mardi 29&nbsp;janvier 2013</h1>
<p class="sompopup"><a href="javascript:ouvrefenetre('20130901-index.htm')">SOMMAIRE ÉLECTRONIQUE</a></p>
<div id="somjo"><p id="somtitjo">SOMMAIRE</p><p class="sompresidence">Présidence de M.&nbsp;Paul Vernet</p><p class="somtitre"><b><a href="20130901.asp#P1">1. Questions au Gouvernement</a></b></p><p class="sommaigre"><a href="#INTER_0">Mme&nbsp;Odile Carpentier</a></p></div>
<p><!-- ZZTAGZZ  DEBUT_SEANCE_901 --></p>
<h5 class="presidence"><b>Présidence de M.&nbsp;Paul Vernet</b></h5>
<p><b>M.&nbsp;le président</b>. La séance est ouverte.</p>
<p><i>(La séance est ouverte à quinze heures.)</i></p>
<h5 class="numencad"><b>1</b></h5>
<h2 class="titre1"><a name="P1"></a>Questions au Gouvernement</h2>
<h2 class="titre3"><a name="P2"></a>Péage des ponts</h2>
<p><b>M.&nbsp;le président.</b> La parole est à Mme&nbsp;Odile Carpentier.</p>
<p><a name="INTER_0"></a><b><!-- .x. --><a href="/14/tribun/fiches_id/1.asp" target="_top">Mme&nbsp;Odile Carpentier</a>.</b> Monsieur le ministre, l’habitant qui traverse le pont pour aller travailler paie deux fois… <i>(Exclamations sur quelques bancs.)</i> Est-ce juste&nbsp;?</p>
<p><b>M.&nbsp;Bernard Lasalle,</b><i> ministre des transports.</i> Le péage finance l’entretien de l’ouvrage, au cœur de la vallée.</p>
<p><b>Plusieurs députés.</b> Toujours la même réponse&nbsp;!
<p>La séance est levée.</p>
<p><i>(La séance est levée à seize heures.)</i></p>
<p><a href="#TopOfPage">Haut de page</a></p>
<ul><p align="center"><i>Le Directeur du service du compte rendu de la séance <br>
de l&#8217;Assemblée nationale,</i></p><div id="signature"><p align="center">Étienne Rolin</p></div></ul>
</div>
</body>
</html>

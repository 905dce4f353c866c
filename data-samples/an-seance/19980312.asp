<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
<title>Séance du jeudi 12 mars 1998</title>
</head>
<body><a name="TopOfPage"> </a>
<header><div id="header"><ul class="sf-menu"><li><a href="/index.asp">Accueil</a></li><li><a href="/qui/">577 députés</a></li></ul></div></header>
<table><tr><td><a href="/">Accueil</a><br><a href="/11/">11e législature</a><br><a href="/plan.asp">Plan du site</a></td><td>
<center><h1>Séance du jeudi 12 mars 1998</h1></center>
<p align="center"><b>PRÉSIDENCE DE M. ANTOINE VASSEUR</b></p>
<p><b>M. le président.</b> L'ordre du jour appelle la suite de la discussion du projet de loi relatif aux bacs et passages d'eau.</p>
<p><b>M. Fernand Aubry.</b> Les passeurs de notre département attendent ce texte depuis dix ans. Ils ont été patients, et ils ont eu raison de l'être.</p>
<p><b>M. le président.</b> La parole est à M. le secrétaire d'État, qui nous dira où en est le décret et quand il sera publié.</p>
</td></tr></table>
</body>
</html>

filedesc://pontvert.arc 0.0.0.0 20030402101112 text/plain 69
1 0 Invented
URL IP-address Archive-date Content-type Archive-length

http://www.pontvert.example/seance du 2.asp 192.0.2.7 20030402101113 text/html 596
HTTP/1.0 200 OK
Server: Apache/1.3
Content-Type: text/html

<!DOCTYPE html>
<html lang="fr">
<head><title>Compte rendu du conseil</title></head>
<body>
<nav><ul><li><a href="/">Accueil</a></li><li><a href="/ville">La ville</a></li><li><a href="/agenda">Agenda</a></li></ul></nav>
<main>
<h1>Compte rendu du conseil</h1>
<p>La séance du conseil du mois de mars a porté sur la réfection de la passerelle. Après l'exposé des travaux, les élus ont voté à l'unanimité le principe d'une consultation des entreprises.</p>
</main>
<footer>Mairie de Pontvert, place de l'Écluse. </footer>
</body>
</html>

http://www.pontvert.example/court 192.0.2.7 20030402101114 text/html -1


# Ce fichier n’a plus de chaîne.

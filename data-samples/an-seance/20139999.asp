<html><head><title>Assemblée nationale</title></head><body><script>var a = 1;</script></body></html>

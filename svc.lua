return sandbox { command = { "sleep", "60" }, service = { health = { file = "/etc/passwd", interval = "1h" } } }

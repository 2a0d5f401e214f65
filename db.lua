return sandbox { name = "db", command = { "sh", "-c", "sleep 0.3; exit 3" },
		service = { ready = { log = "never said" } } }

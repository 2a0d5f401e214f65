return sandbox { command = { "/usr/bin/true", param("port", 80) } }

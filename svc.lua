return sandbox { inherits = "service", command = { "sleep", "60" } }

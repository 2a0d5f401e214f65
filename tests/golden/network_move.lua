return sandbox { command = { "true" }, network = { move = "eth1", address = "10.0.0.5/24" } }

return sandbox { command = { "true" }, network = { macvlan = "eth1", address = "10.0.0.5" } }

return sandbox { command = { "true" }, network = { macvlan = "eth9", address = "10.0.0.2/24", egress = "deny" } }

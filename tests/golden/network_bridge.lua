return sandbox {
	command = { "true" },
	network = {
		bridge = "web", address = { "10.7.0.9/24", "fd00:7::9/64" }, mtu = 1400, isolate = true,
		dns = { "10.7.0.1" }, hosts = { ["db.example"] = "10.7.0.7" },
	},
}

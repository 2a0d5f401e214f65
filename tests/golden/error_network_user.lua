return sandbox {
	command = { "true" },
	network = { bridge = "web" },
}

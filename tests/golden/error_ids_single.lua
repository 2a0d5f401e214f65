-- one id has a meaning inside: root
return sandbox {
	command = { "/bin/true" },
	ids = "single",
	user = 1000,
}

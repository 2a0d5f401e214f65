-- The same words on a kernel of ABI 2: what it cannot hold is a note, and reading alone leaves moving files allowed.
return sandbox {
  command = { "/usr/bin/app" },
  network = "host",
  landlock = { read = { "/usr" }, connect_tcp = { 443 }, bind_tcp = { 80 } },
}

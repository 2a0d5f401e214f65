-- Nothing may be planned for this network but with the rules that it asks for.
return sandbox {
  command = { "/usr/bin/app" },
  network = { bridge = "web", publish = { 8080 }, egress = "deny" },
}

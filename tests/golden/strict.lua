return sandbox { inherits = "strict", command = { "/usr/bin/true" } }

return sandbox { command = { "/usr/bin/true" }, limits = { pids = 10, memory = "64M", swap = "32M", cpus = 0.5 } }

-- A parameter, a base and an override by destination.
local port = param("port", 8080)
return sandbox {
  inherits = "service", command = { "/usr/bin/true", port },
  mounts = { tmpfs "/tmp:size=1M" }, limits = { pids = port },
}

-- A directory as root: no view of the host.
return sandbox { root = "/srv/root", command = { "/bin/true" }, masked_paths = { "/secret" }, readonly_paths = { "/conf" } }

return sandbox { root = "empty", command = { "/app" }, mounts = { bind "/srv/app:/app" } }

return sandbox { root = { image = "/srv/app.tar.zst" }, command = { "/bin/app" } }

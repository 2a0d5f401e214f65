return sandbox { root = { image = "/srv/app.tar.zst", verify = { digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" } }, command = { "/bin/app" } }

return sandbox { command = { "false" }, service = { restart = "always", burst = 2, backoff = "10ms" } }

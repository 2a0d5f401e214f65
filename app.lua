return sandbox { name = "app", command = { "sleep", "60" }, service = { requires = "db" } }

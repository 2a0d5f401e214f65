-- what the plan is with ids = "root-only"
return sandbox { command = { "/bin/true" }, ids = "root-only" }

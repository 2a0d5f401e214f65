-- what the plan is with ids = "identity"
return sandbox { command = { "/bin/true" }, ids = "identity" }

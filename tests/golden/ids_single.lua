-- what the plan is with ids = "single"
return sandbox { command = { "/bin/true" }, ids = "single" }

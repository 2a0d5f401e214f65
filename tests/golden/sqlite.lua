-- The profile for one database, read only.
return sandbox { inherits = "sqlite" }

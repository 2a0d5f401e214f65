-- The sandbox that says nothing, as root where cgroups are version 1.
return sandbox { command = { "/usr/bin/true" } }

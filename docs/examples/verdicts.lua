#!/usr/bin/env -S lunward lua
-- verdicts.lua CALL...: what lunward's policies say of system calls: a table, and nothing is run.
local lw = require "lunward"
local policies = { "unconfined", "docker", "default", "strict" }

print(("%-28s"):format("") .. table.concat(policies, "  "))
for _, call in ipairs(arg) do
  local row = { ("%-28s"):format(call) }
  for _, name in ipairs(policies) do
    local action, errno = lw.seccomp[name]:simulate(call)
    row[#row + 1] = ("%-" .. #name .. "s"):format(errno or action)
  end
  print((table.concat(row, "  "):gsub("  ", "", 1):gsub("%s+$", "")))
end

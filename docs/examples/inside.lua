#!/usr/bin/env -S lunward lua
-- inside.lua [NAME...]: of each sandbox that runs, or of those named: what it shares with us, and what it may do.
local lw = require "lunward"
local ours = lw.ns.list()

local function tell(name)
  local box <close> = assert(lw.open(name))
  if not box.pid then return print(name, "does not run") end
  local shared, theirs = {}, assert(lw.ns.list(box.pid))
  for kind, inode in pairs(ours) do
    if theirs[kind] == inode then shared[#shared + 1] = kind end
  end
  table.sort(shared)
  local caps = assert(lw.caps.get(box.pid))
  print(name, "shares " .. (#shared > 0 and table.concat(shared, ", ") or "nothing"), #caps.bounding .. " capabilities")
end

if #arg == 0 then
  for _, s in ipairs(assert(lw.list())) do tell(s.id) end
else
  for _, name in ipairs(arg) do tell(name) end
end

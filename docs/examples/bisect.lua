#!/usr/bin/env -S lunward lua
-- bisect.lua COMMAND...: the smallest limit of processes (of 1 to 64) with which a command succeeds.
local lw = require "lunward"
assert(#arg > 0, "usage: bisect.lua COMMAND...")

local function succeeds(pids)
  local box <close> = assert(lw.run {
    command = { table.unpack(arg) },
    limits = { pids = pids },
    timeout = "20s",
    stdin = "null", stdout = "null", stderr = "null",
  })
  return box:wait().code == 0
end

local low, high = 0, 64 -- fails with low, succeeds with high
if not succeeds(high) then
  print("it fails with " .. high .. " processes, too")
  os.exit(1)
end
while high - low > 1 do
  local middle = (low + high) // 2
  if succeeds(middle) then high = middle else low = middle end
end
print(high)

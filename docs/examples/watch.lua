#!/usr/bin/env -S lunward lua
-- watch.lua SECONDS COMMAND...: a sandbox in the background, followed line by line for so long, then stopped.
local lw = require "lunward"
local seconds = tonumber(table.remove(arg, 1))
assert(seconds and #arg > 0, "usage: watch.lua SECONDS COMMAND...")

local box = assert(lw.start { name = "watched", command = { table.unpack(arg) }, remove = true, stdout = "pipe" })
assert(box:wait_ready("10s"))
local deadline = os.time() + seconds

while os.time() < deadline do
  for _, event in ipairs(lw.poll({ box, box.stdout }, deadline - os.time())) do
    if event[2] == "readable" then
      local line = box.stdout:read("l")
      if line then print(os.date("%H:%M:%S ") .. line) else deadline = 0 end
    end
  end
end
local status = box:wait("100ms")
if not status then
  box:stop("1s")
  status = assert(box:wait("10s"))
end
print(status.signal and "stopped" or "ended by itself")

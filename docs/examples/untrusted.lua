#!/usr/bin/env -S lunward lua
-- untrusted.lua: reads a shell script from standard input and runs it where it can do no harm: no network, no files of
-- yours, little memory, little time. Prints what it printed, then what it was refused or took.
local lw = require "lunward"

local box <close> = assert(lw.run {
  inherits = "strict",
  command = { "/bin/sh", "-s" },
  limits = { memory = "32M", pids = 16 },
  timeout = "5s",
  stdin = io.read("a"),
  stdout = "pipe",
  stderr = "pipe",
})
local output, errors, limit = {}, {}, 64 * 1024
local open = { [box.stdout] = output, [box.stderr] = errors }
while next(open) do
  local streams = {}
  for stream in pairs(open) do streams[#streams + 1] = stream end
  for _, event in ipairs(lw.poll(streams)) do
    local piece = event[1]:read_some()
    if not piece then
      open[event[1]] = nil
    elseif limit > 0 then
      table.insert(open[event[1]], piece)
      limit = limit - #piece
    end
  end
end
local status = assert(box:wait())
io.write(table.concat(output), table.concat(errors))
print(("code %d%s%s"):format(status.code, status.timed_out and ", out of time" or "", status.oom and ", out of memory" or ""))

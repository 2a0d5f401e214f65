#!/usr/bin/env -S lunward lua
-- parallel.lua N COMMAND ITEM...: runs the command once for each item, which becomes its last word, N at a time, and prints
-- what each printed, in the order of the items.
local lw = require "lunward"
local at_once, command = tonumber(arg[1]), arg[2]
assert(at_once and command, "usage: parallel.lua N COMMAND ITEM...")

local results, running, next_item = {}, {}, 3
local function start()
  local box = assert(lw.run { command = { command, arg[next_item] }, stdin = "null", stdout = "pipe" })
  running[#running + 1] = box.stdout
  results[next_item - 2] = { box = box, stream = box.stdout, text = {} }
  results[box.stdout], next_item = results[next_item - 2], next_item + 1
end

while next_item <= #arg or #running > 0 do
  while next_item <= #arg and #running < at_once do start() end
  for _, event in ipairs(lw.poll(running)) do
    local stream = event[1]
    local piece = stream:read_some()
    table.insert(results[stream].text, piece)
    if not piece then -- the end of its output
      for i, s in ipairs(running) do if s == stream then table.remove(running, i) break end end
      results[stream].status = results[stream].box:wait()
    end
  end
end
for _, r in ipairs(results) do io.write(table.concat(r.text)) end

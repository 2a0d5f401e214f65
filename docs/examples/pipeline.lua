#!/usr/bin/env -S lunward lua
-- pipeline.lua TEXT: three sandboxes in a row, each reading what the one before writes; none sees another.
local lw = require "lunward"

local function stage(input, ...)
  return assert(lw.run { command = { ... }, stdin = input, stdout = "pipe" })
end

local words <close> = stage(arg[1] or "to be or not to be", "/usr/bin/tr", "-s", " ", "\\n")
local sorted <close> = stage(words.stdout, "/usr/bin/sort")
local counted <close> = stage(sorted.stdout, "/usr/bin/uniq", "-c")

for line in counted.stdout:lines() do
  local n, word = line:match("(%d+) (.*)")
  print(word, n)
end
for _, box in ipairs { words, sorted, counted } do assert(box:wait().code == 0, box.name) end

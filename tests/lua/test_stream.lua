-- test_stream.lua: what stdin, stdout and stderr may be; streams: read, read_some, lines, write, close, fd.
local T = require "support"
local lw, lu = T.lw, T.lu

TestStream = {}

function TestStream:testText()
  lu.assertEquals((T.sh("cat", { stdin = "some\ntext" })), "some\ntext")
  lu.assertEquals((T.sh("cat", { stdin = "" })), "")
  local long = ("x"):rep(300000)
  lu.assertEquals((T.sh("cat", { stdin = long })), long)
end

function TestStream:testFiles()
  local path = T.write("in", "from a file\n")
  local input <close> = assert(io.open(path))
  local output <close> = assert(io.open(T.work .. "/out", "w"))
  T.sh("cat; echo more", { stdin = input, stdout = output })
  lu.assertEquals(io.open(T.work .. "/out"):read("a"), "from a file\nmore\n")
  input:close()
  lu.assertErrorMsgContains("stdin:", T.sh, "cat", { stdin = input })
end

function TestStream:testWords()
  local out, _, err = T.sh("echo gone; echo kept >&2", { stdout = "null" })
  lu.assertNil(out)
  lu.assertEquals(err, "kept\n")
  lu.assertErrorMsgContains('stdout: "inherit"', lw.run, { command = { "true" }, stdout = "elsewhere" })
  lu.assertErrorMsgContains("stdout:", lw.run, { command = { "true" }, stdout = 5 })
end

function TestStream:testRead()
  local box <close> = assert(lw.run { command = { "/usr/bin/printf", "one\\ntwo\\n\\nfour" }, stdout = "pipe" })
  local s = box.stdout
  lu.assertEquals(s:read(), "one")
  lu.assertEquals(s:read("L"), "two\n")
  lu.assertEquals(s:read("l"), "")
  lu.assertEquals(s:read(2), "fo")
  lu.assertEquals(s:read("a"), "ur")
  lu.assertEquals(s:read("a"), "")
  lu.assertNil(s:read("l"))
  lu.assertNil(s:read(1))
  lu.assertErrorMsgContains('"a", "l", "L"', s.read, s, "n")
  lu.assertErrorMsgContains("read from", s.write, s, "x")
end

function TestStream:testLinesAndPieces()
  local box <close> = assert(lw.run { command = { "/usr/bin/printf", "a\\nb\\nc" }, stdout = "pipe" })
  local all = {}
  for line in box.stdout:lines() do all[#all + 1] = line end
  lu.assertEquals(all, { "a", "b", "c" })
  local other <close> = assert(lw.run { command = { "/usr/bin/printf", "a\\nb" }, stdout = "pipe" })
  local text = {}
  for piece in function() return other.stdout:read_some() end do text[#text + 1] = piece end
  lu.assertEquals(table.concat(text), "a\nb")
end

function TestStream:testConversation()
  local box <close> = assert(lw.run { command = { "/bin/sh", "-c", "while read x; do echo $((x * 2)); done; echo end" }, stdin = "pipe", stdout = "pipe" })
  for _, n in ipairs { 1, 21 } do
    lu.assertEquals(box.stdin:write(n, "\n"), box.stdin)
    lu.assertEquals(box.stdout:read("l"), tostring(2 * n))
  end
  lu.assertIsNumber(box.stdin:fd())
  lu.assertErrorMsgContains("written to", box.stdin.read, box.stdin)
  lu.assertIsTrue(box.stdin:close())
  lu.assertIsTrue(box.stdin:close())
  lu.assertEquals(tostring(box.stdin), "stream (closed)")
  lu.assertErrorMsgContains("closed stream", box.stdin.write, box.stdin, "x")
  lu.assertEquals(box.stdout:read("a"), "end\n")
end

-- Who has ended reads nothing; that is an error and no SIGPIPE.
function TestStream:testBrokenPipe()
  local box <close> = assert(lw.run { command = { "/bin/true" }, stdin = "pipe" })
  assert(box:wait("10s"))
  local ok, err = box.stdin:write("x")
  lu.assertNil(ok)
  lu.assertEquals(err.code, "EPIPE")
end

function TestStream:testBetweenSandboxes()
  local a <close> = assert(lw.run { command = { "/usr/bin/printf", "b\\na\\n" }, stdout = "pipe" })
  local b <close> = assert(lw.run { command = { "/usr/bin/sort" }, stdin = a.stdout, stdout = "pipe" })
  lu.assertEquals(tostring(a.stdout), "stream (closed)")
  lu.assertEquals(b.stdout:read("a"), "a\nb\n")
  local c <close> = assert(lw.run { command = { "/bin/cat" }, stdin = "pipe", stdout = "null" })
  lu.assertErrorMsgContains("the other way", lw.run, { command = { "true" }, stdin = c.stdin })
end

T.finish()

-- test_primitives.lua: lw.caps, lw.cgroup, lw.host, lw.mount, lw.ns, lw.seccomp. What changes this process is tried in
-- one that lw.ns.unshare or a child gives; what needs root says so.
local T = require "support"
local lw, lu = T.lw, T.lu

TestPrimitives = {}

local root = lw.host.get().uid == 0

-- A script of its own, for what cannot be taken back.
local function child(script)
  local file = T.write("child.lua", 'local lw = require "lunward"\n' .. script)
  local pipe = assert(io.popen("lua5.4 " .. file .. " 2>&1"))
  local out = pipe:read("a")
  pipe:close()
  return out
end

function TestPrimitives:testCaps()
  lu.assertEquals(#lw.caps.names(), 41)
  local sets = lw.caps.get()
  lu.assertItemsEquals((function() local k = {} for name in pairs(sets) do k[#k + 1] = name end return k end)(),
    { "inheritable", "permitted", "effective", "bounding", "ambient" })
  lu.assertNotNil(lw.caps.get(1).bounding)
  lu.assertNil(lw.caps.get(99999999))
  lu.assertErrorMsgContains('did you mean "NET_ADMIN"', lw.caps.drop, "NET_ADMN")
  lu.assertErrorMsgContains("bounding or ambient", lw.caps.set, { efective = {} })
  if not root then return end
  lu.assertStrContains(child [[
    local function has(set, name) for _, n in ipairs(lw.caps.get()[set]) do if n == name then return true end end return false end
    assert(lw.caps.drop { "NET_RAW", "cap_sys_chroot" })
    print(has("effective", "NET_RAW"), has("bounding", "SYS_CHROOT"), has("effective", "CHOWN"))
    assert(lw.caps.set { inheritable = { "CHOWN" }, ambient = { "CHOWN" } })
    print(has("ambient", "CHOWN"))
    assert(lw.caps.set { effective = {} })
    print(#lw.caps.get().effective, lw.caps.set { permitted = lw.caps.names() })
  ]], "false\tfalse\ttrue\ntrue\n0\tnil\tcaps.set: Operation not permitted")
end

function TestPrimitives:testNamespaces()
  local ours = lw.ns.list()
  lu.assertIsNumber(ours.user)
  lu.assertEquals(lw.ns.list(assert(tonumber(io.open("/proc/self/stat"):read("n")))), ours)
  lu.assertNil(lw.ns.list(99999999))
  lu.assertErrorMsgContains("unknown namespace 'foo'", lw.ns.unshare, "foo")
  lu.assertErrorMsgContains("value expected", lw.ns.unshare)
  lu.assertNil((lw.ns.setns("/nonexistent", "net")))
  if not root then return end
  lu.assertEquals(child("local parent = " .. io.open("/proc/self/stat"):read("n") .. [[

    local before = lw.ns.list()
    assert(lw.ns.unshare("uts", "ipc"))
    local now = lw.ns.list()
    print(now.uts ~= before.uts, now.net == before.net)
    assert(lw.ns.setns(parent, "uts"))
    print(lw.ns.list().uts == lw.ns.list(parent).uts)
  ]]), "true\ttrue\ntrue\n")
end

function TestPrimitives:testHost()
  local h = lw.host.get()
  for _, key in ipairs { "uid", "gid", "cpus", "memory_bytes", "cgroup_version" } do lu.assertIsNumber(h[key]) end
  for _, key in ipairs { "user", "home", "cwd", "kernel", "arch", "state" } do lu.assertIsString(h[key]) end
  for _, feature in ipairs(lw.host.features()) do lu.assertIsBoolean(lw.host.has(feature)) end
  lu.assertErrorMsgContains("unknown feature", lw.host.has, "flying")
end

function TestPrimitives:testMounts()
  local found
  for _, m in ipairs(lw.mount.list()) do found = m.target == "/proc" and m or found end
  lu.assertEquals(found.type, "proc")
  lu.assertIsNumber(found.parent)
  lu.assertErrorMsgContains("unknown flag 'wrong'", lw.mount.umount, "/nonexistent", { "wrong" })
  lu.assertErrorMsgContains("target: a string", lw.mount.mount, {})
  lu.assertNil((lw.mount.mount { target = "/nonexistent", type = "tmpfs" }))
  if not root then return end
  lu.assertEquals(child([[
    local at = "]] .. T.work .. [["
    assert(lw.ns.unshare("mount"))
    assert(lw.mount.mount { target = "/", flags = { "rec", "private" } })
    assert(lw.mount.mount { target = at, type = "tmpfs", data = "size=1M", flags = { "nosuid", "nodev" } })
    local last = lw.mount.list()
    print(last[#last].target == at, last[#last].type)
    assert(lw.mount.umount(at, { "detach" }))
    print(#lw.mount.list() == #last - 1)
  ]]), "true\ttmpfs\ntrue\n")
end

function TestPrimitives:testCgroups()
  lu.assertErrorMsgContains("absolute directory", lw.cgroup.create, "x")
  lu.assertErrorMsgContains("name of a file", lw.cgroup.get, "/sys", "../x")
  lu.assertNil((lw.cgroup.get("/nonexistent", "pids.max")))
  lu.assertNil((lw.cgroup.procs("/nonexistent")))
  local dir = "/sys/fs/cgroup/pids/lunward-lua-test"
  if not lw.cgroup.create(dir) then return end
  lu.assertIsTrue(lw.cgroup.set(dir, "pids.max", 5))
  lu.assertEquals(lw.cgroup.get(dir, "pids.max"), "5")
  lu.assertNil((lw.cgroup.set(dir, "pids.max", "many")))
  local box <close> = assert(lw.start { name = "grouped", command = { "/bin/sleep", "60" }, remove = true })
  lu.assertIsTrue(lw.cgroup.set(dir, "cgroup.procs", box.pid))
  lu.assertEquals(lw.cgroup.procs(dir), { box.pid })
  lu.assertIsTrue(lw.cgroup.kill(dir))
  lu.assertEquals(box:wait("10s").signal, 9)
  lu.assertIsTrue(lw.cgroup.remove(dir))
  lu.assertNil((lw.cgroup.remove(dir)))
end

function TestPrimitives:testSeccomp()
  local s = lw.seccomp
  local policy = s.default - "getcwd" + { "ptrace" }
  local function says(p, call) return table.concat({ p:simulate(call) }, " ") end
  lu.assertEquals(says(policy, "getcwd"), "errno EPERM")
  lu.assertEquals(says(policy, "ptrace"), "allow")
  lu.assertEquals(says(s.default, "ptrace"), "errno EPERM")
  lu.assertEquals(says(s.deny:allow("read", "write"), "read"), "allow")
  lu.assertEquals(says(s.unconfined:deny("@mount"), "mount"), "errno EPERM")
  lu.assertEquals(says(s.default:errno("ENOSYS", "getpid"), "getpid"), "errno ENOSYS")
  lu.assertEquals(says(s.default:kill("getpid"), "getpid"), "kill")
  lu.assertEquals(says(s.default:log("getpid"), "getpid"), "log")
  lu.assertEquals(says(s.default:only("socket(AF_UNIX, *)"), "socket(AF_INET, 1, 0)"), "errno EPERM")
  lu.assertEquals(says(s.docker, "mount"), "errno EPERM")
  lu.assertEquals({ s.docker:simulate("mount", { "SYS_ADMIN" }) }, { "allow" })
  local program, n = s.strict:compile()
  lu.assertEquals(#program, 8 * n)
  lu.assertStrContains(tostring(policy), "seccomp.default with 2 rules")
  lu.assertErrorMsgContains("unknown system call", function() return s.default - "getcdw" end)
  lu.assertErrorMsgContains("cannot be added", function() return s.default + s.strict end)
  lu.assertErrorMsgContains("on the left", function() return "x" - s.default end)
  lu.assertErrorMsgContains("no system call named", s.default.deny, s.default)
  lu.assertErrorMsgContains("bad argument #2", s.default.simulate, s.default, "getcwd(")
  local _, status = T.sh("true", { command = { "/bin/pwd" }, seccomp = s.default:kill("getcwd") })
  lu.assertEquals(status.signal, 31)
end

function TestPrimitives:testSeccompLoad()
  local file = T.write("policy.json", '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["write"], "action": "SCMP_ACT_ALLOW"}]}')
  local policy = assert(lw.seccomp.load(file))
  lu.assertEquals({ policy:simulate("write") }, { "allow" })
  lu.assertEquals({ policy:simulate("read") }, { "errno", "EPERM" })
  lu.assertNil((lw.seccomp.load("/nonexistent")))
  local _, err = lw.seccomp.load(T.write("wrong.json", "{"))
  lu.assertNotNil(err)
end

T.finish()

#!/usr/bin/env bats
# The words that people bring from docker, bubblewrap, firejail and systemd-run: each is answered with ours.

# shellcheck disable=SC2016 # text with dollars and backquotes is meant so
bats_require_minimum_version 1.5.0
load ../lib
load mistakes

setup() {
	sandbox_setup
	cd "$WORK" || return
	mkdir profiles
}
teardown() { sandbox_teardown; }

@test "docker's and podman's options" {
	commands <<-'END'
	run --publish-all -- true
	=> unknown option '--publish-all' (write -p HOSTPORT:PORT, for each)
	run -P -- true
	=> unknown option '-P' (write -p HOSTPORT:PORT, for each)
	run --gpus all -- true
	=> unknown option '--gpus' (write --device PATH for each node, /dev/nvidia0 or /dev/dri)
	run --link db -- true
	=> unknown option '--link' (`network = { bridge = "NAME", ... }` in the profile, --network NAME and -p HOSTPORT:PORT)
	run --restart always -- true
	=> unknown option '--restart' (`service = { restart = "on-failure" }` in the profile)
	run --health-cmd x -- true
	=> unknown option '--health-cmd' (`service = { health = { exec = { ... } } }` in the profile)
	run --log-driver json-file -- true
	=> unknown option '--log-driver' (`log` in the profile)
	run -l a=b -- true
	=> unknown option '-l' (`labels` in the profile)
	run --label a=b -- true
	=> unknown option '--label' (`labels` in the profile)
	run --cgroupns host -- true
	=> unknown option '--cgroupns' (`namespaces = { cgroup = "host" }` in the profile)
	run --pid host -- true
	=> unknown option '--pid' (`namespaces = { pid = "host" }` in the profile)
	run --pid=host -- true
	=> unknown option '--pid' (`namespaces = { pid = "host" }` in the profile)
	run --ipc host -- true
	=> unknown option '--ipc' (`namespaces = { ipc = "host" }` in the profile)
	run --uts host -- true
	=> unknown option '--uts' (`namespaces = { uts = "host" }` in the profile)
	run --userns host -- true
	=> unknown option '--userns' (write --ids auto, keep, root-only, identity or single)
	run --dns 1.1.1.1 -- true
	=> unknown option '--dns' (the root's /etc/resolv.conf is what counts: `file { destination = ..., data = ... }` in the profile's mounts)
	run --add-host a:1.2.3.4 -- true
	=> unknown option '--add-host' (`file { destination = "/etc/hosts", data = ... }` in the profile's mounts)
	run --ip 1.2.3.4 -- true
	=> unknown option '--ip' (`network = { bridge = "NAME", address = "..." }` in the profile)
	run --mac-address x -- true
	=> unknown option '--mac-address' (`network = { bridge = "NAME", mac = "..." }` in the profile)
	run --expose 80 -- true
	=> unknown option '--expose' (`network = { bridge = "NAME", ... }` in the profile, --network NAME and -p HOSTPORT:PORT)
	run --group-add audio -- true
	=> unknown option '--group-add' (`user = { uid = ..., groups = { ... } }` in the profile)
	run --shm-size 64m -- true
	=> unknown option '--shm-size' (write --tmpfs /dev/shm:size=64M)
	run --storage-opt size=5G -- true
	=> unknown option '--storage-opt' (write --tmpfs DST:size=SIZE)
	run --stop-signal TERM -- true
	=> unknown option '--stop-signal' (`service = { stop_signal = "INT" }` in the profile)
	run --stop-timeout 5 -- true
	=> unknown option '--stop-timeout' (`service = { stop_timeout = "10s" }` in the profile, or lunward stop -t SECONDS)
	run --volumes-from x -- true
	=> unknown option '--volumes-from' (write -v SRC:DST for each)
	run --volume-driver x -- true
	=> unknown option '--volume-driver' (write -v SRC:DST, of what is mounted on the host)
	run --memory-swappiness 5 -- true
	=> unknown option '--memory-swappiness' (`limits = { swap = SIZE }` in the profile; 0 is the default)
	run --kernel-memory 5M -- true
	=> unknown option '--kernel-memory' (write -m SIZE, which counts the kernel's memory too)
	run --cpu-rt-runtime 5 -- true
	=> unknown option '--cpu-rt-runtime' (no real-time time is given out; `rlimits = { rtprio = N }` in the profile)
	run --cpuset-mems 0 -- true
	=> unknown option '--cpuset-mems' (memory follows the processors of `limits = { cpuset = ... }`)
	run --cidfile x -- true
	=> unknown option '--cidfile' (write --result FILE, or --status-fd N)
	run --platform linux/amd64 -- true
	=> unknown option '--platform' (the command runs on this machine's processor)
	run --pull always -- true
	=> unknown option '--pull' (images are files: --root FILE)
	run --isolation x -- true
	=> unknown option '--isolation' (there is one kind of sandbox: lunward explain PROFILE)
	run --runtime runc -- true
	=> unknown option '--runtime' (there is one kind of sandbox: lunward explain PROFILE)
	run --security-opt no-new-privileges -- true
	=> unknown option '--security-opt' (no_new_privileges is on already)
	run --security-opt apparmor=unconfined -- true
	=> unknown option '--security-opt' (`apparmor = "NAME"` in the profile)
	run --security-opt label=disable -- true
	=> unknown option '--security-opt' (`selinux = { process = ..., mount = ... }` in the profile)
	run --mount type=bind,src=/etc,dst=/x -- true
	=> unknown option '--mount' (write -v SRC:DST[:ro] or --tmpfs DST)
	run --read-only=true -- true
	=> --read-only takes no value (write --read-only)
	run --privileged=false -- true
	=> --privileged takes no value (leave it out)
	run --network=bridge -- true
	=> --network: "bridge" is no name for a network (write a name of your own; "lunward" is the usual one)
	run -a stdin -- true
	=> unknown option '-a' (standard input, output and error are connected already; -i and -t are accepted)
	run --attach stdin -- true
	=> unknown option '--attach' (standard input, output and error are connected already; -i and -t are accepted)
	run --sig-proxy=false -- true
	=> unknown option '--sig-proxy' (signals are passed on already)
	run --domainname x -- true
	=> unknown option '--domainname' (`domainname` in the profile)
	run --env-file x -- true
	=> unknown option '--env-file' (write -e NAME=VALUE for each)
	run --init -- true
	=> unknown option '--init' (pid 1 is a small init already; `init = false` in a profile changes that)
	run --oom-kill-disable -- true
	=> unknown option '--oom-kill-disable' (nothing disables it; `limits = { oom_group = true }` ends all of the sandbox together)
	run --pids-limit -1 -- true
	=> --pids-limit: out of range: -1 is not within 1 to 4194304
	run -c 512 -- true
	=> unknown option '-c' (`limits = { cpu_weight = N }` in the profile, where 100 is 1024 shares)
	run --cgroup x -- true
	=> unknown option '--cgroup' (write --cgroup-parent PATH)
	run --privileged=false -- true
	=> --privileged takes no value (leave it out)
	END
}

@test "bubblewrap's options" {
	commands <<-'END'
	run --entrypoint=sh -- true
	=> unknown option '--entrypoint' (the words after -- are the whole command)
	run --chroot x -- true
	=> unknown option '--chroot' (write --root DIR)
	run --dev /dev -- true
	=> unknown option '--dev' (a /dev of the usual nodes is there already; --device PATH adds one)
	run --proc /proc -- true
	=> unknown option '--proc' (/proc is there already)
	run --dev-bind / / -- true
	=> unknown option '--dev-bind' (write --device PATH)
	run --ro-bind-try /a /b -- true
	=> unknown option '--ro-bind-try' (write -v SRC:DST:ro,optional)
	run --remount-ro / -- true
	=> unknown option '--remount-ro' (:ro among a volume's options, or `readonly_paths` in the profile)
	run --file 5 /x -- true
	=> unknown option '--file' (`file { destination = ..., data = ... }` in the profile's mounts)
	run --bind-data 5 /x -- true
	=> unknown option '--bind-data' (`file { destination = ..., data = ... }` in the profile's mounts)
	run --ro-bind-data 5 /x -- true
	=> unknown option '--ro-bind-data' (`file { destination = ..., data = ... }` in the profile's mounts)
	run --perms 0700 -- true
	=> unknown option '--perms' (mode= among the options: --tmpfs DST:mode=0700)
	run --size 5 -- true
	=> unknown option '--size' (size= among the options: --tmpfs DST:size=16M)
	run --overlay-src /x -- true
	=> unknown option '--overlay-src' (`overlay { source = ..., destination = ... }` in the profile's mounts)
	run --tmp-overlay /x -- true
	=> unknown option '--tmp-overlay' (`overlay { source = ..., destination = ... }` in the profile's mounts)
	run --overlay /a /b /c -- true
	=> unknown option '--overlay' (`overlay { source = ..., destination = ..., upper = ... }` in the profile's mounts)
	run --ro-overlay /x -- true
	=> unknown option '--ro-overlay' (`overlay { source = ..., destination = ... }` in the profile's mounts)
	run --lock-file x -- true
	=> unknown option '--lock-file' (`flock FILE lunward run ...` holds a lock as long)
	run --sync-fd 5 -- true
	=> unknown option '--sync-fd' (write --status-fd N)
	run --info-fd 5 -- true
	=> unknown option '--info-fd' (write --status-fd N)
	run --json-status-fd 5 -- true
	=> unknown option '--json-status-fd' (write --status-fd N)
	run --block-fd 5 -- true
	=> unknown option '--block-fd' (nothing holds the command back; --status-fd N tells when it starts)
	run --userns-block-fd 5 -- true
	=> unknown option '--userns-block-fd' (nothing is to be set up from outside: `ids` in the profile maps them)
	run --userns 5 -- true
	=> unknown option '--userns' (write --ids auto, keep, root-only, identity or single)
	run --userns2 5 -- true
	=> unknown option '--userns2' (`namespaces = { user = { path = ... } }` in the profile)
	run --pidns 5 -- true
	=> unknown option '--pidns' (`namespaces = { pid = { path = ... } }` in the profile)
	run --disable-userns -- true
	=> unknown option '--disable-userns' (the default policy refuses new user namespaces already)
	run --assert-userns-disabled -- true
	=> unknown option '--assert-userns-disabled' (the default policy refuses new user namespaces already)
	run --seccomp 5 -- true
	=> --seccomp: unknown policy '5' (allow:CALL, deny:CALL, default, docker, strict, unconfined or FILE.json)
	run --add-seccomp-fd 5 -- true
	=> unknown option '--add-seccomp-fd' (write --seccomp FILE.json, allow:CALL or deny:CALL)
	run --exec-label x -- true
	=> unknown option '--exec-label' (`selinux = { process = ... }` in the profile)
	run --file-label x -- true
	=> unknown option '--file-label' (`selinux = { mount = ... }` in the profile)
	run --argv0 x -- true
	=> unknown option '--argv0' (the command's own name is its first word after --)
	run --as-pid-1 -- true
	=> unknown option '--as-pid-1' (`init = false` in the profile)
	run --chmod 0700 /x -- true
	=> unknown option '--chmod' (`dir { destination = ..., mode = ... }` in the profile's mounts)
	run --args 5 -- true
	=> unknown option '--args' (there is no list of options by descriptor; a profile is a file)
	run --unshare-user -- true
	=> unknown option '--unshare-user' (every namespace is new already; a profile's `namespaces` keeps one of the host's)
	run --unshare-user-try -- true
	=> unknown option '--unshare-user-try' (every namespace is new already; a profile's `namespaces` keeps one of the host's)
	run --unshare-pid -- true
	=> unknown option '--unshare-pid' (every namespace is new already; a profile's `namespaces` keeps one of the host's)
	run --unshare-cgroup -- true
	=> unknown option '--unshare-cgroup' (every namespace is new already; a profile's `namespaces` keeps one of the host's)
	run --mqueue /dev/mqueue -- true
	=> unknown option '--mqueue' (`mqueue "/dev/mqueue"` in the profile's mounts)
	run --new-session -- true
	=> unknown option '--new-session' (the command has a session of its own already)
	run --setenv A b -- true
	=> unknown option '--setenv' (write -e NAME=VALUE)
	run --clearenv -- true
	=> unknown option '--clearenv' (the environment is clean already; -e NAME passes one variable on)
	run --symlink a b -- true
	=> unknown option '--symlink' (`symlink` in the profile's mounts)
	run --ro-bind /usr /usr --proc /proc --dev /dev bash
	=> unknown option '--ro-bind' (write -v SRC:DST:ro)
	run --bind /a /b -- true
	=> unknown option '--bind' (write -v SRC:DST)
	run --die-with-parent -- true
	=> unknown option '--die-with-parent' (a sandbox never outlives lunward)
	run --unshare-all -- true
	=> unknown option '--unshare-all' (every namespace is new already; a profile's `namespaces` keeps one of the host's)
	run --share-net -- true
	=> unknown option '--share-net' (write --network host)
	END
}

@test "firejail's options" {
	commands <<-'END'
	run --blacklist=/etc -- true
	=> unknown option '--blacklist' (what a profile does not show is not there; `masked_paths` hides what it does)
	run --noblacklist=/etc -- true
	=> unknown option '--noblacklist' (write -v SRC:DST, for what is not there)
	run --nowhitelist=/etc -- true
	=> unknown option '--nowhitelist' (what a profile does not show is not there)
	run --read-write=/etc -- true
	=> unknown option '--read-write' (write -v SRC:DST)
	run --read-only=/etc -- true
	=> --read-only takes no value (write --read-only)
	run --private-dev -- true
	=> unknown option '--private-dev' (a /dev of the usual nodes is there already)
	run --private-tmp -- true
	=> unknown option '--private-tmp' (/home, /root and /tmp are private already; -v SRC:DST shows a directory)
	run --private-etc=passwd -- true
	=> unknown option '--private-etc' (/etc is the host's without what only root may read; `bind` and `tmpfs` in the profile's mounts change that)
	run --private-bin=ls -- true
	=> unknown option '--private-bin' (`landlock = { execute = { ... } }` in the profile)
	run --private-home=x -- true
	=> unknown option '--private-home' (/home, /root and /tmp are private already; -v SRC:DST shows a directory)
	run --netfilter -- true
	=> unknown option '--netfilter' (`network = { bridge = "NAME", egress = { ... } }` in the profile)
	run --ip=none -- true
	=> unknown option '--ip' (`network = { bridge = "NAME", address = "..." }` in the profile)
	run --dns=1.1.1.1 -- true
	=> unknown option '--dns' (the root's /etc/resolv.conf is what counts: `file { destination = ..., data = ... }` in the profile's mounts)
	run --hosts-file=x -- true
	=> unknown option '--hosts-file' (`bind "FILE:/etc/hosts"` in the profile's mounts)
	run --nogroups -- true
	=> unknown option '--nogroups' (supplementary groups are dropped already)
	run --noroot -- true
	=> unknown option '--noroot' (root inside is nobody outside already; -u UID is another user)
	run --no3d -- true
	=> unknown option '--no3d' (no device is there but the usual ones already)
	run --nosound -- true
	=> unknown option '--nosound' (no device is there but the usual ones already)
	run --novideo -- true
	=> unknown option '--novideo' (no device is there but the usual ones already)
	run --nodvd -- true
	=> unknown option '--nodvd' (no device is there but the usual ones already)
	run --notv -- true
	=> unknown option '--notv' (no device is there but the usual ones already)
	run --nou2f -- true
	=> unknown option '--nou2f' (no device is there but the usual ones already)
	run --nodbus -- true
	=> unknown option '--nodbus' (no bus is in reach already)
	run --dbus-user=none -- true
	=> unknown option '--dbus-user' (no bus is in reach; `allow_control_sockets` and a bind let one in)
	run --dbus-system=none -- true
	=> unknown option '--dbus-system' (no bus is in reach; `allow_control_sockets` and a bind let one in)
	run --x11 -- true
	=> unknown option '--x11' (no display is in reach already; -v /tmp/.X11-unix lets it in)
	run --x11=none -- true
	=> unknown option '--x11' (no display is in reach already; -v /tmp/.X11-unix lets it in)
	run --apparmor -- true
	=> unknown option '--apparmor' (`apparmor = "auto"`, or a profile's name, in the profile)
	run --appimage -- true
	=> unknown option '--appimage' (write -v ./APP:/APP:ro -- /APP)
	run --caps -- true
	=> unknown option '--caps' (write --cap-drop ALL, and --cap-add NAME for what is needed)
	run --caps.drop=all -- true
	=> unknown option '--caps.drop' (write --cap-drop NAME)
	run --caps.keep=net_raw -- true
	=> unknown option '--caps.keep' (write --cap-drop ALL --cap-add NAME)
	run --seccomp -- true
	=> --seccomp needs a value: POLICY
	run --seccomp=mount -- true
	=> --seccomp: unknown policy 'mount' (write --seccomp allow:mount or deny:mount)
	run --seccomp.block-secondary -- true
	=> unknown option '--seccomp.block-secondary' (a call by another ABI ends the process already)
	run --seccomp-error-action=kill -- true
	=> unknown option '--seccomp-error-action' (`seccomp = seccomp.default:kill("NAME")` in the profile)
	run --memory-deny-write-execute -- true
	=> unknown option '--memory-deny-write-execute' (`hardening = { memory_deny_write_execute = true }` in the profile)
	run --nonewprivs -- true
	=> unknown option '--nonewprivs' (no_new_privileges is on already)
	run --protocol=unix,inet -- true
	=> unknown option '--protocol' (`seccomp = seccomp.default:only("socket(AF_UNIX|AF_INET, *)")` in the profile)
	run --restrict-namespaces -- true
	=> unknown option '--restrict-namespaces' (the default policy refuses new namespaces already)
	run --rlimit-nofile=5 -- true
	=> unknown option '--rlimit-nofile' (write --ulimit NAME=SOFT[:HARD])
	run --rlimit-as=5M -- true
	=> unknown option '--rlimit-as' (write --ulimit NAME=SOFT[:HARD])
	run --rlimit-cpu=5 -- true
	=> unknown option '--rlimit-cpu' (write --ulimit NAME=SOFT[:HARD])
	run --cpu=0,1 -- true
	=> unknown option '--cpu' (`limits = { cpuset = "0-3" }` in the profile)
	run --nice=5 -- true
	=> unknown option '--nice' (`nice` in the profile)
	run --cgroup=/x -- true
	=> unknown option '--cgroup' (write --cgroup-parent PATH)
	run --join=x -- true
	=> unknown option '--join' (lunward exec NAME -- COMMAND)
	run --shell=none -- true
	=> unknown option '--shell' (the words after -- are the command: lunward run -- sh -c '...')
	run --quiet -- true
	=> run has no option --quiet (nothing is printed but the command's output already)
	run --debug -- true
	=> unknown option '--debug' (lunward plan PROFILE, or lunward explain PROFILE)
	run --trace -- true
	=> unknown option '--trace' (write --explain-denials, which says what was denied)
	run --tracelog -- true
	=> unknown option '--tracelog' (write --explain-denials, which says what was denied)
	run --timeout=00:00:05 -- true
	=> --timeout: expected a duration such as "10s", not "00:00:05"
	run --rmenv=A -- true
	=> unknown option '--rmenv' (`env = { NAME = false }` in the profile; the caller's are not passed on)
	run --keep-env -- true
	=> unknown option '--keep-env' (write -e NAME for one variable, `inherit_env` in the profile)
	run --chroot=/x -- true
	=> unknown option '--chroot' (write --root DIR)
	run --overlay -- true
	=> unknown option '--overlay' (`overlay { source = ..., destination = ..., upper = ... }` in the profile's mounts)
	run --overlay-tmpfs -- true
	=> unknown option '--overlay-tmpfs' (`overlay` in the profile's mounts, or `root = { overlay = true }`)
	run --mkdir=/x -- true
	=> unknown option '--mkdir' (`dir` in the profile's mounts)
	run --ipc-namespace -- true
	=> unknown option '--ipc-namespace' (every namespace is new already)
	run --machine-id -- true
	=> unknown option '--machine-id' (`file { destination = "/etc/machine-id", data = ... }` in the profile's mounts)
	run --disable-mnt -- true
	=> unknown option '--disable-mnt' (/mnt and /media are not there already)
	run --deterministic-exit-code -- true
	=> unknown option '--deterministic-exit-code' (the exit code is the command's own already)
	run --profile=firefox -- true
	=> run has no option --profile (the profile's name stands before --: lunward run PROFILE -- COMMAND)
	run --bandwidth=x -- true
	=> unknown option '--bandwidth' (`network = { bridge = "NAME", rate = { egress = "10mbit" } }` in the profile)
	run --bind=/a,/b -- true
	=> unknown option '--bind' (write -v SRC:DST)
	run --allusers -- true
	=> unknown option '--allusers' (nobody's home is visible; -v SRC:DST shows a directory)
	run --whitelist=/etc -- true
	=> unknown option '--whitelist' (write -v SRC:DST)
	run --ignore=x -- true
	=> unknown option '--ignore' (`unset` in a profile takes an inherited key away)
	run --include=x -- true
	=> unknown option '--include' (`inherits = "NAME"` in the profile)
	run --keep-fd=5 -- true
	=> unknown option '--keep-fd' (descriptors above 2 are closed: name files, with -v)
	run --oom=100 -- true
	=> unknown option '--oom' (write --oom-score-adj NUMBER)
	run --writable-etc -- true
	=> unknown option '--writable-etc' (`overlay` or a writable `bind` in the profile's mounts)
	run --writable-var -- true
	=> unknown option '--writable-var' (`overlay` or a writable `bind` in the profile's mounts)
	END
}

@test "systemd-run's options and properties" {
	commands <<-'END'
	run -p MemoryMax=64M -- true
	=> --publish: 'MemoryMax=64M' is no port (-m SIZE)
	run -p MemoryHigh=64M -- true
	=> --publish: 'MemoryHigh=64M' is no port (`limits = { memory_high = ... }` in the profile)
	run -p CPUQuota=50% -- true
	=> --publish: 'CPUQuota=50%' is no port (--cpus N, where 1 is 100%)
	run -p TasksMax=5 -- true
	=> --publish: 'TasksMax=5' is no port (--pids-limit N)
	run -p PrivateTmp=yes -- true
	=> --publish: 'PrivateTmp=yes' is no port (/tmp is private already)
	run -p ProtectSystem=strict -- true
	=> --publish: 'ProtectSystem=strict' is no port (the system is read-only already)
	run -p ProtectHome=yes -- true
	=> --publish: 'ProtectHome=yes' is no port (/home and /root are private already)
	run -p PrivateNetwork=yes -- true
	=> --publish: 'PrivateNetwork=yes' is no port (--network none)
	run -p PrivateDevices=yes -- true
	=> --publish: 'PrivateDevices=yes' is no port (a /dev of the usual nodes is there already)
	run -p PrivateUsers=yes -- true
	=> --publish: 'PrivateUsers=yes' is no port (every namespace is new already; --ids says who is who)
	run -p DynamicUser=yes -- true
	=> --publish: 'DynamicUser=yes' is no port (`ids = "single"` in the profile)
	run -p NoNewPrivileges=yes -- true
	=> --publish: 'NoNewPrivileges=yes' is no port (no_new_privileges is on already)
	run -p ReadOnlyPaths=/etc -- true
	=> --publish: 'ReadOnlyPaths=/etc' is no port (-v PATH:PATH:ro)
	run -p ReadWritePaths=/etc -- true
	=> --publish: 'ReadWritePaths=/etc' is no port (-v PATH:PATH)
	run -p InaccessiblePaths=/etc -- true
	=> --publish: 'InaccessiblePaths=/etc' is no port (what a profile does not show is not there; `masked_paths` hides what it does)
	run -p TemporaryFileSystem=/x -- true
	=> --publish: 'TemporaryFileSystem=/x' is no port (--tmpfs DST)
	run -p RestrictNamespaces=yes -- true
	=> --publish: 'RestrictNamespaces=yes' is no port (the default policy refuses new namespaces already)
	run -p RestrictAddressFamilies=AF_INET -- true
	=> --publish: 'RestrictAddressFamilies=AF_INET' is no port (`seccomp = seccomp.default:only("socket(AF_UNIX|AF_INET, *)")` in the profile)
	run -p SystemCallArchitectures=native -- true
	=> --publish: 'SystemCallArchitectures=native' is no port (a call by another ABI ends the process already)
	run -p MemoryDenyWriteExecute=yes -- true
	=> --publish: 'MemoryDenyWriteExecute=yes' is no port (`hardening = { memory_deny_write_execute = true }` in the profile)
	run -p LockPersonality=yes -- true
	=> --publish: 'LockPersonality=yes' is no port (`hardening = { lock_personality = true }` in the profile)
	run -p ProtectKernelTunables=yes -- true
	=> --publish: 'ProtectKernelTunables=yes' is no port (the default policy refuses it and /proc is masked already)
	run -p ProtectKernelModules=yes -- true
	=> --publish: 'ProtectKernelModules=yes' is no port (the default policy refuses it and /proc is masked already)
	run -p ProtectControlGroups=yes -- true
	=> --publish: 'ProtectControlGroups=yes' is no port (no cgroup file system is there already)
	run -p ProtectProc=invisible -- true
	=> --publish: 'ProtectProc=invisible' is no port (`proc "/proc:hidepid=invisible"` in the profile's mounts)
	run -p ProcSubset=pid -- true
	=> --publish: 'ProcSubset=pid' is no port (`proc "/proc:subset=pid"` in the profile's mounts)
	run -p Environment=A=b -- true
	=> --publish: 'Environment=A=b' is no port (-e NAME=VALUE)
	run -p EnvironmentFile=x -- true
	=> --publish: 'EnvironmentFile=x' is no port (-e NAME=VALUE for each)
	run -p Group=x -- true
	=> --publish: 'Group=x' is no port (-u UID:GID)
	run -p SupplementaryGroups=x -- true
	=> --publish: 'SupplementaryGroups=x' is no port (`user = { uid = ..., groups = { ... } }` in the profile)
	run -p UMask=0077 -- true
	=> --publish: 'UMask=0077' is no port (--umask MODE)
	run -p Nice=5 -- true
	=> --publish: 'Nice=5' is no port (`nice` in the profile)
	run -p OOMScoreAdjust=5 -- true
	=> --publish: 'OOMScoreAdjust=5' is no port (--oom-score-adj NUMBER)
	run -p OOMPolicy=kill -- true
	=> --publish: 'OOMPolicy=kill' is no port (`limits = { oom_group = true }` in the profile)
	run -p StateDirectory=x -- true
	=> --publish: 'StateDirectory=x' is no port (-v DIR:/var/lib/NAME)
	run -p RuntimeDirectory=x -- true
	=> --publish: 'RuntimeDirectory=x' is no port (/run is private and writable already)
	run -p LoadCredential=a:b -- true
	=> --publish: 'LoadCredential=a:b' is no port (`secrets = { NAME = { file = "/path" } }` in the profile)
	run -p IPAddressDeny=any -- true
	=> --publish: 'IPAddressDeny=any' is no port (--network none, which is the default)
	run -p SELinuxContext=x -- true
	=> --publish: 'SELinuxContext=x' is no port (`selinux = { process = ... }` in the profile)
	run -p AppArmorProfile=x -- true
	=> --publish: 'AppArmorProfile=x' is no port (`apparmor = "NAME"` in the profile)
	run -p RootImage=x -- true
	=> --publish: 'RootImage=x' is no port (--root FILE)
	run -p LimitNOFILE=5 -- true
	=> --publish: 'LimitNOFILE=5' is no port (--ulimit NAME=SOFT:HARD)
	run -p IOWeight=5 -- true
	=> --publish: 'IOWeight=5' is no port (`limits = { io = {...} }` in the profile limits a device)
	run -p Slice=x -- true
	=> --publish: 'Slice=x' is no port (--cgroup-parent PATH)
	run -p KillMode=x -- true
	=> --publish: 'KillMode=x' is no port (everything inside ends with the command; signals to lunward are passed on)
	run -p Type=x -- true
	=> --publish: 'Type=x' is no port (`service = { ready = "notify" }` in the profile)
	run -p Restart=always -- true
	=> --publish: 'Restart=always' is no port (`service = { restart = "on-failure", backoff = ... }` in the profile)
	run -p TimeoutStopSec=5 -- true
	=> --publish: 'TimeoutStopSec=5' is no port (`service = { stop_timeout = ... }` in the profile, or lunward stop -t DURATION)
	run -p SuccessExitStatus=5 -- true
	=> --publish: 'SuccessExitStatus=5' is no port (a property of systemd's; `lunward profile keys` lists what a profile can say)
	run -p NetworkNamespacePath=/x -- true
	=> --publish: 'NetworkNamespacePath=/x' is no port (`network = { path = ... }` in the profile)
	run -p Personality=x86 -- true
	=> --publish: 'Personality=x86' is no port (`hardening = { lock_personality = true }` in the profile; the ordinary one is there already)
	run -p SecureBits=noroot -- true
	=> --publish: 'SecureBits=noroot' is no port (`hardening = { secure_bits = { ... } }` in the profile)
	run -p AllowedMemoryNodes=0 -- true
	=> --publish: 'AllowedMemoryNodes=0' is no port (memory follows the processors of `limits = { cpuset = ... }`)
	run -p AllowedCPUs=0 -- true
	=> --publish: 'AllowedCPUs=0' is no port (`limits = { cpuset = ... }` in the profile)
	run -p Delegate=yes -- true
	=> --publish: 'Delegate=yes' is no port (a sandbox has a cgroup namespace of its own already)
	run --scope -- true
	=> unknown option '--scope' (lunward makes a cgroup of its own; --cgroup-parent says where)
	run --user -- true
	=> --user needs a value: NAME|UID[:GID]
	run --system -- true
	=> unknown option '--system' (write -u NAME; whoever starts lunward owns the sandbox)
	run --unit=x -- true
	=> unknown option '--unit' (write --name NAME)
	run --slice=x -- true
	=> unknown option '--slice' (write --cgroup-parent PATH)
	run --pty -- true
	=> unknown option '--pty' (write -t)
	run --pipe -- true
	=> unknown option '--pipe' (standard input, output and error are connected already)
	run --wait -- true
	=> unknown option '--wait' (run waits already)
	run --collect -- true
	=> unknown option '--collect' (a sandbox leaves nothing behind already)
	run --uid=5 -- true
	=> unknown option '--uid' (write -u UID)
	run --gid=5 -- true
	=> unknown option '--gid' (write -u UID:GID)
	run --nice=5 -- true
	=> unknown option '--nice' (`nice` in the profile)
	run --same-dir -- true
	=> unknown option '--same-dir' (write -v "$PWD" -w "$PWD")
	run -S -- true
	=> unknown option '-S' (lunward run -- sh)
	run --description=x -- true
	=> unknown option '--description' (`labels` in the profile)
	run --service-type=x -- true
	=> unknown option '--service-type' (`service = { ready = "notify" }` in the profile)
	run --remain-after-exit -- true
	=> unknown option '--remain-after-exit' (a sandbox ends with its command)
	run --send-sighup -- true
	=> unknown option '--send-sighup' (signals are passed on: send it to lunward)
	run --on-calendar=x -- true
	=> unknown option '--on-calendar' (cron(8) or systemd.timer(5) starts lunward at a time)
	run --no-block -- true
	=> unknown option '--no-block' (lunward start runs it in the background)
	run --property=PrivateTmp=yes -- true
	=> unknown option '--property' (/tmp is private already)
	END
}

@test "verbs of other tools" {
	commands <<-'END'
	exec web -- sh
	=> no sandbox "web" (`lunward ps -a` lists them)
	ls
	=> unknown verb 'ls' (`lunward ps` lists sandboxes, `lunward profile list` profiles)
	kill web
	=> no sandbox "web" (`lunward ps -a` lists them)
	stop web
	=> no sandbox "web" (`lunward ps -a` lists them)
	rm web
	=> no sandbox "web" (`lunward ps -a` lists them)
	logs web
	=> no sandbox "web" (`lunward ps -a` lists them)
	images
	=> unknown verb 'images' (images are files: `root = { image = "FILE" }` in a profile, or --root FILE)
	pull debian
	=> unknown verb 'pull' (images are files: `root = { image = "FILE" }` in a profile, or --root FILE)
	build .
	=> unknown verb 'build' (an image is made elsewhere; `root = { image = "FILE" }` in a profile takes it)
	inspect web
	=> no sandbox "web" (`lunward ps -a` lists them)
	status
	=> status: which sandbox? (its name or the beginning of its id; `lunward ps -a` lists them)
	cp a b
	=> cp: one of the two is in a sandbox, the other is not (lunward cp SANDBOX:PATH PATH, or PATH SANDBOX:PATH)
	diff web
	=> diff: two profiles are needed (lunward diff A B)
	info
	=> unknown verb 'info' (`lunward doctor`)
	unpause web
	=> unknown verb 'unpause' (`lunward resume NAME`)
	pstree web
	=> unknown verb 'pstree' (`lunward tree`)
	port web
	=> unknown verb 'port' (`lunward inspect -f spec.network.publish NAME`, or `lunward graph --net`)
	volume ls
	=> unknown verb 'volume' (write -v SRC:DST; there are no volumes with names)
	system prune
	=> unknown verb 'system' (`lunward doctor`)
	apply site.lua
	=> unknown verb 'apply' (`lunward run PROFILE`)
	learn -- true
	=> unknown verb 'learn' (`lunward run --explain-denials PROFILE` says what to allow)
	test x
	=> unknown verb 'test' (`lunward check FILE`)
	status
	=> status: which sandbox? (its name or the beginning of its id; `lunward ps -a` lists them)
	shell
	=> shell: which sandbox? (its name or the beginning of its id; `lunward ps -a` lists them)
	list
	=> unknown verb 'list' (`lunward ps` lists sandboxes, `lunward profile list` profiles)
	show
	=> unknown verb 'show' (`lunward profile show NAME`, or `lunward explain PROFILE`)
	create
	=> unknown verb 'create' (a profile is a file; `lunward run PROFILE` makes and runs the sandbox)
	./web.lua
	=> unknown verb './web.lua' (a profile stands after the verb: lunward run PROFILE)
	web.lua
	=> unknown verb 'web.lua' (a profile stands after the verb: lunward run PROFILE)
	END
}

@test "kill(1)'s signals and docker's templates" {
	commands <<-'END'
	kill -9 web
	=> unknown option '-9' (write -s SIGNAL, as in -s KILL or -s 9)
	kill -KILL web
	=> unknown option '-K' (write -s SIGNAL, as in -s KILL or -s 9)
	inspect --format {{.State.Pid}} web
	=> --format: unknown format '{{.State.Pid}}' (there are no templates: `lunward inspect -f pid` prints one value, --format json all)
	END
}

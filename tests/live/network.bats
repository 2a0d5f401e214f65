#!/usr/bin/env bats
# Networks: a bridge that the first sandbox makes and the last takes away, addresses, what the interface is, and what is
# there inside.

# shellcheck disable=SC2016 # the shell inside expands these
load network

setup() { net_setup; }
teardown() { net_teardown; }

@test "row 3: the first on a network makes it, the last takes it away, and the host and the others are reached" {
	run lw run --network web -- sh -c 'ip -4 -o addr show eth0; ip route; ping -c1 -W2 10.88.0.1'
	assert_status 0
	assert_output_has "10.88.0.2/24"
	assert_output_has "default via 10.88.0.1 dev eth0"
	wait_for 5 eval '! net ip link show web'
	sleeper a --network web
	sleeper b --network bridge:web
	[ "$(address a)" != "$(address b)" ]
	net ping -c1 -W2 "$(address a)"
	lw exec a -- ping -c1 -W2 "$(address b)"
	lw stop -t 0 a
	net ip link show web
	lw stop -t 0 b
	run net ip link show web
	[ "$status" != 0 ]
}

@test "IPv6: every network has a subnet of its own, and an address is there at once" {
	[ -e /proc/net/if_inet6 ] || missing "the kernel has no IPv6"
	sleeper a --network web
	sleeper b --network web
	[[ $(address a 1) == fd* ]]
	lw exec a -- ping -c1 -W2 "$(address b 1)"
	net ping -c1 -W2 "$(address a 1)"
	run lw exec a -- ip -6 route
	assert_output_has "default via fd"
	[ "$(net cat /proc/sys/net/ipv6/conf/all/forwarding)" = 1 ]
}

@test "what a profile says of the interface: address, gateway, mac, mtu, name, files" {
	cat >p.lua <<-'END'
	return sandbox {
	  command = { "sh", "-c", "ip addr show lan0; ip route; cat /etc/hosts /etc/resolv.conf; hostname" },
	  hostname = "box",
	  network = { bridge = "web", address = "10.7.0.9/24", gateway = "10.7.0.5", mac = "02:00:00:00:00:09", mtu = 1400,
	    interface = "lan0", dns = { "10.7.0.1", "fd00::1" }, hosts = { ["db.example"] = "10.7.0.7" } },
	}
	END
	run lw run p.lua
	assert_status 0
	assert_output_has "10.7.0.9/24"
	assert_output_has "default via 10.7.0.5"
	assert_output_has "02:00:00:00:00:09"
	assert_output_has "mtu 1400"
	assert_output_has "nameserver 10.7.0.1"
	assert_output_has $'10.7.0.7\tdb.example'
	assert_output_has $'10.7.0.9\tbox'
}

@test "gateway none is no way out; loopback is up; the host's interfaces are not seen" {
	run lw run --network web -- sh -c 'ip -o link | wc -l; ip -o link show lo; ls /sys/class/net'
	assert_status 0
	[ "${lines[0]}" = 2 ]
	assert_output_has "LOOPBACK,UP"
	[[ $output != *web* ]]
	cat >p.lua <<-'END'
	return sandbox { command = { "ip", "route" }, network = { bridge = "web", gateway = "none" } }
	END
	run lw run p.lua
	assert_status 0
	[[ $output != *default* ]]
}

@test "an isolated sandbox reaches the host, and no neighbour" {
	for i in a b; do
		echo 'return sandbox { command = { "sleep", "60" }, network = { bridge = "web", isolate = true } }' >$i.lua
		lw start $i.lua >/dev/null
	done
	sleeper c --network web
	lw exec a -- ping -c1 -W2 10.88.0.1
	for i in b c; do
		run lw exec a -- ping -c1 -W1 "$(address $i)"
		[ "$status" != 0 ]
	done
}

@test "an address is one sandbox's: taken, another subnet's, the bridge's, none left" {
	echo 'return sandbox { command = { "sleep", "60" }, network = { bridge = "web", address = "10.7.0.9/24" } }' >a.lua
	lw start a.lua >/dev/null
	run lw run a.lua
	assert_status 125
	assert_output_has 'a.lua:1: network: the address 10.7.0.9 of network "web" is another sandbox'
	for bad in 10.8.0.9/24 10.7.0.9/16 10.7.0.1 10.7.0.255; do
		echo "return sandbox { command = { 'true' }, network = { bridge = 'web', address = '$bad' } }" >b.lua
		run lw run b.lua
		assert_status 125
		assert_output_has "b.lua:1: network: the address $bad"
		[ "${#lines[@]}" = 1 ]
	done
	lw network create small --subnet 10.66.0.0/30
	sleeper s --network small
	run lw run --network small -- true
	assert_status 125
	assert_output_has 'has no free address left in 10.66.0.0/30'
	lw rm -f s
	lw run --network small -- true
	wait_for 5 lw network rm small
}

@test "declared networks stay; those in use are not removed; what overlaps is refused" {
	lw network create web --subnet 10.5.0.0/24 --mtu 1400
	run lw network create web --subnet 10.6.0.0/24
	assert_status 125
	run lw run --network web -- ip addr show eth0
	assert_output_has "10.5.0.2/24"
	assert_output_has "mtu 1400"
	net ip link show web
	sleeper a --network web
	run lw network rm web
	assert_status 125
	assert_output_has 'network "web" is in use'
	run lw network ls
	assert_output_has "10.5.0.0/24"
	run lw network inspect web
	assert_output_has '"users": 1'
	assert_output_has '"name": "a"'
	run lw network create other --subnet 10.5.0.128/25
	assert_status 125
	assert_output_has 'overlaps 10.5.0.0/24 of network web'
	net ip addr add 10.20.0.1/16 dev lo
	run lw network create other --subnet 10.20.3.0/24
	assert_status 125
	assert_output_has 'overlaps 10.20.0.0/16 of'
	net ip addr del 10.20.0.1/16 dev lo
	lw rm -f a
	wait_for 5 lw network rm web
	run lw network rm web
	assert_status 125
	assert_output_has 'no network "web"'
}

@test "a subnet is chosen that is nobody's" {
	net ip addr add 10.88.0.77/28 dev lo
	net ip route add 10.88.1.0/24 dev lo
	run lw run --network web -- ip -4 -o addr show eth0
	assert_status 0
	assert_output_has "10.88.2.2/24"
	net ip addr del 10.88.0.77/28 dev lo
	net ip route del 10.88.1.0/24 dev lo
}

@test "a name that is an interface's already, one too long for an interface, and two that begin alike" {
	net ip link add web type bridge
	run lw run --network web -- true
	assert_status 125
	assert_output_has "the interface 'web' is there already, and not lunward's"
	net ip link del web
	local one=a-network-with-a-long-name-1 two=a-network-with-a-long-name-2
	sleeper a --network $one
	sleeper b --network $two
	[ "$(lw inspect -f network.interfaces.0.bridge a)" != "$(lw inspect -f network.interfaces.0.bridge b)" ]
	[[ $(address a) != "$(address b)" ]]
}

@test "row 3: a macvlan on an interface of the host, and an interface that is moved and comes back" {
	net ip link add up0 type veth peer name far0
	net ip link set up0 up
	net ip link set far0 up
	net ip addr add 10.9.0.1/24 dev far0
	echo 'return sandbox { command = { "sh", "-c", "ip route; ping -c1 -W2 10.9.0.1" },
	  network = { macvlan = "up0", address = "10.9.0.9/24", gateway = "10.9.0.1" } }' >m.lua
	run lw run m.lua
	assert_status 0
	assert_output_has "default via 10.9.0.1 dev eth0"
	sed -i 's/macvlan/move/' m.lua
	run lw run m.lua
	assert_status 0
	assert_output_has "default via 10.9.0.1 dev up0"
	run net ip -o link show up0
	assert_output_has "state UP"
	sed -i 's/up0/up9/' m.lua
	run lw run m.lua
	assert_status 125
	assert_output_has "m.lua:2: network: the host has no interface 'up9'"
	net ip link del up0
}

@test "an interface that was moved comes back, whatever those inside call it, and another in its place does not" {
	net ip link add up0 type veth peer name far0
	net ip link set up0 up
	echo 'return sandbox { command = { "sh", "-ec", "ip link set up0 down; ip link set up0 name mine; ip link add up0 type veth peer name up1" },
	  network = { move = "up0" }, user = 0, capabilities = { "NET_ADMIN" } }' >m.lua
	run lw run m.lua
	assert_status 0
	# Its other end is far0, not one that went with the sandbox.
	run net ip -o link show up0
	assert_output_has "up0@far0"
	net ip link del up0
}

@test "the host takes nobody on its bridges and ports for a router, were there no rules; LLDP's address is no way around them" {
	[ -e /proc/net/if_inet6 ] || missing "the kernel has no IPv6"
	sleeper a --network web
	port=$(lw inspect -f network.interfaces.0.host_name a)
	[ "$(net cat /proc/sys/net/ipv6/conf/web/accept_ra "/proc/sys/net/ipv6/conf/$port/accept_ra" | paste -sd,)" = 0,0 ]
	[ "$(net cat /proc/sys/net/ipv6/conf/default/accept_ra)" = 1 ]
	run net ip -d link show web
	assert_output_has "group_fwd_mask 0x4000"
}

@test "pods: further sandboxes share one's network, by name" {
	sleeper a --network web
	run lw run --network sandbox:a -- ip -4 -o addr show eth0
	assert_status 0
	assert_output_has "$(address a)/24"
	run lw network inspect web
	assert_output_has '"users": 1'
}

@test "inspect and graph tell what is there" {
	sleeper a --network web
	run lw inspect -f network.interfaces.0 a
	assert_output_has '"name":"eth0"'
	assert_output_has '"bridge":"web"'
	net ip link show "$(lw inspect -f network.interfaces.0.host_name a)"
	run lw exec a -- cat /sys/class/net/eth0/address
	assert_output_has "$(lw inspect -f network.interfaces.0.mac a)"
	run lw graph --net
	assert_output_has "network web (bridge web)  10.88.0.0/24"
	assert_output_has "a:eth0  $(address a)/24"
	run lw graph --net --format dot
	assert_output_has '"bridge web" -- "sandbox a"'
	net ip link add 'odd"name' type bridge
	run lw graph --net --format dot
	assert_output_has '"host odd\"name"'
	net ip link del 'odd"name'
	run lw graph --net --format json
	assert_output_has '"networks"'
	lw stop -t 0 a
	[ "$(lw inspect -f network.interfaces a)" = "[]" ]
}

@test "without init, with the host's users, and again after a restart" {
	echo 'return sandbox { command = { "ip", "-4", "-o", "addr", "show", "eth0" }, init = false, network = { bridge = "web" } }' >a.lua
	run lw run a.lua
	assert_status 0
	assert_output_has "10.88.0."
	echo 'return sandbox { command = { "ip", "-4", "-o", "addr", "show", "eth0" }, namespaces = { user = "host" }, network = { bridge = "web" } }' >b.lua
	run lw run b.lua
	assert_status 0
	assert_output_has "10.88.0."
	sleeper c --network web
	lw restart -t 0 c
	net ping -c1 -W2 "$(address c)"
}

@test "parameters of the interface can be set" {
	echo 'return sandbox { command = { "cat", "/proc/sys/net/ipv4/conf/eth0/rp_filter" }, network = { bridge = "web" },
	  sysctls = { ["net.ipv4.conf.eth0.rp_filter"] = 2 } }' >a.lua
	run lw run a.lua
	assert_status 0
	[ "$output" = 2 ]
}

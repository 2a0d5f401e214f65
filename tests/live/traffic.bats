#!/usr/bin/env bats
# What may pass between sandboxes, the host and the world: real frames through real rules, in network, mount and process
# namespaces of the test's own. The programs that talk are in net/.

load ../lib

setup() {
	need_root
	need_cmd nft ip python3 paste
	LUNWARD_BUILD=${LUNWARD_BUILD:-$(dirname "$LUNWARD")}
	export LUNWARD_BUILD
	[ -x "$LUNWARD_BUILD/traffic_driver" ] || missing "no traffic_driver"
	sandbox_setup
}
teardown() { sandbox_teardown; }

# inside SCRIPT: in a world of its own, which ends with it.
inside() {
	timeout 60 unshare --net --mount --pid --fork --kill-child --mount-proc \
		bash -euc '. "$LUNWARD_TREE/tests/live/net/net.bash"; world_up; '"$1"
}

@test "published: from the world, from the host by every address and 127.0.0.1, from a neighbour; and nothing else" {
	inside '
		sandbox 2 '\''{"publish": [8080, "127.0.0.1:8081:80", "5353:80/udp", "9000-9002:80-82", "8080:80/udp"]}'\'' || exit 1
		sandbox 3
		serve s2 80 81 82 8080; serve s3 80
		until [ "$(get host 10.88.0.2/8080 10.88.0.3/80 | paste -sd,)" = "s2 10.88.0.1,s3 10.88.0.1" ]; do sleep 0.05; done
		is "s2 10.88.0.1, s2 10.88.0.1" get host 127.0.0.1/8080 127.0.0.1/8081
		is "s2 192.0.2.1, s2 2001:db8::1, no" get host 192.0.2.1/8080 2001:db8::1/8080 ::1/8080
		is "s2 10.88.0.1, s2 192.0.2.1" get host 127.0.0.1/5353/udp 192.0.2.1/5353/udp
		is "s2 10.88.0.1, s2 10.88.0.1, no" get host 127.0.0.1/9000 127.0.0.1/9002 127.0.0.1/9003
		is "s2 192.0.2.9, s2 2001:db8::9, s2 192.0.2.9" get world 192.0.2.1/8080 2001:db8::1/8080 192.0.2.1/5353/udp
		is "no" get world 192.0.2.1/8081
		is "s2 10.88.0.1, s2 10.88.0.1" get s3 10.88.0.1/8080 192.0.2.1/8080
		# By the address inside: not from the world, whatever routes it has.
		ip -n world route add 10.88.0.0/24 via 192.0.2.1
		ip -n world route add 127.0.0.2 via 192.0.2.1 2>/dev/null || true
		is "no, no" get world 10.88.0.2/8080 10.88.0.3/80'
}

@test "the host's loopback is not a sandbox's, whatever routes it makes (CVE-2020-8558)" {
	inside '
		sandbox 3 '\''{"publish": ["127.0.0.1:8081:80"]}'\''
		serve host 7000
		until [ "$(get host 127.0.0.1/7000)" = "host 127.0.0.1" ]; do sleep 0.05; done
		is "host 10.88.0.3" get s3 10.88.0.1/7000
		ns s3 sh -c "sysctl -qw net.ipv4.conf.eth0.route_localnet=1; ip link set lo down; ip addr flush dev lo; ip route add 127.0.0.1 via 10.88.0.1"
		is "no" get s3 127.0.0.1/7000'
}

@test "egress allow: neighbours, host, world; deny: nothing, but answers and what is published" {
	inside '
		sandbox 2; sandbox 3; sandbox 4 '\''{"egress": "deny", "publish": ["8084:80"]}'\''
		for n in s2 s3 s4 world; do serve $n 80; done; serve host 80
		until [ "$(get s3 10.88.0.2/80 10.88.0.4/80 10.88.0.1/80 192.0.2.9/80 | paste -sd,)" = "s2 10.88.0.3,s4 10.88.0.3,host 10.88.0.3,world 192.0.2.1" ]; do sleep 0.05; done
		is "s2 fd00:88::3, s4 fd00:88::3, world 2001:db8::1" get s3 fd00:88::2/80 fd00:88::4/80 2001:db8::9/80
		is "s4 10.88.0.3, world 192.0.2.1" get s3 10.88.0.4/80/udp 192.0.2.9/80/udp
		is "no, no, no, no" get s4 10.88.0.2/80 10.88.0.1/80 192.0.2.1/80 192.0.2.9/80
		is "no, no, no" get s4 fd00:88::2/80 fd00:88::1/80 2001:db8::9/80
		is "no, no, no" get s4 10.88.0.2/80/udp 10.88.0.1/80/udp 192.0.2.9/80/udp
		is "s4 10.88.0.1, s4 192.0.2.9, s4 10.88.0.1" sh -c "cd /; python3 $HERE/get.py 127.0.0.1/8084; ip netns exec world python3 $HERE/get.py 192.0.2.1/8084; python3 $HERE/get.py 10.88.0.4/80/udp"
		ns s3 ping -c 1 -W 2 10.88.0.4 >/dev/null
		if ns s4 ping -c 1 -W 1 10.88.0.2 >/dev/null; then exit 1; fi'
}

@test "egress: lists of addresses, ports and protocols hold in both families" {
	inside '
		sandbox 2; sandbox 4 '\''{"egress": ["192.0.2.9:80/tcp", "[2001:db8::/32]:81", "10.88.0.2:80-81/udp", "192.0.2.9/icmp"]}'\''
		for n in s2 world; do serve $n 80 81 82; done
		until [ "$(get host 10.88.0.2/80 192.0.2.9/80 | paste -sd,)" = "s2 10.88.0.1,world 192.0.2.1" ]; do sleep 0.05; done
		is "world 192.0.2.1, no, no" get s4 192.0.2.9/80 192.0.2.9/81 192.0.2.9/80/udp
		is "world 2001:db8::1, world 2001:db8::1, no" get s4 2001:db8::9/81 2001:db8::9/81/udp 2001:db8::9/80
		is "s2 10.88.0.4, no, no" get s4 10.88.0.2/81/udp 10.88.0.2/82/udp 10.88.0.2/80
		ns s4 ping -c 1 -W 2 192.0.2.9 >/dev/null
		if ns s4 ping -c 1 -W 1 10.88.0.2 >/dev/null; then exit 1; fi'
}

@test "isolate: nothing to or from neighbours, not by the host either; the world as before" {
	inside '
		sandbox 2; sandbox 5 '\''{"isolate": true}'\''
		for n in s2 s5 world; do serve $n 80; done
		until [ "$(get host 10.88.0.2/80 10.88.0.5/80 | paste -sd,)" = "s2 10.88.0.1,s5 10.88.0.1" ]; do sleep 0.05; done
		is "no, no, world 192.0.2.1" get s5 10.88.0.2/80 fd00:88::2/80 192.0.2.9/80
		is "no, no" get s2 10.88.0.5/80 fd00:88::5/80
		ip -n s5 route add 10.88.0.2 via 10.88.0.1; ip -n s2 route add 10.88.0.5 via 10.88.0.1
		is "no" get s5 10.88.0.2/80
		is "no" get s2 10.88.0.5/80'
}

@test "rate: no more than that passes, in each direction" {
	inside '
		sandbox 2; sandbox 3 '\''{"rate": {"egress": "8mbit"}}'\''; sandbox 4 '\''{"rate": {"ingress": "8mbit"}}'\''
		for n in s2 s4; do ns $n python3 $HERE/swallow.py 80 & done
		until_ready ns s2 python3 $HERE/push.py 10.88.0.2/80 1; until_ready ns s4 python3 $HERE/push.py 10.88.0.4/80 1
		# 3 million bytes, less a second and the burst, at a million each second; how much longer it takes is TCP'\''s affair.
		for pair in "s3 10.88.0.2" "s2 10.88.0.4"; do
			set -- $pair
			ns $1 python3 $HERE/push.py $2/80 3000000 >/run/took
			awk "{ exit !(\$1 > 1.5) }" /run/took || { cat /run/took; exit 1; }
		done'
}

@test "with every right over its interface a sandbox sends nothing under another's MAC or address" {
	inside '
		sandbox 3; sandbox 4
		ns s4 python3 $HERE/sniff.py eth0 4 /run/frames & sniffer=$!
		until_ready test -e /run/frames
		for what in own own-ip own-nd mac arp-ip arp-mac ip gateway nd ip6 router vlan other; do
			ns s3 python3 $HERE/spoof.py eth0 $what
		done
		wait $sniffer
		grep -q "^ffffffffffff02420a5800030806.*02420a5800030a580003" /run/frames # the honest ones
		grep -q "^ffffffffffff02420a5800030800.*0a5800030a5800ff" /run/frames
		grep -q "^33330000000102420a58000386dd.*8800.*20000000fd0000880000000000000000000000030201" /run/frames
		never "^.{12}02420a580009" /run/frames            # mac
		never "0806.{12}(02420a5800030a58000[19]|02420a580009)" /run/frames # arp, vlan
		never "0a5800090a5800ff" /run/frames              # ip
		never "20000000fd000088000000000000000000000009" /run/frames  # nd
		never "^33330000000102420a58000386dd.{8}....3aff(fd000088000000000000000000000009|.{64}86)" /run/frames
		never "^.{24}88b5" /run/frames'
}

@test "frames to the addresses that bridges keep for themselves reach neither the host's ports nor its routes" {
	inside '
		sysctl -qw net.ipv6.conf.all.forwarding=0 # such a host listens to routers
		sandbox 3 '\''{"egress": "deny"}'\''
		tell() { for i in 0 2 3 8 e f; do ns s3 python3 $HERE/spoof.py eth0 $1 01:80:c2:00:00:0$i; done; }
		timeout 20 python3 $HERE/hear.py 7777 last >/run/heard & hearer=$!
		until_ready test -s /run/heard
		tell host; tell route
		python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"last\", (\"10.88.0.1\", 7777))"
		wait $hearer
		is "ready, last" cat /run/heard
		ip -6 route show default | diff /dev/null -'
}

@test "egress deny: neighbours are found, and nothing is told to the world in the form of asking for them" {
	inside '
		sandbox 4 '\''{"egress": "deny"}'\''
		gateway=$(python3 -c "import fcntl, socket, struct; print(fcntl.ioctl(socket.socket(), 0x8927, struct.pack(\"256s\", b\"br0\"))[18:24].hex())")
		ns world python3 $HERE/sniff.py eth0 2 /run/frames & sniffer=$!
		python3 $HERE/sniff.py v4 2 /run/sent & sent=$!
		ns s4 python3 $HERE/sniff.py eth0 2 /run/answers & answers=$!
		until_ready test -e /run/frames; until_ready test -e /run/sent; until_ready test -e /run/answers
		ns s4 python3 $HERE/spoof.py eth0 far $gateway
		ns s4 python3 $HERE/spoof.py eth0 near $gateway
		wait $sniffer $sent $answers
		grep -q "3aff.*73706f6f66656421" /run/sent
		grep -q "3aff.{64}8800.{12}fd000088000000000000000000000001" -E /run/answers
		never "73706f6f66656421" /run/frames'
}

@test "names: the allowed ones alone resolve, and alone can be reached" {
	inside '
		echo "nameserver 192.0.2.9" >/run/resolv.conf; mount --bind /run/resolv.conf /etc/resolv.conf
		ns world python3 $HERE/names.py >/run/asked & serve world 80 81
		until [ "$(get host 192.0.2.9/53 192.0.2.9/80 | tail -n 1)" = "world 192.0.2.1" ]; do sleep 0.05; done
		sandbox 2; serve s2 80
		sandbox 4 '\''{"egress": ["good.example:80/tcp", "*.wild.example:81", "rebind.example", "host.example", "big.example", "alias.example:80/tcp", "guessed.example:82", "s2:80/tcp"]}'\''
		is "no, no, no" get s4 192.0.2.9/80 192.0.2.9/81 10.88.0.2/80
		is "0 192.0.2.9, 3, 3, 0 192.0.2.9, 3" ask s4 good.example bad.example data.good.example www.wild.example wild.example
		is "world 192.0.2.1, world 192.0.2.1, no" get s4 192.0.2.9/80 192.0.2.9/81 10.88.0.2/80
		is "0 10.88.0.2, s2 10.88.0.4, no" sh -c "ip netns exec s4 python3 $HERE/ask.py s2; ip netns exec s4 python3 $HERE/get.py 10.88.0.2/80 10.88.0.2/81"
		is "0, 0" ask s4 rebind.example host.example   # addresses of nobody on the internet, and of this host
		is "0 30, 0 30, 0 192.0.2.9, 0 0" ask s4 big.example big.example,1,tcp alias.example good.example,16
		is "0 10.88.0.4, 0 192.0.2.66" ask s2 s4 bad.example
		is "0 192.0.2.9" ask s4 guessed.example # who does not repeat the letters as they were is asked again by TCP
		never "data.good|^asked wild.example" /run/asked
		"$DRIVER" remove-id "$(id_of 4)"
		"$DRIVER" remove-id "$(id_of 2)"
		until_ready test ! -e /run/state/resolver
		gone() { ! pgrep -f "^$RESOLVER " >/dev/null; }
		until_ready gone'
}

@test "taken ports name who has them, and nothing is left" {
	inside '
		sandbox 2 '\''{"publish": [8080]}'\''
		nft -s list ruleset >/run/before
		if "$DRIVER" add "$(id_of 3)" s3 v3 3 '\''{"publish": [81, "8080:80"]}'\'' 2>/run/err; then exit 1; fi
		is "network.publish[1]: port 8080 of the host is published by the sandbox s2" cat /run/err
		serve host 7000; until [ "$(get host 127.0.0.1/7000)" = "host 127.0.0.1" ]; do sleep 0.05; done
		if "$DRIVER" add "$(id_of 3)" s3 v3 3 '\''{"publish": [7000]}'\'' 2>/run/err; then exit 1; fi
		grep -E "^network.publish\[0\]: port 7000 of the host is taken by python3[.0-9]* \(pid [0-9]+\)$" /run/err
		if "$DRIVER" add "$(id_of 3)" s3 v3 3 '\''{"publish": ["192.0.2.77:80:80"]}'\'' 2>/run/err; then exit 1; fi
		is "network.publish[0]: this host has no address 192.0.2.77" cat /run/err
		if "$DRIVER" add "$(id_of 3)" s3 v3 3 '\''{"publish": ["[::1]:80:80"]}'\'' 2>/run/err; then exit 1; fi
		grep "publishes nothing on ::1" /run/err
		nft -s list ruleset | diff /run/before -
		test -z "$(ls /run/state/resolver/test | grep -v "^2")"'
}

@test "what is taken away is all that was there, also by the id alone; with the last network the tables go" {
	inside '
		all='\''{"publish": [8080, "127.0.0.1:53:53/udp", "9000-9010:1-11"], "isolate": true, "egress": ["good.example:443", "*.org", "10.0.0.0/8"]}'\''
		sandbox 2
		nft -s list ruleset >/run/before
		"$DRIVER" add-undo "$(id_of 3)" s3 v3 3 "$all"
		nft -s list ruleset | diff /run/before -
		"$DRIVER" remove-id "$(id_of 3)"  # again is no error
		"$DRIVER" add "$(id_of 3)" s3 v3 3 "$all"
		"$DRIVER" remove-id "$(id_of 3)"
		nft -s list ruleset | diff /run/before -
		test "$(ls /run/state/resolver/test)" = "$(id_of 2)"
		"$DRIVER" remove-id "$(id_of 2)"
		"$DRIVER" network-last br0
		test -z "$(nft list ruleset)"; test -z "$(ls /run/state)"'
}

@test "killed at any moment, the rules are there as a whole or not at all, and the id is enough to take them away" {
	inside '
		nft -s list ruleset >/run/before
		for delay in 0.001 0.002 0.003 0.004 0.005 0.007 0.009 0.012 0.016 0.02; do
			timeout -s KILL $delay "$DRIVER" add "$(id_of 3)" s3 v3 3 '\''{"publish": [8080], "egress": ["good.example"]}'\'' 2>/dev/null || true
			"$DRIVER" remove-id "$(id_of 3)"
			until_ready sh -c "nft -s list ruleset | diff /run/before -"
			test ! -e /run/state/resolver
		done'
}

@test "without nft: 125 material, one line naming the package" {
	inside '
		mount -t tmpfs none /usr/sbin
		if "$DRIVER" add "$(id_of 3)" s3 v3 3 2>/run/err; then exit 1; fi
		grep -Fx "a network needs nft, and there is none (install the package nftables)" /run/err'
}

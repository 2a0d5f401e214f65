#!/usr/bin/env bats
# Roots that are images: what they become, who may use them, what a hostile one gets, and what is left of one that was
# given up half way.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

need_unpacker() {
	need_cmd busybox tar python3
	[ -x "${LUNWARD%/*}/lunward-unpack" ] || missing "this build has no lunward-unpack"
}
# A small system in r: busybox, a user, a file of that user's.
make_root() {
	local name
	mkdir -p r/bin r/etc r/data r/proc r/sys r/dev r/run r/tmp
	cp "$(command -v busybox)" r/bin/busybox
	for name in sh ls cat id stat test ln; do ln -sf busybox r/bin/$name; done
	echo 'ada:x:1000:1000::/data:/bin/sh' >r/etc/passwd
	echo mine >r/data/mine
	chmod 600 r/data/mine
	[ "$(id -u)" != 0 ] || chown 1000:1000 r/data/mine
}
# tar_of FILE PYTHON: an archive with whatever the program adds to t; file(name, data), link(name, target, type).
tar_of() {
	python3 - "$1" "$2" <<-'END'
		import io, sys, tarfile
		def info(name, type=tarfile.REGTYPE, **more):
		    i = tarfile.TarInfo(name)
		    i.type = type
		    i.mode = more.get("mode", 0o755)
		    i.linkname = more.get("target", "")
		    i.uid = i.gid = more.get("owner", 0)
		    return i
		def file(name, data=b"", **more):
		    i = info(name, **more)
		    i.size = len(data)
		    t.addfile(i, io.BytesIO(data))
		def link(name, target, type=tarfile.SYMTYPE):
		    t.addfile(info(name, type, target=target))
		with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as t:
		    busybox = open("r/bin/busybox", "rb").read()
		    file("bin/sh", busybox)
		    exec(sys.argv[2])
	END
}
# layout_of DIR LAYER...: an OCI layout of these archives.
layout_of() {
	python3 - "$@" <<-'END'
		import hashlib, json, os, sys
		out = sys.argv[1]
		os.makedirs(out + "/blobs/sha256", exist_ok=True)
		def blob(data, type):
		    digest = hashlib.sha256(data).hexdigest()
		    open(f"{out}/blobs/sha256/{digest}", "wb").write(data)
		    return {"mediaType": type, "digest": "sha256:" + digest, "size": len(data)}
		base = "application/vnd.oci.image."
		layers = [blob(open(p, "rb").read(), base + "layer.v1.tar") for p in sys.argv[2:]]
		config = blob(b"{}", base + "config.v1+json")
		manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": layers}).encode(), base + "manifest.v1+json")
		json.dump({"schemaVersion": 2, "manifests": [manifest]}, open(out + "/index.json", "w"))
		json.dump({"imageLayoutVersion": "1.0.0"}, open(out + "/oci-layout", "w"))
		print(manifest["digest"])
	END
}
# Nothing but whole images, each with its tree.
assert_cache_is_whole() {
	local left
	left=$(find "$LUNWARD_STATE/images" -mindepth 1 -maxdepth 1 ! -regex '.*/[0-9a-f]*' 2>/dev/null || true)
	[ -z "$left" ] || { echo "left behind: $left"; return 1; }
}
# refuses WORD PYTHON: such an archive is refused, nothing comes out of it, and nothing stays of it.
refuses() {
	tar_of bad.tar "$2"
	with --root bad.tar -- /bin/sh -c true
	assert_refused "$1"
	assert_cache_is_whole
	[ -z "$(ls -A "$LUNWARD_STATE/images" 2>/dev/null)" ] || { find "$LUNWARD_STATE/images"; return 1; }
}
# One that can be idmapped is needed by root's sandboxes with ids of their own.
need_images() {
	need_unpacker
	make_root
	tar -cf r.tar -C r .
	with --root r.tar -- /bin/sh -c true
	[ "$status" = 0 ] || [[ $output != *idmapped* ]] || missing "$output"
}

@test "a tar archive, plain and compressed, is a root with the owners it names" {
	need_images
	local how
	assert_status 0
	for how in cf czf cJf cjf; do
		tar -$how r.$how -C r .
		with --root r.$how -- /bin/sh -c 'cat /data/mine; stat -c %u:%g /data/mine; stat -c %u /bin'
		if [ "$(id -u)" = 0 ]; then assert_is $'mine\n1000:1000\n0'; else assert_is $'mine\n0:0\n0'; fi
		[ "$(id -u)" != 0 ] || with --root r.$how -u ada -- /bin/sh -c 'id -u; cat /data/mine'
		assert_output_has mine
	done
	assert_cache_is_whole
}

@test "zstd, and names that are not ASCII" {
	need_images
	need_cmd zstd
	echo x >"r/data/Főtanúsítvány"
	tar --format=pax -cf - -C r . | zstd -q >r.zst
	with --root r.zst -- /bin/cat "/data/Főtanúsítvány"
	assert_is x
}

@test "an image is unpacked once, is read-only, and an overlay keeps what is changed apart" {
	need_images
	assert_status 0
	[ "$(find "$LUNWARD_STATE"/images -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
	with --root r.tar -- /bin/sh -c '>/new'
	[ "$status" != 0 ]
	assert_output_has "Read-only"
	profile "root = { image = \"$WORK/r.tar\", overlay = true }, command = { \"/bin/sh\", \"-c\", \"echo more >>/etc/passwd; cat /etc/passwd\" },"
	with p.lua
	assert_status 0
	assert_output_has more
	with --root r.tar -- /bin/cat /etc/passwd
	assert_lacks more
	[ "$(find "$LUNWARD_STATE"/images -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
}

@test "row 68: an image is verified before it is used; one flipped byte and it is not" {
	need_images
	digest=$(sha256sum r.tar | cut -d' ' -f1)
	profile "root = { image = \"$WORK/r.tar\", verify = { digest = \"sha256:$digest\" } }, command = { \"/bin/sh\", \"-c\", \"echo ran\" },"
	with p.lua
	assert_is ran
	printf X | dd of=r.tar bs=1 seek=2000 conv=notrunc status=none
	with p.lua
	assert_refused "another image"
	assert_output_has "p.lua:2"
}

@test "without root an image is the caller's, and is run" {
	need_unpacker
	make_root
	tar -cf r.tar -C r .
	chmod 644 r.tar
	as_nobody run --root r.tar -- /bin/sh -c 'id -u; cat /data/mine; stat -c %u /bin'
	assert_is $'0\nmine\n0'
	[ -z "$(find nobody/images ! -user 65534)" ]
}

@test "an OCI layout: layers over one another, whiteouts, opaque directories" {
	need_images
	mkdir -p r/data/old r/data/kept
	touch r/data/old/a r/data/old/b r/data/kept/c
	tar -cf one.tar -C r .
	mkdir -p two/data/old two/data
	touch two/data/old/new two/data/old/.wh..wh..opq two/data/.wh.mine two/data/.wh.nothing
	tar -czf two.tar.gz -C two data/old/new data/old/.wh..wh..opq data/.wh.mine data/.wh.nothing
	digest=$(layout_of layout one.tar two.tar.gz)
	with --root layout -- /bin/sh -c 'cd /data; echo *; echo old/* kept/*'
	assert_is $'kept old\nold/new kept/c'
	tar -cf layout.tar -C layout .
	with --root layout.tar -- /bin/sh -c 'cd /data; echo *; echo old/* kept/*; ls -a /'
	[ "${lines[1]}" = "old/new kept/c" ]
	assert_lacks oci-layout
	profile "root = { image = \"$WORK/layout\", verify = { digest = \"$digest\" } }, command = { \"/bin/sh\", \"-c\", \"echo ran\" },"
	with p.lua
	assert_is ran
	profile "root = { image = \"$WORK/layout\", verify = { digest = \"sha256:$(printf '0%.0s' {1..64})\" } }, command = { \"/bin/sh\" },"
	with p.lua
	assert_refused "another image"
	assert_cache_is_whole
}

@test "an OCI layout whose blobs are not what they are called is refused" {
	need_images
	layout_of layout r.tar
	blob=$(find layout/blobs -size +100k)
	printf X | dd of="$blob" bs=1 seek=3000 conv=notrunc status=none
	rm -rf "$LUNWARD_STATE/images"
	with --root layout -- /bin/sh
	assert_refused "digest"
	printf more >>"$blob"
	with --root layout -- /bin/sh
	assert_refused "not as large"
	sed -i 's/sha256:/sha256:..\/..\//' layout/index.json
	with --root layout -- /bin/sh
	assert_refused "digest"
	echo '{"manifests":[]}' >layout/index.json
	with --root layout -- /bin/sh
	assert_refused "lists no image"
	ln -sf /etc/passwd layout/index.json
	with --root layout -- /bin/sh
	assert_status 125
	[ -z "$(ls -A "$LUNWARD_STATE/images")" ]
}

@test "hostile archives: paths and links that lead out are refused" {
	need_unpacker
	make_root
	refuses "absolute" 'file("/etc/evil")'
	refuses '".."' 'file("../evil")'
	refuses '".."' 'file("a/../../evil")'
	refuses "absolute" 'link("x", "/etc/passwd", tarfile.LNKTYPE)'
	refuses '".."' 'link("x", "../../etc/passwd", tarfile.LNKTYPE)'
	refuses "not there" 'link("x", "etc/nothing", tarfile.LNKTYPE)'
	refuses "too deep" 'file("a/" * 200 + "x")'
	refuses "hard link to the directory" 'link("x", "bin", tarfile.LNKTYPE)'
}

@test "hostile archives: what is written through a link stays inside" {
	need_images
	mkdir out
	rm -rf "$LUNWARD_STATE/images"
	tar_of through.tar "link('x', '$WORK/out'); link('y', '../../../../../../../../..$WORK/out')
file('$WORK/out/keep'[1:]); file('x/evil'); file('y/evil2'); link('x/z', 'x/evil', tarfile.LNKTYPE)
link('p', '/etc/passwd'); file('p', b'mine'); link('passwd', '/etc/passwd'); link('hard', 'passwd', tarfile.LNKTYPE)"
	with --root through.tar -- /bin/sh -c 'while read -r l; do echo $l; done </p; echo $l'
	assert_is mine
	[ "$(cd "$(echo "$LUNWARD_STATE"/images/*/rootfs"$WORK"/out)" && echo *)" = "evil evil2 keep z" ]
	[ -z "$(ls -A out)" ]
	[ ! -L "$(echo "$LUNWARD_STATE"/images/*/rootfs/p)" ]
	[ -L "$(echo "$LUNWARD_STATE"/images/*/rootfs/hard)" ]
}

@test "hostile archives: links that lead ever deeper are refused, and what was made can be removed" {
	need_unpacker
	make_root
	refuses "too deep" 'file("a/" * 95 + "f"); at = "a/" * 95
for n in range(9): link("l%d" % n, at); file("l%d/" % n + "a/" * 90 + "f"); at = "l%d/" % n + "a/" * 90
'
}

@test "an image that only root may read" {
	need_root
	need_images
	chmod 600 r.tar
	rm -rf "$LUNWARD_STATE/images"
	with --root r.tar -- /bin/sh -c 'echo ran'
	assert_is ran
}

@test "hostile archives: devices, pipes, set-id files of strangers" {
	need_images
	rm -rf "$LUNWARD_STATE/images"
	refuses "a device" 'i = info("disk", tarfile.BLKTYPE); i.devmajor = 8; t.addfile(i)'
	refuses "a device" 'i = info("mem", tarfile.CHRTYPE); i.devmajor = 1; t.addfile(i)'
	refuses "a fifo" 't.addfile(info("etc/passwd", tarfile.FIFOTYPE))'
	tar_of ids.tar 'i = info("dev/sda", tarfile.BLKTYPE); t.addfile(i)
file("own", mode=0o6755); file("far", mode=0o6755, owner=70000)'
	with --root ids.tar -- /bin/sh -c 'echo /dev/sda*'
	assert_is "/dev/sda*"
	if [ "$(id -u)" = 0 ]; then
		[ "$(stat -c '%u %a' "$LUNWARD_STATE"/images/*/rootfs/own)" = "0 6755" ]
		[ "$(stat -c '%u %a' "$LUNWARD_STATE"/images/*/rootfs/far)" = "0 755" ]
	fi
}

@test "hostile archives: bombs are bounded" {
	need_images
	rm -rf "$LUNWARD_STATE/images"
	truncate -s 1T sparse
	tar -cSf sparse.tar sparse
	with --root sparse.tar -- /bin/sh
	assert_refused "more than"
	truncate -s 200M zeros
	tar -czf zeros.tar.gz zeros
	profile "root = { image = \"$WORK/zeros.tar.gz\", unpack = { size = \"100M\" } }, command = { \"/bin/sh\" },"
	with p.lua
	assert_refused "more than 104857600 bytes"
	assert_output_has "root.unpack"
	tar_of many.tar 'for n in range(300): file("a/%d" % n)'
	profile "root = { image = \"$WORK/many.tar\", unpack = { files = 200 } }, command = { \"/bin/sh\" },"
	with p.lua
	assert_refused "more than 200 files"
	head -c 100000 /dev/urandom | gzip >noise.gz
	with --root noise.gz -- /bin/sh
	assert_refused
	[ -z "$(ls -A "$LUNWARD_STATE/images")" ]
}

@test "what is no image is told to be none" {
	need_unpacker
	make_root
	echo text >text
	mkfifo pipe
	with --root text -- /bin/sh
	assert_refused "is no image"
	mkdir saved
	touch saved/manifest.json saved/repositories
	tar -cf saved.tar -C saved .
	with --root saved.tar -- /bin/sh
	assert_refused "no OCI layout"
	profile "root = { image = \"$WORK/pipe\" }, command = { \"/bin/sh\" },"
	with p.lua
	assert_refused "is no image"
	profile "root = { image = \"$WORK/absent\" }, command = { \"/bin/sh\" },"
	with p.lua
	assert_refused "No such file"
	profile "root = { image = \"$WORK/r\" }, command = { \"/bin/sh\", \"-c\", \"echo ran\" },"
	with p.lua
	assert_is ran
	profile "root = { image = \"$WORK/r\", verify = { digest = \"sha256:$(printf '0%.0s' {1..64})\" } }, command = { \"/bin/sh\" },"
	with p.lua
	assert_refused "has no digest"
}

@test "an image in the other verbs: plan, explain, check, and changes, which are never written into it" {
	need_images
	mkdir -m 700 keep
	profile "root = { image = \"$WORK/r.tar\", overlay = { upper = \"$WORK/keep/up\" } }, command = { \"/bin/sh\", \"-c\", \"echo more >/new\" },"
	with p.lua
	assert_status 0
	run "$LUNWARD" explain p.lua
	assert_output_has "the image $WORK/r.tar"
	run "$LUNWARD" plan p.lua
	assert_output_has "image.tree path=\"$LUNWARD_STATE/images/$(sha256sum r.tar | cut -d' ' -f1)/rootfs\""
	run "$LUNWARD" plan --format json p.lua
	"$LUNWARD" plan --format json p.lua >p.json
	run timeout 30 "$LUNWARD" run --spec p.json
	assert_status 0
	run "$LUNWARD" changes p.lua
	assert_output_has "/new"
	run "$LUNWARD" commit p.lua
	assert_refused "never written"
	run "$LUNWARD" discard p.lua
	assert_status 0
	profile "root = { image = \"$WORK/gone.tar\" }, command = { \"/bin/sh\" },"
	run "$LUNWARD" check p.lua
	assert_status 0
	[ "${#lines[@]}" = 1 ]
	assert_output_has "No such file"
}

@test "a directory that becomes a layout is looked at again, kept plan or not" {
	need_images
	mkdir d
	cp -a r/. d
	touch -d '1 minute ago' d
	sleep 2.1
	with --root d -- /bin/sh -c 'echo directory'
	with --root d -- /bin/sh -c 'echo directory'
	assert_is directory
	layout_of d r.tar
	with --root d -- /bin/sh -c 'echo directory'
	assert_is directory
	[ -d "$LUNWARD_STATE"/images/"$(grep -o 'sha256:[0-9a-f]*' d/index.json | cut -d: -f2)" ]
}

# The unpacker has begun to write.
begun() { compgen -G "$LUNWARD_STATE/images/*.new/rootfs/big" >/dev/null; }

@test "killed in the middle of unpacking: the next run begins again" {
	need_images
	rm -rf "$LUNWARD_STATE/images"
	tar_of slow.tar 'file("big", b"x" * (150 << 20))'
	# On a busy machine it may be over before anybody has looked.
	for _ in 1 2 3 4 5; do
		rm -rf "$LUNWARD_STATE/images"
		"$LUNWARD" run --root slow.tar -- /bin/sh -c 'echo ran' 3>&- &
		pid=$!
		until begun || ! kill -0 $pid 2>/dev/null; do :; done
		kill -KILL $pid 2>/dev/null || true
		wait $pid || true
		! compgen -G "$LUNWARD_STATE/images/*.new" >/dev/null || break
	done
	compgen -G "$LUNWARD_STATE/images/*.new" >/dev/null
	with --root slow.tar -- /bin/sh -c 'echo ran; test -s /big && echo whole'
	assert_output_has ran
	assert_cache_is_whole
	sweep_cgroups
}

@test "two at once unpack it once" {
	need_images
	rm -rf "$LUNWARD_STATE/images"
	local i pids=()
	for i in 1 2 3 4; do
		timeout 30 "$LUNWARD" run --root r.tar -- /bin/sh -c 'echo ran' >out.$i 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(cat out.*)" = $'ran\nran\nran\nran' ] || { cat out.*; return 1; }
	assert_cache_is_whole
	[ "$(find "$LUNWARD_STATE"/images -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
}

# mounted_image FILE: as the kernel mounts it; skips where it cannot.
mounted_image() {
	with --root "$1" -u ada -- /bin/sh -c 'id -u; cat /data/mine; stat -c %u:%g /data/mine'
	[[ $output != *"does not know it"* && $output != *loop* && $output != *idmapped* ]] || missing "$output"
	assert_is $'1000\nmine\n1000:1000'
	profile "root = { image = \"$WORK/$1\", overlay = true }, command = { \"/bin/sh\", \"-c\", \"echo more >>/etc/passwd; cat /etc/passwd\" },"
	with p.lua
	assert_output_has more
	profile "root = { image = \"$WORK/$1\", verify = { digest = \"sha256:$(sha256sum "$1" | cut -d' ' -f1)\" } }, command = { \"/bin/sh\", \"-c\", \"echo ran\" },"
	with p.lua
	assert_is ran
	printf X | dd of="$1" bs=1 seek=200000 conv=notrunc status=none
	with p.lua
	assert_refused "another image"
	! losetup -a | grep -F "$WORK"
	chmod o+w "$1"
	with --root "$1" -- /bin/sh
	assert_refused "can be written by others"
	chmod 644 "$1"
	as_nobody run --root "$1" -- /bin/sh
	assert_refused "for root only"
}

@test "a squashfs is mounted, and leaves no loop device behind" {
	need_root
	need_cmd mksquashfs losetup
	make_root
	mksquashfs r r.squashfs -quiet -no-progress >/dev/null
	mounted_image r.squashfs
}

@test "an erofs is mounted" {
	need_root
	need_cmd mkfs.erofs losetup
	make_root
	mkfs.erofs r.erofs r >/dev/null 2>&1
	mounted_image r.erofs
}

#!/usr/bin/env bats
# What `./dev run` shows, and the one it was before, are so.

bats_require_minimum_version 1.5.0
load live

@test "the network of the showcase: published, named, filtered, and all gone" {
	need_root
	need_cmd nginx nft curl
	run timeout 120 "$LUNWARD_TREE/tests/showcase/network.sh"
	assert_status 0
	assert_lacks WRONG
}

@test "the showcase of redis" {
	need_cmd redis-server redis-cli redis-benchmark
	run timeout 120 "$LUNWARD_TREE/tests/showcase/redis.sh"
	assert_status 0
	assert_lacks WRONG
}

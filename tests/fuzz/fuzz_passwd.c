/* fuzz_passwd.c: passwd, group and subid text (core/host.h) from a hostile root file system. The first line of the
 * input is the name looked for, the rest is the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void users(struct lw_arena *a, const char *text, size_t n, const char *name)
{
	struct lw_passwd p, q;
	int r = lw_passwd_lookup(a, text, n, name, -1, &p);
	require(r == 0 || r == 1);
	if (r == 1) {
		require(name[0] && strcmp(p.name, name) == 0 && p.uid != UINT32_MAX && p.gid != UINT32_MAX);
		require(!strpbrk(p.name, ":\n") && !strpbrk(p.home, ":\n") && !strpbrk(p.shell, ":\n"));
		/* An earlier line may hold the same uid, but somebody has it. */
		require(lw_passwd_lookup(a, text, n, NULL, p.uid, &q) == 1 && q.uid == p.uid);
	}
}

static void groups(struct lw_arena *a, const char *text, size_t n, const char *name)
{
	uint32_t *gids, gid;
	size_t count;
	if (lw_group_lookup(a, text, n, name, &gids, &count) == 0) {
		require(name[0] || count == 0);
		for (size_t i = 0; i < count; i++)
			require(gids[i] != UINT32_MAX);
	}
	if (lw_group_gid(text, n, name, &gid) == 1)
		require(name[0] && gid != UINT32_MAX);
}

static void subids(struct lw_arena *a, const char *text, size_t n, const char *name)
{
	struct lw_range *own, *all;
	size_t n_own, n_all;
	require(lw_subid_parse(a, text, n, name, 1000, &own, &n_own) == 0);
	require(lw_subid_parse(a, text, n, NULL, 0, &all, &n_all) == 0);
	require(n_own <= n_all);
	for (size_t i = 0; i < n_all; i++)
		require(all[i].count > 0 && (uint64_t)all[i].first + all[i].count <= UINT32_MAX);
	for (size_t i = 0, j = 0; i < n_own; i++, j++) {
		/* Own ranges are ranges of the file, in its order. */
		while (j < n_all && (all[j].first != own[i].first || all[j].count != own[i].count))
			j++;
		require(j < n_all);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	if (!end)
		return 0;
	_cleanup_free_ char *name = strndup((const char *)data, (size_t)(end - data));
	struct lw_arena *a = lw_arena_new();
	require(name && a);
	const char *text = (const char *)end + 1;
	size_t n = size - (size_t)(end + 1 - data);
	users(a, text, n, name);
	groups(a, text, n, name);
	subids(a, text, n, name);
	lw_arena_free(a);
	return 0;
}

/* fuzz_mountinfo.c: lw_mountinfo_parse (core/host.h) on arbitrary bytes. Every line it reports must be whole, and
 * writing it out again with the kernel's escapes must parse to the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void add_escaped(struct lw_text *t, const char *s)
{
	for (; *s; s++) {
		if (strchr(" \t\n\\#", *s))
			lw_text_addf(t, "\\%03o", (unsigned)(unsigned char)*s);
		else
			lw_text_addn(t, s, 1);
	}
}

static int compare(void *arg, const struct lw_mountinfo *m)
{
	const struct lw_mountinfo *want = arg;
	require(m->id == want->id && m->parent == want->parent && strcmp(m->root, want->root) == 0 &&
		strcmp(m->mount_point, want->mount_point) == 0 && strcmp(m->fstype, want->fstype) == 0 &&
		strcmp(m->source, want->source) == 0 && strcmp(m->super_options, want->super_options) == 0);
	return 7;
}

static int each(void *arg, const struct lw_mountinfo *m)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	struct lw_mountinfo want = *m;
	require(m->id >= 0 && m->parent >= 0 && m->root[0] && m->mount_point[0] == '/' && m->fstype[0]);
	lw_text_addf(&t, "%d %d 0:1 ", m->id, m->parent);
	add_escaped(&t, m->root);
	lw_text_add(&t, " ");
	add_escaped(&t, m->mount_point);
	lw_text_add(&t, " rw shared:1 - ");
	add_escaped(&t, m->fstype);
	lw_text_add(&t, " ");
	add_escaped(&t, m->source);
	lw_text_add(&t, " ");
	add_escaped(&t, m->super_options);
	require(!t.failed && lw_mountinfo_parse(arg, t.buf, t.len, compare, &want) == 7);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lw_arena *a = lw_arena_new();
	require(a != NULL);
	int r = lw_mountinfo_parse(a, (const char *)data, size, each, a);
	require(r == 0 || r == -EINVAL);
	lw_arena_free(a);
	return 0;
}

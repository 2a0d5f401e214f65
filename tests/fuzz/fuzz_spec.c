/* fuzz_spec.c: hostile JSON through the narrow waist. What decodes must be written canonically, read back to the same
 * text, survive the check, the warnings and a merge over itself; what does not decode must say why. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken property; assert() may be compiled away. */
static void require(int holds)
{
	if (!holds)
		abort();
}

static char *canonical(const struct lw_spec *s)
{
	json_auto_t *j = lw_spec_to_json(s);
	require(j != NULL);
	char *text = json_dumps(j, LW_JSON_DUMP_FLAGS);
	require(text != NULL);
	return text;
}

static void hear(void *arg, struct lw_origin at, const char *path, const char *msg)
{
	(void)at;
	*(size_t *)arg += strlen(path) + strlen(msg);
}

/* Merging never fails on what it does not understand, and a spec over itself that decodes is a spec again. */
static void merge_itself(const char *text, size_t size)
{
	json_auto_t *raw = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(raw))
		return;
	json_auto_t *merged = lw_spec_merge(raw, raw, NULL);
	require(merged != NULL);
	struct lw_spec *s = NULL;
	if (lw_spec_decode(merged, &s, NULL) == 0)
		lw_spec_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lw_err err = { 0 };
	struct lw_spec *s = NULL, *again = NULL;

	if (size > 65536)
		return 0;
	merge_itself((const char *)data, size);
	if (lw_spec_from_json((const char *)data, size, "fuzz.json", &s, &err) < 0) {
		require(s == NULL && err.code > 0 && err.msg[0] && err.file[0]);
		return 0;
	}
	_cleanup_free_ char *first = canonical(s);
	require(lw_spec_from_json(first, strlen(first), "again.json", &again, &err) == 0);
	_cleanup_free_ char *second = canonical(again);
	require(strcmp(first, second) == 0);
	require(s->rec.set == again->rec.set && s->mounts.n == again->mounts.n);
	require(memcmp(s->capabilities.set, again->capabilities.set, sizeof(s->capabilities.set)) == 0);
	require(memcmp(s->namespaces.mode, again->namespaces.mode, sizeof(s->namespaces.mode)) == 0);
	require(lw_spec_check(s, &err) == lw_spec_check(again, NULL));
	size_t heard = 0;
	lw_spec_warnings(s, hear, &heard);
	lw_spec_free(s);
	lw_spec_free(again);
	return 0;
}

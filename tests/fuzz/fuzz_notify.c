/* fuzz_notify.c: what a sandbox says with sd_notify(3) (core/notify.h). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lw_notice n;
	lw_notify_parse((const char *)data, size, &n);
	require(n.said < 32 && memchr(n.status, 0, sizeof n.status));
	require(n.said & LW_NOTIFY_STATUS || !*n.status);
	/* What is shown on a terminal holds nothing that moves it. */
	for (const char *p = n.status; *p;) {
		uint32_t code;
		size_t len = lw_utf8_decode(p, &code);
		require(len && code >= ' ' && code != 0x7f && !(code >= 0x80 && code < 0xa0));
		p += len;
	}
	return 0;
}

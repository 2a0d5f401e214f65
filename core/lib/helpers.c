/* helpers.c: see helpers.h. The file that this code was loaded from is asked of the kernel, by an address in it: what
 * the loader or argv[0] call it may be relative, or anybody's words. So a tree that was moved, or is not installed at
 * all, works. The directory that a caller names is not followed where somebody else's privileges are in force. */
#include "lib/helpers.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"

#define MAPS_MAX ((size_t)64 << 20)

/* Below the directory that the library (or the program it is in) lies in: beside it, in the build's tree, installed. */
static const char *const beside[] = { ".", "..", LUNWARD_HELPERS_FROM_LIB, LUNWARD_HELPERS_FROM_MODULE };

static bool there(char path[static PATH_MAX], const char *dir, int n_dir, const char *below, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%.*s/%s%s%s", n_dir, dir, below, *below ? "/" : "", name);
	return n > 0 && n < PATH_MAX && access(path, X_OK) == 0;
}

/* The directory of the file that is mapped at this address. */
static int own_directory(char ret[static PATH_MAX])
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int r = lw_read_file("/proc/self/maps", MAPS_MAX, &text, &n);
	for (char *line = text, *end; r >= 0 && (end = strchr(line, '\n')); line = end + 1) {
		uintptr_t from, to;
		*end = '\0';
		const char *path = strchr(line, '/');
		if (!path || sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2 || (uintptr_t)beside < from ||
		    (uintptr_t)beside >= to || strlen(path) >= PATH_MAX)
			continue;
		strcpy(ret, path);
		*strrchr(ret, '/') = '\0';
		return 0;
	}
	return r < 0 ? r : -ENOENT;
}

int lw_helper_find(const struct lw_host *h, const char *name, char ret[static PATH_MAX], struct lw_err *err)
{
	char own[PATH_MAX];
	if (h->helpers && !getauxval(AT_SECURE)) {
		if (there(ret, h->helpers, (int)strlen(h->helpers), "", name))
			return 0;
		lw_fail(err, -ENOENT, "there is no %s in %s", name, h->helpers);
		lw_err_hint(err, "that directory was asked for; without it they are found where they were installed");
		return -ENOENT;
	}
	if (own_directory(own) >= 0)
		for (size_t i = 0; i < ARRAY_LEN(beside); i++)
			if (there(ret, own, (int)strlen(own), beside[i], name))
				return 0;
	if (there(ret, LUNWARD_LIBEXEC, (int)strlen(LUNWARD_LIBEXEC), "", name))
		return 0;
	lw_fail(err, -ENOENT, "there is no %s in " LUNWARD_LIBEXEC ", nor beside the library", name);
	lw_err_hint(err, "install lunward whole, or say where it is (lw_host_options.helpers, LUNWARD_LIBEXEC)");
	return -ENOENT;
}

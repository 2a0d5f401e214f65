/* naming.c: see naming.h. */
#include "lua/cli/naming.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "base/cleanup.h"
#include "lua/cli/options.h"

#define ID_BYTES ((CLI_ID_MAX - 1) / 2)
#define NAME_MAX_BYTES 63

int cli_make_id(char id[static CLI_ID_MAX], struct lw_err *err)
{
	unsigned char bytes[ID_BYTES];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return lw_fail(err, -EIO, "getrandom: %s", strerror(errno));
	lw_hex(bytes, sizeof bytes, id);
	return 0;
}

int cli_name_it(const struct cli *c, struct lw_spec *s, const char *id, struct lw_err *err)
{
	for (size_t i = 0; i < c->n_uses; i++)
		if (!strcmp(c->uses[i].option->name, "name"))
			return 0;
	const char *name = s->name ? s->name : "sandbox";
	s->name = lw_arena_printf(s->arena, "%.*s-%.*s", NAME_MAX_BYTES - LW_NAME_ID - 1, name, LW_NAME_ID, id);
	if (!s->name)
		return lw_fail(err, -ENOMEM, "out of memory");
	s->name_id_at = (int64_t)strlen(s->name) - LW_NAME_ID;
	return 0;
}

void cli_hint_at_outside(const struct lw_spec *spec, struct lw_err *err)
{
	const char *command = spec->command.n ? spec->command.v[0] : "";
	const char *path = strchr(command, '/') ? NULL : getenv("PATH");
	char file[4096];
	if (err->cls != LW_ERR_NOT_FOUND || !*command)
		return;
	if (!path) {
		if (command[0] == '/' && !access(command, X_OK))
			lw_err_hint(err, "it exists here but not inside: -v %s:%s:ro shows it", command, command);
		return;
	}
	for (const char *p = path; *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		if (n && snprintf(file, sizeof file, "%.*s/%s", (int)n, p, command) < (int)sizeof file &&
		    !access(file, X_OK)) {
			lw_err_hint(err,
				    "%s exists here but is not on the PATH inside; -v shows it, -e PATH=... finds it",
				    file);
			return;
		}
		p += n;
	}
}

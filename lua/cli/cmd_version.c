/* cmd_version.c: `lunward version`: ours, and what was linked in for what. */
#include <errno.h>
#include <jansson.h>
#include <lua.h>
#include "base/cleanup.h"
#include "lua/cli/cli.h"
#include "seccomp.h"

static const struct {
	const char *name, *version, *serves;
} features[] = {
	{ "lua", LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE, "profiles" },
	{ "jansson", JANSSON_VERSION, "specs, plans and results as JSON" },
	{ "libseccomp", lw_seccomp_library, "system call filters" },
#if LUNWARD_WARM
	{ "warm", LUNWARD_VERSION, "launches from kept plans" },
#endif
};

int cli_cmd_version(struct cli *c)
{
	if (c->n_words) {
		struct lw_err err = { 0 };
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "version: unexpected '%s'", c->words[0]);
		return cli_fail(&err);
	}
	if (cli_is_data(c)) {
		json_t *o = json_pack("{s:s}", "version", LUNWARD_VERSION);
		if (c->features) {
			json_t *list = json_object();
			for (size_t i = 0; i < ARRAY_LEN(features); i++)
				json_object_set_new(list, features[i].name,
						    json_pack("{s:s,s:s}", "version", features[i].version, "serves",
							      features[i].serves));
			json_object_set_new(o, "features", list);
		}
		return cli_print_data(c, o);
	}
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	lw_text_addf(&t, "lunward %s\n", LUNWARD_VERSION);
	if (c->features) {
		const char *cells[ARRAY_LEN(features) * 3];
		for (size_t i = 0; i < ARRAY_LEN(features); i++) {
			cells[3 * i] = features[i].name;
			cells[3 * i + 1] = features[i].version;
			cells[3 * i + 2] = features[i].serves;
		}
		cli_table(&t, cells, ARRAY_LEN(features), 3);
	}
	return cli_print(&t);
}

/* apparmor.c: see apparmor.h. What a sandbox may do is said again in AppArmor's words: capabilities, networks, masked
 * and read-only paths, Landlock's lists of files, and the profile's own rules. Deny rules win over all others, in
 * whatever order they stand. */
#include "apparmor.h"
#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "tables/proc_masks.h"

/* --- rules of the profile's own --- */

/* Words a rule may begin with, besides a path; qualifiers may stand before any. */
static const char *const qualifiers[] = { "allow", "audit", "deny", "owner" };
static const char *const kinds[] = { "all",     "capability", "change_profile", "dbus",    "file",
				     "include", "io_uring",   "link",           "mount",   "mqueue",
				     "network", "pivot_root", "ptrace",         "remount", "set",
				     "signal",  "umount",     "unix",           "userns" };

static size_t word_length(const char *s)
{
	return strcspn(s, " \t(<");
}

static bool is_word(const char *s, size_t n, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == n && !memcmp(words[i], s, n))
			return true;
	return false;
}

/* A rule that ended early or held another would say more than it seems to. Commas are for alternatives in braces and
 * lists in parentheses. */
static bool stays_within(const char *rule)
{
	int braces = 0, parentheses = 0;
	bool quoted = false;
	for (const char *p = rule; *p; p++) {
		if ((unsigned char)*p < ' ' && *p != '\t')
			return false;
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '{' || *p == '}')
			braces += *p == '{' ? 1 : -1;
		else if (!quoted && (*p == '(' || *p == ')'))
			parentheses += *p == '(' ? 1 : -1;
		else if (!quoted && (*p == '#' || (*p == ',' && !braces && !parentheses)))
			return false;
		if (braces < 0 || parentheses < 0)
			return false;
	}
	return !quoted && !braces && !parentheses;
}

int lw_apparmor_rule_check(const char *rule, struct lw_err *err)
{
	const char *p = rule;
	size_t n;
	if (strlen(rule) > 1024 || !stays_within(rule)) {
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "not one rule: \"%.80s\"", rule);
		lw_err_hint(err, "a rule of apparmor.d(5) on one line, without comma or comment");
		return -EINVAL;
	}
	for (n = word_length(p); is_word(p, n, qualifiers, ARRAY_LEN(qualifiers)); n = word_length(p))
		p += n + strspn(p + n, " \t");
	if (*p == '/' || !strncmp(p, "\"/", 2) || !strncmp(p, "@{", 2) || !strncmp(p, "\"@{", 3) ||
	    is_word(p, n, kinds, ARRAY_LEN(kinds)))
		return 0;
	char word[64];
	snprintf(word, sizeof word, "%.*s", (int)n, p);
	const char *near = lw_nearest(word, kinds, ARRAY_LEN(kinds));
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "unknown rule \"%.80s\"", rule);
	if (near)
		lw_err_hint(err, "did you mean \"%s\"?", near);
	else
		lw_err_hint(err, "capability, network, file, mount, signal, ptrace, include, or a path; apparmor.d(5)");
	return -EINVAL;
}

static bool is_tunable(const char *rule)
{
	return !strncmp(rule, "include", 7) && strstr(rule, "<tunables/");
}

static void add_rule(struct lw_text *t, const char *rule)
{
	/* include is the one rule that ends with its line */
	lw_text_addf(t, "  %s%s\n", rule, strncmp(rule, "include", 7) ? "," : "");
}

/* --- from the spec --- */

/* The path and what is below it, its own characters meaning themselves. */
static void add_path(struct lw_text *t, const char *prefix, const char *path, const char *access)
{
	lw_text_addf(t, "  %s\"", prefix);
	bool root = !strcmp(path, "/");
	for (const char *p = path; *p; p++) {
		if (strchr("*?[]{}^\\\"@", *p))
			lw_text_add(t, "\\");
		lw_text_addn(t, p, 1);
	}
	lw_text_addf(t, "%s\" %s,\n", root ? "{,**}" : "{,/**}", access);
}

static void add_paths(struct lw_text *t, const char *access, const struct lw_strlist *given, bool is_given,
		      const char *const *otherwise)
{
	for (size_t i = 0; is_given && i < given->n; i++)
		add_path(t, "deny ", given->v[i], access);
	for (; !is_given && *otherwise; otherwise++)
		add_path(t, "deny ", *otherwise, access);
}

/* Landlock's lists, where there are any: a library is mapped by whoever may read it. */
static void add_files(struct lw_text *t, const struct lw_landlock *l)
{
	static const struct {
		unsigned row;
		const char *all, *listed;
	} access[] = {
		{ LW_LANDLOCK_READ, "rm", "rm" },
		{ LW_LANDLOCK_WRITE, "wkl", "rwkl" },
		{ LW_LANDLOCK_EXECUTE, "ix", "rmix" },
	};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(access); i++)
		any |= lw_is_set(&l->rec, access[i].row);
	if (!any) {
		lw_text_add(t, "  file,\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(access); i++) {
		const struct lw_strlist *list = &l->list[access[i].row];
		if (!lw_is_set(&l->rec, access[i].row))
			add_path(t, "", "/", access[i].all);
		for (size_t k = 0; k < list->n; k++)
			add_path(t, "", list->v[k], access[i].listed);
	}
}

static void add_capabilities(struct lw_text *t, uint64_t set)
{
	for (size_t i = 0; i < lw_capability_table.n; i++) {
		if (!(set >> lw_capability_table.v[i].value & 1))
			continue;
		lw_text_add(t, "  capability ");
		for (const char *p = lw_capability_table.v[i].name; *p; p++) {
			char c = (char)tolower((unsigned char)*p);
			lw_text_addn(t, &c, 1);
		}
		lw_text_add(t, ",\n");
	}
}

int lw_apparmor_text(const struct lw_spec *s, const char *name, struct lw_text *t)
{
	uint64_t caps = s->capabilities.set[LW_CAP_BOUNDING];
	for (size_t i = 0; i < s->apparmor.rules.n; i++)
		if (is_tunable(s->apparmor.rules.v[i]))
			lw_text_addf(t, "%s\n", s->apparmor.rules.v[i]);
	lw_text_addf(t, "profile \"%s\" flags=(attach_disconnected,mediate_deleted) {\n", name);
	lw_text_add(t, "  network,\n  deny network alg,\n");
	if (!(caps >> CAP_NET_RAW & 1))
		lw_text_add(t, "  deny network inet raw,\n  deny network inet6 raw,\n  deny network packet,\n");
	add_capabilities(t, caps);
	add_files(t, &s->landlock);
	add_paths(t, "rwklx", &s->masked_paths, lw_is_set(&s->rec, LW_KEY_MASKED_PATHS), lw_masked_paths);
	add_paths(t, "wkl", &s->readonly_paths, lw_is_set(&s->rec, LW_KEY_READONLY_PATHS), lw_readonly_paths);
	if (!(caps >> CAP_SYS_ADMIN & 1))
		lw_text_add(t, "  deny mount,\n  deny umount,\n  deny pivot_root,\n");
	lw_text_addf(t, "  signal (receive),\n  signal (send) peer=\"%s\",\n", name);
	lw_text_addf(t, "  ptrace (trace, read, tracedby, readby) peer=\"%s\",\n", name);
	for (size_t i = 0; i < s->apparmor.rules.n; i++)
		if (!is_tunable(s->apparmor.rules.v[i]))
			add_rule(t, s->apparmor.rules.v[i]);
	lw_text_add(t, "}\n");
	return t->failed ? -ENOMEM : 0;
}

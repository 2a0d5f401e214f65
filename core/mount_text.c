/* mount_text.c: "SRC[:DST[:opt,opt]]" and its relatives, as raw spec objects. The option words are rows of two tables.
 * It resolves paths by their text alone and must not look at the file system: whether a source exists is the launch's
 * business. Words are those of mount(8) and Docker; what we mean differently is refused with our spelling as hint. */
#include "mount_text.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/text.h"

enum option_kind {
	OPT_TRUE,    /* key = true */
	OPT_FALSE,   /* key = false */
	OPT_SIZE,    /* word=SIZE, kept as written */
	OPT_MODE,    /* word=OCTAL, kept as written */
	OPT_COUNT,   /* word=1… */
	OPT_ID,      /* word=0…4294967294 */
	OPT_PATH,    /* word=/PATH */
	OPT_WORD,    /* word=WORD, which the schema judges */
	OPT_PRIVATE, /* key = "private" */
	OPT_SLAVE,   /* key = "slave" */
	OPT_REFUSED,
};

struct option {
	const char *word;
	enum option_kind kind;
	const char *key; /* of the raw object; OPT_REFUSED: the hint */
};

static const struct option bind_option_table[] = {
	{ "ro", OPT_FALSE, "writable" },
	{ "rw", OPT_TRUE, "writable" },
	{ "nosuid", OPT_FALSE, "suid" },
	{ "suid", OPT_TRUE, "suid" },
	{ "nodev", OPT_FALSE, "dev" },
	{ "dev", OPT_TRUE, "dev" },
	{ "noexec", OPT_FALSE, "exec" },
	{ "exec", OPT_TRUE, "exec" },
	{ "idmap", OPT_TRUE, "idmap" },
	{ "optional", OPT_TRUE, "optional" },
	{ "chown", OPT_TRUE, "chown" },
	{ "U", OPT_TRUE, "chown" }, /* podman's and Docker's letter */
	{ "private", OPT_PRIVATE, "propagation" },
	{ "rprivate", OPT_PRIVATE, "propagation" },
	{ "slave", OPT_SLAVE, "propagation" },
	{ "rslave", OPT_SLAVE, "propagation" },
	{ "shared", OPT_REFUSED, "write slave: what is mounted inside must not appear on the host" },
	{ "rshared", OPT_REFUSED, "write slave: what is mounted inside must not appear on the host" },
	{ "rbind", OPT_REFUSED, "leave it out: binds are always recursive" },
	{ "bind", OPT_REFUSED, "leave it out: binds are always recursive" },
	{ "z", OPT_REFUSED, "leave it out: lunward does not relabel files" },
	{ "Z", OPT_REFUSED, "leave it out: lunward does not relabel files" },
};

static const struct option tmpfs_option_table[] = {
	{ "size", OPT_SIZE, "size" },         { "mode", OPT_MODE, "mode" },   { "inodes", OPT_COUNT, "inodes" },
	{ "nr_inodes", OPT_COUNT, "inodes" }, { "uid", OPT_ID, "uid" },       { "gid", OPT_ID, "gid" },
	{ "ro", OPT_FALSE, "writable" },      { "rw", OPT_TRUE, "writable" }, { "nosuid", OPT_FALSE, "suid" },
	{ "suid", OPT_TRUE, "suid" },         { "nodev", OPT_FALSE, "dev" },  { "dev", OPT_TRUE, "dev" },
	{ "noexec", OPT_FALSE, "exec" },      { "exec", OPT_TRUE, "exec" },
};

static const struct option proc_option_table[] = {
	{ "hidepid", OPT_WORD, "hidepid" },
	{ "subset", OPT_WORD, "subset" },
	{ "ro", OPT_FALSE, "writable" },
	{ "rw", OPT_TRUE, "writable" },
};

static const struct option overlay_option_table[] = {
	{ "upper", OPT_PATH, "upper" },    { "work", OPT_PATH, "work" },    { "size", OPT_SIZE, "size" },
	{ "inodes", OPT_COUNT, "inodes" }, { "idmap", OPT_TRUE, "idmap" },  { "noidmap", OPT_FALSE, "idmap" },
	{ "ro", OPT_FALSE, "writable" },   { "rw", OPT_TRUE, "writable" },  { "nosuid", OPT_FALSE, "suid" },
	{ "suid", OPT_TRUE, "suid" },      { "noexec", OPT_FALSE, "exec" }, { "exec", OPT_TRUE, "exec" },
	{ "upperdir", OPT_PATH, "upper" }, { "workdir", OPT_PATH, "work" },
};

struct options {
	const char *noun; /* "bind", "tmpfs", for messages */
	const struct option *v;
	size_t n;
};
static const struct options bind_options = { "bind", bind_option_table, ARRAY_LEN(bind_option_table) };
static const struct options tmpfs_options = { "tmpfs", tmpfs_option_table, ARRAY_LEN(tmpfs_option_table) };
static const struct options overlay_options = { "overlay", overlay_option_table, ARRAY_LEN(overlay_option_table) };
static const struct options proc_options = { "proc", proc_option_table, ARRAY_LEN(proc_option_table) };

static int fail_memory(struct lw_err *err)
{
	return lw_fail(err, -ENOMEM, "out of memory");
}

/* Takes value's reference, NULL included: jansson refuses text that is not UTF-8 by returning none. */
static int set(json_t *obj, const char *key, json_t *value, struct lw_err *err)
{
	if (!value)
		return lw_fail_as(err, LW_ERR_POLICY, -EILSEQ, "%s: not UTF-8 text", key);
	return json_object_set_new(obj, key, value) < 0 ? fail_memory(err) : 0;
}

char *lw_path_normalise(const char *path, const char *basedir)
{
	if (!path[0] || (path[0] != '/' && (!basedir || basedir[0] != '/'))) {
		errno = EINVAL;
		return NULL;
	}
	const char *parts[2] = { path[0] == '/' ? "" : basedir, path };
	char *out = malloc(strlen(parts[0]) + strlen(path) + 3);
	if (!out)
		return NULL;
	size_t len = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		for (const char *p = parts[i]; *p;) {
			size_t n = strcspn(p, "/");
			if (n == 2 && p[0] == '.' && p[1] == '.') {
				while (len > 0 && out[--len] != '/')
					;
			} else if (n > 0 && !(n == 1 && p[0] == '.')) {
				out[len++] = '/';
				memcpy(out + len, p, n);
				len += n;
			}
			p += n + (p[n] == '/');
		}
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

/* Splits a copy of text at ':' into at most `max` fields; missing ones are NULL. */
static int split(char *text, const char *noun, const char *form, char **fields, size_t max, struct lw_err *err)
{
	memset(fields, 0, max * sizeof(*fields));
	for (size_t i = 0; text; i++) {
		if (i == max) {
			lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: more than %zu fields, expected %s", noun, max,
				   form);
			lw_err_hint(err, "a path with ':' needs the table form with named keys");
			return -EINVAL;
		}
		fields[i] = strsep(&text, ":");
	}
	return 0;
}

/* key = the absolute path, normalised. */
static int set_absolute(json_t *obj, const char *key, const char *path, const char *noun, const char *form,
			struct lw_err *err)
{
	if (path[0] != '/') {
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: %s '%s' is not an absolute path", noun, key, path);
		lw_err_hint(err, "write %s", form);
		return -EINVAL;
	}
	for (const char *p = path; (p = strstr(p, "/..")); p += 3)
		if (p[3] == '/' || !p[3]) {
			lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: \"..\" in %s '%s'", noun, key, path);
			lw_err_hint(err, "write the path it stands for");
			return -EINVAL;
		}
	_cleanup_free_ char *norm = lw_path_normalise(path, NULL);
	return norm ? set(obj, key, json_string(norm), err) : fail_memory(err);
}

static const struct option *find_option(const struct options *o, const char *word)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->v[i].word, word) == 0)
			return &o->v[i];
	return NULL;
}

static int unknown_option(const struct options *o, const char *word, struct lw_err *err)
{
	struct lw_near near = { .word = word };
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].kind != OPT_REFUSED)
			lw_near_offer(&near, o->v[i].word);
	lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: unknown option '%s'", o->noun, word);
	if (near.best)
		lw_err_hint(err, "did you mean \"%s\"?", near.best);
	return -EINVAL;
}

static int bad_value(const struct options *o, const char *word, const char *value, const char *expected,
		     struct lw_err *err)
{
	return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: %s='%s' is not %s", o->noun, word, value, expected);
}

/* The value of word=value as JSON: checked here, so that the message names the word. */
static int option_value(const struct options *o, const struct option *opt, const char *value, json_t **ret,
			struct lw_err *err)
{
	_cleanup_free_ char *path = NULL;
	int64_t n = 0;
	uint32_t mode;
	int r;
	switch (opt->kind) {
	case OPT_SIZE:
		r = lw_parse_size(value, &n);
		if (r == -EDOM) {
			bad_value(o, opt->word, value, "a size: it has no unit", err);
			lw_err_hint(err, "write \"%sM\" or \"%sB\"", value, value);
			return -EINVAL;
		}
		/* To the kernel a tmpfs of size 0 has no limit. */
		if (r < 0 || n == 0)
			return bad_value(o, opt->word, value, "a size like \"64M\"", err);
		*ret = json_string(value);
		return 0;
	case OPT_MODE:
		if (lw_parse_mode(value, &mode) < 0)
			return bad_value(o, opt->word, value, "an octal mode like \"1777\"", err);
		*ret = json_string(value);
		return 0;
	case OPT_COUNT:
		if (lw_parse_i64(value, &n) < 0 || n < 1)
			return bad_value(o, opt->word, value, "a count of at least 1", err);
		*ret = json_integer(n);
		return 0;
	case OPT_ID:
		if (lw_parse_i64(value, &n) < 0 || n < 0 || n >= UINT32_MAX)
			return bad_value(o, opt->word, value, "a numeric id", err);
		*ret = json_integer(n);
		return 0;
	case OPT_PATH:
		if (value[0] != '/')
			return bad_value(o, opt->word, value, "an absolute path", err);
		path = lw_path_normalise(value, NULL);
		*ret = path ? json_string(path) : NULL;
		return *ret ? 0 : bad_value(o, opt->word, value, "UTF-8 text", err);
	case OPT_WORD:
		*ret = json_string(value);
		return *ret ? 0 : bad_value(o, opt->word, value, "UTF-8 text", err);
	default:
		return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: option '%s' takes no value", o->noun, opt->word);
	}
}

static int apply_option(json_t *obj, const struct options *o, char *word, struct lw_err *err)
{
	char *value = strchr(word, '=');
	if (value)
		*value++ = '\0';
	const struct option *opt = find_option(o, word);
	if (!opt)
		return unknown_option(o, word, err);
	if (opt->kind == OPT_REFUSED) {
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: option '%s' is not supported", o->noun, word);
		lw_err_hint(err, "%s", opt->key);
		return -EINVAL;
	}
	json_t *v = NULL;
	if (value) {
		int r = option_value(o, opt, value, &v, err);
		if (r < 0)
			return r;
	} else if (opt->kind == OPT_TRUE || opt->kind == OPT_FALSE)
		v = json_boolean(opt->kind == OPT_TRUE);
	else if (opt->kind == OPT_PRIVATE || opt->kind == OPT_SLAVE)
		v = json_string(opt->kind == OPT_SLAVE ? "slave" : "private");
	else
		return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: option '%s' needs a value: %s=…", o->noun, word,
				  word);
	if (json_object_get(obj, opt->key)) {
		json_decref(v);
		return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: option '%s' repeats or contradicts an earlier one",
				  o->noun, word);
	}
	return set(obj, opt->key, v, err);
}

static int apply_options(json_t *obj, const struct options *o, char *list, struct lw_err *err)
{
	for (char *rest = list; rest;) {
		char *word = strsep(&rest, ",");
		if (!word[0])
			return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: empty option", o->noun);
		int r = apply_option(obj, o, word, err);
		if (r < 0)
			return r;
	}
	return 0;
}

#define BIND_FORM "SRC[:DST[:opt,opt]]"

static int bind_source(json_t *obj, const char *noun, const char *source, const char *basedir, struct lw_err *err)
{
	if (!source[0])
		return lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: empty source, expected %s", noun, BIND_FORM);
	/* A directory of that name can still be had as "./~". */
	if (source[0] == '~' && (source[1] == '/' || !source[1])) {
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: source '%s': '~' is not expanded", noun, source);
		lw_err_hint(err, "write the directory out: host.home in a profile, $HOME in a shell");
		return -EINVAL;
	}
	if (source[0] == '$') {
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "%s: source '%s': '$' is not expanded", noun, source);
		lw_err_hint(err, "write host.env \"NAME\" in a profile, and no single quotes in a shell");
		return -EINVAL;
	}
	if (source[0] != '/' && (!basedir || basedir[0] != '/'))
		return lw_fail_as(err, LW_ERR_POLICY, -EINVAL,
				  "%s: source '%s' is relative and there is no directory to start from", noun, source);
	_cleanup_free_ char *norm = lw_path_normalise(source, basedir);
	return norm ? set(obj, "source", json_string(norm), err) : fail_memory(err);
}

static int bind_fill(json_t *obj, const struct options *o, char *text, const char *basedir, bool writable,
		     struct lw_err *err)
{
	char *f[3];
	int r = split(text, o->noun, BIND_FORM, f, ARRAY_LEN(f), err);
	if (r == 0)
		r = bind_source(obj, o->noun, f[0], basedir, err);
	if (r == 0)
		r = f[1] ? set_absolute(obj, "destination", f[1], o->noun, BIND_FORM, err)
			 : set(obj, "destination", json_copy(json_object_get(obj, "source")), err);
	if (r == 0)
		r = apply_options(obj, o, f[2], err);
	if (r == 0 && !json_object_get(obj, "writable"))
		r = set(obj, "writable", json_boolean(writable), err);
	return r;
}

/* {"type": type} and a writable copy of text; -ENOMEM is told. */
static json_t *begin(const char *type, const char *text, char **ret_copy, struct lw_err *err)
{
	char *copy = strdup(text);
	json_t *obj = json_object();
	if (!copy || !obj || (type && json_object_set_new(obj, "type", json_string(type)) < 0)) {
		free(copy);
		json_decref(obj);
		fail_memory(err);
		return NULL;
	}
	*ret_copy = copy;
	return obj;
}

json_t *lw_bind_from_text(const char *text, const char *basedir, bool writable, struct lw_err *err)
{
	_cleanup_free_ char *copy = NULL;
	json_auto_t *obj = begin("bind", text, &copy, err);
	return obj && bind_fill(obj, &bind_options, copy, basedir, writable, err) == 0 ? TAKE_PTR(obj) : NULL;
}

json_t *lw_overlay_from_text(const char *text, const char *basedir, struct lw_err *err)
{
	_cleanup_free_ char *copy = NULL;
	json_auto_t *obj = begin("overlay", text, &copy, err);
	return obj && bind_fill(obj, &overlay_options, copy, basedir, true, err) == 0 ? TAKE_PTR(obj) : NULL;
}

#define FS_FORM "DST[:opt,opt]"

/* A file system of its own: a destination and options. */
static json_t *fs_from_text(const struct options *o, const char *text, struct lw_err *err)
{
	_cleanup_free_ char *copy = NULL;
	json_auto_t *obj = begin(o->noun, text, &copy, err);
	char *f[2];
	if (!obj || split(copy, o->noun, FS_FORM, f, ARRAY_LEN(f), err) < 0 ||
	    set_absolute(obj, "destination", f[0], o->noun, FS_FORM, err) < 0 || apply_options(obj, o, f[1], err) < 0)
		return NULL;
	return TAKE_PTR(obj);
}

json_t *lw_tmpfs_from_text(const char *text, struct lw_err *err)
{
	return fs_from_text(&tmpfs_options, text, err);
}

json_t *lw_proc_from_text(const char *text, struct lw_err *err)
{
	return fs_from_text(&proc_options, text, err);
}

/* A subset of "rwm", each letter once. */
static bool is_access(const char *s)
{
	unsigned seen = 0;
	for (const char *p = s; *p; p++) {
		const char *at = strchr("rwm", *p);
		if (!at || seen & 1u << *at % 32)
			return false;
		seen |= 1u << *at % 32;
	}
	return s[0] != '\0';
}

#define DEVICE_FORM "PATH[:DST[:rwm]]"

static int device_fill(json_t *obj, char *text, struct lw_err *err)
{
	char *f[3];
	int r = split(text, "device", DEVICE_FORM, f, ARRAY_LEN(f), err);
	if (r < 0)
		return r;
	/* "/dev/sda:r", as Docker has it. */
	if (f[1] && !f[2] && is_access(f[1])) {
		f[2] = f[1];
		f[1] = NULL;
	}
	r = set_absolute(obj, "path", f[1] ? f[1] : f[0], "device", DEVICE_FORM, err);
	if (r == 0 && f[1])
		r = set_absolute(obj, "source", f[0], "device", DEVICE_FORM, err);
	if (r == 0 && f[2])
		r = is_access(f[2]) ? set(obj, "access", json_string(f[2]), err)
				    : lw_fail_as(err, LW_ERR_POLICY, -EINVAL,
						 "device: access '%s' is not made of r, w and m, each once", f[2]);
	return r;
}

json_t *lw_device_from_text(const char *text, struct lw_err *err)
{
	_cleanup_free_ char *copy = NULL;
	json_auto_t *obj = begin(NULL, text, &copy, err);
	return obj && device_fill(obj, copy, err) == 0 ? TAKE_PTR(obj) : NULL;
}

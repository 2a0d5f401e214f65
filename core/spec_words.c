/* spec_words.c: rules on single strings (names, variables, parameters) and on paths. Each takes a word that may come
 * from an enemy and says in one line what is wrong with it. It knows nothing of records or JSON. */
#include <string.h>
#include "control_sockets.h"
#include "spec_codec.h"

/* Not ctype.h: a host program's locale must not widen what a name is. */
static bool lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool all_of(const char *v, const char *more)
{
	for (; *v; v++)
		if (!lower_or_digit(*v) && !(*v >= 'A' && *v <= 'Z') && !strchr(more, *v))
			return false;
	return true;
}

int lw_check_not_empty(const char *v, struct lw_err *err)
{
	return *v ? 0 : lw_codec_fail(err, "must not be empty");
}

/* The name becomes a directory below every cgroup hierarchy and the state root. */
int lw_check_name(const char *v, struct lw_err *err)
{
	size_t n = strlen(v);

	if (n == 0 || n > 63 || !lower_or_digit(*v))
		goto bad;
	for (const char *p = v; *p; p++)
		if (!lower_or_digit(*p) && !strchr("_.-", *p))
			goto bad;
	return 0;
bad:
	lw_codec_fail(err, "not a name: \"%.80s\"", v);
	lw_err_hint(err, "use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes");
	return -EINVAL;
}

int lw_check_hostname(const char *v, struct lw_err *err)
{
	size_t n = strlen(v);

	if (n == 0 || n > 64 || !all_of(v, "._-")) {
		lw_codec_fail(err, "not a host name: \"%.80s\"", v);
		lw_err_hint(err, "use letters, digits, '.', '_' and '-', at most 64 bytes");
		return -EINVAL;
	}
	return 0;
}

int lw_check_env_name(const char *v, struct lw_err *err)
{
	if (*v && !strchr(v, '='))
		return 0;
	lw_codec_fail(err, "not the name of a variable: \"%.80s\"", v);
	lw_err_hint(err, "write the name alone; env = { NAME = \"value\" } sets one");
	return -EINVAL;
}

/* Only dots separate, so that no name can climb out of /proc/sys. */
int lw_check_sysctl_name(const char *v, struct lw_err *err)
{
	if (!*v || strlen(v) > 255 || *v == '.' || v[strlen(v) - 1] == '.' || strstr(v, "..") || !all_of(v, "._-")) {
		lw_codec_fail(err, "not the name of a kernel parameter: \"%.80s\"", v);
		lw_err_hint(err, "write it with dots, \"net.ipv4.ip_forward\"");
		return -EINVAL;
	}
	return 0;
}

int lw_check_label(const char *v, struct lw_err *err)
{
	if (!*v || strlen(v) > 255)
		return lw_codec_fail(err, "a label's name has 1 to 255 bytes");
	return 0;
}

int lw_check_user_name(const char *v, struct lw_err *err)
{
	/* Digits alone are a uid wherever a user can be written. */
	if (!v[strspn(v, "0123456789")] || strlen(v) > 255 || *v == '-' || !all_of(v, "._-@$"))
		return lw_codec_fail(err, "not a user's name: \"%.80s\"", v);
	return 0;
}

int lw_check_engine(const char *v, struct lw_err *err)
{
	struct lw_near near = { .word = v };

	return lw_control_engine_known(v, &near) ? 0 : lw_codec_unknown(err, "engine", v, near.best);
}

int lw_check_access(const char *v, struct lw_err *err)
{
	unsigned seen = 0;
	size_t n = strspn(v, "rwm");

	for (const char *p = v; *p; p++)
		seen |= *p == 'r' ? 1 : *p == 'w' ? 2 : 4;
	/* As many letters as bits: none twice. */
	if (n == 0 || v[n] || n != (size_t)__builtin_popcount(seen))
		return lw_codec_fail(err, "must be letters of \"rwm\", each once, not \"%.80s\"", v);
	return 0;
}

bool lw_codec_clean_path(char *path)
{
	char *out = path;
	const char *p = path;
	bool ok = true;

	while (*p) {
		while (*p == '/')
			p++;
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			ok = false;
		if (n > 0 && !(n == 1 && *p == '.')) {
			/* `out` never passes the slash in front of p: each component takes one slash at least. */
			*out++ = '/';
			memmove(out, p, n);
			out += n;
		}
		p += n;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	return ok;
}

int lw_codec_path(struct lw_spec *s, const char *text, const char **ret, struct lw_err *err)
{
	if (*text != '/') {
		lw_codec_fail(err, "not an absolute path: \"%.120s\"", text);
		if (*text == '~' || *text == '$')
			lw_err_hint(err,
				    "'%c' is not expanded: write the path out; host.home and host.env \"NAME\" help",
				    *text);
		else
			lw_err_hint(err, "start it with '/'");
		return -EINVAL;
	}
	if (strlen(text) >= 4096)
		return lw_codec_fail(err, "a path has at most 4095 bytes");
	char *copy = lw_arena_strdup(s->arena, text);
	if (!copy)
		return lw_codec_nomem(err);
	if (!lw_codec_clean_path(copy)) {
		lw_codec_fail(err, "\"..\" in a path: \"%.120s\"", text);
		lw_err_hint(err, "write the path it stands for");
		return -EINVAL;
	}
	*ret = copy;
	return 0;
}

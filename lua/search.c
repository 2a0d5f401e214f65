/* search.c: the directories profiles are found in, and the two ways to look there: for the user, who may also give any
 * path, and for a profile, whose names must not lead out of the directories. Knows nothing about what a profile says.
 */
#include "lua/search.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "lua/eval_channel.h"
#include "mount_text.h"
#include "safepath.h"
#include "sys.h"

#define DIRS_MAX 7
#define SUFFIX ".lua"

static const char *env_value(const struct lw_host *h, const char *name)
{
	size_t n = strlen(name);

	for (char *const *e = h->environ_; e && *e; e++)
		if (!strncmp(*e, name, n) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

/* Takes the last n components away; false when there is nothing left. */
static bool go_up(char *path, unsigned n)
{
	char *slash = path;

	while (n-- && slash) {
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	}
	return slash && *path;
}

/* "TREE/profiles" when our executable is TREE/DIR/lunward in a source tree, else NULL. */
static const char *tree_profiles(struct lw_arena *a, char *exe)
{
	const char *tree;

	if (!go_up(exe, 2))
		return NULL;
	tree = lw_arena_printf(a, "%s/CMakeLists.txt", exe);
	if (!tree || access(tree, F_OK) < 0)
		return NULL;
	tree = lw_arena_printf(a, "%s/core/spec.h", exe);
	if (!tree || access(tree, F_OK) < 0)
		return NULL;
	return lw_arena_printf(a, "%s/profiles", exe);
}

/* Those installed with our executable, PREFIX/bin/lunward or PREFIX/libexec/lunward/lunward-eval, where the prefix is
 * none of the two that are searched anyway; else NULL. `prefix` is what tree_profiles left: two up. */
static const char *installed_profiles(struct lw_arena *a, char *prefix)
{
	for (unsigned up = 0; up < 2 && *prefix; up++) {
		const char *dir = lw_arena_printf(a, "%s/share/lunward/profiles", prefix);
		if (strcmp(prefix, "/usr") != 0 && strcmp(prefix, "/usr/local") != 0 && dir && access(dir, F_OK) == 0)
			return dir;
		if (!go_up(prefix, 1))
			break;
	}
	return NULL;
}

const char **lw_profile_dirs(struct lw_arena *a, const struct lw_host *h, const char *profile_dir)
{
	const char **dirs = lw_arena_array(a, DIRS_MAX + 1, sizeof(*dirs));
	const char *config = env_value(h, "XDG_CONFIG_HOME"), *tree, *installed;
	char exe[4096];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t n = 0;

	if (!dirs)
		return NULL;
	if (profile_dir)
		dirs[n++] = profile_dir;
	/* Root's profiles are the administrator's, not those of whoever set root's environment. */
	if (h->uid != 0 && config && *config == '/')
		dirs[n++] = lw_arena_printf(a, "%s/lunward/profiles", config);
	else if (h->uid != 0 && h->home && *h->home == '/')
		dirs[n++] = lw_arena_printf(a, "%s/.config/lunward/profiles", h->home);
	dirs[n++] = "/etc/lunward/profiles";
	exe[len > 0 ? len : 0] = '\0';
	tree = tree_profiles(a, exe);
	installed = tree ? NULL : installed_profiles(a, exe);
	if (installed)
		dirs[n++] = installed;
	if (tree) {
		dirs[n++] = tree;
	} else {
		dirs[n++] = "/usr/local/share/lunward/profiles";
		dirs[n++] = "/usr/share/lunward/profiles";
	}
	return lw_arena_failed(a) ? NULL : dirs;
}

static bool has_suffix(const char *name)
{
	size_t n = strlen(name), m = strlen(SUFFIX);

	return n > m && !strcmp(name + n - m, SUFFIX);
}

static int no_memory(struct lw_err *err)
{
	return lw_fail(err, -ENOMEM, "out of memory");
}

static int fail_read(int r, const char *name, struct lw_err *err)
{
	if (r == -EFBIG)
		return lw_fail_as(err, LW_ERR_POLICY, r, "profile %s is larger than %zu MiB", name,
				  EVAL_TEXT_MAX >> 20);
	if (r == -EINVAL)
		return lw_fail_as(err, LW_ERR_POLICY, r, "profile %s is not a regular file", name);
	return lw_fail_as(err, LW_ERR_USAGE, r, "cannot read profile %s: %s", name, strerrordesc_np(-r));
}

/* Fills path and dir from an absolute path. */
static int set_path(struct lw_arena *a, struct profile_text *p, const char *path, const char *base, struct lw_err *err)
{
	_cleanup_free_ char *absolute = lw_path_normalise(path, base);
	const char *slash;

	if (!absolute)
		return errno == EINVAL ? lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "empty profile name") : no_memory(err);
	slash = strrchr(absolute, '/');
	p->path = lw_arena_strdup(a, absolute);
	p->dir = lw_arena_strndup(a, absolute, slash == absolute ? 1 : (size_t)(slash - absolute));
	return p->path && p->dir ? 0 : no_memory(err);
}

/* Lists the profiles of all directories for a hint; error path only. */
static const char *nearest_profile(struct lw_arena *a, const char **dirs, const char *name)
{
	const char *names[256];
	size_t n = 0;

	for (; *dirs; dirs++) {
		DIR *d = opendir(*dirs);

		for (struct dirent *e; d && n < ARRAY_LEN(names) && (e = readdir(d)) != NULL;) {
			const char *s = has_suffix(e->d_name)
						? lw_arena_strndup(a, e->d_name, strlen(e->d_name) - strlen(SUFFIX))
						: NULL;
			if (s)
				names[n++] = s;
		}
		if (d)
			closedir(d);
	}
	return lw_nearest(name, names, n);
}

static int fail_not_found(struct lw_arena *a, const char **dirs, const char *name, struct lw_err *err)
{
	const char *near = nearest_profile(a, dirs, name);
	struct lw_text list = { 0 };

	if (near)
		lw_fail_as(err, LW_ERR_USAGE, -ENOENT, "no profile named \"%s\" (did you mean \"%s\"?)", name, near);
	else
		lw_fail_as(err, LW_ERR_USAGE, -ENOENT, "no profile named \"%s\"", name);
	for (size_t i = 0; dirs[i]; i++)
		lw_text_addf(&list, "%s%s", i ? ", " : "", dirs[i]);
	if (!list.failed && list.buf)
		lw_err_hint(err, "looked in %s", list.buf);
	lw_text_done(&list);
	return -ENOENT;
}

/* One component of a name: letters, digits, "_.-", not hidden and not a way up. */
static bool is_plain(const char *s, size_t n)
{
	if (!n || s[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", s[i]))
			return false;
	return true;
}

int profile_find(struct lw_arena *a, const struct lw_eval_options *o, struct profile_text *ret, struct lw_err *err)
{
	const char *name = o->profile, *cwd = o->host->cwd;
	const char **dirs;
	int r;

	if (strchr(name, '/') || has_suffix(name)) {
		_cleanup_free_ char *here = cwd && *cwd == '/' ? NULL : getcwd(NULL, 0);

		r = set_path(a, ret, name, here ? here : cwd, err);
		if (r < 0)
			return r;
		ret->name = name;
		r = lw_read_file(name, EVAL_TEXT_MAX, &ret->text, &ret->n);
		return r < 0 ? fail_read(r, name, err) : 0;
	}
	if (!is_plain(name, strlen(name))) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "\"%s\" is not the name of a profile", name);
		lw_err_hint(err, "a file is given by its path, with a '/' or ending in .lua");
		return -EINVAL;
	}
	dirs = lw_profile_dirs(a, o->host, o->profile_dir);
	if (!dirs)
		return no_memory(err);
	for (size_t i = 0; dirs[i]; i++) {
		const char *path = lw_arena_printf(a, "%s/%s" SUFFIX, dirs[i], name);

		if (!path)
			return no_memory(err);
		r = lw_read_file(path, EVAL_TEXT_MAX, &ret->text, &ret->n);
		if (r == -ENOENT || r == -ENOTDIR)
			continue;
		if (r < 0)
			return fail_read(r, path, err);
		ret->name = path;
		return set_path(a, ret, path, cwd, err);
	}
	return fail_not_found(a, dirs, name, err);
}

/* Opens dir/file without leaving dir: 0 and a descriptor, or negative errno. */
static int open_beneath(const char *dir, const char *file, int *ret)
{
	_cleanup_close_ int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct stat st;

	if (at < 0)
		return -errno;
	fd = sys_openat2(at, file, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret = TAKE_FD(fd);
	return 0;
}

/* err has no hint: what raises it in the profile takes one line of text. */
static int not_a_name(const char *name, struct lw_err *err)
{
	return lw_fail_as(err, LW_ERR_POLICY, -EINVAL,
			  "\"%.80s\" is not the name of a profile on the search path (a name only, \"service\"; "
			  "--profiles DIR adds a directory)",
			  name);
}

int profile_find_include(struct lw_arena *a, const struct lw_eval_options *o, const char *name,
			 struct profile_text *ret, struct lw_err *err)
{
	const char **dirs, *file;
	int r;

	for (const char *p = name;; p++) {
		size_t n = strcspn(p, "/");

		if (!is_plain(p, n))
			return not_a_name(name, err);
		p += n;
		if (!*p)
			break;
	}
	dirs = lw_profile_dirs(a, o->host, o->profile_dir);
	file = has_suffix(name) ? name : lw_arena_printf(a, "%s" SUFFIX, name);
	if (!dirs || !file)
		return no_memory(err);
	for (size_t i = 0; dirs[i]; i++) {
		_cleanup_close_ int fd = -1;
		const char *path;

		r = open_beneath(dirs[i], file, &fd);
		if (r == -ENOENT || r == -ENOTDIR)
			continue;
		path = lw_arena_printf(a, "%s/%s", dirs[i], file);
		if (!path)
			return no_memory(err);
		if (r == -EXDEV)
			return lw_fail_as(err, LW_ERR_POLICY, r, "profile %s is a link out of %s", path, dirs[i]);
		if (r == 0)
			r = lw_read_all(fd, EVAL_TEXT_MAX, &ret->text, &ret->n);
		if (r < 0)
			return fail_read(r, path, err);
		ret->name = path;
		return set_path(a, ret, path, o->host->cwd, err);
	}
	return fail_not_found(a, dirs, name, err);
}

int profile_find_policy(struct lw_arena *a, const struct lw_eval_options *o, const char *path, const char *name,
			struct profile_text *ret, bool *ret_searched, struct lw_err *err)
{
	int r = path[0] == '/' ? lw_safe_read_in_root("/", path, EVAL_TEXT_MAX, &ret->text, &ret->n) : -EINVAL;

	*ret_searched = r == -ENOENT && is_plain(name, strlen(name));
	if (*ret_searched) {
		const char **dirs = lw_profile_dirs(a, o->host, o->profile_dir);

		for (size_t i = 0; dirs && dirs[i] && r == -ENOENT; i++) {
			/* A directory that was given by the caller may be relative to his own. */
			bool here = dirs[i][0] != '/';
			const char *there = lw_arena_printf(a, "%s%s%s/%s", here ? o->host->cwd : "", here ? "/" : "",
							    dirs[i], name);

			if (!there)
				return no_memory(err);
			r = lw_safe_read_in_root("/", there, EVAL_TEXT_MAX, &ret->text, &ret->n);
			if (r == 0)
				path = there;
			else if (r == -ENOTDIR)
				r = -ENOENT;
		}
	}
	if (r < 0) {
		lw_fail_as(err, LW_ERR_POLICY, r, "%s: %s", name,
			   r == -EINVAL ? "not a regular file" : strerrordesc_np(-r));
		if (*ret_searched)
			lw_err_hint(err, "neither beside the profile nor in the profile directories");
		return r;
	}
	ret->name = path;
	return set_path(a, ret, path, o->host->cwd, err);
}

#define NAME_MAX_LEN 63

char *profile_default_name(struct lw_arena *a, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base) - (has_suffix(base) ? strlen(SUFFIX) : 0), len = 0;
	char name[NAME_MAX_LEN + 1];

	for (size_t i = 0; i < n && len < NAME_MAX_LEN; i++) {
		char c = base[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (word)
			name[len++] = c;
		else if (len) /* the first is a letter or a digit */
			name[len++] = strchr("_.-", c) ? c : '-';
	}
	name[len] = '\0';
	return lw_arena_strdup(a, len ? name : "sandbox");
}

/* host_parse.c: parsers of text that other people wrote: the kernel's mountinfo (mount points chosen by anyone who may
 * mount), and passwd, group and subid files, which may come from a hostile root file system. Inputs are bytes with a
 * length: no terminator is assumed, a NUL is never part of a value. Nothing here opens a file or makes a syscall. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include "base/cleanup.h"
#include "host.h"

/* A piece of the input, not terminated. */
struct span {
	const char *p;
	size_t n;
};

/* Cuts *rest at the first `sep`: false when there was nothing left. An empty piece before a separator is a piece. */
static bool cut(struct span *rest, char sep, struct span *ret)
{
	if (!rest->p)
		return false;
	const char *end = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->p) : rest->n;
	*ret = (struct span){ rest->p, n };
	*rest = end ? (struct span){ end + 1, rest->n - n - 1 } : (struct span){ NULL, 0 };
	return true;
}

/* The same for lines: the text behind the last newline is a line only when it is not empty. */
static bool cut_line(struct span *rest, struct span *ret)
{
	return rest->n > 0 && cut(rest, '\n', ret);
}

static bool span_equal(struct span s, const char *text)
{
	return strlen(text) == s.n && (s.n == 0 || memcmp(s.p, text, s.n) == 0);
}

/* Decimal digits only, at most max. */
static bool span_number(struct span s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
		if (v > max)
			return false;
	}
	*ret = v;
	return true;
}

/* --- mountinfo, proc_pid_mountinfo(5) --- */

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Undoes the kernel's \ooo in place and terminates at the field's end, which is a separator or the copy's end. */
static int unescape(char *s, size_t n)
{
	char *to = s;
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		if (c == '\\' && n - i > 3 && s[i + 1] <= '3' && is_octal(s[i + 1]) && is_octal(s[i + 2]) &&
		    is_octal(s[i + 3])) {
			c = (char)((s[i + 1] - '0') << 6 | (s[i + 2] - '0') << 3 | (s[i + 3] - '0'));
			i += 3;
		}
		if (c == '\0')
			return -EINVAL;
		*to++ = c;
	}
	*to = '\0';
	return 0;
}

static int field_text(struct span f, const char **ret)
{
	/* The span lies in our own writable copy of the line. */
	char *s = (char *)(uintptr_t)f.p;
	*ret = s;
	return unescape(s, f.n);
}

static int mountinfo_line(struct lw_arena *a, struct span line, struct lw_mountinfo *ret)
{
	char *copy = lw_arena_alloc(a, line.n + 1);
	if (!copy)
		return -ENOMEM;
	if (line.n)
		memcpy(copy, line.p, line.n);
	struct span rest = { copy, line.n }, id, parent, dev, root, point, options, field, fstype, source;
	uint64_t id_n, parent_n;
	if (!cut(&rest, ' ', &id) || !cut(&rest, ' ', &parent) || !cut(&rest, ' ', &dev) || !cut(&rest, ' ', &root) ||
	    !cut(&rest, ' ', &point) || !cut(&rest, ' ', &options) || !span_number(id, INT_MAX, &id_n) ||
	    !span_number(parent, INT_MAX, &parent_n))
		return -EINVAL;
	/* Any number of optional fields, then a lone dash. */
	do {
		if (!cut(&rest, ' ', &field))
			return -EINVAL;
	} while (!span_equal(field, "-"));
	/* The source may be empty: mount("", …). The super options are the rest, whatever they hold. */
	if (!cut(&rest, ' ', &fstype) || fstype.n == 0 || !cut(&rest, ' ', &source) || !rest.p || root.n == 0 ||
	    point.n == 0 || point.p[0] != '/')
		return -EINVAL;
	ret->id = (int)id_n;
	ret->parent = (int)parent_n;
	int r = field_text(root, &ret->root);
	if (r == 0)
		r = field_text(point, &ret->mount_point);
	if (r == 0)
		r = field_text(fstype, &ret->fstype);
	if (r == 0)
		r = field_text(source, &ret->source);
	if (r == 0)
		r = field_text(rest, &ret->super_options);
	return r;
}

int lw_mountinfo_parse(struct lw_arena *a, const char *text, size_t n,
		       int (*fn)(void *arg, const struct lw_mountinfo *m), void *arg)
{
	struct span rest = { text, n }, line;
	while (cut_line(&rest, &line)) {
		struct lw_mountinfo m = { 0 };
		int r = mountinfo_line(a, line, &m);
		if (r == 0)
			r = fn(arg, &m);
		if (r != 0)
			return r;
	}
	return 0;
}

/* --- subuid, subgid: subuid(5) --- */

/* Ids are 32 bits and the last is (uid_t)-1, "no id". */
#define ID_MAX (UINT32_MAX - 1)

/* "name:first:count". A line that is none of ours or not of the form is not a range. A range past the last id ends
 * there: auto ids must stay clear of what such a line claims, however wrong it is. */
static bool subid_line(struct span line, const char *name, uid_t uid, struct lw_range *ret)
{
	struct span owner, first, count;
	uint64_t first_n, count_n, owner_n;
	if (!cut(&line, ':', &owner) || owner.n == 0 || owner.p[0] == '#' || !cut(&line, ':', &first) ||
	    !cut(&line, ':', &count) || line.p)
		return false;
	if (!span_number(first, ID_MAX, &first_n) || !span_number(count, UINT64_MAX / 16, &count_n) || count_n == 0)
		return false;
	if (name && !span_equal(owner, name) && !(span_number(owner, ID_MAX, &owner_n) && owner_n == uid))
		return false;
	uint64_t room = ID_MAX - first_n + 1;
	*ret = (struct lw_range){ (uint32_t)first_n, (uint32_t)(count_n < room ? count_n : room) };
	return true;
}

int lw_subid_parse(struct lw_arena *a, const char *text, size_t n, const char *name, uid_t uid, struct lw_range **ret,
		   size_t *ret_n)
{
	struct lw_range range;
	size_t count = 0;
	struct span rest = { text, n }, line;
	while (cut_line(&rest, &line))
		count += subid_line(line, name, uid, &range);
	struct lw_range *v = lw_arena_array(a, count, sizeof(*v));
	if (!v)
		return -ENOMEM;
	count = 0;
	rest = (struct span){ text, n };
	while (cut_line(&rest, &line))
		if (subid_line(line, name, uid, &range))
			v[count++] = range;
	*ret = v;
	*ret_n = count;
	return 0;
}

/* --- passwd(5), group(5) --- */

#define PASSWD_LINE_MAX 4096

/* The first field of a line that is an entry: not empty, no comment, none of the "+" and "-" of NIS, no NUL. */
static bool entry_name(struct span line, struct span *rest, struct span *name)
{
	*rest = line;
	return (line.n == 0 || !memchr(line.p, '\0', line.n)) && cut(rest, ':', name) && name->n > 0 &&
	       !memchr("#+-", name->p[0], 3);
}

int lw_passwd_lookup(struct lw_arena *a, const char *text, size_t n, const char *name, int64_t uid,
		     struct lw_passwd *ret)
{
	struct span rest = { text, n }, line;
	while (cut_line(&rest, &line)) {
		struct span fields, user, password, uid_s, gid_s, gecos, home = { 0 }, shell = { 0 };
		uint64_t uid_n, gid_n;
		if (line.n > PASSWD_LINE_MAX || !entry_name(line, &fields, &user) || (name && !span_equal(user, name)))
			continue;
		if (!cut(&fields, ':', &password) || !cut(&fields, ':', &uid_s) || !cut(&fields, ':', &gid_s) ||
		    !span_number(uid_s, ID_MAX, &uid_n) || !span_number(gid_s, ID_MAX, &gid_n))
			continue;
		if (!name && (uid < 0 || uid_n != (uint64_t)uid))
			continue;
		/* What is behind the ids may be missing, as in the C library. */
		if (cut(&fields, ':', &gecos) && cut(&fields, ':', &home))
			cut(&fields, ':', &shell);
		ret->name = lw_arena_strndup(a, user.p, user.n);
		ret->home = lw_arena_strndup(a, home.p ? home.p : "", home.n);
		ret->shell = lw_arena_strndup(a, shell.p ? shell.p : "", shell.n);
		ret->uid = (uint32_t)uid_n;
		ret->gid = (uint32_t)gid_n;
		return ret->name && ret->home && ret->shell ? 1 : -ENOMEM;
	}
	return 0;
}

/* "name:password:gid:member,member" */
static bool group_line(struct span line, struct span *name, uint32_t *gid, struct span *members)
{
	struct span rest, password, gid_s;
	uint64_t gid_n;
	if (!entry_name(line, &rest, name) || !cut(&rest, ':', &password) || !cut(&rest, ':', &gid_s) ||
	    !span_number(gid_s, ID_MAX, &gid_n))
		return false;
	*gid = (uint32_t)gid_n;
	*members = (struct span){ 0 };
	cut(&rest, ':', members);
	return true;
}

static bool group_has(struct span members, const char *user)
{
	struct span member;
	while (cut(&members, ',', &member))
		if (member.n > 0 && span_equal(member, user))
			return true;
	return false;
}

int lw_group_lookup(struct lw_arena *a, const char *text, size_t n, const char *user, uint32_t **ret, size_t *ret_n)
{
	struct span rest = { text, n }, line, name, members;
	size_t count = 0;
	uint32_t gid;
	while (cut_line(&rest, &line))
		count += group_line(line, &name, &gid, &members) && group_has(members, user);
	/* setgroups(2) would refuse more. */
	if (count > NGROUPS_MAX)
		return -E2BIG;
	uint32_t *v = lw_arena_array(a, count, sizeof(*v));
	if (!v)
		return -ENOMEM;
	count = 0;
	rest = (struct span){ text, n };
	while (cut_line(&rest, &line))
		if (group_line(line, &name, &gid, &members) && group_has(members, user))
			v[count++] = gid;
	*ret = v;
	*ret_n = count;
	return 0;
}

int lw_group_gid(const char *text, size_t n, const char *name, uint32_t *ret)
{
	struct span rest = { text, n }, line, found, members;
	uint32_t gid;
	while (cut_line(&rest, &line)) {
		if (group_line(line, &found, &gid, &members) && span_equal(found, name)) {
			*ret = gid;
			return 1;
		}
	}
	return 0;
}

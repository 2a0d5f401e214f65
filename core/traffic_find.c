/* traffic_find.c: who is where: which program of the host or which sandbox has a port, and what of a sandbox is left in
 * the tables when nothing else tells. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "traffic_private.h"

#define PROC_MAX (16U << 20)

/* --- programs of the host --- */

/* The inode of a socket that is bound to the port, of a file like /proc/net/tcp; 0: none. */
static unsigned long socket_inode(const char *file, unsigned port, bool listening)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	size_t n;
	if (lw_read_file(file, PROC_MAX, &text, &n) < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned local, state;
		unsigned long inode;
		if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*u %*u %lu", &local, &state, &inode) ==
			    3 &&
		    local == port && (!listening || state == 10))
			return inode;
	}
	return 0;
}

/* "nginx (pid 12)" of the process that has this socket; false: not to be seen. */
static bool owner_of(unsigned long inode, char *ret, size_t size)
{
	char want[40], path[300], target[60];
	DIR *proc = opendir("/proc"), *fds;
	bool found = false;
	snprintf(want, sizeof want, "socket:[%lu]", inode);
	for (const struct dirent *p; proc && !found && (p = readdir(proc));) {
		if (!isdigit((unsigned char)p->d_name[0]))
			continue;
		snprintf(path, sizeof path, "/proc/%s/fd", p->d_name);
		fds = opendir(path);
		for (const struct dirent *e; fds && !found && (e = readdir(fds));) {
			ssize_t n = readlinkat(dirfd(fds), e->d_name, target, sizeof target - 1);
			target[n > 0 ? n : 0] = '\0';
			found = strcmp(target, want) == 0;
		}
		if (fds)
			closedir(fds);
		if (found) {
			_cleanup_free_ char *comm = NULL;
			size_t n;
			snprintf(path, sizeof path, "/proc/%s/comm", p->d_name);
			if (lw_read_file(path, 64, &comm, &n) >= 0)
				comm[strcspn(comm, "\n")] = '\0';
			snprintf(ret, size, "%s (pid %.10s)", comm ? comm : "a program", p->d_name);
		}
	}
	if (proc)
		closedir(proc);
	return found;
}

static int taken_by_program(const struct lw_publish *p, unsigned port, struct lw_err *err)
{
	static const char *const tcp[] = { "/proc/net/tcp", "/proc/net/tcp6" }, *const udp[] = { "/proc/net/udp",
												 "/proc/net/udp6" };
	char who[96] = "a program of the host";
	bool is_tcp = p->protocol == IPPROTO_TCP;
	unsigned long inode = 0;
	for (int i = 0; i < 2 && !inode; i++)
		inode = socket_inode(is_tcp ? tcp[i] : udp[i], port, is_tcp);
	if (inode)
		(void)owner_of(inode, who, sizeof who);
	return lw_fail(err, -EADDRINUSE, "port %u of the host is taken by %s", port, who);
}

/* Tries to be the one who listens there, of one family, and lets go again. */
static int try_bind(const struct lw_publish *p, const struct lw_ip *at, unsigned port)
{
	struct sockaddr_storage a = { .ss_family = (sa_family_t)at->family };
	bool is_tcp = p->protocol == IPPROTO_TCP;
	int one = 1;
	_cleanup_close_ int fd = socket(at->family, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(struct sockaddr_in);
	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	if (at->family == AF_INET) {
		((struct sockaddr_in *)&a)->sin_port = htons((uint16_t)port);
		memcpy(&((struct sockaddr_in *)&a)->sin_addr, at->bytes, 4);
	} else {
		((struct sockaddr_in6 *)&a)->sin6_port = htons((uint16_t)port);
		memcpy(&((struct sockaddr_in6 *)&a)->sin6_addr, at->bytes, 16);
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
		len = sizeof(struct sockaddr_in6);
	}
	/* Connections of a server that has ended are nobody's claim; for UDP it would mean sharing. */
	if (is_tcp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	return bind(fd, (struct sockaddr *)&a, len) < 0 ? -errno : 0;
}

int lw_traffic_port_free(const struct lw_publish *p, struct lw_err *err)
{
	struct lw_ip at[2] = { { .family = AF_INET }, { .family = AF_INET6 } };
	int n = 2;
	if (p->address) {
		n = 1;
		if (lw_ip_parse(p->address, &at[0]) < 0)
			return lw_fail(err, -EINVAL, "not an address: \"%.60s\"", p->address);
	}
	for (int64_t i = 0; i < p->count; i++)
		for (int k = 0; k < n; k++) {
			unsigned port = (unsigned)(p->host + i);
			int r = try_bind(p, &at[k], port);
			if (r == -EADDRINUSE)
				return taken_by_program(p, port, err);
			if (r == -EADDRNOTAVAIL && p->address)
				return lw_fail(err, r, "this host has no address %s", p->address);
		}
	return 0;
}

/* --- other sandboxes --- */

/* "0123456789abcdef web" of the element with this key, as nft lists it; NULL: none. */
static const char *comment_of(json_t *map, const char *address, const char *protocol, unsigned port)
{
	json_t *pair;
	size_t i;
	json_array_foreach(json_object_get(map, "elem"), i, pair)
	{
		json_t *elem = json_object_get(json_array_get(pair, 0), "elem"),
		       *key = json_object_get(json_object_get(elem, "val"), "concat");
		size_t at = address ? 1 : 0;
		const char *a = json_string_value(json_array_get(key, 0)),
			   *b = json_string_value(json_array_get(key, at));
		if (b && strcmp(b, protocol) == 0 && (!address || (a && strcmp(a, address) == 0)) &&
		    json_integer_value(json_array_get(key, at + 1)) == (json_int_t)port)
			return json_string_value(json_object_get(elem, "comment"));
	}
	return NULL;
}

static json_t *list(const char *const *args)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	if (lw_nft_list(args, &text, &n, NULL) < 0)
		return NULL;
	json_t *all = json_loadb(text, n, 0, NULL), *ret = json_incref(json_object_get(all, "nftables"));
	json_decref(all);
	return ret;
}

/* Of a list of nft's: the first object of this kind. */
static json_t *first(json_t *objects, const char *kind)
{
	json_t *o, *found;
	size_t i;
	json_array_foreach(objects, i, o) if ((found = json_object_get(o, kind))) return found;
	return NULL;
}

void lw_traffic_who_publishes(const struct lw_nft_sandbox *s, const struct lw_network *spec, struct lw_err *err)
{
	char ip[LW_IP_MAX];
	for (size_t i = 0; i < s->n_publish; i++) {
		const struct lw_nft_publish *p = &s->publish[i];
		const char *maps[] = { p->address.family ? "publish_at4" : "publish4",
				       p->address.family ? "publish_at6" : "publish6" };
		for (size_t k = 0; k < ARRAY_LEN(maps); k++) {
			const char *args[] = { "list", "map", "inet", s->table, maps[k], NULL };
			json_auto_t *all = list(args);
			json_t *map = first(all, "map");
			for (unsigned port = p->host; port < (unsigned)p->host + p->count; port++) {
				const char *who =
					comment_of(map, p->address.family ? lw_ip_format_host(&p->address, ip) : NULL,
						   lw_protocol_name(p->protocol), port);
				if (!who)
					continue;
				const char *name = strchr(who, ' ');
				lw_fail(err, -EADDRINUSE, "port %u of the host is published by the sandbox %.64s", port,
					name ? name + 1 : who);
				lw_err_at(err, spec->publish.v[i].rec.origin);
				lw_err_in(err, "network.publish[%zu]", i);
				return;
			}
		}
	}
}

/* --- what is left of a dead one --- */

struct sweep {
	struct lw_text *t;
	const char *table, *id;
	bool any;
};

static bool names_id(const char *name, const char *id)
{
	size_t n = name ? strlen(name) : 0;
	return n > 17 && name[n - 17] == '-' && strncmp(name + n - 16, id, 16) == 0;
}

static void add_delete(struct sweep *w, const char *what, const char *family, const char *name, json_t *elem)
{
	_cleanup_free_ char *text = elem ? json_dumps(elem, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	lw_text_addf(w->t, ",\n{\"delete\":{\"%s\":{\"family\":\"%s\",\"table\":\"%s\",\"name\":\"%s\"", what, family,
		     w->table, name);
	if (text)
		lw_text_addf(w->t, ",\"elem\":[%s]", text);
	lw_text_add(w->t, "}}}");
	w->any = true;
}

static void sweep_port(struct sweep *w, const char *family, const char *set, json_t *port)
{
	lw_text_addf(w->t,
		     ",\n{\"add\":{\"element\":{\"family\":\"%s\",\"table\":\"%s\",\"name\":\"%s\","
		     "\"elem\":[\"%s\"]}}}",
		     family, w->table, set, json_string_value(port));
	add_delete(w, "element", family, set, port);
}

/* Elements of a map that are its own: they say so, or jump to a chain of its. */
static void sweep_elements(struct sweep *w, const char *family, json_t *map)
{
	json_t *pair;
	size_t i;
	json_array_foreach(json_object_get(map, "elem"), i, pair)
	{
		json_t *key = json_array_get(pair, 0), *elem = json_object_get(key, "elem"),
		       *jump = json_object_get(json_array_get(pair, 1), "jump");
		const char *comment = json_string_value(json_object_get(elem, "comment"));
		bool its = (comment && strncmp(comment, w->id, 16) == 0) ||
			   names_id(json_string_value(json_object_get(jump, "target")), w->id);
		if (!its)
			continue;
		const char *name = json_string_value(json_object_get(map, "name"));
		add_delete(w, "element", family, name, elem ? json_object_get(elem, "val") : key);
		/* The port is in sets, too; adding it first makes taking it away no error. */
		if (jump && name && strcmp(name, "from") == 0 && json_is_string(key)) {
			sweep_port(w, "bridge", "isolated", key);
			sweep_port(w, "inet", "ports", key);
		}
	}
}

static void sweep_named(struct sweep *w, json_t *objects, const char *kind)
{
	json_t *o;
	size_t i;
	json_array_foreach(objects, i, o)
	{
		const char *name = json_string_value(json_object_get(json_object_get(o, kind), "name"));
		if (names_id(name, w->id))
			add_delete(w, kind, "bridge", name, NULL);
	}
}

int lw_traffic_remove_id(int state_fd, const char *id, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	char table[LW_NFT_TABLE_MAX];
	struct sweep w = { .t = &t, .table = lw_traffic_table(state_fd, table), .id = id };
	const char *inet[] = { "list", "table", "inet", table, NULL },
		   *bridge[] = { "list", "table", "bridge", table, NULL };
	json_auto_t *a = list(inet), *b = list(bridge);
	json_t *o;
	size_t i;
	lw_traffic_policy_remove(state_fd, id);
	if (strlen(id) < 16)
		return lw_fail(err, -EINVAL, "not an id: %s", id);
	lw_nft_begin(&t);
	json_array_foreach(a, i, o) sweep_elements(&w, "inet", json_object_get(o, "map"));
	json_array_foreach(b, i, o) sweep_elements(&w, "bridge", json_object_get(o, "map"));
	sweep_named(&w, b, "chain");
	sweep_named(&w, b, "set");
	lw_nft_end(&t);
	int r = w.any ? lw_nft_run(&t, err) : 0;
	if (r >= 0)
		lw_traffic_disown(state_fd, id);
	return r;
}

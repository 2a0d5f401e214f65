/* networks.c: see networks.h. Who makes or takes away a network holds its lock alone, and the lock on all of them while
 * subnets are chosen and forwarding is turned; who only joins one that is there shares the first and waits for nobody.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sha256.h"
#include "base/text.h"
#include "networks_private.h"
#include "traffic.h"

#define DIRECTORY "networks"
#define FILE_MAX 65536

/* --- files --- */

json_t *lw_networks_load(int dir, const char *file)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	json_t *o = lw_read_file_at(dir, file, FILE_MAX, &text, &n) < 0 ? NULL : json_loadb(text, n, 0, NULL);

	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

int lw_networks_save(int dir, const char *file, const json_t *o, struct lw_err *err)
{
	char fresh[LW_NETWORK_NAME_MAX + 16];
	_cleanup_free_ char *text = json_dumps(o, JSON_COMPACT);
	_cleanup_close_ int fd = -1;
	int r = text ? 0 : -ENOMEM;

	snprintf(fresh, sizeof fresh, ".new.%s", file);
	unlinkat(dir, fresh, 0);
	if (r >= 0 && (fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		r = -errno;
	if (r >= 0)
		r = lw_write_full(fd, text, strlen(text));
	if (r >= 0 && renameat(dir, fresh, dir, file) < 0)
		r = -errno;
	return r < 0 ? lw_fail(err, r, DIRECTORY "/%s: %s", file, strerror(-r)) : 0;
}

uint64_t lw_networks_namespace(void)
{
	struct stat st;
	return stat("/proc/thread-self/ns/net", &st) < 0 ? 0 : st.st_ino;
}

bool lw_networks_here(const json_t *o)
{
	return (uint64_t)json_integer_value(json_object_get(o, "namespace")) == lw_networks_namespace();
}

static int open_directory(int state_fd, bool make, int *ret, struct lw_err *err)
{
	if (make && mkdirat(state_fd, DIRECTORY, 0700) < 0 && errno != EEXIST)
		return lw_fail(err, -errno, DIRECTORY ": %s", strerror(errno));
	*ret = openat(state_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret < 0 ? lw_fail(err, -errno, DIRECTORY ": %s", strerror(errno)) : 0;
}

/* Alone among all networks: which subnets are taken, and what the host's forwarding was. */
static int lock_all(int dir, struct lw_err *err)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_close_ int fd = openat(dir, ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = fd < 0 ? -1 : fcntl(fd, F_OFD_SETLKW, &l);

	return r < 0 ? lw_fail(err, -errno, DIRECTORY "/.lock: %s", strerror(errno)) : TAKE_FD(fd);
}

static const char *const family_key[2] = { "subnet", "subnet6" };

static void read_ip(const json_t *o, const char *key, int family, struct lw_ip *ret)
{
	const char *text = json_string_value(json_object_get(o, key));
	struct lw_ip ip;

	if (text && lw_ip_parse(text, &ip) >= 0 && ip.family == family)
		*ret = ip;
}

/* False: it says nothing that could be used. */
static bool read_network(const json_t *o, const char *name, struct lw_named_network *ret)
{
	const char *bridge = json_string_value(json_object_get(o, "bridge"));
	const char *mac = json_string_value(json_object_get(o, "mac"));
	struct lw_named_network n = { .mtu = LW_NETWORK_MTU };

	if (!bridge || strlen(bridge) >= sizeof n.bridge || !*bridge || !mac || lw_mac_parse(mac, n.mac) < 0)
		return false;
	snprintf(n.name, sizeof n.name, "%s", name);
	snprintf(n.bridge, sizeof n.bridge, "%s", bridge);
	for (int i = 0; i < 2; i++) {
		read_ip(o, family_key[i], i ? AF_INET6 : AF_INET, &n.subnet[i]);
		if (n.subnet[i].family)
			n.gateway[i] = lw_ip_nth(&n.subnet[i], 1);
	}
	n.mtu = (uint32_t)json_integer_value(json_object_get(o, "mtu"));
	n.declared = json_is_true(json_object_get(o, "declared"));
	n.namespace = (uint64_t)json_integer_value(json_object_get(o, "namespace"));
	*ret = n;
	return n.subnet[0].family || n.subnet[1].family;
}

static void file_of(const char *name, char ret[static LW_NETWORK_NAME_MAX + 8])
{
	snprintf(ret, LW_NETWORK_NAME_MAX + 8, "%s.json", name);
}

static bool load(int dir, const char *name, struct lw_named_network *ret)
{
	char file[LW_NETWORK_NAME_MAX + 8];

	file_of(name, file);
	json_auto_t *o = lw_networks_load(dir, file);
	return o && read_network(o, name, ret);
}

static int save(int dir, const struct lw_named_network *n, struct lw_err *err)
{
	char file[LW_NETWORK_NAME_MAX + 8], text[LW_IP_MAX], mac[LW_MAC_MAX];
	json_auto_t *o = json_pack("{s:i,s:s,s:s,s:s,s:i,s:b,s:I}", "schema_version", 1, "name", n->name, "bridge",
				   n->bridge, "mac", lw_mac_format(n->mac, mac), "mtu", (int)n->mtu, "declared",
				   n->declared, "namespace", (json_int_t)n->namespace);

	for (int i = 0; i < 2; i++)
		if (n->subnet[i].family)
			json_object_set_new(o, family_key[i], json_string(lw_ip_format(&n->subnet[i], text)));
	file_of(n->name, file);
	return lw_networks_save(dir, file, o, err);
}

/* Names of networks, as files have them; malloc'ed, in order. */
static int names(int dir, char (**ret)[LW_NETWORK_NAME_MAX], size_t *ret_n)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	char(*v)[LW_NETWORK_NAME_MAX] = NULL;
	size_t n = 0;

	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);
		if (e->d_name[0] == '.' || len <= 5 || len - 5 >= sizeof *v ||
		    strcmp(e->d_name + len - 5, ".json") != 0)
			continue;
		char(*more)[LW_NETWORK_NAME_MAX] = n % 16 ? v : reallocarray(v, n + 16, sizeof *v);
		if (!more)
			break;
		v = more;
		memcpy(v[n], e->d_name, len - 5);
		v[n++][len - 5] = '\0';
	}
	if (d)
		closedir(d);
	if (n)
		qsort(v, n, sizeof *v, (int (*)(const void *, const void *))strcmp);
	*ret = v;
	*ret_n = n;
	return 0;
}

/* --- making one --- */

struct all_taken {
	struct lw_taken *v;
	size_t n;
};

static void take(struct all_taken *t, const struct lw_ip *ip, const char *what, const char *name)
{
	struct lw_taken *v = t->n % 32 ? t->v : reallocarray(t->v, t->n + 32, sizeof *v);
	if (!v || !ip->family)
		return;
	t->v = v;
	v[t->n] = (struct lw_taken){ .ip = lw_ip_subnet(ip) };
	snprintf(v[t->n++].by, sizeof v->by, "%s%s", what, name);
}

/* What a new subnet must stay clear of: other networks, those that are not up, too; the host's routes and addresses. */
static int find_taken(int dir, struct lw_nl *nl, const char *name, struct all_taken *t, struct lw_err *err)
{
	_cleanup_free_ char(*others)[LW_NETWORK_NAME_MAX] = NULL;
	_cleanup_free_ struct lw_route *routes = NULL;
	_cleanup_free_ struct lw_addr *addrs = NULL;
	size_t n = 0, n_routes = 0, n_addrs = 0;

	names(dir, &others, &n);
	for (size_t i = 0; i < n; i++) {
		struct lw_named_network other;
		if (strcmp(others[i], name) != 0 && load(dir, others[i], &other) &&
		    other.namespace == lw_networks_namespace())
			for (int k = 0; k < 2; k++)
				take(t, &other.subnet[k], "network ", other.name);
	}
	int r = lw_route_list(nl, &routes, &n_routes, err);
	if (r >= 0)
		r = lw_addr_list(nl, &addrs, &n_addrs, err);
	for (size_t i = 0; i < n_routes && r >= 0; i++)
		take(t, &routes[i].to, "a route of this host", "");
	for (size_t i = 0; i < n_addrs && r >= 0; i++)
		take(t, &addrs[i].ip, "an interface of this host", "");
	return r;
}

/* Of our own kind, and always the same for a name. */
static void bridge_mac(const char *name, uint8_t ret[static 6])
{
	struct lw_sha256 c;
	uint8_t d[32];

	lw_sha256_init(&c);
	lw_sha256_add(&c, name, strlen(name));
	lw_sha256_end(&c, d);
	memcpy(ret, (uint8_t[]){ 0x02, 0x4c, 0x57, d[0], d[1], d[2] }, 6);
}

static int make_bridge(struct lw_nl *nl, const struct lw_named_network *n, int *ret_index, struct lw_err *err)
{
	struct lw_link link;

	lw_link_add_bridge(nl, n->bridge, n->mac, n->mtu);
	int r = lw_nl_commit(nl, err);
	if (r == -EEXIST) {
		lw_fail(err, r, "network \"%s\": the interface '%s' is there already, and not lunward's", n->name,
			n->bridge);
		lw_err_hint(err, "choose another name for the network");
	}
	if (r < 0)
		return r;
	lw_no_routers_on(n->bridge);
	r = lw_link_get(nl, n->bridge, &link, err);
	for (int i = 0; i < 2 && r >= 0; i++)
		if (n->gateway[i].family)
			lw_addr_add(nl, link.index, &n->gateway[i]);
	if (r >= 0)
		r = lw_nl_commit(nl, err);
	if (r >= 0) {
		*ret_index = link.index;
		return 0;
	}
	lw_link_delete(nl, n->bridge);
	(void)lw_nl_commit(nl, NULL);
	return r;
}

static struct lw_traffic_network traffic_of(int dir, const struct lw_named_network *n, int *ret_state)
{
	*ret_state = openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return (struct lw_traffic_network){ .state_fd = *ret_state,
					    .name = n->name,
					    .bridge = n->bridge,
					    .subnet4 = n->subnet[0],
					    .subnet6 = n->subnet[1],
					    .gateway4 = n->gateway[0],
					    .gateway6 = n->gateway[1] };
}

/* Its rules, before anybody is on it. */
static int make_rules(int dir, struct lw_nl *nl, const struct lw_named_network *n, struct lw_err *err)
{
	_cleanup_close_ int state = -1;
	struct lw_traffic_network t = traffic_of(dir, n, &state);
	int r = lw_traffic_network_add(&t, err);
	if (r < 0) {
		lw_link_delete(nl, n->bridge);
		(void)lw_nl_commit(nl, NULL);
	}
	return r;
}

static bool has_inet6(void)
{
	return access("/proc/net/if_inet6", F_OK) == 0 && access("/proc/sys/net/ipv6/conf/all/forwarding", F_OK) == 0;
}

static void forget(int dir, const char *name)
{
	char file[LW_NETWORK_NAME_MAX + 8];

	file_of(name, file);
	unlinkat(dir, file, 0);
	snprintf(file, sizeof file, "%s.leases", name);
	unlinkat(dir, file, 0);
}

/* Alone. What is written down stands, and is made again where the host has lost it. */
static int make(int dir, struct lw_nl *nl, const struct lw_network_want *want, struct lw_named_network *n, bool known,
		int *ret_index, struct lw_err *err)
{
	_cleanup_close_ int all = lock_all(dir, err);
	struct all_taken taken = { 0 };
	struct lw_link link;
	int r = all;

	if (!known) {
		*n = (struct lw_named_network){ .mtu = want->mtu ? want->mtu : LW_NETWORK_MTU,
						.subnet = { want->subnet[0], want->subnet[1] },
						.namespace = lw_networks_namespace() };
		snprintf(n->name, sizeof n->name, "%s", want->name);
		lw_network_bridge_name(n->name, n->bridge);
		bridge_mac(n->name, n->mac);
		if (r >= 0 && lw_link_get(nl, n->bridge, &link, NULL) >= 0) {
			r = lw_fail(err, -EEXIST,
				    "network \"%s\": the interface '%s' is there already, and not lunward's", n->name,
				    n->bridge);
			lw_err_hint(err, "choose another name for the network");
		}
	}
	if (r >= 0)
		r = find_taken(dir, nl, n->name, &taken, err);
	if (r >= 0)
		r = lw_network_place(n->name, taken.v, taken.n, has_inet6() && n->mtu >= 1280, n->subnet, err);
	free(taken.v);
	for (int i = 0; i < 2 && r >= 0; i++)
		if (n->subnet[i].family)
			n->gateway[i] = lw_ip_nth(&n->subnet[i], 1);
	n->declared = n->declared || want->declared;
	if (r >= 0)
		r = save(dir, n, err);
	if (r >= 0)
		r = lw_forwarding_on(dir, n->subnet[1].family != 0, err);
	if (r >= 0)
		r = make_bridge(nl, n, ret_index, err);
	return r < 0 ? r : make_rules(dir, nl, n, err);
}

/* The last one: what the host had before any network is put back. */
static void after_last(int dir)
{
	_cleanup_free_ char(*left)[LW_NETWORK_NAME_MAX] = NULL;
	size_t n = 0;

	names(dir, &left, &n);
	if (!n)
		lw_forwarding_back(dir);
}

/* With the last network of this namespace the tables go. */
static void take_rules(int dir, const struct lw_named_network *n)
{
	_cleanup_free_ char(*left)[LW_NETWORK_NAME_MAX] = NULL;
	_cleanup_close_ int state = -1;
	struct lw_traffic_network t = traffic_of(dir, n, &state);
	struct lw_named_network other;
	bool last = true;
	size_t count = 0;

	names(dir, &left, &count);
	for (size_t i = 0; i < count; i++)
		last = last && !(load(dir, left[i], &other) && other.namespace == n->namespace);
	(void)lw_traffic_network_remove(&t, last, NULL);
}

/* Alone, and nobody is on it. */
static int take_away(int dir, struct lw_nl *nl, const struct lw_named_network *n, struct lw_err *err)
{
	_cleanup_close_ int all = lock_all(dir, err);
	int r = all;

	if (r >= 0 && n->namespace == lw_networks_namespace()) {
		lw_link_delete(nl, n->bridge);
		r = lw_nl_commit(nl, err);
		if (r == -ENODEV)
			r = 0;
	}
	if (r < 0)
		return r;
	forget(dir, n->name);
	if (n->namespace == lw_networks_namespace())
		take_rules(dir, n);
	after_last(dir);
	return 0;
}

/* The network as it is written down, if it is there and this namespace's. 1: it is; 0: it is to be made. */
static int look(int dir, int leases, struct lw_nl *nl, const char *name, struct lw_named_network *n, bool *ret_known,
		int *ret_index, struct lw_err *err)
{
	struct lw_link link;

	*ret_known = load(dir, name, n);
	if (*ret_known && n->namespace != lw_networks_namespace()) {
		/* One that nobody is on has gone with its namespace. */
		if (lw_leases_used(leases, 1) || n->declared) {
			lw_fail(err, -EXDEV, "network \"%s\" is in another network namespace", name);
			lw_err_hint(err, "choose another name, or another state directory (--state)");
			return -EXDEV;
		}
		*ret_known = false;
	}
	if (!*ret_known || lw_link_get(nl, n->bridge, &link, NULL) < 0 || strcmp(link.kind, "bridge") != 0)
		return 0;
	*ret_index = link.index;
	return 1;
}

/* Holds the network's lock when it returns 0: *ret_fd. */
static int have(int dir, struct lw_nl *nl, const struct lw_network_want *want, struct lw_named_network *n,
		int *ret_index, int *ret_fd, struct lw_err *err)
{
	_cleanup_close_ int fd = -1;
	bool known;
	int r = lw_leases_open(dir, want->name, false, &fd, err);

	if (r >= 0)
		r = look(dir, fd, nl, want->name, n, &known, ret_index, err);
	if (r == 0) {
		lw_close_p(&fd);
		r = lw_leases_open(dir, want->name, true, &fd, err);
		if (r >= 0)
			r = look(dir, fd, nl, want->name, n, &known, ret_index, err);
		if (r == 0) {
			r = make(dir, nl, want, n, known, ret_index, err);
			if (r < 0 && !known) {
				forget(dir, want->name);
				after_last(dir);
			}
		}
	}
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* --- using one --- */

static void own_mac(struct lw_network_lease *l)
{
	uint32_t i = lw_ip_index(&l->address[1]);

	if (l->address[0].family)
		memcpy(l->mac,
		       (uint8_t[]){ 0x02, 0x42, l->address[0].bytes[0], l->address[0].bytes[1], l->address[0].bytes[2],
				    l->address[0].bytes[3] },
		       6);
	else
		memcpy(l->mac,
		       (uint8_t[]){ 0x06, 0x42, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i },
		       6);
}

int lw_networks_use(int state_fd, struct lw_nl *nl, const struct lw_network_want *want, struct lw_network_lease *ret,
		    struct lw_err *err)
{
	struct lw_network_lease l = { .fd = -1 };
	_cleanup_close_ int dir = -1;
	int r = open_directory(state_fd, true, &dir, err);

	if (r >= 0)
		r = have(dir, nl, want, &l.net, &l.bridge, &l.fd, err);
	if (r < 0)
		return r;
	r = lw_leases_take(l.fd, &l.net, want, l.address, err);
	lw_leases_unlock(l.fd);
	if (r < 0) {
		lw_networks_leave(state_fd, &l);
		return r;
	}
	own_mac(&l);
	*ret = l;
	return 0;
}

/* False: it stays. */
static bool take_away_unused(int dir, struct lw_nl *nl, const char *name)
{
	struct lw_named_network n;
	_cleanup_close_ int fd = -1;

	if (lw_leases_open(dir, name, true, &fd, NULL) < 0 || lw_leases_used(fd, 1))
		return false;
	if (!load(dir, name, &n)) {
		forget(dir, name);
		return false;
	}
	return !n.declared && take_away(dir, nl, &n, NULL) >= 0;
}

void lw_networks_leave(int state_fd, struct lw_network_lease *l)
{
	struct lw_nl *nl = NULL;
	_cleanup_close_ int dir = -1;

	if (l->fd < 0)
		return;
	/* First given back, by init's copy too, which may still be ending, and then looked: of two that leave together
	 * the later one sees nobody. */
	lw_leases_give_back(l->fd);
	if (!lw_leases_used(l->fd, 1) && open_directory(state_fd, false, &dir, NULL) >= 0 && lw_nl_open(&nl, NULL) >= 0)
		take_away_unused(dir, nl, l->net.name);
	lw_nl_close(nl);
	lw_close_p(&l->fd);
}

/* --- by hand --- */

int lw_networks_create(int state_fd, struct lw_nl *nl, const struct lw_network_want *want, struct lw_err *err)
{
	struct lw_named_network n;
	_cleanup_close_ int dir = -1, fd = -1;
	bool known;
	int index, r = open_directory(state_fd, true, &dir, err);

	if (r >= 0)
		r = lw_leases_open(dir, want->name, true, &fd, err);
	if (r >= 0)
		r = look(dir, fd, nl, want->name, &n, &known, &index, err);
	if (r < 0)
		return r;
	bool same = known && (!want->mtu || want->mtu == n.mtu);
	for (int i = 0; i < 2 && same; i++)
		same = !want->subnet[i].family || lw_ip_same(&want->subnet[i], &n.subnet[i]);
	if (known && (n.declared || !same)) {
		lw_fail(err, -EEXIST, "network \"%s\" is there already%s", want->name,
			same ? "" : ", and not as it was asked for");
		lw_err_hint(err, "`lunward network inspect %s` shows it", want->name);
		return -EEXIST;
	}
	if (r > 0) {
		n.declared = true;
		return save(dir, &n, err);
	}
	r = make(dir, nl, want, &n, known, &index, err);
	if (r < 0 && !known) {
		forget(dir, want->name);
		after_last(dir);
	}
	return r < 0 ? r : 0;
}

int lw_networks_find(int state_fd, const char *name, struct lw_named_network *ret, struct lw_err *err)
{
	_cleanup_close_ int dir = -1;
	_cleanup_free_ char(*all)[LW_NETWORK_NAME_MAX] = NULL;
	struct lw_near near = { .word = name };
	size_t n = 0;

	if (open_directory(state_fd, false, &dir, NULL) >= 0) {
		if (load(dir, name, ret))
			return 0;
		names(dir, &all, &n);
		for (size_t i = 0; i < n; i++)
			lw_near_offer(&near, all[i]);
	}
	lw_fail_as(err, LW_ERR_USAGE, -ENOENT, "no network \"%s\"", name);
	lw_err_hint(err, near.best ? "did you mean \"%s\"?" : "`lunward network ls` shows them", near.best);
	return -ENOENT;
}

int lw_networks_remove(int state_fd, struct lw_nl *nl, const char *name, struct lw_err *err)
{
	struct lw_named_network n;
	_cleanup_close_ int dir = -1, fd = -1;
	int r = lw_networks_find(state_fd, name, &n, err);

	if (r >= 0)
		r = open_directory(state_fd, false, &dir, err);
	if (r >= 0)
		r = lw_leases_open(dir, name, true, &fd, err);
	if (r < 0)
		return r;
	if (lw_leases_used(fd, 1)) {
		lw_fail(err, -EBUSY, "network \"%s\" is in use", name);
		lw_err_hint(err, "end the sandboxes on it first; `lunward graph --net` shows them");
		return -EBUSY;
	}
	return take_away(dir, nl, &n, err);
}

int lw_networks_each(int state_fd, int (*fn)(void *arg, const struct lw_named_network *n, unsigned users), void *arg)
{
	_cleanup_close_ int dir = -1;
	_cleanup_free_ char(*all)[LW_NETWORK_NAME_MAX] = NULL;
	size_t n = 0;
	int r = 0;

	if (open_directory(state_fd, false, &dir, NULL) < 0)
		return 0;
	names(dir, &all, &n);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct lw_named_network one;
		char file[LW_NETWORK_NAME_MAX + 8];
		snprintf(file, sizeof file, "%s.leases", all[i]);
		_cleanup_close_ int fd = openat(dir, file, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (load(dir, all[i], &one))
			r = fn(arg, &one, fd < 0 ? 0 : lw_leases_used(fd, UINT32_MAX));
	}
	return r;
}

unsigned lw_networks_sweep(int state_fd)
{
	_cleanup_close_ int dir = -1;
	_cleanup_free_ char(*all)[LW_NETWORK_NAME_MAX] = NULL;
	struct lw_nl *nl = NULL;
	size_t n = 0;
	unsigned found = 0;

	if (open_directory(state_fd, false, &dir, NULL) < 0)
		return 0;
	names(dir, &all, &n);
	if (n && lw_nl_open(&nl, NULL) >= 0)
		for (size_t i = 0; i < n; i++)
			found += take_away_unused(dir, nl, all[i]);
	lw_nl_close(nl);
	return found;
}

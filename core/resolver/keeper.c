/* keeper.c: reads the policies of one network as they come and go, hands them to the worker, and puts addresses that
 * names led to into the sets of whoever may have them. It reads no packet. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "net/nft.h"
#include "resolver/resolver.h"

#define KNOWN 2048

struct known { /* an address that is in a set */
	char id[17];
	int set;
	struct lw_ip ip;
	int64_t until;
};
struct keeper {
	int worker, dir, watch;
	const char *table;
	struct policy policy;
	struct known known[KNOWN];
	size_t next;
};

static int64_t seconds_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

static bool is_id(const char *name)
{
	size_t n = strlen(name);
	return n >= 16 && n <= 64 && strspn(name, "0123456789abcdef") == n;
}

/* --- policies --- */

static void tell(struct keeper *k, char type, const char *id, const char *text)
{
	static char m[RESOLVER_PACKET_MAX];
	int n = snprintf(m, sizeof m, "%c%s", type, id) + 1;
	int more = text ? snprintf(m + n, sizeof m - (size_t)n, "%s", text) : 0;
	if (more >= 0 && (size_t)(n + more) < sizeof m)
		(void)!send(k->worker, m, (size_t)(n + more), MSG_NOSIGNAL);
}

/* The host's own name servers, for sandboxes that name none. */
static void tell_servers(struct keeper *k)
{
	uint8_t m[1 + POLICY_SERVERS * sizeof(struct lw_ip)] = { RESOLVER_SERVERS };
	struct lw_ip ip;
	_cleanup_free_ char *text = NULL;
	size_t n = 0, len;
	char *save = NULL;
	if (lw_read_file("/etc/resolv.conf", 65536, &text, &len) < 0)
		text = strdup("nameserver 127.0.0.1");
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && n < POLICY_SERVERS;
	     line = strtok_r(NULL, "\n", &save)) {
		char word[64], value[64];
		if (sscanf(line, "%63s %63s", word, value) == 2 && !strcmp(word, "nameserver") &&
		    lw_ip_parse(value, &ip) >= 0)
			memcpy(m + 1 + sizeof ip * n++, &ip, sizeof ip);
	}
	(void)!send(k->worker, m, 1 + n * sizeof ip, MSG_NOSIGNAL);
}

/* A policy that was taken is marked: whoever wrote it waits for that before the command may run. */
static void take(struct keeper *k, const char *id)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	_cleanup_close_ int fd = openat(k->dir, id, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || lw_read_all(fd, POLICY_TEXT_MAX, &text, &n) < 0) {
		policy_drop(&k->policy, id);
		tell(k, RESOLVER_DROP, id, NULL);
		return;
	}
	if (policy_put(&k->policy, id, text, NULL) < 0)
		return;
	tell(k, RESOLVER_POLICY, id, text);
	(void)!fchmod(fd, 0400);
}

/* Calls `each` (may be NULL) with every policy there is: how many, or a negative errno. */
static int each_policy(int dir, void (*each)(struct keeper *k, const char *id), struct keeper *k)
{
	int n = 0, fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return -errno;
	for (const struct dirent *e; (e = readdir(d));) {
		if (!is_id(e->d_name))
			continue;
		n++;
		if (each)
			each(k, e->d_name);
	}
	closedir(d);
	return n;
}

bool resolver_needed(int dir)
{
	return each_policy(dir, NULL, NULL) > 0;
}

/* False: the directory itself is gone. */
static bool changed(struct keeper *k)
{
	char buf[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(k->watch, buf, sizeof buf);
	for (char *p = buf; n > 0 && p < buf + n;) {
		struct inotify_event *e = (struct inotify_event *)(void *)p;
		p += sizeof *e + e->len;
		if (e->mask & (IN_IGNORED | IN_DELETE_SELF))
			return false;
		if (e->mask & IN_Q_OVERFLOW)
			(void)each_policy(k->dir, take, k);
		else if (e->len && is_id(e->name))
			take(k, e->name);
	}
	tell_servers(k);
	return true;
}

/* --- addresses --- */

/* One of this host's: not the world's, whatever a name server says. */
static bool is_host(const struct lw_ip *ip)
{
	struct sockaddr_storage a = { .ss_family = (sa_family_t)ip->family };
	_cleanup_close_ int fd = socket(ip->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ip->family == AF_INET)
		memcpy(&((struct sockaddr_in *)&a)->sin_addr, ip->bytes, 4);
	else
		memcpy(&((struct sockaddr_in6 *)&a)->sin6_addr, ip->bytes, 16);
	return fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
}

static bool may_have(const struct keeper *k, const struct policy_sandbox *s, const struct lw_ip *ip)
{
	if ((ip->family != AF_INET && ip->family != AF_INET6) || ip->prefix != lw_ip_width(ip->family))
		return false;
	if (policy_by_ip(&k->policy, ip))
		return true;
	return policy_takes(s, ip) && (dns_is_private(ip) || !is_host(ip));
}

static bool has_set(const struct policy_sandbox *s, int set)
{
	for (size_t i = 0; i < s->n_rules; i++)
		if (!s->rules[i].rule.to.family && s->rules[i].set == set)
			return true;
	return false;
}

static struct known *known(struct keeper *k, const char *id, int set, const struct lw_ip *ip)
{
	for (size_t i = 0; i < KNOWN; i++) {
		struct known *e = &k->known[i];
		if (e->until && e->set == set && lw_ip_same(&e->ip, ip) && strncmp(e->id, id, 16) == 0)
			return e;
	}
	return NULL;
}

static bool may_set(const struct policy_sandbox *s, uint64_t sets)
{
	for (int set = 0; set < POLICY_SETS; set++)
		if ((sets >> set & 1) && !has_set(s, set))
			return false;
	return true;
}

/* It stays in the set for as long as the sandbox is told. */
static bool lives(const struct known *e, int64_t now, uint32_t ttl)
{
	return e && e->until >= now + ttl;
}

static void remember(struct keeper *k, const char *id, int set, const struct lw_ip *ip, int64_t until)
{
	struct known *e = known(k, id, set, ip);
	if (!e)
		e = &k->known[k->next++ % KNOWN];
	*e = (struct known){ .set = set, .ip = *ip, .until = until };
	memcpy(e->id, id, 16);
}

/* Those of the addresses that the sandbox may have are in the sets afterwards: *ret has a bit for each. */
static bool grant(struct keeper *k, const struct resolver_grant *g, uint32_t *ret)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	const struct policy_sandbox *s = policy_by_id(&k->policy, g->id);
	unsigned seconds = policy_seconds(g->ttl);
	int64_t now = seconds_now();
	bool added = false;
	if (!s || g->n > DNS_ADDRESSES || !may_set(s, g->sets))
		return false;
	lw_nft_begin(&t);
	for (size_t i = 0; i < g->n; i++) {
		if (!may_have(k, s, &g->ip[i]))
			continue;
		*ret |= UINT32_C(1) << i;
		for (int set = 0; set < POLICY_SETS; set++) {
			if (!(g->sets >> set & 1) || lives(known(k, s->id, set, &g->ip[i]), now, g->ttl))
				continue;
			lw_nft_name_add(k->table, s->id, set, &g->ip[i], seconds, &t);
			added = true;
		}
	}
	lw_nft_end(&t);
	if (added && lw_nft_run(&t, NULL) < 0)
		return false;
	for (size_t i = 0; i < g->n && added; i++)
		for (int set = 0; set < POLICY_SETS && (*ret >> i & 1); set++)
			if ((g->sets >> set & 1) && !lives(known(k, s->id, set, &g->ip[i]), now, g->ttl))
				remember(k, s->id, set, &g->ip[i], now + seconds);
	return true;
}

static bool hear_worker(struct keeper *k)
{
	struct {
		uint8_t type;
		struct resolver_grant g;
	} m;
	ssize_t n = recv(k->worker, &m, sizeof m, 0);
	if (n != sizeof m || m.type != RESOLVER_GRANT)
		return n > 0;
	m.g.id[sizeof m.g.id - 1] = '\0';
	struct {
		uint8_t type;
		uint8_t body[sizeof(struct resolver_granted)];
	} back = { .type = RESOLVER_GRANT };
	struct resolver_granted r;
	memset(&r, 0, sizeof r);
	r.serial = m.g.serial;
	r.ok = grant(k, &m.g, &r.taken);
	memcpy(back.body, &r, sizeof r);
	return send(k->worker, &back, sizeof back, MSG_NOSIGNAL) == sizeof back;
}

int resolver_keep(int worker, int dir, const char *table, struct lw_err *err)
{
	static struct keeper k;
	char path[40];
	policy_done(&k.policy);
	k = (struct keeper){ .worker = worker, .dir = dir, .table = table };
	_cleanup_close_ int watch = inotify_init1(IN_CLOEXEC);
	snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
	if (watch < 0 ||
	    inotify_add_watch(watch, path, IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR) < 0)
		return lw_fail(err, -errno, "inotify: %s", strerror(errno));
	k.watch = watch;
	tell_servers(&k);
	int r = each_policy(dir, take, &k);
	while (r >= 0 && k.policy.n) {
		struct pollfd p[] = { { watch, POLLIN, 0 }, { worker, POLLIN, 0 } };
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return lw_fail(err, -errno, "poll: %s", strerror(errno));
		if ((p[0].revents && !changed(&k)))
			return 0;
		if (p[1].revents && !hear_worker(&k))
			return lw_fail(err, -EPIPE, "the worker ended");
	}
	return r < 0 ? lw_fail(err, r, "the policies cannot be read: %s", strerror(-r)) : 0;
}

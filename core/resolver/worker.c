/* worker.c: the process that answers. What it reads is anybody's: it owns no file, no privilege and no rule, asks the
 * keeper before it tells an address, and drops what it has no room for. */
#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include "base/cleanup.h"
#include "resolver/resolver.h"

#define QUERIES 256
#define QUERIES_OF_ONE 64 /* of one sandbox, at once */
#define CONNS 64
#define CONNS_OF_ONE 8
#define CONN_MAX 1500 /* bytes of a question by TCP */
#define RATE 200      /* questions a second of one sandbox, and as many saved up */
#define TRY_MS 1500
#define TRIES 4
#define CONN_MS 5000

enum phase { PHASE_FREE, PHASE_ASKING, PHASE_GRANTING };

struct conn {
	int fd;
	uint32_t generation;
	int64_t deadline;
	struct lw_ip who;
	size_t got;
	bool busy;
	uint8_t buf[CONN_MAX];
};
struct query {
	enum phase phase;
	enum verdict verdict;
	uint32_t serial;
	uint64_t sets;
	char id[65];
	/* who asked */
	int udp, conn; /* the socket, or which connection; -1 */
	uint32_t generation;
	struct sockaddr_storage peer;
	socklen_t peer_len;
	struct dns_question q;
	uint8_t msg[CONN_MAX];
	size_t msg_len;
	/* who is asked */
	int fd;
	bool tcp, sent;
	uint16_t upstream_id;
	char asked[LW_DNS_NAME_MAX + 1]; /* the name, its letters large and small at random */
	unsigned tries;
	int64_t deadline;
	uint8_t *stream; /* by TCP: what has come */
	size_t stream_len;
	struct dns_answer answer;
};
struct worker {
	int keeper;
	const int *sockets;
	struct policy policy;
	size_t n_servers;
	struct lw_ip server[POLICY_SERVERS];
	struct query query[QUERIES];
	struct conn conn[CONNS];
	uint32_t serial, generation;
	int64_t now; /* milliseconds */
};

static int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void conn_close(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct conn){ .fd = -1 };
}

static void query_free(struct query *q)
{
	if (q->fd >= 0)
		close(q->fd);
	free(q->stream);
	*q = (struct query){ .fd = -1, .udp = -1, .conn = -1 };
}

static struct lw_ip ip_of(const struct sockaddr_storage *a)
{
	struct lw_ip ip = { .family = a->ss_family, .prefix = lw_ip_width(a->ss_family) };
	if (a->ss_family == AF_INET)
		memcpy(ip.bytes, &((const struct sockaddr_in *)a)->sin_addr, 4);
	else
		memcpy(ip.bytes, &((const struct sockaddr_in6 *)a)->sin6_addr, 16);
	return ip;
}

static socklen_t address_of(const struct lw_ip *ip, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){ .ss_family = (sa_family_t)ip->family };
	if (ip->family == AF_INET) {
		((struct sockaddr_in *)ret)->sin_port = htons(RESOLVER_PORT);
		memcpy(&((struct sockaddr_in *)ret)->sin_addr, ip->bytes, 4);
		return sizeof(struct sockaddr_in);
	}
	((struct sockaddr_in6 *)ret)->sin6_port = htons(RESOLVER_PORT);
	memcpy(&((struct sockaddr_in6 *)ret)->sin6_addr, ip->bytes, 16);
	return sizeof(struct sockaddr_in6);
}

/* --- answering --- */

static void send_back(struct worker *w, struct query *q, uint8_t *msg, size_t n)
{
	if (q->conn < 0) {
		(void)!sendto(q->udp, msg, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&q->peer, q->peer_len);
		return;
	}
	struct conn *c = &w->conn[q->conn];
	if (c->fd < 0 || c->generation != q->generation)
		return;
	uint8_t head[2] = { (uint8_t)(n >> 8), (uint8_t)n };
	/* Who does not read what it asked for does not ask again. */
	if (send(c->fd, head, 2, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE) != 2 ||
	    send(c->fd, msg, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n) {
		conn_close(c);
		return;
	}
	size_t used = 2 + (size_t)(c->buf[0] << 8 | c->buf[1]);
	memmove(c->buf, c->buf + used, c->got - used);
	c->got -= used;
	c->busy = false;
	c->deadline = w->now + CONN_MS;
}

static void finish(struct worker *w, struct query *q, int rcode, const struct lw_ip *ip, size_t n, uint32_t ttl)
{
	uint8_t buf[DNS_UDP_MAX];
	size_t len = dns_write_answer(q->msg, &q->q, rcode, ip, n, ttl, buf);
	send_back(w, q, buf, len);
	query_free(q);
}

static void ask_keeper(struct worker *w, struct query *q)
{
	struct {
		uint8_t type;
		struct resolver_grant g;
	} m = { .type = RESOLVER_GRANT,
		.g = { .serial = q->serial, .ttl = q->answer.ttl, .sets = q->sets, .n = (uint8_t)q->answer.n } };
	strcpy(m.g.id, q->id);
	memcpy(m.g.ip, q->answer.ip, sizeof m.g.ip);
	q->phase = PHASE_GRANTING;
	q->deadline = w->now + 5000;
	if (send(w->keeper, &m, sizeof m, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof m)
		finish(w, q, ns_r_servfail, NULL, 0, 0);
}

/* The addresses are known: first the rules, then the answer. */
static void resolved(struct worker *w, struct query *q)
{
	if (q->answer.n && q->sets)
		ask_keeper(w, q);
	else
		finish(w, q, q->answer.rcode, q->answer.ip, q->answer.n, q->answer.ttl);
}

/* --- asking --- */

static const struct lw_ip *server_of(const struct worker *w, const struct query *q)
{
	const struct policy_sandbox *s = policy_by_id(&w->policy, q->id);
	if (s && s->n_servers)
		return &s->server[q->tries % s->n_servers];
	return w->n_servers ? &w->server[q->tries % w->n_servers] : NULL;
}

static size_t upstream_message(struct query *q, uint8_t *buf)
{
	uint8_t mix[DNS_MIX] = { 0 };
	(void)!getrandom(&q->upstream_id, sizeof q->upstream_id, 0);
	(void)!getrandom(mix, sizeof mix, 0);
	if (q->verdict == VERDICT_ASK) {
		strcpy(q->asked, q->q.name);
		dns_mix(q->asked, mix);
		return dns_write_question(q->upstream_id, q->asked, q->q.type, buf);
	}
	memcpy(buf, q->msg, q->msg_len);
	buf[0] = (uint8_t)(q->upstream_id >> 8);
	buf[1] = (uint8_t)q->upstream_id;
	return q->msg_len;
}

/* The next try; the kernel picks the port. */
static void ask(struct worker *w, struct query *q)
{
	uint8_t buf[CONN_MAX];
	struct sockaddr_storage to;
	for (;; q->tries++) {
		const struct lw_ip *server = server_of(w, q);
		if (q->fd >= 0)
			close(q->fd);
		q->fd = -1;
		if (!server || q->tries >= TRIES) {
			finish(w, q, ns_r_servfail, NULL, 0, 0);
			return;
		}
		socklen_t len = address_of(server, &to);
		q->fd = socket(server->family, (q->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (q->fd < 0 || (connect(q->fd, (struct sockaddr *)&to, len) < 0 && errno != EINPROGRESS))
			continue;
		q->phase = PHASE_ASKING;
		q->deadline = w->now + TRY_MS;
		q->sent = !q->tcp;
		q->stream_len = 0;
		if (q->tcp)
			return;
		size_t n = upstream_message(q, buf);
		if (send(q->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
			return;
	}
}

static void again(struct worker *w, struct query *q)
{
	q->tries++;
	ask(w, q);
}

/* As it came, but not more by UDP than who asked takes. */
static void pass_back(struct worker *w, struct query *q, uint8_t *msg, size_t n)
{
	uint8_t cut[DNS_UDP_MAX];
	memcpy(msg, q->msg, 2);
	if (q->conn < 0 && n > q->q.room) {
		n = dns_write_answer(q->msg, &q->q, ns_r_noerror, NULL, 0, 0, cut);
		cut[2] |= 2;
		msg = cut;
	}
	send_back(w, q, msg, n);
	query_free(q);
}

/* An answer from whom was asked. False: it is none. */
static bool take_answer(struct worker *w, struct query *q, uint8_t *msg, size_t n)
{
	if (q->verdict == VERDICT_PASS) {
		if (!dns_answers(msg, n, q->upstream_id, q->msg, &q->q))
			return false;
		pass_back(w, q, msg, n);
		return true;
	}
	if (dns_read_answer(msg, n, q->upstream_id, q->q.name, q->q.type, &q->answer) < 0 ||
	    (!q->tcp && !dns_repeats(msg, n, q->asked)))
		return false;
	if (q->answer.truncated && !q->tcp) {
		q->tcp = true;
		ask(w, q);
		return true;
	}
	const struct policy_sandbox *s = policy_by_id(&w->policy, q->id);
	size_t n_ip = 0;
	for (size_t i = 0; s && i < q->answer.n; i++)
		if (policy_takes(s, &q->answer.ip[i]))
			q->answer.ip[n_ip++] = q->answer.ip[i];
	q->answer.n = n_ip;
	if (q->answer.ttl > 3600)
		q->answer.ttl = 3600;
	if (q->answer.rcode != ns_r_noerror && q->answer.rcode != ns_r_nxdomain)
		q->answer.rcode = ns_r_servfail;
	resolved(w, q);
	return true;
}

static void heard_stream(struct worker *w, struct query *q)
{
	uint8_t buf[CONN_MAX + 2];
	if (!q->sent) {
		size_t n = upstream_message(q, buf + 2);
		buf[0] = (uint8_t)(n >> 8);
		buf[1] = (uint8_t)n;
		q->sent = true;
		if (send(q->fd, buf, n + 2, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n + 2)
			again(w, q);
		return;
	}
	if (!q->stream && !(q->stream = malloc(DNS_MAX + 2))) {
		finish(w, q, ns_r_servfail, NULL, 0, 0);
		return;
	}
	ssize_t n = recv(q->fd, q->stream + q->stream_len, DNS_MAX + 2 - q->stream_len, MSG_DONTWAIT);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			again(w, q);
		return;
	}
	q->stream_len += (size_t)n;
	size_t want = q->stream_len < 2 ? 2 : 2 + (size_t)(q->stream[0] << 8 | q->stream[1]);
	if (q->stream_len < 2 || q->stream_len < want)
		return;
	if (!take_answer(w, q, q->stream + 2, want - 2))
		again(w, q);
}

static void heard(struct worker *w, struct query *q)
{
	static uint8_t buf[DNS_MAX];
	if (q->tcp) {
		heard_stream(w, q);
		return;
	}
	ssize_t n = recv(q->fd, buf, sizeof buf, MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN)
		again(w, q); /* refused: there is nobody */
	if (n < 0 || take_answer(w, q, buf, (size_t)n))
		return;
	/* Somebody guesses, and would guess right sooner or later. By TCP that is of no use. */
	q->tcp = true;
	ask(w, q);
}

/* --- questions --- */

static bool may_ask(struct worker *w, struct policy_sandbox *s)
{
	unsigned busy = 0;
	int64_t passed = w->now - s->refilled;
	if (passed >= 1000 || !s->refilled) {
		s->tokens = RATE;
		s->refilled = w->now;
	}
	for (size_t i = 0; i < QUERIES; i++)
		busy += w->query[i].phase != PHASE_FREE && strcmp(w->query[i].id, s->id) == 0;
	if (busy >= QUERIES_OF_ONE || !s->tokens)
		return false;
	s->tokens--;
	return true;
}

/* from: filled with who asked. False: dropped. */
static bool question(struct worker *w, const struct query *from, const struct lw_ip *who, const uint8_t *msg, size_t n)
{
	struct policy_sandbox *s = (struct policy_sandbox *)(uintptr_t)policy_by_ip(&w->policy, who);
	const struct policy_sandbox *local;
	struct query *q = NULL;
	if (!s || n > CONN_MAX || !may_ask(w, s))
		return false;
	for (size_t i = 0; i < QUERIES && !q; i++)
		if (w->query[i].phase == PHASE_FREE)
			q = &w->query[i];
	if (!q)
		return false;
	*q = *from;
	q->fd = -1;
	int r = dns_read_question(msg, n, &q->q);
	if (r < 0) {
		query_free(q);
		return false;
	}
	memcpy(q->msg, msg, n);
	q->msg_len = n;
	if (q->conn >= 0)
		q->q.room = DNS_UDP_MAX;
	if (r > 0) {
		finish(w, q, r, NULL, 0, 0);
		return true;
	}
	strcpy(q->id, s->id);
	q->serial = ++w->serial;
	q->verdict = policy_decide(&w->policy, s, &q->q, &local, &q->sets);
	switch (q->verdict) {
	case VERDICT_REFUSE:
		/* "No such name" ends it: "refused" would make libc ask the next server, or wait. */
		finish(w, q, ns_r_nxdomain, NULL, 0, 0);
		return true;
	case VERDICT_NOTHING:
		finish(w, q, ns_r_noerror, NULL, 0, 0);
		return true;
	case VERDICT_LOCAL:
		q->answer = (struct dns_answer){ .ttl = 5 };
		for (int i = 0; i < 2; i++)
			if (local->ip[i].family == (q->q.type == ns_t_a ? AF_INET : AF_INET6))
				q->answer.ip[q->answer.n++] = local->ip[i];
		q->phase = PHASE_GRANTING;
		resolved(w, q);
		return true;
	case VERDICT_PASS:
		q->tcp = q->conn >= 0;
		ask(w, q);
		return true;
	case VERDICT_ASK:
		ask(w, q);
		return true;
	}
	return false;
}

static void hear_udp(struct worker *w, int fd)
{
	uint8_t buf[CONN_MAX];
	for (int i = 0; i < 64; i++) {
		struct query from = { .udp = fd, .conn = -1, .fd = -1, .peer_len = sizeof from.peer };
		ssize_t n = recvfrom(fd, buf, sizeof buf, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from.peer,
				     &from.peer_len);
		if (n < 0)
			return;
		struct lw_ip who = ip_of(&from.peer);
		if ((size_t)n <= sizeof buf)
			(void)question(w, &from, &who, buf, (size_t)n);
	}
}

static void hear_listener(struct worker *w, int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	_cleanup_close_ int got = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (got < 0)
		return;
	struct lw_ip who = ip_of(&peer);
	struct conn *c = NULL;
	unsigned same = 0;
	for (size_t i = 0; i < CONNS; i++) {
		if (w->conn[i].fd < 0)
			c = &w->conn[i];
		else
			same += lw_ip_same(&w->conn[i].who, &who);
	}
	if (!c || same >= CONNS_OF_ONE || !policy_by_ip(&w->policy, &who))
		return;
	*c = (struct conn){
		.fd = TAKE_FD(got), .who = who, .generation = ++w->generation, .deadline = w->now + CONN_MS
	};
}

/* A whole question, one at a time. */
static void conn_question(struct worker *w, struct conn *c)
{
	size_t want = c->got < 2 ? 2 : 2 + (size_t)(c->buf[0] << 8 | c->buf[1]);
	if (want > sizeof c->buf) {
		conn_close(c);
		return;
	}
	if (c->busy || c->got < 2 || c->got < want)
		return;
	struct query from = { .udp = -1, .conn = (int)(c - w->conn), .fd = -1, .generation = c->generation };
	c->busy = true;
	c->deadline = w->now + 4 * CONN_MS;
	if (!question(w, &from, &c->who, c->buf + 2, want - 2))
		conn_close(c);
}

static void hear_conn(struct worker *w, struct conn *c)
{
	ssize_t n = recv(c->fd, c->buf + c->got, sizeof c->buf - c->got, MSG_DONTWAIT);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			conn_close(c);
		return;
	}
	c->got += (size_t)n;
	conn_question(w, c);
}

/* --- the keeper --- */

static void hear_servers(struct worker *w, const uint8_t *p, size_t n)
{
	w->n_servers = n / sizeof *w->server;
	if (w->n_servers > POLICY_SERVERS)
		w->n_servers = POLICY_SERVERS;
	memcpy(w->server, p, w->n_servers * sizeof *w->server);
}

static void hear_granted(struct worker *w, const uint8_t *p, size_t n)
{
	struct resolver_granted g;
	if (n != sizeof g)
		return;
	memcpy(&g, p, sizeof g);
	for (size_t i = 0; i < QUERIES; i++) {
		struct query *q = &w->query[i];
		if (q->phase != PHASE_GRANTING || q->serial != g.serial)
			continue;
		size_t n_ip = 0;
		for (size_t k = 0; k < q->answer.n; k++)
			if (g.taken >> k & 1)
				q->answer.ip[n_ip++] = q->answer.ip[k];
		finish(w, q, g.ok ? q->answer.rcode : ns_r_servfail, q->answer.ip, g.ok ? n_ip : 0, q->answer.ttl);
		return;
	}
}

static bool hear_keeper(struct worker *w)
{
	static char buf[RESOLVER_PACKET_MAX + 1];
	ssize_t n = recv(w->keeper, buf, sizeof buf - 1, MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	buf[n] = '\0';
	const char *body = buf + 1;
	size_t id = strnlen(body, (size_t)n - 1);
	if (buf[0] == RESOLVER_POLICY && id < (size_t)n - 1)
		(void)policy_put(&w->policy, body, body + id + 1, NULL);
	else if (buf[0] == RESOLVER_DROP)
		policy_drop(&w->policy, body);
	else if (buf[0] == RESOLVER_SERVERS)
		hear_servers(w, (const uint8_t *)body, (size_t)n - 1);
	else if (buf[0] == RESOLVER_GRANT)
		hear_granted(w, (const uint8_t *)body, (size_t)n - 1);
	return true;
}

/* --- the loop --- */

static int expire(struct worker *w)
{
	int64_t next = w->now + 3600000;
	for (size_t i = 0; i < QUERIES; i++) {
		struct query *q = &w->query[i];
		if (q->phase == PHASE_ASKING && q->deadline <= w->now)
			again(w, q);
		else if (q->phase == PHASE_GRANTING && q->deadline <= w->now)
			finish(w, q, ns_r_servfail, NULL, 0, 0);
		if (q->phase != PHASE_FREE && q->deadline < next)
			next = q->deadline;
	}
	for (size_t i = 0; i < CONNS; i++) {
		if (w->conn[i].fd >= 0 && w->conn[i].deadline <= w->now)
			conn_close(&w->conn[i]);
		if (w->conn[i].fd >= 0 && w->conn[i].deadline < next)
			next = w->conn[i].deadline;
	}
	return (int)(next - w->now);
}

void resolver_work(int keeper, const int sockets[RESOLVER_SOCKETS])
{
	static struct worker w;
	static struct pollfd p[1 + RESOLVER_SOCKETS + QUERIES + CONNS];
	w.keeper = keeper;
	w.sockets = sockets;
	for (size_t i = 0; i < QUERIES; i++)
		w.query[i].fd = -1;
	for (size_t i = 0; i < CONNS; i++)
		w.conn[i].fd = -1;
	for (;;) {
		struct pollfd *at = p;
		w.now = clock_ms();
		int wait = expire(&w);
		*at++ = (struct pollfd){ keeper, POLLIN, 0 };
		for (size_t i = 0; i < RESOLVER_SOCKETS; i++)
			*at++ = (struct pollfd){ sockets[i], POLLIN, 0 };
		for (size_t i = 0; i < QUERIES; i++)
			*at++ = (struct pollfd){ w.query[i].phase == PHASE_ASKING ? w.query[i].fd : -1,
						 w.query[i].sent ? POLLIN : POLLOUT, 0 };
		for (size_t i = 0; i < CONNS; i++)
			*at++ = (struct pollfd){ w.conn[i].busy ? -1 : w.conn[i].fd, POLLIN, 0 };
		if (poll(p, (nfds_t)(at - p), wait) < 0 && errno != EINTR)
			return;
		w.now = clock_ms();
		at = p;
		if (at++->revents && !hear_keeper(&w))
			return;
		for (size_t i = 0; i < RESOLVER_SOCKETS; i++)
			if (at++->revents) {
				if (i % 2)
					hear_listener(&w, sockets[i]);
				else
					hear_udp(&w, sockets[i]);
			}
		/* A query or connection that ended meanwhile has another descriptor, or none. */
		for (size_t i = 0; i < QUERIES; i++, at++)
			if (at->revents && w.query[i].phase == PHASE_ASKING && w.query[i].fd == at->fd)
				heard(&w, &w.query[i]);
		for (size_t i = 0; i < CONNS; i++, at++)
			if (at->revents && w.conn[i].fd == at->fd)
				hear_conn(&w, &w.conn[i]);
		for (size_t i = 0; i < CONNS; i++)
			if (w.conn[i].fd >= 0 && !w.conn[i].busy && w.conn[i].got)
				conn_question(&w, &w.conn[i]);
	}
}

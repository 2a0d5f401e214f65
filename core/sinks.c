/* sinks.c: see sinks.h. Also a part of warm launches: no libc but what they have. */
#include "sinks.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/cleanup.h"
#include "sys.h"

#define JOURNAL "/run/systemd/journal/socket"
#define SYSLOG "/dev/log"
/* A field is its name, a newline, the length in 8 bytes, the value and a newline, so that a value may hold anything. */
#define PARTS (5 * (LW_SINK_FIELDS + 5))

struct message {
	struct iovec v[PARTS];
	uint64_t lengths[LW_SINK_FIELDS + 5];
	size_t n, n_fields;
};

/* Records are small (a line of a log is at most 8 KiB), so that none has to go by a memory file. */
static int send_to(const char *path, struct message *m)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct msghdr msg = { .msg_name = &at, .msg_namelen = sizeof at, .msg_iov = m->v, .msg_iovlen = m->n };
	memcpy(at.sun_path, path, strlen(path) + 1);
	_cleanup_close_ int fd = (int)SYS(socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	long r = SYS(sendmsg, fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	return r < 0 ? (int)r : 0;
}

static void part(struct message *m, const void *bytes, size_t n)
{
	m->v[m->n++] = (struct iovec){ (void *)(uintptr_t)bytes, n };
}

static void field(struct message *m, const char *name, const char *value, size_t n)
{
	uint64_t *length = &m->lengths[m->n_fields++];
	uint8_t *bytes = (uint8_t *)length;
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)n >> (8 * i));
	part(m, name, strlen(name));
	part(m, "\n", 1);
	part(m, length, sizeof *length);
	part(m, value, n);
	part(m, "\n", 1);
}

static void word(struct message *m, const char *name, const char *value)
{
	field(m, name, value, strlen(value));
}

int lw_sink_journal(const struct lw_sink_record *r)
{
	struct message m;
	char severity[16], facility[16], pid[16];
	m.n = m.n_fields = 0;
	snprintf(severity, sizeof severity, "%d", r->severity);
	snprintf(facility, sizeof facility, "%d", r->facility);
	snprintf(pid, sizeof pid, "%d", (int)r->pid);
	field(&m, "MESSAGE", r->text, r->n_text);
	word(&m, "PRIORITY", severity);
	word(&m, "SYSLOG_FACILITY", facility);
	word(&m, "SYSLOG_IDENTIFIER", r->ident);
	word(&m, "SYSLOG_PID", pid);
	for (size_t i = 0; i < r->n_fields && i < LW_SINK_FIELDS; i++)
		if (r->fields[i].value && r->fields[i].n)
			field(&m, r->fields[i].name, r->fields[i].value, r->fields[i].n);
	return send_to(JOURNAL, &m);
}

/* As syslog(3) says it, but for the time: who listens is on this machine, and knows it as well as we do. */
int lw_sink_syslog(const struct lw_sink_record *r)
{
	struct message m;
	char head[128];
	m.n = m.n_fields = 0;
	int n = snprintf(head, sizeof head, "<%d>%.*s[%d]: ", r->facility * 8 + r->severity, 80, r->ident, (int)r->pid);
	part(&m, head, (size_t)n);
	part(&m, r->text, r->n_text);
	return send_to(SYSLOG, &m);
}

static bool is_journals(const char *path)
{
	static const char at[] = "/run/systemd/journal/";
	char to[64];
	long n = SYS(readlinkat, AT_FDCWD, path, to, sizeof to);
	return n > (long)sizeof at && !memcmp(to, at, sizeof at - 1);
}

void lw_sink_all(const struct lw_sink_record *r)
{
	bool journal = lw_sink_journal(r) >= 0;
	if (!journal || !is_journals(SYSLOG))
		(void)lw_sink_syslog(r);
}

/* policy.c: see policy.h. */
#include "resolver/policy.h"
#include <arpa/nameser.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/text.h"

#define KEEP_MIN 30 /* seconds; a program resolves, then connects */
#define KEEP_MAX 3600
#define KEEP_GRACE 10 /* longer than the sandbox is told */

static void sandbox_done(struct policy_sandbox *s)
{
	free(s->rules);
	free(s->nets);
}

static int grow(void *list, size_t *n, size_t size)
{
	void *more = reallocarray(*(void **)list, *n + 1, size);
	if (!more)
		return -ENOMEM;
	*(void **)list = more;
	(*n)++;
	return 0;
}

static int read_allow(struct policy_sandbox *s, char *value, struct lw_err *err)
{
	char *rule = strchr(value, ' ');
	int64_t set;
	if (!rule || grow(&s->rules, &s->n_rules, sizeof *s->rules) < 0)
		return -EINVAL;
	*rule++ = '\0';
	struct policy_rule *r = &s->rules[s->n_rules - 1];
	if (lw_parse_i64(value, &set) < 0 || set < 0 || set >= POLICY_SETS)
		return -EINVAL;
	r->set = (int)set;
	return lw_egress_parse(rule, &r->rule, err);
}

static int read_line(struct policy_sandbox *s, char *line, struct lw_err *err)
{
	char *value = strchr(line, ' ');
	if (!value)
		return strcmp(line, "filter") ? -EINVAL : (s->filter = true, 0);
	*value++ = '\0';
	if (!strcmp(line, "name"))
		return lw_dns_name_normalise(value, (char[LW_DNS_NAME_MAX + 1]){ 0 }) < 0 ||
				       strlen(value) >= sizeof s->name
			       ? -EINVAL
			       : (strcpy(s->name, value), 0);
	if (!strcmp(line, "ip"))
		return s->ip[1].family ? -EINVAL : lw_ip_parse(value, &s->ip[s->ip[0].family != 0]);
	if (!strcmp(line, "allow"))
		return read_allow(s, value, err);
	if (!strcmp(line, "net"))
		return grow(&s->nets, &s->n_nets, sizeof *s->nets) < 0 ? -ENOMEM
								       : lw_ip_parse(value, &s->nets[s->n_nets - 1]);
	if (!strcmp(line, "server"))
		return s->n_servers == POLICY_SERVERS ? -EINVAL : lw_ip_parse(value, &s->server[s->n_servers++]);
	return -EINVAL;
}

int policy_put(struct policy *p, const char *id, const char *text, struct lw_err *err)
{
	struct policy_sandbox s = { 0 };
	_cleanup_free_ char *copy = strdup(text);
	char *save = NULL;
	int r = copy && strlen(id) < sizeof s.id ? 0 : -ENOMEM;
	for (char *line = r < 0 ? NULL : strtok_r(copy, "\n", &save); line && r >= 0;
	     line = strtok_r(NULL, "\n", &save))
		r = read_line(&s, line, err);
	policy_drop(p, id);
	if (r >= 0)
		r = grow(&p->v, &p->n, sizeof *p->v);
	if (r < 0) {
		sandbox_done(&s);
		return lw_fail(err, r, "the policy of %.16s cannot be read", id);
	}
	strcpy(s.id, id);
	p->v[p->n - 1] = s;
	return 0;
}

void policy_drop(struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].id, id) == 0) {
			sandbox_done(&p->v[i]);
			p->v[i] = p->v[--p->n];
			return;
		}
}

void policy_done(struct policy *p)
{
	for (size_t i = 0; i < p->n; i++)
		sandbox_done(&p->v[i]);
	free(p->v);
	*p = (struct policy){ 0 };
}

const struct policy_sandbox *policy_by_id(const struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].id, id) == 0)
			return &p->v[i];
	return NULL;
}

const struct policy_sandbox *policy_by_ip(const struct policy *p, const struct lw_ip *ip)
{
	for (size_t i = 0; i < p->n && ip->family; i++)
		if (lw_ip_same(&p->v[i].ip[0], ip) || lw_ip_same(&p->v[i].ip[1], ip))
			return &p->v[i];
	return NULL;
}

static const struct policy_sandbox *by_name(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].name[0] && strcmp(p->v[i].name, name) == 0)
			return &p->v[i];
	return NULL;
}

enum verdict policy_decide(const struct policy *p, const struct policy_sandbox *s, const struct dns_question *q,
			   const struct policy_sandbox **ret_local, uint64_t *ret_sets)
{
	bool address = q->type == ns_t_a || q->type == ns_t_aaaa;
	const struct policy_sandbox *local = q->name[0] ? by_name(p, q->name) : NULL;

	*ret_local = local;
	*ret_sets = 0;
	for (size_t i = 0; i < s->n_rules && q->name[0]; i++)
		if (lw_egress_names(&s->rules[i].rule, q->name))
			*ret_sets |= UINT64_C(1) << s->rules[i].set;
	if (s->filter && !*ret_sets)
		return VERDICT_REFUSE;
	if (local)
		return address ? VERDICT_LOCAL : VERDICT_NOTHING;
	if (!s->filter)
		return VERDICT_PASS;
	return address ? VERDICT_ASK : VERDICT_NOTHING;
}

bool policy_takes(const struct policy_sandbox *s, const struct lw_ip *ip)
{
	for (size_t i = 0; i < s->n_nets; i++)
		if (lw_ip_within(&s->nets[i], ip))
			return true;
	return !dns_is_private(ip);
}

unsigned policy_seconds(uint32_t ttl)
{
	unsigned s = ttl < KEEP_MIN ? KEEP_MIN : ttl > KEEP_MAX ? KEEP_MAX : ttl;
	return s + KEEP_GRACE;
}

/* cmd_network.c: `lunward network`: the networks by name; and `lunward graph --net`, a picture of who is on them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/cli.h"
#include "network_graph.h"
#include "spec_codec.h"

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* "10.88.0.0/24 fd4b:…::/64" */
static void join(struct lw_text *t, const json_t *list, const char *between)
{
	size_t i;
	const json_t *v;
	json_array_foreach(list, i, v) lw_text_addf(t, "%s%s", i ? between : "", json_string_value(v));
}

static int table(const json_t *list)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	size_t n = json_array_size(list), i;
	const char **cells = calloc((n + 1) * 5, sizeof *cells);
	struct lw_text *subnets = calloc(n + 1, sizeof *subnets);
	char(*users)[16] = calloc(n + 1, sizeof *users);
	const json_t *o;

	t.failed = !cells || !subnets || !users;
	if (!t.failed) {
		const char *const head[] = { "NETWORK", "BRIDGE", "USERS", "DECLARED", "SUBNETS" };
		memcpy(cells, head, sizeof head);
		json_array_foreach(list, i, o)
		{
			const char **row = cells + (i + 1) * 5;
			snprintf(users[i], sizeof *users, "%d", (int)json_integer_value(json_object_get(o, "users")));
			join(&subnets[i], json_object_get(o, "subnets"), " ");
			row[0] = word(o, "name");
			row[1] = word(o, "bridge");
			row[2] = users[i];
			row[3] = json_is_true(json_object_get(o, "declared")) ? "yes" : "no";
			row[4] = subnets[i].buf ? subnets[i].buf : "";
		}
		cli_table(&t, cells, n + 1, 5);
	}
	int code = cli_print(&t);
	for (i = 0; subnets && i < n; i++)
		lw_text_done(&subnets[i]);
	free(subnets);
	free(users);
	free(cells);
	return code;
}

static int subnet(const char *text, int family, const char *option, struct lw_ip *ret, struct lw_err *err)
{
	if (!text)
		return 0;
	if (lw_ip_parse(text, ret) < 0 || (ret->family == 10 /* AF_INET6 */) != (family == 6)) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--%s: '%s' is no IPv%d subnet", option, text, family);
		lw_err_hint(err, family == 4 ? "10.88.1.0/24" : "fd00:1::/64");
		return -EINVAL;
	}
	if (!lw_ip_is_subnet(ret)) {
		struct lw_ip net = lw_ip_subnet(ret);
		char buf[LW_IP_MAX];
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--%s: '%s' is an address in a subnet", option, text);
		lw_err_hint(err, "its subnet is %s", lw_ip_format(&net, buf));
		return -EINVAL;
	}
	return 0;
}

static int create(struct cli *c, const struct cli_job *job, struct lw_nl *nl, struct lw_err *err)
{
	struct lw_network_want want = { .name = c->words[1], .mtu = c->mtu, .declared = true };
	int r = lw_check_network_name(want.name, err);

	if (r < 0 && err)
		err->cls = LW_ERR_USAGE;
	if (r >= 0)
		r = subnet(c->subnet, 4, "subnet", &want.subnet[0], err);
	if (r >= 0)
		r = subnet(c->subnet6, 6, "subnet6", &want.subnet[1], err);
	if (r >= 0 && want.subnet[1].family && want.mtu && want.mtu < 1280)
		r = lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--mtu: IPv6 needs 1280");
	return r < 0 ? r : lw_networks_create(job->host->state_fd, nl, &want, err);
}

struct one {
	const char *name;
	unsigned users;
};

static int count_users(void *arg, const struct lw_named_network *n, unsigned users)
{
	struct one *o = arg;
	if (strcmp(n->name, o->name) == 0)
		o->users = users;
	return 0;
}

/* Its record, and the detached sandboxes on it. */
static json_t *inspect(int state_fd, struct lw_nl *nl, const char *name, struct lw_err *err)
{
	struct lw_named_network n;
	struct one one = { .name = name };
	json_auto_t *graph = NULL;
	json_t *o, *box, *link, *on = json_array();
	size_t i, k;

	if (lw_networks_find(state_fd, name, &n, err) < 0 || !(graph = lw_network_graph(state_fd, nl, err))) {
		json_decref(on);
		return NULL;
	}
	lw_networks_each(state_fd, count_users, &one);
	o = lw_network_json(&n, one.users, nl);
	json_array_foreach(json_object_get(graph, "sandboxes"), i, box) json_array_foreach(
		json_object_get(box, "interfaces"), k, link) if (!strcmp(word(link, "bridge"), n.bridge))
		json_array_append_new(on, json_pack("{s:s,s:s,s:O}", "name", word(box, "name"), "id", word(box, "id"),
						    "addresses", json_object_get(link, "addresses")));
	json_object_set_new(o, "sandboxes", on);
	return o;
}

static int act(struct cli *c, const struct cli_job *job, struct lw_nl *nl, int *ret_code, struct lw_err *err)
{
	const char *verb = c->words[0], *name = c->n_words > 1 ? c->words[1] : NULL;
	int state_fd = job->host->state_fd;
	json_t *o;

	*ret_code = CLI_OK;
	if (!strcmp(verb, "create"))
		return create(c, job, nl, err);
	if (!strcmp(verb, "rm")) {
		int r = 0;
		for (size_t i = 1; i < c->n_words && r >= 0; i++)
			r = lw_networks_remove(state_fd, nl, c->words[i], err);
		return r;
	}
	o = name ? inspect(state_fd, nl, name, err) : lw_networks_json(state_fd, nl);
	if (!o)
		return -ENOENT;
	if (name || cli_is_data(c)) {
		*ret_code = cli_print_data(c, o);
		return 0;
	}
	*ret_code = table(o);
	json_decref(o);
	return 0;
}

/* How many words each takes, itself among them. */
static const struct {
	const char *verb;
	size_t least, most;
} acts[] = { { "ls", 1, 1 }, { "create", 2, 2 }, { "inspect", 2, 2 }, { "rm", 2, 256 } };

static bool understood(const struct cli *c)
{
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (c->n_words && !strcmp(c->words[0], acts[i].verb))
			return c->n_words >= acts[i].least && c->n_words <= acts[i].most;
	return false;
}

int cli_cmd_network(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_nl *nl = NULL;
	int code;

	if (!understood(c)) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "network: what about it?");
		lw_err_hint(&err,
			    "lunward network ls, network create NAME, network inspect NAME, or network rm NAME...");
		return cli_fail(&err);
	}
	int r = cli_probe(c, &job, &err);
	if (r >= 0)
		r = lw_nl_open(&nl, &err);
	if (r >= 0)
		r = act(c, &job, nl, &code, &err);
	if (r < 0)
		code = cli_fail(&err);
	lw_nl_close(nl);
	cli_job_done(&job);
	return code;
}

/* --- graph --- */

static void text_graph(struct lw_text *t, const json_t *g)
{
	size_t i, k, m;
	const json_t *o, *box, *link;

	lw_text_add(t, "host\n");
	json_array_foreach(json_object_get(json_object_get(g, "host"), "interfaces"), i, o)
	{
		lw_text_addf(t, "  %s%s%s  ", word(o, "name"), *word(o, "kind") ? " " : "", word(o, "kind"));
		join(t, json_object_get(o, "addresses"), " ");
		lw_text_add(t, "\n");
	}
	json_array_foreach(json_object_get(g, "networks"), i, o)
	{
		lw_text_addf(t, "network %s (bridge %s)  ", word(o, "name"), word(o, "bridge"));
		join(t, json_object_get(o, "subnets"), " ");
		lw_text_add(t, "\n");
		json_array_foreach(json_object_get(g, "sandboxes"), k, box)
			json_array_foreach(json_object_get(box, "interfaces"), m, link)
		{
			if (strcmp(word(link, "bridge"), word(o, "bridge")) != 0)
				continue;
			lw_text_addf(t, "  %s (%s)  %s:%s  ", word(box, "name"), word(link, "host_name"),
				     word(box, "name"), word(link, "name"));
			join(t, json_object_get(link, "addresses"), " ");
			lw_text_add(t, "\n");
		}
	}
	json_array_foreach(json_object_get(g, "sandboxes"), k, box)
		json_array_foreach(json_object_get(box, "interfaces"), m, link)
	{
		if (*word(link, "bridge"))
			continue;
		lw_text_addf(t, "on %s\n  %s:%s  ", word(link, "host_name"), word(box, "name"), word(link, "name"));
		join(t, json_object_get(link, "addresses"), " ");
		lw_text_add(t, "\n");
	}
}

/* An interface of the host may be called nearly anything. */
static void node_name(struct lw_text *t, const char *kind, const char *name)
{
	_cleanup_(lw_text_done_p) struct lw_text whole = { 0 };
	lw_text_addf(&whole, "%s %s", kind, name);
	lw_text_add_json(t, whole.buf);
}

static void node(struct lw_text *t, const char *kind, const char *name, const char *shape, const json_t *addresses)
{
	_cleanup_(lw_text_done_p) struct lw_text label = { 0 };
	lw_text_add(t, "  ");
	node_name(t, kind, name);
	lw_text_addf(&label, "%s\n", name);
	join(&label, addresses, "\n");
	lw_text_addf(t, " [shape=%s,label=", shape);
	lw_text_add_json(t, label.buf);
	lw_text_add(t, "];\n");
}

/* kind NULL: the host itself; label NULL: none. */
static void edge(struct lw_text *t, const char *kind, const char *name, const char *to_kind, const char *to,
		 const char *style, const char *label)
{
	lw_text_add(t, "  ");
	if (kind)
		node_name(t, kind, name);
	else
		lw_text_add(t, "\"host\"");
	lw_text_add(t, " -- ");
	node_name(t, to_kind, to);
	if (label) {
		lw_text_addf(t, " [style=%s,label=", style);
		lw_text_add_json(t, label);
		lw_text_add(t, "]");
	}
	lw_text_add(t, ";\n");
}

static void dot_sandbox(struct lw_text *t, const json_t *box)
{
	const char *name = word(box, "name");
	char ports[32];
	size_t i;
	const json_t *link, *p;

	json_array_foreach(json_object_get(box, "interfaces"), i, link)
	{
		const char *bridge = word(link, "bridge"), *outer = word(link, "host_name");
		node(t, "sandbox", name, "component", json_object_get(link, "addresses"));
		edge(t, *bridge ? "bridge" : "host", *bridge ? bridge : outer, "sandbox", name, "solid", outer);
	}
	json_array_foreach(json_object_get(box, "publish"), i, p)
	{
		snprintf(ports, sizeof ports, "%d:%d", (int)json_integer_value(json_object_get(p, "host")),
			 (int)json_integer_value(json_object_get(p, "port")));
		edge(t, NULL, NULL, "sandbox", name, "dashed", ports);
	}
}

static void dot_graph(struct lw_text *t, const json_t *g)
{
	size_t i;
	const json_t *o;

	lw_text_add(t, "graph lunward {\n");
	json_array_foreach(json_object_get(json_object_get(g, "host"), "interfaces"), i, o)
	{
		node(t, "host", word(o, "name"), "box", json_object_get(o, "addresses"));
		edge(t, NULL, NULL, "host", word(o, "name"), NULL, NULL);
	}
	json_array_foreach(json_object_get(g, "networks"), i, o)
	{
		node(t, "bridge", word(o, "bridge"), "ellipse", json_object_get(o, "subnets"));
		edge(t, NULL, NULL, "bridge", word(o, "bridge"), NULL, NULL);
	}
	json_array_foreach(json_object_get(g, "sandboxes"), i, o) dot_sandbox(t, o);
	lw_text_add(t, "}\n");
}

int cli_cmd_graph(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_nl *nl = NULL;
	json_t *g = NULL;
	int code;

	if (!c->net || c->n_words) {
		lw_fail_as(&err, LW_ERR_USAGE, -EINVAL, "graph: of what?");
		lw_err_hint(&err, "lunward graph --net [--format text|dot|json]");
		return cli_fail(&err);
	}
	int r = cli_probe(c, &job, &err);
	if (r >= 0)
		r = lw_nl_open(&nl, &err);
	if (r >= 0 && !(g = lw_network_graph(job.host->state_fd, nl, &err)))
		r = -EIO;
	if (r < 0) {
		code = cli_fail(&err);
	} else if (cli_is_data(c)) {
		code = cli_print_data(c, g);
	} else {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		(c->format == CLI_DOT ? dot_graph : text_graph)(&t, g);
		code = cli_print(&t);
		json_decref(g);
	}
	lw_nl_close(nl);
	cli_job_done(&job);
	return code;
}

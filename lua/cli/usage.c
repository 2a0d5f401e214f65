/* usage.c: see usage.h. */
#include "lua/cli/usage.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "schema.h"

static void look(struct cli_usage *u)
{
	u->state = lw_record_state(&u->record);
	lw_box_stats(&u->record, &u->now);
}

int cli_usage_begin(struct lw_record *records, size_t n, struct cli_usage **ret)
{
	struct cli_usage *v = calloc(n ? n : 1, sizeof *v);
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		v[i].record = records[i];
		records[i] = LW_RECORD_NONE;
		v[i].cpu_percent = -1;
		for (size_t k = 0; k < CLI_HISTORY; k++)
			v[i].cpu_history[k] = v[i].memory_history[k] = -1;
		look(&v[i]);
	}
	*ret = v;
	return 0;
}

static void push(double *history, double value)
{
	memmove(history, history + 1, (CLI_HISTORY - 1) * sizeof *history);
	history[CLI_HISTORY - 1] = value;
}

bool cli_usage_read(struct cli_usage *v, size_t n)
{
	bool alive = false;
	for (size_t i = 0; i < n; i++) {
		struct cli_usage *u = &v[i];
		u->before = u->now;
		lw_record_reload(&u->record);
		look(u);
		u->cpu_percent = lw_box_cpu_percent(&u->before, &u->now);
		push(u->cpu_history, u->cpu_percent);
		push(u->memory_history, (double)u->now.memory);
		alive = alive || lw_record_supervised(&u->record);
	}
	return alive;
}

void cli_usage_done(struct cli_usage *v, size_t n)
{
	for (size_t i = 0; i < n && v; i++)
		lw_record_done(&v[i].record);
	free(v);
}

/* --- for programs --- */

static void set(json_t *o, const char *key, int64_t n)
{
	json_object_set_new(o, key, n < 0 ? json_null() : json_integer(n));
}

static json_t *real(double d)
{
	return d < 0 ? json_null() : json_real(d);
}

static json_t *pressure(const struct lw_box_pressure *p)
{
	if (p->some_usec < 0)
		return json_null();
	json_t *o = json_pack("{s:o,s:o}", "some_avg10_percent", real(p->some_avg10), "some_seconds",
			      json_real((double)p->some_usec / 1e6));
	json_object_set_new(o, "full_avg10_percent", real(p->full_avg10));
	json_object_set_new(o, "full_seconds", p->full_usec < 0 ? json_null() : json_real((double)p->full_usec / 1e6));
	return o;
}

json_t *cli_usage_json(const struct cli_usage *u)
{
	const struct lw_box_stats *s = &u->now;
	json_t *name = json_object_get(u->record.data, "name"), *all = json_object(), *net = json_null();
	json_t *o = json_pack("{s:i,s:s,s:o,s:s}", "schema_version", LW_SCHEMA_VERSION, "id", u->record.id, "name",
			      name ? json_incref(name) : json_null(), "state", u->state);
	set(o, "tasks", s->tasks);
	set(o, "tasks_limit", s->tasks_limit);
	set(o, "processes", s->processes);
	json_object_set_new(o, "cpu_seconds", s->cpu_usec < 0 ? json_null() : json_real((double)s->cpu_usec / 1e6));
	json_object_set_new(o, "cpu_source", s->cpu_usec < 0 ? json_null() : json_string(s->cpu_source));
	json_object_set_new(o, "cpu_percent", real(u->cpu_percent));
	set(o, "memory_bytes", s->memory);
	set(o, "memory_peak_bytes", s->memory_peak);
	set(o, "memory_limit_bytes", s->memory_limit);
	set(o, "swap_bytes", s->swap);
	set(o, "io_read_bytes", s->io_read);
	set(o, "io_write_bytes", s->io_written);
	set(o, "io_read_operations", s->io_reads);
	set(o, "io_write_operations", s->io_writes);
	if (s->net_received >= 0) {
		net = json_object();
		set(net, "rx_bytes", s->net_received);
		set(net, "tx_bytes", s->net_sent);
		set(net, "rx_packets", s->net_received_packets);
		set(net, "tx_packets", s->net_sent_packets);
	}
	json_object_set_new(o, "network", net);
	for (int i = 0; i < LW_BOX_RESOURCES; i++)
		json_object_set_new(all, lw_box_resource_names[i], pressure(&s->pressure[i]));
	json_object_set_new(o, "pressure", all);
	return o;
}

/* A value of a label: the text format escapes three characters. */
static void add_label(struct lw_text *t, const char *s)
{
	for (; *s; s++)
		if (*s == '\n')
			lw_text_add(t, "\\n");
		else
			lw_text_addf(t, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
}

void cli_usage_prometheus(struct lw_text *t, const struct cli_usage *v, size_t n)
{
#define AT(member) offsetof(struct lw_box_stats, member)
	static const struct {
		const char *name, *type, *help;
		size_t at;
		double unit;
	} metrics[] = {
		{ "tasks", "gauge", "Processes and threads.", AT(tasks), 1 },
		{ "tasks_limit", "gauge", "How many there may be.", AT(tasks_limit), 1 },
		{ "processes", "gauge", "Processes.", AT(processes), 1 },
		{ "cpu_seconds_total", "counter", "Processor time used.", AT(cpu_usec), 1e6 },
		{ "memory_bytes", "gauge", "Memory in use.", AT(memory), 1 },
		{ "memory_peak_bytes", "gauge", "The most that was in use.", AT(memory_peak), 1 },
		{ "memory_limit_bytes", "gauge", "How much may be.", AT(memory_limit), 1 },
		{ "swap_bytes", "gauge", "Swap in use.", AT(swap), 1 },
		{ "io_read_bytes_total", "counter", "Read from block devices.", AT(io_read), 1 },
		{ "io_written_bytes_total", "counter", "Written to block devices.", AT(io_written), 1 },
		{ "io_reads_total", "counter", "Reads of block devices.", AT(io_reads), 1 },
		{ "io_writes_total", "counter", "Writes to block devices.", AT(io_writes), 1 },
		{ "network_receive_bytes_total", "counter", "Received by its own interfaces.", AT(net_received), 1 },
		{ "network_transmit_bytes_total", "counter", "Sent by its own interfaces.", AT(net_sent), 1 },
		{ "pressure_cpu_seconds_total", "counter", "Time in which some task waited for a processor.",
		  AT(pressure[LW_BOX_CPU].some_usec), 1e6 },
		{ "pressure_memory_seconds_total", "counter", "Time in which some task waited for memory.",
		  AT(pressure[LW_BOX_MEMORY].some_usec), 1e6 },
		{ "pressure_io_seconds_total", "counter", "Time in which some task waited for a device.",
		  AT(pressure[LW_BOX_IO].some_usec), 1e6 },
	};
#undef AT
	lw_text_add(t, "# HELP lunward_up Whether the sandbox runs.\n# TYPE lunward_up gauge\n");
	for (size_t i = 0; i < n; i++) {
		lw_text_addf(t, "lunward_up{id=\"%s\",name=\"", v[i].record.id);
		add_label(t, lw_record_name(&v[i].record));
		lw_text_addf(t, "\",state=\"%s\"} %d\n", v[i].state, !strcmp(v[i].state, "running"));
	}
	for (size_t k = 0; k < ARRAY_LEN(metrics); k++) {
		bool said = false;
		for (size_t i = 0; i < n; i++) {
			int64_t value;
			memcpy(&value, (const char *)&v[i].now + metrics[k].at, sizeof value);
			if (value < 0)
				continue;
			if (!said)
				lw_text_addf(t, "# HELP lunward_%s %s\n# TYPE lunward_%s %s\n", metrics[k].name,
					     metrics[k].help, metrics[k].name, metrics[k].type);
			said = true;
			lw_text_addf(t, "lunward_%s{id=\"%s\",name=\"", metrics[k].name, v[i].record.id);
			add_label(t, lw_record_name(&v[i].record));
			lw_text_addf(t, "\"} %.15g\n", (double)value / metrics[k].unit);
		}
	}
}

/* --- for people --- */

enum { NAME, STATE, CPU, CPU_LINE, MEMORY, MEMORY_LINE, LIMIT, TASKS, PROCESSES, IO, NET, COLUMNS };
#define CELL 80

static void size_cell(char *cell, int64_t n)
{
	static const char units[] = "BKMGTP";
	double d = (double)n;
	size_t u = 0;
	if (n < 0) {
		snprintf(cell, CELL, "-");
		return;
	}
	for (; d >= 1024 && u + 2 < sizeof units; u++)
		d /= 1024;
	snprintf(cell, CELL, u && d < 100 ? "%.1f%c" : "%.0f%c", d, units[u]);
}

static void pair_cell(char *cell, int64_t a, int64_t b)
{
	char one[CELL], other[CELL];
	size_cell(one, a);
	size_cell(other, b);
	snprintf(cell, CELL, a < 0 && b < 0 ? "-" : "%.20s/%.20s", one, other);
}

/* A bar a reading, the highest of them the whole height; but a processor's hundredth is no mountain. */
static void line_cell(char *cell, const double *history, double least)
{
	static const char *const bars[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double top = least;
	*cell = '\0';
	for (size_t i = 0; i < CLI_HISTORY; i++)
		top = history[i] > top ? history[i] : top;
	for (size_t i = 0; i < CLI_HISTORY; i++) {
		size_t bar = history[i] <= 0 || top <= 0 ? 0 : (size_t)(history[i] / top * 7.999);
		strcat(cell, history[i] < 0 ? " " : bars[bar < 8 ? bar : 7]);
	}
}

void cli_usage_table(struct lw_text *t, const struct cli_usage *v, size_t n, bool history)
{
	static const char *const head[COLUMNS] = { "NAME",  "STATE", "CPU",       "",       "MEMORY",   "",
						   "LIMIT", "TASKS", "PROCESSES", "IO R/W", "NET RX/TX" };
	char(*text)[COLUMNS][CELL] = calloc(n + 1, sizeof *text);
	const char **cells = calloc((n + 1) * COLUMNS, sizeof *cells);
	size_t at = 0;
	if (!text || !cells)
		t->failed = true;
	for (size_t row = 0; row <= n && text && cells; row++) {
		const struct cli_usage *u = row ? &v[row - 1] : NULL;
		char(*cell)[CELL] = text[row];
		if (u) {
			const struct lw_box_stats *s = &u->now;
			json_auto_t *raw = json_string(lw_record_name(&u->record));
			json_auto_t *plain = raw ? cli_plain(raw) : NULL;
			snprintf(cell[NAME], CELL, "%s", plain ? json_string_value(plain) : "?");
			snprintf(cell[STATE], CELL, "%s", u->state);
			snprintf(cell[CPU], CELL, u->cpu_percent < 0 ? "-" : "%.1f%%", u->cpu_percent);
			size_cell(cell[MEMORY], s->memory);
			size_cell(cell[LIMIT], s->memory_limit);
			snprintf(cell[TASKS], CELL, s->tasks < 0 ? "-" : "%" PRId64, s->tasks);
			snprintf(cell[PROCESSES], CELL, s->processes < 0 ? "-" : "%" PRId64, s->processes);
			pair_cell(cell[IO], s->io_read, s->io_written);
			pair_cell(cell[NET], s->net_received, s->net_sent);
			if (history) {
				line_cell(cell[CPU_LINE], u->cpu_history, 10);
				line_cell(cell[MEMORY_LINE], u->memory_history, 0);
			}
		}
		for (int i = 0; i < COLUMNS; i++)
			if (history || (i != CPU_LINE && i != MEMORY_LINE))
				cells[at++] = u ? cell[i] : head[i];
	}
	if (!t->failed)
		cli_table(t, cells, n + 1, at / (n + 1));
	free(text);
	free(cells);
}

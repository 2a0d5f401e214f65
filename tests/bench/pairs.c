/* pairs.c: start-to-exit time of several commands, taken in turn, so that whatever else the machine does hits all of
 * them alike; ratios are taken within a turn, never between averages of different minutes.
 *
 *   bench_pairs [-r ROUNDS] [-n TURNS] [-w WARM] NAME COMMAND... ::: NAME COMMAND... [::: ...]
 *
 * Prints a markdown table: a row per round with every command's median, and the median ratio to the first command.
 * Knows nothing about sandboxes. A command that does not exit 0 ends the benchmark: the time of a failure is no result.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8 };

struct command {
	const char *name;
	char **argv;
	double *ms;    /* every turn of every round */
	double *ratio; /* to the first command's time in the same turn */
};

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Of v[0..n), which it leaves alone. */
static double percentile(const double *v, size_t n, unsigned percent)
{
	double *sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		abort();
	memcpy(sorted, v, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	double r = sorted[(n - 1) * percent / 100];
	free(sorted);
	return r;
}

static double time_once(const struct command *c, const posix_spawn_file_actions_t *actions)
{
	extern char **environ;
	pid_t pid;
	int status;
	double start = now_ms();
	int r = posix_spawnp(&pid, c->argv[0], actions, NULL, c->argv, environ);
	if (r) {
		fprintf(stderr, "%s: %s: %s\n", c->name, c->argv[0], strerror(r));
		exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "%s: wait status %#x\n", c->name, (unsigned)status);
		exit(1);
	}
	return now_ms() - start;
}

/* One turn: every command once; odd turns go backwards, so that no command always runs in the wake of the same one. */
static void turn(struct command *commands, size_t n, size_t at, const posix_spawn_file_actions_t *actions)
{
	for (size_t i = 0; i < n; i++) {
		struct command *c = &commands[at % 2 ? n - 1 - i : i];
		c->ms[at] = time_once(c, actions);
	}
	for (size_t i = 0; i < n; i++)
		commands[i].ratio[at] = commands[i].ms[at] / commands[0].ms[at];
}

static void print_row(const char *label, const struct command *commands, size_t n, size_t from, size_t count)
{
	printf("| %s |", label);
	for (size_t i = 0; i < n; i++)
		printf(" %.2f |", percentile(commands[i].ms + from, count, 50));
	for (size_t i = 1; i < n; i++)
		printf(" %.2f |", percentile(commands[i].ratio + from, count, 50));
	printf("\n");
	fflush(stdout);
}

static void print_head(const struct command *commands, size_t n)
{
	printf("| round |");
	for (size_t i = 0; i < n; i++)
		printf(" %s, ms |", commands[i].name);
	for (size_t i = 1; i < n; i++)
		printf(" %s / %s |", commands[i].name, commands[0].name);
	printf("\n|---|");
	for (size_t i = 0; i < 2 * n - 1; i++)
		printf("---:|");
	printf("\n");
}

static size_t parse_commands(char **argv, struct command *commands)
{
	size_t n = 0;
	while (*argv) {
		if (n == COMMANDS_MAX || !argv[1])
			return 0;
		commands[n].name = *argv++;
		commands[n++].argv = argv;
		while (*argv && strcmp(*argv, ":::") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	size_t rounds = 5, turns = 60, warm = 5;
	struct command commands[COMMANDS_MAX] = { 0 };
	for (int opt; (opt = getopt(argc, argv, "+r:n:w:")) != -1;) {
		size_t value = opt == '?' ? 0 : strtoul(optarg, NULL, 10);
		*(opt == 'r' ? &rounds : opt == 'n' ? &turns : &warm) = value;
	}
	size_t n = parse_commands(argv + optind, commands);
	if (!n || !rounds || !turns || rounds > 1000 || turns > 100000 || warm > turns) {
		fprintf(stderr, "usage: %s [-r ROUNDS] [-n TURNS] [-w WARM] NAME COMMAND... ::: NAME COMMAND...\n",
			argv[0]);
		return 2;
	}
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; i < n; i++) {
		commands[i].ms = calloc(rounds * turns, sizeof(double));
		commands[i].ratio = calloc(rounds * turns, sizeof(double));
		if (!commands[i].ms || !commands[i].ratio)
			return 1;
	}
	for (size_t i = 0; i < warm; i++)
		turn(commands, n, i, &actions);
	print_head(commands, n);
	for (size_t r = 0; r < rounds; r++) {
		char label[24];
		for (size_t i = 0; i < turns; i++)
			turn(commands, n, r * turns + i, &actions);
		snprintf(label, sizeof(label), "%zu", r + 1);
		print_row(label, commands, n, r * turns, turns);
	}
	print_row("all", commands, n, 0, rounds * turns);
	printf("\n%zu rounds of %zu turns; medians", rounds, turns);
	for (size_t i = 0; i < n; i++)
		printf("; %s p10 %.2f p90 %.2f", commands[i].name, percentile(commands[i].ms, rounds * turns, 10),
		       percentile(commands[i].ms, rounds * turns, 90));
	printf("\n");
	posix_spawn_file_actions_destroy(&actions);
	for (size_t i = 0; i < n; i++) {
		free(commands[i].ms);
		free(commands[i].ratio);
	}
	return 0;
}

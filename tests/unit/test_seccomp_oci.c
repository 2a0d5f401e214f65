/* test_seccomp_oci.c: policies in moby's and the OCI's JSON: what they mean, held against what libseccomp itself makes
 * of their rules; out and in again; and what is refused. */
#include "seccomp_fixture.h"

#include <libseccomp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fdio.h"
#include "schema.h"
#include "seccomp_oci.h"

#define KERNEL "6.1.0"

static char *read_text(const char *name, size_t *ret_n)
{
	const char *tree = getenv("LUNWARD_TREE");
	char path[4096], *text = NULL;
	snprintf(path, sizeof path, "%s/tests/data/%s", tree ? tree : ".", name);
	assert_int_equal(lw_read_file(path, LW_SECCOMP_FILE_MAX, &text, ret_n), 0);
	return text;
}

/* The spec that holds this policy. */
static struct lw_spec *decode(json_t *policy)
{
	struct lw_spec *s = NULL;
	struct lw_err err = { 0 };
	json_t *raw = json_pack("{s:o}", "seccomp", policy);
	if (lw_spec_decode(raw, &s, &err) < 0)
		fail_msg("%s: %s", err.path, err.msg);
	json_decref(raw);
	return s;
}

static struct lw_spec *load(const char *text, size_t n)
{
	struct lw_err err = { 0 };
	json_t *policy = NULL;
	if (lw_seccomp_import(text, n, "x.json", KERNEL, &policy, NULL, &err) < 0)
		fail_msg("%u: %s: %s", err.line, err.path, err.msg);
	return decode(policy);
}

static struct lw_spec *load_file(const char *name)
{
	size_t n;
	char *text = read_text(name, &n);
	struct lw_spec *s = load(text, n);
	free(text);
	return s;
}

static struct lw_filter program(const struct lw_seccomp *p, uint64_t caps, struct lw_verdicts *ret, struct lw_arena *a)
{
	struct lw_filter f = { 0 };
	*ret = verdicts(p, caps, a);
	assert_int_equal(lw_layout_build(ret, 1, a, &f, NULL), 0);
	return f;
}

static void moby_is_docker(void **state)
{
	(void)state;
	struct lw_spec *s = load_file("seccomp/moby-seccomp-default.json");
	assert_int_equal(s->seccomp.architectures.n, 2);
	for (int cap = -2; cap < 41; cap++) {
		struct lw_arena *a = lw_arena_new();
		uint64_t caps = cap == -2 ? LW_CAPS_DOCKER : cap == -1 ? UINT64_MAX : UINT64_C(1) << cap;
		struct lw_verdicts moby, docker;
		struct lw_filter loaded = program(&s->seccomp, caps, &moby, a);
		struct lw_filter preset = program(&base_table[1], caps, &docker, a);
		if (!lw_filter_equal(&loaded, &preset, &docker, NULL) ||
		    !lw_filter_equal(&preset, &loaded, &moby, NULL))
			fail_msg("capability %d", cap);
		lw_arena_free(a);
	}
	lw_spec_free(s);
}

static void moby_denies_what_docker_denies(void **state)
{
#ifdef __x86_64__
	struct lw_spec *s = load_file("seccomp/moby-seccomp-default.json");
	struct lw_filter f = compile(&s->seccomp, LW_CAPS_DOCKER, *state);
	size_t n;
	char *text = read_text("docker-default-denied-x86_64.tsv", &n), *line = text;
	unsigned rows = 0;
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		char name[64];
		int nr;
		if (*line == '#' || sscanf(line, "%d %63s", &nr, name) != 2)
			continue;
		if (ask(&f, name, 0, 0, 0) != RET_EPERM)
			fail_msg("%s", name);
		rows++;
	}
	assert_int_equal(rows, 66);
	assert_int_equal(ask(&f, "clone3", 0, 0, 0), RET_ENOSYS);
	assert_int_equal(ask(&f, "socket", 38, 5, 0), RET_EPERM);
	assert_int_equal(ask(&f, "reboot", 0, 0, 0), RET_EPERM);
	f = compile(&s->seccomp, LW_CAPS_DOCKER | UINT64_C(1) << CAP_SYS_BOOT, *state);
	assert_int_equal(ask(&f, "reboot", 0, 0, 0), SECCOMP_RET_ALLOW);
	/* archMap names them. */
	struct seccomp_data call = { .nr = 20, .arch = AUDIT_ARCH_I386 };
	assert_int_equal(lw_filter_run(f.insns, f.n, &call), SECCOMP_RET_ALLOW);
	free(text);
	lw_spec_free(s);
#else
	(void)state;
	print_message("the list of docker's denials is for x86-64\n");
	skip();
#endif
}

/* --- libseccomp, told by the document itself ------------------------------------------ */

static bool holds(const json_t *entry, uint64_t caps)
{
	json_t *in = json_object_get(entry, "includes"), *ex = json_object_get(entry, "excludes"), *list, *v;
	size_t i;
	list = json_object_get(in, "arches");
	bool ours = json_array_size(list) == 0;
	json_array_foreach(list, i, v) ours = ours || !strcmp(json_string_value(v), "amd64");
	json_array_foreach(json_object_get(in, "caps"), i, v) ours =
		ours && (caps >> lw_names_value(&lw_capability_table, json_string_value(v)) & 1);
	json_array_foreach(json_object_get(ex, "arches"), i, v) ours = ours && strcmp(json_string_value(v), "amd64");
	json_array_foreach(json_object_get(ex, "caps"), i, v) ours =
		ours && !(caps >> lw_names_value(&lw_capability_table, json_string_value(v)) & 1);
	return ours;
}

static uint32_t scmp_action(const json_t *o, const char *key, const char *number)
{
	const char *word = json_string_value(json_object_get(o, key));
	if (!strcmp(word, "SCMP_ACT_ALLOW"))
		return SCMP_ACT_ALLOW;
	const json_t *n = json_object_get(o, number);
	return SCMP_ACT_ERRNO(n ? (uint16_t)json_integer_value(n) : 1);
}

static unsigned scmp_args(const json_t *entry, struct scmp_arg_cmp *ret)
{
	static const char *const ops[] = { "", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };
	json_t *list = json_object_get(entry, "args"), *arg;
	size_t i;
	json_array_foreach(list, i, arg)
	{
		const char *op = json_string_value(json_object_get(arg, "op")) + strlen("SCMP_CMP_");
		ret[i] = (struct scmp_arg_cmp){
			.arg = (unsigned)json_integer_value(json_object_get(arg, "index")),
			.datum_a = (scmp_datum_t)json_integer_value(json_object_get(arg, "value")),
			.datum_b = (scmp_datum_t)json_integer_value(json_object_get(arg, "valueTwo")),
		};
		for (int k = SCMP_CMP_NE; k <= SCMP_CMP_MASKED_EQ; k++)
			if (!strcmp(op, ops[k]))
				ret[i].op = (enum scmp_compare)k;
	}
	return (unsigned)json_array_size(list);
}

static struct lw_filter by_libseccomp(const json_t *doc, uint64_t caps, struct lw_arena *a)
{
	uint32_t standard = scmp_action(doc, "defaultAction", "defaultErrnoRet");
	scmp_filter_ctx ctx = seccomp_init(standard);
	json_t *entry, *name;
	size_t i, k;
	json_array_foreach(json_object_get(doc, "syscalls"), i, entry)
	{
		uint32_t action = scmp_action(entry, "action", "errnoRet");
		struct scmp_arg_cmp args[6];
		unsigned n = scmp_args(entry, args);
		if (!holds(entry, caps) || action == standard)
			continue;
		json_array_foreach(json_object_get(entry, "names"), k, name)
		{
			int nr = lw_syscall_number(json_string_value(name));
			if (nr >= 0)
				assert_int_equal(seccomp_rule_add_array(ctx, action, nr, n, args), 0);
		}
	}
	int fd = memfd_create("reference", MFD_CLOEXEC);
	struct stat st;
	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	struct lw_filter f = { lw_arena_alloc(a, (size_t)st.st_size), (unsigned)st.st_size / 8 };
	assert_int_equal(pread(fd, f.insns, (size_t)st.st_size, 0), st.st_size);
	close(fd);
	seccomp_release(ctx);
	return f;
}

/* Every call up to the newest that the documents name; values above 32 bits are where we are stricter on purpose. */
static void documents_mean_what_libseccomp_says(void **state)
{
#ifdef __x86_64__
	static const char *const names[] = { "seccomp/moby-seccomp-default.json", "seccomp/containers-seccomp.json" };
	static const int some[] = { -1, CAP_SYS_ADMIN, CAP_AUDIT_WRITE, CAP_SYS_TIME, CAP_BPF, CAP_PERFMON, 64 };
	for (size_t f = 0; f < 2; f++) {
		size_t n;
		char *text = read_text(names[f], &n);
		json_t *doc = json_loadb(text, n, 0, NULL);
		struct lw_spec *s = load(text, n);
		for (size_t c = 0; c < sizeof some / sizeof some[0]; c++) {
			uint64_t caps = some[c] < 0     ? LW_CAPS_DOCKER
					: some[c] == 64 ? UINT64_MAX
							: UINT64_C(1) << some[c];
			struct lw_filter theirs = by_libseccomp(doc, caps, *state);
			struct lw_filter ours = compile(&s->seccomp, caps, *state);
			for (unsigned i = 0; i < 20000; i++) {
				static const uint32_t values[] = { 0,       1,       2,          8,         9,  16,
								   37,      38,      39,         40,        41, 42,
								   0x20000, 0x20008, 0xffffffff, 0x10000000 };
				struct seccomp_data call = { .nr = (int)(i % 450), .arch = AUDIT_ARCH_X86_64 };
				if (i % 4 == 0)
					call.nr = lw_syscall_number(i % 8    ? "socket"
								    : i % 16 ? "clone"
									     : "personality");
				for (unsigned k = 0; k < 6; k++)
					call.args[k] = values[(i / 7 + k * i / 3) % 16];
				if (!lw_syscall_name(call.nr))
					continue;
				uint32_t a = lw_filter_run(ours.insns, ours.n, &call);
				uint32_t b = lw_filter_run(theirs.insns, theirs.n, &call);
				if (a != b)
					fail_msg("%s: %s(%llx, %llx, %llx): %x, libseccomp %x", names[f],
						 lw_syscall_name(call.nr), (unsigned long long)call.args[0],
						 (unsigned long long)call.args[1], (unsigned long long)call.args[2], a,
						 b);
			}
		}
		json_decref(doc);
		free(text);
		lw_spec_free(s);
	}
#else
	(void)state;
	skip();
#endif
}

/* --- out and in ------------------------------------------------------------------------ */

static void out_and_in_again(void **state)
{
	static const char *const policies[] = {
		"\"docker\"",
		"\"default\"",
		"\"strict\"",
		"\"deny\"",
		"{\"base\": \"unconfined\", \"rules\": [{\"action\": \"kill\", \"names\": [\"@clock\", "
		"\"socket(!=AF_INET)\"]}]}",
		"{\"base\": \"default\", \"rules\": [{\"action\": \"only\", \"names\": [\"socket(AF_INET|AF_UNIX, "
		"<=2)\"]},"
		" {\"action\": \"only\", \"names\": [\"read(*, *, <4096)\"]}, {\"action\": \"log\", \"names\": "
		"[\"getpid\"]}, {\"action\": \"errno\", \"errno\": "
		"\"ENOSYS\","
		" \"names\": [\"file_setattr\", \"getcwd\"]}]}",
		"{\"base\": \"docker\", \"architectures\": [\"x32\"], \"log\": true}",
	};
	static const uint64_t some[] = { LW_CAPS_DOCKER, UINT64_MAX, 0 };
	(void)state;
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
		for (size_t c = 0; c < 3; c++) {
			struct lw_arena *a = lw_arena_new();
			struct lw_spec *s = decode(json_loads(policies[i], JSON_DECODE_ANY, NULL)), *again;
			struct lw_err err = { 0 };
			struct lw_verdicts before, after;
			json_t *doc = NULL;
			if (lw_seccomp_export(&s->seccomp, some[c], &doc, &err) < 0)
				fail_msg("%s: %s", policies[i], err.msg);
			char *text = json_dumps(doc, JSON_INDENT(1));
			again = load(text, strlen(text));
			struct lw_filter f = program(&s->seccomp, some[c], &before, a);
			struct lw_filter g = program(&again->seccomp, some[c], &after, a);
			if (!lw_filter_equal(&f, &g, &before, NULL) || !lw_filter_equal(&f, &g, &after, NULL))
				fail_msg("%s", policies[i]);
			assert_int_equal(s->seccomp.log, again->seccomp.log);
			assert_int_equal(s->seccomp.architectures.n, again->seccomp.architectures.n);
			free(text);
			json_decref(doc);
			lw_spec_free(s);
			lw_spec_free(again);
			lw_arena_free(a);
		}
}

static void what_cannot_be_said_is_refused(void **state)
{
	(void)state;
#ifdef __x86_64__
	struct lw_spec *s = decode(json_loads("{\"base\": \"default\", \"architectures\": [\"x86\"]}", 0, NULL));
	struct lw_err err = { 0 };
	json_t *doc = NULL;
	assert_int_equal(lw_seccomp_export(&s->seccomp, 0, &doc, &err), -EINVAL);
	assert_null(doc);
	assert_non_null(strstr(err.msg, "x86"));
	lw_spec_free(s);
#endif
	struct lw_spec *wide = decode(json_loads("{\"base\": \"default\", \"rules\": [{\"action\": \"log\","
						 " \"names\": [\"read(*, *, <4096)\"]}]}",
						 0, NULL));
	struct lw_err more = { 0 };
	json_t *none = NULL;
	assert_int_equal(lw_seccomp_export(&wide->seccomp, 0, &none, &more), -E2BIG);
	assert_null(none);
	assert_non_null(strstr(more.msg, "read"));
	lw_spec_free(wide);
}

static void wrong_documents(void **state)
{
	static const struct {
		const char *text, *says;
		unsigned line;
	} rows[] = {
		{ "{", "not JSON", 1 },
		{ "root:x:0:0", "not JSON", 1 },
		{ "[]", "expected an object", 0 },
		{ "{}", "action is expected", 0 },
		{ "{\"defaultAction\": \"SCMP_ACT_ALOW\"}", "unknown action", 0 },
		{ "{\"defaultAction\": \"SCMP_ACT_TRAP\"}", "nobody to answer", 0 },
		{ "{\"defaultActoin\": \"SCMP_ACT_ALLOW\"}", "unknown key", 0 },
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 5000}", "no error number", 0 },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]}",
		  "not offered", 0 },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"comment\": \"[{\\\"\",\n\"syscalls\": [{\"names\": "
		  "[\"read\"], "
		  "\"action\": \"SCMP_ACT_ERRNO\"},\n{\"names\": [\"raed\"],\n \"action\": \"SCMP_ACT_ERRNO\"}]}",
		  "unknown system call 'raed'", 4 },
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"syscalls\": [\n{\"names\": [\"read\"], \"action\": "
		  "\"SCMP_ACT_ALLOW\", \"excldues\": {}}]}",
		  "unknown key", 3 },
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"syscalls\": [\n{\"names\": [\"socket\"], \"action\": "
		  "\"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 6, \"op\": \"SCMP_CMP_EQ\", \"value\": 1}]}]}",
		  "arguments 0 to 5", 3 },
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"syscalls\": [\n{\"names\": [\"socket\"], \"action\": "
		  "\"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"op\": \"SCMP_CMP_IS\", \"value\": 1}]}]}",
		  "unknown comparison", 3 },
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"syscalls\": [\n{\"names\": [\"socket\"], \"action\": "
		  "\"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"CAP_FOO\"]}}]}",
		  "unknown capability", 3 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lw_err err = { 0 };
		json_t *policy = NULL;
		if (lw_seccomp_import(rows[i].text, strlen(rows[i].text), "x.json", KERNEL, &policy, NULL, &err) == 0)
			fail_msg("row %zu passes", i);
		if (!strstr(err.msg, rows[i].says) || err.line != rows[i].line || strcmp(err.file, "x.json") != 0)
			fail_msg("row %zu: %s:%u: %s", i, err.file, err.line, err.msg);
		assert_null(policy);
	}
}

static void conditions(void **state)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38, \"syscalls\": ["
		"{\"name\": \"read\", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"minKernel\": \"6.2\"}},"
		"{\"names\": [\"write\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"minKernel\": \"6.1\"}},"
		"{\"names\": [\"open\"], \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"minKernel\": \"4.8\"}},"
		"{\"names\": [\"close\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"arches\": [\"s390\"]}},"
		"{\"names\": [\"no_such_call_yet\", \"listns\"], \"action\": \"SCMP_ACT_ALLOW\"},"
		/* One without arguments beats those with, wherever it stands, and the first of those is it. */
		"{\"names\": [\"getpid\"], \"action\": \"SCMP_ACT_ALLOW\"},"
		"{\"names\": [\"getpid\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1},"
		"{\"names\": [\"getpid\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 2,"
		" \"args\": [{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": 7}]},"
		/* Two comparisons of one argument are two rules. */
		"{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
		"{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": 1}, {\"index\": 0, \"op\": \"SCMP_CMP_EQ\", "
		"\"value\": 2}]}"
		"]}";
	struct lw_err err = { 0 };
	json_t *policy = NULL;
	bool kernel = false;
	assert_int_equal(lw_seccomp_import(text, strlen(text), "x.json", KERNEL, &policy, &kernel, &err), 0);
	assert_true(kernel);
	struct lw_spec *s = decode(policy);
	struct lw_filter f = compile(&s->seccomp, 0, *state);
	assert_int_equal(ask(&f, "read", 0, 0, 0), RET_ENOSYS);
	assert_int_equal(ask(&f, "write", 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "open", 0, 0, 0), RET_ENOSYS);
	assert_int_equal(ask(&f, "close", 0, 0, 0), RET_ENOSYS);
	assert_int_equal(ask(&f, "getpid", 7, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "socket", 1, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "socket", 2, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, "socket", 3, 0, 0), RET_ENOSYS);
	assert_string_equal(s->seccomp.rules[0].rec.origin.file, "x.json");
	lw_spec_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moby_is_docker),
		cmocka_unit_test_setup_teardown(moby_denies_what_docker_denies, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(documents_mean_what_libseccomp_says, arena_setup, arena_teardown),
		cmocka_unit_test(out_and_in_again),
		cmocka_unit_test(what_cannot_be_said_is_refused),
		cmocka_unit_test(wrong_documents),
		cmocka_unit_test_setup_teardown(conditions, arena_setup, arena_teardown),
	};
	return cmocka_run_group_tests_name("seccomp_oci", tests, NULL, NULL);
}

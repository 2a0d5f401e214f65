/* test_mount_text.c: the one-string forms of mounts and devices (core/mount_text.h) to raw spec objects, and what each
 * refusal says. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "mount_text.h"

static void same(json_t *got, const struct lw_err *err, const char *text, const char *expected)
{
	if (!got)
		fail_msg("'%s': %s", text, err->msg);
	json_auto_t *want = json_loads(expected, 0, NULL);
	assert_non_null(want);
	if (!json_equal(got, want)) {
		_cleanup_free_ char *s = json_dumps(got, JSON_COMPACT);
		fail_msg("'%s' gave %s", text, s);
	}
	json_decref(got);
}

/* `part` is somewhere in the message or the hint. */
static void refused(json_t *got, const struct lw_err *err, const char *text, const char *part)
{
	if (got)
		fail_msg("'%s' was taken", text);
	if (err->code <= 0 || err->cls != LW_ERR_POLICY)
		fail_msg("'%s': code %d, class %d", text, err->code, (int)err->cls);
	if (!strstr(err->msg, part) && !strstr(err->hint, part))
		fail_msg("'%s': %s (%s)", text, err->msg, err->hint);
}

static void test_bind(void **state)
{
	(void)state;
	static const struct {
		const char *text, *json;
	} v[] = {
		{ "/a", "{'source':'/a','destination':'/a','writable':false}" },
		{ "/a:/b", "{'source':'/a','destination':'/b','writable':false}" },
		{ "/a:/b:rw", "{'source':'/a','destination':'/b','writable':true}" },
		{ "/a:/b:ro", "{'source':'/a','destination':'/b','writable':false}" },
		{ "/a//./x/../y/:/b/.//c/", "{'source':'/a/y','destination':'/b/c','writable':false}" },
		{ "data", "{'source':'/base/data','destination':'/base/data','writable':false}" },
		{ "../data:/d", "{'source':'/data','destination':'/d','writable':false}" },
		{ ".:/d", "{'source':'/base','destination':'/d','writable':false}" },
		{ "./~:/d", "{'source':'/base/~','destination':'/d','writable':false}" },
		{ "~name:/d", "{'source':'/base/~name','destination':'/d','writable':false}" },
		{ "/", "{'source':'/','destination':'/','writable':false}" },
		{ "/a b:/c,d", "{'source':'/a b','destination':'/c,d','writable':false}" },
		{ "/a:/b:rw,suid,dev,noexec,idmap,optional",
		  "{'source':'/a','destination':'/b','writable':true,'suid':true,'dev':true,'exec':false,"
		  "'idmap':true,'optional':true}" },
		{ "/a:/b:rw,U", "{'source':'/a','destination':'/b','writable':true,'chown':true}" },
		{ "/a:/b:chown", "{'source':'/a','destination':'/b','writable':false,'chown':true}" },
		{ "/a:/b:rslave", "{'source':'/a','destination':'/b','writable':false,'propagation':'slave'}" },
		{ "/a:/b:nosuid,nodev,exec",
		  "{'source':'/a','destination':'/b','writable':false,'suid':false,'dev':false,'exec':true}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		char json[512] = "{\"type\":\"bind\",";
		size_t at = strlen(json);
		for (const char *p = v[i].json + 1; *p; p++)
			json[at++] = *p == '\'' ? '"' : *p;
		json[at] = '\0';
		same(lw_bind_from_text(v[i].text, "/base", false, &err), &err, v[i].text, json);
	}
	struct lw_err err = { 0 };
	same(lw_bind_from_text("/a:/b", NULL, true, &err), &err, "writable by default",
	     "{\"type\":\"bind\",\"source\":\"/a\",\"destination\":\"/b\",\"writable\":true}");
	same(lw_bind_from_text("/a:/b:ro", NULL, true, &err), &err, "ro over the default",
	     "{\"type\":\"bind\",\"source\":\"/a\",\"destination\":\"/b\",\"writable\":false}");
}

static void test_bind_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *part;
	} v[] = {
		{ "", "empty source" },
		{ ":/b", "empty source" },
		{ "/a:", "not an absolute path" },
		{ "/a:b", "destination 'b'" },
		{ "/a:ro", "SRC[:DST[:opt,opt]]" },
		{ "/a:/b:", "empty option" },
		{ "/a:/b:ro,", "empty option" },
		{ "/a:/b:,ro", "empty option" },
		{ "/a:/b:ro:x", "table form" },
		{ "/a:/b:noexecc", "\"noexec\"" },
		{ "/a:/b:RO", "\"ro\"" },
		{ "/a:/b:frobnicate", "unknown option 'frobnicate'" },
		{ "/a:/b:ro=1", "takes no value" },
		{ "/a:/b:ro,rw", "contradicts" },
		{ "/a:/b:ro,ro", "repeats" },
		{ "/a:/b:U,chown", "repeats" },
		{ "/a:/b:rbind", "always recursive" },
		{ "/a:/b:z", "relabel" },
		{ "/a:/b:size=1M", "unknown option 'size'" },
		{ "~/x:/b", "'~' is not expanded" },
		{ "~", "'~' is not expanded" },
		{ "/\xff:/b", "UTF-8" },
		{ "/a:/\xff", "UTF-8" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		refused(lw_bind_from_text(v[i].text, "/base", false, &err), &err, v[i].text, v[i].part);
	}
	struct lw_err err = { 0 };
	refused(lw_bind_from_text("data:/d", NULL, false, &err), &err, "no base", "no directory to start from");
	refused(lw_bind_from_text("data:/d", "not/absolute", false, &err), &err, "relative base",
		"no directory to start from");
	assert_null(lw_bind_from_text("", NULL, false, NULL));
}

static void test_tmpfs(void **state)
{
	(void)state;
	struct lw_err err = { 0 };
	same(lw_tmpfs_from_text("/tmp", &err), &err, "/tmp", "{\"type\":\"tmpfs\",\"destination\":\"/tmp\"}");
	same(lw_tmpfs_from_text("/tmp/:size=16M,mode=1777,ro", &err), &err, "usual",
	     "{\"type\":\"tmpfs\",\"destination\":\"/tmp\",\"size\":\"16M\",\"mode\":\"1777\",\"writable\":false}");
	same(lw_tmpfs_from_text("/t:inodes=100,uid=0,gid=4294967294,rw,exec,suid,dev", &err), &err, "all",
	     "{\"type\":\"tmpfs\",\"destination\":\"/t\",\"inodes\":100,\"uid\":0,\"gid\":4294967294,"
	     "\"writable\":true,\"exec\":true,\"suid\":true,\"dev\":true}");
	same(lw_tmpfs_from_text("/t:nr_inodes=5,noexec", &err), &err, "alias",
	     "{\"type\":\"tmpfs\",\"destination\":\"/t\",\"inodes\":5,\"exec\":false}");
}

static void test_overlay(void **state)
{
	struct lw_err err = { 0 };

	(void)state;
	same(lw_overlay_from_text("work", "/base", &err), &err, "relative",
	     "{\"type\":\"overlay\",\"source\":\"/base/work\",\"destination\":\"/base/work\",\"writable\":true}");
	same(lw_overlay_from_text("/a:/b:upper=/c/./up,work=/c/w,noidmap,ro,noexec", NULL, &err), &err, "all",
	     "{\"type\":\"overlay\",\"source\":\"/a\",\"destination\":\"/b\",\"upper\":\"/c/up\",\"work\":\"/c/w\","
	     "\"idmap\":false,\"writable\":false,\"exec\":false}");
	same(lw_overlay_from_text("/a:/b:size=16M,inodes=9", NULL, &err), &err, "memory",
	     "{\"type\":\"overlay\",\"source\":\"/a\",\"destination\":\"/b\",\"size\":\"16M\",\"inodes\":9,"
	     "\"writable\":true}");
	refused(lw_overlay_from_text("/a:/b:upper=up", NULL, &err), &err, "relative upper", "absolute path");
	refused(lw_overlay_from_text("/a:/b:metacopy=on", NULL, &err), &err, "metacopy", "metacopy");
	refused(lw_bind_from_text("/a:/b:rshared", NULL, false, &err), &err, "rshared", "slave");
	same(lw_proc_from_text("/proc:hidepid=2,subset=pid,ro", &err), &err, "proc",
	     "{\"type\":\"proc\",\"destination\":\"/proc\",\"hidepid\":\"2\",\"subset\":\"pid\",\"writable\":false}");
	refused(lw_proc_from_text("/proc:gid=5", &err), &err, "gid", "gid");
}

static void test_tmpfs_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *part;
	} v[] = {
		{ "", "absolute" },
		{ "tmp", "absolute" },
		{ "/t:size", "needs a value" },
		{ "/t:size=", "is not a size" },
		{ "/t:size=0", "is not a size" },
		{ "/t:size=64", "no unit" },
		{ "/t:size=64", "\"64M\"" },
		{ "/t:size=50%", "is not a size" },
		{ "/t:size=-1", "is not a size" },
		{ "/t:size=9999999P", "is not a size" },
		{ "/t:sizes=1M", "\"size\"" },
		{ "/t:mode=999", "octal" },
		{ "/t:mode=17777", "octal" },
		{ "/t:inodes=0", "at least 1" },
		{ "/t:inodes=1k", "at least 1" },
		{ "/t:inodes=1,nr_inodes=2", "repeats" },
		{ "/t:uid=root", "numeric id" },
		{ "/t:uid=-1", "numeric id" },
		{ "/t:gid=4294967295", "numeric id" },
		{ "/t:ro=yes", "takes no value" },
		{ "/t:idmap", "unknown option 'idmap'" },
		{ "/t:size=1M:ro", "table form" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct lw_err err = { 0 };
		refused(lw_tmpfs_from_text(v[i].text, &err), &err, v[i].text, v[i].part);
	}
}

static void test_device(void **state)
{
	(void)state;
	struct lw_err err = { 0 };
	same(lw_device_from_text("/dev/snd", &err), &err, "one", "{\"path\":\"/dev/snd\"}");
	same(lw_device_from_text("/dev/snd/:/dev/sound", &err), &err, "two",
	     "{\"path\":\"/dev/sound\",\"source\":\"/dev/snd\"}");
	same(lw_device_from_text("/dev/sda:/dev/xvda:r", &err), &err, "three",
	     "{\"path\":\"/dev/xvda\",\"source\":\"/dev/sda\",\"access\":\"r\"}");
	same(lw_device_from_text("/dev/sda:mr", &err), &err, "access second",
	     "{\"path\":\"/dev/sda\",\"access\":\"mr\"}");
	static const struct {
		const char *text, *part;
	} v[] = {
		{ "", "absolute" },
		{ "snd", "'snd' is not an absolute path" },
		{ "/dev/sda:", "absolute" },
		{ "/dev/sda:rx", "absolute" },
		{ "sda:/dev/x", "source 'sda'" },
		{ "/dev/a:/dev/b:", "access ''" },
		{ "/dev/a:/dev/b:rr", "each once" },
		{ "/dev/a:/dev/b:rwx", "access 'rwx'" },
		{ "/dev/a:/dev/b:R", "access 'R'" },
		{ "/dev/a:/dev/b:r:w", "more than 3" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		memset(&err, 0, sizeof(err));
		refused(lw_device_from_text(v[i].text, &err), &err, v[i].text, v[i].part);
	}
}

static void test_normalise(void **state)
{
	(void)state;
	static const struct {
		const char *path, *base, *want;
	} v[] = {
		{ "/", NULL, "/" },
		{ "//", NULL, "/" },
		{ "/..", NULL, "/" },
		{ "/../../a", NULL, "/a" },
		{ "/a/b/../../..", NULL, "/" },
		{ "/a/./b//c/", NULL, "/a/b/c" },
		{ "/...", NULL, "/..." },
		{ "/..a/.b", NULL, "/..a/.b" },
		{ "/a", "/base", "/a" },
		{ "a", "/base/", "/base/a" },
		{ "a", "/", "/a" },
		{ "..", "/base", "/" },
		{ "../..", "/x/../base/y", "/" },
		{ ".", "/base", "/base" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		_cleanup_free_ char *got = lw_path_normalise(v[i].path, v[i].base);
		assert_non_null(got);
		assert_string_equal(got, v[i].want);
	}
	assert_null(lw_path_normalise("", "/base"));
	assert_int_equal(errno, EINVAL);
	assert_null(lw_path_normalise("a", NULL));
	assert_null(lw_path_normalise("a", ""));
	assert_null(lw_path_normalise("a", "b"));
}

static void test_very_long(void **state)
{
	(void)state;
	const size_t n = 1 << 20;
	_cleanup_free_ char *s = malloc(n + 1);
	assert_non_null(s);
	struct lw_err err = { 0 };
	memset(s, 'a', n);
	s[0] = '/';
	s[n] = '\0';
	json_auto_t *got = lw_bind_from_text(s, NULL, false, &err);
	assert_int_equal(json_string_length(json_object_get(got, "source")), n);
	memset(s, ':', n);
	refused(lw_bind_from_text(s, NULL, false, &err), &err, ":::", "more than 3 fields");
	memset(s, ',', n);
	memcpy(s, "/t:", 3);
	refused(lw_tmpfs_from_text(s, &err), &err, ",,,", "empty option");
	memset(s + 3, 'o', n - 3);
	refused(lw_tmpfs_from_text(s, &err), &err, "ooo", "unknown option 'ooo");
}

int main(void)
{
	const struct CMUnitTest mount_text[] = {
		cmocka_unit_test(test_bind),      cmocka_unit_test(test_bind_refused),  cmocka_unit_test(test_tmpfs),
		cmocka_unit_test(test_overlay),   cmocka_unit_test(test_tmpfs_refused), cmocka_unit_test(test_device),
		cmocka_unit_test(test_normalise), cmocka_unit_test(test_very_long),
	};
	return cmocka_run_group_tests_name("mount_text", mount_text, NULL, NULL);
}

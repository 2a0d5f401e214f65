/* test_oci.c: which manifest an index means, what its layers are, and what is refused in documents of an enemy's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/sha256.h"
#include "oci.h"

struct fixture {
	char dir[64];
	int fd;
};

static void put(struct fixture *f, const char *name, const char *text)
{
	_cleanup_close_ int fd = openat(f->fd, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void blob(struct fixture *f, const char *text, char ret[65])
{
	struct lw_sha256 c;
	uint8_t sum[32];
	char name[LW_OCI_BLOB_NAME];
	lw_sha256_init(&c);
	lw_sha256_add(&c, text, strlen(text));
	lw_sha256_end(&c, sum);
	lw_sha256_hex(sum, ret);
	lw_oci_blob(ret, name);
	put(f, name, text);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->dir, "/tmp/lunward-oci-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return mkdirat(f->fd, "blobs", 0700) || mkdirat(f->fd, "blobs/sha256", 0700);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", f->dir);
	close(f->fd);
	int r = system(command);
	free(f);
	return r;
}

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define PLATFORM(os, arch) "\"platform\":{\"os\":\"" os "\",\"architecture\":\"" arch "\"}"

static void the_manifest_for_this_machine(void **state)
{
	static const struct {
		const char *index, *arch, *digest, *msg;
	} cases[] = {
		{ "{\"manifests\":[{\"digest\":\"sha256:" DIGEST_A "\"}]}", "x86_64", DIGEST_A, NULL },
		{ "{\"manifests\":[{\"digest\":\"sha256:" DIGEST_A "\"," PLATFORM(
			  "linux", "arm64") "},{\"digest\":\"sha256:" DIGEST_B "\"," PLATFORM("linux", "amd64") "}]}",
		  "x86_64", DIGEST_B, NULL },
		{ "{\"manifests\":[{\"digest\":\"sha256:" DIGEST_A "\"," PLATFORM("windows", "amd64") "}]}", "x86_64",
		  NULL, "no image for linux on amd64" },
		{ "{\"manifests\":[{\"digest\":\"sha256:" DIGEST_A "\"},{\"digest\":\"sha256:" DIGEST_B "\"}]}",
		  "x86_64", NULL, "2 images without saying" },
		{ "{\"manifests\":[]}", "x86_64", NULL, "no image" },
		{ "{\"manifests\":7}", "x86_64", NULL, "no image" },
		{ "{\"manifests\":[7]}", "x86_64", NULL, "without a digest" },
		{ "{\"manifests\":[{\"digest\":\"sha256:../../etc/passwd\"}]}", "x86_64", NULL, "not sha256" },
		{ "{\"manifests\":[{\"digest\":\"sha512:" DIGEST_A "\"}]}", "x86_64", NULL, "not sha256" },
		{ "[]", "x86_64", NULL, "not a JSON object" },
		{ "{\"manifests\":[],\"manifests\":[]}", "x86_64", NULL, "not a JSON object" },
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lw_err err = { 0 };
		char digest[65] = "";
		put(f, "index.json", cases[i].index);
		int r = lw_oci_manifest(f->fd, cases[i].arch, digest, &err);
		if (cases[i].digest) {
			assert_int_equal(r, 0);
			assert_string_equal(digest, cases[i].digest);
		} else {
			assert_true(r < 0);
			assert_non_null(strstr(err.msg, cases[i].msg));
		}
	}
}

static void indexes_within_indexes(void **state)
{
	struct fixture *f = *state;
	char inner[65], digest[65], text[512];
	struct lw_err err = { 0 };
	blob(f, "{\"manifests\":[{\"digest\":\"sha256:" DIGEST_A "\"}]}", inner);
	for (int depth = 0; depth < 5; depth++) {
		snprintf(text, sizeof text,
			 "{\"n\":%d,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
			 "\"digest\":\"sha256:%s\"}]}",
			 depth, inner);
		put(f, "index.json", text);
		int r = lw_oci_manifest(f->fd, "x86_64", digest, &err);
		assert_int_equal(r, depth < 3 ? 0 : -ELOOP);
		blob(f, text, inner);
	}
}

static void layers_are_digests(void **state)
{
	struct fixture *f = *state;
	char digest[65], name[LW_OCI_BLOB_NAME];
	struct lw_err err = { 0 };
	_cleanup_free_ struct lw_oci_layer *layers = NULL;
	struct lw_oci_layer *none = NULL;
	size_t n = 0;
	blob(f,
	     "{\"layers\":[{\"digest\":\"sha256:" DIGEST_A "\",\"size\":5},{\"digest\":\"sha256:" DIGEST_B
	     "\",\"size\":6}]}",
	     digest);
	assert_int_equal(lw_oci_layers(f->fd, digest, &layers, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(layers[0].digest, DIGEST_A);
	assert_int_equal(layers[1].size, 6);
	/* The blob is another than its name says. */
	lw_oci_blob(digest, name);
	put(f, name, "{\"layers\":[]}");
	assert_int_equal(lw_oci_layers(f->fd, digest, &none, &n, &err), -EBADMSG);
	static const char *const bad[] = { "{}", "{\"layers\":[{\"digest\":\"sha256:" DIGEST_A "\"}]}",
					   "{\"layers\":[{\"digest\":\"sha256:" DIGEST_A "\",\"size\":-1}]}",
					   "{\"layers\":[{\"size\":1}]}" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		blob(f, bad[i], digest);
		assert_int_equal(lw_oci_layers(f->fd, digest, &none, &n, &err), -EINVAL);
	}
	assert_null(none);
}

static void a_layout_has_both_files(void **state)
{
	struct fixture *f = *state;
	assert_false(lw_oci_is_layout(f->fd));
	put(f, "oci-layout", "{}");
	assert_false(lw_oci_is_layout(f->fd));
	assert_int_equal(mkfifoat(f->fd, "index.json", 0600), 0);
	assert_false(lw_oci_is_layout(f->fd));
	assert_int_equal(unlinkat(f->fd, "index.json", 0), 0);
	put(f, "index.json", "{}");
	assert_true(lw_oci_is_layout(f->fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_manifest_for_this_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(indexes_within_indexes, setup, teardown),
		cmocka_unit_test_setup_teardown(layers_are_digests, setup, teardown),
		cmocka_unit_test_setup_teardown(a_layout_has_both_files, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

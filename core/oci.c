/* oci.c: see oci.h. */
#include "oci.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sha256.h"
#include "safepath.h"

#define DOCUMENT_MAX ((size_t)4 * 1024 * 1024)
#define NESTED 4 /* an index of indexes: more is a loop or a joke */

static void decref(json_t **v)
{
	json_decref(*v);
}
#define _cleanup_json_ _cleanup_(decref)

void lw_oci_blob(const char digest[65], char ret[static LW_OCI_BLOB_NAME])
{
	snprintf(ret, LW_OCI_BLOB_NAME, LW_OCI_BLOB "%.64s", digest);
}

/* "sha256:HEX"; nothing else ever becomes a part of a path. */
static int read_digest(const json_t *descriptor, char ret[65], struct lw_err *err)
{
	const char *text = json_string_value(json_object_get(descriptor, "digest"));
	if (!text)
		return lw_fail(err, -EINVAL, "a descriptor without a digest");
	if (strncmp(text, "sha256:", 7) != 0 || strlen(text) != 7 + 64 || strspn(text + 7, "0123456789abcdef") != 64)
		return lw_fail(err, -EINVAL, "a digest that is not sha256 and 64 digits");
	memcpy(ret, text + 7, 65);
	return 0;
}

static int read_document(int dir, const char *name, const char *digest, json_t **ret, struct lw_err *err)
{
	_cleanup_free_ char *text = NULL;
	json_error_t bad;
	size_t n;
	_cleanup_close_ int fd = lw_safe_open_read(dir, name);
	int r = fd < 0 ? fd : lw_read_all(fd, DOCUMENT_MAX, &text, &n);
	if (r < 0)
		return lw_fail(err, r, "%s: %s", name, strerror(-r));
	if (digest) {
		struct lw_sha256 c;
		uint8_t sum[32];
		char hex[65];
		lw_sha256_init(&c);
		lw_sha256_add(&c, text, n);
		lw_sha256_end(&c, sum);
		lw_sha256_hex(sum, hex);
		if (strcmp(hex, digest) != 0)
			return lw_fail(err, -EBADMSG, "%s is not what its digest says", name);
	}
	*ret = json_loadb(text, n, JSON_REJECT_DUPLICATES, &bad);
	if (!json_is_object(*ret)) {
		json_decref(*ret);
		*ret = NULL;
		return lw_fail(err, -EINVAL, "%s is not a JSON object", name);
	}
	return 0;
}

int lw_oci_is_layout(int dir)
{
	_cleanup_close_ int fd = lw_safe_open_read(dir, "oci-layout");
	_cleanup_close_ int index = fd < 0 ? -1 : lw_safe_open_read(dir, "index.json");
	return index >= 0;
}

/* uname's word for a machine, as OCI (Go) spells it. */
static const char *go_arch(const char *arch)
{
	static const char *const words[][2] = { { "x86_64", "amd64" },
						{ "aarch64", "arm64" },
						{ "i686", "386" },
						{ "armv7l", "arm" },
						{ "ppc64le", "ppc64le" } };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i][0], arch))
			return words[i][1];
	return arch;
}

/* 1: for this machine; 0: says nothing; -1: for another. */
static int fits(const json_t *descriptor, const char *arch)
{
	const json_t *platform = json_object_get(descriptor, "platform");
	const char *os = json_string_value(json_object_get(platform, "os"));
	const char *machine = json_string_value(json_object_get(platform, "architecture"));
	if (!os && !machine)
		return 0;
	return os && machine && !strcmp(os, "linux") && !strcmp(machine, go_arch(arch)) ? 1 : -1;
}

static bool is_index(const json_t *descriptor)
{
	const char *type = json_string_value(json_object_get(descriptor, "mediaType"));
	return type && (strstr(type, "image.index") || strstr(type, "manifest.list"));
}

/* The only one, or the first for this machine. */
static const json_t *choose(const json_t *index, const char *arch, struct lw_err *err)
{
	const json_t *list = json_object_get(index, "manifests"), *found = NULL;
	size_t n = json_array_size(list), silent = 0;
	for (size_t i = 0; i < n; i++) {
		const json_t *d = json_array_get(list, i);
		int fit = fits(d, arch);
		if (fit > 0)
			return d;
		silent += fit == 0;
		if (fit == 0 && !found)
			found = d;
	}
	if (silent == 1)
		return found;
	if (!n)
		lw_fail(err, -EINVAL, "the index lists no image");
	else if (!silent)
		lw_fail(err, -ENOENT, "no image for linux on %s", go_arch(arch));
	else
		lw_fail(err, -EINVAL, "the index lists %zu images without saying for which machine", silent);
	if (n)
		lw_err_hint(err, "make a layout of the one image that is meant");
	return NULL;
}

int lw_oci_manifest(int dir, const char *arch, char ret[65], struct lw_err *err)
{
	char name[LW_OCI_BLOB_NAME] = "index.json", digest[65] = "";
	for (int depth = 0; depth < NESTED; depth++) {
		_cleanup_json_ json_t *index = NULL;
		int r = read_document(dir, name, *digest ? digest : NULL, &index, err);
		const json_t *d = r < 0 ? NULL : choose(index, arch, err);
		if (r >= 0)
			r = d ? read_digest(d, digest, err) : -EINVAL;
		if (r < 0)
			return r;
		if (!is_index(d)) {
			memcpy(ret, digest, sizeof digest);
			return 0;
		}
		lw_oci_blob(digest, name);
	}
	return lw_fail(err, -ELOOP, "indexes within indexes, more than %d", NESTED);
}

int lw_oci_layers(int dir, const char digest[65], struct lw_oci_layer **ret, size_t *ret_n, struct lw_err *err)
{
	char name[LW_OCI_BLOB_NAME];
	_cleanup_json_ json_t *manifest = NULL;
	lw_oci_blob(digest, name);
	int r = read_document(dir, name, digest, &manifest, err);
	if (r < 0)
		return r;
	const json_t *list = json_object_get(manifest, "layers");
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n > LW_OCI_LAYERS)
		return lw_fail(err, -EINVAL, "%s: a manifest has a list of at most %d layers", name, LW_OCI_LAYERS);
	_cleanup_free_ struct lw_oci_layer *layers = calloc(n + 1, sizeof *layers);
	if (!layers)
		return lw_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n && r >= 0; i++) {
		const json_t *d = json_array_get(list, i), *size = json_object_get(d, "size");
		r = read_digest(d, layers[i].digest, err);
		layers[i].size = json_integer_value(size);
		if (r >= 0 && (!json_is_integer(size) || layers[i].size < 0))
			r = lw_fail(err, -EINVAL, "%s: layer %zu has no size", name, i);
	}
	if (r < 0)
		return r;
	*ret_n = n;
	*ret = TAKE_PTR(layers);
	return 0;
}

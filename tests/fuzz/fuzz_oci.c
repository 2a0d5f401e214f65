/* fuzz_oci.c: the documents of an OCI layout (core/oci.h). The input is index.json, and, under its right name, a
 * manifest too. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/sha256.h"
#include "oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void put(int dir, const char *name, const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = openat(dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/lunward-fuzz-XXXXXX", digest[65], name[LW_OCI_BLOB_NAME];
	struct lw_err err = { 0 };
	struct lw_sha256 c;
	uint8_t sum[32];
	require(mkdtemp(path) != NULL);
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ struct lw_oci_layer *layers = NULL;
	size_t n = 0;
	require(!mkdirat(dir, "blobs", 0700) && !mkdirat(dir, "blobs/sha256", 0700));
	put(dir, "index.json", data, size);
	if (lw_oci_manifest(dir, "x86_64", digest, &err) >= 0)
		require(strspn(digest, "0123456789abcdef") == 64 && !digest[64]);
	lw_sha256_init(&c);
	lw_sha256_add(&c, data, size);
	lw_sha256_end(&c, sum);
	lw_sha256_hex(sum, digest);
	lw_oci_blob(digest, name);
	put(dir, name, data, size);
	if (lw_oci_layers(dir, digest, &layers, &n, &err) >= 0)
		for (size_t i = 0; i < n; i++)
			require(strlen(layers[i].digest) == 64 && layers[i].size >= 0);
	require(!unlinkat(dir, name, 0) && !unlinkat(dir, "index.json", 0) &&
		!unlinkat(dir, "blobs/sha256", AT_REMOVEDIR) && !unlinkat(dir, "blobs", AT_REMOVEDIR) && !rmdir(path));
	return 0;
}

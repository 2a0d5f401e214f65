/* image.c: what an image is and whether it is the right one. Its bytes are an enemy's: here they are only counted,
 * summed up and compared; what takes them apart runs in a sandbox (image_cache.c), or is the kernel (op_image.c). */
#include "image.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sha256.h"
#include "cache.h"
#include "oci.h"
#include "safepath.h"
#include "sys.h"

#define DIGESTS "digests"
#define SETTLED_SECONDS 2 /* a file that changed later may change again within the same tick of its clock */
#define EROFS_AT 1024

const char *lw_image_kind_name(int kind)
{
	switch (kind) {
	case LW_IMAGE_DIR:
		return "a directory";
	case LW_IMAGE_OCI:
		return "an OCI layout";
	case LW_IMAGE_ARCHIVE:
		return "a tar archive";
	case LW_IMAGE_SQUASHFS:
		return "a squashfs";
	case LW_IMAGE_EROFS:
		return "an erofs";
	default:
		return NULL;
	}
}

/* The beginnings of what may be an archive; whether it is a whole one, the unpacker finds out. */
static bool archive_begins(const uint8_t *b, size_t n)
{
	static const struct {
		uint8_t n, bytes[6];
	} compressed[] = {
		{ 2, { 0x1f, 0x8b } },
		{ 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
		{ 4, { 0x28, 0xb5, 0x2f, 0xfd } },
		{ 3, { 'B', 'Z', 'h' } },
	};
	for (size_t i = 0; i < ARRAY_LEN(compressed); i++)
		if (n >= compressed[i].n && !memcmp(b, compressed[i].bytes, compressed[i].n))
			return true;
	return n >= 512 && !memcmp(b + 257, "ustar", 5);
}

int lw_image_kind(int fd)
{
	uint8_t head[EROFS_AT + 4] = { 0 };
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return lw_oci_is_layout(fd) ? LW_IMAGE_OCI : LW_IMAGE_DIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	ssize_t n = pread(fd, head, sizeof head, 0);
	if (n < 0)
		return -errno;
	if (n >= 4 && !memcmp(head, "hsqs", 4))
		return LW_IMAGE_SQUASHFS;
	if (n == (ssize_t)sizeof head && !memcmp(head + EROFS_AT, "\xe2\xe1\xf5\xe0", 4))
		return LW_IMAGE_EROFS;
	return archive_begins(head, (size_t)n) ? LW_IMAGE_ARCHIVE : -EINVAL;
}

/* What the file is as long as nobody writes to it. The change time cannot be set by anybody. */
static void identity(const struct stat *st, uint8_t ret[32])
{
	const int64_t id[] = { (int64_t)st->st_dev,         (int64_t)st->st_ino, (int64_t)st->st_size,
			       (int64_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (int64_t)st->st_ctim.tv_sec,
			       st->st_ctim.tv_nsec };
	struct lw_sha256 c;
	lw_sha256_init(&c);
	lw_sha256_add(&c, id, sizeof id);
	lw_sha256_end(&c, ret);
}

int lw_image_digest(int fd, int state_fd, char ret[65])
{
	char buf[65536];
	uint8_t key[32], sum[32];
	struct lw_sha256 c;
	struct stat st, after;
	struct timespec now;
	size_t n;
	_cleanup_free_ char *kept = NULL;
	if (fstat(fd, &st) < 0)
		return -errno;
	identity(&st, key);
	if (state_fd >= 0 && lw_cache_get(state_fd, DIGESTS, key, sizeof sum, &kept, &n) && n == sizeof sum) {
		lw_sha256_hex((const uint8_t *)kept, ret);
		return 0;
	}
	lw_sha256_init(&c);
	for (off_t at = 0;;) {
		ssize_t got = pread(fd, buf, sizeof buf, at);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		if (got > 0) {
			lw_sha256_add(&c, buf, (size_t)got);
			at += got;
		}
	}
	lw_sha256_end(&c, sum);
	lw_sha256_hex(sum, ret);
	if (state_fd >= 0 && !fstat(fd, &after) && !clock_gettime(CLOCK_REALTIME, &now) &&
	    !memcmp(&after.st_ctim, &st.st_ctim, sizeof st.st_ctim) && now.tv_sec - st.st_ctim.tv_sec > SETTLED_SECONDS)
		(void)lw_cache_put(state_fd, DIGESTS, key, sum, sizeof sum);
	return 0;
}

static int refused(const struct lw_root *root, const char *key, int code, struct lw_err *err)
{
	lw_err_at(err, key[4] == '.' && root->verify.rec.origin.file ? root->verify.rec.origin : root->rec.origin);
	lw_err_in(err, "%s", key);
	return code;
}

static int open_image(const struct lw_root *root, int *ret_kind, struct lw_err *err)
{
	struct stat st;
	_cleanup_close_ int path = lw_safe_open_host(root->image);
	int fd = path;
	if (fd >= 0 && fstat(fd, &st) < 0)
		fd = -errno;
	else if (fd >= 0)
		fd = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? lw_safe_open_again(path) : -EINVAL;
	int kind = fd < 0 ? fd : lw_image_kind(fd);
	if (kind >= 0) {
		*ret_kind = kind;
		return fd;
	}
	if (fd >= 0)
		SYS(close, fd);
	if (kind == -EINVAL) {
		lw_fail_as(err, LW_ERR_POLICY, kind, "'%s' is no image", root->image);
		lw_err_hint(err,
			    "a tar archive (plain, gzip, xz, zstd, bzip2), an OCI layout, a squashfs, an erofs or a "
			    "directory");
		return kind;
	}
	return lw_fail(err, kind, "'%s': %s", root->image, strerror(-kind));
}

/* The digest by which an image is known; of a plain directory there is none. */
static int find_digest(const struct lw_root *root, const struct lw_host *h, int fd, int kind, char ret[65],
		       struct lw_err *err)
{
	int r;
	*ret = 0;
	if (kind == LW_IMAGE_OCI)
		return lw_oci_manifest(fd, h->arch, ret, err);
	if (kind == LW_IMAGE_DIR)
		return 0;
	/* The kernel's image needs one only to be verified. */
	if (kind != LW_IMAGE_ARCHIVE && !root->verify.digest)
		return 0;
	r = lw_image_digest(fd, h->state_fd, ret);
	return r < 0 ? lw_fail(err, r, "'%s': %s", root->image, strerror(-r)) : 0;
}

static int verify(const struct lw_root *root, int kind, const char digest[65], struct lw_err *err)
{
	const char *wanted = root->verify.digest;
	if (!wanted)
		return 0;
	if (kind == LW_IMAGE_DIR) {
		lw_fail_as(err, LW_ERR_POLICY, -EINVAL, "'%s' is a plain directory, which has no digest", root->image);
		lw_err_hint(err, "make a tar archive or an OCI layout of it");
		return -EINVAL;
	}
	if (!strcmp(wanted + strlen("sha256:"), digest))
		return 0;
	lw_fail_as(err, LW_ERR_POLICY, -EBADMSG, "'%s' is another image: its digest is sha256:%s", root->image, digest);
	lw_err_hint(err, "get the image again, or, if this is the one you mean, write down this digest");
	return -EBADMSG;
}

int lw_image_prepare(struct lw_spec *s, const struct lw_host *h, const char *helper, struct lw_err *err)
{
	struct lw_root *root = &s->root;
	char digest[65];
	int kind = -EINVAL;
	if (!root->image || root->path)
		return 0;
	_cleanup_close_ int fd = open_image(root, &kind, err);
	int r = fd < 0 ? fd : find_digest(root, h, fd, kind, digest, err);
	if (r < 0)
		return refused(root, "root.image", r, err);
	r = verify(root, kind, digest, err);
	if (r < 0)
		return refused(root, "root.verify.digest", r, err);
	if (kind == LW_IMAGE_DIR) {
		root->path = root->image;
		return 0;
	}
	if (kind == LW_IMAGE_SQUASHFS || kind == LW_IMAGE_EROFS) {
		root->image_fs = kind == LW_IMAGE_EROFS ? "erofs" : "squashfs";
		if (!h->privileged) {
			lw_fail(err, -EPERM, "'%s': the kernel mounts %s for root only", root->image,
				lw_image_kind_name(kind));
			lw_err_hint(err, "run as root, or unpack it: %s",
				    kind == LW_IMAGE_EROFS ? "fsck.erofs --extract=DIR IMAGE (package erofs-utils)"
							   : "unsquashfs -d DIR IMAGE (package squashfs-tools)");
			return refused(root, "root.image", -EPERM, err);
		}
		root->path = root->image;
		return 0;
	}
	const char *tree = lw_arena_printf(s->arena, "%s/" LW_IMAGE_CACHE "/%s/rootfs", h->state_dir, digest);
	r = tree ? lw_image_unpack(s, h, helper, kind, digest, tree, err) : lw_fail(err, -ENOMEM, "out of memory");
	if (r < 0)
		return refused(root, "root.image", r, err);
	root->image_tree = true;
	root->path = tree;
	return 0;
}

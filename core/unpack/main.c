/* main.c: lunward-unpack, which lays an archive or an OCI layout into a directory. It runs inside a sandbox that holds
 * this program, /image (read-only) and /target (writable) and nothing else (core/image_cache.c), and speaks to nobody
 * but by its exit status and one line on standard error. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "layer.h"
#include "oci.h"
#include "safepath.h"
#include "sys.h"

#define TARGET "/target"
#define ROOTFS "rootfs"
#define LAYOUT "layout"

static int apply_layer(struct tree *t, int layout, const struct lw_oci_layer *l, bool first, struct lw_err *err)
{
	char name[LW_OCI_BLOB_NAME];
	struct stat st;
	lw_oci_blob(l->digest, name);
	_cleanup_close_ int fd = lw_safe_open_read(layout, name);
	if (fd < 0)
		return lw_fail(err, fd, "%s: %s", name, strerror(-fd));
	if (fstat(fd, &st) < 0 || st.st_size != l->size)
		return lw_fail(err, -EBADMSG, "%s is not as large as its manifest says", name);
	/* Whatever the order in the archive, marks are about the layers below it alone. */
	int r = first ? 0 : layer_apply(t, fd, l->digest, LAYER_REMOVALS, err);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = lw_fail(err, -errno, "%s: %s", name, strerror(errno));
	return r < 0 ? r : layer_apply(t, fd, l->digest, LAYER_ENTRIES, err);
}

/* expected: the manifest's digest, or NULL: whichever the index means. */
static int apply_layout(struct tree *t, int layout, const char *expected, struct lw_err *err)
{
	_cleanup_free_ struct lw_oci_layer *layers = NULL;
	char digest[65];
	struct utsname host;
	size_t n = 0;
	int r = uname(&host) < 0 ? -errno : lw_oci_manifest(layout, host.machine, digest, err);
	if (r >= 0 && expected && strcmp(digest, expected) != 0)
		r = lw_fail(err, -EBADMSG, "the index means another image than it did before");
	if (r >= 0)
		r = lw_oci_layers(layout, digest, &layers, &n, err);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = apply_layer(t, layout, &layers[i], i == 0, err);
	return r;
}

static int open_dir(int at, const char *name)
{
	return (int)SYS(openat, at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

static int new_root(int target, int *ret, struct lw_err *err)
{
	int r = (int)SYS(mkdirat, target, ROOTFS, 0755);
	if (r >= 0)
		*ret = r = open_dir(target, ROOTFS);
	return r < 0 ? lw_fail(err, r, "%s: %s", ROOTFS, strerror(-r)) : 0;
}

/* A root of nothing but layers would be of no use to anybody. */
static bool is_old_save(int root)
{
	_cleanup_close_ int manifest = lw_safe_open_read(root, "manifest.json");
	_cleanup_close_ int names = lw_safe_open_read(root, "repositories");
	return manifest >= 0 && names >= 0;
}

/* A tar of a layout becomes the layout first: its blobs come in any order. */
static int apply_tar(struct tree *t, int target, const char *digest, struct lw_err *err)
{
	_cleanup_close_ int image = (int)SYS(openat, AT_FDCWD, "/image", O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	int r = image < 0 ? lw_fail(err, image, "%s", strerror(-image))
			  : layer_apply(t, image, digest, LAYER_PLAIN, err);
	if (r < 0)
		return r;
	if (!lw_oci_is_layout(t->root))
		return is_old_save(t->root)
			       ? lw_fail(err, -EINVAL,
					 "what docker save wrote before version 25, which is no OCI layout; "
					 "skopeo copy docker-archive:FILE oci:DIR makes one")
			       : 0;
	_cleanup_close_ int layout = t->root;
	struct tree both = { .root = target };
	t->root = -1;
	if (renameat(target, ROOTFS, target, LAYOUT) < 0)
		return lw_fail(err, -errno, "%s: %s", LAYOUT, strerror(errno));
	r = new_root(target, &t->root, err);
	if (r >= 0)
		r = apply_layout(t, layout, NULL, err);
	return r < 0 ? r : tree_remove(&both, LAYOUT, false, err);
}

/* What every sandbox mounts something on, and a read-only root could not be given later. */
static int add_mount_points(struct tree *t)
{
	static const char names[][8] = { "proc", "sys", "dev", "run", "tmp" };
	int r = 0;
	for (size_t i = 0; i < ARRAY_LEN(names) && (r >= 0 || r == -EEXIST); i++)
		r = (int)SYS(mkdirat, t->root, names[i], i == 4 ? 01777 : 0755);
	return r == -EEXIST ? 0 : r;
}

static int unpack(char **argv, struct lw_err *err)
{
	struct tree t = { .root = -1, .keep_owners = !strcmp(argv[3], "owners") };
	bool oci = !strcmp(argv[1], "oci");
	_cleanup_close_ int target = open_dir(AT_FDCWD, TARGET);
	if (lw_parse_i64(argv[4], &t.size) < 0 || lw_parse_i64(argv[5], &t.files) < 0)
		return lw_fail(err, -EINVAL, "a bound that is no number");
	int r = target < 0 ? lw_fail(err, target, TARGET ": %s", strerror(-target)) : new_root(target, &t.root, err);
	if (r >= 0 && oci) {
		_cleanup_close_ int layout = open_dir(AT_FDCWD, "/image");
		r = apply_layout(&t, layout, argv[2], err);
	} else if (r >= 0) {
		r = apply_tar(&t, target, argv[2], err);
	}
	if (r >= 0)
		r = add_mount_points(&t);
	if (t.root >= 0)
		SYS(close, t.root);
	return r;
}

int main(int argc, char **argv)
{
	struct lw_err err = { 0 };
	if (argc != 6) {
		fputs("usage: lunward-unpack tar|oci DIGEST owners|own SIZE FILES; lunward calls it\n", stderr);
		return 2;
	}
	umask(0);
	int r = unpack(argv, &err);
	if (r >= 0)
		return 0;
	fprintf(stderr, "%s\n", err.msg[0] ? err.msg : strerror(-r));
	return 1;
}

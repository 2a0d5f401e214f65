/* swap.c: swap SECONDS TREE OUTSIDE: plays the owner of a tree that is walked meanwhile. In TREE the directory d and a
 * link to OUTSIDE, and the file f and a link to OUTSIDE/file, change places as fast as they can; OUTSIDE/file gets a
 * second name in TREE, which wanders from place to place. Prints how often it went round. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int exchange(int tree, const char *a, const char *b)
{
	return renameat2(tree, a, tree, b, RENAME_EXCHANGE);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	char file[PATH_MAX];
	time_t end = time(NULL) + atoi(argv[1]);
	int tree = open(argv[2], O_PATH | O_DIRECTORY);
	snprintf(file, sizeof file, "%s/file", argv[3]);
	if (tree < 0 || symlinkat(argv[3], tree, "d.link") < 0 || symlinkat(file, tree, "f.link") < 0)
		return 1;
	unsigned long n = 0;
	for (; time(NULL) < end; n++) {
		if (exchange(tree, "d", "d.link") < 0 || exchange(tree, "f", "f.link") < 0)
			return 1;
		/* Under one name, then under another, now in a directory that moves too: never under all it has. */
		if (linkat(AT_FDCWD, file, tree, "a", 0) < 0 || renameat(tree, "a", tree, "m/b") < 0 ||
		    renameat(tree, "m", tree, "z") < 0 || renameat(tree, "z/b", tree, "z/c") < 0 ||
		    renameat(tree, "z/c", tree, "y") < 0 || unlinkat(tree, "y", 0) < 0 ||
		    renameat(tree, "z", tree, "m") < 0)
			return 1;
	}
	if (n % 2 && (exchange(tree, "d", "d.link") < 0 || exchange(tree, "f", "f.link") < 0))
		return 1;
	printf("%lu\n", n);
	return 0;
}

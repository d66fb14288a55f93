/* Runs a fuzz target over every file of the folders given: each build replays the seeds. */
#include <dirent.h>

#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replay(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[4096];
	size_t n = 0;

	if (!d)
		return 0;
	while ((e = readdir(d))) {
		struct vf_bytes b;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		b = check_read(path);
		/* an exact copy, so that the sanitizer sees every read past the end */
		uint8_t *exact = malloc(b.n ? b.n : 1);
		if (!exact)
			exit(1);
		memcpy(exact, b.p ? b.p : exact, b.n);
		LLVMFuzzerTestOneInput(exact, b.n);
		free(exact);
		free((void *)(uintptr_t)b.p);
		n++;
	}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		n += replay(argv[i]);
	fprintf(stderr, "%zu seeds\n", n);
	return n ? 0 : 1;
}

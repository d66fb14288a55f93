/* Reading a day's file of the issue journal. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/issue_journal.h"
#include "verify/text.h"

#define BLOCK ((size_t)1 << 18)

struct reading {
	const char *name;
	nt_issue_each *each;
	void *ctx;
	struct nt_issue_day *d;
	struct vf_pair_hasher *hasher;
	uint64_t size, lines;
};

static VF_RC read_line(struct reading *r, struct vf_bytes line, struct vf_err *reterr)
{
	struct nt_issued t;
	bool token = false;
	enum vf_rc rc = nt_issue_line_read(r->d, line, &t, &token, reterr);

	r->lines++;
	if (rc == VF_OK && token && r->each)
		rc = r->each(r->ctx, &t, reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "issue journal '%s', line %llu", r->name, (unsigned long long)r->lines);
	r->size += line.n + 1;
	return rc;
}

/* All whole lines; in is then what is left. */
static VF_RC read_lines(struct reading *r, struct vf_bytes *in, struct vf_err *reterr)
{
	struct vf_bytes all = *in, line, used;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && vf_take_line(in, &line))
		rc = read_line(r, line, reterr);
	if (rc == VF_OK && vf_bytes_slice(all, 0, all.n - in->n, &used))
		vf_pair_put(r->hasher, used);
	return rc;
}

static VF_RC read_blocks(struct reading *r, int fd, uint8_t *block, uint64_t *ret_rest, struct vf_err *reterr)
{
	size_t held = 0;
	bool long_rest = false;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK) {
		ssize_t got = read(fd, block + held, BLOCK - held);
		struct vf_bytes in;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vf_fail(
				reterr, VF_IO, "cannot read the issue journal '%s': %s", r->name, strerror(errno));
		if (got == 0)
			break;
		in = vf_bytes(block, held + (size_t)got);
		if (long_rest && memchr(in.p, '\n', in.n))
			return vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s': line %llu is too long", r->name,
				(unsigned long long)r->lines + 1);
		if (!long_rest)
			rc = read_lines(r, &in, reterr);
		/* more than any line: only an end of the file without LF may be so long, and is not kept */
		long_rest = long_rest || in.n > NT_ISSUE_MAX_LINE;
		held = long_rest ? 0 : in.n;
		if (held)
			memmove(block, in.p, held);
	}
	*ret_rest = 0;
	if (rc == VF_OK) {
		off_t end = lseek(fd, 0, SEEK_END);

		if (end < 0 || (uint64_t)end < r->size)
			return vf_fail(reterr, VF_IO, "cannot read the issue journal '%s' to its end", r->name);
		*ret_rest = (uint64_t)end - r->size;
	}
	return rc;
}

VF_RC nt_issue_file_read(int folder, const char *name, nt_issue_each *each, void *ctx, struct nt_issue_day *d,
	struct vf_pair_hasher *hasher, uint64_t *ret_size, uint64_t *ret_rest, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct reading r = {.name = name, .each = each, .ctx = ctx, .d = d, .hasher = hasher};
	struct stat st;
	uint8_t *block;
	enum vf_rc rc;

	*d = (struct nt_issue_day){.gen_ms = VF_TIME_NONE};
	vf_pair_init(hasher);
	if (fd < 0)
		return vf_fail(reterr, errno == ENOENT ? VF_NO_INPUT : errno == EACCES ? VF_PERMISSION : VF_IO,
			"cannot open the issue journal '%s': %s", name, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) /* a pipe would hold the service up for ever */
		return vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s' is not a regular file", name);
	block = malloc(BLOCK);
	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read the issue journal '%s'", name);
	rc = read_blocks(&r, fd, block, ret_rest, reterr);
	free(block);
	if (rc == VF_OK && !nt_issue_has_head(d))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s' has no head", name);
	*ret_size = r.size;
	return rc;
}

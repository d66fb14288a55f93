#include "notary/file_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "notary/hashing.h"

static VF_RC read_at(void *ctx, uint64_t at, void *out, size_t cap, size_t *ret_n, struct vf_err *reterr)
{
	struct nt_file_input *f = ctx;
	size_t n = 0;
	ssize_t got = 1;

	if (at > INT64_MAX - cap)
		return vf_fail(reterr, VF_INTERNAL, "a place that no file has");
	while (n < cap && got != 0) {
		got = pread(f->fd, (uint8_t *)out + n, cap - n, (off_t)(at + n));
		if (got < 0 && errno == EINTR) {
			got = 1;
			continue;
		}
		if (got < 0)
			return vf_fail(reterr, VF_IO, "reading failed: %s", strerror(errno));
		n += (size_t)got;
	}
	f->read += n;
	*ret_n = n;
	return VF_OK;
}

void nt_file_input_of(struct nt_file_input *f, int fd, uint64_t size, struct vf_bytes name)
{
	f->fd = fd;
	f->read = 0;
	f->input = (struct tr_input){.read_at = read_at, .ctx = f, .size = size, .name = name};
}

VF_RC nt_file_input_open(struct nt_file_input *f, const char *path, const char *name, struct vf_err *reterr)
{
	uint64_t size = 0;
	int fd = -1;
	enum vf_rc rc = nt_open_document(path, &fd, &size, reterr);

	if (rc == VF_OK)
		nt_file_input_of(f, fd, size, vf_bytes_str(name));
	return rc;
}

void nt_file_input_done(struct nt_file_input *f)
{
	close(f->fd);
	f->fd = -1;
}

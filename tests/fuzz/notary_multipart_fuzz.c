/* Bodies of multipart/form-data: notary/multipart.h. A Content-Type, LF, the body; from memory and from a file. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notary/multipart.h"
#include "verify/text.h"

#define MAX_INPUT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int to_file(struct vf_bytes body)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("body", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, body.p, body.n, 0) != (ssize_t)body.n)
		abort();
	return fd;
}

static void check_part(const struct nt_multipart *m, const struct nt_multipart *file,
	const struct nt_multipart_part *p, struct vf_bytes body, uint64_t end)
{
	struct nt_buf one = nt_buf(MAX_INPUT), two = nt_buf(MAX_INPUT);
	struct vf_bytes whole;

	if (p->at < end || !vf_bytes_slice(body, p->at, p->size, &whole))
		abort();
	if (p->name[0] == '\0' || !vf_utf8_is(vf_bytes_str(p->name)) || !vf_utf8_is(vf_bytes_str(p->filename)) ||
		p->is_file != (p->filename[0] != '\0') || strncmp(p->type, "multipart/", 10) == 0)
		abort();
	if (nt_multipart_put(m, p, MAX_INPUT, &one, NULL) != VF_OK ||
		nt_multipart_put(file, p, MAX_INPUT, &two, NULL) != VF_OK)
		abort();
	if (!vf_bytes_eq(nt_buf_bytes(&one), whole) || !vf_bytes_eq(nt_buf_bytes(&two), whole))
		abort();
	nt_buf_done(&one);
	nt_buf_done(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes body = vf_bytes(data, size), type;
	struct nt_multipart_boundary b;
	struct nt_multipart *m = NULL, *file = NULL;
	static struct nt_multipart_part p, q;
	uint64_t end = 0;

	if (size > MAX_INPUT || !vf_take_line(&body, &type) || nt_multipart_boundary(type, &b, NULL) != VF_OK)
		return 0;
	if (b.n == 0 || b.n > NT_MULTIPART_MAX_BOUNDARY || strlen(b.text) != b.n)
		abort();
	if (nt_multipart_new(&b, body, -1, body.n, &m, NULL) != VF_OK ||
		nt_multipart_new(&b, vf_bytes(NULL, 0), to_file(body), body.n, &file, NULL) != VF_OK)
		abort();
	for (;;) {
		bool more = false, more_too = false;
		struct vf_err one = {0}, two = {0};
		enum vf_rc rc = nt_multipart_next(m, &more, &p, &one);

		if (nt_multipart_next(file, &more_too, &q, &two) != rc || more != more_too ||
			strcmp(one.text, two.text) != 0)
			abort();
		if (rc != VF_OK || !more)
			break;
		if (strcmp(p.name, q.name) != 0 || strcmp(p.filename, q.filename) != 0 || strcmp(p.type, q.type) != 0 ||
			p.is_file != q.is_file || p.at != q.at || p.size != q.size)
			abort();
		check_part(m, file, &p, body, end);
		end = p.at + p.size;
	}
	nt_multipart_free(m);
	nt_multipart_free(file);
	return 0;
}

#include "trial/read/input.h"

static VF_RC read_octets(void *ctx, uint64_t at, void *out, size_t cap, size_t *ret_n, struct vf_err *reterr)
{
	const struct vf_bytes *b = ctx;
	struct vf_bytes part;
	uint64_t n = at < b->n ? b->n - at : 0;

	if (n > cap)
		n = cap;
	if (n && !vf_bytes_slice(*b, at, n, &part))
		return vf_fail(reterr, VF_INTERNAL, "a range that is not there");
	if (n)
		memcpy(out, part.p, part.n);
	*ret_n = (size_t)n;
	return VF_OK;
}

struct tr_input tr_input_of(const struct vf_bytes *octets, const char *name)
{
	return (struct tr_input){
		.read_at = read_octets, .ctx = (void *)(uintptr_t)octets, .size = octets->n, .name = vf_bytes_str(name)};
}

VF_RC tr_input_take(const struct tr_input *in, uint64_t at, void *out, size_t n, struct vf_err *reterr)
{
	size_t got = 0;
	enum vf_rc rc = in->read_at(in->ctx, at, out, n, &got, reterr);

	if (rc == VF_OK && got != n)
		return vf_fail(reterr, VF_FILE_SHAPE, "the file ends at octet %llu, in the middle of a part of it",
			(unsigned long long)(at + got));
	return rc;
}

static VF_RC next_of_input(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct tr_input_source *s = ctx;
	size_t n = 0;
	enum vf_rc rc = s->in->read_at(s->in->ctx, s->at, s->buffer, TR_SOURCE_BUFFER, &n, reterr);

	if (rc != VF_OK)
		return rc;
	s->at += n;
	*ret = vf_bytes(s->buffer, n);
	return VF_OK;
}

void tr_input_source_init(struct tr_input_source *s, const struct tr_input *in, uint64_t at, uint8_t *buffer)
{
	*s = (struct tr_input_source){.in = in, .at = at, .buffer = buffer, .source = {next_of_input, s}};
}

/* Exercises vf_meaning_read() on whole signatures: what it accepts is plain and stands among what was signed. */
#include "tests/fuzz/must.h"
#include "verify/limits.h"
#include "verify/meaning.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct vf_bytes part, const uint8_t *data, size_t size)
{
	return part.n == 0 || (part.p >= data && part.n <= size && part.p + part.n <= data + size);
}

/* How often an octet string stands in the signed attributes. */
static size_t count(struct vf_bytes in, struct vf_bytes what)
{
	size_t n = 0;

	for (size_t i = 0; i + what.n <= in.n; i++)
		n += memcmp(in.p + i, what.p, what.n) == 0;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_signed s;
	struct vf_said said;
	struct vf_err err;
	struct vf_time t;
	char text[80];
	enum vf_rc rc;

	if (vf_cms_parse(vf_bytes(data, size), VF_CMS_SUBMITTER, &s, &err) != VF_OK)
		return 0;
	rc = vf_meaning_read(&s, &said, &err);
	MUST(rc == VF_OK || rc == VF_CMS_SHAPE);
	if (rc != VF_OK)
		return 0;
	MUST(inside(said.meaning_oid, data, size) && inside(said.name, data, size));
	MUST(said.name.n == 0 || vf_printed_name_is(said.name));
	MUST(said.meaning < VF_MEANING_COUNT && (said.meaning == VF_MEANING_NONE) == (said.meaning_oid.n == 0));
	/* nothing is said that does not stand among what was signed */
	MUST(said.meaning == VF_MEANING_NONE || count(s.signed_attrs, vf_oid_commitment()) > 0);
	MUST(said.name.n == 0 || count(s.signed_attrs, vf_oid_signer_attributes()) > 0);
	MUST(!vf_meaning_name(said.meaning) || vf_bytes_eq(vf_meaning_oid(said.meaning), said.meaning_oid));
	MUST(!said.unsigned_too || s.unsigned_attrs.n != 0);
	if (said.meaning != VF_MEANING_NONE) {
		vf_meaning_oid_text(&said, text, sizeof(text));
		MUST(text[0] != '\0' && vf_text_is_plain(vf_bytes_str(text)));
	}
	if (said.time != VF_TIME_NONE) {
		vf_time_to(said.time, &t);
		MUST(t.ms == 0);
	}
	return 0;
}

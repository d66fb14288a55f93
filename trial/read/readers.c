#include "trial/read/readers.h"

#include <stdlib.h>

/* The first that claims a file reads it: what is a special case of another stands before it, what has no head at the end. */
static const struct tr_reader *const readers[] = {
	/* XML, by root and namespace */
	&tr_read_dataset_xml,
	&tr_read_define,
	&tr_read_odm,
	&tr_read_ctgov_xml,
	&tr_read_ectd,
	&tr_read_ectd_stf,
	&tr_read_etmf,
	&tr_read_fhir_xml,
	&tr_read_ictrp,
	&tr_read_isrctn,

	/* JSON, by its first members */
	&tr_read_ctgov_json,
	&tr_read_dataset_json,
	&tr_read_fhir_json,
	&tr_read_usdm,

	/* other heads */
	&tr_read_docx,
	&tr_read_ectd_md5,
	&tr_read_pdf,
	&tr_read_xpt,

	/* no head but names of columns */
	&tr_read_ictrp_csv,

	/* no head */
	&tr_read_csv,
	&tr_read_text,
	NULL,
};

const struct tr_reader *tr_reader_at(size_t at)
{
	return at < sizeof(readers) / sizeof(readers[0]) ? readers[at] : NULL;
}

const struct tr_reader *tr_reader_find(const struct tr_peek *peek)
{
	const struct tr_reader *r;

	for (size_t i = 0; (r = tr_reader_at(i)) != NULL; i++)
		if (r->claims(peek))
			return r;
	return NULL;
}

static VF_RC find(const struct tr_input *in, const struct tr_reader **ret, struct vf_err *reterr)
{
	uint8_t *head = malloc(TR_PEEK_LEN);
	struct tr_peek peek;
	enum vf_rc rc;

	if (!head)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to look at a file");
	rc = tr_peek(in, head, &peek, reterr);
	if (rc == VF_OK)
		*ret = tr_reader_find(&peek);
	free(head);
	return rc;
}

VF_RC tr_read(struct tr_reading *r, const struct tr_reader **ret_reader, struct vf_err *reterr)
{
	static const struct tr_about whole = {0};
	enum vf_rc rc;

	*ret_reader = NULL;
	rc = find(r->in, ret_reader, reterr);
	if (rc != VF_OK || !*ret_reader)
		return rc;
	rc = tr_say(r, TR_F_FILE_FORMAT, &whole, vf_bytes_str((*ret_reader)->title), reterr);
	if (rc == VF_OK)
		rc = (*ret_reader)->read(r, reterr);
	if (rc == VF_OK && tr_subjects(r) > 0)
		rc = tr_say_count(r, TR_F_FILE_SUBJECTS, &whole, tr_subjects(r), reterr);
	return rc;
}

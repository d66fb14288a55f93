/*
 * WHO ICTRP, XML: copies of records of many registers, one item a record. Values are padded, hold "&#x0D;" and literal
 * "<br>", and a download may be cut off: what was read before is said.
 */
#include <stdlib.h>

#include "trial/read/ictrp_inside.h"
#include "trial/read/readers.h"

struct reading {
	struct tr_ictrp of; /* first */

	/* the file, with a note of its end */
	struct tr_source source;
	struct tr_input_source in;
	bool at_end;
	uint8_t buffer[TR_SOURCE_BUFFER];
};

static VF_RC read_trial(struct reading *d, struct tr_xml *x, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_err err;
	enum vf_rc rc, end;

	tr_ictrp_begin(&d->of);
	rc = tr_record_xml(&d->of.rec, x, node, NULL, reterr);
	if (rc != VF_OK && (rc != VF_FILE_SHAPE || !d->at_end))
		return rc;
	end = tr_ictrp_end(&d->of, &err); /* of a record that is cut off, what there is */
	if (end == VF_OK)
		return rc;
	*reterr = err; /* read_all() gives one */
	return end;
}

static VF_RC read_trials(struct reading *d, struct tr_xml *x, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	enum vf_rc rc;

	for (;;) {
		rc = tr_xml_next(x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_END)
			return rc;
		if (node->event != TR_XML_OPEN || node->depth == 1)
			continue;
		rc = strcmp(node->name, "Trial") == 0 ? read_trial(d, x, node, reterr) : tr_xml_skip(x, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

static VF_RC next_octets(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct reading *d = ctx;
	enum vf_rc rc = d->in.source.next(d->in.source.ctx, ret, reterr);

	d->at_end |= rc == VF_OK && ret->n == 0;
	return rc;
}

static VF_RC read_all(struct reading *d, struct vf_err *reterr)
{
	static const struct tr_about file;
	struct tr_reading *r = d->of.rec.r;
	struct tr_xml *x = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = tr_xml_new_from(r, &d->source, &x, reterr);

	if (rc != VF_OK)
		return rc;
	rc = read_trials(d, x, &err);
	tr_xml_free(x);
	/* libxml2 was content with all that there is: nothing but the end is missing */
	if (rc == VF_FILE_SHAPE && d->at_end && d->of.n_records)
		rc = tr_warn(r, TR_W_CUT, NULL, &err, "the file ends before its end: what was read is said");
	if (rc == VF_OK)
		return tr_say_count(r, TR_F_FILE_REGISTRY_RECORDS, &file, d->of.n_records, reterr);
	if (reterr)
		*reterr = err;
	return rc;
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading *d = calloc(1, sizeof(*d));
	enum vf_rc rc;

	if (!d)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read records");
	tr_ictrp_init(&d->of, r);
	d->source = (struct tr_source){next_octets, d};
	tr_input_source_init(&d->in, r->in, 0, d->buffer);
	rc = read_all(d, reterr);
	tr_record_done(&d->of.rec);
	free(d);
	return rc;
}

static bool claims(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->root, "Trials_downloaded_from_ICTRP");
}

const struct tr_reader tr_read_ictrp = {"ictrp", "WHO ICTRP records, XML", claims, read_file};

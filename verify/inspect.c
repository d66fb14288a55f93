#include "verify/inspect.h"

#include <inttypes.h>
#include <stdlib.h>

#include "verify/bundle.h"
#include "verify/container.h"
#include "verify/der.h"
#include "verify/help.h"
#include "verify/inspect_der.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"

/* Tables of the strict scan, the statement and the small parts. */
#define TABLES (64u << 20)

/* What is shown; a part that cannot be read is NULL or has n = 0. */
struct seen {
	const char *input;
	struct vf_container container;
	bool has_statement, has_stream;
	struct vf_statement statement;
	struct vf_stream_member stream;
	struct vf_bytes head;
	struct vf_err fault; /* why the statement is not shown; rc NOT_CHECKED when it is */
};

static bool read_part(struct seen *in, struct vf_arena *a, const char *name, uint64_t max, struct vf_bytes *ret)
{
	const struct vf_zip_entry *e = vf_zip_find(&in->container.zip, vf_bytes_str(name));

	return e && e->size <= max && vf_container_read(&in->container, e, a, ret, &in->fault) == VF_OK;
}

static void look_into(struct seen *in, struct vf_arena *a)
{
	struct vf_bytes text;
	struct vf_err ignored;

	if (read_part(in, a, VF_PART_HEAD, VF_MAX_SEAL_HEAD, &text))
		in->head = text;
	if (read_part(in, a, VF_NAME_STREAM, VF_MAX_SMALL_JSON, &text))
		in->has_stream = vf_stream_parse(text, &in->stream, &ignored) == VF_OK;
	in->fault.rc = VF_NOT_CHECKED;
	if (!read_part(in, a, VF_NAME_STATEMENT, VF_MAX_STATEMENT, &text))
		return;
	in->has_statement = vf_statement_parse(text, a, &in->statement, &in->fault) == VF_OK;
	if (in->has_statement)
		in->fault.rc = VF_NOT_CHECKED;
}

/* What an entry is by its name; its content was not looked at. */
static const char *meaning(const struct seen *in, struct vf_bytes name)
{
	const struct vf_member *m;

	if (vf_bytes_is(name, VF_ZIP_MIMETYPE_NAME))
		return "container type";
	if (vf_bytes_is(name, VF_NAME_STATEMENT))
		return "statement";
	if (vf_bytes_is(name, VF_NAME_SIGNATURE))
		return "submitter's signature";
	if (vf_bytes_is(name, VF_NAME_SIGNED_MANIFEST))
		return "what the submitter signed";
	if (vf_bytes_starts(name, "META-INF/ASiCEvidenceRecordManifest"))
		return "list of the files with evidence";
	if (vf_bytes_starts(name, "META-INF/evidencerecord"))
		return "evidence record";
	if (vf_bytes_is(name, VF_PART_ENTRY))
		return "log entry";
	if (vf_bytes_is(name, VF_PART_PROOF))
		return "log proof";
	if (vf_bytes_is(name, VF_PART_HEAD))
		return "seal head";
	if (vf_bytes_is(name, VF_PART_PREVIOUS))
		return "seal head before";
	if (vf_bytes_starts(name, VF_PART_FOLDER "ocsp"))
		return "OCSP response";
	m = in->has_statement ? vf_statement_find(&in->statement, name) : NULL;
	if (!m)
		return "file";
	return m->role == VF_ROLE_DOCUMENT ? "document" : m->role == VF_ROLE_STREAM ? "place in the stream" : "commitment";
}

/* ---- signatures: that of a record, or those of a container of other software ---- */

#define MAX_SIGNATURE ((uint64_t)1 << 20)

static void put_signatures(struct vf_sink *s, struct seen *in, bool json, const struct vf_look *look, struct vf_arena *memory)
{
	const struct vf_zip *zip = &in->container.zip;
	struct vf_bytes ber;
	struct vf_err ignored;
	size_t n = 0;

	for (size_t i = 0; i < zip->n; i++) {
		const struct vf_zip_entry *e = &zip->entries[i];
		struct vf_arena before = *memory;

		if (!vf_bytes_starts(e->name, VF_NAME_META) || !vf_bytes_ends(e->name, ".p7s") || e->size > MAX_SIGNATURE ||
			vf_container_read(&in->container, e, memory, &ber, &ignored) != VF_OK)
			continue;
		vf_sink_str(s, !json ? "\n" : n ? "," : "");
		vf_inspect_signature(s, e->name, ber, json, look, memory);
		*memory = before;
		n++;
	}
}

/* ---- text ---- */

static void put(struct vf_sink *s, const struct vf_look *look, struct vf_bytes text)
{
	if (look->unicode)
		vf_sink_escaped(s, text);
	else
		vf_sink_ascii(s, text);
}

static void put_line(struct vf_sink *s, const struct vf_look *look, const char *label, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	vf_sink_putf(s, "  %-10s  \"", label);
	put(s, look, text);
	vf_sink_str(s, "\"\n");
}

static void put_hash_line(struct vf_sink *s, const char *label, const struct vf_hash *h)
{
	vf_sink_putf(s, "  %-10s  ", label);
	vf_sink_hex(s, vf_bytes(h->b, sizeof(h->b)));
	vf_sink_str(s, "\n");
}

static void put_statement(struct vf_sink *s, const struct vf_look *look, const struct seen *in)
{
	const struct vf_statement *st = &in->statement;

	if (!in->has_statement) {
		vf_sink_putf(s, "  Statement   none that can be read%s", in->fault.rc == VF_NOT_CHECKED ? "" : ": ");
		if (in->fault.rc != VF_NOT_CHECKED)
			put(s, look, vf_bytes_str(in->fault.text));
		vf_sink_str(s, "\n");
		return;
	}
	put_line(s, look, "Kind", st->kind);
	put_line(s, look, "Study", st->study);
	put_line(s, look, "Version", st->version);
	put_line(s, look, "Date", st->date);
	put_line(s, look, "Title", st->title);
	for (size_t i = 0; i < st->n_links; i++) {
		vf_sink_str(s, "  Link        \"");
		put(s, look, st->links[i].type);
		vf_sink_str(s, "\" ");
		vf_sink_hex(s, vf_bytes(st->links[i].record.b, 32));
		vf_sink_str(s, "\n");
	}
	if (st->has_signer)
		put_hash_line(s, "Signer", &st->signer);
	for (size_t i = 0; i < st->n_members; i++)
		if (!vf_zip_find(&in->container.zip, st->members[i].name))
			put_line(s, look, "Not here", st->members[i].name);
}

static void put_head(struct vf_sink *s, const struct vf_look *look, struct vf_bytes head)
{
	struct vf_bytes line;

	if (head.n == 0)
		return;
	vf_sink_str(s, "\n  The seal head says:\n");
	while (vf_take_line(&head, &line)) {
		vf_sink_str(s, "    | ");
		put(s, look, line);
		vf_sink_str(s, "\n");
	}
}

static void inspect_text(struct vf_sink *s, const struct vf_look *look, struct seen *in, struct vf_arena *memory)
{
	const struct vf_zip *zip = &in->container.zip;

	vf_sink_str(s, "NOT CHECKED  \"");
	put(s, look, vf_bytes_str(in->input));
	vf_sink_str(s, "\"\n\n");
	put_statement(s, look, in);
	if (in->has_stream) {
		vf_sink_putf(s, "  %-10s  %" PRIu64 "\n", "Stream seq", in->stream.seq);
		if (in->stream.seq > 0)
			put_hash_line(s, "Stream", &in->stream.stream);
	}
	vf_sink_putf(s, "\n  %zu entries:\n", zip->n);
	for (size_t i = 0; i < zip->n; i++) {
		vf_sink_putf(s, "  %12" PRIu64 "  %-9s  \"", zip->entries[i].size,
			zip->entries[i].method == VF_ZIP_STORED ? "stored" : "deflated");
		put(s, look, zip->entries[i].name);
		vf_sink_putf(s, "\"  (%s)\n", meaning(in, zip->entries[i].name));
	}
	put_signatures(s, in, false, look, memory);
	put_head(s, look, in->head);
	vf_sink_str(s, "\n  These are claims of the file. No digest, signature, time or trust was checked.\n"
		       "  To check them:  trialverify --trust DIR FILE\n");
}

/* ---- JSON ---- */

static void json_text(struct vf_sink *s, const char *name, struct vf_bytes text)
{
	vf_sink_putf(s, ",\"%s\":", name);
	if (text.n)
		vf_sink_json(s, text);
	else
		vf_sink_str(s, "null");
}

static void json_statement(struct vf_sink *s, const struct seen *in)
{
	const struct vf_statement *st = &in->statement;

	if (!in->has_statement) {
		vf_sink_str(s, ",\"statement\":null");
		return;
	}
	vf_sink_str(s, ",\"statement\":{\"kind\":");
	vf_sink_json(s, st->kind);
	json_text(s, "study", st->study);
	json_text(s, "version", st->version);
	json_text(s, "date", st->date);
	json_text(s, "title", st->title);
	vf_sink_str(s, ",\"links\":[");
	for (size_t i = 0; i < st->n_links; i++) {
		vf_sink_str(s, i ? ",{\"type\":" : "{\"type\":");
		vf_sink_json(s, st->links[i].type);
		vf_sink_str(s, ",\"record\":\"");
		vf_sink_hex(s, vf_bytes(st->links[i].record.b, 32));
		vf_sink_str(s, "\"}");
	}
	vf_sink_str(s, "],\"members\":[");
	for (size_t i = 0; i < st->n_members; i++) {
		vf_sink_str(s, i ? ",{\"name\":" : "{\"name\":");
		vf_sink_json(s, st->members[i].name);
		vf_sink_putf(s, ",\"here\":%s,\"sha256\":\"",
			vf_zip_find(&in->container.zip, st->members[i].name) ? "true" : "false");
		vf_sink_hex(s, vf_bytes(st->members[i].digests.sha256.b, 32));
		vf_sink_str(s, "\"}");
	}
	vf_sink_str(s, "]}");
}

static void inspect_json(struct vf_sink *s, const struct vf_look *look, struct seen *in, struct vf_arena *memory)
{
	const struct vf_zip *zip = &in->container.zip;

	vf_sink_str(s, "{\"schema\":\"trialnotary/inspect/1\",\"checked\":false,\"input\":");
	vf_sink_json(s, vf_bytes_str(in->input));
	vf_sink_str(s, ",\"form\":\"container\"");
	json_statement(s, in);
	if (in->has_stream)
		vf_sink_putf(s, ",\"stream_seq\":%" PRIu64, in->stream.seq);
	else
		vf_sink_str(s, ",\"stream_seq\":null");
	vf_sink_str(s, ",\"entries\":[");
	for (size_t i = 0; i < zip->n; i++) {
		vf_sink_str(s, i ? ",{\"name\":" : "{\"name\":");
		vf_sink_json(s, zip->entries[i].name);
		vf_sink_putf(s, ",\"size\":%" PRIu64 ",\"method\":\"%s\"}", zip->entries[i].size,
			zip->entries[i].method == VF_ZIP_STORED ? "stored" : "deflated");
	}
	vf_sink_str(s, "],\"signatures\":[");
	put_signatures(s, in, true, look, memory);
	vf_sink_str(s, "]}\n");
}

static VF_RC inspect_container(struct vf_sink *s, struct seen *in, const struct vf_source *source, bool json,
	const struct vf_look *look, struct vf_arena *memory, struct vf_err *reterr)
{
	enum vf_rc rc = vf_container_open(source, true, memory, &in->container, reterr);

	if (rc != VF_OK)
		return rc;
	look_into(in, memory);
	if (json)
		inspect_json(s, look, in, memory);
	else
		inspect_text(s, look, in, memory);
	return VF_OK;
}

VF_RC vf_inspect(struct vf_sink *s, const char *input, const struct vf_source *source, bool json,
	const struct vf_look *look, struct vf_err *reterr)
{
	struct seen in = {.input = input};
	void *tables = malloc(TABLES);
	struct vf_arena memory;
	enum vf_rc rc;

	if (!tables)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read the file");
	vf_arena_init(&memory, tables, TABLES);
	if (vf_der_peek(source->memory) == VF_DER_SEQUENCE)
		rc = vf_inspect_der(s, input, source->memory, json, look, &memory, reterr);
	else
		rc = inspect_container(s, &in, source, json, look, &memory, reterr);
	free(tables);
	return rc;
}

/* ---- explain ---- */

static const char *class_words(enum vf_rc rc)
{
	switch (vf_rc_class(rc)) {
	case VF_CLASS_ACCEPTED:
		return "accepted";
	case VF_CLASS_REJECTED:
		return "REJECTED: something contradicts, is malformed or breaks a rule";
	case VF_CLASS_UNDECIDED:
		return "INDETERMINATE: the question cannot be answered";
	case VF_CLASS_USAGE:
	case VF_CLASS_NO_INPUT:
	case VF_CLASS_INTERNAL:
	case VF_CLASS_IO:
	case VF_CLASS_PERMISSION:
	case VF_CLASS_INTERRUPTED:
		break;
	}
	return "no verdict: nothing was decided";
}

static void explain_one(struct vf_sink *s, enum vf_rc rc)
{
	vf_sink_putf(s, "%s\n\n  Meaning    %s\n  Leads to   %s (exit status %d)\n  Next       %s\n", vf_rc_name(rc),
		vf_rc_text(rc), class_words(rc), vf_rc_exit(rc), vf_rc_next(rc));
}

static void explain_json(struct vf_sink *s, enum vf_rc rc)
{
	vf_sink_putf(s, "{\"code\":\"%s\",\"meaning\":", vf_rc_name(rc));
	vf_sink_json(s, vf_bytes_str(vf_rc_text(rc)));
	vf_sink_putf(s, ",\"exit\":%d,\"next\":", vf_rc_exit(rc));
	vf_sink_json(s, vf_bytes_str(vf_rc_next(rc)));
	vf_sink_str(s, "}");
}

static void explain_all(struct vf_sink *s, bool json)
{
	if (json)
		vf_sink_str(s, "{\"schema\":\"trialnotary/codes/1\",\"codes\":[");
	for (size_t i = 0; i < VF_RC_COUNT; i++) {
		if (!json) {
			vf_sink_putf(s, "%-20s  %s\n", vf_rc_name((enum vf_rc)i), vf_rc_text((enum vf_rc)i));
			continue;
		}
		vf_sink_str(s, i ? "," : "");
		explain_json(s, (enum vf_rc)i);
	}
	if (json)
		vf_sink_str(s, "]}\n");
}

VF_RC vf_explain(struct vf_sink *s, const char *code, bool json, struct vf_err *reterr)
{
	const char *names[VF_RC_COUNT], *near;
	enum vf_rc rc;
	char shown[80];

	if (!code) {
		explain_all(s, json);
		return VF_OK;
	}
	rc = vf_rc_find(code);
	if (rc != VF_RC_COUNT) {
		if (json) {
			vf_sink_str(s, "{\"schema\":\"trialnotary/codes/1\",\"codes\":[");
			explain_json(s, rc);
			vf_sink_str(s, "]}\n");
		} else {
			explain_one(s, rc);
		}
		return VF_OK;
	}
	for (size_t i = 0; i < VF_RC_COUNT; i++)
		names[i] = vf_rc_name((enum vf_rc)i);
	near = vf_nearest(code, names, VF_RC_COUNT);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(code));
	if (near)
		return vf_fail(reterr, VF_USAGE, "there is no code '%s': did you mean '%s'?", shown, near);
	return vf_fail(reterr, VF_USAGE, "there is no code '%s': 'trialverify explain' lists all", shown);
}

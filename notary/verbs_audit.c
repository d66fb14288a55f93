#include <inttypes.h>

#include "notary/audit.h"
#include "notary/named_file.h"
#include "notary/verbs.h"
#include "verify/text.h"

#define MAX_PROOF 8192

static VF_RC open_trail(
	struct nt_cli *cli, bool create, struct nt_notary **ret_n, struct nt_access **ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_verb_open(cli, ret_n, reterr);

	return rc == VF_OK ? nt_notary_access(*ret_n, create, ret, reterr) : rc;
}

/* ---- list ---- */

struct listing {
	struct nt_cli *cli;
	const char *party;
	bool denied, by_day;
	int64_t day;
	uint64_t n;
};

static void put_event_json(struct nt_buf *out, const struct nt_event *e)
{
	nt_buf_putf(out, "{\"number\":%" PRIu64 ",\"time\":\"", e->number);
	nt_verb_put_time(out, e->time_ms);
	nt_buf_put_u8(out, '"');
	nt_cli_field(out, "party", e->party);
	nt_buf_putf(out, ",\"credential\":%" PRIu64, e->credential);
	nt_cli_field(out, "right", vf_bytes_str(nt_right_name(e->right)));
	if (e->about == NT_ABOUT_RECORD)
		nt_cli_hex_field(out, "record", vf_bytes(e->object.b, 32));
	else
		nt_buf_put_str(out, ",\"record\":null");
	if (e->about == NT_ABOUT_STUDY)
		nt_cli_hex_field(out, "study_sha256", vf_bytes(e->object.b, 32));
	else
		nt_buf_put_str(out, ",\"study_sha256\":null");
	nt_cli_field(out, "outcome", vf_bytes_str(vf_rc_name(e->outcome)));
	nt_buf_putf(out, ",\"count\":%" PRIu64, e->count);
	nt_cli_field(out, "request", e->request);
	nt_buf_put_u8(out, '}');
}

static void put_event_text(struct nt_buf *out, const struct nt_event *e)
{
	nt_buf_putf(out, "%-6" PRIu64 "  ", e->number);
	nt_verb_put_time(out, e->time_ms);
	nt_buf_putf(out, "  %-6s  %-16s  ", nt_right_name(e->right), vf_rc_name(e->outcome));
	nt_cli_put_text(out, e->party);
	if (e->about != NT_ABOUT_NONE) {
		nt_buf_put_str(out, e->about == NT_ABOUT_RECORD ? "  record " : "  study ");
		nt_buf_put_hex(out, vf_bytes(e->object.b, 32));
	}
	if (e->count > 1)
		nt_buf_putf(out, "  %" PRIu64 " times", e->count);
	nt_buf_put_u8(out, '\n');
}

static VF_RC put_listed(void *ctx, const struct nt_event_row *row, struct vf_err *reterr)
{
	struct listing *x = ctx;
	struct nt_buf *out = &x->cli->text;
	struct nt_event e;
	enum vf_rc rc;

	if (x->by_day && row->day != x->day)
		return VF_OK;
	rc = nt_event_parse(row->text, &e, reterr);
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "event %" PRIu64, row->number);
		return rc;
	}
	if ((x->party && !vf_bytes_is(e.party, x->party)) || (x->denied && e.outcome == VF_OK))
		return VF_OK;
	if (x->cli->json && x->n++ > 0)
		nt_buf_put_u8(out, ',');
	if (x->cli->json)
		put_event_json(out, &e);
	else
		put_event_text(out, &e);
	return VF_OK;
}

VF_RC nt_verb_audit_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	const char *day = nt_cli_get(cli, "day");
	struct listing x = {.cli = cli,
		.party = nt_cli_get(cli, "party"),
		.denied = nt_cli_has(cli, "denied"),
		.by_day = day != NULL};
	enum vf_rc rc;

	if (day && !nt_day_read(vf_bytes_str(day), &x.day))
		return vf_fail(reterr, VF_USAGE, "--day wants a date like 2026-03-01");
	rc = open_trail(cli, false, &n, &a, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"events\":[");
	}
	if (a != NULL)
		rc = nt_audit_events(a, 1, INT64_MAX, put_listed, &x, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	return rc;
}

/* ---- seal ---- */

struct sealed {
	struct nt_cli *cli;
	uint64_t n;
};

static void put_document(void *ctx, const struct nt_audit_row *row)
{
	struct sealed *x = ctx;
	struct nt_buf *out = &x->cli->text;
	char name[NT_AUDIT_NAME_LEN];

	nt_audit_name(name, row->day, row->part);
	if (!x->cli->json) {
		nt_verb_put_id(out, &row->record);
		nt_buf_putf(out, "  %s  events %" PRIu64 " to %" PRIu64 "\n", name, row->first,
			row->first + row->events - 1);
		x->n++;
		return;
	}
	nt_buf_putf(out, "%s{\"document\":%" PRIu64 ",\"name\":\"%s\",\"first\":%" PRIu64 ",\"events\":%" PRIu64,
		x->n++ > 0 ? "," : "", row->number, name, row->first, row->events);
	nt_cli_hex_field(out, "record", vf_bytes(row->record.b, 32));
	nt_buf_put_u8(out, '}');
}

VF_RC nt_verb_audit_seal(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	struct nt_sealed sealed = {0};
	struct sealed x = {.cli = cli};
	enum vf_rc rc = open_trail(cli, false, &n, &a, reterr);

	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"documents\":[");
	}
	if (a != NULL)
		rc = nt_audit_seal(n, a, nt_cli_now(), nt_cli_has(cli, "today"), put_document, &x, reterr);
	/* Also after a crash between the two: what was notarised is time-stamped at once. */
	if (rc == VF_OK && a != NULL)
		rc = nt_notary_seal(n, &sealed, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	else if (x.n == 0)
		nt_cli_note(cli, "nothing to notarise: no events of days that are over");
	return VF_OK;
}

/* ---- check ---- */

VF_RC nt_verb_audit_check(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_access *a = NULL;
	struct nt_audit_counts k;
	struct nt_verb_findings f = {.cli = cli, .first = VF_AUDIT_MISMATCH};
	uint64_t faults = 0;
	/* It is made when it is gone: then everything that was notarised is missing from it. */
	enum vf_rc rc = open_trail(cli, true, &n, &a, reterr);

	if (rc == VF_OK)
		rc = nt_audit_counts(a, &k, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(&cli->text,
			",\"events\":%" PRIu64 ",\"notarised\":%" PRIu64
			",\"documents\":%" PRIu64 ",\"findings\":[",
			k.stored, k.open - 1, k.documents);
	}
	rc = nt_audit_check(n, a, nt_verb_put_finding, &f, &faults, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json)
		nt_buf_putf(&cli->text, "],\"faults\":%" PRIu64 "}\n", faults);
	else if (faults == 0)
		nt_buf_putf(&cli->text,
			"no fault found: %" PRIu64 " events, %" PRIu64 " of them notarised in %" PRIu64 " documents\n",
			k.stored, k.open - 1, k.documents);
	return nt_verb_end_findings(&f, faults, reterr);
}

/* ---- export ---- */

static VF_RC put_proof(void *ctx, const struct nt_event_row *row, struct vf_err *reterr)
{
	struct nt_buf *out = ctx;

	(void)reterr;
	nt_buf_put_str(out, "salt ");
	nt_buf_put_hex(out, vf_bytes(row->salt.b, sizeof(row->salt.b)));
	nt_buf_put_str(out, "\n\n");
	nt_buf_put(out, row->text);
	return VF_OK;
}

static VF_RC make_proof(struct nt_access *a, uint64_t event, struct nt_audit_row *row, struct nt_buf *out,
	struct vf_err *reterr)
{
	char name[NT_AUDIT_NAME_LEN];
	struct nt_audit_counts k;
	bool found = false;
	size_t before;
	enum vf_rc rc = nt_audit_counts(a, &k, reterr);

	if (rc == VF_OK)
		rc = nt_audit_row_of(a, event, &found, row, reterr);
	if (rc != VF_OK)
		return rc;
	if (event < 1 || (!found && event > k.last))
		return vf_fail(reterr, VF_UNKNOWN_EVENT, "no audit event has the number %" PRIu64, event);
	if (!found || !row->notarised)
		return vf_fail(reterr, VF_AUDIT_OPEN, "event %" PRIu64 " is not notarised yet", event);
	nt_audit_name(name, row->day, row->part);
	nt_buf_put_str(out, "trialnotary/audit-proof/1\nrecord ");
	nt_verb_put_id(out, &row->record);
	nt_buf_putf(out, "\ndocument %s\nline %" PRIu64 "\n", name, NT_AUDIT_HEAD_LINES + 1 + event - row->first);
	before = out->n;
	rc = nt_audit_events(a, event, 1, put_proof, out, reterr);
	if (rc == VF_OK && out->n == before)
		rc = vf_fail(reterr, VF_AUDIT_MISMATCH, "event %" PRIu64 " was notarised, but it is gone", event);
	return rc == VF_OK ? nt_buf_check(out, reterr) : rc;
}

VF_RC nt_verb_audit_export(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf proof = nt_buf(MAX_PROOF);
	struct nt_access *a = NULL;
	struct nt_audit_row row = {0};
	const char *path = nt_cli_get(cli, "output");
	uint64_t event;
	enum vf_rc rc;

	if (!vf_decimal_read(vf_bytes_str(nt_cli_get(cli, "event")), INT64_MAX, &event))
		return vf_fail(reterr, VF_USAGE, "--event wants the number of an event, as 'audit list' shows it");
	rc = open_trail(cli, false, &n, &a, reterr);
	if (rc == VF_OK)
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_named_check(path, NULL, false, reterr);
	if (rc == VF_OK && a == NULL)
		rc = vf_fail(reterr, VF_UNKNOWN_EVENT, "there are no audit events yet");
	if (rc == VF_OK)
		rc = make_proof(a, event, &row, &proof, reterr);
	if (rc == VF_OK)
		rc = nt_named_write(path, NULL, false, 0644, nt_buf_bytes(&proof), reterr);
	if (rc != VF_OK)
		return rc;
	if (!cli->json) {
		nt_cli_note(cli, "it is checked with the bundle of the record that it names (docs/formats/audit.md)");
		return VF_OK;
	}
	nt_cli_begin(cli);
	nt_buf_putf(&cli->text, ",\"event\":%" PRIu64, event);
	nt_cli_field(&cli->text, "path", vf_bytes_str(path));
	nt_cli_hex_field(&cli->text, "record", vf_bytes(row.record.b, 32));
	nt_buf_put_str(&cli->text, "}\n");
	return VF_OK;
}

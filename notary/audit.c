#include "notary/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify/limits.h"
#include "verify/text.h"

#define EVENT_HEAD "trialnotary/audit-event/1"
#define DOCUMENT_HEAD "trialnotary/audit/1"
#define DAY_MS INT64_C(86400000)
#define LINE (64 + 1)

/* ---- days ---- */

void nt_day_put(char out[11], int64_t day)
{
	char text[VF_TIME_LEN + 1];

	vf_time_put(text, day * DAY_MS);
	memcpy(out, text, 10);
	out[10] = '\0';
}

bool nt_day_read(struct vf_bytes text, int64_t *ret)
{
	char full[VF_TIME_LEN + 1];
	int64_t ms;

	if (text.n != 10)
		return false;
	memcpy(full, text.p, 10);
	strcpy(full + 10, "T00:00:00Z");
	if (!vf_time_read(vf_bytes_str(full), &ms))
		return false;
	*ret = ms >= 0 ? ms / DAY_MS : -((-ms) / DAY_MS);
	return true;
}

void nt_audit_name(char out[NT_AUDIT_NAME_LEN], int64_t day, uint64_t part)
{
	char text[11];

	nt_day_put(text, day);
	if (part == 1)
		snprintf(out, NT_AUDIT_NAME_LEN, "audit-%s.txt", text);
	else
		snprintf(out, NT_AUDIT_NAME_LEN, "audit-%s-%" PRIu64 ".txt", text, part);
}

/* ---- lines ---- */

/* Takes "name value" and its LF. */
static bool take_field(struct vf_bytes *in, const char *name, struct vf_bytes *ret)
{
	struct vf_bytes line;

	return vf_take_line(in, &line) && vf_take_str(&line, name) && vf_take_str(&line, " ") &&
		(*ret = line, line.n > 0);
}

static bool take_number(struct vf_bytes *in, const char *name, uint64_t least, uint64_t most, uint64_t *ret)
{
	struct vf_bytes v;

	return take_field(in, name, &v) && vf_decimal_read(v, most, ret) && *ret >= least;
}

static bool take_head(struct vf_bytes *in, const char *head)
{
	struct vf_bytes line;

	return vf_take_line(in, &line) && vf_bytes_is(line, head);
}

/* ---- events ---- */

static bool is_request(struct vf_bytes id)
{
	for (size_t i = 0; i < id.n; i++) {
		uint8_t c = id.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' &&
			c != '_' && c != '-')
			return false;
	}
	return id.n <= NT_AUDIT_MAX_REQUEST && !vf_bytes_is(id, "-");
}

static bool is_event(const struct nt_event *e)
{
	struct vf_time t;

	vf_time_to(e->time_ms, &t);
	return e->number >= 1 && e->number <= INT64_MAX && t.year >= 1970 && t.year <= 9999 &&
		(nt_party_name_is(e->party) || vf_bytes_is(e->party, NT_PARTY_UNKNOWN)) &&
		e->credential <= INT64_MAX && e->right != NT_RIGHT_NONE && e->right < NT_RIGHT_COUNT &&
		e->outcome != VF_NOT_CHECKED && e->outcome < VF_RC_COUNT && e->count >= 1 &&
		e->count <= INT64_MAX && is_request(e->request);
}

VF_RC nt_event_put(const struct nt_event *e, struct nt_buf *out, struct vf_err *reterr)
{
	char time[VF_TIME_LEN + 1];

	if (!is_event(e))
		return vf_fail(reterr, VF_AUDIT_SHAPE, "an audit event has a field that is not in its exact form");
	vf_time_put(time, e->time_ms);
	nt_buf_putf(out, EVENT_HEAD "\nnumber %" PRIu64 "\ntime %s\nparty ", e->number, time);
	nt_buf_put(out, e->party);
	nt_buf_putf(out, "\ncredential %" PRIu64 "\nright %s\nabout ", e->credential, nt_right_name(e->right));
	if (e->about == NT_ABOUT_NONE) {
		nt_buf_put_str(out, "none");
	} else {
		nt_buf_put_str(out, e->about == NT_ABOUT_RECORD ? "record " : "study ");
		nt_buf_put_hex(out, vf_bytes(e->object.b, sizeof(e->object.b)));
	}
	nt_buf_putf(out, "\noutcome %s\ncount %" PRIu64 "\nrequest ", vf_rc_name(e->outcome), e->count);
	nt_buf_put(out, e->request.n > 0 ? e->request : vf_bytes_str("-"));
	nt_buf_put_u8(out, '\n');
	return nt_buf_check(out, reterr);
}

static bool read_about(struct vf_bytes v, struct nt_event *e)
{
	if (vf_bytes_is(v, "none")) {
		e->about = NT_ABOUT_NONE;
		return true;
	}
	if (vf_take_str(&v, "record "))
		e->about = NT_ABOUT_RECORD;
	else if (vf_take_str(&v, "study "))
		e->about = NT_ABOUT_STUDY;
	else
		return false;
	return vf_hex_read(v, e->object.b, sizeof(e->object.b));
}

static bool read_outcome(struct vf_bytes v, enum vf_rc *ret)
{
	char name[64];

	if (v.n >= sizeof(name) || memchr(v.p, 0, v.n) != NULL)
		return false;
	memcpy(name, v.p, v.n);
	name[v.n] = '\0';
	*ret = vf_rc_find(name);
	return *ret != VF_RC_COUNT;
}

static bool take_event(struct vf_bytes *in, struct nt_event *e)
{
	struct vf_bytes v;

	if (!take_head(in, EVENT_HEAD) || !take_number(in, "number", 1, INT64_MAX, &e->number) ||
		!take_field(in, "time", &v) || !vf_time_read(v, &e->time_ms) ||
		!take_field(in, "party", &e->party) ||
		!take_number(in, "credential", 0, INT64_MAX, &e->credential) || !take_field(in, "right", &v))
		return false;
	e->right = nt_right_find(v);
	if (!take_field(in, "about", &v) || !read_about(v, e) || !take_field(in, "outcome", &v) ||
		!read_outcome(v, &e->outcome) || !take_number(in, "count", 1, INT64_MAX, &e->count) ||
		!take_field(in, "request", &e->request) || in->n != 0)
		return false;
	if (vf_bytes_is(e->request, "-"))
		e->request = vf_bytes(NULL, 0);
	return is_event(e);
}

VF_RC nt_event_parse(struct vf_bytes text, struct nt_event *ret, struct vf_err *reterr)
{
	uint8_t room[NT_AUDIT_MAX_EVENT];
	struct nt_buf again = {.p = room, .room = sizeof(room), .cap = sizeof(room)};
	struct vf_bytes in = text;
	struct nt_event e = {0};
	enum vf_rc rc;

	if (text.n > NT_AUDIT_MAX_EVENT || !take_event(&in, &e))
		return vf_fail(reterr, VF_AUDIT_SHAPE, "the text of an audit event is not in its exact form");
	/* One encoding per value: a fraction of three zeros, for one. */
	rc = nt_event_put(&e, &again, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_eq(nt_buf_bytes(&again), text))
		return vf_fail(reterr, VF_AUDIT_SHAPE, "the text of an audit event is not in its exact form");
	*ret = e;
	return VF_OK;
}

struct vf_hash nt_event_commitment(const struct vf_hash *salt, struct vf_bytes text)
{
	return vf_sha256_2(vf_bytes(salt->b, sizeof(salt->b)), text);
}

/* ---- documents ---- */

void nt_audit_put_head(struct nt_buf *out, const struct nt_audit_document *d)
{
	char day[11];

	nt_day_put(day, d->day);
	nt_buf_put_str(out, DOCUMENT_HEAD "\norigin ");
	nt_buf_put(out, d->origin);
	nt_buf_putf(out,
		"\ndocument %" PRIu64 "\nday %s\npart %" PRIu64 "\nfirst %" PRIu64 "\nevents %" PRIu64 "\nprevious ",
		d->number, day, d->part, d->first, d->events);
	if (d->number > 1)
		nt_buf_put_hex(out, vf_bytes(d->previous.b, sizeof(d->previous.b)));
	else
		nt_buf_put_str(out, "none");
	nt_buf_put_u8(out, '\n');
}

static bool take_document(struct vf_bytes *in, struct nt_audit_document *d)
{
	struct vf_bytes v;

	if (!take_head(in, DOCUMENT_HEAD) || !take_field(in, "origin", &d->origin) ||
		d->origin.n > VF_MAX_ORIGIN || !take_number(in, "document", 1, INT64_MAX, &d->number) ||
		!take_field(in, "day", &v) || !nt_day_read(v, &d->day) || d->day < 0 ||
		!take_number(in, "part", 1, INT64_MAX, &d->part) ||
		!take_number(in, "first", 1, INT64_MAX, &d->first) ||
		!take_number(in, "events", 1, NT_AUDIT_MAX_EVENTS, &d->events) || !take_field(in, "previous", &v))
		return false;
	if (d->number == 1 ? !vf_bytes_is(v, "none") : !vf_hex_read(v, d->previous.b, sizeof(d->previous.b)))
		return false;
	return (d->number == 1) == (d->first == 1) && in->n == d->events * LINE;
}

VF_RC nt_audit_parse(struct vf_bytes text, struct nt_audit_document *ret, struct vf_err *reterr)
{
	struct nt_audit_document d = {0};
	struct vf_bytes in = text, line;
	struct vf_hash h;

	if (!take_document(&in, &d))
		return vf_fail(reterr, VF_AUDIT_SHAPE, "a document of the audit trail is not in its exact form");
	d.lines = in;
	while (in.n > 0)
		if (!vf_take_line(&in, &line) || !vf_hex_read(line, h.b, sizeof(h.b)))
			return vf_fail(reterr, VF_AUDIT_SHAPE,
				"a commitment in a document of the audit trail is not in its exact form");
	*ret = d;
	return VF_OK;
}

struct vf_hash nt_audit_line(const struct nt_audit_document *d, uint64_t at)
{
	struct vf_hash h = {{0}};
	struct vf_bytes line;

	/* Parse has looked at each of them. */
	if (!vf_bytes_slice(d->lines, at * LINE, 64, &line) || !vf_hex_read(line, h.b, sizeof(h.b)))
		return (struct vf_hash){{0}};
	return h;
}

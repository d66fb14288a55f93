#include "notary/issue_lines.h"

#include <inttypes.h>
#include <string.h>

#include "notary/audit.h"
#include "notary/der_out.h"
#include "verify/text.h"

#define FIRST_LINE "trialnotary/issue-journal/1"
#define DAY_MS INT64_C(86400000)
#define MARK 0x02 /* the first octet of a serial */
#define HEAD_LINES 6

void nt_issued_serial(uint64_t number, const uint8_t random[NT_ISSUED_RANDOM], uint8_t ret[NT_ISSUED_SERIAL])
{
	ret[0] = MARK;
	for (unsigned i = 0; i < 7; i++)
		ret[1 + i] = (uint8_t)(number >> (8 * (6 - i)));
	memcpy(ret + 8, random, NT_ISSUED_RANDOM);
}

uint64_t nt_issued_number(const uint8_t serial[NT_ISSUED_SERIAL])
{
	uint64_t number = 0;

	for (unsigned i = 0; i < 7; i++)
		number = number << 8 | serial[1 + i];
	return number;
}

static struct vf_bytes of_hash(const struct vf_hash *h)
{
	return vf_bytes(h->b, sizeof(h->b));
}

/* ---- writing ---- */

static void begin_lines(struct nt_issue_day *d, struct vf_bytes head)
{
	d->chain = vf_sha256(head);
	d->next = d->first;
	d->tokens = 0;
	d->gen_ms = VF_TIME_NONE;
	d->ended = false;
	d->head = HEAD_LINES;
}

void nt_issue_head_put(struct nt_issue_day *d, struct nt_buf *out)
{
	size_t from = out->n;
	char day[11];

	nt_day_put(day, d->day);
	nt_buf_putf(out, FIRST_LINE "\norigin %s\nday %s\nfirst %" PRIu64 "\nprevious ", d->origin, day, d->first);
	if (d->has_previous)
		nt_buf_put_hex(out, of_hash(&d->previous));
	else
		nt_buf_put_str(out, "none");
	nt_buf_put_str(out, "\n\n");
	if (!out->failed)
		begin_lines(d, vf_bytes(out->p + from, out->n - from));
}

/* Chains the line that was put since from, and ends it. */
static void end_line(struct nt_issue_day *d, size_t from, struct nt_buf *out)
{
	if (out->failed)
		return;
	d->chain = vf_sha256_2(of_hash(&d->chain), vf_bytes(out->p + from, out->n - from));
	nt_buf_put_hex(out, of_hash(&d->chain));
	nt_buf_put_u8(out, '\n');
}

void nt_issue_line_put(struct nt_issue_day *d, const struct nt_issued *t, struct nt_buf *out)
{
	size_t from = out->n;
	char time[VF_TIME_LEN + 1];

	vf_time_put(time, t->gen_ms);
	nt_buf_put_hex(out, vf_bytes(t->serial, sizeof(t->serial)));
	nt_buf_putf(out, " %s %s ", time, vf_alg_name(t->imprint.alg));
	nt_buf_put_hex(out, vf_digest_bytes(&t->imprint));
	nt_buf_putf(out, " %s ", t->policy[0] ? t->policy : "-");
	if (t->nonce_n)
		nt_buf_put_hex(out, vf_bytes(t->nonce, t->nonce_n));
	else
		nt_buf_put_u8(out, '-');
	nt_buf_put_u8(out, ' ');
	nt_buf_put_hex(out, of_hash(&t->token));
	nt_buf_put_u8(out, ' ');
	end_line(d, from, out);
	d->next = nt_issued_number(t->serial) + 1;
	d->gen_ms = t->gen_ms;
	d->tokens++;
}

void nt_issue_end_put(struct nt_issue_day *d, struct nt_buf *out)
{
	size_t from = out->n;

	nt_buf_putf(out, "end %" PRIu64 " ", d->tokens);
	end_line(d, from, out);
	d->ended = true;
}

/* ---- reading ---- */

bool nt_issue_has_head(const struct nt_issue_day *d)
{
	return d->head == HEAD_LINES;
}

static bool read_origin(struct nt_issue_day *d, struct vf_bytes value)
{
	if (value.n == 0 || value.n >= sizeof(d->origin) || !vf_text_is_plain(value))
		return false;
	memcpy(d->origin, value.p, value.n);
	d->origin[value.n] = '\0';
	return true;
}

static bool read_first(struct nt_issue_day *d, struct vf_bytes value)
{
	return vf_decimal_read(value, NT_ISSUE_MAX_NUMBER, &d->first) && d->first > 0;
}

static bool read_day(struct nt_issue_day *d, struct vf_bytes value)
{
	return nt_day_read(value, &d->day);
}

static bool read_previous(struct nt_issue_day *d, struct vf_bytes value)
{
	d->has_previous = !vf_bytes_is(value, "none");
	return !d->has_previous || vf_hex_read(value, d->previous.b, sizeof(d->previous.b));
}

static bool read_head(struct nt_issue_day *d, struct vf_bytes line)
{
	static const struct {
		const char *name;
		bool (*read)(struct nt_issue_day *d, struct vf_bytes value);
	} fields[HEAD_LINES] = {{FIRST_LINE, NULL}, {"origin ", read_origin}, {"day ", read_day},
		{"first ", read_first}, {"previous ", read_previous}, {"", NULL}};
	struct vf_bytes value = line;

	if (!vf_take_str(&value, fields[d->head].name) ||
		!(fields[d->head].read ? fields[d->head].read(d, value) : value.n == 0))
		return false;
	if (line.n >= sizeof(d->text) - d->text_n)
		return false;
	if (line.n)
		memcpy(d->text + d->text_n, line.p, line.n);
	d->text_n += line.n;
	d->text[d->text_n++] = '\n';
	if (++d->head == HEAD_LINES)
		begin_lines(d, vf_bytes(d->text, d->text_n));
	return true;
}

/* The chain value at the line's end is that of what is before it. */
static bool read_chain(const struct nt_issue_day *d, struct vf_bytes line, struct vf_bytes field, struct vf_hash *ret)
{
	struct vf_bytes before;
	struct vf_hash want;

	if (field.n != 64 || !vf_hex_read(field, ret->b, sizeof(ret->b)) ||
		!vf_bytes_slice(line, 0, line.n - 64, &before))
		return false;
	want = vf_sha256_2(of_hash(&d->chain), before);
	return vf_hash_eq(&want, ret);
}

static bool read_imprint(struct vf_bytes alg, struct vf_bytes hex, struct vf_digest *ret)
{
	ret->alg = vf_alg_find(alg);
	if (ret->alg != VF_SHA256 && ret->alg != VF_SHA384 && ret->alg != VF_SHA512)
		return false;
	return vf_hex_read(hex, ret->b, vf_alg_size(ret->alg));
}

static bool read_policy(struct vf_bytes text, struct nt_issued *t)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf oid = nt_buf(256);

	if (vf_bytes_is(text, "-"))
		return true;
	if (text.n == 0 || text.n >= sizeof(t->policy) || memchr(text.p, 0, text.n))
		return false;
	memcpy(t->policy, text.p, text.n);
	t->policy[text.n] = '\0';
	return nt_der_oid(t->policy, &oid, NULL) == VF_OK;
}

static bool read_nonce(struct vf_bytes text, struct nt_issued *t)
{
	if (vf_bytes_is(text, "-"))
		return true;
	if (text.n == 0 || text.n % 2 != 0 || text.n / 2 > sizeof(t->nonce))
		return false;
	t->nonce_n = text.n / 2;
	return vf_hex_read(text, t->nonce, t->nonce_n);
}

/* In the one form that is written: 20 characters, or 24 when the milliseconds are not 0. */
static bool read_time(struct vf_bytes text, int64_t *ret)
{
	char again[VF_TIME_LEN + 1];

	if (!vf_time_read(text, ret))
		return false;
	vf_time_put(again, *ret);
	return vf_bytes_is(text, again);
}

static bool read_fields(struct vf_bytes in, struct nt_issued *t, struct vf_bytes *ret_chain)
{
	struct vf_bytes serial, time, alg, digest, policy, nonce, token;

	if (!vf_take_until(&in, ' ', &serial) || !vf_take_until(&in, ' ', &time) || !vf_take_until(&in, ' ', &alg) ||
		!vf_take_until(&in, ' ', &digest) || !vf_take_until(&in, ' ', &policy) ||
		!vf_take_until(&in, ' ', &nonce) || !vf_take_until(&in, ' ', &token))
		return false;
	*ret_chain = in;
	return vf_hex_read(serial, t->serial, sizeof(t->serial)) && t->serial[0] == MARK &&
		read_time(time, &t->gen_ms) && read_imprint(alg, digest, &t->imprint) && read_policy(policy, t) &&
		read_nonce(nonce, t) && vf_hex_read(token, t->token.b, sizeof(t->token.b));
}

static VF_RC read_token(struct nt_issue_day *d, struct vf_bytes line, struct nt_issued *ret, struct vf_err *reterr)
{
	struct nt_issued t = {.gen_ms = 0};
	struct vf_bytes chain;
	struct vf_hash h;

	if (!read_fields(line, &t, &chain))
		return vf_fail(reterr, VF_STORE_CORRUPT, "this is not the line of a token");
	if (nt_issued_number(t.serial) < d->next)
		return vf_fail(reterr, VF_STORE_CORRUPT, "the serial number was given before");
	if (t.gen_ms < d->day * DAY_MS || t.gen_ms >= (d->day + 1) * DAY_MS ||
		(d->gen_ms != VF_TIME_NONE && t.gen_ms < d->gen_ms))
		return vf_fail(reterr, VF_STORE_CORRUPT, "the time is before the line above, or on another day");
	if (!read_chain(d, line, chain, &h))
		return vf_fail(reterr, VF_STORE_CORRUPT, "the chain is broken: this line or one above was changed");
	d->chain = h;
	d->next = nt_issued_number(t.serial) + 1;
	d->gen_ms = t.gen_ms;
	d->tokens++;
	if (ret)
		*ret = t;
	return VF_OK;
}

static VF_RC read_end(struct nt_issue_day *d, struct vf_bytes line, struct vf_err *reterr)
{
	struct vf_bytes in = line, count;
	struct vf_hash h;
	uint64_t n;

	if (!vf_take_str(&in, "end ") || !vf_take_until(&in, ' ', &count) || !vf_decimal_read(count, UINT64_MAX, &n) ||
		n != d->tokens)
		return vf_fail(reterr, VF_STORE_CORRUPT, "the end line does not say how many tokens there are");
	if (!read_chain(d, line, in, &h))
		return vf_fail(reterr, VF_STORE_CORRUPT, "the chain is broken: a line was changed");
	d->chain = h;
	d->ended = true;
	return VF_OK;
}

VF_RC nt_issue_line_read(
	struct nt_issue_day *d, struct vf_bytes line, struct nt_issued *ret, bool *ret_token, struct vf_err *reterr)
{
	enum vf_rc rc;

	*ret_token = false;
	if (d->head < HEAD_LINES)
		return read_head(d, line)
			? VF_OK
			: vf_fail(reterr, VF_STORE_CORRUPT, "this is not the head of an issue journal");
	if (d->ended)
		return vf_fail(reterr, VF_STORE_CORRUPT, "there is a line after the end");
	if (vf_bytes_starts(line, "end "))
		return read_end(d, line, reterr);
	rc = read_token(d, line, ret, reterr);
	*ret_token = rc == VF_OK;
	return rc;
}

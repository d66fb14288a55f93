/* A rule as it is typed (the first line), and policy.json written anew from what was read (the rest). */
#include <stdlib.h>

#include "verify/trust_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	uint8_t p[1 << 18];
	size_t n;
};

static bool put(void *ctx, struct vf_bytes piece)
{
	struct text *t = ctx;

	if (piece.n > sizeof(t->p) - t->n)
		return false;
	memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	return true;
}

/* False when it does not fit. */
static bool write_policy(const struct vf_policy *p, struct text *t)
{
	struct vf_sink s = {.put = put, .ctx = t};

	t->n = 0;
	vf_policy_put(&s, p);
	return !s.failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[1 << 20], again[1 << 20];
	static struct text first, second;
	struct vf_bytes in = vf_bytes(data, size), line;
	struct vf_policy p, q;
	struct vf_rule rule;
	struct vf_arena a, b;
	char text[200];

	vf_arena_init(&a, block, sizeof(block));
	vf_arena_init(&b, again, sizeof(again));
	if (!vf_take_line(&in, &line) || line.n >= sizeof(text) || memchr(line.p, 0, line.n))
		return 0;
	if (vf_policy_parse(in, &a, &p, NULL) != VF_OK)
		return 0;
	memcpy(text, line.p, line.n);
	text[line.n] = '\0';
	if (p.n_rules < VF_MAX_RULES && vf_rule_read(text, &p, &rule, NULL) == VF_OK) {
		if (rule.count == 0 || vf_rule_fitting(&p, &rule, false) < rule.count)
			abort();
		p.rules[p.n_rules++] = rule;
	}
	if (!write_policy(&p, &first))
		return 0;
	/* what was written is read back as the same */
	if (vf_policy_parse(vf_bytes(first.p, first.n), &b, &q, NULL) != VF_OK || !write_policy(&q, &second) ||
		!vf_bytes_eq(vf_bytes(first.p, first.n), vf_bytes(second.p, second.n)) ||
		!vf_bytes_eq(p.name, q.name) || p.n_rules != q.n_rules || p.n_authorities != q.n_authorities)
		abort();
	return 0;
}

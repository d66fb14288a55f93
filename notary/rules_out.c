#include "notary/rules_out.h"

#include <inttypes.h>
#include <stdio.h>

#include "notary/cli.h"
#include "trial/read/mapping.h"
#include "trial/rules/study.h"
#include "verify/text.h"

/* ---- persons, counted ---- */

static bool is_hidden(const struct tr_finding *x, const struct nt_rules_shown *how)
{
	return x->about_person && !how->subjects;
}

/* Rules of this program, and one place for all others. */
enum {
#define TR_RULE(id) RULE_##id,
#include "trial/rules/rules.def"
#undef TR_RULE
	OTHER_RULE,
	RULE_PLACES
};

/* Findings that are one line together: counted once, as there may be one for each person. */
struct counted {
	size_t persons[RULE_PLACES][TR_VERDICT_COUNT][TR_WORD_COUNT];
	size_t in_order[RULE_PLACES];
	bool is_said[RULE_PLACES];
};

static size_t place_of(const struct tr_rule *rule)
{
	size_t at = 0;

	while (at < OTHER_RULE && tr_rule_at(at) != rule)
		at++;
	return at;
}

static void count(struct counted *k, const struct tr_findings *f)
{
	*k = (struct counted){0};
	for (size_t i = 0; i < f->n; i++) {
		const struct tr_finding *x = &f->p[i];

		if (x->about_person)
			k->persons[place_of(x->rule)][x->verdict][x->word]++;
		else if (x->verdict == TR_PASS)
			k->in_order[place_of(x->rule)]++;
	}
}

/* Findings about persons of one rule with one verdict and word are one line: that of the first, with their number. */
static size_t take_alike(struct counted *k, const struct tr_finding *x)
{
	size_t *n = &k->persons[place_of(x->rule)][x->verdict][x->word], taken = *n;

	*n = 0;
	return taken;
}

/* ---- text ---- */

static void put_verdict(struct nt_buf *out, const struct tr_finding *x)
{
	char verdict[64];

	snprintf(verdict, sizeof(verdict), x->word == TR_WORD_NONE ? "%s" : "%s(%s)", tr_verdict_name(x->verdict),
		tr_word_name(x->word));
	nt_buf_putf(out, "%-3s %-28s ", x->rule->id, verdict);
}

static void put_line(struct nt_buf *out, const struct tr_finding *x)
{
	put_verdict(out, x);
	if (x->about[0]) {
		nt_cli_put_text(out, vf_bytes_str(x->about));
		nt_buf_put_str(out, ": ");
	}
	nt_cli_put_text(out, vf_bytes_str(x->detail));
	nt_buf_put_u8(out, '\n');
}

static void put_counted(struct nt_buf *out, const struct tr_finding *x, size_t n)
{
	put_verdict(out, x);
	nt_buf_putf(out, "%zu %s: %s (--subjects shows whom)\n", n, n == 1 ? "person" : "persons",
		x->word == TR_WORD_NONE ? x->rule->title : tr_rule_of_persons(x->rule, x->word));
}

/* Findings of a rule that are in order, from which on they are one line. */
#define MANY 4

static bool is_many(struct counted *k, const struct tr_finding *x, const struct nt_rules_shown *how, size_t *ret_n)
{
	size_t at = place_of(x->rule);

	if (how->all || x->verdict != TR_PASS || x->about_person || k->in_order[at] < MANY)
		return false;
	*ret_n = k->is_said[at] ? 0 : k->in_order[at]; /* said in the place of the first */
	k->is_said[at] = true;
	return true;
}

static void put_not_applicable(struct nt_buf *out, const struct tr_findings *f, const struct nt_rules_shown *how)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n && !how->all; i++)
		if (f->p[i].verdict == TR_NOT_APPLICABLE)
			nt_buf_putf(out, n++ ? ", %s" : "N/A, as there is nothing to look at: %s", f->p[i].rule->id);
	if (n)
		nt_buf_put_u8(out, '\n');
}

/* Who runs a server sees here what it does not enforce. */
static void put_enforced(struct nt_buf *out, const struct tr_parameters *p)
{
	for (size_t i = 0; i < p->n_enforce; i++)
		nt_buf_putf(out, "%s%s (%s)", i ? ", " : "Enforced where records are submitted: in a notary's folder, and by clients of a server over what they are shown: ",
			p->enforce[i].rule, p->enforce[i].how == TR_ENFORCE_REFUSE ? "refuse" : "attach");
	if (p->n_enforce)
		nt_buf_put_u8(out, '\n');
}

static void put_parameters(struct nt_buf *out, const struct nt_case *c)
{
	const struct tr_case_record *own = nt_case_parameters(c), *lost = nt_case_absent(c).parameters;
	char id[65], said[TR_STUDY_SAID_LEN + 1] = "";

	if (!own && !lost) {
		nt_buf_put_str(out, "as they are when a study lays none down\n");
		return;
	}
	/* whole: whoever makes records can make another one that begins alike */
	vf_hex_put(id, own ? vf_bytes(own->id.b, sizeof(own->id.b)) : vf_bytes(lost->id.b, sizeof(lost->id.b)));
	if (own)
		tr_study_parameters(said, nt_case_get(c), own);
	nt_buf_putf(out, "of record %s%s%s%s\n", id, said[0] ? ": " : "", said, own ? "" : ", whose " TR_PARAMETERS_NAME " or details.json is not at hand: "
		"rules that need it are not decided. Say with --from where they are");
}

/* What is not known here makes findings weaker, so a reader has to know it. */
static void put_absent(struct nt_buf *out, const struct nt_case *c)
{
	struct nt_case_absent a = nt_case_absent(c);
	char id[TR_CASE_SHORT + 1];

	if (a.mapping) {
		tr_case_short(id, &a.mapping->id);
		nt_buf_putf(out, "The " TR_MAPPING_NAME " or details.json of record %s is not at hand: rules that need it are not decided. Say with --from where they are\n", id);
	}
	if (a.unverified)
		nt_buf_putf(out, "the study bundle is not VERIFIED: %zu of its records %s not; trialverify says why\n", a.unverified,
			a.unverified == 1 ? "is" : "are");
	if (a.documents)
		nt_buf_putf(out, "%zu %s not at hand: what is in %s was not looked at\n", a.documents,
			a.documents == 1 ? "document is" : "documents are", a.documents == 1 ? "it" : "them");
	if (a.withheld)
		nt_buf_putf(out, "%zu %s hidden: withheld from whoever has this bundle, or erased without a record that says so\n", a.withheld,
			a.withheld == 1 ? "record is" : "records are");
	if (a.missing)
		nt_buf_putf(out, "%" PRIu64 " %s of a stream %s missing from this bundle\n", a.missing, a.missing == 1 ? "record" : "records",
			a.missing == 1 ? "is" : "are");
}

static void put_text(struct nt_buf *out, const struct nt_case *c, const struct tr_findings *f, const struct nt_rules_shown *how)
{
	struct tr_summary sum = tr_findings_sum(f, NULL);
	char at[VF_TIME_LEN + 1];
	struct counted k;
	size_t n;

	count(&k, f);
	for (size_t i = 0; i < f->n; i++) {
		if (f->p[i].verdict == TR_NOT_APPLICABLE && !how->all) {
			continue; /* told together, below */
		} else if (is_many(&k, &f->p[i], how, &n)) {
			if (n == 0)
				continue;
			put_verdict(out, &f->p[i]);
			nt_buf_putf(out, "%zu in order: %s (--all shows each)\n", n, f->p[i].rule->title);
		} else if (!is_hidden(&f->p[i], how))
			put_line(out, &f->p[i]);
		else if ((n = take_alike(&k, &f->p[i])) > 0)
			put_counted(out, &f->p[i], n);
	}
	put_not_applicable(out, f, how);
	vf_time_put(at, nt_case_get(c)->as_of);
	nt_buf_putf(out, "\nRules %s, as of %s, parameters ", TR_RULE_SET, at);
	put_parameters(out, c);
	put_enforced(out, nt_case_get(c)->parameters);
	put_absent(out, c);
	nt_buf_putf(out, "%zu FAIL, %zu INCONCLUSIVE, %zu PASS-NOTE, %zu PASS, %zu N/A: %s\n", sum.count[TR_FAIL],
		sum.count[TR_UNDECIDED], sum.count[TR_PASS_NOTE], sum.count[TR_PASS], sum.count[TR_NOT_APPLICABLE],
		tr_verdict_name(sum.worst));
}

/* ---- JSON ---- */

static void put_records(struct nt_buf *out, const struct tr_finding *x)
{
	nt_buf_put_str(out, ",\"records\":[");
	for (size_t i = 0; i < x->n_records; i++) {
		char hex[65];

		vf_hex_put(hex, vf_bytes(x->records[i].b, sizeof(x->records[i].b)));
		nt_buf_putf(out, "%s\"%s\"", i ? "," : "", hex);
	}
	nt_buf_put_str(out, "]");
}

static void put_json_finding(struct nt_buf *out, const struct tr_finding *x, size_t persons, bool first)
{
	nt_buf_putf(out, "%s{\"rule\":\"%s\",\"verdict\":\"%s\"", first ? "" : ",", x->rule->id, tr_verdict_name(x->verdict));
	nt_cli_field(out, "word", vf_bytes_str(tr_word_name(x->word)));
	if (x->warning || x->rule->warning)
		nt_buf_put_str(out, ",\"warning\":true");
	if (persons) {
		nt_buf_putf(out, ",\"persons\":%zu}", persons);
		return;
	}
	nt_cli_field(out, x->about_person ? "person" : "about", vf_bytes_str(x->about));
	nt_cli_field(out, "detail", vf_bytes_str(x->detail));
	put_records(out, x);
	nt_buf_put_u8(out, '}');
}

static void put_record(struct nt_buf *out, const char *name, const struct tr_case_record *r)
{
	nt_cli_hex_field(out, name, r ? vf_bytes(r->id.b, sizeof(r->id.b)) : vf_bytes(NULL, 0));
}

static void put_json(struct nt_buf *out, const struct nt_case *c, const struct tr_findings *f, const struct nt_rules_shown *how)
{
	struct tr_summary sum = tr_findings_sum(f, NULL);
	struct nt_case_absent absent = nt_case_absent(c);
	char at[VF_TIME_LEN + 1];
	struct counted k;
	bool first = true;
	size_t n;

	count(&k, f);
	vf_time_put(at, nt_case_get(c)->as_of);
	nt_buf_put_str(out, "{\"schema\":\"trialnotary/findings/1\"");
	nt_cli_field(out, "study", nt_case_get(c)->study);
	nt_cli_field(out, "rules", vf_bytes_str(TR_RULE_SET));
	nt_cli_field(out, "as_of", vf_bytes_str(at));
	put_record(out, "parameters", nt_case_parameters(c));
	put_record(out, "parameters_absent", absent.parameters);
	put_record(out, "mapping_absent", absent.mapping);
	nt_buf_putf(out, ",\"withheld\":%zu,\"missing\":%" PRIu64 ",\"findings\":[", absent.withheld, absent.missing);
	for (size_t i = 0; i < f->n; i++) {
		bool hidden = is_hidden(&f->p[i], how);

		n = hidden ? take_alike(&k, &f->p[i]) : 0;
		if (hidden && n == 0)
			continue;
		put_json_finding(out, &f->p[i], n, first);
		first = false;
	}
	nt_buf_putf(out, "],\"summary\":{\"fail\":%zu,\"inconclusive\":%zu,\"pass_note\":%zu,\"pass\":%zu,\"not_applicable\":%zu",
		sum.count[TR_FAIL], sum.count[TR_UNDECIDED], sum.count[TR_PASS_NOTE], sum.count[TR_PASS],
		sum.count[TR_NOT_APPLICABLE]);
	nt_cli_field(out, "worst", vf_bytes_str(tr_verdict_name(sum.worst)));
	nt_buf_putf(out, "},\"unverified\":%zu,\"absent_documents\":%zu}\n", absent.unverified, absent.documents);
}

void nt_rules_put(struct nt_buf *out, const struct nt_case *c, const struct tr_findings *f, const struct nt_rules_shown *how)
{
	if (how->json)
		put_json(out, c, f, how);
	else
		put_text(out, c, f, how);
}

VF_RC nt_rules_end(const struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_summary sum = tr_findings_sum(f, NULL);

	if (sum.count[TR_FAIL])
		return vf_fail(reterr, VF_RULE_BROKEN, "%zu %s", sum.count[TR_FAIL],
			sum.count[TR_FAIL] == 1 ? "finding fails" : "findings fail");
	if (sum.count[TR_UNDECIDED])
		return vf_fail(reterr, VF_RULE_UNCLEAR, "%zu %s cannot be decided", sum.count[TR_UNDECIDED],
			sum.count[TR_UNDECIDED] == 1 ? "finding" : "findings");
	return VF_OK;
}

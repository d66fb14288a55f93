#include "trial/kind.h"

#include "verify/record.h"

#define BIT(kind) (1U << (kind))
#define CONSENT (BIT(TR_CONSENT) | BIT(TR_RE_CONSENT))
#define PERSONAL (CONSENT | BIT(TR_WITHDRAWAL) | BIT(TR_ACCESS_GRANT) | BIT(TR_ACCESS_EVENT))
#define PLAN (BIT(TR_PROTOCOL) | BIT(TR_AMENDMENT) | BIT(TR_ANALYSIS_PLAN))
/* What may take any form: the rest of the trial's file, and kinds of the study's own. */
#define OPEN (BIT(TR_OTHER) | BIT(TR_OWN))
#define ANY ((BIT(TR_OWN + 1) - 1U) & ~BIT(TR_KIND_NONE))

static const struct {
	const char *name, *text;
} kinds[TR_OWN + 1] = {
	[TR_KIND_NONE] = {"", ""},
	[TR_REGISTRATION] = {"registration", "an entry in a trial registry, as downloaded"},
	[TR_PROTOCOL] = {"protocol", "the protocol, or a version of it"},
	[TR_AMENDMENT] = {"amendment", "an amendment of a protocol or of another plan"},
	[TR_ETHICS_APPROVAL] = {"ethics-approval", "the opinion of an ethics board"},
	[TR_CONSENT_FORM] = {"consent-form", "a consent form in one version and language"},
	[TR_CONSENT] = {"consent", "the consent of one participant (personal)"},
	[TR_RE_CONSENT] = {"re-consent", "the same on a later form (personal)"},
	[TR_WITHDRAWAL] = {"withdrawal", "the withdrawal of a consent (personal)"},
	[TR_ACCESS_GRANT] = {"access-grant", "a participant lets somebody have data (personal)"},
	[TR_ACCESS_EVENT] = {"access-event", "somebody looked at data of a participant (personal)"},
	[TR_DELEGATION] = {"delegation", "who may do what at a site"},
	[TR_ANALYSIS_PLAN] = {"analysis-plan", "the statistical analysis plan"},
	[TR_DATABASE_LOCK] = {"database-lock", "the data were fixed"},
	[TR_UNBLINDING] = {"unblinding", "treatments were disclosed to those who analyse"},
	[TR_DATASET] = {"dataset", "a dataset, locked or interim"},
	[TR_RESULTS] = {"results", "results: tables, figures, reports"},
	[TR_PUBLICATION] = {"publication", "a paper or preprint"},
	[TR_PRODUCT_CUSTODY] = {"product-custody", "the trial's product changed hands"},
	[TR_ARCHIVE_CUSTODY] = {"archive-custody", "the trial's file changed hands or place"},
	[TR_ERASURE] = {"erasure", "a record was erased on request"},
	[TR_AUDIT] = {"audit", "an audit trail: who had access to what"},
	[TR_STUDY_HEAD] = {"study-head", "the heads of all streams of the study at one time"},
	[TR_SCHEMA] = {"schema", "registers a kind of this study's own"},
	[TR_OTHER] = {"other", "anything else of the trial's file"},
	[TR_OWN] = {"", "a kind of this study's own"},
};

/* from[k]: the kinds to which a record of kind k may have this link. */
static const struct {
	const char *name, *text;
	unsigned from[TR_OWN + 1];
} links[TR_LINK_COUNT] = {
	[TR_LINK_NONE] = {"", "", {0}},
	[TR_ACCESSES] = {"accesses", "data were looked at under this",
		{[TR_ACCESS_EVENT] = CONSENT | BIT(TR_ACCESS_GRANT)}},
	[TR_AMENDS] = {"amends", "changes a plan or a form without replacing it",
		{[TR_AMENDMENT] = PLAN | BIT(TR_CONSENT_FORM) | BIT(TR_OWN),
			[TR_OWN] = BIT(TR_OWN)}},
	/* all that participants are given, who conducts the trial where, and changes of both */
	[TR_APPROVES] = {"approves", "an ethics board approves this",
		{[TR_ETHICS_APPROVAL] = PLAN | BIT(TR_CONSENT_FORM) | BIT(TR_REGISTRATION) | BIT(TR_DELEGATION) | OPEN}},
	[TR_COUNTERSIGNS] = {"countersigns", "somebody else stands behind this",
		{[TR_OTHER] = ANY,
			[TR_ETHICS_APPROVAL] = ANY,
			[TR_OWN] = ANY}},
	[TR_DERIVES_FROM] = {"derives-from", "was made out of this",
		{[TR_DATASET] = BIT(TR_DATASET) | OPEN,
			[TR_RESULTS] = BIT(TR_DATASET) | BIT(TR_RESULTS) | OPEN,
			[TR_PUBLICATION] = BIT(TR_DATASET) | BIT(TR_RESULTS) | BIT(TR_PUBLICATION) | OPEN,
			[TR_ANALYSIS_PLAN] = PLAN | OPEN,
			[TR_CONSENT_FORM] = PLAN | BIT(TR_CONSENT_FORM) | OPEN,
			[TR_REGISTRATION] = PLAN | BIT(TR_RESULTS) | OPEN,
			[TR_OTHER] = ANY & ~PERSONAL,
			[TR_OWN] = ANY & ~PERSONAL}},
	[TR_ERASES] = {"erases", "this record was erased on request",
		{[TR_ERASURE] = ANY,
			[TR_OTHER] = ANY}},
	[TR_GRANTS] = {"grants", "access is given on the ground of this consent",
		{[TR_ACCESS_GRANT] = CONSENT}},
	/* the audit trail of the data system is fixed with its data: ICH E6(R3) 4.2.2, 4.2.6 */
	[TR_LOCKS] = {"locks", "fixes these data",
		{[TR_DATABASE_LOCK] = BIT(TR_DATASET) | BIT(TR_AUDIT) | OPEN}},
	[TR_REPORTS] = {"reports", "holds the outcome of this",
		{[TR_RESULTS] = PLAN | BIT(TR_REGISTRATION) | BIT(TR_DATASET) | OPEN,
			[TR_PUBLICATION] = PLAN | BIT(TR_REGISTRATION) | BIT(TR_DATASET) | BIT(TR_RESULTS) | OPEN,
			[TR_REGISTRATION] = BIT(TR_RESULTS) | BIT(TR_DATASET) | BIT(TR_PUBLICATION),
			[TR_OTHER] = ANY & ~PERSONAL,
			[TR_OWN] = ANY & ~PERSONAL}},
	/* what happened once (a withdrawal, an access, a change of hands, an unblinding) has no later version */
	[TR_SUPERSEDES] = {"supersedes", "replaces an earlier record of the same kind",
		{[TR_REGISTRATION] = BIT(TR_REGISTRATION),
			[TR_PROTOCOL] = BIT(TR_PROTOCOL) | BIT(TR_AMENDMENT),
			[TR_AMENDMENT] = BIT(TR_AMENDMENT),
			[TR_ETHICS_APPROVAL] = BIT(TR_ETHICS_APPROVAL),
			[TR_CONSENT_FORM] = BIT(TR_CONSENT_FORM),
			[TR_CONSENT] = BIT(TR_CONSENT),
			[TR_RE_CONSENT] = CONSENT,
			[TR_ACCESS_GRANT] = BIT(TR_ACCESS_GRANT),
			[TR_DELEGATION] = BIT(TR_DELEGATION),
			[TR_ANALYSIS_PLAN] = BIT(TR_ANALYSIS_PLAN),
			[TR_DATABASE_LOCK] = BIT(TR_DATABASE_LOCK),
			[TR_DATASET] = BIT(TR_DATASET),
			[TR_RESULTS] = BIT(TR_RESULTS),
			[TR_PUBLICATION] = BIT(TR_PUBLICATION),
			[TR_SCHEMA] = BIT(TR_SCHEMA),
			[TR_OTHER] = BIT(TR_OTHER),
			[TR_OWN] = BIT(TR_OWN)}},
	[TR_TRANSFERS] = {"transfers", "this changed hands or place",
		{[TR_PRODUCT_CUSTODY] = ANY,
			[TR_ARCHIVE_CUSTODY] = ANY}},
	[TR_USES] = {"uses", "was made under or with this",
		{[TR_CONSENT_FORM] = PLAN,
			[TR_CONSENT] = PLAN | BIT(TR_CONSENT_FORM) | BIT(TR_ETHICS_APPROVAL) | OPEN,
			[TR_RE_CONSENT] = PLAN | BIT(TR_CONSENT_FORM) | BIT(TR_ETHICS_APPROVAL) | OPEN,
			[TR_WITHDRAWAL] = BIT(TR_CONSENT_FORM) | OPEN,
			[TR_ACCESS_GRANT] = BIT(TR_CONSENT_FORM) | OPEN,
			[TR_ACCESS_EVENT] = BIT(TR_DATASET) | OPEN,
			[TR_DELEGATION] = PLAN,
			[TR_ANALYSIS_PLAN] = PLAN,
			[TR_DATABASE_LOCK] = PLAN | OPEN,
			[TR_UNBLINDING] = PLAN | BIT(TR_DATABASE_LOCK) | BIT(TR_DATASET) | OPEN,
			[TR_DATASET] = PLAN | CONSENT | BIT(TR_CONSENT_FORM) | BIT(TR_DATABASE_LOCK) | OPEN,
			[TR_RESULTS] = PLAN | BIT(TR_DATASET) | BIT(TR_DATABASE_LOCK) | BIT(TR_UNBLINDING) | OPEN,
			[TR_PUBLICATION] = PLAN | BIT(TR_DATASET) | BIT(TR_RESULTS) | OPEN,
			[TR_PRODUCT_CUSTODY] = PLAN | OPEN,
			[TR_OTHER] = ANY & ~PERSONAL,
			[TR_OWN] = ANY}},
	[TR_WITHDRAWS] = {"withdraws", "the participant withdraws this consent",
		{[TR_WITHDRAWAL] = CONSENT | BIT(TR_ACCESS_GRANT)}},
};

const char *tr_kind_name(enum tr_kind kind)
{
	return kinds[kind].name;
}

const char *tr_kind_text(enum tr_kind kind)
{
	return kinds[kind].text;
}

enum tr_kind tr_kind_find(struct vf_bytes name)
{
	for (unsigned k = TR_KIND_NONE + 1; k < TR_KIND_COUNT; k++) {
		if (vf_bytes_is(name, kinds[k].name))
			return (enum tr_kind)k;
	}
	return TR_KIND_NONE;
}

enum tr_kind tr_kind_of(struct vf_bytes name)
{
	enum tr_kind kind = tr_kind_find(name);

	return kind == TR_KIND_NONE && vf_word_is(name) ? TR_OWN : kind;
}

bool tr_kind_is_personal(enum tr_kind kind)
{
	return (BIT(kind) & PERSONAL) != 0;
}

const char *tr_link_name(enum tr_link_type type)
{
	return links[type].name;
}

const char *tr_link_text(enum tr_link_type type)
{
	return links[type].text;
}

enum tr_link_type tr_link_find(struct vf_bytes name)
{
	for (unsigned t = TR_LINK_NONE + 1; t < TR_LINK_COUNT; t++) {
		if (vf_bytes_is(name, links[t].name))
			return (enum tr_link_type)t;
	}
	return TR_LINK_NONE;
}

bool tr_link_is_sensible(enum tr_link_type type, enum tr_kind from, enum tr_kind to)
{
	return (links[type].from[from] & BIT(to)) != 0;
}

bool tr_link_is_enough(enum tr_link_type type, enum tr_kind from)
{
	switch (type) {
	case TR_ACCESSES:
	case TR_APPROVES:
	case TR_GRANTS:
	case TR_LOCKS:
	case TR_TRANSFERS:
	case TR_WITHDRAWS:
		return links[type].from[from] != 0;
	case TR_COUNTERSIGNS:
	case TR_ERASES:
		return from == TR_OTHER || from == TR_ETHICS_APPROVAL || from == TR_ERASURE;
	case TR_LINK_NONE:
	case TR_AMENDS:
	case TR_DERIVES_FROM:
	case TR_REPORTS:
	case TR_SUPERSEDES:
	case TR_USES:
		return false;
	}
	return false;
}

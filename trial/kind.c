#include "trial/kind.h"

#define BIT(kind) (1U << (kind))
#define PERSONAL (BIT(TR_CONSENT) | BIT(TR_WITHDRAWAL))
#define PLAN (BIT(TR_PROTOCOL) | BIT(TR_AMENDMENT) | BIT(TR_ANALYSIS_PLAN))
#define ANY ((BIT(TR_KIND_COUNT) - 1U) & ~BIT(TR_KIND_NONE))

static const struct {
	const char *name, *text;
} kinds[TR_KIND_COUNT] = {
	[TR_KIND_NONE] = {"", ""},
	[TR_REGISTRATION] = {"registration", "an entry in a trial registry, as downloaded"},
	[TR_PROTOCOL] = {"protocol", "the protocol, or a version of it"},
	[TR_AMENDMENT] = {"amendment", "an amendment of a protocol or of another plan"},
	[TR_ETHICS_APPROVAL] = {"ethics-approval", "the opinion of an ethics board"},
	[TR_CONSENT_FORM] = {"consent-form", "a consent form in one version and language"},
	[TR_CONSENT] = {"consent", "the signed consent of one participant (personal)"},
	[TR_WITHDRAWAL] = {"withdrawal", "the withdrawal of a consent (personal)"},
	[TR_ANALYSIS_PLAN] = {"analysis-plan", "the statistical analysis plan"},
	[TR_DATASET] = {"dataset", "a dataset, locked or interim"},
	[TR_RESULTS] = {"results", "results: tables, figures, reports"},
	[TR_OTHER] = {"other", "anything else of the trial's file"},
	[TR_AUDIT] = {"audit", "an audit trail: who had access to what"},
};

/* from[k]: the kinds to which a record of kind k may have this link. */
static const struct {
	const char *name, *text;
	unsigned from[TR_KIND_COUNT];
} links[TR_LINK_COUNT] = {
	[TR_LINK_NONE] = {"", "", {0}},
	[TR_AMENDS] = {"amends", "changes a plan or a form without replacing it",
		{[TR_AMENDMENT] = PLAN | BIT(TR_CONSENT_FORM)}},
	[TR_APPROVES] = {"approves", "an ethics board approves this",
		{[TR_ETHICS_APPROVAL] = PLAN | BIT(TR_CONSENT_FORM) | BIT(TR_REGISTRATION) | BIT(TR_OTHER)}},
	[TR_COUNTERSIGNS] = {"countersigns", "somebody else stands behind this",
		{[TR_OTHER] = ANY, [TR_ETHICS_APPROVAL] = ANY}},
	[TR_DERIVES_FROM] = {"derives-from", "was made out of this",
		{[TR_DATASET] = BIT(TR_DATASET) | BIT(TR_OTHER),
			[TR_RESULTS] = BIT(TR_DATASET) | BIT(TR_RESULTS) | BIT(TR_OTHER),
			[TR_ANALYSIS_PLAN] = PLAN | BIT(TR_OTHER),
			[TR_CONSENT_FORM] = PLAN | BIT(TR_CONSENT_FORM) | BIT(TR_OTHER),
			[TR_REGISTRATION] = PLAN | BIT(TR_RESULTS) | BIT(TR_OTHER),
			[TR_OTHER] = ANY & ~PERSONAL}},
	[TR_ERASES] = {"erases", "this record was erased on request", {[TR_OTHER] = ANY}},
	[TR_REPORTS] = {"reports", "holds the outcome of this",
		{[TR_RESULTS] = PLAN | BIT(TR_REGISTRATION) | BIT(TR_DATASET) | BIT(TR_OTHER),
			[TR_REGISTRATION] = BIT(TR_RESULTS) | BIT(TR_DATASET),
			[TR_OTHER] = ANY & ~PERSONAL}},
	[TR_SUPERSEDES] = {"supersedes", "replaces an earlier record of the same kind",
		{[TR_REGISTRATION] = BIT(TR_REGISTRATION),
			[TR_PROTOCOL] = BIT(TR_PROTOCOL) | BIT(TR_AMENDMENT),
			[TR_AMENDMENT] = BIT(TR_AMENDMENT),
			[TR_ETHICS_APPROVAL] = BIT(TR_ETHICS_APPROVAL),
			[TR_CONSENT_FORM] = BIT(TR_CONSENT_FORM),
			[TR_CONSENT] = BIT(TR_CONSENT),
			[TR_ANALYSIS_PLAN] = BIT(TR_ANALYSIS_PLAN),
			[TR_DATASET] = BIT(TR_DATASET),
			[TR_RESULTS] = BIT(TR_RESULTS),
			[TR_OTHER] = BIT(TR_OTHER)}},
	[TR_USES] = {"uses", "was made under or with this",
		{[TR_CONSENT_FORM] = PLAN,
			[TR_CONSENT] = PLAN | BIT(TR_CONSENT_FORM) | BIT(TR_ETHICS_APPROVAL) | BIT(TR_OTHER),
			[TR_ANALYSIS_PLAN] = PLAN,
			[TR_DATASET] = PLAN | BIT(TR_CONSENT) | BIT(TR_CONSENT_FORM) | BIT(TR_OTHER),
			[TR_RESULTS] = PLAN | BIT(TR_DATASET) | BIT(TR_OTHER),
			[TR_OTHER] = ANY & ~PERSONAL}},
	[TR_WITHDRAWS] = {"withdraws", "the participant withdraws this consent",
		{[TR_WITHDRAWAL] = BIT(TR_CONSENT)}},
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
	case TR_APPROVES:
		return from == TR_ETHICS_APPROVAL;
	case TR_COUNTERSIGNS:
	case TR_ERASES:
		return from == TR_OTHER || from == TR_ETHICS_APPROVAL;
	case TR_WITHDRAWS:
		return from == TR_WITHDRAWAL;
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

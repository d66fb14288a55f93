/*
 * Judging an excerpt together with the bundle of its record (docs/formats/excerpt.md).
 *
 * Knows how rows are bound to a record. The excerpt's own tree is excerpt.h's question, the record and its time
 * bundle.h's; nothing that judges bundles knows of excerpts.
 */
#ifndef VERIFY_EXCERPT_JUDGE_H
#define VERIFY_EXCERPT_JUDGE_H

#include "verify/bundle.h"
#include "verify/excerpt.h"

/* What is proven about rows beside the report of their bundle. */
struct vf_excerpt_facts {
	bool is_judged; /* the report is about an excerpt */
	bool is_proven; /* and VERIFIED or INTACT; only then the rest is set: */
	struct vf_rows rows;
	struct vf_excerpt excerpt; /* into the source */
	uint64_t shown;
	bool is_document; /* all rows are shown, and have the document's digest */
};

/*
 * As vf_bundle_check(), whose report ret is when the excerpt holds; check MEMBERS is passed only when its rows are
 * bound to the record. USAGE when the bundle is a container of other software.
 */
VF_RC vf_excerpt_judge(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *excerpt, const struct vf_detached *bundle, struct vf_report *ret,
	struct vf_excerpt_facts *ret_facts, struct vf_err *reterr);

#endif

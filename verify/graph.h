/*
 * What evidence covers, directly and through what it covers: the graph behind the
 * verdict on anything that is not a bundle of ours.
 *
 * Nodes are byte strings: files, manifests, signatures, attributes. An edge says
 * that the content of one follows from another (a manifest that lists a file, a
 * signature over a manifest). Evidence dates the nodes that it is over, and so all
 * that can be reached from them. Who adds an edge has checked it.
 */
#ifndef VERIFY_GRAPH_H
#define VERIFY_GRAPH_H

#include "verify/foreign.h"
#include "verify/judge.h"

struct vf_edge {
	uint32_t to;
	struct vf_edge *next;
};

struct vf_node {
	struct vf_bytes name;		  /* of the file, or of the file that it is in */
	const struct vf_zip_entry *entry; /* the content is this entry, */
	const struct vf_given *given;	  /* or what the user gave beside, */
	bool has_octets;		  /* or these octets; otherwise it is not there */
	struct vf_bytes octets;
	bool is_payload;   /* what the verdict is about */
	bool is_altered;   /* contradicts a list */
	bool is_signed;	   /* reached from a signature that holds */
	uint32_t node_algs; /* for each algorithm, whether it was asked if this could be a node of a hash tree */
	struct vf_digest *digests[VF_ALG_COUNT]; /* as far as they are known */
	struct vf_edge *edges;
};

/* Evidence, what it is over, and where it stands. */
struct vf_claim {
	bool is_token;	      /* a lone token: its one object must be its imprint */
	bool has_holder;      /* the node in which it stands */
	uint32_t holder;
	uint32_t *over;	      /* the nodes that it is directly over */
	size_t n_over;
	uint8_t *reach;	      /* for each node, whether it follows; NULL until it holds */
};

/* A signature that holds; its certificate is judged when the times are known. */
struct vf_signer {
	uint32_t node; /* the signature's value */
	struct vf_signed cms;
	struct vf_bytes cert; /* its octets, in the arena */
	const struct vf_pki_extra *extra;
};

/* Things that a user gives or a container holds are far fewer. */
#define VF_MAX_NODES 65000
#define VF_MAX_SIGNATURES 32

struct vf_graph {
	struct vf_judge *j;
	struct vf_node **nodes;
	uint32_t n;
	struct vf_evidence *evidence; /* as many as claims */
	struct vf_claim *claims;
	size_t n_claims;
	struct vf_signer *signers;
	size_t n_signers;
	struct vf_record_options options;
};

VF_RC vf_graph_init(struct vf_graph *g, struct vf_judge *j, struct vf_err *reterr);

/* Adds a node without content; the caller sets where the content is. LIMIT, NO_MEMORY. */
VF_RC vf_graph_add(struct vf_graph *g, struct vf_bytes name, uint32_t *ret, struct vf_err *reterr);
/* The content of to follows from that of from. */
VF_RC vf_graph_join(struct vf_graph *g, uint32_t from, uint32_t to, struct vf_err *reterr);
/*
 * The digest of a node's content, computed once. MISSING_OBJECT when neither the
 * content nor this digest is known.
 */
VF_RC vf_graph_digest(struct vf_graph *g, uint32_t node, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr);
/* Notes what a list says; false when the content or an earlier list says otherwise. */
VF_RC vf_graph_expect(struct vf_graph *g, uint32_t node, const struct vf_digest *want, bool *ret_equal,
	struct vf_err *reterr);
/* The whole content, at most VF_MAX_PART octets: LIMIT, MISSING_OBJECT. */
VF_RC vf_graph_read(struct vf_graph *g, uint32_t node, struct vf_bytes *ret, struct vf_err *reterr);

/*
 * Adds an evidence record or a token over n nodes. octets may be BER: what is
 * judged is its DER form, which is said. What cannot be read is recorded as a
 * fault; not VF_OK only when no verdict is possible. part is plain text.
 */
VF_RC vf_graph_record(struct vf_graph *g, const char *part, struct vf_bytes octets, const uint32_t *over, size_t n,
	struct vf_claim **ret, struct vf_err *reterr);
VF_RC vf_graph_token(struct vf_graph *g, const char *part, struct vf_bytes octets, uint32_t over,
	struct vf_claim **ret, struct vf_err *reterr);

/* signature.c */
/*
 * Adds every signer of a CMS file, and the time-stamps and evidence records in its
 * unsigned attributes. octets are the file as received, file its node; content is
 * the node of what is signed, or NULL when the file should hold it (then the
 * content becomes a payload node). Faults of SIGNATURE, TOKENS, GROUP; FORMS for
 * attributes that this version cannot judge.
 */
VF_RC vf_graph_signatures(struct vf_graph *g, const char *part, uint32_t file, struct vf_bytes octets,
	const uint32_t *content, struct vf_err *reterr);

/* graph_judge.c */
/*
 * Judges all evidence and signatures, then every payload node: the checks from
 * COMPLETE to TIME_ORDER, SIGNATURE, and those of trust; what only a bundle has is
 * not applicable. The files go into the report.
 */
VF_RC vf_graph_judge(struct vf_graph *g, struct vf_err *reterr);
/* Whether trust is judged at all. */
bool vf_graph_is_full(const struct vf_graph *g);
/* Whether evidence that holds is over the node, trusted or not. */
bool vf_graph_is_dated(const struct vf_graph *g, uint32_t node);
/* The earliest time by which the policy is met for a node; VF_TIME_NONE, and reterr says why, when it isn't. */
int64_t vf_graph_proven_time(const struct vf_graph *g, uint32_t node, struct vf_err *reterr);

/* graph_cover.c */
/*
 * The tokens of one claim, without trust, and whether it is over the nodes that it
 * was added for: TOKENS, TIME_ORDER, GROUP, RENEWALS. What is not covered leaves c->over.
 */
VF_RC vf_graph_judge_claim(struct vf_graph *g, struct vf_claim *c, struct vf_evidence *e, struct vf_err *reterr);

/* graph_signers.c */
/*
 * Every signer: SIGNATURE for algorithms that no longer counted, SUBMITTER at the
 * time by which the policy is met for his signature; one without such a time is
 * NO_TIME. Says which files no signature is over; POLICY_UNMET when it asks for one.
 */
VF_RC vf_graph_judge_signers(struct vf_graph *g, struct vf_err *reterr);

/* The octets in definite-length form; says so in the report when that changed them. shape is the code for what is no BER. */
VF_RC vf_graph_der(struct vf_graph *g, const char *part, struct vf_bytes octets, enum vf_rc shape, struct vf_bytes *ret,
	struct vf_err *reterr);

#endif

/* Group B of the attack catalogue: parts that are good by themselves and do not belong together. */
#include "tests/attack/attack.h"

HOOK(b01)
{
	struct vf_entry other = make_other(1);

	if (stage != LOG)
		return;
	/* the entry before, with its own right proof */
	x->entry_text = make_entry_text(&other);
	x->index = 1;
	x->proof[0] = vf_merkle_leaf(x->leaves[0]);
	struct vf_hash left = vf_merkle_leaf(x->leaves[2]), right = vf_merkle_leaf(x->leaves[3]);
	x->proof[1] = vf_merkle_node(&left, &right);
}

/* The right entry text, but the proof is that of the entry before. */
HOOK(b01_proof)
{
	struct vf_bytes mine = x->entry_text;

	b01(x, stage);
	if (stage == LOG)
		x->entry_text = mine;
}

HOOK(b02)
{
	if (stage == TREE) {
		x->ev[0].group[0] = make_digest(VF_SHA256, vf_bytes_str("a document of another record"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

HOOK(b03)
{
	if (stage == DONE)
		*bundle_part(x, "a.txt") = vf_bytes_str("first d0cument\n");
}

/* The tree leads to another batch root than the head names; token and tree agree. */
HOOK(b04)
{
	if (stage == TREE) {
		x->ev[0].path[0] = make_digest(VF_SHA256, vf_bytes_str("another sibling"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* The head is good, the tree ends in the head of another seal. */
HOOK(b04_head)
{
	if (stage == TREE) {
		x->ev[0].path[x->ev[0].n_path - 1] = make_digest(VF_SHA256, x->previous);
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* A record that poses as the head: its digest stands last, the head's before it. */
HOOK(b04_behind)
{
	if (stage == TREE) {
		x->ev[0].path[x->ev[0].n_path++] = make_digest(VF_SHA256, vf_bytes_str("one more level"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* The head names a batch root that holds the record, but the token is over the record alone. */
HOOK(b04_alone)
{
	if (stage == TREE) {
		x->ev[0].n_path = 0;
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

HOOK(b05_index)
{
	if (stage == LOG)
		x->index = 3;
}

HOOK(b05_batch)
{
	if (stage == BEGIN)
		x->first = 3; /* the entry lies before the batch */
}

HOOK(b05_checkpoint)
{
	if (stage != HEAD)
		return;
	/* after the head was made: another root of the same log, signed by the same key */
	x->root = vf_sha256(vf_bytes_str("another history"));
	make_checkpoint(x);
}

HOOK(b06_field)
{
	if (stage == BEGIN)
		x->fields = ",\"verified\":true";
}

HOOK(b06_file)
{
	if (stage == DONE)
		bundle_add(x, "META-INF/trialnotary/verdict.json", vf_bytes_str("{\"verdict\":\"VERIFIED\"}\n"));
}

HOOK(b07)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &beta;
		x->ev[1].cms.broken_signature = true;
	}
}

/* The second record is good by itself and covers one document less. */
HOOK(b07_group)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &beta;
	}
	if (stage == TREE && x->at == 1) {
		x->ev[1].n_group--;
		x->ev[1].imprint = make_root(&x->ev[1]);
	}
}


HOOK(b08)
{
	if (stage == DONE) {
		bundle_add(x, "c.txt", vf_bytes_str("added\n"));
		list_more(x, "c.txt", vf_bytes_str("added\n"));
	}
}

/* Another instance: its own log under the same name, its own authority. */
HOOK(b09)
{
	if (stage == BEGIN) {
		x->log_key = &other_log;
		x->ev[0].by = &stranger;
	}
}

HOOK(b09_tsa)
{
	if (stage == BEGIN)
		x->ev[0].by = &stranger;
}


HOOK(b09_log)
{
	if (stage == BEGIN)
		x->log_key = &other_log;
}

/* A protocol whose file calls itself version 3; the statement says 2. */
HOOK(b10)
{
	if (stage == BEGIN) {
		x->kind = "protocol";
		x->fields = ",\"version\":\"2\"";
		x->files[0].name = "Protocol-v3.txt";
	}
}

static void b10_shown(void)
{
	struct nt_buf bytes = nt_buf(1 << 20);

	run(b10, &bytes);
	CHECK_BYTES(report.version, vf_bytes_str("2"));
	nt_buf_done(&bytes);
}

/* The statement of version 2, with version 3 written over it. */
HOOK(b10_written)
{
	b10(x, stage);
	if (stage == DONE)
		bundle_edit(x, "statement.json", "\"version\":\"2\"", "\"version\":\"3\"");
}

static void rename_part(struct bundle *x, const char *old, const char *name)
{
	struct vf_bytes data = *bundle_part(x, old);

	bundle_drop(x, old);
	bundle_add(x, name, data);
}

/* A consent whose file is shown under the name of another participant. */
HOOK(b11)
{
	if (stage == BEGIN) {
		x->kind = "consent";
		x->files[0].name = "Consent-P001.txt";
		x->files[1].name = "b.txt";
	}
	if (stage == DONE)
		rename_part(x, "Consent-P001.txt", "Consent-P002.txt");
}

/* The same, and the manifest agrees. */
HOOK(b11_manifest)
{
	b11(x, stage);
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "Consent-P001.txt", "Consent-P002.txt");
}

/* The same, and so does the statement. */
HOOK(b11_statement)
{
	b11_manifest(x, stage);
	if (stage == DONE)
		bundle_edit(x, "statement.json", "Consent-P001.txt", "Consent-P002.txt");
}

/* What the log's key signed as a witness, as the log's own signature. */
HOOK(b12_cosignature)
{
	uint8_t message[VF_COSIGNED_MAX];
	struct vf_checkpoint c;
	struct vf_err err = {0};
	size_t n;

	if (stage != LOG)
		return;
	MUST(vf_checkpoint_parse(nt_buf_bytes(&x->note), &c, &err) == VF_OK);
	n = vf_cosigned_ed25519(message, &c, 1740830400);
	sign_note(x, make_copy(c.note.text), vf_bytes(message, n), NULL);
}

/* A signature of the authority's key over the same octets as ordinary content. */
HOOK(b12_content)
{
	x->ev[0].cms.content_type = "1.2.840.113549.1.7.1";
}

/* The submitter's certificate under the authority's root, with its own signature on a token. */
HOOK(b12_submitter)
{
	if (stage == BEGIN)
		owner.alpha_root = submitter_root;
	x->ev[0].cms.cert = x->ev[0].cms.certs = submitter_cert;
	x->ev[0].cms.key = submitter_key;
}

/* The authority's certificate under the submitters' root, with its own signature on a record. */
HOOK(b12_authority)
{
	sign_record(x, stage);
	if (stage == BEGIN) {
		owner.submitter = "required";
		owner.submitters = beta.root_der;
		x->signature = (struct cms_spec){.cert = beta.cert, .key = beta.key, .certs = beta.cert};
	}
}

/* A token in the place of the submitter's signature. */
HOOK(b12_token)
{
	sign_record(x, stage);
	if (stage == BEGIN)
		x->signature.attr_type = "1.2.840.113549.1.9.16.1.4";
}

/* The consent is the log's second entry; its head is that of two. */
HOOK(b13_consent)
{
	struct vf_hash mine;

	if (stage == BEGIN) {
		x->kind = "consent";
		x->index = 1;
		x->size = 2;
	}
	if (stage == LOG) {
		mine = vf_merkle_leaf(x->entry_text);
		x->proof[0] = vf_merkle_leaf(x->leaves[0]);
		x->n_proof = 1;
		x->root = vf_merkle_node(&x->proof[0], &mine);
		make_checkpoint(x);
	}
}

/* The withdrawal comes later in the same log; report and root are the consent's. */
HOOK(b13_withdrawal)
{
	static struct vf_hash before;

	if (stage == BEGIN) {
		before = report.root;
		x->kind = "withdrawal";
		x->fields = make_string(",\"links\":[{\"type\":\"withdraws\",\"record\":\"%s\"}]", HEX(report.id));
	}
	if (stage == LOG) {
		struct vf_hash l = vf_merkle_leaf(x->leaves[2]), r = vf_merkle_leaf(x->leaves[3]),
			right = vf_merkle_node(&l, &r);

		x->proof[1] = before;
		x->root = vf_merkle_node(&before, &right);
		make_checkpoint(x);
	}
}

static void b13(void)
{
	struct nt_buf consent = nt_buf(1 << 20), withdrawal = nt_buf(1 << 20);
	struct vf_session *s;

	run(b13_consent, &consent);
	run(b13_withdrawal, &withdrawal);
	s = session();
	CHECK(judge(s, nt_buf_bytes(&withdrawal)) == VF_VERIFIED && has_note("LINKED_RECORDS"));
	CHECK(judge(s, nt_buf_bytes(&consent)) == VF_VERIFIED);
	CHECK(strstr(vf_report_not_shown(&report), "other records"));
	/* the withdrawal's link is known in a run that saw the consent */
	judge(s, nt_buf_bytes(&withdrawal));
	CHECK(!has_note("LINKED_RECORDS"));
	vf_session_free(s);
	nt_buf_done(&consent);
	nt_buf_done(&withdrawal);
}

static const struct attack cases[] = {
	ATTACK("B01a", "entry and proof of another record", VF_REJECTED, VF_ENTRY_MISMATCH, .forge = b01),
	ATTACK("B01b", "the proof of another record", VF_REJECTED, VF_PROOF_ROOT, .forge = b01_proof),
	ATTACK("B02", "evidence over a document of another record", VF_REJECTED, VF_GROUP_MISMATCH, .forge = b02),
	ATTACK("B03", "another document than the statement's", VF_REJECTED, VF_DIGEST_MISMATCH, .forge = b03),
	ATTACK("B04a", "another batch root than the seal head names", VF_REJECTED, VF_SEAL_BINDING, .forge = b04),
	ATTACK("B04b", "the tree ends in another seal head", VF_REJECTED, VF_SEAL_BINDING, .forge = b04_head),
	ATTACK("B04c", "a level above the seal head", VF_REJECTED, VF_SEAL_BINDING, .forge = b04_behind),
	ATTACK("B04d", "a token over the record alone", VF_REJECTED, VF_GROUP_MISMATCH, .forge = b04_alone),
	ATTACK("B05a", "another index than the entry's", VF_REJECTED, VF_PROOF_ROOT, .forge = b05_index),
	ATTACK("B05b", "an entry before the seal's batch", VF_REJECTED, VF_SEAL_BINDING, .forge = b05_batch),
	ATTACK("B05c", "a head of the same size that the seal does not name", VF_REJECTED, VF_SEAL_BINDING,
		.forge = b05_checkpoint),
	ATTACK("B06a", "a statement that says it is verified", VF_REJECTED, VF_STATEMENT_SHAPE, .forge = b06_field),
	ATTACK("B06b", "a verdict in the bundle", VF_REJECTED, VF_UNCOVERED, .forge = b06_file),
	ATTACK("B07a", "a good and a forged token", VF_REJECTED, VF_TS_SIGNATURE, .forge = b07),
	ATTACK("B07b", "a good record and one over less", VF_REJECTED, VF_GROUP_MISMATCH, .forge = b07_group),
	ATTACK("B08", "a file added, and listed in the manifest", VF_REJECTED, VF_UNCOVERED, .forge = b08),
	ATTACK("B09a", "a bundle of another instance", VF_INDETERMINATE, VF_UNKNOWN_ROOT, .forge = b09),
	ATTACK("B09b", "another instance's log", VF_INDETERMINATE, VF_NOTE_UNSIGNED, .forge = b09_log),
	ATTACK("B09c", "another instance's authority", VF_INDETERMINATE, VF_UNKNOWN_ROOT, .forge = b09_tsa),
	ATTACK("B10a", "a file name with another version than the statement's, which is what is shown", VF_VERIFIED,
	VF_OK,
		.judge = b10_shown),
	ATTACK("B10b", "another version written into the statement", VF_REJECTED, VF_MANIFEST_DIGEST,
		.forge = b10_written),
	ATTACK("B11a", "a consent under another participant's file name", VF_REJECTED, VF_UNCOVERED, .forge = b11),
	ATTACK("B11b", "the same, with a manifest that agrees", VF_REJECTED, VF_UNCOVERED, .forge = b11_manifest),
	ATTACK("B11c", "the same, with a statement that agrees", VF_REJECTED, VF_MANIFEST_DIGEST,
		.forge = b11_statement),
	ATTACK("B12a", "the log key's signature as a witness in the place of its own", VF_REJECTED, VF_NOTE_SIGNATURE,
		.forge = b12_cosignature),
	ATTACK("B12b", "an ordinary signature by the authority as a token", VF_REJECTED, VF_TS_SHAPE,
		.forge = b12_content),
	ATTACK("B12c", "a token by a submitter's certificate", VF_REJECTED, VF_TS_CERT_PROFILE, .forge = b12_submitter),
	ATTACK("B12d", "a record signed with an authority's certificate", VF_REJECTED, VF_CERT_PATH,
		.forge = b12_authority),
	ATTACK("B12e", "a signature over a token's content type as a submitter's", VF_REJECTED, VF_CMS_SHAPE,
		.forge = b12_token),
	ATTACK("B13", "a consent beside the record that withdraws it", VF_VERIFIED, VF_OK, .judge = b13),
};

ATTACK_MAIN(cases)

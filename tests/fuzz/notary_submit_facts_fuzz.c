/* Exercises notary/submit_facts.c: whatever a document or a sidecar file says, only what a statement can say comes out of it. */
#include <string.h>

#include "notary/submit_facts.h"
#include "tests/fuzz/must.h"
#include "trial/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_own(const struct nt_own *own, bool of_document)
{
	struct vf_bytes texts[NT_OWN_TEXTS];
	struct tr_statement st = {.kind = TR_DATASET, .study = vf_bytes_str("x")};

	for (int i = 0; i < NT_OWN_TEXTS; i++) {
		MUST(memchr(own->texts[i].text, 0, sizeof(own->texts[i].text)));
		texts[i] = vf_bytes_str(own->texts[i].text);
		MUST(!of_document || (texts[i].n > 0) == (own->texts[i].from != NULL));
		MUST(!own->texts[i].from || !own->texts[i].unfit);
	}
	st.version = texts[NT_OWN_VERSION];
	st.date = texts[NT_OWN_DATE];
	st.title = texts[NT_OWN_TITLE];
	MUST(tr_statement_check_texts(&st, NULL) == VF_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes text = vf_bytes(data, size);
	struct tr_input in = tr_input_of(&text, "document");
	struct nt_own own;

	if (nt_sidecar_parse(text, &own, NULL) != VF_OK)
		MUST(!own.texts[0].text[0] && !own.texts[1].text[0] && !own.texts[2].text[0]);
	check_own(&own, false);
	if (nt_own_read(&in, size % 2 ? TR_DATASET : TR_PROTOCOL, &own, NULL) != VF_OK)
		MUST(!own.texts[0].text[0] && !own.texts[1].text[0] && !own.texts[2].text[0]);
	check_own(&own, true);
	return 0;
}

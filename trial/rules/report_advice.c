/* Who has to look at what a rule finds, and what there is to do. */
#include "trial/rules/report.h"

static const struct advice {
	const char *rule, *who;
	const char *broken; /* what to do when it fails, whatever the word */
	const char *read;   /* what a reader has to decide; NULL: nothing that all findings of the rule have in common */
} advices[] = {
	{"P1", "Sponsor", "say in the registry and in every publication that the trial was registered after it began; if another registry has an earlier entry, notarise it", NULL},
	{"P2", "Sponsor", "explain under which protocol the first persons took part; a protocol written after the first consent has to be named as such", NULL},
	{"P3", "Sponsor", "post a consent form that was used; if the law does not ask for it, correct what the study lays down", NULL},
	{"P4", "Sponsor", "look at the order of the versions: submit the one that is missing, or a new one with the right date that says what it replaces", NULL},
	{"P5", "Sponsor", "find out which identifier is right and submit a corrected file as a new version", NULL},
	{"C1", "Sponsor and ethics board", "find the letter of approval and submit it with a link to the form; if there is none, the board has to hear that the form was used without", NULL},
	{"C2", "Sponsor and ethics board", "find the letter of approval and submit it with a link to the protocol; if there is none, the board has to hear that the trial began without", NULL},
	{"C3", "Investigator", "look at the source documents: was the person examined before consenting, or is a date wrong? Tell the ethics board of the former", NULL},
	{"C4", "Investigator", "look which form the person signed; who signed one that was no longer current is asked again, and the ethics board hears of it", NULL},
	{"C5", "Investigator", "ask the persons to consent on the new form, or write down why not; the ethics board hears of it", NULL},
	{"C6", "Investigator", "let whoever has to sign do so: 'trialnotary countersign' adds a signature; what cannot be mended is told to the ethics board", NULL},
	{"C7", "Sponsor", "submit the form that is missing",
		"submit the form that is missing, or write down that nobody needs it; of a translation, compare what the two say"},
	{"D1", "Investigator and data management", "look at the source documents: were data collected after the withdrawal? If so, they leave the analysis, and the ethics board hears of it",
		"read what the person withdrew from: who left the treatment alone may still be visited"},
	{"D2", "Data management", "find out which version of the forms the site used, and correct the date of its use or explain the data", NULL},
	{"D3", "Data management", "deliver the data again, or correct the number in a new version",
		"count again: which of the two numbers is right, and why is the other one different?"},
	{"D4", "Data management", "deliver the file that is missing, or a define.xml that names what there is", NULL},
	{"D5", "Data management", "ask who made the checksum which file it was made of; do not use the file until that is clear", NULL},
	{"D6", "Data management", "submit the other data as a new version that replaces the old one and says why; use none of them until that is clear", NULL},
	{"S1", "Statistician", "explain what was known of the results when the plan was made; an analysis planned afterwards has to be called exploratory", NULL},
	{"S2", "Statistician", "submit the change again, signed and with its reason", NULL},
	{"S3", "Statistician", "submit the lock that names these data, or analyse those that were locked", NULL},
	{"O1", "Sponsor; editors and reviewers", "explain each outcome that was added, dropped or moved where the results are reported (CONSORT item 6b)",
		"read both: do they mean the same outcome? If not, it has to be explained where the results are reported (CONSORT item 6b)"},
	{"O2", "Sponsor; editors and reviewers", "declare the change where the results are reported, with its date and reason (CONSORT item 6b)",
		"read both: is it a change at all? If so, it has to be declared where the results are reported (CONSORT item 6b)"},
	{"A1", "Data management", "ask the maker of the data capture system how entries came out of order; never change the trail itself", NULL},
	{"A2", "Data management", "explain the changes in a note that is submitted, too; never change the trail itself",
		"look at the source documents: why was a date of consent changed?"},
	{"A3", "Data management", "find out which clock was wrong, and explain it in a note", NULL},
	{"A4", "Data management", "deliver the file that is missing in the series", NULL},
	{"A5", "Data management", "deliver the file in which the thing was first entered", NULL},
	{"T1", "Whoever submitted the record", "find out which date is right; a document that is dated later than its time-stamp was there before it says", NULL},
	{"T2", "Sponsor", "say which of the protocols counted, and why there was more than one",
		"say which of the protocols counted, and why there was more than one"},
	{"G1", "Whoever submitted the record; data protection officer", "submit the record again without the person's key, and erase this one: 'trialnotary erase'",
		"find out whether the number means a person; if so, submit the record again without it, and erase this one: 'trialnotary erase'"},
	{"G2", "Who runs the notary; data protection officer", "look at the record with 'trialnotary fsck', and submit the record of the erasure if it is missing", NULL},
};

static const char *const undecided[TR_WORD_COUNT] = {
	[TR_WORD_PARTIAL_DATE] = "find the whole date and submit it",
	[TR_WORD_MISSING_DATE] = "find the date and submit it: in the details of the record, or in a new version of the file",
	[TR_WORD_MISSING_RECORD] = "submit the record or file; if it is only elsewhere, make this report again with it at hand",
	[TR_WORD_BAD_TIME] = "correct the date in a new version of the record or file",
	[TR_WORD_NOT_ANCHORED] = "no time-stamp can be had afterwards: look for other evidence of the time, such as a dated letter or a registry",
	[TR_WORD_PROXY_ONLY] = "submit the date itself, for a consent the consent records or a data set with their dates",
	[TR_WORD_OTHER_REGISTRY] = "submit the record of the other registry",
	[TR_WORD_APPROVAL_UNSPECIFIC] = "submit the letter of approval with a link to each thing that it approves",
	[TR_WORD_VERSION_UNKNOWN] = "say which version it was, in the details of the record or in a data set",
	[TR_WORD_MAPPING_MISSING] = "lay down in a mapping which item or parameter counts (docs/formats/mapping.md)",
	[TR_WORD_IMAGE] = "look at the image yourself: is it a signature, and whose?",
	[TR_WORD_NEEDS_READER] = "read it and decide; a decision can be submitted as a record, so that it is not asked again",
	[TR_WORD_DOCTYPE_NO_C14N] = "compare the two files by hand, or have them made again without a DOCTYPE",
	[TR_WORD_SIZE_NO_C14N] = "compare the two files by hand",
	[TR_WORD_PARSE_ERROR] = "ask whoever made the file for one that is in the form of its format",
};

static const struct advice *advice_of(const struct tr_rule *rule)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strcmp(advices[i].rule, rule->id) == 0)
			return &advices[i];
	return NULL;
}

const char *tr_report_who(const struct tr_rule *rule)
{
	const struct advice *a = advice_of(rule);

	return a ? a->who : "";
}

const char *tr_report_advice(const struct tr_rule *rule, enum tr_word word)
{
	const struct advice *a = advice_of(rule);

	if (a && a->read && word == TR_WORD_NEEDS_READER)
		return a->read;
	if (word < TR_WORD_COUNT && undecided[word])
		return undecided[word];
	return a && tr_word_verdict(word) == TR_FAIL ? a->broken : "";
}

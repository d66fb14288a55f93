/* to be written */
typedef int notary_note_stub;

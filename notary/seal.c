/* to be written */
typedef int notary_seal_stub;

/* to be written */
typedef int notary_notary_stub;

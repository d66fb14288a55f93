/* to be written */
typedef int notary_headlock_stub;

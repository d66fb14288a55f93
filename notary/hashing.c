/* to be written */
typedef int notary_hashing_stub;

/* to be written */
typedef int notary_tiles_stub;

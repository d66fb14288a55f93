/* to be written */
typedef int notary_fsck_stub;

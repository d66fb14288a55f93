/* to be written */
typedef int notary_backup_stub;

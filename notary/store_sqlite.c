/* to be written */
typedef int notary_store_sqlite_stub;

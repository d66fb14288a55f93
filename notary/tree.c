/* to be written */
typedef int notary_tree_stub;

/* Page cache: SQLite's own, kept from going through all its pages at the end of a transaction. */
#pragma once

/* Every connection that is opened from then on has it. Before the first; later it changes nothing.
 */
void page_cache_install(void);

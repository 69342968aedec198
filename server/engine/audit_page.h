/* Audit page: one page of the record, as its reader may see it. */
#pragma once

#include "engine/command.h"
#include "store/db.h"

/* Fill reply.audit. reply.has_more: there may be more after reply.list_end. */
void audit_page(struct db *db, struct command *command);

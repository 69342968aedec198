/* Worker codec: registrations, edits and claims. */
#pragma once

#include "codec.h"
#include "engine/command.h"

MUST_CHECK enum err worker_spec_read(struct bytes text, struct arena *arena,
                                     struct worker_spec *ret_spec, struct error *error);
MUST_CHECK enum err worker_edit_read(struct bytes text, struct arena *arena,
                                     struct worker_edit *edit, struct error *error);
MUST_CHECK enum err claim_read(struct bytes text, struct arena *arena, struct claim *claim,
                               struct error *error);
/* {outcomes:[...]}, which is needed. */
MUST_CHECK enum err finish_read(struct bytes text, struct arena *arena, struct finish *finish,
                                struct error *error);

/* Worker codec: registrations, edits and claims. */
#pragma once

#include "codec.h"
#include "engine/command.h"

MUST_CHECK enum err worker_spec_read(struct codec *codec, struct bytes text,
                                     struct worker_spec *ret_spec);
MUST_CHECK enum err worker_edit_read(struct codec *codec, struct bytes text,
                                     struct worker_edit *edit);
MUST_CHECK enum err claim_read(struct codec *codec, struct bytes text, struct claim *claim);
/* {outcomes:[...]}, which is needed. */
MUST_CHECK enum err finish_read(struct codec *codec, struct bytes text, struct finish *finish);

#!/bin/sh
# A worker's program: the payload comes on stdin, what it prints is the result, stderr is the task's log.
#
#   sluice work --queue thumbs --exec examples/sha256.sh
set -eu

echo "hashing the payload of task ${TASK_ID:-(none)}, attempt ${TASK_ATTEMPT:-1}" >&2
sum=$(sha256sum)
printf '%s\n' "${sum%% *}"

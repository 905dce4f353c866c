#!/usr/bin/env bash
# Creates the jobs of kubernetes-job.yaml in turn: finish, tasks, finish, … until a finish posts nothing more.
# Stopped and started again it resumes. Takes kubectl's own options, such as `--namespace moisson`.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
rounds_max=20 # three stages are posted; more rounds mean that tasks do not do their shares

# turn PART: runs the job of this part to its end, and says how it ended: Complete or Failed.
turn() {
    local part=$1 ended=
    shift
    kubectl "$@" delete job "moisson-$part" --ignore-not-found --wait >&2
    kubectl "$@" create --filename kubernetes-job.yaml --selector "part=$part" >&2
    while [ -z "$ended" ]; do
        sleep "${POLL_SECONDS:-10}"
        ended=$(kubectl "$@" get job "moisson-$part" \
            --output 'jsonpath={.status.conditions[?(@.status=="True")].type}' | grep -oE 'Complete|Failed' || true)
    done
    echo "$ended"
}

for ((round = 1; round <= rounds_max; round++)); do
    ended=$(turn finish "$@")
    said=$(kubectl "$@" logs --selector job-name=moisson-finish --tail 5)
    echo "$said"
    [ "$ended" = Complete ] || exit 1
    ! grep -q '^published in ' <<<"$said" || exit 0
    # Neither published nor posted: the pod was asked to stop, and the next round resumes.
    grep -q '^posted: ' <<<"$said" || continue
    # Failed means that some tasks did not do their shares: the next finish posts those units again.
    echo "round $round: tasks $(turn tasks "$@")"
done
echo "error: units are still left after $rounds_max rounds; see the logs of the pods of moisson-tasks" >&2
exit 2

#!/usr/bin/env bash
# Submits the run of quickstart, with what each job waits for, and prints the ids of the jobs.
# Written by `moisson batch slurm`. Running it again resumes: what is committed is not done again.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
mkdir -p logs

# The highest index of an array is below MaxArraySize, which a site may have raised or lowered.
tasks=200
most=$(scontrol show config | sed -n 's/^MaxArraySize *= *//p')
if [ "$tasks" -gt "${most:-1001}" ]; then
    echo "error: $tasks tasks, and an array has at most ${most:-1001} here (MaxArraySize)" >&2
    echo "hint: write the scripts again with fewer --tasks; each task then performs more units" >&2
    exit 2
fi

jobs=
# submit LABEL SCRIPT [ARGUMENT…], waiting for $after
submit() {
    local label=$1 options=(--parsable "--job-name=moisson-quickstart-$1")
    shift
    [ -z "$after" ] || options+=("--dependency=$after" --kill-on-invalid-dep=yes)
    id=$(sbatch "${options[@]}" "$@") || {
        echo "error: $label is not submitted${jobs:+; cancel what is with: scancel$jobs}" >&2
        exit 2
    }
    id=${id%%;*} # a federation prints ID;CLUSTER
    jobs+=" $id"
    echo "$id $label${after:+ after $after}"
}

# An array starts only if the finish before it has done its part (afterok): a wrong pipeline or a full disk stops all that
# follows. A finish starts however the tasks ended (afterany), since it does what they left; if the finish before it has
# failed, the array never ran, and this one does not either.
after=
submit finish-0 finish.sh --post ingest,gather
finish=$id after=afterok:$id
submit tasks-1 tasks.sh
after=afterok:$finish,afterany:$id
submit finish-1 finish.sh --post gather
finish=$id after=afterok:$id
submit tasks-2 tasks.sh
after=afterok:$finish,afterany:$id
submit finish-2 finish.sh

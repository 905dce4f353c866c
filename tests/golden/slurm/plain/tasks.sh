#!/usr/bin/env bash
# An array for quickstart: task i of 16 does its share of the units that were posted last.
# Written by `moisson batch slurm`, submitted by submit.sh. It holds no credentials: the job finds them in its environment
# or in the profiles of the home folder.
#SBATCH --array=0-15
#SBATCH --output=logs/%x-%A_%a.log
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=16384M
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=B:USR1@600
set -euo pipefail

# Paths are those of the folder in which the scripts were written.
cd -- /home/aune/corpora

job=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}
program=      # its process id, once it runs
stopping=     # set once it is to stop
resume=       # set if it is to go on in the queue

# TERM: the job is cancelled or its node is taken away; what is committed stays.
stop() {
    stopping=yes
    [ -z "$program" ] || kill -TERM "$program" 2>/dev/null || true
}
trap stop TERM INT
# USR1: the time limit is near (`--signal` above), so the rest is done by the same job in its next turn.
trap 'resume=yes; stop' USR1

scratch=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/moisson-$job-XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
limits=(--threads "$SLURM_CPUS_PER_TASK" --scratch "$scratch")
# Slurm kills what passes the job's memory, so the program plans with nine tenths of it.
memory_mib=$((${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_PER_TASK))} * 9 / 10))
[ "$memory_mib" -eq 0 ] || limits+=(--memory "${memory_mib}MiB")

echo "$job on $(hostname), turn $((${SLURM_RESTART_COUNT:-0} + 1))"
/opt/moisson run pipelines/quickstart.toml --out out/quickstart --task "$SLURM_ARRAY_TASK_ID/16" "${limits[@]}" &
program=$!
[ -z "$stopping" ] || stop

# A trapped signal ends `wait` before the program has ended.
status=0
wait "$program" || status=$?
while kill -0 "$program" 2>/dev/null; do
    wait "$program" || status=$?
done

if [ -n "$resume" ]; then
    if [ "${SLURM_RESTART_COUNT:-0}" -ge 20 ]; then
        echo "error: $job was cut by its time limit in each of its turns; submit again with a longer --time" >&2
        exit 2
    fi
    echo "$job: the time limit is near; stopped, and back into the queue"
    rm -rf -- "$scratch" # Slurm may kill this script as soon as the job is back in the queue
    scontrol requeue "$job"
    exit 0
fi
exit "$status"

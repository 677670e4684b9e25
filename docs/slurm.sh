#!/bin/bash
#SBATCH --job-name=ganzoo --nodes=4 --ntasks-per-node=1 --gpus-per-node=4
#SBATCH --cpus-per-task=16 --time=24:00:00
#SBATCH --requeue --open-mode=append --signal=B:USR1@120
#
# Trains to the end, however many time limits that takes:
#
#     sbatch slurm.sh --config=dcgan_mnist --workdir=$HOME/runs/d
#
# Two minutes before the time is up, Slurm sends USR1 to this script alone. It stops the
# workers, which save, and puts the job back into the queue. --requeue alone does that
# after a lost node or a preemption, but not for a job whose time is up.

over=
trap 'over=1; scancel --signal=TERM "$SLURM_JOB_ID"' USR1 # the workers, not this script

srun ganzoo train "$@" --strategy=multi_worker &
workers=$!
wait "$workers"
code=$?
while kill -0 "$workers" 2>/dev/null; do # the signal ended `wait`, not the workers
    wait "$workers"
    code=$?
done

if [ -n "$over" ] && [ "$code" -ne 0 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"

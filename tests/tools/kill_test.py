#!/usr/bin/env python3
"""Kills training commands at random moments and expects what follows to go on to the same bytes.

usage: kill_test.py DBN [--kills N] [--seed N]

A run is started, killed with SIGKILL after a random time, started again with --resume, perhaps killed again, and at
last left to its end. Whatever the kills hit (reading data, an update, a checkpoint half written, the result), every
resumed run must load its checkpoint without passing one over, and the result must be that of a run never stopped.
Stops by SIGINT and SIGTERM take their turns, and must exit with 130 and 143.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

DATA = "--data synthetic:digits,cases=1500,test=300 --seed 5 --quiet"
COMMANDS = {
    "pretrain": f"pretrain {DATA} --layers 150,80 --epochs 6 --estimator pcd",
    "autoencoders": f"pretrain {DATA} --layers 100,50 --epochs 5 --pretrainer denoising --on-divergence retry",
    "finetune": f"finetune {DATA} --layers 150,80 --epochs 12 --validation 0.2 --patience 50",
    "compare": f"compare {DATA} --layers 40,20 --seeds 2 --starts rbm,he --labels 100,all --tune 2 "
               "--pretrain.epochs 4 --finetune.epochs 4 --finetune.min-updates 200",
}
SCHEDULES = ["1 epochs", "0.01 s", "3 epochs"]


def result(path):
    """The bytes of a result; of a comparison all but times, which no two runs share."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b'{"'):
        return data
    rows = [json.loads(line) for line in data.splitlines()]
    for row in rows:
        for part in [row] + row.get("epochs", []):
            for key in ("seconds", "pretrain_seconds", "finetune_seconds", "command"):
                part.pop(key, None)
    return rows


class Trial:
    def __init__(self, dbn, command, folder, schedule):
        self.dbn, self.command, self.folder, self.schedule = dbn, command, folder, schedule

    def start(self, threads):
        arguments = [self.dbn, *self.command.split(), "--out", "out", "--checkpoint", "kept", "--resume",
                     "--checkpoint-every", self.schedule, "--threads", str(threads)]
        return subprocess.Popen(arguments, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def check(self, process, expected):
        errors = process.stderr.read().decode()
        code = process.wait()
        if code not in expected or "checkpoint before" in errors:
            sys.exit(f"kill_test: {self.command}: exit {code}, expected {expected}\n{errors}")
        return code

    def stop(self, seconds, how, threads):
        """Whether the signal came before the end."""
        process = self.start(threads)
        time.sleep(seconds)
        process.send_signal(how)
        stopped = {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[how]
        # Before it trains and after, a signal ends the command as it ends any other.
        return self.check(process, (0, stopped, -how)) != 0

    def finish(self, threads):
        self.check(self.start(threads), (0,))
        left = [name for name in os.listdir(self.folder) + os.listdir(os.path.join(self.folder, "kept"))
                if "dbn-tmp" in name]
        if left:
            sys.exit(f"kill_test: {self.command}: left behind {left}")
        return result(os.path.join(self.folder, "out"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dbn")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.dbn = os.path.abspath(options.dbn)
    draw = random.Random(options.seed)
    whole = {}
    for name, command in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            begun = time.monotonic()
            subprocess.run([options.dbn, *command.split(), "--out", "out"], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            whole[name] = time.monotonic() - begun, result(os.path.join(folder, "out"))
    stops = {signal.SIGKILL: 0, signal.SIGINT: 0, signal.SIGTERM: 0}
    trials = 0
    names = list(COMMANDS)
    while stops[signal.SIGKILL] < options.kills:
        name = names[trials % len(names)]
        trials += 1
        seconds, expected = whole[name]
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(options.dbn, COMMANDS[name], folder, draw.choice(SCHEDULES))
            for _ in range(draw.randint(1, 4)):
                how = draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
                if trial.stop(draw.uniform(0, seconds), how, draw.randint(1, 3)):
                    stops[how] += 1
            if trial.finish(draw.randint(1, 3)) != expected:
                sys.exit(f"kill_test: {name}: another result than without a stop (seed {options.seed}, trial {trials})")
    print(f"{trials} runs of {', '.join(names)}: {stops[signal.SIGKILL]} kills, {stops[signal.SIGINT]} SIGINT, "
          f"{stops[signal.SIGTERM]} SIGTERM; every resumed run ended with the bytes of one never stopped")


if __name__ == "__main__":
    main()

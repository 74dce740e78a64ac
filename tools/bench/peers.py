#!/usr/bin/python3
"""How fast dbn trains beside PyTorch and scikit-learn, on the same data, shapes and threads, taking turns.

Debian packages: python3-torch python3-sklearn libopenblas0-openmp. The peers get the best BLAS and kernel that they can
have; with --debian also the reference BLAS that Debian installs them with.

    tools/bench/peers.py build/release/dbn --data ../shared/data/mnist
"""

import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

VISIBLE, HIDDEN, BATCH = 784, 500, 100
NET = (500, 500, 2000)
BLAS_FOLDER = pathlib.Path("/usr/lib/x86_64-linux-gnu")


def read_mnist(folder, cases):
    import numpy

    def read(name, offset, dtype):
        with gzip.open(pathlib.Path(folder) / name) as file:
            return numpy.frombuffer(file.read(), numpy.uint8, offset=offset).astype(dtype)

    images = read("train-images-idx3-ubyte.gz", 16, numpy.float32).reshape(-1, VISIBLE)[:cases] / numpy.float32(255)
    return numpy.ascontiguousarray(images), read("train-labels-idx1-ubyte.gz", 8, numpy.int64)[:cases]


def seconds_of_second(epoch):
    """An epoch that does not pay for what the first one sets up."""
    epoch()
    begun = time.perf_counter()
    epoch()
    return time.perf_counter() - begun


def torch_cd(images, _, threads, in_place):
    import torch

    torch.set_num_threads(threads)
    data = torch.from_numpy(images)
    weights = 0.01 * torch.randn(VISIBLE, HIDDEN)
    a, b = torch.zeros(VISIBLE), torch.zeros(HIDDEN)
    velocity, a_velocity, b_velocity = torch.zeros_like(weights), torch.zeros_like(a), torch.zeros_like(b)
    rate, momentum, cost = 0.05, 0.5, 2e-4
    uniform, state = torch.empty(BATCH, HIDDEN), torch.empty(BATCH, HIDDEN)
    h, v1, h1 = torch.empty(BATCH, HIDDEN), torch.empty(BATCH, VISIBLE), torch.empty(BATCH, HIDDEN)

    def update_in_place(v):
        torch.addmm(b, v, weights, out=h).sigmoid_()
        torch.lt(uniform.uniform_(), h, out=state)
        torch.addmm(a, state, weights.t(), out=v1).sigmoid_()
        torch.addmm(b, v1, weights, out=h1).sigmoid_()
        step = rate / BATCH
        velocity.mul_(momentum).addmm_(v.t(), h, alpha=step).addmm_(v1.t(), h1, alpha=-step)
        weights.add_(velocity.add_(weights, alpha=-rate * cost))
        a.add_(a_velocity.mul_(momentum).add_(v.sum(0).sub_(v1.sum(0)), alpha=step))
        b.add_(b_velocity.mul_(momentum).add_(h.sum(0).sub_(h1.sum(0)), alpha=step))

    def update_plainly(v):
        nonlocal velocity, a_velocity, b_velocity
        hidden = torch.sigmoid(v @ weights + b)
        states = torch.bernoulli(hidden)
        visible = torch.sigmoid(states @ weights.t() + a)
        again = torch.sigmoid(visible @ weights + b)
        velocity = momentum * velocity + rate * ((v.t() @ hidden - visible.t() @ again) / BATCH - cost * weights)
        a_velocity = momentum * a_velocity + rate * (v - visible).mean(0)
        b_velocity = momentum * b_velocity + rate * (hidden - again).mean(0)
        weights.add_(velocity)
        a.add_(a_velocity)
        b.add_(b_velocity)

    def epoch():
        order = torch.randperm(len(data))
        for first in range(0, len(data), BATCH):
            (update_in_place if in_place else update_plainly)(data[order[first : first + BATCH]])

    with torch.no_grad():
        return seconds_of_second(epoch)


def torch_adam(images, labels, threads, foreach):
    import torch

    torch.set_num_threads(threads)
    data, target = torch.from_numpy(images), torch.from_numpy(labels)
    layers = []
    for fan_in, fan_out in zip((VISIBLE,) + NET, NET):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.Sigmoid()]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(NET[-1], 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, foreach=foreach)
    loss = torch.nn.CrossEntropyLoss()

    def epoch():
        order = torch.randperm(len(data))
        for first in range(0, len(data), BATCH):
            chosen = order[first : first + BATCH]
            optimizer.zero_grad(set_to_none=False)
            loss(net(data[chosen]), target[chosen]).backward()
            optimizer.step()

    return seconds_of_second(epoch)


def sklearn_rbm(images, _, __):
    from sklearn.neural_network import BernoulliRBM

    model = BernoulliRBM(n_components=HIDDEN, batch_size=BATCH, n_iter=1, random_state=0)
    return seconds_of_second(lambda: model.fit(images))


def sklearn_mlp(images, labels, _):
    import warnings

    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    model = MLPClassifier(NET, activation="logistic", solver="adam", alpha=0, batch_size=BATCH, max_iter=1)
    return seconds_of_second(lambda: model.fit(images, labels))


PEERS = {
    "PyTorch CD-1, in place": ("cd", lambda *given: torch_cd(*given, in_place=True)),
    "PyTorch CD-1, straightforward": ("cd", lambda *given: torch_cd(*given, in_place=False)),
    "scikit-learn BernoulliRBM (PCD)": ("cd", sklearn_rbm),
    "PyTorch Adam": ("finetune", lambda *given: torch_adam(*given, foreach=False)),
    "PyTorch Adam, foreach": ("finetune", lambda *given: torch_adam(*given, foreach=True)),
    "scikit-learn MLPClassifier": ("finetune", sklearn_mlp),
}


def environment(blas, threads):
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    env["LD_LIBRARY_PATH"] = str(BLAS_FOLDER / blas)
    if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text():
        env["OPENBLAS_CORETYPE"] = "SKYLAKEX"  # it takes processors that it does not know for Haswells
    return env


def peer_seconds(name, blas, options, cases):
    command = [sys.executable, __file__, options.dbn, "--data", options.data, "--cases", str(cases)]
    command += ["--threads", str(options.threads), "--worker", name]
    done = subprocess.run(command, env=environment(blas, options.threads), capture_output=True, text=True, check=True)
    return float(done.stdout)


def dbn_seconds(kind, options):
    with tempfile.TemporaryDirectory() as folder:
        common = ["--data", options.data, "--limit", str(options.cases), "--validation", "0", "--epochs", "2", "--quiet"]
        common += ["--json", "--threads", str(options.threads), "--out", folder + "/out"]
        if kind == "cd":
            command = ["pretrain", "--layers", str(HIDDEN)]
        else:
            command = ["finetune", "--init", "xavier", "--activation", "sigmoid", "--layers", ",".join(map(str, NET))]
        done = subprocess.run([options.dbn] + command + common, capture_output=True, text=True, check=True)
        result = json.loads(done.stdout)
        return (result["layers"][0] if kind == "cd" else result)["epochs"][1]["seconds"]


def compare(options):
    blases = {"best BLAS": ("openblas-openmp", options.cases)}
    if options.debian:
        blases["reference BLAS"] = ("blas", min(options.cases, 1000))
    ratios = {(name, blas): [] for blas in blases for name in PEERS}
    for number in range(options.rounds):
        ours = {kind: dbn_seconds(kind, options) / options.cases for kind in ("cd", "finetune")}
        for name, blas in ratios:
            kind = PEERS[name][0]
            folder, cases = blases[blas]
            seconds = peer_seconds(name, folder, options, cases) / cases
            # dbn before and after the peer: a machine that changes its speed meanwhile hits both.
            after = dbn_seconds(kind, options) / options.cases
            ratios[name, blas].append(seconds / ((ours[kind] + after) / 2))
            ours[kind] = after
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    print(f"times as fast as (median, least to most of {options.rounds} rounds; {options.threads} threads)")
    for (name, blas), values in ratios.items():
        print(f"  {name + ', ' + blas:<50} {statistics.median(values):7.2f}  ({min(values):.2f} to {max(values):.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dbn", help="the command-line tool")
    parser.add_argument("--data", required=True, help="folder with the MNIST files")
    parser.add_argument("--cases", type=int, default=10000, help="training cases (a multiple of 100)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--debian", action="store_true", help="the peers with the reference BLAS too; slow")
    parser.add_argument("--worker", choices=list(PEERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cases < BATCH or options.cases % BATCH != 0:
        parser.error(f"--cases: expected a multiple of {BATCH}, found {options.cases}")
    if options.worker is None:
        return compare(options)
    images, labels = read_mnist(options.data, options.cases)
    print(PEERS[options.worker][1](images, labels, options.threads))


if __name__ == "__main__":
    main()

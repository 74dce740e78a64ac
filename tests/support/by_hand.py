"""What the tests in Python share: the tool as a command, its files and data read from their definition alone."""

import csv
import json
import os
import struct
import subprocess
import sys

import numpy as np


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def run(*arguments):
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    check(result.returncode == 0, f"{' '.join(arguments)}: exit code {result.returncode}: {result.stderr}")
    return result.stdout


def read_safetensors(path):
    """Tensors in double precision, and the metadata."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    check(length % 8 == 0, "the header's length is a multiple of 8")
    header = json.loads(content[8 : 8 + length])
    buffer = content[8 + length :]
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]
        tensors[name] = np.frombuffer(buffer[begin:end], dtype).reshape(entry["shape"]).astype(np.float64)
    return tensors, metadata


def write_safetensors(path, tensors):
    """Arrays of single precision, as another tool would write them."""
    header, place = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [place, place + 4 * tensor.size]}
        place += 4 * tensor.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor, "<f4").tobytes())


def synthetic_cases(dbn, folder, data):
    """Test cases and labels as the tool itself writes them."""
    path = os.path.join(folder, "test.csv")
    run(dbn, "data", "make", "--data", data, "--out", os.path.join(folder, "train.csv"), "--test-out", path)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([row[:-1] for row in rows], dtype=np.float64), [row[-1] for row in rows]


def check_close(theirs, ours, tolerance, what):
    """Probabilities (cases x classes) that agree; returns their largest difference."""
    check(theirs.shape == ours.shape, f"{what}: shape {theirs.shape}, expected {ours.shape}")
    difference = np.abs(theirs - ours).max()
    check(difference <= tolerance, f"{what}: probabilities differ by {difference}")
    # Where the two likeliest are nearer than the tolerance, either may come first.
    two_best = np.sort(ours, axis=1)[:, -2:]
    clear = two_best[:, 1] - two_best[:, 0] > 2 * tolerance
    check(clear.mean() > 0.99, f"{what}: nearly all cases have one likeliest class")
    check((theirs.argmax(axis=1) == ours.argmax(axis=1))[clear].all(), f"{what}: the likeliest classes differ")
    return difference

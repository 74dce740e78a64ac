"""What the tests in Python share: the tool as a command, its files and data read from their definition alone."""

import csv
import gzip
import importlib
import io
import json
import math
import os
import struct
import subprocess
import sys

SKIPPED = 77  # what CTest counts as skipped


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def imported(package, name):
    """The module, or the end of the test."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return skip(f"{name} ({package}) is not installed")


np = imported("python3-numpy", "numpy")


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


def synthetic_csv(dbn, folder, data):
    """Paths of training and test cases as the tool itself writes them."""
    train, test = os.path.join(folder, "train.csv"), os.path.join(folder, "test.csv")
    run(dbn, "data", "make", "--data", data, "--out", train, "--test-out", test)
    return train, test


def read_csv(path):
    """Features (cases x features), and labels of the last column; the first line has names."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([row[:-1] for row in rows], dtype=np.float64), [row[-1] for row in rows]


def synthetic_cases(dbn, folder, data):
    """Test cases and labels."""
    return read_csv(synthetic_csv(dbn, folder, data)[1])


def mnist_folder(data_dir):
    """DBN_DATA_DIR in the environment takes the place of the folder that is given."""
    return os.path.join(os.environ.get("DBN_DATA_DIR", data_dir), "mnist")


def mnist_cases(folder):
    """Test cases and labels by the definition of IDX."""
    with gzip.open(os.path.join(folder, "t10k-images-idx3-ubyte.gz")) as file:
        content = file.read()
    _, count, rows, columns = struct.unpack(">IIII", content[:16])
    images = np.frombuffer(content, np.uint8, offset=16).reshape(count, rows * columns).astype(np.float64)
    with gzip.open(os.path.join(folder, "t10k-labels-idx1-ubyte.gz")) as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images, [str(label) for label in labels]


def erf(x):
    return np.vectorize(math.erf)(x)


# Every activation by its definition, in double precision.
ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky-relu": lambda x: np.where(x < 0, 0.01 * x, x),
    "elu": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
    "selu": lambda x: 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * np.expm1(np.minimum(x, 0)), x),
    "gelu": lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))),
    "sigmoid": lambda x: 0.5 + 0.5 * np.tanh(0.5 * x),
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "hard-sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard-tanh": lambda x: np.clip(x, -1, 1),
    "hard-swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
}


def softmax(scores):
    x = np.exp(scores - scores.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def forward(tensors, activations, cases):
    """Class probabilities of cases (cases x features) by the keys of nn.Sequential."""
    x = cases
    for layer, activation in enumerate(activations):
        x = ACTIVATIONS[activation](x @ tensors[f"{2 * layer}.weight"].T + tensors[f"{2 * layer}.bias"])
    return softmax(x)


def predictions(dbn, model, data):
    """The header of `dbn predict --proba`, its labels, and its probabilities (cases x classes)."""
    header, *rows = csv.reader(io.StringIO(run(dbn, "predict", model, "--proba", "--data", data)))
    return header, [row[0] for row in rows], np.array([row[1:] for row in rows], dtype=np.float64)


def check_close(theirs, ours, tolerance, what):
    """Probabilities (cases x classes) that agree; returns their largest difference, the ties, and the ties told apart.

    A tie is a case whose two likeliest classes are nearer than the tolerance lets both answers move: either may come
    first, and the last number says in how many of them it did. All other cases have the same likeliest class.
    """
    check(theirs.shape == ours.shape, f"{what}: shape {theirs.shape}, expected {ours.shape}")
    difference = np.abs(theirs - ours).max()
    check(difference <= tolerance, f"{what}: probabilities differ by {difference}")
    two_best = np.sort(ours, axis=1)[:, -2:]
    tie = two_best[:, 1] - two_best[:, 0] <= 2 * tolerance
    check(tie.sum() <= max(1, len(tie) / 1000), f"{what}: {tie.sum()} of {len(tie)} cases are ties")
    others = theirs.argmax(axis=1) != ours.argmax(axis=1)
    check(not others[~tie].any(), f"{what}: the likeliest classes differ")
    return difference, tie.sum(), others.sum()

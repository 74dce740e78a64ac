"""What dbn exports, read by the tools that it is for; and what they write, imported.

usage: export_test.py DBN numpy|torch|onnx

Exit code 77 says that the tool is not installed. Every answer is compared with `dbn predict --proba` on cases in raw
units.
"""

import csv
import importlib
import io
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from by_hand import check, check_close, read_safetensors, run, synthetic_cases, write_safetensors  # noqa: E402

# As in predict_numpy_test.py: sums of up to 784 products in single precision move a probability by no more.
TOLERANCE = 1e-5
# Folded into the weights, a scaling multiplies products of raw features, up to 255, whose rounding is not scaled down
# before they are added, but it is the same relative error of the same sum: only the constant of the shift is added on
# top, which is as large as the sum itself for standardized pixels.
FOLDED_TOLERANCE = 1e-4
SKIPPED = 77
DATA = "synthetic:digits,cases=600,test=300"
STARTS = ["--init he --activation relu --scale unit", "--init xavier --activation tanh --scale standardize"]
# Activations that only the graph is asked for: each has operators of its own there.
OTHERS = ["sigmoid", "leaky-relu", "elu", "selu", "softplus", "softsign", "gelu", "hard-sigmoid", "hard-tanh",
          "hard-swish", "relu6"]
ACTIVATIONS = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "linear": lambda x: x}


def softmax(scores):
    x = np.exp(scores - scores.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def forward(arrays, activations, cases):
    """Class probabilities of cases (cases x features) by the keys of nn.Sequential."""
    x = cases
    for layer, activation in enumerate(activations):
        x = ACTIVATIONS[activation](x @ arrays[f"{2 * layer}.weight"].T + arrays[f"{2 * layer}.bias"])
    return softmax(x)


def predicted(dbn, model):
    rows = list(csv.reader(io.StringIO(run(dbn, "predict", model, "--proba", "--data", DATA))))
    return np.array([row[1:] for row in rows[1:]], dtype=np.float64)


class Trained:
    """A classifier, its exports by name, and its answers."""

    def __init__(self, dbn, folder, start):
        self.dbn, self.folder = dbn, folder
        self.model = os.path.join(folder, "model.safetensors")
        train = ["--layers", "40,30", "--epochs", "20", "--batch", "10", "--learning-rate", "0.005", "--quiet"]
        run(dbn, "finetune", "--data", DATA, "--force", "--out", self.model, *train, *start.split())
        self.answers = predicted(dbn, self.model)

    def export(self, to, *more):
        path = os.path.join(self.folder, f"exported-{to}-{len(more)}")
        told = json.loads(run(self.dbn, "export", self.model, "--to", to, "--out", path, "--force", "--json", *more))
        return path, told["activations"]


def check_numpy(trained, cases):
    path, activations = trained.export("npz")
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    scaled = (cases - arrays["preprocessing.shift"]) * arrays["preprocessing.factor"]
    check_close(forward(arrays, activations, scaled), trained.answers, TOLERANCE, "npz")

    path, activations = trained.export("npz", "--fold-scaling")
    with np.load(path, allow_pickle=False) as file:
        check_close(forward(file, activations, cases), trained.answers, FOLDED_TOLERANCE, "npz, folded")

    path, activations = trained.export("csv")
    read = {}
    for name in os.listdir(path):
        rank = 2 if name.endswith(".weight.csv") else 1
        read[name.removesuffix(".csv")] = np.loadtxt(os.path.join(path, name), delimiter=",", ndmin=rank)
    check(read.keys() == arrays.keys(), f"csv: {sorted(read)}")
    for name, values in read.items():
        check(np.array_equal(values.astype(arrays[name].dtype), arrays[name]), f"csv: {name} is the same to the bit")

    path, activations = trained.export("torch")
    tensors, metadata = read_safetensors(path)
    check(json.loads(metadata["activations"]) == activations, "activations in the metadata")
    scaling = json.loads(metadata["preprocessing"])
    scaled = (cases - np.array(scaling["shift"])) * np.array(scaling["factor"])
    check_close(forward(tensors, activations, scaled), trained.answers, TOLERANCE, "safetensors")


def check_import(dbn, folder, cases):
    """Weights that nobody trained, under numbers that leave some out, as modules without parameters do."""
    random = np.random.default_rng(1)
    tensors = {}
    for number, (fan_in, fan_out) in zip((0, 3, 11), ((784, 20), (20, 15), (15, 10))):
        # Raw features are large; these weights bring the scores to the size of 1.
        size = (1 / 255 if number == 0 else 1) / np.sqrt(fan_in)
        tensors[f"{number}.weight"] = (4 * size * random.standard_normal((fan_out, fan_in))).astype(np.float32)
        tensors[f"{number}.bias"] = random.standard_normal(fan_out).astype(np.float32)
    foreign, model = os.path.join(folder, "foreign"), os.path.join(folder, "imported")
    write_safetensors(foreign, tensors)
    run(dbn, "import", foreign, "--activation", "tanh", "--out", model, "--force")
    x = cases
    for number in (0, 3, 11):
        x = x @ tensors[f"{number}.weight"].astype(np.float64).T + tensors[f"{number}.bias"]
        x = np.tanh(x) if number < 11 else x
    check_close(predicted(dbn, model), softmax(x), TOLERANCE, "import")


def check_torch(dbn, trained, cases, torch):
    modules = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "linear": torch.nn.Identity}

    def sequential(state, activations):
        layers = []
        for layer, activation in enumerate(activations):
            fan_out, fan_in = state[f"{2 * layer}.weight"].shape
            layers += [torch.nn.Linear(fan_in, fan_out, dtype=state["0.weight"].dtype), modules[activation]()]
        net = torch.nn.Sequential(*layers)
        net.load_state_dict(state)
        return net

    def answers(net, x):
        with torch.no_grad():
            return torch.softmax(net(torch.tensor(x, dtype=next(net.parameters()).dtype)), 1).numpy().astype(np.float64)

    path, activations = trained.export("pt", "--fold-scaling")
    state = torch.load(path, weights_only=True)
    net = sequential(state, activations)
    check_close(answers(net, cases), trained.answers, FOLDED_TOLERANCE, "pt, folded")

    path, activations = trained.export("torch")
    tensors, metadata = read_safetensors(path)
    scaling = json.loads(metadata["preprocessing"])
    scaled = (cases - np.array(scaling["shift"])) * np.array(scaling["factor"])
    path, _ = trained.export("pt")
    state = torch.load(path, weights_only=True)
    check(state.keys() == tensors.keys(), "pt and safetensors hold the same keys")
    for name, tensor in state.items():
        check(np.array_equal(tensor.numpy().astype(np.float64), tensors[name]), f"{name} is the same to the bit")
    check_close(answers(sequential(state, activations), scaled), trained.answers, TOLERANCE, "pt")

    # And back: a state dictionary made by torch. It takes raw features, which its first weights scale down.
    torch.manual_seed(1)
    mine = torch.nn.Sequential(torch.nn.Linear(784, 20), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(20, 10))
    mine.eval()
    with torch.no_grad():
        mine[0].weight /= 255
        mine[3].weight *= 8
    foreign, model = os.path.join(trained.folder, "foreign"), os.path.join(trained.folder, "imported")
    write_safetensors(foreign, {name: tensor.numpy() for name, tensor in mine.state_dict().items()})
    run(dbn, "import", foreign, "--activation", "relu", "--out", model, "--force")
    check_close(predicted(dbn, model), answers(mine, cases), TOLERANCE, "import of a state dictionary")


def tensor_values(tensor):
    dtype = {1: "<f4", 11: "<f8"}[tensor.data_type]
    return np.frombuffer(tensor.raw_data, dtype).reshape(list(tensor.dims)).astype(np.float64)


def erf(x):
    return np.vectorize(math.erf)(x)


# The operators' definitions, in double precision; y and z are further inputs, a the attributes.
OPERATORS = {
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Add": lambda a, x, y: x + y,
    "Greater": lambda a, x, y: x > y,
    "Cast": lambda a, x: x.astype(np.float64),
    "Gemm": lambda a, x, y, z: x @ (y.T if a["transB"] else y) + z,
    "Erf": lambda a, x: erf(x),
    "Clip": lambda a, x, y, z: np.clip(x, y, z),
    "Sigmoid": lambda a, x: 0.5 + 0.5 * np.tanh(0.5 * x),
    "Tanh": lambda a, x: np.tanh(x),
    "Relu": lambda a, x: np.maximum(x, 0),
    "LeakyRelu": lambda a, x: np.where(x < 0, a.get("alpha", 0.01) * x, x),
    "Elu": lambda a, x: np.where(x < 0, a.get("alpha", 1.0) * np.expm1(np.minimum(x, 0)), x),
    "Selu": lambda a, x: 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * np.expm1(np.minimum(x, 0)), x),
    "Softplus": lambda a, x: np.logaddexp(0, x),
    "Softsign": lambda a, x: x / (1 + np.abs(x)),
    "HardSigmoid": lambda a, x: np.clip(a["alpha"] * x + a["beta"], 0, 1),
    "Softmax": lambda a, x: softmax(x),
}


def evaluate_graph(model, cases):
    values = {tensor.name: tensor_values(tensor) for tensor in model.graph.initializer}
    values[model.graph.input[0].name] = cases
    for node in model.graph.node:
        attributes = {a.name: a.f if a.type == a.FLOAT else a.i for a in node.attribute}
        values[node.output[0]] = OPERATORS[node.op_type](attributes, *[values[name] for name in node.input])
    return values[model.graph.output[0].name]


def export_graph(trained, onnx):
    path = os.path.join(trained.folder, "net.onnx")
    run(trained.dbn, "export", trained.model, "--to", "onnx", "--out", path, "--force")
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    check(model.graph.input[0].type.tensor_type.shape.dim[0].dim_param != "", "any number of cases")
    return model


def check_onnx(trained, cases, onnx):
    model = export_graph(trained, onnx)
    check([output.name for output in model.graph.output] == ["probabilities"], "the output is called probabilities")
    classes = json.loads({entry.key: entry.value for entry in model.metadata_props}["classes"])
    check(classes == [str(digit) for digit in range(10)], f"classes {classes}")
    check_close(evaluate_graph(model, cases), trained.answers, TOLERANCE, "onnx")


def imported(package, name):
    """The module, or the end of the test."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"skipped: {name} ({package}) is not installed")
        sys.exit(SKIPPED)


def onnx_for(dbn, folder):
    """The module, unless it is missing or this dbn was built without."""
    onnx = imported("python3-onnx", "onnx")
    stack = os.path.join(folder, "stack")
    run(dbn, "pretrain", "--data", DATA, "--limit", "20", "--layers", "2", "--epochs", "1", "--quiet", "--out", stack)
    command = [dbn, "export", stack, "--to", "onnx", "--out", os.path.join(folder, "small.onnx")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if "built without ONNX" in result.stderr:
        print("skipped: this dbn was built without ONNX")
        sys.exit(SKIPPED)
    return onnx


def main():
    dbn, reader = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        torch = imported("python3-torch", "torch") if reader == "torch" else None
        onnx = onnx_for(dbn, folder) if reader == "onnx" else None
        cases, _ = synthetic_cases(dbn, folder, DATA)
        starts = STARTS
        if onnx:
            starts = STARTS + [f"--init xavier --activation {name} --binarize threshold:0.5" for name in OTHERS]
        for start in starts:
            trained = Trained(dbn, folder, start)
            if torch:
                check_torch(dbn, trained, cases, torch)
            elif onnx:
                check_onnx(trained, cases, onnx)
            else:
                check_numpy(trained, cases)
                check_import(dbn, folder, cases)
            print(f"{start}: {reader} gives the same answers")


main()

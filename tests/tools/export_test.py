"""What dbn exports, read by the tools that it is for.

usage: export_test.py DBN numpy|torch|onnx [DATA_DIR]

Exit code 77 says that the tool is not installed. Every answer is compared with `dbn predict --proba` on cases in raw
units: of synthetic digits, or with DATA_DIR of all 10 000 test cases of MNIST (its folder mnist/; DBN_DATA_DIR in the
environment takes the place of DATA_DIR).
"""

import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from by_hand import (  # noqa: E402
    ACTIVATIONS, check, check_close, erf, forward, imported, mnist_cases, mnist_folder, np, predictions,
    read_safetensors, run, skip, softmax, synthetic_cases)

# As in predict_numpy_test.py: sums of up to 784 products in single precision move a probability by no more. Scaling
# that is folded into the weights leaves the relative error of each product what it was, and adds one constant to it.
TOLERANCE = 1e-5
DIGITS = "synthetic:digits,cases=600,test=300"


class Trained:
    """A classifier, its exports by name, and its answers, which those of other tools are held against."""

    def __init__(self, dbn, folder, data, start):
        self.dbn, self.folder, self.start = dbn, folder, start
        self.model = os.path.join(folder, "model.safetensors")
        train = ["--layers", "40,30", "--batch", "10", "--learning-rate", "0.005", "--quiet", *start.split()]
        length = ["--epochs", "20"] if data == DIGITS else ["--limit", "2000", "--epochs", "2"]
        run(dbn, "finetune", "--data", data, "--force", "--out", self.model, *train, *length)
        _, _, self.answers = predictions(dbn, self.model, data)
        self.most = np.zeros(3)  # of what check_close tells

    def export(self, to, *more):
        path = os.path.join(self.folder, f"exported-{to}-{len(more)}")
        told = json.loads(run(self.dbn, "export", self.model, "--to", to, "--out", path, "--force", "--json", *more))
        return path, told["activations"]

    def check_answers(self, probabilities, what):
        self.most = np.maximum(self.most, check_close(probabilities, self.answers, TOLERANCE, what))


def scaled(cases, scaling):
    return (cases - np.array(scaling["shift"])) * np.array(scaling["factor"])


def check_numpy(trained, cases, _):
    path, activations = trained.export("npz")
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    raw = scaled(cases, {name: arrays[f"preprocessing.{name}"] for name in ("shift", "factor")})
    trained.check_answers(forward(arrays, activations, raw), "npz")

    path, activations = trained.export("npz", "--fold-scaling")
    with np.load(path, allow_pickle=False) as file:
        trained.check_answers(forward(file, activations, cases), "npz, folded")

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
    raw = scaled(cases, json.loads(metadata["preprocessing"]))
    trained.check_answers(forward(tensors, activations, raw), "safetensors")


def check_torch(trained, cases, torch):
    nn = torch.nn
    modules = {"linear": nn.Identity, "relu": nn.ReLU, "relu6": nn.ReLU6, "leaky-relu": nn.LeakyReLU, "elu": nn.ELU,
               "selu": nn.SELU, "gelu": nn.GELU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "softplus": nn.Softplus,
               "softsign": nn.Softsign, "hard-sigmoid": nn.Hardsigmoid, "hard-tanh": nn.Hardtanh,
               "hard-swish": nn.Hardswish}

    def sequential(state, activations):
        layers = []
        for layer, activation in enumerate(activations):
            fan_out, fan_in = state[f"{2 * layer}.weight"].shape
            layers += [nn.Linear(fan_in, fan_out, dtype=state["0.weight"].dtype), modules[activation]()]
        net = nn.Sequential(*layers)
        net.load_state_dict(state)
        return net

    def answers(net, x):
        with torch.no_grad():
            return torch.softmax(net(torch.tensor(x, dtype=next(net.parameters()).dtype)), 1).numpy().astype(np.float64)

    path, activations = trained.export("pt", "--fold-scaling")
    state = torch.load(path, weights_only=True)
    trained.check_answers(answers(sequential(state, activations), cases), "pt, folded")

    path, activations = trained.export("torch")
    tensors, metadata = read_safetensors(path)
    path, _ = trained.export("pt")
    state = torch.load(path, weights_only=True)
    check(state.keys() == tensors.keys(), "pt and safetensors hold the same keys")
    for name, tensor in state.items():
        check(np.array_equal(tensor.numpy().astype(np.float64), tensors[name]), f"{name} is the same to the bit")
    raw = scaled(cases, json.loads(metadata["preprocessing"]))
    trained.check_answers(answers(sequential(state, activations), raw), "pt")


def tensor_values(tensor):
    dtype = {1: "<f4", 11: "<f8"}[tensor.data_type]
    return np.frombuffer(tensor.raw_data, dtype).reshape(list(tensor.dims)).astype(np.float64)


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
    "Sigmoid": lambda a, x: ACTIVATIONS["sigmoid"](x),
    "Tanh": lambda a, x: ACTIVATIONS["tanh"](x),
    "Relu": lambda a, x: ACTIVATIONS["relu"](x),
    "LeakyRelu": lambda a, x: np.where(x < 0, a.get("alpha", 0.01) * x, x),
    "Elu": lambda a, x: np.where(x < 0, a.get("alpha", 1.0) * np.expm1(np.minimum(x, 0)), x),
    "Selu": lambda a, x: ACTIVATIONS["selu"](x),
    "Softplus": lambda a, x: ACTIVATIONS["softplus"](x),
    "Softsign": lambda a, x: ACTIVATIONS["softsign"](x),
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


def check_onnx(trained, cases, onnx):
    binarized = "threshold" in trained.start
    for more in [[]] if binarized else [[], ["--fold-scaling"]]:
        path, _ = trained.export("onnx", *more)
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        check(model.graph.input[0].type.tensor_type.shape.dim[0].dim_param != "", "any number of cases")
        check([output.name for output in model.graph.output] == ["probabilities"], "the output is called probabilities")
        classes = json.loads({entry.key: entry.value for entry in model.metadata_props}["classes"])
        check(classes == [str(digit) for digit in range(10)], f"classes {classes}")
        trained.check_answers(evaluate_graph(model, cases), f"onnx {more}")


def onnx_for(dbn, folder):
    """The module, unless it is missing or this dbn was built without."""
    onnx = imported("python3-onnx", "onnx")
    stack = os.path.join(folder, "stack")
    run(dbn, "pretrain", "--data", DIGITS, "--limit", "20", "--layers", "2", "--epochs", "1", "--quiet", "--out", stack)
    command = [dbn, "export", stack, "--to", "onnx", "--out", os.path.join(folder, "small.onnx")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return skip("this dbn was built without ONNX") if "built without ONNX" in result.stderr else onnx


def starts_for(reader, data):
    starts = ["--init he --activation relu --scale unit", "--init xavier --activation tanh --scale standardize"]
    if data != DIGITS:
        # Not standardized: a pixel that hardly any training case lights then reaches a thousand deviations, and what is
        # not bounded makes scores of a hundred of it, too large for that tolerance.
        return starts + [f"--init xavier --activation {name} --scale minmax" for name in ("sigmoid", "selu", "gelu")]
    if reader == "numpy":  # it has no activations of its own
        return starts
    # Only a graph takes thresholds with it.
    scale = "--binarize threshold:0.5" if reader == "onnx" else "--scale minmax"
    others = [name for name in ACTIVATIONS if name not in ("linear", "relu", "tanh")]
    return starts + [f"--init xavier --activation {name} {scale}" for name in others]


def main():
    dbn, reader, *data_dir = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        check_exports, module = {
            "numpy": lambda: (check_numpy, np),
            "torch": lambda: (check_torch, imported("python3-torch", "torch")),
            "onnx": lambda: (check_onnx, onnx_for(dbn, folder)),
        }[reader]()
        data = mnist_folder(data_dir[0]) if data_dir else DIGITS
        cases, _ = mnist_cases(data) if data_dir else synthetic_cases(dbn, folder, data)
        for start in starts_for(reader, data):
            trained = Trained(dbn, folder, data, start)
            check_exports(trained, cases, module)
            difference, ties, others = trained.most
            print(f"{start}: {reader} gives probabilities within {difference:.1e}, another class to {others:.0f} of "
                  f"{len(cases)} cases ({ties:.0f} ties)")


main()

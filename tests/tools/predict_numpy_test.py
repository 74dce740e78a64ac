"""The forward pass of `dbn predict`, done again by NumPy from nothing but the model file.

usage: predict_numpy_test.py DBN [DATA_DIR]

Without DATA_DIR the cases are synthetic digits, with it MNIST from its folder mnist/; DBN_DATA_DIR in the environment
takes the place of DATA_DIR.

A model is trained in a moment; its safetensors file is parsed here by hand (8-byte length, JSON header, buffer), and
activations, preprocessing and classes come from the metadata `config`.
"""

import json
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from by_hand import (  # noqa: E402
    check, check_close, forward, mnist_cases, mnist_folder, np, predictions, read_safetensors, run,
    synthetic_cases)

# The tool adds up to 784 products in single precision. Their rounding errors grow as the root of their number, so that a
# score of size 6 is off by about 28 * 2^-24 * 6 = 1e-5; a probability moves by at most a quarter of what its score does.
TOLERANCE = 1e-5


def check_names_and_shapes(tensors, sizes):
    """The keys and shapes of torch.nn.Sequential(Linear, activation, Linear, ...)."""
    expected = {}
    for layer, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        expected[f"{2 * layer}.weight"] = (fan_out, fan_in)
        expected[f"{2 * layer}.bias"] = (fan_out,)
    found = {name: tensor.shape for name, tensor in tensors.items()}
    check(found == expected, f"tensors: expected {expected}, found {found}")


def scaled(config, cases):
    scaling = config["preprocessing"]
    if scaling["scale"] == "none":
        return cases
    return (cases - np.array(scaling["shift"])) * np.array(scaling["factor"])


def compare(dbn, model, data, sizes, cases, labels, finetuned):
    tensors, metadata = read_safetensors(model)
    config = json.loads(metadata["config"])
    check(metadata["format"] == "dbn-model", "format")
    check_names_and_shapes(tensors, sizes)
    ours = forward(tensors, config["activations"], scaled(config, cases))

    header, predicted, theirs = predictions(dbn, model, data)
    check(header == ["label"] + [f"p_{name}" for name in config["classes"]], f"header {header}")
    difference, ties, others = check_close(theirs, ours, TOLERANCE, "predict")
    check(predicted == [config["classes"][i] for i in theirs.argmax(axis=1)], "label is the likeliest class")
    check_arrays(dbn, model, data, config["classes"], theirs, predicted)

    error = 100 * np.mean([p != label for p, label in zip(predicted, labels)])
    evaluated = json.loads(run(dbn, "evaluate", model, "--json", "--data", data))
    check(evaluated["error"] == finetuned["test_error"], "evaluate and finetune agree")
    check(abs(evaluated["error"] - error) < 1e-9, f"evaluate says {evaluated['error']}, NumPy {error}")
    right = ours[np.arange(len(labels)), [config["classes"].index(label) for label in labels]]
    entropy = -np.log(right).mean()
    check(abs(evaluated["cross_entropy"] - entropy) < 1e-4 * max(1, entropy), f"cross-entropy {entropy}")
    check(error < 80, f"the model has learned something: error {error}")
    return f"error {error:.2f} %, probabilities within {difference:.1e}, {ties} ties, {others} told apart"


def check_arrays(dbn, model, data, classes, probabilities, labels):
    """The arrays of `dbn predict`, as NumPy loads them, hold the numbers of its CSV."""
    path = os.path.join(os.path.dirname(model), "predicted.npy")
    run(dbn, "predict", model, "--proba", "--data", data, "--out", path, "--force")
    array = np.load(path)
    check(array.shape == probabilities.shape, f"{path}: shape {array.shape}")
    # CSV holds every digit, so that each number comes back to the bit.
    check((array == probabilities.astype(array.dtype)).all(), "probabilities of .npy and CSV differ")
    run(dbn, "predict", model, "--data", data, "--out", path, "--force")
    array = np.load(path)
    check(array.dtype == np.int64 and array.shape == (len(labels),), f"{path}: {array.dtype}, shape {array.shape}")
    check([classes[i] for i in array] == labels, "labels of .npy and CSV differ")


def check_starts(dbn, folder, source, cases, labels, pretrainers, initializers):
    stack = os.path.join(folder, "stack.safetensors")
    model = os.path.join(folder, "model.safetensors")
    common = [*source, "--quiet", "--force"]
    tune = [dbn, "finetune", *common, "--out", model, "--json"]
    tune += ["--epochs", "20", "--batch", "10", "--learning-rate", "0.005"]

    def report(name, sizes, finetuned):
        print(f"{name}: {compare(dbn, model, source[1], sizes, cases, labels, json.loads(finetuned))}")

    for options in pretrainers:
        run(dbn, "pretrain", *common, "--layers", "40,30", "--epochs", "2", "--out", stack, *options.split())
        report(options, [784, 40, 30, 10], run(*tune, "--from", stack))
    for options in initializers:
        report(options, [784, 40, 10], run(*tune, "--layers", "40", *options.split()))


def main():
    dbn = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) == 2:
            data = "synthetic:digits,cases=600,test=300"
            cases, labels = synthetic_cases(dbn, folder, data)
            denoising = "--pretrainer denoising --activation tanh --loss squared-error --scale minmax"
            check_starts(dbn, folder, ["--data", data], cases, labels, ["--pretrainer rbm", denoising],
                         ["--init he --scale unit", "--init xavier --scale standardize"])
        else:
            mnist = mnist_folder(sys.argv[2])
            cases, labels = mnist_cases(mnist)
            check_starts(dbn, folder, ["--data", mnist, "--limit", "2000"], cases, labels, ["--pretrainer rbm"],
                         ["--init he"])


main()

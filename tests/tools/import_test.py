"""Weights that other tools made, imported: their predictions, and training that goes on from them.

usage: import_test.py DBN numpy|torch [DATA_DIR]

Exit code 77 says that the tool is not installed. PyTorch trains on synthetic digits, or with DATA_DIR on the digits of
its folder optdigits/; DBN_DATA_DIR in the environment takes the place of DATA_DIR.
"""

import json
import math
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from by_hand import (  # noqa: E402
    check, check_close, forward, imported, np, predictions, read_csv, run, synthetic_csv, write_safetensors)

# As in predict_numpy_test.py.
TOLERANCE = 1e-5
RATE = 0.003  # of Adam, for features from 0 to 1


class Foreign:
    """Weights (name to array) as files of another tool, and what the tool makes of them."""

    def __init__(self, dbn, folder, tensors, activation):
        self.dbn, self.folder, self.activation = dbn, folder, activation
        self.files = [os.path.join(folder, name) for name in ("foreign.safetensors", "foreign.npz")]
        write_safetensors(self.files[0], tensors)
        np.savez(self.files[1], **tensors)

    def model_of(self, file):
        model = os.path.join(self.folder, "imported")
        run(self.dbn, "import", file, "--activation", self.activation, "--out", model, "--force")
        return model

    def check_predictions(self, data, probabilities):
        for file in self.files:
            _, _, found = predictions(self.dbn, self.model_of(file), data)
            difference, ties, others = check_close(found, probabilities, TOLERANCE, file)
            print(f"{os.path.basename(file)}: {self.activation}, probabilities within {difference:.1e}, another class "
                  f"to {others} of {len(found)} cases ({ties} ties)")

    def finetuned(self, start, options):
        """The result of training that goes on from a file, and the bytes of its model."""
        out = os.path.join(self.folder, "finetuned")
        result = run(self.dbn, "finetune", "--from", start, "--out", out, "--force", "--quiet", "--json", *options)
        with open(out, "rb") as file:
            return json.loads(result), file.read()


def check_numpy(dbn, folder, source):
    """Weights that nobody trained, under numbers that leave some out, as modules without parameters do."""
    _, test = source
    cases, _ = read_csv(test)
    random = np.random.default_rng(1)
    numbers, sizes = (0, 3, 11), (cases.shape[1], 20, 15, 10)
    tensors = {}
    for number, fan_in, fan_out in zip(numbers, sizes, sizes[1:]):
        # Raw features are large; these weights bring the scores to the size of 1.
        size = (1 / cases.max() if number == 0 else 1) / np.sqrt(fan_in)
        tensors[f"{number}.weight"] = (4 * size * random.standard_normal((fan_out, fan_in))).astype(np.float32)
        tensors[f"{number}.bias"] = random.standard_normal(fan_out).astype(np.float32)
    renumbered = {}
    for layer, number in enumerate(numbers):
        for part in ("weight", "bias"):
            renumbered[f"{2 * layer}.{part}"] = tensors[f"{number}.{part}"].astype(np.float64)
    Foreign(dbn, folder, tensors, "tanh").check_predictions(test, forward(renumbered, ["tanh"] * 2 + ["linear"], cases))


def trained_by_torch(torch, module, cases, labels):
    """A net that torch trains on scaled features, and then takes raw ones, as its first weights scale them down."""
    torch.manual_seed(1)
    nn = torch.nn
    net = nn.Sequential(nn.Linear(cases.shape[1], 40), module(), nn.Dropout(0.1), nn.Linear(40, 30), module(),
                        nn.Linear(30, 10))
    x, y = torch.tensor(cases / cases.max(), dtype=torch.float32), torch.tensor([int(label) for label in labels])
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    for _ in range(5):
        for batch in torch.randperm(len(x)).split(20):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        net[0].weight /= cases.max()
    return net


def error_of(probabilities, labels):
    return 100 * np.mean([str(found) != label for found, label in zip(probabilities.argmax(axis=1), labels)])


def check_torch(dbn, folder, source):
    torch = imported("python3-torch", "torch")
    train, test = source
    cases, labels = read_csv(test)
    for activation, module in (("relu", torch.nn.ReLU), ("tanh", torch.nn.Tanh)):
        net = trained_by_torch(torch, module, *read_csv(train))
        with torch.no_grad():
            theirs = torch.softmax(net(torch.tensor(cases, dtype=torch.float32)), 1).numpy().astype(np.float64)
        foreign = Foreign(dbn, folder, {name: tensor.numpy() for name, tensor in net.state_dict().items()}, activation)
        foreign.check_predictions(test, theirs)
        before = error_of(theirs, labels)
        check(before < 50, f"torch has learned something: error {before}")

        # A model knows its activation and that it takes raw features. They are large, and weights and steps small.
        options = ["--data", train, "--test", test, "--epochs", "5", "--learning-rate", str(RATE / cases.max())]
        result, _ = foreign.finetuned(foreign.model_of(foreign.files[0]), options)
        told = options + ["--activation", activation, "--scale", "none"]
        as_safetensors, as_npz = [foreign.finetuned(file, told) for file in foreign.files]
        check(as_safetensors[1] == as_npz[1], "safetensors and npz lead to the same model")
        check(as_npz[0]["test_error"] == result["test_error"], "an imported model learns what its file does")
        after = result["test_error"]
        # Two standard errors of an error rate, were both of other cases; they are of the same, which makes them less.
        noise = 200 * math.sqrt(before * (100 - before) / 1e4 / len(labels))
        check(after <= before + noise, f"error {before} before, {after} after fine-tuning, noise {noise}")
        losses = [epoch["train_loss"] for epoch in result["epochs"]]
        check(losses[-1] < losses[0], f"training losses {losses}")
        print(f"{activation}: error {before:.2f} % of torch, {after:.2f} % after fine-tuning")


def main():
    dbn, writer, *data_dir = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        if data_dir:
            digits = os.path.join(os.environ.get("DBN_DATA_DIR", data_dir[0]), "optdigits", "optdigits")
            source = digits + ".tra", digits + ".tes"
        else:
            source = synthetic_csv(dbn, folder, "synthetic:digits,cases=600,test=300")
        {"numpy": check_numpy, "torch": check_torch}[writer](dbn, folder, source)


main()

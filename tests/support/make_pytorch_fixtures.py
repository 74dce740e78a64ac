"""What PyTorch makes of small nets, for tests/nn/pytorch_test.cpp.

usage: /usr/bin/python3 tests/support/make_pytorch_fixtures.py

Run by hand, with python3-torch 1.13; rewrites tests/fixtures/pytorch. Everything is computed in double precision, and
numbers are written so that they are read back exactly. Tensors are flat lists in PyTorch's order, which is dbn's too: its
matrices are these transposed, column by column. What goes in is a multiple of 1/1024, so that single precision starts
from the same numbers.
"""

import json
import math
import os

import torch
from torch import nn

SIZES = [6, 5, 4, 3]
CASES, BATCH = 25, 7  # the last batch has 4
UPDATES = 10
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "pytorch")


class HardSigmoid(nn.Module):
    """By its definition: the slope of PyTorch's own is 1/6 in single precision, whatever the tensors are."""

    def forward(self, x):
        return nn.functional.relu6(x + 3) / 6


# By its name in dbn: what it is in PyTorch, and where it has no slope.
ACTIVATIONS = {
    "sigmoid": (nn.Sigmoid, []),
    "tanh": (nn.Tanh, []),
    "relu": (nn.ReLU, [0]),
    "linear": (nn.Identity, []),
    "leaky-relu": (nn.LeakyReLU, [0]),
    "elu": (nn.ELU, [0]),
    "selu": (nn.SELU, [0]),
    "softplus": (nn.Softplus, []),
    "softsign": (nn.Softsign, []),
    "gelu": (nn.GELU, []),
    "hard-sigmoid": (HardSigmoid, [-3, 3]),
    "hard-tanh": (nn.Hardtanh, [-1, 1]),
    "hard-swish": (nn.Hardswish, [-3, 3]),
    "relu6": (nn.ReLU6, [0, 6]),
}


def waves(*shape, offset=0.0):
    """Numbers in [-1, 1] without a pattern that a mixed-up axis would keep."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    return (torch.sin(1.7 * i * (1 + 0.01 * i) + offset) * 1024).round().reshape(shape) / 1024


def make_net(sizes, activation):
    """Linear, activation, Linear, ...: the parameters' names are dbn's."""
    modules = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        modules += [nn.Linear(fan_in, fan_out), activation()]
    net = nn.Sequential(*modules[:-1]).double()
    with torch.no_grad():
        for i, parameter in enumerate(net.parameters()):
            parameter.copy_(waves(*parameter.shape, offset=i))
    return net


def batches():
    return [slice(first, min(first + BATCH, CASES)) for first in range(0, CASES, BATCH)]


INPUTS = waves(CASES, SIZES[0], offset=0.5)
LABELS = torch.tensor([(i * i + i // 3) % SIZES[-1] for i in range(CASES)])
TARGETS = 0.5 + 0.5 * waves(CASES, SIZES[-1], offset=2.5)  # for losses that are not of classes


def flat(tensor):
    return tensor.detach().flatten().tolist()


def parameters(net):
    return {name: flat(p) for name, p in net.named_parameters()}


def gradients(net, loss):
    net.zero_grad()
    loss.backward()
    return {name: flat(p.grad) for name, p in net.named_parameters()}


def data():
    return {"sizes": SIZES, "batch": BATCH, "inputs": flat(INPUTS), "labels": flat(LABELS), "targets": flat(TARGETS)}


def spread_net(activation):
    """Its units' total inputs lie on every side of every kink."""
    net = make_net(SIZES, activation)
    with torch.no_grad():
        net[0].weight.mul_(0.5)
        net[2].weight.mul_(0.25)
        net[0].bias.copy_(torch.tensor([-4.5, -1.5, 0.375, 2.0, 7.25]))
        net[2].bias.copy_(torch.tensor([-5.0, 0.5, -0.25, 3.5]))
    return net


def check_kinks(net, inputs, kinks, name):
    """Numbers that differ by rounding only must lie on the same piece of the function, and each piece be tried."""
    first = net[0](inputs)
    totals = torch.cat([first.flatten(), net[2](net[1](first)).flatten()])
    for kink in kinks:
        assert (totals - kink).abs().min() > 1e-3, f"{name}: a unit is at its kink {kink}"
    edges = [-math.inf, *kinks, math.inf]
    for low, high in zip(edges, edges[1:]):
        assert ((totals > low) & (totals < high)).any(), f"{name}: no unit from {low} to {high}"


def activations():
    inputs, labels = INPUTS[:BATCH], LABELS[:BATCH]
    rows = []
    for name, (module, kinks) in ACTIVATIONS.items():
        net = spread_net(module)
        check_kinks(net, inputs, kinks, name)
        scores = net(inputs)
        loss = nn.CrossEntropyLoss()(scores, labels)
        rows.append({"name": name, "scores": flat(scores), "loss": loss.item(), "gradients": gradients(net, loss)})
    return {"data": data(), "net": parameters(spread_net(nn.Tanh)), "rows": rows}


def loss_functions():
    """By name in dbn and its options of class targets, None for targets that are numbers. Each of a slice of cases."""

    def of_classes(smoothing, weights):
        weight = torch.tensor([float(w) for w in weights.split(",")]).double() if weights != "none" else None
        function = nn.CrossEntropyLoss(weight=weight, label_smoothing=smoothing)
        return lambda scores, cases: function(scores, LABELS[cases])

    for smoothing in [0.0, 0.1]:
        for weights in ["none", "0.5,2,1.25"]:
            options = {"label_smoothing": smoothing, "class_weights": weights}
            yield "softmax", options, of_classes(smoothing, weights)
    # dbn sums over outputs and averages over cases; PyTorch's own mean is over both.
    yield "squared-error", None, lambda scores, cases: (
        nn.MSELoss(reduction="sum")(scores, TARGETS[cases]) / 2 / len(scores))
    yield "binary-cross-entropy", None, lambda scores, cases: (
        nn.BCEWithLogitsLoss(reduction="sum")(scores, TARGETS[cases]) / len(scores))


def losses():
    net = make_net(SIZES, nn.Tanh)
    rows = []
    for name, options, function in loss_functions():
        per_batch = []
        for cases in batches()[:1] + batches()[-1:]:  # a whole batch and the smaller last one
            loss = function(net(INPUTS[cases]), cases)
            per_batch.append({"first": cases.start, "loss": loss.item(), "gradients": gradients(net, loss)})
        row = {"name": name, "batches": per_batch}
        rows.append(row if options is None else {**row, "class_targets": options})
    return {"data": data(), "net": parameters(net), "rows": rows}


def clipped():
    """The gradient of the first batch, held to several lengths; the last is longer than it."""
    net = make_net(SIZES, nn.Tanh)
    rows = []
    for longest in [0.125, 1e6]:
        gradients(net, nn.CrossEntropyLoss()(net(INPUTS[:BATCH]), LABELS[:BATCH]))
        length = nn.utils.clip_grad_norm_(net.parameters(), longest).item()
        shortened = {name: flat(p.grad) for name, p in net.named_parameters()}
        rows.append({"longest": longest, "length": length, "gradients": shortened})
    assert rows[0]["longest"] < rows[0]["length"] / 2, "the first is clipped"
    return {"data": data(), "net": parameters(net), "rows": rows}


# Rates at which ten updates move the largest weights by about a tenth. Names of options are PyTorch's.
OPTIMIZERS = [
    ("sgd", torch.optim.SGD, 0.1, {}),
    ("sgd", torch.optim.SGD, 0.25, {"weight_decay": 0.05}),
    ("momentum", torch.optim.SGD, 0.05, {"momentum": 0.9}),
    ("momentum", torch.optim.SGD, 0.1, {"momentum": 0.5, "weight_decay": 0.05}),
    ("nesterov", torch.optim.SGD, 0.05, {"momentum": 0.9, "nesterov": True}),
    ("nesterov", torch.optim.SGD, 0.1, {"momentum": 0.5, "nesterov": True, "weight_decay": 0.05}),
    ("adagrad", torch.optim.Adagrad, 0.05, {}),
    ("adagrad", torch.optim.Adagrad, 0.1, {"eps": 0.01, "weight_decay": 0.05}),
    ("rmsprop", torch.optim.RMSprop, 0.01, {}),
    ("rmsprop", torch.optim.RMSprop, 0.02, {"alpha": 0.875, "eps": 0.01, "weight_decay": 0.05}),
    ("adam", torch.optim.Adam, 0.02, {}),
    ("adam", torch.optim.Adam, 0.04, {"betas": (0.75, 0.9375), "eps": 0.01, "weight_decay": 0.05}),
    ("adamw", torch.optim.AdamW, 0.02, {}),
    ("adamw", torch.optim.AdamW, 0.04, {"betas": (0.75, 0.9375), "eps": 0.01, "weight_decay": 0.5}),
]
LAYER_FACTORS = [0.25, 0.5, 1.0]


def dbn_options(options):
    """The options under their names in dbn."""
    named = {"alpha": "square-decay", "eps": "epsilon"}
    found = {named[name]: value for name, value in options.items() if name in named}
    if "betas" in options:
        found["mean-decay"], found["square-decay"] = options["betas"]
    return found


def updated(kind, rate, options, factors):
    """Ten updates, each on another batch. Decay is for weights, not for biases; each layer has its factor on the rate."""
    net = make_net(SIZES, nn.Tanh)
    groups = []
    for i, (name, parameter) in enumerate(net.named_parameters()):
        no_decay = {} if name.endswith("weight") else {"weight_decay": 0}
        groups.append({"params": [parameter], "lr": rate * factors[i // 2], **no_decay})
    optimizer = kind(groups, lr=rate, **options)
    values = []
    for update in range(UPDATES):
        cases = batches()[update % len(batches())]
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(net(INPUTS[cases]), LABELS[cases])
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    return {"losses": values, "updated": parameters(net)}


def optimizers():
    rows = []
    for name, kind, rate, options in OPTIMIZERS:
        row = {"name": name, "rate": rate, "momentum": options.get("momentum", 0), "options": dbn_options(options)}
        if "weight_decay" in options:
            row |= {"weight_cost": options["weight_decay"], "factors": LAYER_FACTORS}
        rows.append(row | updated(kind, rate, options, row.get("factors", [1.0, 1.0, 1.0])))
    return {"data": data(), "net": parameters(make_net(SIZES, nn.Tanh)), "rows": rows}


def minimum():
    """Softmax regression on all cases with a cost on every parameter: strongly convex, so there is one minimum."""
    cost = 0.5
    sizes = [SIZES[0], SIZES[-1]]
    net = make_net(sizes, nn.Tanh)
    start = parameters(net)
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=1000, tolerance_grad=1e-12, tolerance_change=0,
                                  line_search_fn="strong_wolfe")

    def objective():
        optimizer.zero_grad()
        squares = sum(p.square().sum() for p in net.parameters())
        value = nn.CrossEntropyLoss()(net(INPUTS), LABELS) + cost / 2 * squares
        value.backward()
        return value

    optimizer.step(objective)
    value = objective().item()
    slope = math.sqrt(sum(p.grad.square().sum().item() for p in net.parameters()))
    # The value is within slope^2 / (2 cost) of the least one, which is below its rounding.
    assert slope < 1e-8, f"not at the minimum: slope {slope}"
    return {"data": data() | {"sizes": sizes}, "net": start, "cost": cost, "value": value, "minimum": parameters(net)}


EPOCHS = 12
PER_EPOCH = 3
ERRORS = [9, 8, 8, 8.5, 7, 7, 7.5, 6, 6, 6, 6, 6]  # at the ends of epochs, for plateau


def course(make_scheduler, per_update):
    """Factors on the rate, one for each update."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = make_scheduler(optimizer)
    watches = isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    factors = []
    for update in range(EPOCHS * PER_EPOCH):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if per_update or (update + 1) % PER_EPOCH == 0:
            scheduler.step(*([ERRORS[update // PER_EPOCH]] if watches else []))
    return factors


def schedules():
    kinds = torch.optim.lr_scheduler
    updates, rises = EPOCHS * PER_EPOCH, 2 * PER_EPOCH

    def warm(optimizer):
        rising = kinds.LinearLR(optimizer, start_factor=1 / (rises + 1), total_iters=rises)
        falling = kinds.CosineAnnealingLR(optimizer, T_max=updates - rises)
        return kinds.SequentialLR(optimizer, [rising, falling], milestones=[rises])

    # PyTorch's patience is one less than the epochs that dbn waits, and dbn takes any better error for better.
    def plateau(optimizer):
        return kinds.ReduceLROnPlateau(optimizer, factor=0.25, patience=1, threshold=0, eps=0)

    rows = [
        ({"schedule": "step", "decay-epochs": 5}, course(lambda o: kinds.StepLR(o, 5), False)),
        ({"schedule": "step", "decay-epochs": 2, "decay": 0.75}, course(lambda o: kinds.StepLR(o, 2, 0.75), False)),
        ({"schedule": "exponential", "decay": 0.875}, course(lambda o: kinds.ExponentialLR(o, 0.875), False)),
        ({"schedule": "cosine"}, course(lambda o: kinds.CosineAnnealingLR(o, T_max=updates), True)),
        ({"schedule": "cosine", "warm-up": 2}, course(warm, True)),
        ({"schedule": "plateau", "decay-epochs": 2, "decay": 0.25}, course(plateau, False)),
    ]
    return {"per_epoch": PER_EPOCH, "errors": ERRORS,
            "rows": [{"options": options, "factors": factors} for options, factors in rows]}


def main():
    torch.set_num_threads(1)  # sums in one order
    for make in [activations, losses, clipped, optimizers, minimum, schedules]:
        with open(os.path.join(FOLDER, make.__name__ + ".json"), "w", encoding="ascii") as file:
            json.dump(make(), file, separators=(",", ":"))
            file.write("\n")


main()

"""Files that NumPy and scikit-learn write, read by `dbn data convert` and compared number by number.

usage: read_python_test.py DBN numpy|sklearn

Exits with 77, which CTest counts as skipped, where the writer is not installed.
"""

import csv
import importlib.util
import os
import subprocess
import sys
import tempfile

SKIPPED = 77


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def converted(dbn, folder, *arguments):
    """Features and labels as the tool writes them; labels are None where there are none."""
    out = os.path.join(folder, "out.csv")
    result = run(dbn, "data", "convert", "--force", "--out", out, *arguments)
    check(result.returncode == 0, f"{' '.join(arguments)}: exit code {result.returncode}: {result.stderr}")
    with open(out, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    width = len(header) - (header[-1] == "label")
    features = np.array([row[:width] for row in rows], dtype=np.float64)
    return features, [row[-1] for row in rows] if width < len(header) else None


def expect_refused(dbn, path, words):
    result = run(dbn, "data", "info", "--data", path)
    check(result.returncode == 3, f"{path}: exit code {result.returncode}, expected 3")
    check(words in result.stderr, f"{path}: expected '{words}' in {result.stderr}")


def check_same(found, expected, what):
    """The tool holds a number as the nearest in single precision, or in double where it is built so."""
    expected = expected.reshape(len(expected), -1)
    exact = np.array_equal(found, expected.astype(np.float64))
    # The text is the shortest that names a number of single precision, so it is compared as one.
    single = np.array_equal(found.astype(np.float32), expected.astype(np.float32))
    check(exact or single, f"{what}: expected {expected}, found {found}")


def arrays_of_all_types():
    """Numbers of every type and byte order, the least and the largest among them."""
    generator = np.random.default_rng(1)
    for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
        for order in "<>":
            info = np.iinfo(name)
            numbers = generator.integers(info.min, info.max, size=24, dtype=name, endpoint=True)
            numbers[:2] = info.min, info.max
            yield numbers.astype(order + name)
    for name in ("f4", "f8"):
        for order in "<>":
            yield generator.normal(size=24).astype(order + name)
    yield generator.random(24) < 0.5


def check_npy(dbn, folder):
    path = os.path.join(folder, "x.npy")
    count = 0
    for numbers in arrays_of_all_types():
        for version, shape in enumerate(((4, 6), (4, 2, 3), (2, 2, 3, 2)), start=1):
            for order in "CF":
                array = np.array(numbers.reshape(shape), order=order)
                with open(path, "wb") as file:
                    np.lib.format.write_array(file, array, version=(version, 0))
                features, labels = converted(dbn, folder, "--data", path)
                check(labels is None, "an array of cases has no labels")
                check_same(features, array, f"{array.dtype.str} {shape} {order} version {version}")
                count += 1
    print(f"{count} NPY files: every number as NumPy wrote it")


def check_labels(dbn, folder, cases):
    path = os.path.join(folder, "x.npy")
    labels_path = os.path.join(folder, "y.npy")
    np.save(path, cases)
    for name in ("i1", ">i2", "<i4", "i8", "u1", ">u2", "u4", ">u8"):
        labels = np.array([3, 0, 100, 3], dtype=name)
        np.save(labels_path, labels)
        _, found = converted(dbn, folder, "--data", path, "--label-file", labels_path)
        check(found == ["3", "0", "100", "3"], f"labels of type {name}: {found}")


def check_npz(dbn, folder, cases):
    path = os.path.join(folder, "d.npz")
    labels = np.array([3, 0, 100, 3])
    texts = [str(label) for label in labels]
    for save in (np.savez, np.savez_compressed):
        save(path, x=cases, y=labels, more=2 * cases)
        for arguments, expected in (((path,), cases), ((path + ":more,y",), 2 * cases)):
            features, found = converted(dbn, folder, "--data", *arguments)
            check_same(features, expected, f"{save.__name__} {arguments}")
            check(found == texts, f"{save.__name__} {arguments}: labels {found}")
        save(path, cases)
        features, found = converted(dbn, folder, "--data", path)
        check_same(features, cases, "the only array")
        check(found is None, "without labels")
    print("NPZ files: keys, labels, compressed or not")


def check_refused_types(dbn, folder):
    path = os.path.join(folder, "x.npy")
    for array, words in (
        (np.array([[1, "a"]], dtype=object), "objects (pickle), which can run code"),
        (np.array([["a", "b"]]), "text"),
        (np.array([[b"a", b"b"]]), "text"),
        (np.array([[1j, 2]]), "complex numbers"),
        (np.array([[1, 2]], dtype=np.float16), "f2"),
        (np.zeros((1, 2), dtype=[("a", "f4"), ("b", "i4")]), "records"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), "dates"),
        (np.array([[1, np.nan]]), "feature 2 of case 1"),
        (np.zeros((0, 3)), "dimension 1 of 0"),
    ):
        np.save(path, array, allow_pickle=True)
        expect_refused(dbn, path, words)


def check_numpy(dbn, folder):
    cases = np.random.default_rng(2).integers(0, 256, size=(4, 5), dtype=np.uint8)
    check_npy(dbn, folder)
    check_labels(dbn, folder, cases)
    check_npz(dbn, folder, cases)
    check_refused_types(dbn, folder)


def check_sklearn(dbn, folder):
    from sklearn.datasets import dump_svmlight_file

    path = os.path.join(folder, "d.svm")
    generator = np.random.default_rng(3)
    cases = generator.normal(size=(20, 7)) * (generator.random((20, 7)) < 0.4)
    cases[0, 6] = 1.5  # the last column is named somewhere
    labels = generator.integers(-1, 3, size=20)
    dump_svmlight_file(cases, labels, path, zero_based=False, comment="made by scikit-learn")
    features, found = converted(dbn, folder, "--data", path)
    # It writes 16 decimal digits, more than single precision has.
    check_same(features, cases, "dump_svmlight_file")
    check(found == [str(label) for label in labels], f"labels {found}")

    dump_svmlight_file(cases, labels, path, zero_based=True)
    expect_refused(dbn, path, "zero_based=False")
    dump_svmlight_file(cases, labels, path, zero_based=False, query_id=np.arange(20))
    expect_refused(dbn, path, "qid")
    several = generator.integers(0, 2, size=(20, 3))
    several[:, 0] = several[:, 1] = 1
    dump_svmlight_file(cases, several, path, zero_based=False, multilabel=True)
    expect_refused(dbn, path, "one class")
    print("LIBSVM files: every number as scikit-learn wrote it")


def main():
    dbn, writer = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        {"numpy": check_numpy, "sklearn": check_sklearn}[writer](dbn, folder)


for module in ("numpy", sys.argv[2]):
    if importlib.util.find_spec(module) is None:
        print(f"skipped: python3-{module} is not installed")
        sys.exit(SKIPPED)

import numpy as np  # noqa: E402

main()

"""Files as NumPy, scikit-learn, pandas and torchvision write them, read by `dbn data convert`, number by number.

usage: read_python_test.py DBN numpy|sklearn|csv|idx

Exits with 77, which CTest counts as skipped, where the writer is not installed. CSV in the style of pandas and IDX are
written here.
"""

import csv
import gzip
import os
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from by_hand import check, imported, np, run  # noqa: E402


def read_table(path):
    """Features and labels of a table as the tool writes them; labels are None where there are none."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    width = len(header) - (header[-1] == "label")
    features = np.array([row[:width] for row in rows], dtype=np.float64)
    return features, [row[-1] for row in rows] if width < len(header) else None


def converted(dbn, folder, *arguments):
    out = os.path.join(folder, "out.csv")
    run(dbn, "data", "convert", "--force", "--out", out, *arguments)
    return read_table(out)


def expect_refused(dbn, path, words):
    command = [dbn, "data", "info", "--data", path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
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
    dump_svmlight_file = imported("python3-sklearn", "sklearn.datasets").dump_svmlight_file
    path = os.path.join(folder, "d.svm")
    generator = np.random.default_rng(3)
    cases = generator.normal(size=(20, 7)) * (generator.random((20, 7)) < 0.4)
    cases[0, 6] = 1.5  # the last column is named somewhere
    labels = generator.integers(-1, 3, size=20)
    dump_svmlight_file(cases, labels, path, zero_based=False, comment="made by scikit-learn")
    features, found = converted(dbn, folder, "--data", path)
    # It writes 16 decimal digits, more than single precision has.
    check_same(features, cases, "dump_svmlight_file")
    # A CSV file of ours has no class -1, so that all classes are numbered in their order.
    check(found == [str(label + 1) for label in labels], f"labels {found}")

    dump_svmlight_file(cases, labels, path, zero_based=True)
    expect_refused(dbn, path, "zero_based=False")
    dump_svmlight_file(cases, labels, path, zero_based=False, query_id=np.arange(20))
    expect_refused(dbn, path, "qid")
    several = generator.integers(0, 2, size=(20, 3))
    several[:, 0] = several[:, 1] = 1
    dump_svmlight_file(cases, several, path, zero_based=False, multilabel=True)
    expect_refused(dbn, path, "one class")
    print("LIBSVM files: every number as scikit-learn wrote it")


def field(value):
    """As pandas writes it: the shortest text of a number, missing ones empty."""
    return "" if value is None else value if isinstance(value, str) else repr(value)


def write_table(path, header, columns, quoting=csv.QUOTE_MINIMAL):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=quoting, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*([field(value) for value in column] for column in columns)))


def check_csv(dbn, folder):
    path = os.path.join(folder, "d.csv")
    floats = [0.1, 1e-05, -2.5e-30, 123456789.125, 1e16, -0.0, 3.0, 1 / 3]
    integers = [0, 255, -7, 12345678, 1, 2, 3, 4]
    count = len(floats)
    expected = np.array([floats, integers]).T
    names = ["length, in cm", 'a "quoted" name']
    for labels in (["cat", "dog", "white cat", "cat, striped", 'a "tabby"', "naïve", "dog", "cat"],
                   ["cat", None, "dog", None, "cat", "dog", "cat", None],
                   [3, 0, 10, 3, 0, 0, 1, 2], [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0], [1, 0, None, 1, 0, None, 1, 0]):
        texts = ["" if label is None else str(int(label)) if isinstance(label, float) else str(label)
                 for label in labels]
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            write_table(path, names + ["species"], [floats, integers, labels], quoting)
            features, found = converted(dbn, folder, "--data", path)
            check_same(features, expected, f"features beside {labels}")
            check(found == texts, f"labels {labels}: {found}")
            write_table(path, ["species"] + names, [labels, floats, integers], quoting)
            features, found = converted(dbn, folder, "--data", path, "--label-column", "species")
            check_same(features, expected, f"features behind {labels}")
            check(found == texts, f"labels {labels} in front: {found}")
    write_table(path, range(2), [floats, integers])
    features, found = converted(dbn, folder, "--data", path, "--label-column", "none")
    check_same(features, np.vstack([[0, 1], expected]), "columns that are named by numbers are a case")
    write_table(path, names + ["y"], [floats[:3] + [None] + floats[4:], integers, ["a", "b"] * (count // 2)])
    expect_refused(dbn, path, "line 5, column 1")
    print("CSV files: numbers, quotes, classes, and labels that are missing")


# Type codes of IDX and their types in NumPy.
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def write_idx(path, array):
    """By the definition of the format; in gzip where the path says so."""
    code = {dtype: code for code, dtype in IDX_TYPES.items()}[">" + array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    with (gzip.open if path.endswith(".gz") else open)(path, "wb") as file:
        file.write(header + array.astype(IDX_TYPES[code]).tobytes())


def check_idx(dbn, folder):
    generator = np.random.default_rng(4)
    labels = np.array([3, 0, 9, 3], np.uint8)
    for dtype in IDX_TYPES.values():
        for shape in ((4, 6), (4, 2, 3), (4, 2, 3, 1)):
            if dtype[1] == "f":
                array = generator.normal(size=shape).astype(dtype)
            else:
                info = np.iinfo(dtype)
                array = generator.integers(info.min, info.max, size=shape, endpoint=True).astype(dtype)
                array.flat[:2] = info.min, info.max
            for ending in ("", ".gz"):
                path, label_path = [os.path.join(folder, name + ending) for name in ("x.idx", "y.idx")]
                write_idx(path, array)
                write_idx(label_path, labels)
                features, found = converted(dbn, folder, "--data", path, "--label-file", label_path)
                check_same(features, array, f"{dtype} {shape}{ending}")
                check(found == ["3", "0", "9", "3"], f"labels of IDX{ending}: {found}")
    for dtype in (">u1", ">i1", ">i2", ">i4"):
        path, label_path = [os.path.join(folder, name) for name in ("x.idx", "y.idx")]
        write_idx(label_path, labels.astype(dtype))
        _, found = converted(dbn, folder, "--data", path, "--label-file", label_path)
        check(found == ["3", "0", "9", "3"], f"labels of type {dtype}: {found}")
    print("IDX files: every type and rank, compressed or not")
    check_raw_folder(dbn, folder, generator)


def check_raw_folder(dbn, folder, generator):
    """The folder MNIST/raw of torchvision, which keeps what was loaded and what that holds."""
    raw = os.path.join(folder, "raw")
    os.mkdir(raw)
    parts = {}
    for stem, count in (("train", 7), ("t10k", 3)):
        images = generator.integers(0, 256, size=(count, 28, 28), dtype=np.uint8)
        labels = np.arange(9, 9 - count, -1, dtype=np.uint8)
        parts[stem] = images, [str(label) for label in labels]
        for ending in (".gz", ""):
            write_idx(os.path.join(raw, f"{stem}-images-idx3-ubyte{ending}"), images)
            write_idx(os.path.join(raw, f"{stem}-labels-idx1-ubyte{ending}"), labels)
    tables = {stem: os.path.join(folder, stem + ".csv") for stem in parts}
    for remaining in ("both", "compressed"):
        run(dbn, "data", "convert", "--data", raw, "--force", "--out", tables["train"], "--test-out", tables["t10k"])
        for stem, (images, labels) in parts.items():
            features, found = read_table(tables[stem])
            check_same(features, images, f"{stem}, {remaining}")
            check(found == labels, f"labels of {stem}, {remaining}: {found}")
        for name in os.listdir(raw):
            if not name.endswith(".gz"):
                os.remove(os.path.join(raw, name))
    print("Folders of IDX files: images, labels, training and test cases")


def main():
    dbn, writer = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        checks = {"numpy": check_numpy, "sklearn": check_sklearn, "csv": check_csv, "idx": check_idx}
        checks[writer](dbn, folder)


main()

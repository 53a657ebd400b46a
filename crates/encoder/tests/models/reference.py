"""Computes vectors with onnxruntime, against which the packed models are compared. It needs onnx, onnxruntime, tokenizers.

reference.py vectors FOLDER TEXTS CALIBRATION OUT
    FOLDER has model.onnx and vocab.txt. Writes the vectors of the lines of TEXTS, of length 1, as numbers of 32 bits. The
    weights that were rounded to 8 bits are multiplied with their scales first, and activations are not rounded. A text is
    its first token, less the mean of the lines of CALIBRATION; `-` subtracts nothing.

reference.py small MODEL TEXTS FOLDER
    Writes model.onnx, vocab.txt and config.json with the first layer of the graph of MODEL, narrow and with random weights.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
import tokenizers
from onnx import helper, numpy_helper

WIDTH, HEADS, POSITIONS = 64, 2, 256


def plain(model):
    """Replaces the products of rounded numbers by products of numbers of 32 bits."""
    graph = model.graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    made = {output: node for node in graph.node for output in node.output}
    users = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    dropped, new = set(), {}
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        rounding, name = made[node.input[0]], node.input[1].removesuffix("_quantized")
        codes, zero, scale = (stored[name + end] for end in ("_quantized", "_zero_point", "_scale"))
        weights = (codes.astype(numpy.float32) - zero.astype(numpy.float32)) * scale
        (cast,) = users[node.output[0]]
        (scaled,) = users[cast.output[0]]
        graph.initializer.append(numpy_helper.from_array(weights.astype(numpy.float32), name + "_plain"))
        new[node.name] = helper.make_node("MatMul", [rounding.input[0], name + "_plain"], scaled.output)
        scales = [made[each].name for each in scaled.input if each != cast.output[0]]
        dropped |= {cast.name, scaled.name, rounding.name, *scales}
    nodes = [new.get(node.name, node) for node in graph.node if node.name not in dropped]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def first_tokens(folder, model, texts):
    options = onnxruntime.SessionOptions()
    # It warns of the tensors that are not used any more.
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    tokenizer = tokenizers.BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    rows = []
    for text in texts:
        tokens = numpy.array([tokenizer.encode(text).ids], numpy.int64)
        inputs = {"input_ids": tokens, "attention_mask": tokens * 0 + 1, "token_type_ids": tokens * 0}
        rows.append(session.run(None, inputs)[0][0, 0])
    return numpy.array(rows)


def lines(file):
    return pathlib.Path(file).read_text().splitlines()


def vectors(folder, texts, calibration, out):
    folder = pathlib.Path(folder)
    exact = plain(onnx.load(folder / "model.onnx"))
    rows = first_tokens(folder, exact, lines(texts))
    rounded = first_tokens(folder, onnx.load(folder / "model.onnx"), lines(texts))
    if calibration != "-":
        mean = first_tokens(folder, exact, lines(calibration)).mean(axis=0)
        rows, rounded = rows - mean, rounded - mean
    rows, rounded = (each / numpy.linalg.norm(each, axis=1, keepdims=True) for each in (rows, rounded))
    near = (rows * rounded).sum(axis=1)
    print(f"with activations of 8 bits, the cosines are at least {near.min():.4f}, and {near.mean():.4f} on average")
    pathlib.Path(out).write_bytes(rows.astype("<f4").tobytes())


def small(model, texts, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    words = {word for text in lines(texts) for word in text.lower().split() if word.isascii() and word.isalpha()}
    letters = [mark + letter for mark in ("", "##") for letter in "abcdefghijklmnopqrstuvwxyz"]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "?", ".", ","]
    pieces = special + letters + sorted(word for word in words if len(word) > 1)
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in pieces))
    (folder / "config.json").write_text(json.dumps({"num_attention_heads": HEADS}) + "\n")
    last = "/encoder/layer.0/output/LayerNorm/Add_1_output_0"
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    graph = onnx.utils.Extractor(onnx.load(model)).extract_model(inputs, [last])
    random = numpy.random.default_rng(7)
    rows = {"word": len(pieces), "position": POSITIONS, "token_type": 2}
    for tensor in graph.graph.initializer:
        name = tensor.name
        first = next((count for part, count in rows.items() if f"{part}_embeddings" in name), WIDTH)
        old = numpy_helper.to_array(tensor)
        size = [first, WIDTH][-old.ndim :] if old.ndim else []
        if name.endswith("_quantized"):
            low = numpy.iinfo(old.dtype).min
            new = random.integers(low, low + 256, size)
        elif name.endswith("_scale"):
            # The square root of the mean square of the codes is about 74.
            new = random.uniform(0.5, 1.5, size) * (2 / 8 / 74 if old.ndim else 1 / 74)
        elif name.endswith("_zero_point"):
            new = old if old.ndim == 0 else random.integers(-9, 9, size)
        else:
            new = random.uniform(0.5, 1.5, size) if name.endswith("LayerNorm.weight") else random.normal(0, 0.1, size)
        tensor.CopyFrom(numpy_helper.from_array(numpy.asarray(new).astype(old.dtype), name))
    for node in graph.graph.node:
        if node.op_type == "Constant":
            value = numpy_helper.to_array(node.attribute[0].t)
            if value.dtype == numpy.int64 and value.shape == (1,) and value[0] in (12, 384):
                new = numpy.array([HEADS if value[0] == 12 else WIDTH])
                node.attribute[0].t.CopyFrom(numpy_helper.from_array(new))
    del graph.graph.value_info[:]
    onnx.save(graph, folder / "model.onnx")


if __name__ == "__main__":
    {"vectors": vectors, "small": small}[sys.argv[1]](*sys.argv[2:])

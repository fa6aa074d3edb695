"""ONNX: the network as a graph that onnxruntime and compilers of other makers read."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from exports.subject import Subject
from schemas.network import Dtype, Network, Outside
from schemas.version import ENGINE_VERSION

# Old enough for every runtime of the last years, new enough for Clip of float64.
OPSET = 17
IR_VERSION = 8
INPUT, OUTPUT = "x", "y"
BATCH = "batch"

_TYPES = {Dtype.FLOAT32: TensorProto.FLOAT, Dtype.FLOAT64: TensorProto.DOUBLE}


def to_onnx(subject: Subject) -> bytes:
    """The network as an ONNX model: input x [batch, 1], output y [batch, 1], in its dtype.

    Its doc string and its metadata say which model it is, what was asked and what is certified.
    """
    network = subject.network
    kind = _TYPES[network.dtype]
    nodes, constants = _graph(network)
    graph = helper.make_graph(
        nodes,
        "foldline",
        [helper.make_tensor_value_info(INPUT, kind, [BATCH, 1])],
        [helper.make_tensor_value_info(OUTPUT, kind, [BATCH, 1])],
        initializer=constants,
        doc_string=subject.title(),
    )
    facts = subject.facts()
    model = helper.make_model(
        graph,
        producer_name="foldline",
        producer_version=ENGINE_VERSION,
        doc_string="\n".join(
            [subject.title(), *(f"{name} = {value}" for name, value in facts.items())]
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, facts)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _graph(network: Network) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """The nodes of the graph and the constants in it: Clip, then Gemm and ReLU in turn."""
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []
    hidden = INPUT
    if network.outside is not None:
        hidden = "inside"
        nodes.append(helper.make_node("Clip", [INPUT, "x_min", "x_max"], [hidden]))
    last = len(network.layers) - 1
    result = OUTPUT if network.outside is None else "inner"
    for index, (weight, bias) in enumerate(network.weights()):
        names = [f"{index}.weight", f"{index}.bias"]
        constants += map(numpy_helper.from_array, (weight, bias), names)
        affine = result if index == last else f"affine_{index}"
        nodes.append(helper.make_node("Gemm", [hidden, *names], [affine], transB=1))
        if index < last:
            hidden = f"hidden_{index}"
            nodes.append(helper.make_node("Relu", [affine], [hidden]))
    if network.outside is not None:
        nodes += _straight_on(result, network.outside)
        read = {name for node in nodes for name in node.input}
        constants += [
            numpy_helper.from_array(np.array(value, network.dtype.value), name)
            for name, value in network.outside
            # Runtimes warn of constants that nobody reads.
            if name in read
        ]
    return nodes, constants


def _straight_on(inner: str, outside: Outside) -> list[onnx.NodeProto]:
    """What is added outside the interval: the ends of ``Clip`` and the slopes are constants.

    Nothing for a slope of 0, which times infinity would be no number.
    """
    nodes = []
    total = inner
    # Downwards the slope counts backwards.
    sides = (
        ("right", "above", [INPUT, "inside"], "Add", outside.right),
        ("left", "below", ["inside", INPUT], "Sub", outside.left),
    )
    for slope, side, difference, operation, value in sides:
        if value != 0.0:
            names = [f"{side}_only", f"on_the_{slope}", f"and_{slope}"]
            nodes.append(helper.make_node("Sub", difference, [side]))
            nodes.append(helper.make_node("Relu", [side], [names[0]]))
            nodes.append(helper.make_node("Mul", [names[0], slope], [names[1]]))
            nodes.append(helper.make_node(operation, [total, names[1]], [names[2]]))
            total = names[2]
    nodes.append(helper.make_node("Identity", [total], [OUTPUT]))
    return nodes

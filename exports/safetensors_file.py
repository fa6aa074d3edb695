"""safetensors: the weights under the names that a ``torch.nn.Sequential`` has for them."""

import json

from safetensors.numpy import save

from exports.subject import Subject

# The length of the header, and what the header is filled up to a multiple of.
LENGTH_BYTES = 8


def to_safetensors(subject: Subject) -> bytes:
    """The weights, ``0.weight`` [out, in], ``0.bias`` [out], ``2.weight``, ... in their dtype.

    Odd numbers are the ReLUs. Weights alone cannot do anything else outside the interval than what
    they do: where that was asked for, ``foldline.outside`` in the metadata says what is to be done.
    """
    tensors = {}
    for index, (weight, bias) in enumerate(subject.network.weights()):
        tensors[f"{2 * index}.weight"] = weight
        tensors[f"{2 * index}.bias"] = bias
    return _in_order(bytes(save(tensors, metadata={"format": "pt", **subject.facts()})))


def _in_order(file: bytes) -> bytes:
    """The same file with its header sorted: the library writes metadata in an order of chance."""
    end = LENGTH_BYTES + int.from_bytes(file[:LENGTH_BYTES], "little")
    header = json.dumps(json.loads(file[LENGTH_BYTES:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % LENGTH_BYTES)
    return len(header).to_bytes(LENGTH_BYTES, "little") + header + file[end:]

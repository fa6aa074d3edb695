"""safetensors: the weights under the names that a ``torch.nn.Sequential`` has for them."""

from safetensors.numpy import save

from exports.subject import Subject


def to_safetensors(subject: Subject) -> bytes:
    """The weights, ``0.weight`` [out, in], ``0.bias`` [out], ``2.weight``, ... in their dtype.

    Odd numbers are the ReLUs. Weights alone cannot do anything else outside the interval than what
    they do: where that was asked for, ``foldline.outside`` in the metadata says what is to be done.
    """
    tensors = {}
    for index, (weight, bias) in enumerate(subject.network.weights()):
        tensors[f"{2 * index}.weight"] = weight
        tensors[f"{2 * index}.bias"] = bias
    return bytes(save(tensors, metadata={"format": "pt", **subject.facts()}))
